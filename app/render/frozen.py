"""A snapshot's frozen results in words: for who has a public link to it, and for who is signed in.

No words that a person wrote into a report are shown: who reads a public page was not meant by them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.domain.targets import Catalogue, Group, Programme, ProgrammePeriod, Target
from app.i18n import say, titled
from app.render.cards import Card, Standing, cards, uncounted
from app.render.looks import FAMILY, SYMBOL
from app.render.words import Line, Names, Speaker, period_name
from app.schemas.attainment import AttainmentOut

# In a cell these are a symbol only; the word is there for who cannot see it.
BARE = ("no_data", "not_applicable", "population_ended", "no_threshold")


class Cell(NamedTuple):
    """`verdict` None: nobody expects the unit to report the target."""

    target: str
    verdict: str | None
    text: str


class UnitLine(NamedTuple):
    code: str
    name: str
    full_name: str
    name_language: str
    cells: list[Cell]


class TargetLine(NamedTuple):
    line: Line
    row: AttainmentOut


class FrozenPage(NamedTuple):
    title: str
    period_name: str
    cards: list[Card]
    uncounted: str
    groups: list[tuple[Group, list[TargetLine]]]
    targets: list[Target]
    kinds: list[tuple[str, list[UnitLine]]]
    legend: list[str]


class FrozenSpeaker(Speaker):
    """Says what stands in one snapshot."""

    def units(self, row: AttainmentOut) -> list[Names]:
        """Who is not in the figure; why something does not apply is the unit's own prose."""
        outside = row.get("not_applicable", [])
        if not isinstance(outside, list) or not outside:
            return super().units(row)
        names = [self.unit(one["unit"]) for one in outside]
        told = Names(self.say("not_applicable", count=len(names)), names)
        return [*super().units({**row, "not_applicable": []}), told]

    def national(self, target: Target, row: AttainmentOut) -> TargetLine:
        plain: Any = {name: fact for name, fact in row.items() if name != "text"}
        return TargetLine(self.line(target, plain), plain)

    def cell(self, target: str, row: AttainmentOut | None) -> Cell:
        if row is None:
            return Cell(target, None, "")
        verdict = row["verdict"]
        figure = row["percent"] if row["percent"] is not None else row.get("value")
        if figure is not None and "done" not in row:
            return Cell(target, verdict, self.number(figure))
        word = "" if verdict in BARE else say(f"verdict.{verdict}", self.language)
        return Cell(target, verdict, word)

    def unit_line(
        self, code: str, targets: Sequence[Target], rows: dict[str, AttainmentOut]
    ) -> UnitLine:
        unit = self.defined.units[code]
        name = unit.name_on(self.period.ends_on)
        proper = unit.kind.value == "province_federation" or self.language == "vi"
        return UnitLine(
            code,
            name.short_vi if proper else name.name_en,
            name.name_vi if self.language == "vi" else name.name_en,
            "vi" if proper else "en",
            [self.cell(one.code, rows.get(one.code)) for one in targets],
        )

    def kinds(
        self, targets: Sequence[Target], rows: Sequence[AttainmentOut]
    ) -> list[tuple[str, list[UnitLine]]]:
        """The units by kind, in the official order, each with its cells."""
        by_unit: dict[str, dict[str, AttainmentOut]] = {}
        for row in rows:
            if row["scope"] != "national":
                by_unit.setdefault(row["unit"], {})[row["target"]] = row
        by_kind: dict[str, list[UnitLine]] = {}
        for code, unit in self.defined.units.items():
            if code in by_unit:
                line = self.unit_line(code, targets, by_unit[code])
                by_kind.setdefault(unit.kind.value, []).append(line)
        return [
            (self.say("kind_count", kind=self.either("kind", kind), count=len(lines)), lines)
            for kind, lines in by_kind.items()
        ]


def frozen_page(
    defined: Catalogue,
    programme: Programme,
    when: ProgrammePeriod,
    rows: Sequence[AttainmentOut],
    language: str,
) -> FrozenPage:
    """`rows` as they were frozen, and what was defined then; here nothing is worked out."""
    speaker = FrozenSpeaker(defined, programme, when.period, language)
    held = {one.code: one for one in programme.targets_on(when.period.ends_on)}
    national = [row for row in rows if row["scope"] == "national" and row["target"] in held]
    lines = [speaker.national(held[row["target"]], row) for row in national]
    groups = [
        (group, [one for one in lines if one.line.target.group == group.number])
        for group in programme.groups
    ]
    targets = [one.line.target for one in lines]
    whole = [one.line for one in lines if not one.line.target.parent]
    standing = [Standing(line.target.code, line.verdict) for line in whole]
    seen = {row["verdict"] for row in rows}
    return FrozenPage(
        title=titled(programme, "title", language) or programme.code,
        period_name=period_name(when.period, language),
        cards=cards(standing, language),
        uncounted=uncounted(standing, language, parts=len(standing) < len(lines)),
        groups=[(group, within) for group, within in groups if within],
        targets=targets,
        kinds=speaker.kinds(targets, rows),
        legend=[one for one in FAMILY if one in seen and one in SYMBOL],
    )
