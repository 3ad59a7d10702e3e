"""Webhooks, and what is to be delivered to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, insert, select, update
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.post_tables import DELIVERY, WEBHOOK, PostState


class Hook(NamedTuple):
    """`secret` sealed; `actions` None: all."""

    id: str
    url: str
    secret: str
    actions: list[str] | None
    created_at: datetime
    by: str


class Parcel(NamedTuple):
    """One event for one webhook, with where it goes now."""

    id: int
    webhook_id: str
    message_id: str
    action: str
    payload: dict[str, Any]
    at: datetime
    state: PostState
    attempts: int
    next_at: datetime
    sent_at: datetime | None
    status: int | None
    error: str | None
    url: str
    secret: str


_HOOKS = (
    select(
        *[WEBHOOK.c[name] for name in Hook._fields[:5]],
        ACCOUNT.c.name,
    )
    .join(ACCOUNT, ACCOUNT.c.id == WEBHOOK.c.account_id)
    .where(WEBHOOK.c.removed_at.is_(None))
)
_PARCELS = select(
    *[DELIVERY.c[name] for name in Parcel._fields[:12]], WEBHOOK.c.url, WEBHOOK.c.secret
).join(WEBHOOK, WEBHOOK.c.id == DELIVERY.c.webhook_id)
WAITING = (PostState.QUEUED, PostState.SENDING)


def hooks(session: Session) -> list[Hook]:
    """Those that are not removed, in the order of their making."""
    rows = session.execute(_HOOKS.order_by(WEBHOOK.c.created_at, WEBHOOK.c.id))
    return [Hook._make(row) for row in rows]


def add_hook(session: Session, row: dict[str, Any]) -> None:
    session.connection().execute(insert(WEBHOOK), row)


def remove_hook(session: Session, id_: str, at: datetime, why: str) -> None:
    """It is kept for its history; nothing more goes there."""
    connection = session.connection()
    connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == id_).values(removed_at=at))
    waiting = (DELIVERY.c.webhook_id == id_, DELIVERY.c.state.in_(WAITING))
    ended = {"state": PostState.GIVEN_UP, "error": why}
    connection.execute(update(DELIVERY).where(*waiting).values(**ended))


def add_parcels(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(DELIVERY), rows)


def parcels(session: Session, webhook_id: str, most: int) -> list[Parcel]:
    """The newest, newest first."""
    question = _PARCELS.where(DELIVERY.c.webhook_id == webhook_id).order_by(DELIVERY.c.id.desc())
    return [Parcel._make(row) for row in session.execute(question.limit(most))]


def next_parcel(session: Session, now: datetime) -> Parcel | None:
    """Of those whose time has come, the one that has waited longest; also one whose worker fell
    silent."""
    due = _PARCELS.where(DELIVERY.c.state.in_(WAITING), DELIVERY.c.next_at <= now)
    row = session.execute(due.order_by(DELIVERY.c.next_at, DELIVERY.c.id).limit(1)).one_or_none()
    return None if row is None else Parcel._make(row)


def change(session: Session, parcel: Parcel, **columns: Any) -> None:
    """Nothing happens where another attempt has been made meanwhile, or the webhook removed."""
    same = (DELIVERY.c.id == parcel.id, DELIVERY.c.attempts == parcel.attempts)
    waits = DELIVERY.c.state.in_(WAITING)
    session.connection().execute(update(DELIVERY).where(*same, waits).values(**columns))


def put_off(session: Session, webhook_id: str, now: datetime, until: datetime) -> None:
    """What is due for a receiver that does not answer waits as well."""
    due = (
        DELIVERY.c.webhook_id == webhook_id,
        DELIVERY.c.state == PostState.QUEUED,
        DELIVERY.c.next_at <= now,
    )
    columns = {"next_at": until, "attempts": DELIVERY.c.attempts + 1}
    session.connection().execute(update(DELIVERY).where(*due).values(**columns))


def requeue(
    session: Session, webhook_id: str, at: datetime, since: datetime | None, id_: int | None
) -> int:
    """How many that were settled are sent again: the one with `id_`, or all from `since` on."""
    one = DELIVERY.c.id == id_ if since is None else DELIVERY.c.at >= since
    settled = and_(DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.state.not_in(WAITING), one)
    columns = {"state": PostState.QUEUED, "attempts": 0, "next_at": at, "error": None}
    changed = session.connection().execute(update(DELIVERY).where(settled).values(**columns))
    return changed.rowcount


def drop_before(session: Session, before: datetime) -> None:
    old = (DELIVERY.c.state.not_in(WAITING), DELIVERY.c.at < before)
    session.connection().execute(delete(DELIVERY).where(*old))
