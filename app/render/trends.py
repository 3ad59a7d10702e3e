"""The trend of a figure, drawn: what was reached, what is asked, where it is heading.

Days are counted from left to right, figures from below; all places are whole numbers. The figures
themselves stand in a table beside the picture.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from html import escape
from typing import Any, NamedTuple

from app.i18n import day
from app.render.words import Speaker
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import TrendOut, TrendPoint

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 80, 64, 40, 40  # room for the figures of a phone
STEPS = (1, 2, 5, 10, 20, 25, 50)  # of the grid, in percent points; for counts times ten, and so on
MOST_LINES = 6
SPARK_WIDTH, SPARK_HEIGHT = 120, 32


class Spot(NamedTuple):
    on: date
    figure: Fraction


class Frame(NamedTuple):
    """From days and figures to places in the picture."""

    first: date
    last: date
    low: Fraction
    high: Fraction
    step: Fraction

    def x(self, on: date) -> int:
        days, length = (on - self.first).days, (self.last - self.first).days or 1
        return LEFT + (WIDTH - LEFT - RIGHT) * days // length

    def y(self, figure: Fraction) -> int:
        part = (figure - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part)

    def at(self, spot: Spot) -> str:
        return f"{self.x(spot.on)},{self.y(spot.figure)}"


class Ahead(NamedTuple):
    """Where it is heading on the due day: straight on, and as in the slowest and the fastest
    stretch between two reported periods so far."""

    straight: Spot
    slowest: Spot
    fastest: Spot


def spots(points: Sequence[TrendPoint]) -> list[Spot]:
    """The points that have a figure, by their periods' last days."""
    told = (
        (date.fromisoformat(one["on"]), one["value"] if one["percent"] is None else one["percent"])
        for one in points
    )
    return [Spot(on, Fraction(str(figure))) for on, figure in told if figure is not None]


def ahead(found: TrendOut, told: Sequence[Spot]) -> Ahead | None:
    """None without a forecast: fewer than three points, no due day, or it is over."""
    forecast = found.get("forecast")
    if forecast is None or len(told) < 2:
        return None
    on, last = date.fromisoformat(forecast["on"]), told[-1]
    rates = [
        (after.figure - before.figure) / ((after.on - before.on).days or 1)
        for before, after in zip(told, told[1:], strict=False)
    ]
    days = (on - last.on).days
    slowest, fastest = (Spot(on, last.figure + rate * days) for rate in (min(rates), max(rates)))
    return Ahead(Spot(on, Fraction(str(forecast["value"]))), slowest, fastest)


def trend(found: TrendOut, speaker: Speaker, row: AttainmentOut) -> str:
    """ "" with fewer than two figures: one alone is no trend."""
    told = spots(found["points"])
    if len(told) < 2:
        return ""
    coming = ahead(found, told)
    asked = _fraction(row.get("threshold_count", row["threshold_percent"]))
    frame = _frame(told, coming, asked, counted=row["percent"] is None)
    marks = [_grid(frame, speaker, row), _years(frame), _mergers(frame, speaker)]
    if coming is not None:
        marks.append(_cone(frame, told[-1], coming))
    if asked is not None:
        marks.append(_asked(frame, speaker, row, asked))
        marks.append(_path(frame, row, found, asked, told[-1].on))
    marks.append(_line(frame, told, speaker, row))
    label = escape(_said(told, coming, speaker, row))
    return (
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"{''.join(marks)}</svg>"
    )


def sparkline(found: TrendOut) -> str:
    """The same line without axes, for a row of a table; "" with fewer than two figures."""
    told = spots(found["points"])
    if len(told) < 2:
        return ""
    low, high = min(one.figure for one in told), max(one.figure for one in told)
    first, length = told[0].on, (told[-1].on - told[0].on).days or 1
    places = [
        (
            4 + (SPARK_WIDTH - 8) * (one.on - first).days // length,
            round(SPARK_HEIGHT - 4 - (SPARK_HEIGHT - 8) * (one.figure - low) / ((high - low) or 1)),
        )
        for one in told
    ]
    drawn = " ".join(f"{x},{y}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" aria-hidden="true" '
        f'focusable="false"><polyline class="reached" points="{drawn}"/>'
        f'<circle class="dot" cx="{x}" cy="{y}" r="3"/></svg>'
    )


def _fraction(figure: Any) -> Fraction | None:
    return None if figure is None else Fraction(str(figure))


def _frame(
    told: Sequence[Spot], coming: Ahead | None, asked: Fraction | None, *, counted: bool
) -> Frame:
    seen = [*told, *(coming or ())]
    figures = [one.figure for one in seen] + ([] if asked is None else [asked])
    if not counted:  # the cone may lead beyond what a share can be
        figures = [
            min(max(one, Fraction(0)), max(Fraction(100), *(s.figure for s in told)))
            for one in figures
        ]
    low, high = min(figures), max(figures)
    step = _step(high - low or Fraction(1))
    low, high = low // step * step, -(-high // step) * step
    last = max(one.on for one in seen)
    return Frame(
        told[0].on, last, Fraction(low), Fraction(high if high > low else low + step), step
    )


def _step(span: Fraction) -> Fraction:
    power = 1
    while True:
        for step in STEPS:
            if span / (step * power) <= MOST_LINES - 1:
                return Fraction(step * power)
        power *= 100


def _grid(frame: Frame, speaker: Speaker, row: AttainmentOut) -> str:
    drawn, figure = [], frame.low
    while figure <= frame.high:
        y, said = frame.y(figure), _figure(speaker, row, figure)
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="scale" x="{LEFT - 8}" y="{y + 5}" text-anchor="end">{said}</text>'
        )
        figure += frame.step
    return "".join(drawn)


def _figure(speaker: Speaker, row: AttainmentOut, figure: Fraction) -> str:
    """A whole number of percent points, or of what is counted."""
    whole = int(figure)
    return escape(speaker.number(whole) if row["percent"] is None else speaker.percent(whole))


def _years(frame: Frame) -> str:
    """A mark at each year's end, with the year beside it."""
    drawn = []
    for year in range(frame.first.year, frame.last.year + 1):
        end = date(year, 12, 31)
        if frame.first <= end <= frame.last:
            x, y = frame.x(end), HEIGHT - BOTTOM
            drawn.append(
                f'<line class="tick" x1="{x}" x2="{x}" y1="{y}" y2="{y + 6}"/>'
                f'<text class="scale" x="{x}" y="{y + 24}" text-anchor="middle">12/{year}</text>'
            )
    return "".join(drawn)


def _mergers(frame: Frame, speaker: Speaker) -> str:
    """The days on which units took over from others; the line itself has no step there."""
    drawn = []
    for on in sorted({one.effective_on for one in speaker.defined.successions}):
        if frame.first < on < frame.last:
            x, said = frame.x(on), speaker.chart("merger", day=day(on, speaker.language))
            beside, anchor = (x - 6, "end") if x > WIDTH * 5 // 9 else (x + 6, "start")
            drawn.append(
                f'<line class="merger" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                f'<text class="scale day" x="{beside}" y="{HEIGHT - BOTTOM - 10}" '
                f'text-anchor="{anchor}">{escape(said)}</text>'
            )
    return "".join(drawn)


def _cone(frame: Frame, last: Spot, coming: Ahead) -> str:
    start, straight, slowest, fastest = (frame.at(_within(frame, one)) for one in (last, *coming))
    return (
        f'<polygon class="cone" points="{start} {slowest} {fastest}"/>'
        f'<polyline class="ahead" points="{start} {straight}"/>'
    )


def _within(frame: Frame, spot: Spot) -> Spot:
    return Spot(spot.on, min(max(spot.figure, frame.low), frame.high))


def _asked(frame: Frame, speaker: Speaker, row: AttainmentOut, asked: Fraction) -> str:
    y = frame.y(asked)
    threshold = row.get("threshold_count", row["threshold_percent"])
    said = speaker.number(threshold) if row["percent"] is None else speaker.percent(threshold)
    return (
        f'<line class="asked" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        f'<text class="asked" x="{LEFT + 6}" y="{y - 8}">'
        f"{escape(speaker.chart('asked', figure=said))}</text>"
    )


def _path(frame: Frame, row: AttainmentOut, found: TrendOut, asked: Fraction, last: date) -> str:
    """From what is expected by now to what is asked on the due day, where both are known."""
    now, forecast = _fraction(row.get("expected_now")), found.get("forecast")
    if now is None or forecast is None:
        return ""
    ends = (Spot(last, now), Spot(date.fromisoformat(forecast["on"]), asked))
    places = " ".join(frame.at(_within(frame, one)) for one in ends)
    return f'<polyline class="path" points="{places}"/>'


def _line(frame: Frame, told: Sequence[Spot], speaker: Speaker, row: AttainmentOut) -> str:
    dots = "".join(
        f'<circle class="dot" cx="{frame.x(one.on)}" cy="{frame.y(one.figure)}" r="4"/>'
        for one in told
    )
    last = told[-1]
    figure = row["percent"] if row["percent"] is not None else row.get("value")
    said = speaker.number(figure) if row["percent"] is None else speaker.percent(figure)
    return (
        f'<polyline class="reached" points="{" ".join(frame.at(one) for one in told)}"/>{dots}'
        f'<text class="now" x="{frame.x(last.on)}" y="{frame.y(last.figure) - 12}" '
        f'text-anchor="middle">{escape(said)}</text>'
    )


def _said(told: Sequence[Spot], coming: Ahead | None, speaker: Speaker, row: AttainmentOut) -> str:
    first, last = (day(one.on, speaker.language) for one in (told[0], told[-1]))
    said = speaker.chart("trend", target=row["target"], first=first, last=last, count=len(told))
    if coming is None:
        return said
    return f"{said} {speaker.chart('ahead', day=day(coming.straight.on, speaker.language))}"
