"""Questions about the values that count: now, or as known at an instant. None of them writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from app.db.tables import (
    Account,
    Report,
    ReportEvent,
    ReportRevision,
    ReportValue,
    ValueInForce,
    core,
)
from app.domain.values import Value
from app.domain.workflow import HANDED_IN, Action, Standing, Status

ACCOUNT = core(Account)
REPORT = core(Report)
EVENT = core(ReportEvent)
REVISION = core(ReportRevision)
VALUE = core(ReportValue)
IN_FORCE = core(ValueInForce)
VALUE_FIELDS = Value._fields


class InForce(NamedTuple):
    """One value that counts: of which period, target and unit, in which revision of a report."""

    period_id: int
    target_id: int
    unit_id: int
    report_id: int
    revision: int
    value: Value


class Origin(NamedTuple):
    by: str
    channel: str


_in_force = select(
    IN_FORCE.c.period_id,
    IN_FORCE.c.target_id,
    IN_FORCE.c.unit_id,
    IN_FORCE.c.report_id,
    IN_FORCE.c.revision,
    *[IN_FORCE.c[name] for name in VALUE_FIELDS],
)


def values_in_force(
    session: Session, period_ids: Collection[int], standing: Standing
) -> list[InForce]:
    question = _in_force.where(
        IN_FORCE.c.period_id.in_(period_ids), IN_FORCE.c.standing == standing
    )
    make = Value._make
    return [InForce._make((*row[:5], make(row[5:]))) for row in session.execute(question)]


def values_known(
    session: Session, period_ids: Collection[int], standing: Standing, known_at: datetime
) -> list[InForce]:
    """The same as it was at an instant, from the history alone (rule 19)."""
    chosen = _revisions_known(session, period_ids, standing, known_at)
    question = (
        select(
            REPORT.c.period_id,
            VALUE.c.target_id,
            REPORT.c.unit_id,
            VALUE.c.report_id,
            VALUE.c.revision,
            *[VALUE.c[name] for name in VALUE_FIELDS],
        )
        .join(REPORT, REPORT.c.id == VALUE.c.report_id)
        .where(REPORT.c.period_id.in_(period_ids))
    )
    return [
        InForce._make((*row[:5], Value._make(row[5:])))
        for row in session.execute(question)
        if chosen.get(row[3]) == row[4]
    ]


def _revisions_known(
    session: Session, period_ids: Collection[int], standing: Standing, known_at: datetime
) -> dict[int, int]:
    """Rule 17 replayed: of each report, the revision that counted at the instant."""
    steps = session.execute(
        select(EVENT.c.report_id, EVENT.c.action, EVENT.c.status, EVENT.c.revision)
        .join(REPORT, REPORT.c.id == EVENT.c.report_id)
        .where(REPORT.c.period_id.in_(period_ids), EVENT.c.at <= known_at)
        .order_by(EVENT.c.report_id, EVENT.c.version)
    )
    approved: dict[int, int] = {}
    handed_in: dict[int, int] = {}
    for report_id, action, status, revision in steps:
        if action == Action.APPROVE:
            approved[report_id] = revision
        if status in HANDED_IN:
            handed_in[report_id] = revision
        elif status is not Status.DRAFT:
            handed_in.pop(report_id, None)
    return approved if standing is Standing.APPROVED else {**approved, **handed_in}


def origins(session: Session, report_ids: Collection[int]) -> dict[tuple[int, int], Origin]:
    """Who sent each revision of some reports, and through which door."""
    rows = session.execute(
        select(REVISION.c.report_id, REVISION.c.revision, ACCOUNT.c.name, REVISION.c.channel)
        .join(ACCOUNT, ACCOUNT.c.id == REVISION.c.account_id)
        .where(REVISION.c.report_id.in_(report_ids))
    )
    return {(row[0], row[1]): Origin(row[2], row[3]) for row in rows}


def denominators(
    session: Session,
    period_ids: Sequence[int],
    target_ids: Collection[int],
    unit_ids: Collection[int],
) -> list[tuple[int, int, int, int]]:
    """period, target, unit, denominator of approved counts; for the units named only."""
    rows = session.execute(
        select(
            IN_FORCE.c.period_id,
            IN_FORCE.c.target_id,
            IN_FORCE.c.unit_id,
            IN_FORCE.c.denominator,
        ).where(
            IN_FORCE.c.period_id.in_(period_ids),
            IN_FORCE.c.standing == Standing.APPROVED,
            IN_FORCE.c.target_id.in_(target_ids),
            IN_FORCE.c.unit_id.in_(unit_ids),
            IN_FORCE.c.denominator.is_not(None),
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
