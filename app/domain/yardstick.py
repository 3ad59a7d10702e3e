"""The judgement of one figure against one target in one period (rules 7-12)."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from app.domain.numbers import beside, half_away_from_zero, hundredths, shown
from app.domain.pace import Pace, expected_on
from app.domain.periods import Period, PeriodKind
from app.domain.targets import Comparator, Target, ValueKind
from app.domain.verdict import Verdict

ZERO, HUNDRED = (0, 1), (100, 1)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a figure is held against. Figures are exact fractions `top`/`bottom`, bottom > 0:
    percent points, or a number where `in_percent` is False.

    `due`: a figure that does not meet the threshold has missed it. `pace` None: there is no
    baseline. `guards` are the figures that no rounding may reach, the threshold last; `beside` the
    hundredths next to them.
    """

    comparator: Comparator | None
    threshold: Fraction | None
    due: bool
    pace: Pace | None
    in_percent: bool
    guards: tuple[tuple[int, int], ...]
    beside: frozenset[int]

    def met(self, top: int, bottom: int) -> bool | None:
        """Rule 8, from the exact fraction; None without a threshold."""
        if self.threshold is None or self.comparator is None:
            return None
        level, whole = self.guards[-1]
        difference = top * whole - level * bottom
        if self.comparator is Comparator.AT_MOST:
            return difference <= 0
        if self.comparator is Comparator.EXACTLY:
            return difference == 0
        return difference >= 0

    def verdict(self, top: int, bottom: int) -> Verdict:
        met = self.met(top, bottom)
        if met is None:
            return Verdict.NO_THRESHOLD
        if met:
            return Verdict.MET
        if self.due:
            return Verdict.NOT_MET
        return self.pace.verdict(Fraction(top, bottom)) if self.pace else Verdict.IN_PROGRESS

    def shown(self, top: int, bottom: int) -> Decimal:
        """Rule 7: two decimals and as many more as keep it on its side of 0, 100, threshold."""
        rounded = half_away_from_zero(top, bottom, 2)
        return shown(top, bottom, self.guards) if rounded in self.beside else hundredths(rounded)

    def gap_pp(self, figure: Fraction) -> Decimal | None:
        """Percentage points above (below: negative) the threshold."""
        if self.threshold is None or not self.in_percent:
            return None
        gap = figure - self.threshold
        return shown(gap.numerator, gap.denominator, (ZERO,))

    def gap_closed(self, figure: Fraction) -> tuple[Decimal | None, str | None]:
        """Rule 10: percent of the way from the baseline to the threshold that is behind the figure,
        uncapped, below 0 if it moved away; or None and the reason."""
        if self.threshold is None:
            return None, "no_threshold"
        if self.pace is None:
            return None, "no_baseline"
        if self.threshold == self.pace.baseline:
            return None, "threshold_is_baseline"
        closed = 100 * (figure - self.pace.baseline) / (self.threshold - self.pace.baseline)
        return shown(closed.numerator, closed.denominator, (ZERO, HUNDRED)), None

    def ratio_to_threshold(self, figure: Fraction) -> Decimal | None:
        """Rule 10: the figure over the threshold in percent; at_least with a threshold > 0 only."""
        if self.comparator is not Comparator.AT_LEAST or not self.threshold:
            return None
        ratio = 100 * figure / self.threshold
        return shown(ratio.numerator, ratio.denominator, (ZERO, HUNDRED))

    def needed(self, numerator: Fraction, denominator: Fraction | int | None) -> int | None:
        """Rule 9: how many more meet the target; at_least and done only. Never negative."""
        if self.comparator not in (Comparator.AT_LEAST, Comparator.DONE):
            return None
        level = self._level(denominator)
        return None if level is None else max(0, ceil(level - numerator))

    def excess(self, numerator: Fraction, denominator: Fraction | int | None) -> int | None:
        """Rule 9: how many fewer meet an at_most target. Never negative."""
        level = self._level(denominator)
        if self.comparator is not Comparator.AT_MOST or level is None:
            return None
        return max(0, ceil(numerator - level))

    def _level(self, denominator: Fraction | int | None) -> Fraction | None:
        """The numerator that stands exactly at the threshold."""
        if self.threshold is None or not self.in_percent:
            return self.threshold
        return None if denominator is None else self.threshold * denominator / 100


def is_due(target: Target, period: Period) -> bool:
    """Whether an unmet target is missed at the period's end (rules 11, 18).

    A standing target is judged at the end of every period, any other once its due date has come.
    Where a due date is the last day of a year, the year's period judges it: the fourth quarter
    and December end on that day too, and are parts of what is due.
    """
    due_on, ends_on = target.due_on, period.ends_on
    if due_on is None or due_on < ends_on:
        return True
    part_of_year = period.kind is not PeriodKind.YEAR and (ends_on.month, ends_on.day) == (12, 31)
    return due_on == ends_on and not part_of_year


def assigned(target: Target, period: Period, unit: str) -> Yardstick | None:
    """The one with the threshold given to this unit alone; the milestones are not its own."""
    threshold = target.assigned_to(unit, period)
    if threshold is None or threshold.value is None:
        return None
    return yardstick(replace(target, threshold=threshold, milestones=()), period, unit)


def yardstick(target: Target, period: Period, unit: str | None = None) -> Yardstick:
    """The target's, from the baseline of a `unit` that has one of its own."""
    held = target.height
    guards: tuple[tuple[int, int], ...] = (ZERO, HUNDRED)
    if held is not None:
        guards = (*guards, (held.numerator, held.denominator))
    return Yardstick(
        guards=guards,
        beside=beside(guards),
        comparator=target.comparator,
        threshold=held,
        due=is_due(target, period),
        pace=_pace(target, period, unit, held),
        in_percent=target.value_kind is not ValueKind.COUNT,
    )


def _pace(target: Target, period: Period, unit: str | None, held: Fraction | None) -> Pace | None:
    baseline = target.baseline if unit is None else target.baseline_of(unit)
    start = None if baseline is None else baseline.level.value
    if start is None:
        return None
    at_most = target.comparator is Comparator.AT_MOST
    rises = not at_most if held is None or held == start else held > start
    expected = expected_on(target, baseline, period.ends_on)
    return Pace(start, expected, rises, target.bands)
