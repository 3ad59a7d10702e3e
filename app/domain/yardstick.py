"""The judgement of one figure against one target in one period (rules 7-12)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from app.domain.numbers import beside, half_away_from_zero, hundredths, shown
from app.domain.periods import Period
from app.domain.targets import Comparator, Target, Threshold, ValueKind


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    IN_PROGRESS = "in_progress"
    UNDETERMINED = "undetermined"
    NO_DATA = "no_data"
    NOT_APPLICABLE = "not_applicable"
    POPULATION_ENDED = "population_ended"
    NOT_RESTATABLE = "not_restatable"
    NO_THRESHOLD = "no_threshold"


ZERO, HUNDRED = (0, 1), (100, 1)
DONE = Fraction(100)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a figure is held against. Figures are exact fractions `top`/`bottom`, bottom > 0:
    percent points, or a number where `in_percent` is False.

    `unmet` is the verdict on a figure that does not meet the threshold. `guards` are the figures
    that no rounding may reach, the threshold last; `beside` the hundredths next to them.
    """

    comparator: Comparator | None
    threshold: Fraction | None
    unmet: Verdict
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
        return Verdict.MET if met else self.unmet

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

    def ratio_to_threshold(self, figure: Fraction) -> Decimal | None:
        """Rule 10: the figure over the threshold in percent; at_least with a threshold > 0 only."""
        if self.comparator is not Comparator.AT_LEAST or not self.threshold:
            return None
        ratio = 100 * figure / self.threshold
        return shown(ratio.numerator, ratio.denominator, (ZERO, HUNDRED))

    def needed(self, numerator: Fraction, denominator: int | None) -> int | None:
        """Rule 9: how many more meet the target; at_least and done only. Never negative."""
        if self.comparator not in (Comparator.AT_LEAST, Comparator.DONE):
            return None
        level = self._level(denominator)
        return None if level is None else max(0, ceil(level - numerator))

    def excess(self, numerator: Fraction, denominator: int | None) -> int | None:
        """Rule 9: how many fewer meet an at_most target. Never negative."""
        level = self._level(denominator)
        if self.comparator is not Comparator.AT_MOST or level is None:
            return None
        return max(0, ceil(numerator - level))

    def _level(self, denominator: int | None) -> Fraction | None:
        """The numerator that stands exactly at the threshold."""
        if self.threshold is None or not self.in_percent:
            return self.threshold
        return None if denominator is None else self.threshold * denominator / 100


def yardstick(target: Target, period: Period, threshold: Threshold | None = None) -> Yardstick:
    """The target's own, or the one with a `threshold` assigned to a single unit.

    Unmet is not_met once the due date has passed at the period's end, and at the end of every
    period for a standing target; before that it is in progress (rules 11, 12).
    """
    due = target.due_on is None or target.due_on <= period.ends_on
    held = (threshold or target.threshold).value
    if held is None and target.comparator is Comparator.DONE:
        held = DONE
    guards: tuple[tuple[int, int], ...] = (ZERO, HUNDRED)
    if held is not None:
        guards = (*guards, (held.numerator, held.denominator))
    return Yardstick(
        guards=guards,
        beside=beside(guards),
        comparator=target.comparator,
        threshold=held,
        unmet=Verdict.NOT_MET if due else Verdict.IN_PROGRESS,
        in_percent=target.value_kind is not ValueKind.COUNT,
    )
