"""What was reported of a programme in a period, read for the rules of the domain."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import figures, queries, registers
from app.db.figures import Counted
from app.db.queries import Head
from app.domain import scene as rules
from app.domain.breakdown import Parts
from app.domain.evidence import Evidence, before, periods_used
from app.domain.scene import Scene
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.domain.values import Value
from app.domain.workflow import Standing
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of


class View(NamedTuple):
    """How one looks: at what is approved or also at what is handed in (rule 17), now or as known
    at an instant (rule 19), as reported or restated on a day (rule 20)."""

    standing: Standing = Standing.APPROVED
    known_at: datetime | None = None
    restated_on: date | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene, with the reports that its figures were read from."""

    scene: Scene
    view: View
    heads: list[Head]
    found: list[Counted]

    @property
    def catalogue(self) -> Catalogue:
        return self.scene.evidence.catalogue

    @property
    def programme(self) -> Programme:
        return self.scene.evidence.programme

    @property
    def period(self) -> ProgrammePeriod:
        return self.scene.period


def look(session: Session, programme: str, period: str, view: View, *, back: bool = False) -> Seen:
    """Read once, used for every figure. `back`: earlier periods too, for forecasts and trends."""
    defined = catalogue(session, view.known_at)
    within = programme_of(defined, programme)
    when = period_of(within, period)
    return look_at(session, defined, when, view, back=back)


def look_at(
    session: Session,
    defined: Catalogue,
    when: ProgrammePeriod,
    view: View,
    *,
    back: bool = False,
) -> Seen:
    """The same with a catalogue that may never come to be, for what a succession would do."""
    within = defined.programmes[when.programme]
    used = periods_used(within, when)
    for one in before(within, when) if back else ():
        used += [inner for inner in periods_used(within, one) if inner not in used]
    ids = [one.id for one in used]
    if view.known_at is None:
        heads = queries.heads_in(session, ids)
        found = figures.values_in_force(session, heads, view.standing)
    else:
        heads = queries.heads_known(session, ids, view.known_at)
        found = figures.values_known(session, ids, view.standing, view.known_at)
    evidence = Evidence(
        defined,
        within,
        by_period(found),
        registers.registered(session, ids, view.known_at),
        parts=_parts(session, within, found),
    )
    seen = rules.scene(evidence, when, view.restated_on)
    unheard = seen.unheard()
    if unheard and (last := _last(session, seen, unheard, view)):
        seen = seen.knowing(last)
    return Seen(seen, view, heads, found)


def by_period(found: Iterable[Counted]) -> dict[int, dict[int, dict[int, Value]]]:
    """As the domain's evidence holds it: by period, then unit, then target."""
    said: dict[int, dict[int, dict[int, Value]]] = defaultdict(dict)
    for one in found:
        said[one.period_id][one.unit_id] = one.values  # type: ignore[assignment]
    return said


def _parts(
    session: Session, programme: Programme, found: Sequence[Counted]
) -> dict[int, dict[int, dict[int, Parts]]]:
    """What was told by parts; nothing is asked where no target is told so."""
    by_parts = {
        revisions[0].id
        for revisions in programme.targets.values()
        if any(one.breakdown for one in revisions)
    }
    return figures.parts_told(session, found, by_parts) if by_parts else {}


def _last(
    session: Session, seen: Scene, unheard: dict[int, set[int]], view: View
) -> dict[int, dict[int, int]]:
    """Denominators last reported before, for the bounds (rule 16): by target, then unit."""
    earlier = [
        one
        for one in seen.evidence.programme.periods.values()
        if one.id != seen.period.id and one.period.ends_on <= seen.period.period.ends_on
    ]
    rank = {one.id: place for place, one in enumerate(earlier)}
    last: dict[int, dict[int, int]] = defaultdict(dict)
    if rank:
        rows = _denominators(session, list(rank), unheard, view)
        for _, target_id, unit_id, denominator in sorted(rows, key=lambda row: rank[row[0]]):
            last[target_id][unit_id] = denominator
    return last


def _denominators(
    session: Session, period_ids: list[int], unheard: dict[int, set[int]], view: View
) -> list[tuple[int, int, int, int]]:
    """period, target, unit, denominator of approved counts of the targets and units named."""
    units: Collection[int] = set().union(*unheard.values())
    if view.known_at is None:
        return figures.denominators(session, period_ids, list(unheard), list(units))
    known = figures.values_known(session, period_ids, Standing.APPROVED, view.known_at)
    return [
        (one.period_id, target_id, one.unit_id, value.denominator)
        for one in known
        if one.unit_id in units
        for target_id, value in one.values.items()
        if target_id in unheard and value.denominator is not None
    ]
