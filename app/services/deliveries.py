"""Deliveries to webhooks: at least once. A receiver tells repeats by their `webhook-id`."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.db import hooks
from app.db.hooks import Parcel
from app.db.post_tables import PostState
from app.db.session import stamp
from app.services import audit

# Longer than an attempt can take; then whoever claimed it is taken for dead.
ATTEMPT = timedelta(minutes=2)
SOON = timedelta(seconds=5)
# Three days and three hours in all.
WAITS = [SOON, *(timedelta(minutes=wait) for wait in (5, 30, 120, 300, 600, 840, 1200, 1440))]


def is_due(session: Session, now: datetime) -> bool:
    return hooks.next_parcel(session, now) is not None


def claim(session: Session, now: datetime) -> Parcel | None:
    """The next one, now this worker's: writers take turns, so no other has it."""
    found = hooks.next_parcel(session, now)
    if found is None:
        return None
    claimed = found._replace(state=PostState.SENDING, attempts=found.attempts + 1)
    columns = {"state": claimed.state, "attempts": claimed.attempts, "next_at": now + ATTEMPT}
    hooks.change(session, found, **columns)
    return claimed


def accepted(session: Session, parcel: Parcel, now: datetime, status: int) -> None:
    settled = {"state": PostState.SENT, "sent_at": now, "status": status, "error": None}
    hooks.change(session, parcel, **settled)


def gone(session: Session, parcel: Parcel, status: int) -> None:
    """The receiver wants nothing more, for good: the webhook is removed."""
    hooks.change(session, parcel, status=status)
    at = stamp(session).take(setup=True)
    hooks.remove_hook(session, parcel.webhook_id, at, "the receiver is gone")
    subject = f"webhooks/{parcel.webhook_id}"
    audit.record(session, None, "webhook:remove", subject, {"status": status})


def failed(
    session: Session, parcel: Parcel, now: datetime, why: str, status: int | None = None
) -> None:
    """Tried again, less and less often, for three days. Where there was no answer at all (`status`
    None), whatever else is due for this receiver waits with it."""
    answered = {"status": status, "error": why}
    if parcel.attempts > len(WAITS):
        hooks.change(session, parcel, state=PostState.GIVEN_UP, **answered)
        return
    later = now + WAITS[parcel.attempts - 1]
    hooks.change(session, parcel, state=PostState.QUEUED, next_at=later, **answered)
    if status is None:
        hooks.put_off(session, parcel.webhook_id, now, later)
