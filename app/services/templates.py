"""What a template asks of whom, with what is stored; by the same rights as the reports."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from app.db import queries
from app.db.figures import VALUE_FIELDS
from app.db.queries import ReportFilter
from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.numbers import number
from app.domain.targets import Catalogue, Programme, ProgrammePeriod, Target, ValueKind
from app.domain.units import Unit
from app.domain.values import Value
from app.schemas.templates import LastFigure, Said, TemplateModel, TemplateUnit, template_id
from app.services import places
from app.services.definitions import catalogue
from app.services.places import ReportKey
from app.services.report_views import sight
from app.services.scene import View, look_at


class TemplateQuery(NamedTuple):
    """Codes; without units, all that the caller may write: at the centre every unit expected."""

    programme: str
    period: str
    units: Sequence[str] = ()


def template_for(session: Session, actor: Actor, wanted: TemplateQuery) -> TemplateModel:
    """A form is for everybody who may see its units' reports; what stands in it already is what
    the caller may see: drafts are their unit's alone.

    NotFound for another unit's; UnitClosed and Invalid for a unit that is not asked then.
    """
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    programme = places.programme_of(defined, wanted.programme)
    period = places.period_of(programme, wanted.period)
    targets = _asked_in(programme, period)
    units = _units(session, actor, wanted, targets)
    stored = _stored(session, actor, period, units)
    asked = {unit.code: _asked_of(unit, targets, period) for unit in units}
    shown = [one for one in targets if any(one.code in codes for codes in asked.values())]
    return TemplateModel(
        id=template_id(programme, period),
        organisation=defined.centre,
        programme=programme,
        period=period,
        targets=tuple(shown),
        units=tuple(
            TemplateUnit(
                unit,
                asked[unit.code],
                {programme.code_of[id_]: said for id_, said in stored.get(unit.id, {}).items()},
            )
            for unit in units
        ),
        last=_last(session, defined, period, units[0], shown) if len(units) == 1 else {},
        demonstration=defined.demonstration,
    )


def _asked_in(programme: Programme, period: ProgrammePeriod) -> list[Target]:
    """Under the rule of the period's last day; what is made of parts, if any part is asked."""
    day = period.period.ends_on
    asked = {one.code for one in programme.targets_on(day) if one.asked_in(period.period)}
    return [
        one
        for one in programme.targets_on(day)
        if one.code in asked
        and (one.value_kind is not ValueKind.ALL_OF or not asked.isdisjoint(one.parts))
    ]


def _asked_of(unit: Unit, targets: Sequence[Target], period: ProgrammePeriod) -> frozenset[str]:
    return frozenset(one.code for one in targets if one.expected(unit, period.period))


def _units(
    session: Session, actor: Actor, wanted: TemplateQuery, targets: Sequence[Target]
) -> list[Unit]:
    """In official order, each of them asked for something to be filled in."""
    defined = catalogue(session)
    period = defined.programmes[wanted.programme].periods[wanted.period]
    filled = [one for one in targets if one.value_kind is not ValueKind.ALL_OF]
    codes = list(wanted.units)
    if not codes and actor.unit is not None:
        own = (actor.unit, *places.predecessors_of(defined, actor.unit))
        alive = [code for code in own if _asked_of(defined.units[code], filled, period)]
        codes = alive or [actor.unit]
    for code in codes:
        place = places.to_read(session, actor, ReportKey(wanted.programme, wanted.period, code))
        places.check_unit_lives(place)
        if not _asked_of(place.unit, filled, period):
            facts = {"unit": code, "period": wanted.period, "target": wanted.programme}
            raise Invalid([Fault("/query/unit", "unit_not_expected", facts)])
    units = [
        unit
        for unit in defined.units.values()
        if (unit.code in codes if codes else _asked_of(unit, filled, period))
    ]
    if not units:
        raise NotFound(what=f"{wanted.programme}/{wanted.period}")
    return units


def _stored(
    session: Session, actor: Actor, period: ProgrammePeriod, units: Sequence[Unit]
) -> dict[int, dict[int, Said]]:
    """By unit and target (ids)."""
    ids = [unit.id for unit in units]
    own = [] if actor.at_centre else ids
    wanted = ReportFilter([period.id], ids, (), own, after_id=0, limit=len(ids))
    found: dict[int, dict[int, Said]] = {}
    for head in queries.heads(session, wanted):
        seen = sight(actor, head)
        if seen is not None:
            rows = queries.values_of(session, seen.id, seen.revision)
            found[head.unit_id] = {
                row["target_id"]: Said(
                    Value(*[row[name] for name in VALUE_FIELDS]), row["note"], row["evidence"]
                )
                for row in rows
            }
    return found


def _last(
    session: Session,
    defined: Catalogue,
    period: ProgrammePeriod,
    unit: Unit,
    targets: Sequence[Target],
) -> dict[str, LastFigure]:
    """Approved figures of the period before; a unit that was not there yet is restated."""
    programme = defined.programmes[period.programme]
    found: dict[str, LastFigure] = {}
    before: dict[str, list[Target]] = {}
    for target in targets:
        if (earlier := _period_before(programme, period, target)) is not None:
            before.setdefault(earlier.code, []).append(target)
    for code, asked in before.items():
        earlier = programme.periods[code]
        there = unit.valid_on(earlier.period.ends_on)
        view = View(restated_on=None if there else period.period.ends_on)
        scene = look_at(session, defined, earlier, view).scene
        for target in asked:
            row = scene.unit(scene.targets[target.code], unit.code)
            if row.figure is not None:
                found[target.code] = _figure(code, row)
    return found


def _period_before(
    programme: Programme, period: ProgrammePeriod, target: Target
) -> ProgrammePeriod | None:
    """The last one that ended before this one does and that the target is asked in; of several
    that end on one day the longest."""
    ends_on = period.period.ends_on
    earlier = [
        one
        for one in programme.periods.values()
        if one.period.ends_on < ends_on and target.asked_in(one.period)
    ]
    return max(
        earlier,
        key=lambda one: (one.period.ends_on, len(one.period.months)),
        default=None,
    )


def _figure(period: str, row: Attainment) -> LastFigure:
    if row.value is not None and row.value.done is not None:
        return LastFigure(period, done=row.value.done)
    if not row.held.in_percent:
        return LastFigure(period, value=number(row.figure), figure=row.figure)
    if row.denominator is None:
        return LastFigure(period, row.percent, figure=row.figure)
    counts = number(row.numerator), number(row.denominator)
    return LastFigure(period, row.percent, *counts, figure=row.figure)
