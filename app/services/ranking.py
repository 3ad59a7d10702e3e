"""One target as its page shows it: the national figure, its trend, and the units in their order."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import setup
from app.db.tables import DefinitionKind
from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.errors import NotFound
from app.domain.evidence import targets_told
from app.domain.ranking import Place, is_small, merit, places
from app.domain.targets import Catalogue, Programme, ProgrammePeriod, Target, ValueKind
from app.domain.units import UnitKind
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import TrendOut
from app.services import dashboards
from app.services.attainment import known, write
from app.services.boards import BoardQuery, looked, trend_of
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of


class Ranked(NamedTuple):
    """A unit's own row. `place` None: no figure, and no place. `small`: under a hundred are counted
    there."""

    row: AttainmentOut
    kind: UnitKind
    place: Place | None
    small: bool


class TargetSeen(NamedTuple):
    """`units` in the official order, of the kind asked for; `kinds` all that report the target."""

    catalogue: Catalogue
    programme: Programme
    period: ProgrammePeriod
    target: Target
    national: AttainmentOut
    trend: TrendOut
    units: list[Ranked]
    kinds: list[UnitKind]
    known_at: str


class Revision(NamedTuple):
    """A rule of a target, since when it holds, and why it was changed; None: from the start."""

    target: Target
    effective_on: date | None
    reason: str | None
    at: datetime
    by: str


def look_at_target(
    session: Session, actor: Actor, wanted: BoardQuery, code: str, kind: UnitKind | None = None
) -> TargetSeen:
    """The places are those among the units of the kind asked for; all of them without one."""
    seen = looked(session, actor, wanted)
    target = seen.scene.targets.get(code)
    if target is None:
        raise NotFound(what=f"{wanted.programme}/{code}")
    units, known_at = seen.catalogue.units, known(session, seen.view)
    codes = seen.scene.judged_in(target).units(target)
    kinds = [one for one in UnitKind if one in {units[unit].kind for unit in codes}]
    rows = [seen.scene.unit(target, one) for one in codes if kind in (None, units[one].kind)]
    placed = places({row.unit: merit(target, row.figure) for row in rows if row.figure is not None})
    national = seen.scene.national(target)
    return TargetSeen(
        seen.catalogue,
        seen.programme,
        seen.period,
        target,
        write(seen, national, known_at, ahead=True),
        trend_of(seen.scene.on_one_basis(), national),
        [
            Ranked(
                write(seen, row, known_at), units[row.unit].kind, placed.get(row.unit), _small(row)
            )
            for row in rows
        ],
        kinds,
        known_at,
    )


def _small(row: Attainment) -> bool:
    return row.target.value_kind is ValueKind.RATIO and is_small(row.denominator)


def period_for(session: Session, actor: Actor, wanted: BoardQuery, code: str) -> str:
    """The period to show a target in: the one named; without one ("") that of the board, else the
    newest that asks for it, with figures or without."""
    require(actor, Right.FIGURES_READ)
    found = programme_of(catalogue(session, wanted.view.known_at), wanted.programme)
    asked = periods_of(found, code)
    if wanted.period:
        return period_of(found, wanted.period).code
    if not asked:
        raise NotFound(what=f"{wanted.programme}/{code}")
    _, shown = dashboards.choice(session, actor, wanted.programme, None)
    return shown if shown in asked else asked[-1]


def periods_of(programme: Programme, code: str) -> list[str]:
    """Those that ask for the target, in their order."""
    every = programme.periods.values()
    return [one.code for one in every if code in targets_told(programme, one.period)]


def revisions(session: Session, actor: Actor, programme: str, code: str) -> list[Revision]:
    """In the order in which they were recorded."""
    require(actor, Right.FIGURES_READ)
    told = programme_of(catalogue(session), programme).targets.get(code)
    if told is None:
        raise NotFound(what=f"{programme}/{code}")
    rows = setup.definitions_of(session, DefinitionKind.TARGET, f"{programme}/{code}")
    names = setup.account_names(session, {row.account_id for row in rows})
    return [
        Revision(target, row.effective_on, row.reason, row.at, names[row.account_id])
        for target, row in zip(told, rows, strict=True)
    ]
