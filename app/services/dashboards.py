"""What the dashboards show. One reading; the doors render it as JSON or as a page."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sqlmodel import Session

from app.db import figures, queries
from app.db.queries import Head
from app.db.session import per_setup
from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.attainment import cell, share
from app.domain.errors import NotFound
from app.domain.periods import PeriodKind, utc
from app.domain.scene import Scene
from app.domain.targets import Catalogue, ProgrammePeriod, Target
from app.domain.units import Unit
from app.domain.values import Value
from app.domain.verdict import Verdict
from app.domain.workflow import HANDED_IN, Standing, Status
from app.domain.yardstick import yardstick
from app.schemas.dashboards import (
    CompletenessCounts,
    CompletenessOut,
    CompletenessUnit,
    OverviewOut,
    OverviewTarget,
    OverviewUnit,
)
from app.services.attainment import known, may_see, write
from app.services.definitions import catalogue
from app.services.exceptions import running
from app.services.places import iso, period_of, programme_of
from app.services.report_views import as_centre_sees
from app.services.scene import Seen, View, look

Judged = dict[str, tuple[Verdict, Decimal | None]]
Cells = dict[Value | None, tuple[Verdict, Decimal | None]]
MOST_CELLS = 5_000
NOW = View()


def overview(
    session: Session, actor: Actor, programme: str, period: str, view: View
) -> OverviewOut:
    """Targets by units: each national figure, and a column of percents and verdicts."""
    require(actor, Right.FIGURES_READ)
    may_see(actor, view.standing)
    seen = look(session, programme, period, view)
    heads = _heads_seen(seen.heads, seen.period.id)
    expected = {unit for one in seen.scene.targets.values() for unit in seen.scene.units(one)}
    units = [unit for unit in seen.catalogue.units.values() if unit.code in expected]
    version = session.info["version"]
    known_at = known(session, view)
    targets = [
        _column(seen, target, units, _cells(session, seen, target), known_at)
        for target in seen.scene.targets.values()
    ]
    verdicts = Counter(str(one["national"]["verdict"]) for one in targets if not one["parent"])
    return {
        "programme": seen.programme.code,
        "period": seen.period.code,
        "title_vi": seen.programme.title_vi,
        "title_en": seen.programme.title_en,
        "include": seen.view.standing.value,
        "basis": "as_reported" if view.restated_on is None else "restated",
        "restated_on": iso(view.restated_on),
        "known_at": known_at,
        "data_version": str(version.data),
        "demonstration": seen.catalogue.demonstration,
        "rule_version": RULE_VERSION,
        "due_on": iso(seen.period.due_on),
        "closed": seen.period.closed,
        "summary": {"targets": sum(verdicts.values()), **verdicts},
        "units": [_unit_line(actor, seen, unit, heads.get(unit.id)) for unit in units],
        "targets": targets,
    }


def _cells(session: Session, seen: Seen, target: Target) -> Cells:
    """What was judged before of this target in this period: a value's verdict does not change
    until a definition does."""
    if seen.view.known_at is not None:
        return {}
    made = per_setup(session, f"cells {target.id} {seen.period.id}", lambda _: Cells())
    if len(made) > MOST_CELLS:
        made.clear()
    return made


def _heads_seen(heads: list[Head], period_id: int) -> dict[int, Head]:
    """Reports that the centre holds or has had, by unit; drafts are nobody's business here."""
    seen = (as_centre_sees(head) for head in heads if head.period_id == period_id)
    return {head.unit_id: head for head in seen if head is not None}


def _column(
    seen: Seen, target: Target, units: list[Unit], made: Cells, known_at: str
) -> OverviewTarget:
    """One target over all units, without the fields that a heat table does not show."""
    judged = _each(seen.scene, target) if _differs(seen, target) else _alike(seen, target, made)
    cells = [judged.get(unit.code, (None, None)) for unit in units]
    return {
        "target": target.code,
        "title_vi": target.title_vi,
        "title_en": target.title_en,
        "group": target.group,
        "parent": target.parent,
        "national": write(seen, seen.scene.national(target), known_at),
        "percents": [percent for _, percent in cells],
        "verdicts": [verdict for verdict, _ in cells],
    }


def _differs(seen: Seen, target: Target) -> bool:
    """Whether one value may be judged differently from unit to unit."""
    unusable = seen.scene.reported[target.code].unusable
    return bool(target.baselines or unusable) or seen.view.restated_on is not None


def _each(seen: Scene, target: Target) -> Judged:
    found: Judged = {}
    for unit in seen.units(target):
        row = seen.unit(target, unit)
        in_words = row.value is not None and row.value.done is not None
        found[unit] = (row.verdict, None if in_words else row.percent)
    return found


def _alike(seen: Seen, target: Target, made: Cells) -> Judged:
    values = seen.scene.reported[target.code].values
    held = yardstick(target, seen.period.period)
    found: Judged = {}
    for unit in seen.scene.units(target):
        value = values.get(unit)
        known = made.get(value)
        if known is None:
            known = made[value] = cell(held, target, value)
        found[unit] = known
    return found


def _unit_line(actor: Actor, seen: Seen, unit: Unit, head: Head | None) -> OverviewUnit:
    """Other units' people see of a report only that it was approved, as its figures then show."""
    name = unit.name_on(seen.view.restated_on or seen.period.period.ends_on)
    known = actor.at_centre or actor.unit == unit.code
    if head is not None and not known and head.status is not Status.APPROVED:
        head = None
    return {
        "unit": unit.code,
        "kind": unit.kind.value,
        "short_vi": name.short_vi,
        "name_vi": name.name_vi,
        "name_en": name.name_en,
        "status": head.status.value if head else None,
        "late": head.late if head and known else None,
    }


def completeness(  # noqa: PLR0913 - whose reading, of what, as known when
    session: Session,
    actor: Actor,
    programme: str,
    period: str,
    known_at: datetime | None = None,
    *,
    missing: bool = False,
) -> CompletenessOut:
    """Who has reported, who in time; counted over the expected reports (rules 13, 22); now, or as
    known at an instant.

    A unit's own people get the counts, and of the lists their own line. `missing`: of the lines
    only those of units that have not reported.
    """
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session, known_at)
    when = period_of(programme_of(defined, programme), period)
    rows = _lines(session, defined, when, known_at)
    shown = [row for row in rows if actor.at_centre or row["unit"] == actor.unit]
    silent = [row for row in shown if row["status"] not in HANDED_IN]
    version = session.info["version"]
    return {
        "programme": programme,
        "period": period,
        "due_on": iso(when.due_on),
        "closes_on": iso(when.closes_on),
        "closed": when.closed,
        "known_at": utc(known_at or version.at),
        "data_version": str(version.data),
        "demonstration": defined.demonstration,
        **_counts(rows),
        "missing": [row["unit"] for row in silent],
        "units": silent if missing else shown,
    }


def _counts(rows: list[CompletenessUnit]) -> CompletenessCounts:
    """Over all that are expected (rule 22)."""
    here = [row for row in rows if row["status"] in HANDED_IN]
    timely = sum(row["late"] is False for row in here)
    return {
        "expected": len(rows),
        "received": len(here),
        "timely": timely,
        "approved": sum(row["status"] == Status.APPROVED for row in here),
        "completeness": share(Fraction(100 * len(here), len(rows)) if rows else None),
        "timeliness": share(Fraction(100 * timely, len(rows)) if rows else None),
    }


def _lines(
    session: Session, defined: Catalogue, when: ProgrammePeriod, known_at: datetime | None
) -> list[CompletenessUnit]:
    """One for each unit that is asked anything in the period."""
    programme = defined.programmes[when.programme]
    heads, counted = _received(session, when.id, known_at)
    until = running(session, when.id, known_at)
    rows = []
    for unit in defined.units.values():
        if asked := programme.asked(unit, when.period):
            held = (heads.get(unit.id), counted.get(unit.id, (0, 0)), until.get(unit.id))
            rows.append(_line(unit, when, asked, held))
    return rows


def _received(
    session: Session, period_id: int, known_at: datetime | None
) -> tuple[dict[int, Head], dict[int, tuple[int, int]]]:
    """Reports as the centre has them, how many values each hands in, and how many of these are
    estimates; by unit."""
    if known_at is None:
        heads = queries.heads_in(session, [period_id])
        return _heads_seen(heads, period_id), queries.values_counted(session, period_id)
    heads = queries.heads_known(session, [period_id], known_at)
    found = figures.values_known(session, [period_id], Standing.SUBMITTED, known_at)
    counted = {
        one.unit_id: (len(one.values), sum(value.estimated for value in one.values.values()))
        for one in found
    }
    return _heads_seen(heads, period_id), counted


def _line(
    unit: Unit,
    when: ProgrammePeriod,
    asked: int,
    held: tuple[Head | None, tuple[int, int], datetime | None],
) -> CompletenessUnit:
    """`held`: the report as the centre has it, how many values and estimates it holds, until when
    an exception lets the unit report. Nothing depends on the hour at which it is read: it is kept.
    """
    head, (values, estimated), until = held
    return {
        "unit": unit.code,
        "kind": unit.kind.value,
        "short_vi": unit.name_on(when.period.ends_on).short_vi,
        "status": head.status.value if head else None,
        "submitted_at": utc(head.submitted_at) if head and head.submitted_at else None,
        "late": head.late if head else None,
        "values": values,
        "estimated": estimated,
        "expected": asked,
        "exception_until": utc(until) if until else None,
    }


def choice(
    session: Session, actor: Actor, programme: str | None, period: str | None
) -> tuple[str, str]:
    """The programme and period to show where the reader has not named both.

    The newest period with a report in force, and the year rather than its last quarter; without
    any, the first year. A period that only another programme has gives way to that; NotFound when
    no programme has it.
    """
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    chosen = [programme_of(defined, programme)] if programme else [*defined.programmes.values()]
    for one in chosen:
        if period in one.periods:
            return one.code, str(period)
    if period and not any(period in one.periods for one in defined.programmes.values()):
        raise NotFound(what=period)
    periods = [when for one in chosen for when in one.periods.values()]
    newest = sorted(periods, key=lambda when: when.period.starts_on)
    for when in sorted(newest, key=lambda when: when.period.ends_on, reverse=True):
        if any(head.approved_revision for head in queries.heads_in(session, [when.id])):
            return when.programme, when.code
    years = [when for when in periods if when.period.kind is PeriodKind.YEAR]
    if not periods:
        raise NotFound(what=programme or "programme")
    first = (years or periods)[0]
    return first.programme, first.code


class Shown(NamedTuple):
    """One page's reading: the figures, how far the reports have come, and what defines them."""

    catalogue: Catalogue
    overview: OverviewOut
    completeness: CompletenessOut


def shown(
    session: Session,
    actor: Actor,
    programme: str | None,
    period: str | None,
    view: View = NOW,
) -> Shown:
    """The figures of the programme and period named, or else of those of `choice`."""
    if not programme or not period:
        programme, period = choice(session, actor, programme, period)
    return Shown(
        catalogue(session, view.known_at),
        overview(session, actor, programme, period, view),
        completeness(session, actor, programme, period, view.known_at),
    )
