"""How far on a figure should be by now, and where it is heading (rules 10, 11)."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from app.domain.targets import Bands, Baseline, Target
from app.domain.verdict import Verdict

FEWEST_POINTS = 3


class Pace(NamedTuple):
    """The way from a baseline, in the figure's own measure (percent points or a number).

    `expected` is what the figure should have come to; None: no milestone and no dated baseline
    says so. `rises` says which side of the baseline is the right one.
    """

    baseline: Fraction
    expected: Fraction | None
    rises: bool
    bands: Bands

    def ratio(self, figure: Fraction) -> Fraction | None:
        """Of the way that should be behind it, the part that is: r of rule 11; None without one."""
        if self.expected is None or self.expected == self.baseline:
            return None
        return (figure - self.baseline) / (self.expected - self.baseline)

    def verdict(self, figure: Fraction) -> Verdict:
        if self.expected is None:
            return Verdict.IN_PROGRESS
        ratio = self.ratio(figure)
        if ratio is None:
            behind = figure < self.baseline if self.rises else figure > self.baseline
            return Verdict.OFF_TRACK if behind else Verdict.ON_TRACK
        if ratio >= self.bands.on_track:
            return Verdict.ON_TRACK
        return Verdict.AT_RISK if ratio >= self.bands.at_risk else Verdict.OFF_TRACK


def expected_on(target: Target, baseline: Baseline | None, day: date) -> Fraction | None:
    """What the figure should be at the end of `day`: by the milestones, else in a straight line.

    The line runs in days from one known height to the next: a dated baseline, the milestones in
    their order, the threshold on the due day. Before the first of them nothing is expected yet
    but the baseline; None where no line leads to `day`.
    """
    heights: dict[date, Fraction] = {}
    start = None if baseline is None else baseline.level.value
    if baseline is not None and baseline.on is not None and start is not None:
        heights[baseline.on] = start
    for milestone in target.milestones:
        if milestone.level.value is not None:
            heights[milestone.on] = milestone.level.value
    if target.due_on is not None and target.height is not None:
        heights[target.due_on] = target.height
    days = sorted(heights)
    after = bisect_right(days, day)
    if after == 0:
        return start if days and baseline is not None and baseline.on is not None else None
    if days[after - 1] == day or after == len(days):
        return heights[days[after - 1]]
    return _between(heights, (days[after - 1], days[after]), day)


def _between(heights: dict[date, Fraction], ends: tuple[date, date], day: date) -> Fraction:
    first, last = ends
    part = Fraction((day - first).days, (last - first).days)
    return heights[first] + part * (heights[last] - heights[first])


class Point(NamedTuple):
    """A figure at the end of a period."""

    on: date
    figure: Fraction


class Forecast(NamedTuple):
    """The straight line through the points, on to the due day.

    `per_year` is its slope; `required_per_year` what is needed from the last point on to reach the
    threshold on the due day. Both in the figure's measure a calendar year, falling below zero.
    `same_reporters` False: not all points rest on reports of the same units.
    """

    figure: Fraction
    on: date
    per_year: Fraction
    required_per_year: Fraction
    points: int
    same_reporters: bool = True


def years(day: date) -> Fraction:
    """A day's end in calendar years: 31 December 2025 is 2026, so equal years are equally far."""
    first = date(day.year, 1, 1).toordinal()
    length = date(day.year, 12, 31).toordinal() - first + 1
    return day.year + Fraction(day.toordinal() - first + 1, length)


def why_no_line(target: Target, on: date) -> str | None:
    """Why nothing can be foreseen of a target from the end of a day on, whatever the figures."""
    if target.height is None:
        return "no_threshold"
    if target.due_on is None:
        return "no_due_date"
    return "due_date_passed" if target.due_on <= on else None


def forecast(
    target: Target, points: Sequence[Point], *, same_reporters: bool = True
) -> Forecast | str:
    """Plain linear (least squares) on at least three points, oldest first; else the reason why
    not. Nothing is bent to stay within 0-100."""
    threshold, due = target.height, target.due_on
    if not points:
        return "no_data"
    if reason := why_no_line(target, points[-1].on):
        return reason
    if len(points) < FEWEST_POINTS or threshold is None or due is None:
        return "fewer_than_three_points"
    at = [years(point.on) for point in points]
    middle = sum(at, Fraction(0)) / len(at)
    level = sum((point.figure for point in points), Fraction(0)) / len(points)
    spread = sum(((when - middle) ** 2 for when in at), Fraction(0))
    pairs = zip(at, points, strict=True)
    slope = sum(((t - middle) * (p.figure - level) for t, p in pairs), Fraction(0)) / spread
    return Forecast(
        figure=level + slope * (years(due) - middle),
        on=due,
        per_year=slope,
        required_per_year=(threshold - points[-1].figure) / (years(due) - at[-1]),
        points=len(points),
        same_reporters=same_reporters,
    )
