"""What is kept for a while only: rows whose time is over."""

from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import Session

from app.db.people_tables import (
    IDEMPOTENT_ANSWER,
    ONE_TIME_LINK,
    THROTTLE,
    TOKEN_USE,
    WEB_SESSION,
)


def drop_sessions(session: Session, before: datetime) -> int:
    """Of those that ended, or could be used no longer, before an instant; how many."""
    over = or_(WEB_SESSION.c.ended_at < before, WEB_SESSION.c.expires_at < before)
    return session.connection().execute(delete(WEB_SESSION).where(over)).rowcount


def drop_links(session: Session, before: datetime) -> int:
    over = or_(ONE_TIME_LINK.c.used_at < before, ONE_TIME_LINK.c.expires_at < before)
    return session.connection().execute(delete(ONE_TIME_LINK).where(over)).rowcount


def drop_failures(session: Session, before: datetime) -> int:
    old = delete(THROTTLE).where(THROTTLE.c.last_at < before)
    return session.connection().execute(old).rowcount


def drop_answers(session: Session, before: datetime) -> int:
    """Kept for an Idempotency-Key."""
    old = delete(IDEMPOTENT_ANSWER).where(IDEMPOTENT_ANSWER.c.created_at < before)
    return session.connection().execute(old).rowcount


def erase_addresses(session: Session, before: datetime) -> int:
    """From where tokens were used last, where that is long ago; that they were used stays."""
    old = TOKEN_USE.c.address.is_not(None), TOKEN_USE.c.last_used_at < before
    return session.connection().execute(update(TOKEN_USE).where(*old).values(address=None)).rowcount
