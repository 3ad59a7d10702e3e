"""Files that wait to be read. The only rows of an import that change: they are no history."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlmodel import Session

from app.db.import_tables import IMPORT_JOB, JobState
from app.db.people_tables import ACCOUNT
from app.domain.access import Role


class Job(NamedTuple):
    """A job without its file. `order`: what was asked for; `refusal`: why it failed."""

    id: str
    account_id: int
    by: str
    role: Role
    unit: str | None
    token: str | None
    request_id: str | None
    file_name: str
    order: dict[str, Any]
    state: JobState
    rows_read: int
    attempts: int
    received_at: datetime
    refusal: dict[str, Any] | None


_JOBS = select(
    IMPORT_JOB.c.id,
    IMPORT_JOB.c.account_id,
    ACCOUNT.c.name,
    *[IMPORT_JOB.c[name] for name in Job._fields[3:]],
).join(ACCOUNT, ACCOUNT.c.id == IMPORT_JOB.c.account_id)


def job_of(session: Session, id_: str) -> Job | None:
    row = session.execute(_JOBS.where(IMPORT_JOB.c.id == id_)).one_or_none()
    return None if row is None else Job._make(row)


def jobs_of(session: Session, account_id: int, unit: str | None) -> list[Job]:
    """One sender's, newest first; a unit's people are one sender."""
    alone = and_(IMPORT_JOB.c.account_id == account_id, IMPORT_JOB.c.unit.is_(None))
    own = alone if unit is None else IMPORT_JOB.c.unit == unit
    rows = session.execute(_JOBS.where(own).order_by(IMPORT_JOB.c.at.desc()))
    return [Job._make(row) for row in rows]


def bytes_of(session: Session, id_: str) -> bytes:
    question = select(IMPORT_JOB.c.content).where(IMPORT_JOB.c.id == id_)
    return bytes(session.execute(question).scalar_one())


def waiting_of(session: Session, account_id: int) -> int:
    """How many files of one sender are not read yet."""
    question = select(func.count()).where(
        IMPORT_JOB.c.account_id == account_id, IMPORT_JOB.c.state != JobState.FAILED
    )
    return int(session.execute(question).scalar_one())


def next_due(session: Session, abandoned_before: datetime) -> Job | None:
    """The one that has waited longest; also one whose reader fell silent."""
    abandoned = and_(
        IMPORT_JOB.c.state == JobState.RUNNING, IMPORT_JOB.c.touched_at < abandoned_before
    )
    due = or_(IMPORT_JOB.c.state == JobState.QUEUED, abandoned)
    row = session.execute(_JOBS.where(due).order_by(IMPORT_JOB.c.at).limit(1)).one_or_none()
    return None if row is None else Job._make(row)


def add(session: Session, row: dict[str, Any]) -> None:
    session.connection().execute(insert(IMPORT_JOB), row)


def change(session: Session, id_: str, **columns: Any) -> None:
    session.connection().execute(update(IMPORT_JOB).where(IMPORT_JOB.c.id == id_).values(**columns))


def drop(session: Session, id_: str) -> None:
    session.connection().execute(delete(IMPORT_JOB).where(IMPORT_JOB.c.id == id_))


def drop_failed(session: Session, before: datetime) -> int:
    old = and_(IMPORT_JOB.c.state == JobState.FAILED, IMPORT_JOB.c.touched_at < before)
    return session.connection().execute(delete(IMPORT_JOB).where(old)).rowcount
