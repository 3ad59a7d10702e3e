"""What was said of a programme, put together period by period (rules 13, 17, 18).

Pure: it takes what was read and gives what the expected units said, target by target.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.attainment import all_of, fell, over_periods
from app.domain.periods import Period
from app.domain.restatement import merged
from app.domain.rollup import Reported
from app.domain.successions import made_of
from app.domain.targets import (
    Catalogue,
    PeriodRule,
    Programme,
    ProgrammePeriod,
    Target,
    ValueKind,
)
from app.domain.units import Unit
from app.domain.values import Value

Said = Mapping[int, Mapping[int, Value]]
Sizes = Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What figures rest on, and nothing else.

    `said` by period id, then unit id, then target id; `registered` denominators by period id, then
    target id, then unit id. `last` denominators reported before, by target id, then unit id.
    """

    catalogue: Catalogue
    programme: Programme
    said: Mapping[int, Said]
    registered: Mapping[int, Sizes] = field(default_factory=dict)
    last: Sizes = field(default_factory=dict)


def told_in(programme: Programme, when: Period, target: Target) -> bool:
    """Whether the target is asked for in the period, or in periods inside it; a quarter has
    nothing to say of a target that is told by the year."""
    return target.asked_in(when) or any(
        target.asked_in(one.period) and when.contains(one.period)
        for one in programme.periods.values()
    )


def targets_told(programme: Programme, when: Period) -> dict[str, Target]:
    """Under the rules in force on the period's last day."""
    return {
        one.code: one for one in programme.targets_on(when.ends_on) if told_in(programme, when, one)
    }


def periods_used(programme: Programme, when: ProgrammePeriod) -> list[ProgrammePeriod]:
    """Those that the figures of a period are worked out from: itself, those inside it that some
    target is told in instead, earlier ones of its year for running totals, and those that a
    population lived through which has ended since."""
    targets = targets_told(programme, when.period).values()
    kinds = {kind for one in targets if not one.asked_in(when.period) for kind in one.periods}
    running = any(one.period_rule is PeriodRule.RUNNING_TOTAL for one in targets)
    ended = [one for one in targets if not one.lives_in(when.period)]

    def used(one: ProgrammePeriod) -> bool:
        inside = when.period.contains(one.period)
        return (
            one is when
            or (inside and one.period.kind in kinds)
            or (running and _earlier_in_year(one.period, when.period))
            or any(lived_through(target, one, when) for target in ended)
        )

    return [one for one in programme.periods.values() if used(one)]


def _earlier_in_year(one: Period, when: Period) -> bool:
    return one.ends_on.year == when.ends_on.year and one.ends_on < when.ends_on


def lived_through(target: Target, one: ProgrammePeriod, when: ProgrammePeriod) -> bool:
    return (
        one.period.ends_on <= when.period.ends_on
        and target.asked_in(one.period)
        and target.lives_in(one.period)
    )


def before(programme: Programme, when: ProgrammePeriod) -> list[ProgrammePeriod]:
    """Earlier periods of the same kind, oldest first: a year is compared with years."""
    return [
        one
        for one in programme.periods.values()
        if one.period.kind is when.period.kind and one.period.ends_on < when.period.ends_on
    ]


class Gathered(NamedTuple):
    """Of one period: its targets under the rules of its last day, the units expected to tell each
    in official order, and what they said; all by target."""

    targets: dict[str, Target]
    expected: dict[str, list[Unit]]
    reported: dict[str, Reported]


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


def gather(evidence: Evidence, when: ProgrammePeriod) -> Gathered:
    """`evidence` holds what `periods_used` names of the period."""
    targets = targets_told(evidence.programme, when.period)
    expected = _expected(evidence.catalogue, targets.values(), when.period)
    reported: dict[str, Reported] = {}
    for target in targets.values():
        units = expected[target.code]
        if target.asked_in(when.period):
            reported[target.code] = _asked(evidence, when, target, units)
        else:
            reported[target.code] = _put_together(evidence, when.period, target, units)
    for target in targets.values():
        if target.value_kind is ValueKind.ALL_OF:
            reported[target.code] = _from_parts(target, expected[target.code], reported)
    return Gathered(targets, expected, reported)


def _asked(
    evidence: Evidence, when: ProgrammePeriod, target: Target, units: list[Unit]
) -> Reported:
    values = _of_target(target, units, evidence.said.get(when.id, {}))
    registered = evidence.registered.get(when.id, {}).get(target.id, {})
    fallen: dict[str, str] = {}
    if target.period_rule is PeriodRule.RUNNING_TOTAL:
        fallen = _fallen(evidence, when.period, (target, units), values)
    return Reported(
        [unit.code for unit in units],
        values,
        registered={u.code: registered[u.id] for u in units if u.id in registered}
        if registered
        else {},
        warnings=fallen,
    )


def _fallen(
    evidence: Evidence,
    when: Period,
    asked: tuple[Target, list[Unit]],
    values: Mapping[str, Value],
) -> dict[str, str]:
    """Units whose running total is lower than one they told before in the year (rule 18)."""
    fallen = {}
    for one in evidence.programme.periods.values():
        said = evidence.said.get(one.id)
        if said and asked[0].asked_in(one.period) and _earlier_in_year(one.period, when):
            for unit, value in _of_target(*asked, said).items():
                if unit in values and fell(value, values[unit]):
                    fallen[unit] = "running_total_fell"
    return fallen


def _of_target(target: Target, units: list[Unit], said: Said) -> dict[str, Value]:
    id_, nothing = target.id, dict[int, Value]()
    return {
        unit.code: values[id_] for unit in units if id_ in (values := said.get(unit.id, nothing))
    }


def _put_together(evidence: Evidence, when: Period, target: Target, units: list[Unit]) -> Reported:
    """From the periods inside this one, by the target's period rule (rule 18)."""
    within = [
        _within(evidence, when, (target, units), one)
        for one in evidence.programme.periods.values()
        if target.asked_in(one.period) and when.contains(one.period)
    ]
    values: dict[str, Value] = {}
    unusable: dict[str, str] = {}
    warnings: dict[str, str] = {}
    for unit in units:
        told = [said[unit.code] for said, _ in within if unit.code in said]
        lost = [reasons[unit.code] for _, reasons in within if unit.code in reasons]
        value, reason = over_periods(target, told)
        if lost and target.period_rule is PeriodRule.SUM:
            value, reason = None, lost[0]
        if value is not None:
            values[unit.code] = value
        elif reason is not None:
            unusable[unit.code] = reason
        if warning := _warning(target, told, len(within)):
            warnings[unit.code] = warning
    codes = [unit.code for unit in units]
    return Reported(codes, values, unusable, warnings=warnings)


def _warning(target: Target, told: Sequence[Value], periods: int) -> str | None:
    if target.period_rule is PeriodRule.RUNNING_TOTAL:
        falls = any(fell(one, two) for one, two in zip(told, told[1:], strict=False))
        return "running_total_fell" if falls else None
    if target.period_rule is PeriodRule.SUM and 0 < len(told) < periods:
        return "periods_missing"
    return None


def _within(
    evidence: Evidence,
    when: Period,
    asked: tuple[Target, list[Unit]],
    inner: ProgrammePeriod,
) -> tuple[dict[str, Value], dict[str, str]]:
    """What the units of the longer period's end, or those that they were made of, said in one
    period inside it; and the reasons of those whose predecessors' values cannot be added."""
    (target, units), said = asked, evidence.said.get(inner.id, {})
    began, steps = inner.period.ends_on, evidence.catalogue.successions
    if not any(began < step.effective_on <= when.ends_on for step in steps):
        return _of_target(target, units, said), {}
    everybody = evidence.catalogue.units.values()
    then = [unit for unit in everybody if target.expected(unit, inner.period)]
    there, told = {unit.code for unit in then}, _of_target(target, then, said)
    values: dict[str, Value] = {}
    reasons: dict[str, str] = {}
    for unit in units:
        made = made_of(unit.code, when.ends_on, began, there, steps)
        value, reason = merged(target, made, told) if made else (None, None)
        if value is not None:
            values[unit.code] = value
        if reason is not None:
            reasons[unit.code] = reason
    return values, reasons


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
