"""One-time links, with which a person chooses a password: kept by their hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from app.db import people
from app.db.people_tables import LinkPurpose, OneTimeLink
from app.domain.errors import NotFound

LIFE = {LinkPurpose.INVITATION: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=1)}


def make(session: Session, account_id: int, purpose: LinkPurpose, now: datetime) -> str:
    """The secret; those made before for the account and purpose open nothing any more."""
    secret = secrets.token_urlsafe(32)
    link = OneTimeLink(
        secret_sha256=_digest(secret),
        account_id=account_id,
        purpose=purpose,
        created_at=now,
        expires_at=now + LIFE[purpose],
    )
    people.add_link(session, link)
    return secret


def address(public_url: str, secret: str) -> str:
    return f"{public_url.rstrip('/')}/welcome?link={secret}"


def holder(session: Session, secret: str, now: datetime) -> tuple[int, LinkPurpose]:
    """Whose link it is, and what for. NotFound when used, expired, replaced or unknown."""
    found = people.link_holder(session, _digest(secret), now)
    if found is None:
        raise NotFound(what="link")
    return found


def redeem(session: Session, secret: str, now: datetime) -> int:
    """The account's id, once: afterwards none of the account's links opens anything."""
    account_id, _ = holder(session, secret, now)
    people.use_links(session, account_id, now)
    return account_id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()
