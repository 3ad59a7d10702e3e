"""Dashboards and attainment as workbooks. They hold the figures that they are given: nothing is
worked out, rounded or left out here."""

from collections.abc import Iterable, Sequence

from app.schemas.attainment import AttainmentList, AttainmentOut
from app.schemas.dashboards import BoardOut, CompletenessOut, OverviewOut
from app.schemas.exports import Background
from app.sheets.export_book import Book
from app.sheets.export_figures import breakdown_sheet, figures_sheet, outside_sheet, trends_sheet
from app.sheets.export_notes import notes_sheet
from app.sheets.export_overview import heat_sheet, received_sheet, results_sheet
from app.sheets.export_words import Words

FIGURES_READ = ("zero", "pooled", "bounds")


def overview_book(found: OverviewOut, behind: Background, language: str) -> bytes:
    """The national results with a chart, units by targets, and all that stands behind them."""
    words = Words(language, behind)
    book, title = Book(words), words.say("title.overview")
    national = [one["national"] for one in found["targets"]]
    results_sheet(book, title, found)
    heat_sheet(book, title, found)
    figures_sheet(book, book.sheet("figures", title, ()), national)
    breakdown_sheet(book, title, national)
    outside_sheet(book, title, national)
    notes_sheet(book, title, (*FIGURES_READ, "not_asked"))
    return book.close()


def completeness_book(found: CompletenessOut, behind: Background, language: str) -> bytes:
    """Who has reported, and who in time."""
    words = Words(language, behind, of_values=False)
    book, title = Book(words), words.say("title.completeness")
    received_sheet(book, title, found)
    notes_sheet(book, title, ("counted",))
    return book.close()


def attainment_book(found: AttainmentList, behind: Background, language: str) -> bytes:
    """One row a figure."""
    words = Words(language, behind)
    return _figures(Book(words, streams=True), words.say("title.attainment"), found["items"])


def _figures(
    book: Book, title: str, rows: Sequence[AttainmentOut], lines: Iterable[str] = ()
) -> bytes:
    figures_sheet(book, book.sheet("figures", title, lines), rows)
    breakdown_sheet(book, title, rows)
    outside_sheet(book, title, rows)
    notes_sheet(book, title, FIGURES_READ)
    return book.close()


def target_book(found: BoardOut, behind: Background, language: str, code: str) -> bytes:
    """One target: national, every unit, and the national trend."""
    words = Words(language, behind)
    title = words.title(found["period"], code)
    return _board(words, found, "target", words.say("target_named", code=code, title=title))


def unit_book(found: BoardOut, behind: Background, language: str, code: str) -> bytes:
    """One unit: every target that it is asked for, each with its trend."""
    words = Words(language, behind)
    name = words.unit(found["period"], code)
    return _board(words, found, "unit", words.say("unit_named", name=name, code=code))


def _board(words: Words, found: BoardOut, kind: str, line: str) -> bytes:
    book, title = Book(words), words.say(f"title.{kind}")
    figures_sheet(book, book.sheet("figures", title, [line]), found["items"])
    breakdown_sheet(book, title, found["items"])
    trends_sheet(book, title, found["period"], found["trends"])
    outside_sheet(book, title, found["items"])
    notes_sheet(book, title, FIGURES_READ)
    return book.close()
