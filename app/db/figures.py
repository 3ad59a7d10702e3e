"""Questions about the values that count: now, or as known at an instant. None of them writes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.queries import Head
from app.db.tables import EVENT, IN_FORCE, REPORT, REVISION, VALUE
from app.domain.breakdown import Parts, read
from app.domain.values import Value
from app.domain.workflow import Action, Standing, Status, counting

VALUE_FIELDS = Value._fields


class Counted(NamedTuple):
    """A revision that counts: one unit's values of one period, by target."""

    period_id: int
    unit_id: int
    report_id: int
    revision: int
    values: Mapping[int, Value]


class Origin(NamedTuple):
    by: str
    channel: str


_OF_PERIODS = select(
    IN_FORCE.c.report_id,
    IN_FORCE.c.revision,
    IN_FORCE.c.target_id,
    *[IN_FORCE.c[name] for name in VALUE_FIELDS],
).where(
    IN_FORCE.c.period_id.in_(bindparam("period_ids", expanding=True)),
    IN_FORCE.c.standing == bindparam("standing"),
)
_OF_UNITS = _OF_PERIODS.where(IN_FORCE.c.unit_id.in_(bindparam("unit_ids", expanding=True)))
MOST_REVISIONS, FEW_UNITS = 10_000, 40


def values_in_force(session: Session, heads: Sequence[Head], standing: Standing) -> list[Counted]:
    """What counts now of these reports.

    Only revisions that were not seen before are fetched: a revision's values never change.
    """
    seen: dict[tuple[int, int], Mapping[int, Value]] = session.info["memo"].revisions
    chosen = [
        (
            head,
            counting(standing, head.centre_status, head.centre_revision, head.approved_revision),
        )
        for head in heads
    ]
    in_force = [(head, revision) for head, revision in chosen if revision is not None]
    # Looked up once: another thread may make room in it meanwhile.
    held = {head.id: seen.get((head.id, revision)) for head, revision in in_force}
    unseen = [head for head, _ in in_force if held[head.id] is None]
    fresh = _fetched(session, unseen, standing) if unseen else {}
    found = []
    for head, revision in in_force:
        values = held[head.id] or fresh.get((head.id, revision), {})
        found.append(Counted(head.period_id, head.unit_id, head.id, revision, values))
    if fresh and "stamp" not in session.info:  # what a writer sees may still be rolled back
        if len(seen) > MOST_REVISIONS:
            seen.clear()
        seen.update(fresh)
    return found


def _fetched(
    session: Session, heads: Sequence[Head], standing: Standing
) -> dict[tuple[int, int], dict[int, Value]]:
    given: dict[str, object] = {
        "period_ids": list({head.period_id for head in heads}),
        "standing": standing,
    }
    question = _OF_PERIODS
    if len(heads) < FEW_UNITS:
        question, given["unit_ids"] = _OF_UNITS, [head.unit_id for head in heads]
    fresh: dict[tuple[int, int], dict[int, Value]] = defaultdict(dict)
    for row in session.execute(question, given):
        fresh[row[0], row[1]][row[2]] = Value._make(row[3:])
    return fresh


def values_known(
    session: Session, period_ids: Collection[int], standing: Standing, known_at: datetime
) -> list[Counted]:
    """The same as it was at an instant, from the history alone (rule 19)."""
    chosen = _revisions_known(session, period_ids, standing, known_at)
    question = (
        select(
            REPORT.c.period_id,
            REPORT.c.unit_id,
            VALUE.c.report_id,
            VALUE.c.revision,
            VALUE.c.target_id,
            *[VALUE.c[name] for name in VALUE_FIELDS],
        )
        .join(REPORT, REPORT.c.id == VALUE.c.report_id)
        .where(REPORT.c.period_id.in_(period_ids))
    )
    found: dict[tuple[int, int, int, int], dict[int, Value]] = defaultdict(dict)
    for row in session.execute(question):
        if chosen.get(row[2]) == row[3]:
            found[row[0], row[1], row[2], row[3]][row[4]] = Value._make(row[5:])
    return [Counted(*key, values) for key, values in found.items()]


_PARTS = (
    select(
        VALUE.c.report_id,
        VALUE.c.revision,
        VALUE.c.target_id,
        VALUE.c.breakdown,
    )
    .join(REPORT, REPORT.c.id == VALUE.c.report_id)
    .where(
        REPORT.c.period_id.in_(bindparam("period_ids", expanding=True)),
        VALUE.c.target_id.in_(bindparam("target_ids", expanding=True)),
        VALUE.c.breakdown.is_not(None),
    )
)


def parts_told(
    session: Session, found: Sequence[Counted], target_ids: Collection[int]
) -> dict[int, dict[int, dict[int, Parts]]]:
    """By period, unit and target: what the revisions that count tell by parts, of the targets
    named. Revisions know no time: it is the same question now and at any instant."""
    counting = {
        (one.report_id, one.revision): one
        for one in found
        if not one.values.keys().isdisjoint(target_ids)
    }
    told: dict[int, dict[int, dict[int, Parts]]] = {}
    if not counting:
        return told
    given = {
        "period_ids": list({one.period_id for one in counting.values()}),
        "target_ids": list(target_ids),
    }
    for report_id, revision, target_id, kept in session.execute(_PARTS, given):
        if one := counting.get((report_id, revision)):
            of_unit = told.setdefault(one.period_id, {}).setdefault(one.unit_id, {})
            of_unit[target_id] = read(kept)
    return told


def _revisions_known(
    session: Session, period_ids: Collection[int], standing: Standing, known_at: datetime
) -> dict[int, int]:
    """Of each report, the revision that counted at the instant (rule 17)."""
    steps = session.execute(
        select(EVENT.c.report_id, EVENT.c.action, EVENT.c.status, EVENT.c.revision)
        .join(REPORT, REPORT.c.id == EVENT.c.report_id)
        .where(REPORT.c.period_id.in_(period_ids), EVENT.c.at <= known_at, ~EVENT.c.held)
        .order_by(EVENT.c.report_id, EVENT.c.version)
    )
    approved: dict[int, int] = {}
    at_centre: dict[int, tuple[Status, int]] = {}
    for report_id, action, status, revision in steps:
        if action is Action.APPROVE:
            approved[report_id] = revision
        if action is not Action.DRAFT:
            at_centre[report_id] = (status, revision)
    chosen = {
        report_id: counting(standing, status, revision, approved.get(report_id))
        for report_id, (status, revision) in at_centre.items()
    }
    return {report_id: revision for report_id, revision in chosen.items() if revision is not None}


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
    unit_ids: Collection[int] | None,
) -> list[tuple[int, int, int, int]]:
    """period, target, unit, denominator of approved counts; of the units named, None: of all."""
    question = select(
        IN_FORCE.c.period_id,
        IN_FORCE.c.target_id,
        IN_FORCE.c.unit_id,
        IN_FORCE.c.denominator,
    ).where(
        IN_FORCE.c.period_id.in_(period_ids),
        IN_FORCE.c.standing == Standing.APPROVED,
        IN_FORCE.c.target_id.in_(target_ids),
        IN_FORCE.c.denominator.is_not(None),
    )
    if unit_ids is not None:
        question = question.where(IN_FORCE.c.unit_id.in_(unit_ids))
    rows = session.execute(question)
    return [(row[0], row[1], row[2], row[3]) for row in rows]
