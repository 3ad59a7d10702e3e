"""One target over all units, and one unit over all targets, on paper."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.targets import Target, ValueKind
from app.domain.units import Unit
from app.i18n import say, titled
from app.render import board, paper
from app.render.looks import FAMILY, SYMBOL
from app.render.paper import Head, Part
from app.render.paper_overview import map_part, trend_part
from app.render.target import Fact, Ranked, RankLine, TargetSpeaker
from app.render.unit import UnitSpeaker
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import BoardOut, OverviewOut, TrendOut
from app.schemas.exports import Background

IN_WORDS = (ValueKind.YES_NO, ValueKind.ALL_OF, ValueKind.NARRATIVE)


class OneTarget(NamedTuple):
    """`national` with its trend, every unit's own row, and the `overview` that the map is of."""

    target: Target
    national: AttainmentOut
    trend: TrendOut
    units: Sequence[Ranked]
    overview: OverviewOut


def target_paper(read: OneTarget, speaker: TargetSpeaker, behind: Background) -> Part:
    language, target, row = speaker.language, read.target, read.national
    line = speaker.line(target, row)
    figures = paper.result(line, row, language)
    in_words, drawn = target.value_kind in IN_WORDS, (row, read.trend)
    head = Head(
        f"{target.code} · {titled(target, 'title', language)}",
        f"{line.figure} – {say(f'verdict.{line.verdict}', language)}. "
        f"{speaker.say('asked')}: {line.asked}.",
    )
    return paper.sheet(
        behind,
        speaker,
        head,
        [
            paper.results(say("drill.national", language), [("", [figures])], speaker),
            _details(speaker.details(target, row), language),
            trend_part(drawn, speaker),
            map_part(read.overview, target.code, language) if target.comparator else None,
            None
            if in_words
            else _ranks(speaker.ranked(target, read.units, by_name=False), speaker),
            _heaps(speaker, target, read.units, in_words=in_words),
            paper.about([line], speaker),
            paper.source(speaker),
        ],
    )


def unit_paper(speaker: UnitSpeaker, unit: Unit, found: BoardOut, behind: Background) -> Part:
    language = speaker.language
    lines = speaker.lines(found["items"], found["trends"])
    shown = [paper.result(one.line, one.row, language) for one in lines]
    whole = [one.line.verdict for one in lines if not one.line.target.parent]
    verdicts = [one for one in whole if one in board.COUNTED]
    count = {"count": verdicts.count("met"), "total": len(verdicts)}
    return paper.sheet(
        behind,
        speaker,
        Head(
            speaker.unit_name(unit, speaker.period.ends_on),
            f"{titled(speaker.programme, 'title', language)}. "
            f"{say('board.met_of', language, count)}.",
        ),
        [
            paper.results(say("export.title.unit", language), [("", shown)], speaker, note=""),
            *(
                trend_part(drawn, speaker)
                for drawn in zip(found["items"], found["trends"], strict=True)
            ),
            paper.about([one.line for one in lines], speaker),
            paper.source(speaker),
        ],
    )


def _details(facts: Sequence[Fact], language: str) -> Part | None:
    return paper.notes(
        say("paper.details", language), [("", [f"{f.name}: {f.text}" for f in facts])]
    )


def _ranks(lines: Sequence[RankLine], speaker: TargetSpeaker) -> Part | None:
    language = speaker.language
    rows: list[list[str | Part]] = [
        [
            " ".join((one.place, one.tied)).strip(),
            f"{one.name}\n{one.note}".strip(),
            one.figure,
            one.counts,
            _verdict(one.row["verdict"], language),
            one.needed,
        ]
        for one in lines
    ]
    columns = [speaker.say(one) for one in ("unit", "figure", "verdict", "needed")]
    columns.insert(2, say("board.counts", language))
    return paper.table(
        speaker.drill("rank"),
        [speaker.drill("place"), *columns],
        rows,
        widths=["1fr", "3fr", "1.4fr", "2.2fr", "1.7fr", "1.7fr"],
    )


def _verdict(verdict: str, language: str) -> Part:
    word = say(f"verdict.{verdict}", language)
    sign, family = SYMBOL[verdict], FAMILY[verdict]  # type: ignore[index]
    return {"text": f"{sign} {word}", "family": family}


def _heaps(
    speaker: TargetSpeaker, target: Target, units: Sequence[Ranked], *, in_words: bool
) -> Part | None:
    """Units without a place, or all of them where a target is done or not, by what is said."""
    heading = speaker.drill("units_of") if in_words else say("paper.without", speaker.language)
    blocks = []
    for heap in speaker.heaps(target, units, words=in_words):
        names = [f"{one.name} ({one.note})" if one.note else one.name for one in heap.lines]
        blocks.append((f"{heap.name} ({len(names)})", [f"{', '.join(names)}."]))
    return paper.notes(heading, blocks)
