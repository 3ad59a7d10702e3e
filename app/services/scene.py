"""What was reported of a programme in a period, read for the rules of the domain."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import figures, queries, registers
from app.db.figures import Counted
from app.db.queries import Head
from app.domain import scene as rules
from app.domain.breakdown import Parts
from app.domain.evidence import Evidence, before, last_told, periods_used, targets_told
from app.domain.pace import why_no_line
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


def looks_ahead(programme: Programme, when: ProgrammePeriod, codes: Collection[str]) -> bool:
    """Whether anything can be foreseen of the targets named (none: of any) from the period on."""
    end, told = when.period.ends_on, targets_told(programme, when.period)
    asked = [one for code, one in told.items() if not codes or code in codes]
    return any(why_no_line(one, end) is None for one in asked)


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
    if any(_other(when, one) for one in used):
        evidence = replace(evidence, sizes=_sizes(session, evidence, when, view, None))
    seen = rules.scene(evidence, when, view.restated_on)
    if unheard := seen.unheard():
        sizes = evidence.sizes or _sizes(session, evidence, when, view, unheard)
        seen = seen.knowing(last_told(replace(evidence, sizes=sizes), when), sizes)
    return Seen(seen, view, heads, found)


def _other(when: ProgrammePeriod, one: ProgrammePeriod) -> bool:
    """Figures of an earlier period are wanted too, and know what was told before that."""
    return not when.period.contains(one.period)


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


def _sizes(
    session: Session,
    evidence: Evidence,
    when: ProgrammePeriod,
    view: View,
    unheard: Mapping[int, set[int]] | None,
) -> dict[int, dict[int, dict[int, int]]]:
    """Denominators of approved counts told before a period's end: by period, target and unit; of
    the `unheard` targets and units only, None: of all."""
    earlier = [
        one.id
        for one in evidence.programme.periods.values()
        if one is not when and one.period.ends_on <= when.period.ends_on
    ]
    sizes: dict[int, dict[int, dict[int, int]]] = {id_: {} for id_ in earlier}
    if not earlier:
        return sizes
    if view.known_at is None:
        targets = list(unheard or evidence.programme.code_of)
        units = set().union(*unheard.values()) if unheard else None
        rows = figures.denominators(session, earlier, targets, units)
    else:
        known = figures.values_known(session, earlier, Standing.APPROVED, view.known_at)
        rows = [
            (one.period_id, target_id, one.unit_id, value.denominator)
            for one in known
            for target_id, value in one.values.items()
            if value.denominator is not None
        ]
    for period_id, target_id, unit_id, denominator in rows:
        sizes[period_id].setdefault(target_id, {})[unit_id] = denominator
    return sizes
