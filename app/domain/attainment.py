"""Attainment: its shape, and the rules for one unit (rules 7-9, 12, 18); `rollup` has many.

Everything is worked out from exact integers and fractions; rounding happens only in `shown`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain.breakdown import Told
from app.domain.numbers import MICRO, shown
from app.domain.periods import Period
from app.domain.targets import Decision, PeriodRule, Target, ValueKind
from app.domain.values import Grade, Value
from app.domain.verdict import JUDGED, Verdict
from app.domain.yardstick import HUNDRED, ZERO, Yardstick, assigned, yardstick

# The reason why nothing out of nothing does not apply (rule 2).
ZERO_OF_ZERO = "zero_of_zero"


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
    and then `reasons` says why, field by field. `restated_on` is the day whose units it is told
    for (rule 20); None: those of the time. `frozen_in` is the last period that could be judged of a
    population that has ended (rule 12). `warnings` are codes. `told` is the same by parts, where
    any unit told them; it is never judged.
    """

    target: Target
    period: Period
    unit: str
    scope: str
    held: Yardstick
    verdict: Verdict
    numerator: Fraction | None = None
    denominator: Fraction | int | None = None
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
    restated_on: date | None = None
    frozen_in: Period | None = None
    warnings: Sequence[str] = ()
    told: Told | None = None
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
    def gap_closed(self) -> tuple[Decimal | None, str | None]:
        """Percent of the way from the baseline, or None and the reason (rule 10)."""
        if self.figure is None:
            return None, str(self.verdict) if self.held.pace else "no_baseline"
        return self.held.gap_closed(self.figure)

    @property
    def assigned(self) -> tuple[Fraction, Verdict] | None:
        """The threshold given to this unit alone, and the verdict against it; that stays open, or
        ended, as long as the figure's own does. None without one."""
        held = None if self.scope == "national" else assigned(self.target, self.period, self.unit)
        if held is None or held.threshold is None:
            return None
        if self.figure is None or self.verdict not in JUDGED:
            return held.threshold, self.verdict
        return held.threshold, held.verdict(self.figure.numerator, self.figure.denominator)

    @property
    def ratio_to_threshold(self) -> Decimal | None:
        return None if self.figure is None else self.held.ratio_to_threshold(self.figure)

    @property
    def needed(self) -> int | None:
        """Nobody is asked for more of a population that has ended."""
        if self.numerator is None or self.frozen_in is not None:
            return None
        return self.held.needed(self.numerator, self.denominator)

    @property
    def excess(self) -> int | None:
        if self.numerator is None or self.frozen_in is not None:
            return None
        return self.held.excess(self.numerator, self.denominator)


def grade_of(value: Value, registered: int | None) -> Grade:
    """Evidence behind a value that applies: a registered denominator lifts a percent (rule 6)."""
    lifted = value.evidence is Grade.PERCENT and registered
    return Grade.REGISTERED if lifted else value.evidence


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


def cell(held: Yardstick, target: Target, value: Value | None) -> tuple[Verdict, Decimal | None]:
    """Verdict on one unit's own value (rule 12), and its percent as shown; a yes has none."""
    if value is None:
        return Verdict.NO_DATA, None
    if not value.applies:
        return Verdict.NOT_APPLICABLE, None
    figure = figure_of(value, target.value_kind)
    if figure is None:
        return Verdict.NO_THRESHOLD, None
    percent = held.shown(*figure) if held.in_percent and value.done is None else None
    return held.verdict(*figure), percent


def of_unit(  # noqa: PLR0913 - a figure is of whom, of what, by when and from what
    target: Target,
    period: Period,
    unit: str,
    value: Value | None,
    *,
    scope: str = "unit",
    registered: int | None = None,
) -> Attainment:
    """One unit's own result. `value` None: it has reported nothing, which is not 0 %.

    With a `registered` denominator a percent alone becomes counts (grade B, rule 6).
    """
    held = yardstick(target, period, unit if scope == "unit" else None)
    verdict = Verdict.POPULATION_ENDED
    if target.lives_in(period):
        verdict, _ = cell(held, target, value)
    row = Attainment(target, period, unit, scope, held, verdict, value=value)
    if verdict is Verdict.POPULATION_ENDED:
        row.reasons["percent"] = verdict
    elif value is None or not value.applies:
        row.coverage = Coverage(0, int(value is None))
        row.missing = (unit,) if value is None else ()
        row.reasons["percent"] = verdict
    else:
        row.coverage = Coverage(1, 1)
        row.grades = {grade_of(value, registered): 1}
        row.estimated = value.estimated
        _put_figure(row, value, registered)
    return row


def _put_figure(row: Attainment, value: Value, registered: int | None) -> None:
    kind = row.target.value_kind
    counts, figure = counts_of(value, kind), figure_of(value, kind)
    if counts is not None:
        row.numerator, row.denominator = Fraction(counts[0]), counts[1]
    elif value.percent is not None and registered:
        row.numerator = value.percent.points * registered / 100
        row.denominator = registered
    elif figure is not None:
        row.reasons["numerator"] = row.reasons["needed"] = "percent_only"
    if figure is not None:
        row.figure = Fraction(*figure)
        row.met = row.held.met(*figure)


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
    adds = target.period_rule is PeriodRule.SUM
    return added(target, applying) if adds else (applying[-1], None)


def added(target: Target, values: Sequence[Value]) -> tuple[Value | None, str | None]:
    """Counts of values that apply, added; or None and why not: percents and words never are."""
    if target.value_kind not in (ValueKind.RATIO, ValueKind.COUNT):
        return None, "words_are_not_added"
    if any(value.grade is Grade.PERCENT for value in values):
        return None, "percent_only"
    estimated = any(value.estimated for value in values)
    if target.value_kind is ValueKind.COUNT:
        return Value(value=sum(value.value or 0 for value in values), estimated=estimated), None
    return Value(
        numerator=sum(value.numerator or 0 for value in values),
        denominator=sum(value.denominator or 0 for value in values),
        estimated=estimated,
    ), None


def fell(before: Value, now: Value) -> bool:
    """Whether a running total went down (rule 18): a number, or the numerator of a ratio."""
    if before.value is not None and now.value is not None:
        return now.value < before.value
    if before.numerator is not None and now.numerator is not None:
        return now.numerator < before.numerator
    return False


def _size(target: Target, value: Value) -> Fraction:
    figure = figure_of(value, target.value_kind)
    return Fraction(*figure) if figure else Fraction(0)
