"""A longer period made of those inside it: the target's period rule at work (rule 18).

Whoever was merged in between is told by those that the unit of the longer period's end was made of.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.domain.attainment import fell, over_periods
from app.domain.evidence import Evidence, Said, earlier_in_year
from app.domain.periods import Period
from app.domain.restatement import merged
from app.domain.rollup import Reported
from app.domain.successions import Ancestry, made_of
from app.domain.targets import PeriodRule, ProgrammePeriod, Target
from app.domain.units import Unit
from app.domain.values import Value


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


def of_target(target: Target, units: list[Unit], said: Said) -> dict[str, Value]:
    id_, nothing = target.id, dict[int, Value]()
    return {
        unit.code: values[id_] for unit in units if id_ in (values := said.get(unit.id, nothing))
    }


def put_together(evidence: Evidence, when: Period, target: Target, units: list[Unit]) -> Reported:
    """From the periods inside this one, by the target's period rule (rule 18)."""
    gone = _gone(evidence, when, target)
    inside = _inside(evidence, when, target)
    within = [(one, _within(evidence, when, (target, [*units, *gone]), one)) for one in inside]
    values: dict[str, Value] = {}
    unusable: dict[str, str] = {}
    registered: dict[str, int] = {}
    warnings: dict[str, list[str]] = {}
    for code in (unit.code for unit in (*units, *gone)):
        told = _once(target, [(p, said.values[code]) for p, said in within if code in said.values])
        lost = [said.reasons[code] for _, said in within if code in said.reasons]
        value, reason = over_periods(target, [value for _, value in told])
        if lost and target.period_rule is PeriodRule.SUM:
            value, reason = None, lost[0]
        if value is not None:
            values[code] = value
            of = [(p, said) for p, said in within if said.values.get(code) is value]
            if of and (size := _size_of(evidence, target, code, of[-1])):
                registered[code] = size
        elif reason is not None or lost:
            unusable[code] = reason or lost[0]
        asked = [one for one, said in within if code in said.asked]
        cautions = _warnings(target, asked, told)
        adds = target.period_rule is PeriodRule.SUM
        if adds and any(code in said.short for _, said in within):
            cautions.append("periods_missing")
        if cautions:
            warnings[code] = cautions
    left = [unit.code for unit in gone if unit.code in values]
    codes = [unit.code for unit in units]
    return Reported(codes, values, unusable, (), registered, warnings=warnings, gone=left)


def _size_of(
    evidence: Evidence, target: Target, unit: str, of: tuple[ProgrammePeriod, "_Within"]
) -> int | None:
    """The denominator registered for the period whose value stands for the longer one, and for
    whoever told it then."""
    period, said = of
    id_ = evidence.catalogue.units[said.tellers.get(unit, unit)].id
    return evidence.registered.get(period.id, {}).get(target.id, {}).get(id_)


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
    return asked <= {month for one, _ in told for month in one.period.months}


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
    if not told or not inside:
        return found
    if target.period_rule in (PeriodRule.SUM, PeriodRule.MAX):
        missing = not _whole(inside, told)
    else:
        end = max(one.period.ends_on for one in inside)
        missing = max(one.period.ends_on for one, _ in told) < end
    return [*found, "periods_missing"] if missing else found


class _Within(NamedTuple):
    """What units said in a period inside a longer one; the reasons of those whose predecessors'
    values cannot be put together; those of whose predecessors only some spoke (`short`), those
    who, or whose predecessors, were `asked`; and who told it for a unit that has another name."""

    values: dict[str, Value]
    reasons: dict[str, str]
    short: set[str]
    asked: set[str]
    tellers: dict[str, str]


def _within(
    evidence: Evidence, when: Period, asked: tuple[Target, list[Unit]], inner: ProgrammePeriod
) -> _Within:
    """Of the units of the longer period's end, or of those that they were made of."""
    (target, units), said = asked, evidence.said.get(inner.id, {})
    if not _units_change(evidence, inner.period, when):
        lived = {unit.code for unit in units if unit.valid_on(inner.period.ends_on)}
        return _Within(of_target(target, units, said), {}, set(), lived, {})
    then = _units_of(evidence, inner, target)
    told = of_target(target, then, said)
    found = _Within({}, {}, set(), set(), {})
    for unit in units:
        made = _made_of(evidence, when, unit.code, inner, then)
        if made is None:
            continue
        found.asked.add(unit.code)
        origins = made.origins()
        if len(origins) == 1:
            found.tellers[unit.code] = next(iter(origins))
        value, reason = merged(target, made, told)
        if value is not None and any(one not in told for one in origins):
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
    together, reason = over_periods(target, [value for _, value in used])
    if reason is not None or _lost(evidence, when.period, asked):
        return []
    chosen = [inner for inner, value in used if value is together]
    found = []
    for inner in chosen or [inner for inner, _ in used]:
        made = _made_of(evidence, when.period, unit, inner, _units_of(evidence, inner, target))
        found += [(inner, origin) for origin in (made.origins() if made else ())]
    return found


def _lost(evidence: Evidence, when: Period, asked: tuple[Target, list[Unit]]) -> bool:
    """Whether a period that would have to be added cannot be: nothing of the unit counts then."""
    target, (unit,) = asked
    if target.period_rule is not PeriodRule.SUM:
        return False
    inside = _inside(evidence, when, target)
    return any(unit.code in _within(evidence, when, asked, one).reasons for one in inside)
