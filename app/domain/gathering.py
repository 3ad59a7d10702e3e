"""What the expected units said of each target in a period (rules 2, 8, 13, 18)."""

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.attainment import all_of
from app.domain.evidence import Evidence, targets_told
from app.domain.longer_periods import fallen, of_target, put_together
from app.domain.periods import Period
from app.domain.rollup import Reported
from app.domain.targets import Catalogue, PeriodRule, ProgrammePeriod, Target, ValueKind
from app.domain.units import Unit
from app.domain.values import Value


class Gathered(NamedTuple):
    """Of one period: its targets under the rules of its last day, the units expected to tell each
    in official order, and what they said; all by target."""

    targets: dict[str, Target]
    expected: dict[str, list[Unit]]
    reported: dict[str, Reported]


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
            reported[target.code] = put_together(evidence, when.period, target, units)
    for target in targets.values():
        if target.value_kind is ValueKind.ALL_OF:
            reported[target.code] = _from_parts(target, expected[target.code], reported)
    return Gathered(targets, expected, reported)


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


def _asked(
    evidence: Evidence, when: ProgrammePeriod, target: Target, units: list[Unit]
) -> Reported:
    values = of_target(target, units, evidence.said.get(when.id, {}))
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
