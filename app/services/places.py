"""Where a report belongs: one unit, one period of one programme; and who may go there."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import exceptions
from app.domain.access import Actor, Right, Subject, require
from app.domain.errors import Fault, Invalid, NotFound, PeriodClosed, UnitClosed
from app.domain.periods import day_in_vietnam
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.domain.units import Unit, lineage
from app.services.definitions import catalogue


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class ReportKey(NamedTuple):
    """The natural key of a report, in codes."""

    programme: str
    period: str
    unit: str

    @property
    def path(self) -> str:
        return f"reports/{self.programme}/{self.period}/{self.unit}"


class Place(NamedTuple):
    catalogue: Catalogue
    programme: Programme
    period: ProgrammePeriod
    unit: Unit

    @property
    def key(self) -> ReportKey:
        return ReportKey(self.programme.code, self.period.code, self.unit.code)


def predecessors_of(defined: Catalogue, unit: str | None) -> tuple[str, ...]:
    return lineage(unit, defined.successions).predecessors if unit else ()


def programme_of(defined: Catalogue, code: str) -> Programme:
    try:
        return defined.programmes[code]
    except KeyError:
        raise NotFound(what=code) from None


def period_of(programme: Programme, code: str) -> ProgrammePeriod:
    try:
        return programme.periods[code]
    except KeyError:
        raise NotFound(what=f"{programme.code}/{code}") from None


def unit_of(defined: Catalogue, code: str) -> Unit:
    try:
        return defined.units[code]
    except KeyError:
        raise NotFound(what=code) from None


def to_do(
    session: Session, actor: Actor, key: ReportKey, right: Right, *, own: bool = False
) -> Place:
    """The place, for whoever may do that there; NotFound and NotAllowed as `can` decides.

    `own`: the actor wrote the revision that it is done to.
    """
    place = to_read(session, actor, key)
    require(actor, right, subject_of(actor, place, own=own))
    return place


def subject_of(actor: Actor, place: Place, *, own: bool = False, shown: bool = True) -> Subject:
    """The reports of a place, as rights see them."""
    ended = place.unit.valid_to
    return Subject(
        unit=place.unit.code,
        predecessors=predecessors_of(place.catalogue, actor.unit),
        ended_in_time=ended is not None and ended >= place.period.period.ends_on,
        shown=shown,
        own=own,
        name=place.key.path,
    )


def to_read(session: Session, actor: Actor, key: ReportKey) -> Place:
    """NotFound for another unit's report, but not for a predecessor's (rule 20)."""
    defined = catalogue(session)
    programme = programme_of(defined, key.programme)
    period = period_of(programme, key.period)
    unit = unit_of(defined, key.unit)
    place = Place(defined, programme, period, unit)
    require(actor, Right.REPORT_READ, subject_of(actor, place))
    return place


def to_import(session: Session, actor: Actor, key: ReportKey) -> Place:
    """Where the actor drafts reports; at the centre reviewers bring in the whole workbook."""
    right = Right.IMPORT_CREATE if actor.at_centre else Right.REPORT_DRAFT
    return to_do(session, actor, key, right)


def check_unit_lives(place: Place) -> None:
    """A unit reports on periods whose last day it lived through (rule 13)."""
    last_day, unit = place.period.period.ends_on, place.unit
    if unit.valid_to is not None and unit.valid_to < last_day:
        raise UnitClosed(unit=unit.code, on=unit.valid_to, period=place.period.code)
    if unit.valid_from is not None and unit.valid_from > last_day:
        facts = {"unit": unit.code, "period": place.period.code, "target": place.programme.code}
        raise Invalid([Fault("", "unit_not_expected", facts)])


def check_open(session: Session, place: Place, now: datetime) -> None:
    """PeriodClosed once closed and before it opens, unless an exception of the unit runs."""
    shut = why_shut(place.period, now)
    if shut is None:
        return
    until = exceptions.until_of(session, place.period.id, place.unit.id)
    if until is None or now >= until:
        raise shut


def why_shut(period: ProgrammePeriod, now: datetime) -> PeriodClosed | None:
    """For units without an exception; None: reports are accepted."""
    if period.closed:
        return PeriodClosed(period=period.code, reason="closed")
    if period.is_shut_on(day_in_vietnam(now)):
        return PeriodClosed(period=period.code, reason="closing_day_over", on=period.closes_on)
    if period.opens_at is not None and now < period.opens_at:
        return PeriodClosed(period=period.code, reason="not_open", opens_at=period.opens_at)
    return None
