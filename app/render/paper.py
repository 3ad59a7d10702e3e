"""What stands on paper: the words of one reading, in the order in which `paper.typ` sets them.

Figures come from the same speakers as those of the pages; here nothing is worked out.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from app.i18n import day, instant, say, titled
from app.render.bullets import bar
from app.render.cards import Card
from app.render.looks import FAMILY, SYMBOL
from app.render.svg import standalone
from app.render.words import Line, Speaker, period_name
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import CompletenessOut
from app.schemas.exports import Background

# One thing on the paper; what it holds by its `kind` stands at the top of paper.typ.
Part = dict[str, Any]


def look(verdict: str, language: str) -> Part:
    return {
        "word": say(f"verdict.{verdict}", language),
        "sign": SYMBOL[verdict],  # type: ignore[index]
        "family": FAMILY[verdict],  # type: ignore[index]
    }


class Head(NamedTuple):
    """What stands first: what it is about, how that stands, and counts."""

    title: str
    lead: str
    cards: Sequence[Part] = ()
    uncounted: str = ""


def sheet(behind: Background, speaker: Speaker, head: Head, parts: Iterable[Part | None]) -> Part:
    """The whole paper; parts that there are not are left out."""
    language = speaker.language
    return {
        "language": language,
        "brand": say("page.service", language),
        "tagline": say("page.tagline", language),
        "title": head.title,
        "period": period_name(speaker.period, language),
        "demonstration": say("export.demonstration", language) if behind.demonstration else "",
        "lead": head.lead,
        "facts": _facts(behind, speaker),
        "foot": _known(behind, language),
        "page": say("export.page", language),
        "known_at": behind.known_at,
        "cards": list(head.cards),
        "uncounted": head.uncounted,
        "parts": [one for one in parts if one is not None],
    }


def _known(behind: Background, language: str) -> str:
    facts = {"version": behind.data_version, "rules": behind.rule_version}
    return say("export.known", language, {**facts, "at": instant(behind.known_at, language)})


def _facts(behind: Background, speaker: Speaker) -> list[str]:
    """Whose figures, on which basis, due when."""
    language, when = speaker.language, speaker.programme.periods[speaker.period.code]
    include = {"include": say(f"export.{behind.include}", language)}
    basis = say("export.as_reported", language, include)
    if behind.restated_on is not None:
        on = {"day": day(behind.restated_on, language)}
        basis = say("export.restated", language, {**include, **on})
    due = say("export.no_due", language)
    if when.due_on is not None:
        due = say("export.due", language, {"day": day(when.due_on, language)})
    state = say("export.closed" if when.closed else "export.open", language)
    return [basis, f"{due} · {state}"]


def cards(found: Sequence[Card], speaker: Speaker) -> list[Part]:
    return [
        {
            "name": speaker.say(f"card.{one.name}"),
            "number": speaker.number(one.number),
            "of": speaker.say("of", total=speaker.number(one.total)),
            "notes": one.notes,
            "sign": SYMBOL.get(one.verdict, ""),  # type: ignore[call-overload]
            "family": FAMILY.get(one.verdict, "none"),  # type: ignore[call-overload]
        }
        for one in found
    ]


def result(line: Line, row: AttainmentOut, language: str) -> Part:
    """One target's figure with its bullet."""
    drawn = bar(row)
    return {
        "code": line.target.code,
        "title": titled(line.target, "title", language) or "",
        "part": bool(line.target.parent),
        "asked": " · ".join(one for one in (line.asked, line.due) if one),
        "figure": line.figure,
        "counts": line.counts,
        "verdict": look(line.verdict, language),
        "needed": "" if line.needed == "–" else line.needed,
        "needed_word": bool(row["needed"]),
        "coverage": [one for one in (line.coverage, line.population) if one],
        "bar": None if drawn is None else drawn._asdict(),
        "remarks": " ".join(line.remarks),
    }


def results(
    heading: str,
    groups: Sequence[tuple[str, list[Part]]],
    speaker: Speaker,
    *,
    note: str | None = None,
) -> Part:
    """`note` None: how the figures of many are added."""
    words = ("target", "figure", "verdict", "coverage", "needed")
    return {
        "kind": "results",
        "heading": heading,
        "note": say("board.national_note", speaker.language) if note is None else note,
        "words": {one: speaker.say(one) for one in words},
        "groups": [{"heading": name, "results": lines} for name, lines in groups],
        "in_picture": True,
    }


def picture(heading: str, note: str, svg: str, said: str, legend: Sequence[Part] = ()) -> Part:
    """`said` is what the picture shows, for who cannot see it."""
    return {
        "kind": "picture",
        "heading": heading,
        "note": note,
        "svg": standalone(svg),
        "said": said,
        "tall": 'class="tiles"' in svg[:40],
        "legend": list(legend),
        "in_picture": True,
    }


def table(  # noqa: PLR0913 - of what, and how it is set
    heading: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Part]],
    *,
    note: str = "",
    widths: Sequence[str] = (),
    wide: bool = False,
) -> Part | None:
    """None without rows. `widths`: "auto" or a share of what is left ("3fr"); `wide`: on a page
    that lies on its long side. A cell of its own look is a dictionary."""
    if not rows:
        return None
    return {
        "kind": "table",
        "heading": heading,
        "note": note,
        "columns": list(columns),
        "widths": list(widths) or ["1fr"] * len(columns),
        "rows": [list(row) for row in rows],
        "wide": wide,
        "in_picture": False,
    }


def notes(heading: str, blocks: Sequence[tuple[str, list[str]]]) -> Part | None:
    told = [{"heading": name, "lines": lines} for name, lines in blocks if lines]
    return (
        {"kind": "notes", "heading": heading, "blocks": told, "in_picture": False} if told else None
    )


def about(lines: Sequence[Line], speaker: Speaker) -> Part | None:
    """Who is not in the figures, on what they rest, and what is still open, target by target."""
    blocks = []
    for line in lines:
        title = titled(line.target, "title", speaker.language)
        said = [f"{one.heading}: {', '.join(one.names)}." for one in line.units]
        for name in ("interpretation", "numerator", "denominator"):
            if text := titled(line.target, name, speaker.language):
                said.append(f"{speaker.say(name)}: {text}")
        if line.grades:
            said.append(f"{speaker.say('grades')}: {' · '.join(line.grades)}.")
        said += [f"{speaker.say('questions')}: {one}" for one in line.questions]
        blocks.append((f"{line.target.code} · {title}", said))
    return notes(say("paper.notes", speaker.language), blocks)


def source(speaker: Speaker) -> Part | None:
    """The document that the targets were read from."""
    facts, language = speaker.programme.facts, speaker.language
    said = []
    document = facts.get("document")
    if isinstance(document, dict):
        on = day(document.get("published_on"), language)
        named = {name: document.get(name) or "–" for name in ("title", "publisher")}
        said.append(speaker.say("source_of", **named, day=on))
        if document.get(f"note_{language}"):
            said.append(document[f"note_{language}"])
        if document.get("sha256"):
            said.append(f"{speaker.say('sha256')}: {document['sha256']}")
    if note := facts.get(f"note_{language}"):
        said.append(str(note))
    return notes(speaker.say("source"), [("", said)])


def completeness_cards(found: CompletenessOut, speaker: Speaker) -> list[Part]:
    language = speaker.language

    def card(name: str, number: int, family: str, percent: Any = None) -> Part:
        told = say("board.completeness.percent", language, {"percent": speaker.number(percent)})
        return {
            "name": say(f"board.completeness.{name}", language),
            "number": speaker.number(number),
            "of": speaker.say("of", total=speaker.number(found["expected"])),
            "notes": [] if percent is None else [told],
            "sign": "",
            "family": family,
        }

    silent = found["expected"] - found["received"]
    return [
        card("received", found["received"], "busy", found["completeness"]),
        card("timely", found["timely"], "good", found["timeliness"]),
        card("approved", found["approved"], "good"),
        card("missing", silent, "bad" if silent else "good"),
    ]
