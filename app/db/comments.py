"""What was said about reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.tables import EVENT
from app.db.work_tables import COMMENT
from app.domain.workflow import BY_THE_CENTRE


class Said(NamedTuple):
    id: int
    revision: int
    version: int
    target_id: int | None
    internal: bool
    at_centre: bool
    text: str
    at: datetime
    by: str


_SAID = (
    select(*[COMMENT.c[name] for name in Said._fields[:-1]], ACCOUNT.c.name)
    .join(ACCOUNT, ACCOUNT.c.id == COMMENT.c.account_id)
    .order_by(COMMENT.c.id)
)


def said_of(session: Session, report_id: int) -> list[Said]:
    """Oldest first."""
    rows = session.execute(_SAID.where(COMMENT.c.report_id == report_id))
    return [Said._make(row) for row in rows]


def add(session: Session, row: Mapping[str, Any]) -> int:
    made = session.connection().execute(insert(COMMENT).returning(COMMENT.c.id), row)
    return int(made.scalar_one())


def at_centre(session: Session, report_id: int) -> list[int]:
    """The accounts that took part in a report for the centre: decided on it, or spoke of it."""
    decided = select(EVENT.c.account_id).where(
        EVENT.c.report_id == report_id, EVENT.c.action.in_(BY_THE_CENTRE)
    )
    spoke = select(COMMENT.c.account_id).where(
        COMMENT.c.report_id == report_id, COMMENT.c.at_centre
    )
    return sorted(row[0] for row in session.execute(decided.union(spoke)))
