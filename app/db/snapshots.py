"""Snapshots as they are kept: added, never changed."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.tables import PERIOD, SNAPSHOT


class Kept(NamedTuple):
    """A snapshot without its content."""

    id: str
    programme: str
    period: str
    at: datetime
    by: str
    rule_version: str
    sha256: str
    previous_sha256: str | None
    signature: str
    key_id: str


_KEPT = (
    select(
        SNAPSHOT.c.id,
        PERIOD.c.programme,
        PERIOD.c.code,
        SNAPSHOT.c.at,
        ACCOUNT.c.name,
        SNAPSHOT.c.rule_version,
        SNAPSHOT.c.sha256,
        SNAPSHOT.c.previous_sha256,
        SNAPSHOT.c.signature,
        SNAPSHOT.c.key_id,
    )
    .join(PERIOD, PERIOD.c.id == SNAPSHOT.c.period_id)
    .join(ACCOUNT, ACCOUNT.c.id == SNAPSHOT.c.account_id)
    .order_by(SNAPSHOT.c.at)
)


def snapshots(session: Session) -> list[Kept]:
    """In the order of their chain."""
    return [Kept._make(row) for row in session.execute(_KEPT)]


def snapshot(session: Session, id_: str) -> Kept | None:
    row = session.execute(_KEPT.where(SNAPSHOT.c.id == id_)).one_or_none()
    return None if row is None else Kept._make(row)


def content_of(session: Session, id_: str) -> str:
    question = select(SNAPSHOT.c.content).where(SNAPSHOT.c.id == id_)
    return str(session.execute(question).scalar_one())


def add_snapshot(
    session: Session, kept: Kept, content: str, *, period_id: int, account_id: int
) -> None:
    row = kept._asdict()
    for name in ("programme", "period", "by"):
        del row[name]
    row |= {"content": content, "period_id": period_id, "account_id": account_id}
    session.connection().execute(insert(SNAPSHOT), row)
