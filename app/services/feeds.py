"""Flat feeds for other systems: values, attainment, reports, units. The same rights and the same
readings as elsewhere, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import feeds, registers
from app.db.feeds import InForce
from app.domain.access import Actor, Right, require
from app.domain.attainment import grade_of
from app.domain.errors import Fault, Invalid
from app.schemas.attainment import AttainmentOut
from app.schemas.feeds import UnitRow, ValueRow
from app.schemas.reports import ReportLine
from app.services import report_views
from app.services.attainment import AttainmentQuery, attainments
from app.services.definitions import catalogue
from app.services.places import period_of, predecessors_of, programme_of
from app.services.report_views import ReportQuery
from app.services.scene import View
from app.services.units import unit_out

AT_ONCE = 500


class FeedQuery(NamedTuple):
    programme: str
    periods: Sequence[str]


class Told(NamedTuple):
    """What every row of a feed is told as of."""

    data_version: str
    demonstration: bool


def told(session: Session) -> Told:
    return Told(str(session.info["version"].data), catalogue(session).demonstration)


def attainment_rows(session: Session, actor: Actor, wanted: FeedQuery) -> Sequence[AttainmentOut]:
    """The approved figures, as reported: national ones and every expected unit's own."""
    asked = AttainmentQuery(wanted.programme, list(wanted.periods), [], [], False, View())
    return attainments(session, actor, asked)["items"]


def report_rows(session: Session, actor: Actor, wanted: FeedQuery) -> Iterator[ReportLine]:
    """What the caller may see of reports: the centre those handed in, a unit its own."""
    require(actor, Right.FIGURES_READ)
    periods = _periods(session, wanted)
    after = None
    while True:
        asked = ReportQuery([wanted.programme], list(periods.values()), [], [], after, AT_ONCE)
        page = report_views.reports(session, actor, asked)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def unit_rows(
    session: Session, actor: Actor, programme: str | None, period: str | None
) -> Iterator[UnitRow]:
    """The units that lived on the last day of the period, under their names of that day; without
    a period all there ever were, under their last names."""
    require(actor, Right.FIGURES_READ)
    defined, on, names = catalogue(session), None, list(UnitRow.__annotations__)
    if programme is not None:
        within = programme_of(defined, programme)
        on = period_of(within, period).period.ends_on if period is not None else None
    elif period is not None:
        raise Invalid([Fault("/query/programme", "invalid", {"reason": "missing"})])
    for unit in defined.units.values():
        if on is None or unit.valid_on(on):
            out = unit_out(unit, on)
            yield {name: out[name] for name in names}  # type: ignore[literal-required, misc]


def value_rows(session: Session, actor: Actor, wanted: FeedQuery) -> Iterator[ValueRow]:
    """The approved values as they were reported. Notes and evidence are for the centre, the unit
    itself and its successor: they are part of the report, not of a published figure."""
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    within, periods = programme_of(defined, wanted.programme), _periods(session, wanted)
    registered = registers.registered(session, list(periods), None)
    own = {actor.unit, *predecessors_of(defined, actor.unit)}
    for one in feeds.approved_values(session, list(periods)):
        unit = defined.by_id[one.unit_id].code
        size = registered.get(one.period_id, {}).get(one.target_id, {}).get(one.unit_id)
        row: dict[str, Any] = {
            "programme": wanted.programme,
            "period": periods[one.period_id],
            "unit": unit,
            "target": within.code_of[one.target_id],
            **_value(one, size),
            "revision": one.revision,
        }
        if not actor.at_centre and unit not in own:
            row |= {"note": None, "evidence": None}
        yield row  # type: ignore[misc]


def _value(one: InForce, registered: int | None) -> Mapping[str, Any]:
    value = one.value
    return {
        "numerator": value.numerator,
        "denominator": value.denominator,
        "percent": None if value.percent is None else Decimal(str(value.percent)),
        "done": value.done,
        "value": value.value,
        "text": value.text,
        "not_applicable": value.not_applicable,
        "estimated": value.estimated,
        "breakdown": one.breakdown,
        "grade": grade_of(value, registered) if value.applies else None,
        "note": one.note,
        "evidence": one.evidence,
    }


def _periods(session: Session, wanted: FeedQuery) -> dict[int, str]:
    """By id, each once; NotFound for what there is not."""
    within = programme_of(catalogue(session), wanted.programme)
    found = (period_of(within, code) for code in wanted.periods)
    return {one.id: one.code for one in found}
