"""The overview's reading in words: what is shown of each target and of each unit."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from app.domain.access import Actor
from app.domain.targets import Catalogue, Group
from app.i18n import say, titled
from app.render.looks import CARDS, FAMILY, SYMBOL
from app.render.words import Line, Speaker, period_name
from app.schemas.dashboards import CompletenessOut, OverviewOut

# In a cell these are a symbol only; the word is there for who cannot see it.
BARE = ("no_data", "not_applicable", "population_ended", "no_threshold")


class Cell(NamedTuple):
    verdict: str
    text: str


@dataclass(slots=True)
class UnitLine:
    name: str
    full_name: str
    name_language: str
    status: list[str]
    cells: list[Cell]


class Card(NamedTuple):
    name: str
    verdict: str
    number: int
    total: int
    notes: list[str]


@dataclass(slots=True)
class Page:
    """All that the template of the overview needs, in one language."""

    title: str
    period_name: str
    lines: list[Line]
    groups: list[tuple[Group, list[Line]]]
    kinds: list[tuple[str, list[UnitLine]]]
    cards: list[Card]
    legend: list[str]
    periods: list[tuple[str, str]]
    programmes: list[tuple[str, str]]


class OverviewSpeaker(Speaker):
    """Says what stands in one overview."""

    def __init__(self, defined: Catalogue, found: OverviewOut, language: str) -> None:
        programme = defined.programmes[found["programme"]]
        period = programme.periods[found["period"]].period
        super().__init__(defined, programme, period, language)
        self.found = found

    def lines(self) -> list[Line]:
        """One a target, in the reading's order."""
        held = {one.code: one for one in self.programme.targets_on(self.period.ends_on)}
        return [self.line(held[one["target"]], one["national"]) for one in self.found["targets"]]

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
        """Where a unit's report stands, unless it is approved; nothing about what is not known."""
        if status is None:
            return [self.say("not_received")] if known else []
        return [] if status == "approved" else [say(f"status.{status}", self.language)]

    def kinds(self, actor: Actor) -> list[tuple[str, list[UnitLine]]]:
        """The units by kind, in the official order, each with its cells."""
        by_kind: dict[str, list[UnitLine]] = {}
        for place, one in enumerate(self.found["units"]):
            proper = one["kind"] == "province_federation" or self.language == "vi"
            status = self.status(one["status"], known=actor.at_centre or actor.unit == one["unit"])
            line = UnitLine(
                name=one["short_vi"] if proper else one["name_en"],
                full_name=one["name_vi"] if self.language == "vi" else one["name_en"],
                name_language="vi" if proper else "en",
                status=[*status, *([self.say("late")] if one["late"] else [])],
                cells=[
                    self.cell(target["percents"][place], target["verdicts"][place])
                    for target in self.found["targets"]
                ],
            )
            by_kind.setdefault(one["kind"], []).append(line)
        return [
            (self.say("kind_count", kind=self.either("kind", kind), count=len(lines)), lines)
            for kind, lines in by_kind.items()
        ]

    def cards(self, completeness: CompletenessOut) -> list[Card]:
        """How many targets stand where; counted, never averaged."""
        whole = [one for one in self.found["targets"] if not one["parent"]]
        cards = []
        for name, (shown, verdicts) in CARDS.items():
            here = {
                verdict: [one["target"] for one in whole if one["national"]["verdict"] == verdict]
                for verdict in verdicts
            }
            notes = [
                f"{say(f'verdict.{verdict}', self.language)}: {', '.join(codes)}"
                if len(verdicts) > 1
                else ", ".join(codes)
                for verdict, codes in here.items()
                if codes
            ]
            number = sum(len(codes) for codes in here.values())
            note = notes or [self.say("card.none")]
            cards.append(Card(name, shown, number, len(whole), note))
        facts = {"timely": completeness["timely"], "approved": completeness["approved"]}
        note = [self.say("card.reports_note", **facts)]
        received, expected = completeness["received"], completeness["expected"]
        return [*cards, Card("reports", "reports", received, expected, note)]

    def legend(self) -> list[str]:
        """The verdicts on this page, in the order of the rules."""
        seen: set[str | None] = {str(one["national"]["verdict"]) for one in self.found["targets"]}
        for one in self.found["targets"]:
            seen.update(one["verdicts"])
        return [verdict for verdict in FAMILY if verdict in seen and verdict in SYMBOL]


def page_of(
    defined: Catalogue,
    found: OverviewOut,
    completeness: CompletenessOut,
    actor: Actor,
    language: str,
) -> Page:
    """The overview in words. The figures are those of the JSON; here nothing is worked out."""
    speaker = OverviewSpeaker(defined, found, language)
    lines = speaker.lines()
    return Page(
        title=found["title_vi"] if language == "vi" else found["title_en"],
        period_name=period_name(speaker.period, language),
        lines=lines,
        groups=speaker.groups(lines),
        kinds=speaker.kinds(actor),
        cards=speaker.cards(completeness),
        legend=speaker.legend(),
        periods=[
            (one.code, period_name(one.period, language))
            for one in speaker.programme.periods.values()
        ],
        programmes=[
            (one.code, titled(one, "title", language) or "") for one in defined.programmes.values()
        ],
    )
