"""Webhooks: who is told what, and what was delivered."""

from typing import Annotated

from pydantic import Field, StrictInt, model_validator
from typing_extensions import TypedDict

from app.domain.receivers import Happening
from app.schemas.fields import Contract, Instant, Title, fault


class WebhookIn(Contract):
    """`actions` left out: everything that happens."""

    url: Title
    actions: Annotated[list[Happening], Field(min_length=1, max_length=20)] | None = None


class WebhookLine(TypedDict):
    id: str
    url: str
    actions: list[str] | None
    by: str
    created_at: str


class WebhookOut(WebhookLine):
    """The only answer that ever carries the secret that deliveries are signed with."""

    secret: str


class DeliveryLine(TypedDict):
    """One event for one webhook. `message` is its `webhook-id`, the same on every attempt;
    `answered` the HTTP status that the receiver gave last."""

    id: int
    message: str
    action: str
    at: str
    status: str
    attempts: int
    next_at: str | None
    sent_at: str | None
    answered: int | None
    error: str | None


class ReplayIn(Contract):
    """One delivery by its id, or all since an instant."""

    since: Instant | None = None
    delivery: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReplayIn":
        if (self.since is None) == (self.delivery is None):
            raise fault("invalid", reason="since_or_delivery")
        return self


class Replayed(TypedDict):
    """How many deliveries are sent again."""

    queued: int
