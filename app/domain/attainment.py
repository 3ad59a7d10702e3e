"""The rules of attainment for one unit and for many (rules 7-9, 12-18).

Everything is worked out from exact integers and fractions; rounding happens only in `shown`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain.numbers import MICRO, shown
from app.domain.periods import Period
from app.domain.targets import Comparator, Decision, PeriodRule, Target, UnitRule, ValueKind
from app.domain.values import Grade, Value
from app.domain.yardstick import HUNDRED, ZERO, Verdict, Yardstick, yardstick


class Excluded(NamedTuple):
    unit: str
    reason: str


class Coverage(NamedTuple):
    """Units that reported of those expected; what does not apply stands in neither (rule 2).

    `population` is the share, in percent points, of the known population that the figure speaks
    for; None while a denominator is unknown, or where there is none.
    """

    reported: int
    expected: int
    population: Fraction | None = None


class Bounds(NamedTuple):
    """The lowest and the highest that the figure can still become (rule 16); None: unknown."""

    low: Fraction | None = None
    high: Fraction | None = None


@dataclass(slots=True)
class Attainment:
    """How far one unit, or all of them, is from a target in a period.

    `numerator` and `denominator` are counts of the target's unit, or units for a share of units;
    the numerator has decimals only where a percent met a registered denominator (grade B).
    `figure` is the exact result, percent points or a number; None when there is nothing to judge,
    and then `reasons` says why, field by field.
    """

    target: Target
    period: Period
    unit: str
    scope: str
    held: Yardstick
    verdict: Verdict
    numerator: Fraction | None = None
    denominator: int | None = None
    figure: Fraction | None = None
    met: bool | None = None
    value: Value | None = None
    coverage: Coverage = Coverage(0, 0)
    bounds: Bounds = Bounds()
    grades: Mapping[Grade, int] = field(default_factory=dict)
    excluded: Sequence[Excluded] = ()
    missing: Sequence[str] = ()
    not_applicable: Sequence[Excluded] = ()
    partial: Sequence[str] = ()
    estimated: bool = False
    decision: Decision | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def percent(self) -> Decimal | None:
        if self.figure is None or not self.held.in_percent:
            return None
        return self.held.shown(self.figure.numerator, self.figure.denominator)

    @property
    def gap_pp(self) -> Decimal | None:
        return None if self.figure is None else self.held.gap_pp(self.figure)

    @property
    def ratio_to_threshold(self) -> Decimal | None:
        return None if self.figure is None else self.held.ratio_to_threshold(self.figure)

    @property
    def needed(self) -> int | None:
        return (
            None if self.numerator is None else self.held.needed(self.numerator, self.denominator)
        )

    @property
    def excess(self) -> int | None:
        return (
            None if self.numerator is None else self.held.excess(self.numerator, self.denominator)
        )


def share(part: Fraction | None) -> Decimal | None:
    """A coverage or a bound as shown: two decimals, never rounded onto 0 or 100."""
    return None if part is None else shown(part.numerator, part.denominator, (ZERO, HUNDRED))


def counts_of(value: Value, kind: ValueKind) -> tuple[int, int | None] | None:
    """Numerator and denominator of one value; None for a percent alone, and for words.

    A yes or no is 1 or 0 of one unit; a count has no denominator.
    """
    if kind is ValueKind.COUNT:
        return None if value.value is None else (value.value, None)
    if value.done is not None:
        return int(value.done), 1
    if value.numerator is None or value.denominator is None:
        return None
    return value.numerator, value.denominator


def figure_of(value: Value, kind: ValueKind) -> tuple[int, int] | None:
    """The exact figure of one value that applies, as top and bottom (> 0); None for words."""
    counts = counts_of(value, kind)
    if counts is not None:
        numerator, denominator = counts
        return (numerator, 1) if denominator is None else (100 * numerator, denominator)
    return None if value.percent_micro is None else (value.percent_micro, MICRO)


def verdict_of(held: Yardstick, target: Target, period: Period, value: Value | None) -> Verdict:
    """The verdict on one unit's own value (rule 12)."""
    if not target.lives_in(period):
        return Verdict.POPULATION_ENDED
    if value is None:
        return Verdict.NO_DATA
    if not value.applies:
        return Verdict.NOT_APPLICABLE
    figure = figure_of(value, target.value_kind)
    return Verdict.NO_THRESHOLD if figure is None else held.verdict(*figure)


def of_unit(
    target: Target, period: Period, unit: str, value: Value | None, *, scope: str = "unit"
) -> Attainment:
    """One unit's own result. `value` None: it has reported nothing, which is not 0 %."""
    held = yardstick(target, period)
    verdict = verdict_of(held, target, period, value)
    row = Attainment(target, period, unit, scope, held, verdict, value=value)
    if verdict is Verdict.POPULATION_ENDED:
        row.reasons["percent"] = verdict
        return row
    if value is None or not value.applies:
        row.coverage = Coverage(0, int(value is None))
        row.missing = (unit,) if value is None else ()
        row.reasons["percent"] = verdict
        return row
    row.coverage = Coverage(1, 1)
    row.grades = {value.grade: 1} if value.grade else {}
    row.estimated = value.estimated
    counts, figure = counts_of(value, target.value_kind), figure_of(value, target.value_kind)
    if counts is not None:
        row.numerator, row.denominator = Fraction(counts[0]), counts[1]
    elif figure is not None:
        row.reasons["numerator"] = row.reasons["needed"] = "percent_only"
    if figure is not None:
        row.figure = Fraction(*figure)
        row.met = held.met(*figure)
    return row


def all_of(parts: Iterable[Value | None]) -> tuple[Value | None, bool]:
    """A unit's value of a target made of parts, and whether it is only partly done (rules 2, 8).

    Done when every part that applies is done. None when the unit said nothing of any part.
    """
    said = list(parts)
    if all(part is None for part in said):
        return None, False
    applying = [part for part in said if part is None or part.applies]
    if not applying:
        return Value(not_applicable="all_parts"), False
    done = [part is not None and part.done is True for part in applying]
    estimated = any(part is not None and part.estimated for part in said)
    return Value(done=all(done), estimated=estimated), any(done) and not all(done)


def over_periods(target: Target, values: Sequence[Value]) -> tuple[Value | None, str | None]:
    """What the periods inside a longer one make together, and why not if they cannot (rule 18).

    `values` in the order of their periods; running totals and latest values are never added, nor
    are percents.
    """
    applying = [value for value in values if value.applies]
    if not applying:
        return (values[-1] if values else None), None
    if target.period_rule is PeriodRule.MAX:
        return max(applying, key=lambda value: _size(target, value)), None
    if target.period_rule is not PeriodRule.SUM:
        return applying[-1], None
    if any(value.grade is Grade.PERCENT for value in applying):
        return None, "percent_only"
    if target.value_kind is ValueKind.COUNT:
        return Value(
            value=sum(value.value or 0 for value in applying),
            estimated=any(value.estimated for value in applying),
        ), None
    return Value(
        numerator=sum(value.numerator or 0 for value in applying),
        denominator=sum(value.denominator or 0 for value in applying),
        estimated=any(value.estimated for value in applying),
    ), None


def _size(target: Target, value: Value) -> Fraction:
    figure = figure_of(value, target.value_kind)
    return Fraction(*figure) if figure else Fraction(0)


@dataclass(frozen=True, slots=True)
class Reported:
    """What the expected units said of one target in one period.

    `values` by unit code (a unit that said nothing is not in it), `unusable` the reasons of units
    whose periods could not be put together, `partial` units of an all_of target on their way,
    `registered` population denominators, `last` the denominators last reported before.
    """

    expected: Sequence[str]
    values: Mapping[str, Value]
    unusable: Mapping[str, str] = field(default_factory=dict)
    partial: Sequence[str] = ()
    registered: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)

    def applying(self) -> Iterator[tuple[str, Value]]:
        for unit in self.expected:
            value = self.values.get(unit)
            if value is not None and value.applies:
                yield unit, value

    @property
    def missing(self) -> list[str]:
        return [u for u in self.expected if u not in self.values and u not in self.unusable]

    @property
    def not_applicable(self) -> list[Excluded]:
        return [
            Excluded(unit, self.values[unit].not_applicable or "zero_of_zero")
            for unit in self.expected
            if unit in self.values and not self.values[unit].applies
        ]


def of_units(
    target: Target,
    period: Period,
    centre: str,
    said: Reported,
    decision: Decision | None = None,
) -> Attainment:
    """The national roll-up, by the target's unit rule (rules 13-16)."""
    if target.unit_rule is UnitRule.OWN:
        row = of_unit(target, period, centre, said.values.get(centre), scope="national")
        row.not_applicable = said.not_applicable
        return row
    held = yardstick(target, period)
    row = Attainment(target, period, centre, "national", held, Verdict.NO_DATA, decision=decision)
    if not target.lives_in(period):
        row.verdict = Verdict.POPULATION_ENDED
        row.reasons["percent"] = row.verdict
        return row
    row.missing, row.not_applicable = said.missing, said.not_applicable
    row.partial = said.partial
    applying = list(said.applying())
    row.grades = _grades(target, said, applying)
    row.estimated = any(value.estimated for _, value in applying)
    expected = len(said.expected) - len(row.not_applicable)
    row.coverage = Coverage(len(applying) + len(said.unusable), expected)
    if not said.expected or not expected:
        row.verdict = Verdict.NOT_APPLICABLE if said.expected else Verdict.NO_DATA
        row.reasons["percent"] = row.verdict
    elif target.unit_rule is UnitRule.SHARE_OF_UNITS:
        _share_of_units(row, applying)
    elif target.unit_rule is UnitRule.SUM:
        _sum(row, said, applying)
    elif target.unit_rule is UnitRule.POOLED:
        _pooled(row, said, applying)
    else:
        row.verdict = Verdict.NO_THRESHOLD
    return row


def _grades(
    target: Target, said: Reported, applying: Sequence[tuple[str, Value]]
) -> dict[Grade, int]:
    mix = dict.fromkeys(Grade, 0)
    for unit, value in applying:
        grade = value.grade
        if grade is Grade.PERCENT and unit in said.registered:
            grade = Grade.REGISTERED
        if grade is not None:
            mix[grade] += 1
    return mix


def _judge(row: Attainment, numerator: Fraction, denominator: int | None) -> Fraction:
    """Put a figure on the row: counts, exact result, met, and the verdict on what was reported."""
    figure = numerator if denominator is None else 100 * numerator / denominator
    row.numerator, row.denominator, row.figure = numerator, denominator, figure
    row.met = row.held.met(figure.numerator, figure.denominator)
    row.verdict = row.held.verdict(figure.numerator, figure.denominator)
    return figure


def _share_of_units(row: Attainment, applying: Sequence[tuple[str, Value]]) -> None:
    """Rule 15: units done of units expected; a silent unit is not done."""
    done = sum(value.done is True for _, value in applying)
    _judge(row, Fraction(done), row.coverage.expected)


def _sum(row: Attainment, said: Reported, applying: Sequence[tuple[str, Value]]) -> None:
    """Counts added. What is missing can only raise a sum: it stays open while that matters."""
    row.excluded = [Excluded(unit, reason) for unit, reason in said.unusable.items()]
    if not applying:
        row.verdict = Verdict.UNDETERMINED if row.excluded else Verdict.NO_DATA
        row.reasons["value"] = row.verdict
        return
    _judge(row, Fraction(sum(value.value or 0 for _, value in applying)), None)
    if (row.missing or row.excluded) and row.decision is None and not _sum_settled(row):
        row.verdict = Verdict.UNDETERMINED


def _sum_settled(row: Attainment) -> bool:
    """What is still to come adds to a sum and never takes from it."""
    held, figure = row.held, row.figure
    if held.threshold is None or figure is None:
        return True
    if held.comparator is Comparator.AT_LEAST:
        return figure >= held.threshold
    return figure > held.threshold


class _Pool(NamedTuple):
    """Sums over units. `low` and `high` differ from the numerator by rounded percents (grade B)."""

    numerator: Fraction
    low: Fraction
    high: Fraction
    denominator: int


def _pool(said: Reported, applying: Sequence[tuple[str, Value]]) -> tuple[_Pool, list[Excluded]]:
    numerator, denominator = 0, 0
    rated = low = high = Fraction(0)
    excluded = [Excluded(unit, reason) for unit, reason in said.unusable.items()]
    for unit, value in applying:
        if value.numerator is not None and value.denominator is not None:
            numerator += value.numerator
            denominator += value.denominator
        elif value.percent is not None and said.registered.get(unit):
            population = said.registered[unit]
            denominator += population
            rated += value.percent.points * population / 100
            half = Fraction(1, 2 * 10**value.percent.decimals)
            low += max(Fraction(0), value.percent.points - half) * population / 100
            high += min(Fraction(100), value.percent.points + half) * population / 100
        else:
            excluded.append(Excluded(unit, "percent_only"))
    return _Pool(numerator + rated, numerator + low, numerator + high, denominator), excluded


def _pooled(row: Attainment, said: Reported, applying: Sequence[tuple[str, Value]]) -> None:
    """Rules 14, 16: add first, divide once; then see what the silent ones could still change."""
    pool, row.excluded = _pool(said, applying)
    unheard = [*row.missing, *(unit for unit, _ in row.excluded)]
    sizes = [said.registered.get(unit, said.last.get(unit)) for unit in unheard]
    unknown = None in sizes or (unheard and row.target.may_exceed_100)
    known = sum(size for size in sizes if size is not None)
    if pool.denominator:
        _judge(row, pool.numerator, pool.denominator)
    elif row.excluded:
        row.verdict = Verdict.UNDETERMINED
    if row.figure is None:
        row.reasons["percent"] = "percent_only" if row.excluded else row.verdict
    if unknown:
        row.reasons["bounds"] = row.reasons["population"] = "unknown_denominator"
    elif whole := pool.denominator + known:
        row.coverage = row.coverage._replace(population=Fraction(100 * pool.denominator, whole))
        row.bounds = Bounds(100 * pool.low / whole, 100 * (pool.high + known) / whole)
    if row.figure is not None and row.decision is None and not _settled(row):
        row.verdict = Verdict.UNDETERMINED


def _settled(row: Attainment) -> bool:
    """Whether silence can no longer change the verdict (rule 16)."""
    low, high = row.bounds
    if row.verdict is Verdict.NO_THRESHOLD:
        return True
    if low is None or high is None:
        return False
    verdicts = {row.held.verdict(end.numerator, end.denominator) for end in (low, high)}
    # An exact threshold may be met at neither end and still lie between them.
    return verdicts == {row.verdict} and (
        row.held.comparator is not Comparator.EXACTLY or low == high
    )
