"""Evidence as it is kept: files by their hash, and what they were added to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.tables import REPORT
from app.db.work_tables import ATTACHMENT, STORED_FILE


class Kept(NamedTuple):
    id: str
    revision: int
    version: int
    target_id: int | None
    sha256: str
    name: str
    media_type: str
    size: int
    at: datetime
    withdrawn_at: datetime | None
    by: str


_KEPT = (
    select(*[ATTACHMENT.c[name] for name in Kept._fields[:-1]], ACCOUNT.c.name)
    .join(ACCOUNT, ACCOUNT.c.id == ATTACHMENT.c.account_id)
    .order_by(ATTACHMENT.c.at, ATTACHMENT.c.id)
)


def of_report(session: Session, report_id: int) -> list[Kept]:
    """Oldest first; also those that were withdrawn."""
    rows = session.execute(_KEPT.where(ATTACHMENT.c.report_id == report_id))
    return [Kept._make(row) for row in rows]


def bytes_of(session: Session, sha256: str) -> bytes:
    question = select(STORED_FILE.c.content).where(STORED_FILE.c.sha256 == sha256)
    return bytes(session.execute(question).scalar_one())


def bytes_of_unit(session: Session, unit_id: int) -> int:
    """How much a unit has ever sent: what was withdrawn is kept too."""
    sizes = (
        select(func.coalesce(func.sum(ATTACHMENT.c.size), 0))
        .join(REPORT, REPORT.c.id == ATTACHMENT.c.report_id)
        .where(REPORT.c.unit_id == unit_id)
    )
    return int(session.execute(sizes).scalar_one())


def add(session: Session, row: Mapping[str, Any], content: bytes) -> None:
    """The bytes are written once, whoever sends them again."""
    connection, sha256 = session.connection(), row["sha256"]
    known = select(STORED_FILE.c.sha256).where(STORED_FILE.c.sha256 == sha256)
    if connection.execute(known).one_or_none() is None:
        file = {"sha256": sha256, "content": content, "at": row["at"]}
        connection.execute(insert(STORED_FILE), file)
    connection.execute(insert(ATTACHMENT), row)


def withdraw(session: Session, id_: str, at: datetime, account_id: int) -> None:
    columns = {"withdrawn_at": at, "withdrawn_by": account_id}
    session.connection().execute(update(ATTACHMENT).where(ATTACHMENT.c.id == id_).values(**columns))
