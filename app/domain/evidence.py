"""What was said of a programme, put together period by period (rules 13, 17, 18).

Pure: it takes what was read and gives what the expected units said, target by target.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.breakdown import Parts
from app.domain.periods import Period
from app.domain.targets import (
    Catalogue,
    PeriodRule,
    Programme,
    ProgrammePeriod,
    Target,
)
from app.domain.values import Value

Said = Mapping[int, Mapping[int, Value]]
Sizes = Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What figures rest on, and nothing else.

    `said` by period id, then unit id, then target id; `registered` denominators by period id, then
    target id, then unit id. `last` denominators reported before, by target id, then unit id;
    `sizes` those of single periods, where more was read of them than `said` holds.
    `parts` as `said`: what was told by parts beside those values.
    """

    catalogue: Catalogue
    programme: Programme
    said: Mapping[int, Said]
    registered: Mapping[int, Sizes] = field(default_factory=dict)
    last: Sizes = field(default_factory=dict)
    parts: Mapping[int, Mapping[int, Mapping[int, Parts]]] = field(default_factory=dict)
    sizes: Mapping[int, Sizes] = field(default_factory=dict)

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


def last_told(evidence: Evidence, when: ProgrammePeriod) -> dict[int, dict[int, int]]:
    """The denominators last told in other periods up to this one's end, as far as the evidence
    reaches: by target, then unit (rule 16)."""
    last: dict[int, dict[int, int]] = {}
    for one in evidence.programme.periods.values():
        if one is not when and one.period.ends_on <= when.period.ends_on:
            sizes = evidence.sizes.get(one.id)
            for target_id, by_unit in (_sizes(evidence, one) if sizes is None else sizes).items():
                last.setdefault(target_id, {}).update(by_unit)
    return last


def _sizes(evidence: Evidence, when: ProgrammePeriod) -> Sizes:
    sizes: dict[int, dict[int, int]] = {}
    for unit_id, values in evidence.said.get(when.id, {}).items():
        for target_id, value in values.items():
            if value.denominator is not None:
                sizes.setdefault(target_id, {})[unit_id] = value.denominator
    return sizes
