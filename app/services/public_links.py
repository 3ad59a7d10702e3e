"""Public links: whoever has one reads a snapshot's frozen figures until it expires or is revoked.

The database keeps the secret's hash alone. A link that has expired, was revoked or never was is
answered alike.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from app.db import public_links as memory
from app.db import snapshots as kept_snapshots
from app.db.public_links import Link
from app.db.session import Database, stamp
from app.domain.access import Actor, Right, require
from app.domain.chain import text_sha256
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.periods import utc
from app.schemas.fields import Sent
from app.schemas.public_links import PublicLinkIn, PublicLinkLine, PublicLinkOut
from app.services import audit

SECRET_BYTES = 32


def create_link(
    session: Session, actor: Actor, sent: Sent[PublicLinkIn], public_url: str, *, now: datetime
) -> PublicLinkOut:
    """The address is in this answer only; its secret of 256 bits is kept by its hash."""
    require(actor, Right.PUBLIC_LINK_MANAGE)
    made = sent.judged()
    if kept_snapshots.snapshot(session, made.snapshot) is None:
        raise Invalid([Fault("/snapshot", "invalid", {"reason": "unknown_snapshot"})])
    id_, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    expires_at = now + timedelta(days=made.expires_days)
    row = {
        "id": id_,
        "snapshot_id": made.snapshot,
        "name": made.name,
        "secret_sha256": sha256,
        "created_at": stamp(session).at,
        "account_id": actor.account_id,
        "expires_at": expires_at,
        "views": 0,
    }
    memory.add_link(session, row)
    detail = {
        "snapshot_id": made.snapshot,
        "expires_at": utc(expires_at),
        "kept_sha256": text_sha256(sha256),
    }
    personal = {"name": made.name}
    audit.record(session, actor, "public_link:create", _path(id_), detail, personal=personal)
    return {**_line(_found(session, id_), now), "url": address(public_url, secret)}


def address(public_url: str, secret: str) -> str:
    return f"{public_url.rstrip('/')}/public/{secret}"


def read_links(session: Session, actor: Actor, now: datetime) -> list[PublicLinkLine]:
    """Newest first, those that open nothing any more among them."""
    require(actor, Right.PUBLIC_LINK_MANAGE)
    return [_line(one, now) for one in memory.links(session)]


def revoke_link(session: Session, actor: Actor, id_: str, now: datetime) -> PublicLinkLine:
    """From the next request on it opens nothing. Revoking again changes nothing."""
    require(actor, Right.PUBLIC_LINK_MANAGE)
    _found(session, id_)
    if memory.revoke(session, id_, stamp(session).at, actor.account_id):
        audit.record(session, actor, "public_link:revoke", _path(id_))
    return _line(_found(session, id_), now)


def opened(database: Database, secret: str, now: datetime) -> str:
    """The snapshot that a secret shows, and one view more. NotFound where it shows nothing."""
    with database.reading() as session:
        found = memory.open_link(session, hashlib.sha256(_plain(secret)).hexdigest(), now)
    if found is None:
        raise NotFound(what="public link")
    with database.writing() as session:
        memory.count_view(session, found.id)
    return found.snapshot


def _plain(secret: str) -> bytes:
    return secret.encode("utf-8", "backslashreplace")


def _found(session: Session, id_: str) -> Link:
    # PostgreSQL has no text with a NUL in it, not even to look for.
    found = memory.link(session, id_) if id_.isalnum() else None
    if found is None:
        raise NotFound(what=id_)
    return found


def _path(id_: str) -> str:
    return f"public-links/{id_}"


def _line(link: Link, now: datetime) -> PublicLinkLine:
    return {
        "id": link.id,
        "snapshot": link.snapshot,
        "name": link.name,
        "created_at": utc(link.created_at),
        "by": link.by,
        "expires_at": utc(link.expires_at),
        "revoked_at": utc(link.revoked_at) if link.revoked_at else None,
        "open": link.revoked_at is None and now < link.expires_at,
        "views": link.views,
    }
