"""What was said of a programme, put together period by period (rules 13, 17, 18).

Pure: it takes what was read and gives what the expected units said, target by target.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.attainment import all_of, fell, over_periods
from app.domain.breakdown import Parts
from app.domain.periods import Period
from app.domain.restatement import merged
from app.domain.rollup import Reported
from app.domain.successions import Ancestry, made_of
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
    `parts` as `said`: what was told by parts beside those values.
    """

    catalogue: Catalogue
    programme: Programme
    said: Mapping[int, Said]
    registered: Mapping[int, Sizes] = field(default_factory=dict)
    last: Sizes = field(default_factory=dict)
    parts: Mapping[int, Mapping[int, Mapping[int, Parts]]] = field(default_factory=dict)

    def parts_of(self, period_id: int, unit_id: int, target_id: int) -> Parts:
        """Empty: it told no parts."""
        of_unit = self.parts.get(period_id, {}).get(unit_id, {})
        return of_unit.get(target_id, {})


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


def earlier_in_year(programme: Programme, when: Period) -> list[ProgrammePeriod]:
    """Periods of the same year that end before this one, oldest first."""
    return [one for one in programme.periods.values() if _earlier_in_year(one.period, when)]


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
    fell_back: dict[str, list[str]] = {}
    if target.period_rule is PeriodRule.RUNNING_TOTAL:
        fell_back = fallen(evidence, when.period, (target, units), values)
    return Reported(
        [unit.code for unit in units],
        values,
        registered={u.code: registered[u.id] for u in units if u.id in registered}
        if registered
        else {},
        warnings=fell_back,
    )


def fallen(
    evidence: Evidence,
    when: Period,
    asked: tuple[Target, list[Unit]],
    values: Mapping[str, Value],
) -> dict[str, list[str]]:
    """Units whose running total is lower than one that they, or those they were made of, told
    before in the year (rule 18)."""
    found = {}
    for one in earlier_in_year(evidence.programme, when):
        if asked[0].asked_in(one.period):
            for unit, value in _within(evidence, when, asked, one).values.items():
                if unit in values and fell(value, values[unit]):
                    found[unit] = ["running_total_fell"]
    return found


def _of_target(target: Target, units: list[Unit], said: Said) -> dict[str, Value]:
    id_, nothing = target.id, dict[int, Value]()
    return {
        unit.code: values[id_] for unit in units if id_ in (values := said.get(unit.id, nothing))
    }


def _put_together(evidence: Evidence, when: Period, target: Target, units: list[Unit]) -> Reported:
    """From the periods inside this one, by the target's period rule (rule 18)."""
    gone = _gone(evidence, when, target)
    inside = _inside(evidence, when, target)
    within = [(one, _within(evidence, when, (target, [*units, *gone]), one)) for one in inside]
    values: dict[str, Value] = {}
    unusable: dict[str, str] = {}
    warnings: dict[str, list[str]] = {}
    for code in (unit.code for unit in (*units, *gone)):
        told = _once(target, [(p, said.values[code]) for p, said in within if code in said.values])
        lost = [said.reasons[code] for _, said in within if code in said.reasons]
        value, reason = over_periods(target, [value for _, value in told])
        if lost and target.period_rule is PeriodRule.SUM:
            value, reason = None, lost[0]
        if value is not None:
            values[code] = value
        elif reason is not None or lost:
            unusable[code] = reason or lost[0]
        cautions = _warnings(target, inside, told)
        if any(code in said.short for _, said in within) and "periods_missing" not in cautions:
            cautions.append("periods_missing")
        if cautions:
            warnings[code] = cautions
    left = [unit.code for unit in gone if unit.code in values]
    codes = [unit.code for unit in units]
    return Reported(codes, values, unusable, warnings=warnings, gone=left)


def _gone(evidence: Evidence, when: Period, target: Target) -> list[Unit]:
    """Where periods are added: units that ended without successor before the last day. What they
    told stays in the sum, or a year would be less than its half."""
    if target.period_rule is not PeriodRule.SUM:
        return []
    ended = {
        code
        for step in evidence.catalogue.successions
        if not step.successors and when.starts_on < step.effective_on <= when.ends_on
        for code in step.predecessors
    }
    everybody = evidence.catalogue.units.values()
    return [one for one in everybody if one.code in ended and one.kind in target.reported_by]


Told = Sequence[tuple[ProgrammePeriod, Value]]


def _once(target: Target, told: Told) -> Told:
    """Where periods are added, nothing twice: a quarter stands inside its half. Of periods inside
    one another the longest that was told counts."""
    if target.period_rule is not PeriodRule.SUM:
        return told
    return [
        (one, value)
        for one, value in told
        if not any(other is not one and other.period.contains(one.period) for other, _ in told)
    ]


def _whole(inside: Sequence[ProgrammePeriod], told: Told) -> bool:
    """Whether the periods told reach over every month that is asked for."""
    asked = {month for one in inside for month in one.period.months}
    return asked == {month for one, _ in told for month in one.period.months}


def _inside(evidence: Evidence, when: Period, target: Target) -> list[ProgrammePeriod]:
    return [
        one
        for one in evidence.programme.periods.values()
        if target.asked_in(one.period) and when.contains(one.period)
    ]


def _warnings(target: Target, inside: Sequence[ProgrammePeriod], told: Told) -> list[str]:
    """What a reader of one unit's figure should know of the periods behind it: a running total
    that fell, or a period that would change the figure and has not been told (rule 18)."""
    found = []
    if target.period_rule is PeriodRule.RUNNING_TOTAL:
        values = [value for _, value in told]
        if any(fell(one, two) for one, two in zip(values, values[1:], strict=False)):
            found.append("running_total_fell")
    if target.period_rule in (PeriodRule.SUM, PeriodRule.MAX):
        missing = bool(told) and not _whole(inside, told)
    else:
        end = max(one.period.ends_on for one in inside)
        missing = bool(told) and max(one.period.ends_on for one, _ in told) < end
    return [*found, "periods_missing"] if missing else found


class _Within(NamedTuple):
    """What units said in a period inside a longer one; the reasons of those whose predecessors'
    values cannot be put together; and those of whose predecessors only some spoke (`short`)."""

    values: dict[str, Value]
    reasons: dict[str, str]
    short: set[str]


def _within(
    evidence: Evidence, when: Period, asked: tuple[Target, list[Unit]], inner: ProgrammePeriod
) -> _Within:
    """Of the units of the longer period's end, or of those that they were made of."""
    (target, units), said = asked, evidence.said.get(inner.id, {})
    if not _units_change(evidence, inner.period, when):
        return _Within(_of_target(target, units, said), {}, set())
    then = _units_of(evidence, inner, target)
    told = _of_target(target, then, said)
    found = _Within({}, {}, set())
    for unit in units:
        made = _made_of(evidence, when, unit.code, inner, then)
        value, reason = merged(target, made, told) if made else (None, None)
        if value is not None and made and any(one not in told for one in made.origins()):
            found.short.add(unit.code)
            if target.period_rule is not PeriodRule.SUM:
                value, reason = None, "predecessor_missing"
        if value is not None:
            found.values[unit.code] = value
        if reason is not None:
            found.reasons[unit.code] = reason
    return found


def _units_change(evidence: Evidence, inner: Period, when: Period) -> bool:
    steps = evidence.catalogue.successions
    return any(inner.ends_on < step.effective_on <= when.ends_on for step in steps)


def _units_of(evidence: Evidence, when: ProgrammePeriod, target: Target) -> list[Unit]:
    everybody = evidence.catalogue.units.values()
    return [unit for unit in everybody if target.expected(unit, when.period)]


def _made_of(
    evidence: Evidence, when: Period, unit: str, inner: ProgrammePeriod, then: Iterable[Unit]
) -> Ancestry | None:
    there, began = {one.code for one in then}, inner.period.ends_on
    return made_of(unit, when.ends_on, began, there, evidence.catalogue.successions)


def last_told(evidence: Evidence, when: ProgrammePeriod) -> dict[int, dict[int, int]]:
    """The denominators last told before the period's end in other periods, as far as the evidence
    reaches: by target, then unit (rule 16)."""
    last: dict[int, dict[int, int]] = {}
    for one in evidence.programme.periods.values():
        if one is not when and one.period.ends_on <= when.period.ends_on:
            for unit_id, values in evidence.said.get(one.id, {}).items():
                for target_id, value in values.items():
                    if value.denominator is not None:
                        last.setdefault(target_id, {})[unit_id] = value.denominator
    return last


def sources(
    evidence: Evidence, when: ProgrammePeriod, target: Target, unit: str
) -> list[tuple[ProgrammePeriod, str]]:
    """The reports that a unit's value of a period rests on: whose, and of which period."""
    if target.asked_in(when.period):
        return [(when, unit)]
    told: list[tuple[ProgrammePeriod, Value]] = []
    asked = (target, [evidence.catalogue.units[unit]])
    for inner in _inside(evidence, when.period, target):
        value = _within(evidence, when.period, asked, inner).values.get(unit)
        if value is not None:
            told.append((inner, value))
    used = _once(target, told)
    together, _ = over_periods(target, [value for _, value in used])
    chosen = [inner for inner, value in used if value is together]
    found = []
    for inner in chosen or [inner for inner, _ in used]:
        made = _made_of(evidence, when.period, unit, inner, _units_of(evidence, inner, target))
        found += [(inner, origin) for origin in (made.origins() if made else ())]
    return found


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
