"""A unit's page in words: its names and days, what became of whom, its figures of every target."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.domain.units import Succession, Unit, UnitKind
from app.i18n import day
from app.render.board import PointLine, points
from app.render.bullets import bullet
from app.render.target import Fact, TargetSpeaker
from app.render.trends import sparkline, trend
from app.render.words import Line
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import TrendOut, TrendPoint


class Named(NamedTuple):
    """A unit as it is linked to."""

    code: str
    name: str
    days: str


class Step(NamedTuple):
    """What became of units on a day; no successors: dispersed."""

    on: date
    act: str
    predecessors: list[Named]
    successors: list[Named]
    shares: str


class UnitLine(NamedTuple):
    """One target of a unit; `trend` is "" where there is no second point to draw, and `foreseen`
    says whether it goes on to the due day."""

    line: Line
    row: AttainmentOut
    bar: str
    spark: str
    trend: str
    foreseen: bool
    on: str
    points: list[PointLine]
    details: list[Fact]


class UnitSpeaker(TargetSpeaker):
    """Says what is known of a unit; of its figures in one period."""

    def days(self, unit: Unit) -> str:
        return days_of(self, unit.valid_from, unit.valid_to)

    def named(self, code: str) -> Named:
        unit = self.defined.units[code]
        return Named(code, self.unit_name(unit), self.days(unit))

    def unit_name(self, unit: Unit, on: date | None = None) -> str:
        """Federations of provinces by their proper name; others in the reader's language."""
        name = unit.name_on(on)
        proper = unit.kind is UnitKind.PROVINCE_FEDERATION or self.language == "vi"
        return name.short_vi if proper else name.name_en

    def steps(self, successions: Sequence[Succession]) -> list[Step]:
        return [
            Step(
                one.effective_on,
                one.act or "",
                [self.named(code) for code in one.predecessors],
                [self.named(code) for code in one.successors],
                "; ".join(str(share) for share in one.shares or ()),
            )
            for one in successions
        ]

    def lines(self, rows: Sequence[AttainmentOut], trends: Sequence[TrendOut]) -> list[UnitLine]:
        held = {one.code: one for one in self.programme.targets_on(self.period.ends_on)}
        found = []
        for row, drawn in zip(rows, trends, strict=True):
            target = held[row["target"]]
            told = [one for one in drawn["points"] if _figure(one) is not None]
            several = len(told) > 1
            ahead = drawn.get("forecast") if several else None
            found.append(
                UnitLine(
                    self.line(target, row),
                    row,
                    bullet(row),
                    sparkline(drawn) if several else "",
                    trend(drawn, self, row) if several else "",
                    ahead is not None,
                    drawn["on"],
                    points(drawn, self) if several else [],
                    # Of a unit that took over from others only one basis may tell enough periods:
                    # what is said of the forecast is what is drawn.
                    self.details(target, {**row, "forecast": ahead} if ahead else row),
                )
            )
        return found


def _figure(point: TrendPoint) -> object:
    return point["percent"] if point["percent"] is not None else point["value"]


def days_of(speaker: TargetSpeaker, first: date | None, last: date | None) -> str:
    """Since when, until when; "" where neither is known."""
    facts = {"first": day(first, speaker.language), "last": day(last, speaker.language)}
    if first and last:
        return speaker.drill("days", **facts)
    if last:
        return speaker.drill("days_until", **facts)
    return speaker.drill("days_since", **facts) if first else ""
