"""The sheet of source and notes: how to read the figures, and what each target says of itself."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.domain.verdict import Verdict
from app.schemas.exports import PeriodDefined
from app.schemas.targets import TargetOut
from app.sheets.export_book import Book, tall
from app.sheets.export_words import Words

LABEL, TEXT = 26, 125


class Line(NamedTuple):
    """`label` alone is a heading. An empty text is not written."""

    label: str
    text: str | None = None
    verdict: Verdict | None = None


def notes_sheet(book: Book, title: str, reading: tuple[str, ...]) -> None:
    """`reading` names the notes on how to read this export."""
    sheet, row = book.sheet("notes", title, ())
    heading = book.look(bold=True, font_size=12, font_color="#97191D")
    label, text = book.look(bold=True), book.look(text_wrap=True)
    for line in _lines(book.words, reading):
        if line.text is None:
            row += 1
        elif line.text == "":
            continue
        book.text(sheet, (row, 0), line.label, heading if line.text is None else label)
        if line.verdict is not None:
            book.verdict(sheet, (row, 1), line.verdict)
        elif line.text:
            sheet.set_row(row, tall(line.text, TEXT))
            book.text(sheet, (row, 1), line.text, text)
        row += 1
    sheet.set_column(0, 0, LABEL)
    sheet.set_column(1, 1, TEXT)
    sheet.fit_to_pages(1, 0)


def _lines(words: Words, reading: tuple[str, ...]) -> Iterator[Line]:
    yield Line(words.say("notes.reading"))
    for name in reading:
        yield Line("•", words.say(f"notes.{name}"))
    yield Line(words.say("notes.legend"))
    for verdict in Verdict:
        yield Line("", words.verdicts[verdict], verdict)
    yield Line(words.say("notes.grades"))
    for grade in "ABCD":
        yield Line("", words.say(f"notes.grade_{grade}"))
    yield from _document(words)
    for period in words.behind.periods.values():
        yield from _targets(words, period)


def _document(words: Words) -> Iterator[Line]:
    programme = words.behind.programme
    document: Mapping[str, object] = programme.get("document") or {}
    yield Line(words.say("notes.document"))
    if document.get("title"):
        day = words.day(str(document["published_on"])) if document.get("published_on") else "–"
        facts = {"title": document["title"], "publisher": document.get("publisher") or "–"}
        yield Line("•", words.say("notes.published", day=day, **facts))
    yield Line(words.say("notes.sha256"), str(document.get("sha256") or ""))
    for said in (words.own(programme, "note"), words.own(document, "note")):
        yield Line(words.say("notes.limits"), said)


def _targets(words: Words, period: PeriodDefined) -> Iterator[Line]:
    """Under the rule in force in the period."""
    for target in period.targets.values():
        title = words.own(target, "title")
        yield Line(f"{target['code']} – {title} ({period.period['code']})")
        yield Line(words.say("notes.quote"), _quoted(target))
        yield Line("", _place(words, target))
        yield from _meaning(words, target)


def _quoted(target: TargetOut) -> str:
    quote = target["source"]["quote"]
    return f"“{quote}”" if quote else ""


def _place(words: Words, target: TargetOut) -> str:
    start, end = target["source"]["quote_start"], target["source"]["quote_end"]
    return "" if start is None or end is None else words.say("notes.place", start=start, end=end)


def _meaning(words: Words, target: TargetOut) -> Iterator[Line]:
    status = target["source"]["status"]
    yield Line(words.say("notes.source"), words.known.get(f"page.source_status.{status}", status))
    for name in ("interpretation", "numerator", "denominator"):
        yield Line(words.say(f"notes.{name}"), words.own(target, name))
    for question in target["open_questions"]:
        yield Line(words.say("notes.questions"), words.own(question, "text"))
