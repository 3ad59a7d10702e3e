"""The values in force as rows that are fetched while they are read: a feed may be long."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlmodel import Session

from app.db.figures import VALUE_FIELDS
from app.db.tables import IN_FORCE, VALUE
from app.domain.values import Value
from app.domain.workflow import Standing

AT_ONCE = 1000


class InForce(NamedTuple):
    """One unit's approved value of one target, with what was said beside it."""

    period_id: int
    unit_id: int
    target_id: int
    revision: int
    value: Value
    note: str | None
    evidence: str | None
    breakdown: dict[str, Any] | None


_APPROVED = (
    select(
        IN_FORCE.c.period_id,
        IN_FORCE.c.unit_id,
        IN_FORCE.c.target_id,
        IN_FORCE.c.revision,
        VALUE.c.note,
        VALUE.c.evidence,
        VALUE.c.breakdown,
        *[IN_FORCE.c[name] for name in VALUE_FIELDS],
    )
    .join(
        VALUE,
        and_(
            VALUE.c.report_id == IN_FORCE.c.report_id,
            VALUE.c.revision == IN_FORCE.c.revision,
            VALUE.c.target_id == IN_FORCE.c.target_id,
        ),
    )
    .where(
        IN_FORCE.c.period_id.in_(bindparam("period_ids", expanding=True)),
        IN_FORCE.c.standing == Standing.APPROVED,
    )
    .order_by(IN_FORCE.c.period_id, IN_FORCE.c.target_id, IN_FORCE.c.unit_id)
    .execution_options(yield_per=AT_ONCE)
)


def approved_values(session: Session, period_ids: Sequence[int]) -> Iterator[InForce]:
    """In the order in which periods, targets and units were first defined."""
    for row in session.execute(_APPROVED, {"period_ids": list(period_ids)}):
        keys, beside, value = row[:4], row[4:7], Value._make(row[7:])
        yield InForce._make((*keys, value, *beside))
