"""Exceptions of units from a period's opening and closing. Added to, never changed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.work_tables import PERIOD_EXCEPTION


class ExceptionRow(NamedTuple):
    unit_id: int
    until: datetime
    reason: str
    at: datetime
    by: str


_ROWS = (
    select(
        PERIOD_EXCEPTION.c.unit_id,
        PERIOD_EXCEPTION.c.until,
        PERIOD_EXCEPTION.c.reason,
        PERIOD_EXCEPTION.c.at,
        ACCOUNT.c.name,
    )
    .join(ACCOUNT, ACCOUNT.c.id == PERIOD_EXCEPTION.c.account_id)
    .where(PERIOD_EXCEPTION.c.period_id == bindparam("period_id"))
    .order_by(PERIOD_EXCEPTION.c.id)
)
_LAST = (
    select(PERIOD_EXCEPTION.c.until)
    .where(
        PERIOD_EXCEPTION.c.period_id == bindparam("period_id"),
        PERIOD_EXCEPTION.c.unit_id == bindparam("unit_id"),
    )
    .order_by(PERIOD_EXCEPTION.c.id.desc())
    .limit(1)
)


def exceptions_of(session: Session, period_id: int) -> list[ExceptionRow]:
    """Oldest first."""
    return [ExceptionRow._make(row) for row in session.execute(_ROWS, {"period_id": period_id})]


def until_of(session: Session, period_id: int, unit_id: int) -> datetime | None:
    """When the exception that counts ends; None: the unit never had one."""
    keys = {"period_id": period_id, "unit_id": unit_id}
    return session.execute(_LAST, keys).scalar_one_or_none()


def add_exception(session: Session, row: Mapping[str, Any]) -> None:
    session.connection().execute(insert(PERIOD_EXCEPTION), row)


def until_of_units(session: Session, unit_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """The same of several units, by period and unit; nothing where a unit never had one."""
    columns = PERIOD_EXCEPTION.c.period_id, PERIOD_EXCEPTION.c.unit_id, PERIOD_EXCEPTION.c.until
    question = select(*columns).where(PERIOD_EXCEPTION.c.unit_id.in_(unit_ids))
    rows = session.execute(question.order_by(PERIOD_EXCEPTION.c.id))
    return {(row[0], row[1]): row[2] for row in rows}
