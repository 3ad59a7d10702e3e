"""The overview and the reports' progress on paper."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.targets import Catalogue
from app.domain.workflow import HANDED_IN
from app.i18n import day, instant, say, titled
from app.render import board, paper
from app.render.board import Reminder
from app.render.looks import FAMILY, SYMBOL
from app.render.overview import Cell, OverviewSpeaker, Page, UnitLine
from app.render.paper import Head, Part
from app.render.tiles import tile_map
from app.render.trends import trend
from app.render.words import Line, Speaker
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import CompletenessOut, OverviewOut, TrendOut
from app.schemas.exports import Background

MAP_LEGEND = (("met", "all"), ("in_progress", "some"), ("not_met", "none"), ("no_data", "no_data"))
UPRIGHT_COLUMNS, MOST_COLUMNS = 8, 14


class Reading(NamedTuple):
    """One period of a programme, all of the same moment; `drawn` has figures to draw a trend of."""

    defined: Catalogue
    overview: OverviewOut
    completeness: CompletenessOut
    drawn: tuple[AttainmentOut, TrendOut] | None


def overview_paper(read: Reading, page: Page, behind: Background, language: str) -> Part:
    """`page` is the same reading in words, for the same reader."""
    found, received = read.overview, read.completeness
    speaker = OverviewSpeaker(read.defined, found, language)
    rows = {one["target"]: one["national"] for one in found["targets"]}
    groups = [
        (
            speaker.say("group", number=group.number, title=titled(group, "title", language)),
            [paper.result(line, rows[line.target.code], language) for line in lines],
        )
        for group, lines in page.groups
    ]
    said = [board.lead(found["targets"], language), board.received(received, language)]
    return paper.sheet(
        behind,
        speaker,
        Head(page.title, " ".join(said), paper.cards(page.cards, speaker), page.uncounted),
        [
            paper.results(speaker.say("national"), groups, speaker),
            _silent(received, language),
            trend_part(read.drawn, speaker) if read.drawn else None,
            map_part(found, None, language),
            *_heat(page.kinds, page.lines, speaker),
            progress(received, speaker),
            paper.about(page.lines, speaker),
            paper.source(speaker),
        ],
    )


def brief(paper: Part) -> Part:
    """The same for a letter: its counts and results alone."""
    kept = [one for one in paper["parts"] if one["in_picture"] and one["kind"] != "picture"]
    return {**paper, "parts": kept}


def map_part(found: OverviewOut, target: str | None, language: str) -> Part | None:
    tiles = board.tiles(found, language, target)
    drawn = tile_map(tiles, {one["unit"]: one["short_vi"] for one in found["units"]}, language)
    if not drawn:
        return None
    said = "; ".join(f"{one.unit} {one.word}" for one in tiles)
    legend = []
    if target is None:
        legend = [
            {**paper.look(verdict, language), "word": say(f"board.map.{key}", language)}
            for verdict, key in MAP_LEGEND
        ]
    else:
        seen = dict.fromkeys(one.verdict for one in tiles)
        legend = [paper.look(one, language) for one in SYMBOL if one in seen]
    heading = say("board.map" if target is None else "board.map_of", language, {"code": target})
    note = say("paper.map_note" if target is None else "paper.map_target_note", language)
    return paper.picture(heading, note, drawn, f"{heading}. {said}", legend)


def trend_part(drawn: tuple[AttainmentOut, TrendOut], speaker: Speaker) -> Part | None:
    row, told = drawn
    svg = trend(told, speaker, row)
    if not svg:
        return None
    held = speaker.programme.target(row["target"], speaker.period.ends_on)
    title = titled(held, "title", speaker.language) if held else ""
    heading = say("board.trend", speaker.language, {"code": row["target"]})
    on = {"day": day(told["on"], speaker.language)}
    note = f"{title}. {say('board.trend_note', speaker.language, on)}"
    if "forecast" in told:
        note = f"{note} {speaker.chart('cone')}"
    points = "; ".join(f"{one.period} {one.figure}" for one in board.points(told, speaker))
    return paper.picture(heading, note, svg, f"{heading}. {points}")


def _silent(received: CompletenessOut, language: str) -> Part | None:
    """By name, who has not reported; as far as the reader may know."""
    names = [one["short_vi"] for one in received["units"] if one["status"] not in HANDED_IN]
    if not names:
        return None
    heading = say("paper.silent", language, {"count": len(names)})
    return {
        "kind": "notes",
        "heading": heading,
        "blocks": [{"heading": "", "lines": [f"{', '.join(names)}."]}],
        "in_picture": True,
    }


def _heat(
    kinds: Sequence[tuple[str, list[UnitLine]]], lines: Sequence[Line], speaker: Speaker
) -> list[Part | None]:
    """Units by targets; so many targets at once as a page can hold."""
    found = []
    for first in range(0, len(lines), MOST_COLUMNS):
        shown = lines[first : first + MOST_COLUMNS]
        rows: list[list[str | Part]] = []
        for heading, units in kinds:
            rows.append([{"text": heading, "across": True}])
            for unit in units:
                cells = unit.cells[first : first + MOST_COLUMNS]
                rows.append([unit.name, *(_cell(one, speaker.language) for one in cells)])
        found.append(
            paper.table(
                speaker.say("heat"),
                [speaker.say("unit"), *(f"{one.target.code}\n{one.asked}" for one in shown)],
                rows,
                note=speaker.say("heat_note"),
                widths=["3fr", *["1fr"] * len(shown)],
                wide=len(shown) > UPRIGHT_COLUMNS,
            )
        )
    return found


def _cell(cell: Cell, language: str) -> str | Part:
    family = FAMILY.get(cell.verdict)  # type: ignore[call-overload]
    if family is None:
        return ""
    sign = SYMBOL[cell.verdict]  # type: ignore[index]
    return {"text": f"{sign} {cell.text}".strip(), "family": family}


def progress(found: CompletenessOut, speaker: Speaker) -> Part | None:
    """Every report's state, those that need a reminder first; a unit's own people see their own."""
    language = speaker.language
    names = ("status", "submitted_at", "in_time", "values", "note")
    return paper.table(
        say("board.completeness", language),
        [speaker.say("unit"), *(say(f"board.completeness.{one}", language) for one in names)],
        [_report(one, speaker) for one in board.reminders(found["units"], language, None)],
        widths=["3fr", "3fr", "2fr", "1.3fr", "1.3fr", "2.4fr"],
    )


def _report(one: Reminder, speaker: Speaker) -> list[str | Part]:
    late = {None: "–", True: speaker.say("late"), False: say("export.in_time", speaker.language)}
    submitted = instant(one.submitted_at, speaker.language)
    word: Part = {"text": f"{one.sign} {one.word}", "family": one.family}
    return [one.name, word, submitted, late[one.late], one.values, one.note or "–"]


def completeness_paper(found: CompletenessOut, behind: Background, speaker: Speaker) -> Part:
    language = speaker.language
    head = Head(
        f"{say('board.completeness', language)} – {titled(speaker.programme, 'title', language)}",
        board.received(found, language),
        paper.completeness_cards(found, speaker),
    )
    parts = [_silent(found, language), progress(found, speaker)]
    return paper.sheet(behind, speaker, head, parts)
