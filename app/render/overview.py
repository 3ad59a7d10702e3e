"""The overview's reading in words: what is shown of each target and of each unit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.access import Actor
from app.domain.targets import Catalogue, Group
from app.domain.text import sort_key
from app.domain.verdict import Verdict
from app.i18n import say, titled
from app.render.cards import Card, Standing, cards, uncounted
from app.render.looks import FAMILY, SYMBOL
from app.render.words import Line, Speaker, period_name
from app.schemas.dashboards import (
    CompletenessOut,
    CompletenessUnit,
    OverviewOut,
    OverviewTarget,
    OverviewUnit,
)

# In a cell these are a symbol only; the word is there for who cannot see it.
BARE = ("no_data", "not_applicable", "population_ended", "no_threshold")
ORDER = {str(verdict): place for place, verdict in enumerate(Verdict)}


class Chosen(NamedTuple):
    """What of a reading is shown: targets of one group, units of one kind, the map and the trend of
    one target; `sort` is "name" or a target's code, after a "-" from the lowest up."""

    group: int | None = None
    kind: str | None = None
    target: str | None = None
    sort: str | None = None


ALL = Chosen()


class Cell(NamedTuple):
    verdict: str
    text: str


@dataclass(slots=True)
class UnitLine:
    code: str
    name: str
    full_name: str
    name_language: str
    status: list[str]
    cells: list[Cell]


@dataclass(slots=True)
class Page:
    """All that the template of the overview needs, in one language."""

    title: str
    period_name: str
    lines: list[Line]
    groups: list[tuple[Group, list[Line]]]
    kinds: list[tuple[str, list[UnitLine]]]
    cards: list[Card]
    uncounted: str
    legend: list[str]
    periods: list[tuple[str, str]]
    programmes: list[tuple[str, str]]
    all_groups: list[tuple[str, str]] = field(default_factory=list)
    all_kinds: list[tuple[str, str]] = field(default_factory=list)
    all_targets: list[tuple[str, str]] = field(default_factory=list)


class OverviewSpeaker(Speaker):
    """Says what stands in one overview."""

    def __init__(
        self, defined: Catalogue, found: OverviewOut, language: str, chosen: Chosen = ALL
    ) -> None:
        programme = defined.programmes[found["programme"]]
        period = programme.periods[found["period"]].period
        super().__init__(defined, programme, period, language)
        self.found, self.chosen = found, chosen
        self.targets = [one for one in found["targets"] if chosen.group in (None, one["group"])]

    def lines(self) -> list[Line]:
        """One a target, in the reading's order."""
        held = {one.code: one for one in self.programme.targets_on(self.period.ends_on)}
        return [self.line(held[one["target"]], one["national"]) for one in self.targets]

    def groups(self, lines: list[Line]) -> list[tuple[Group, list[Line]]]:
        groups = [
            (group, [line for line in lines if line.target.group == group.number])
            for group in self.programme.groups
        ]
        return [(group, within) for group, within in groups if within]

    def cell(self, percent: Any, verdict: str | None) -> Cell:
        if verdict is None:
            return Cell("not_asked", "")
        if percent is not None:
            return Cell(verdict, self.number(percent))
        return Cell(verdict, "" if verdict in BARE else say(f"verdict.{verdict}", self.language))

    def status(self, status: str | None, *, known: bool) -> list[str]:
        """Where a unit's report stands, unless it is approved; nothing about what is not known, nor
        that a unit has not reported which figures are only restated for."""
        if status is None:
            asked = self.found["basis"] == "as_reported"
            return [self.say("not_received")] if known and asked else []
        return [] if status == "approved" else [say(f"status.{status}", self.language)]

    def kinds(self, actor: Actor) -> list[tuple[str, list[UnitLine]]]:
        """The units by kind, in the official order, each with its cells; in one list where they
        are to be in another order."""
        rows = [
            (place, one)
            for place, one in enumerate(self.found["units"])
            if self.chosen.kind in (None, one["kind"])
        ]
        if self.chosen.sort:
            rows = _sorted(rows, self.found["targets"], self.chosen.sort)
        by_kind: dict[str, list[UnitLine]] = {}
        for place, one in rows:
            heading = "units" if self.chosen.sort else one["kind"]
            by_kind.setdefault(heading, []).append(self.unit_line(actor, place, one))
        return [
            (self.say("kind_count", kind=self._heading(kind), count=len(lines)), lines)
            for kind, lines in by_kind.items()
        ]

    def _heading(self, kind: str) -> str:
        return self.say("unit") if kind == "units" else self.either("kind", kind)

    def unit_line(self, actor: Actor, place: int, one: OverviewUnit) -> UnitLine:
        proper = one["kind"] == "province_federation" or self.language == "vi"
        status = self.status(one["status"], known=actor.at_centre or actor.unit == one["unit"])
        return UnitLine(
            code=one["unit"],
            name=one["short_vi"] if proper else one["name_en"],
            full_name=one["name_vi"] if self.language == "vi" else one["name_en"],
            name_language="vi" if proper else "en",
            status=[*status, *([self.say("late")] if one["late"] else [])],
            cells=[
                self.cell(target["percents"][place], target["verdicts"][place])
                for target in self.targets
            ],
        )

    def reports(self, completeness: CompletenessOut) -> Card:
        """How many units have reported."""
        facts = {"timely": completeness["timely"], "approved": completeness["approved"]}
        note = [self.say("card.reports_note", **facts)]
        return Card("reports", "reports", completeness["received"], completeness["expected"], note)

    def legend(self) -> list[str]:
        """The verdicts on this page, in the order of the rules."""
        seen: set[str | None] = {str(one["national"]["verdict"]) for one in self.targets}
        for one in self.targets:
            seen.update(one["verdicts"])
        return [verdict for verdict in FAMILY if verdict in seen and verdict in SYMBOL]

    def all_groups(self) -> list[tuple[str, str]]:
        asked = {one["group"] for one in self.found["targets"]}
        return [
            (str(one.number), f"{one.number}. {titled(one, 'title', self.language)}")
            for one in self.programme.groups
            if one.number in asked
        ]

    def all_targets(self) -> list[tuple[str, str]]:
        return [
            (one["target"], f"{one['target']} · {self._title(one)}")
            for one in self.targets
            if one["national"]["comparator"] is not None
        ]

    def _title(self, one: OverviewTarget) -> str:
        return one["title_vi"] if self.language == "vi" else one["title_en"]


def _sorted(
    rows: list[tuple[int, OverviewUnit]], targets: Sequence[OverviewTarget], sort: str
) -> list[tuple[int, OverviewUnit]]:
    """By Vietnamese letters; or by a target's column, and units without a figure in it last."""
    rows = sorted(rows, key=lambda row: sort_key(row[1]["short_vi"]))
    column = next((one for one in targets if one["target"] == sort.removeprefix("-")), None)
    if column is None:
        return rows
    up = sort.startswith("-")

    def place_of(row: tuple[int, OverviewUnit]) -> tuple[bool, Any, int]:
        percent, verdict = column["percents"][row[0]], column["verdicts"][row[0]]
        height = 0 if percent is None else percent if up else -percent
        return percent is None, height, ORDER.get(verdict or "", len(ORDER))

    return sorted(rows, key=place_of)


def page_of(  # noqa: PLR0913 - one reading, for whom, in which language, what of it
    defined: Catalogue,
    found: OverviewOut,
    completeness: CompletenessOut,
    actor: Actor,
    language: str,
    *,
    chosen: Chosen = ALL,
) -> Page:
    """The overview in words. The figures are those of the JSON; here nothing is worked out."""
    speaker = OverviewSpeaker(defined, found, language, chosen)
    lines = speaker.lines()
    standing = [
        Standing(one["target"], one["national"]["verdict"])
        for one in speaker.targets
        if not one["parent"]
    ]
    return Page(
        title=found["title_vi"] if language == "vi" else found["title_en"],
        period_name=period_name(speaker.period, language),
        lines=lines,
        groups=speaker.groups(lines),
        kinds=speaker.kinds(actor),
        cards=[*cards(standing, language), speaker.reports(completeness)],
        uncounted=uncounted(standing, language, parts=len(standing) < len(lines)),
        legend=speaker.legend(),
        periods=periods_of(speaker),
        programmes=programmes_of(speaker),
        all_groups=speaker.all_groups(),
        all_kinds=kinds_of(speaker, found["units"]),
        all_targets=speaker.all_targets(),
    )


def kinds_of(
    speaker: Speaker, units: Sequence[OverviewUnit] | Sequence[CompletenessUnit]
) -> list[tuple[str, str]]:
    """Those that units of a reading are of."""
    kinds = dict.fromkeys(one["kind"] for one in units)
    return [(kind, speaker.either("kind", kind)) for kind in kinds]


def periods_of(speaker: Speaker) -> list[tuple[str, str]]:
    """Of the programme, for a choice."""
    periods = speaker.programme.periods.values()
    return [(one.code, period_name(one.period, speaker.language)) for one in periods]


def programmes_of(speaker: Speaker) -> list[tuple[str, str]]:
    return [
        (one.code, titled(one, "title", speaker.language) or "")
        for one in speaker.defined.programmes.values()
    ]
