"""What was reported of a programme in a period, gathered for the rules of the domain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import figures, queries
from app.db.figures import Counted
from app.db.queries import Head
from app.domain.attainment import Attainment, all_of, of_unit, over_periods
from app.domain.periods import Period
from app.domain.rollup import Reported, of_units
from app.domain.targets import Catalogue, Programme, ProgrammePeriod, Target, UnitRule, ValueKind
from app.domain.units import Unit
from app.domain.values import Value
from app.domain.workflow import Standing
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of

# What units said in one period: by unit, then by target.
Said = dict[int, Mapping[int, Value]]


class View(NamedTuple):
    """How one looks: at what is approved or also at what is handed in (rule 17), now or as known
    at an instant (rule 19)."""

    standing: Standing = Standing.APPROVED
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the rules need of one programme in one period; read once, used for every figure."""

    catalogue: Catalogue
    programme: Programme
    period: ProgrammePeriod
    view: View
    centre: str
    targets: dict[str, Target]
    expected: dict[str, list[Unit]]
    heads: list[Head]
    found: list[Counted]
    reported: dict[str, Reported]

    def national(self, target: Target) -> Attainment:
        return of_units(
            target,
            self.period.period,
            self.centre,
            self.reported[target.code],
            self.period.decision,
        )

    def unit(self, target: Target, unit: str) -> Attainment:
        said = self.reported[target.code]
        row = of_unit(target, self.period.period, unit, said.values.get(unit))
        if unit in said.partial:
            row.partial = (unit,)
        if unit in said.unusable:
            row.reasons["percent"] = said.unusable[unit]
        return row


def scene(session: Session, programme: str, period: str, view: View) -> Scene:
    defined = catalogue(session, view.known_at)
    within = programme_of(defined, programme)
    when = period_of(within, period)
    targets = {
        one.code: one
        for one in within.targets_on(when.period.ends_on)
        if _told_in(within, when, one)
    }
    inner = _periods_used(within, when, targets.values())
    heads = queries.heads_in(session, [one.id for one in inner])
    if view.known_at is None:
        found = figures.values_in_force(session, heads, view.standing)
    else:
        ids = [one.id for one in inner]
        found = figures.values_known(session, ids, view.standing, view.known_at)
    expected = _expected(defined, targets.values(), when.period)
    centre = defined.centre.code
    gathered = Scene(defined, within, when, view, centre, targets, expected, heads, found, {})
    gathered.reported.update(_gather(session, gathered, inner))
    return gathered


def _told_in(programme: Programme, when: ProgrammePeriod, target: Target) -> bool:
    """Whether the target is asked for in the period, or in periods inside it; a quarter has
    nothing to say of a target that is told by the year."""
    return target.asked_in(when.period) or any(
        target.asked_in(one.period) and when.period.contains(one.period)
        for one in programme.periods.values()
    )


def _expected(
    defined: Catalogue, targets: Iterable[Target], period: Period
) -> dict[str, list[Unit]]:
    """By target, in official order; targets asked of the same kinds share one list."""
    found: dict[object, list[Unit]] = {}
    expected = {}
    for target in targets:
        asked = (target.reported_by, target.lives_in(period))
        if asked not in found:
            found[asked] = [one for one in defined.units.values() if target.expected(one, period)]
        expected[target.code] = found[asked]
    return expected


def _periods_used(
    programme: Programme, when: ProgrammePeriod, targets: Iterable[Target]
) -> list[ProgrammePeriod]:
    """The period itself, and those inside it that some target is reported in instead."""
    kinds = {kind for one in targets if not one.asked_in(when.period) for kind in one.periods}
    return [
        one
        for one in programme.periods.values()
        if one is when or (one.period.kind in kinds and when.period.contains(one.period))
    ]


def _gather(session: Session, scene: Scene, inner: list[ProgrammePeriod]) -> dict[str, Reported]:
    by_period: dict[int, Said] = defaultdict(dict)
    for one in scene.found:
        by_period[one.period_id][one.unit_id] = one.values
    reported: dict[str, Reported] = {}
    for target in scene.targets.values():
        units = scene.expected[target.code]
        if target.asked_in(scene.period.period):
            values = _of_target(target, units, by_period[scene.period.id])
            reported[target.code] = Reported([unit.code for unit in units], values)
        else:
            within = [
                _of_target(target, units, by_period[one.id])
                for one in inner
                if target.asked_in(one.period)
            ]
            reported[target.code] = _put_together(target, units, within)
    for target in scene.targets.values():
        if target.value_kind is ValueKind.ALL_OF:
            reported[target.code] = _from_parts(target, scene.expected[target.code], reported)
    return _with_last(session, scene, reported)


def _of_target(target: Target, units: list[Unit], said: Said) -> dict[str, Value]:
    id_, nothing = target.id, dict[int, Value]()
    return {
        unit.code: values[id_] for unit in units if id_ in (values := said.get(unit.id, nothing))
    }


def _put_together(
    target: Target, units: list[Unit], within: Sequence[dict[str, Value]]
) -> Reported:
    values: dict[str, Value] = {}
    unusable: dict[str, str] = {}
    for unit in units:
        value, reason = over_periods(
            target, [said[unit.code] for said in within if unit.code in said]
        )
        if value is not None:
            values[unit.code] = value
        elif reason is not None:
            unusable[unit.code] = reason
    return Reported([unit.code for unit in units], values, unusable)


def _from_parts(target: Target, units: list[Unit], reported: dict[str, Reported]) -> Reported:
    values: dict[str, Value] = {}
    partial: list[str] = []
    parts = [reported[part] for part in target.parts if part in reported]
    for unit in units:
        value, partly = all_of([part.values.get(unit.code) for part in parts])
        if value is not None:
            values[unit.code] = value
        if partly:
            partial.append(unit.code)
    return Reported([unit.code for unit in units], values, partial=partial)


def _with_last(
    session: Session, scene: Scene, reported: dict[str, Reported]
) -> dict[str, Reported]:
    """Denominators that silent units reported last, for the bounds (rule 16)."""
    earlier = [
        one
        for one in scene.programme.periods.values()
        if one.id != scene.period.id and one.period.ends_on <= scene.period.period.ends_on
    ]
    if not earlier:
        return reported
    unheard: dict[str, set[str]] = {}
    for code, said in reported.items():
        if scene.targets[code].unit_rule is UnitRule.POOLED:
            silent = {u for u in said.expected if u not in said.values}
            silent |= {u for u, v in said.values.items() if v.applies and v.denominator is None}
            unheard[code] = silent
    wanted = {unit for units in unheard.values() for unit in units}
    if not wanted:
        return reported
    rank = {one.id: place for place, one in enumerate(earlier)}
    target_ids = [scene.targets[code].id for code, units in unheard.items() if units]
    rows = _denominators(session, scene, list(rank), (target_ids, wanted))
    last: dict[int, dict[str, int]] = defaultdict(dict)
    for _, target_id, unit_id, denominator in sorted(rows, key=lambda row: rank[row[0]]):
        last[target_id][scene.catalogue.by_id[unit_id].code] = denominator
    return {
        code: replace(said, last=last.get(scene.targets[code].id, {}))
        for code, said in reported.items()
    }


def _denominators(
    session: Session, scene: Scene, period_ids: list[int], of: tuple[list[int], set[str]]
) -> list[tuple[int, int, int, int]]:
    """period, target, unit, denominator of approved counts of the targets and units named."""
    target_ids, units = of[0], [scene.catalogue.units[unit].id for unit in of[1]]
    if scene.view.known_at is None:
        return figures.denominators(session, period_ids, target_ids, units)
    known = figures.values_known(session, period_ids, Standing.APPROVED, scene.view.known_at)
    return [
        (one.period_id, target_id, one.unit_id, value.denominator)
        for one in known
        if one.unit_id in units
        for target_id, value in one.values.items()
        if target_id in target_ids and value.denominator is not None
    ]
