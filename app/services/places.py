"""Where a report belongs: one unit, one period of one programme; and who may go there."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from app.domain.access import UNIT_ROLES, Actor, Role
from app.domain.errors import Fault, Invalid, NotAllowed, NotFound, PeriodClosed, UnitClosed
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


def to_read(session: Session, actor: Actor, key: ReportKey) -> Place:
    """NotFound for another unit's report, but not for a predecessor's (rule 20)."""
    defined = catalogue(session)
    programme = programme_of(defined, key.programme)
    period = period_of(programme, key.period)
    unit = unit_of(defined, key.unit)
    if not actor.at_centre and actor.unit != unit.code:
        actor.require_sight(unit.code, predecessors_of(defined, actor.unit))
    return Place(defined, programme, period, unit)


def to_write(session: Session, actor: Actor, key: ReportKey) -> Place:
    """As `to_read`, and NotAllowed for whoever may see the report but does not write it.

    A successor's people write a predecessor's reports of periods up to its last day.
    """
    place = to_read(session, actor, key)
    actor.require(*UNIT_ROLES)
    ended = place.unit.valid_to
    if actor.unit != place.unit.code and (ended is None or ended < place.period.period.ends_on):
        raise NotAllowed(role=actor.role)
    return place


def to_import(session: Session, actor: Actor, key: ReportKey) -> Place:
    """As `to_write`; and the centre's reviewers, who bring in the consolidated workbook."""
    if actor.role is Role.REVIEWER:
        return to_read(session, actor, key)
    return to_write(session, actor, key)


def check_unit_lives(place: Place) -> None:
    """A unit reports on periods whose last day it lived through (rule 13)."""
    last_day, unit = place.period.period.ends_on, place.unit
    if unit.valid_to is not None and unit.valid_to < last_day:
        raise UnitClosed(unit=unit.code, on=unit.valid_to, period=place.period.code)
    if unit.valid_from is not None and unit.valid_from > last_day:
        facts = {"unit": unit.code, "period": place.period.code, "target": place.programme.code}
        raise Invalid([Fault("", "unit_not_expected", facts)])


def check_open(place: Place, now: datetime) -> None:
    """PeriodClosed once closed, and before it opens."""
    period = place.period
    if period.closed:
        raise PeriodClosed(period=period.code, reason="closed")
    if period.opens_at is not None and now < period.opens_at:
        raise PeriodClosed(period=period.code, reason="not_open", opens_at=period.opens_at)
