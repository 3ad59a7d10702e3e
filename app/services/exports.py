"""What stands behind exported figures: definitions as they were in force, and how one looked."""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session

from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.schemas.exports import Background, PeriodDefined, UnitNamed
from app.services.attainment import known, may_see
from app.services.definitions import catalogue
from app.services.periods import period_out
from app.services.places import iso, period_of, programme_of
from app.services.programmes import programme_out
from app.services.scene import View
from app.services.targets import target_out


def background(
    session: Session, actor: Actor, programme: str, periods: Iterable[str], view: View
) -> Background:
    """For figures read in the same session, as known at the same instant."""
    require(actor, Right.FIGURES_READ)
    may_see(actor, view.standing)
    defined = catalogue(session, view.known_at)
    within = programme_of(defined, programme)
    return Background(
        programme=programme_out(within),
        periods={
            code: _period(defined, within, period_of(within, code), view.restated_on)
            for code in periods
        },
        include=view.standing.value,
        restated_on=iso(view.restated_on),
        known_at=known(session, view),
        data_version=str(session.info["version"].data),
        rule_version=RULE_VERSION,
        demonstration=defined.demonstration,
    )


def _period(
    defined: Catalogue, programme: Programme, when: ProgrammePeriod, restated_on: date | None
) -> PeriodDefined:
    end = when.period.ends_on
    units = {}
    for unit in defined.units.values():
        name = unit.name_on(restated_on or end)
        units[unit.code] = UnitNamed(
            unit.code, unit.kind.value, name.short_vi, name.name_vi, name.name_en
        )
    targets = {one.code: target_out(programme, one) for one in programme.targets_on(end)}
    return PeriodDefined(period_out(when), targets, units)
