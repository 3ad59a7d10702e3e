"""Tables of the outbox: messages and webhooks that are written in the transaction of what they
tell, and delivered by a worker."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from app.db.tables import choice, core


class PostState(StrEnum):
    """`uncertain`: the worker was stopped while it was handing over. It may have arrived, and is
    not sent again by itself."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    UNCERTAIN = "uncertain"


class Message(SQLModel, table=True):
    """An e-mail to an account; words and address are put in when it is sent.

    `key` names the occasion: a second message with it is never made.
    """

    __tablename__ = "outbox_message"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=200)
    template: str = Field(max_length=40)
    account_id: int = Field(foreign_key="account.id", index=True)
    facts: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    at: datetime
    state: PostState = Field(sa_type=choice(PostState))
    attempts: int = 0
    next_at: datetime = Field(index=True)
    sent_at: datetime | None = None
    error: str | None = Field(default=None, max_length=500)


class Webhook(SQLModel, table=True):
    """Where events are sent; `secret` encrypted under CHITIEU_SECRET_KEY. `actions` None: all."""

    __tablename__ = "webhook"

    id: str = Field(primary_key=True, max_length=20)
    url: str = Field(max_length=1000)
    secret: str = Field(max_length=300)
    actions: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    account_id: int = Field(foreign_key="account.id")
    created_at: datetime
    removed_at: datetime | None = None


class Delivery(SQLModel, table=True):
    """One event for one webhook; the receiver tells repeats by `message_id`."""

    __tablename__ = "webhook_delivery"

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: str = Field(foreign_key="webhook.id", index=True)
    message_id: str = Field(max_length=60)
    action: str = Field(max_length=40)
    payload: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    at: datetime
    state: PostState = Field(sa_type=choice(PostState, "delivery_state"))
    attempts: int = 0
    next_at: datetime = Field(index=True)
    sent_at: datetime | None = None
    status: int | None = None
    error: str | None = Field(default=None, max_length=500)


MESSAGE = core(Message)
WEBHOOK = core(Webhook)
DELIVERY = core(Delivery)
