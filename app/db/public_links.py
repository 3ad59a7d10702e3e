"""Public links as they are kept."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.public_tables import PUBLIC_LINK


class Link(NamedTuple):
    """`by`: whoever made it."""

    id: str
    snapshot: str
    name: str
    created_at: datetime
    by: str
    expires_at: datetime
    revoked_at: datetime | None
    views: int


_LINKS = (
    select(
        PUBLIC_LINK.c.id,
        PUBLIC_LINK.c.snapshot_id,
        PUBLIC_LINK.c.name,
        PUBLIC_LINK.c.created_at,
        ACCOUNT.c.name,
        PUBLIC_LINK.c.expires_at,
        PUBLIC_LINK.c.revoked_at,
        PUBLIC_LINK.c.views,
    )
    .join(ACCOUNT, ACCOUNT.c.id == PUBLIC_LINK.c.account_id)
    .order_by(PUBLIC_LINK.c.created_at.desc(), PUBLIC_LINK.c.id)
)


def links(session: Session) -> list[Link]:
    """Newest first, those that open nothing any more among them."""
    return [Link._make(row) for row in session.execute(_LINKS)]


def link(session: Session, id_: str) -> Link | None:
    row = session.execute(_LINKS.where(PUBLIC_LINK.c.id == id_)).one_or_none()
    return None if row is None else Link._make(row)


def open_link(session: Session, secret_sha256: str, now: datetime) -> Link | None:
    """The link with this secret, while it opens something."""
    secret = PUBLIC_LINK.c.secret_sha256 == secret_sha256
    open_ = PUBLIC_LINK.c.revoked_at.is_(None), PUBLIC_LINK.c.expires_at > now
    row = session.execute(_LINKS.where(secret, *open_)).one_or_none()
    return None if row is None else Link._make(row)


def add_link(session: Session, row: dict[str, Any]) -> None:
    session.connection().execute(insert(PUBLIC_LINK), row)


def revoke(session: Session, id_: str, at: datetime, account_id: int) -> bool:
    """Whether it was not revoked before."""
    open_ = PUBLIC_LINK.c.id == id_, PUBLIC_LINK.c.revoked_at.is_(None)
    columns = {"revoked_at": at, "revoked_by": account_id}
    statement = update(PUBLIC_LINK).where(*open_).values(**columns)
    return bool(session.connection().execute(statement).rowcount)


def count_view(session: Session, id_: str) -> None:
    more = update(PUBLIC_LINK).where(PUBLIC_LINK.c.id == id_)
    session.connection().execute(more.values(views=PUBLIC_LINK.c.views + 1))
