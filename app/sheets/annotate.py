"""The sender's own workbook comes back with its faults marked, and nothing else touched.

Only the parts that a mark needs are mended, in place; every other part keeps its very bytes. What
an earlier answer marked is taken back first, so a mended cell looks as it did before.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from app.domain.text import nfc
from app.i18n import say
from app.sheets.annotate_book import Book, Tab
from app.sheets.annotate_cells import Place, Sheet
from app.sheets.annotate_copy import plain_copy
from app.sheets.annotate_list import MOST_NOTES, ErrorsSheet, errors_sheet, kept_looks
from app.sheets.annotate_notes import add_notes, strip_notes
from app.sheets.annotate_styles import Styles
from app.sheets.cells import Row, SheetFacts
from app.sheets.marks import Mark, clean, marks_of
from app.sheets.parts import Package

_SELECTED = re.compile(rb"tabSelected\s*=\s*[\"'](?:1|true)")


def annotated(data: bytes, argument: Mapping[str, Any]) -> bytes:
    """`argument`: title, marks (as an import's errors), language.

    Without marks, an earlier list stays and says that nothing is left; a file that had none comes
    back as it was.
    """
    package = Package(data)
    book = Book(package)
    styles = Styles(book.styles())
    before = styles.content()
    _take_back(package, book, styles)
    marks = _named_as_in(book, marks_of(argument["marks"]))
    if marks or book.errors:
        language = argument.get("language", "vi")
        noted = [(tab, _notes_of(tab, marks, language)) for tab in book.tabs]
        for tab, told in noted:
            _mark_sheet(package, tab, styles, told)
        shown = ErrorsSheet(
            title=clean(argument.get("title")),
            marks=marks,
            reachable=frozenset(tab.name for tab in book.tabs if tab.worksheet),
            kept=[styles.covered[shade] for shade in sorted(styles.covered)],
            language=language,
            crowded=any(len(told) > MOST_NOTES for _, told in noted),
        )
        book.put_first(errors_sheet(shown, styles, book.root.space), len(marks))
    if styles.content() != before:
        book.write_styles(styles.content())
    return package.packed()


def copied(
    sheets: Iterable[tuple[SheetFacts, Iterable[Row]]], argument: Mapping[str, Any]
) -> bytes:
    """Likewise for what is no .xlsx: a workbook with the same cells at the same addresses."""
    data, names = plain_copy(sheets)
    marks = [
        {**mark, "sheet": names.get(mark.get("sheet"), mark.get("sheet"))}
        for mark in argument["marks"]
    ]
    return annotated(data, {**argument, "marks": marks})


def _take_back(package: Package, book: Book, styles: Styles) -> None:
    """Undo an earlier answer, whoever saved the file since."""
    shades = styles.marks()
    listed = package.read(book.errors.part) if book.errors else None
    kept = kept_looks(listed) if listed else {}
    under = {shades[mark]: look for mark, look in kept.items() if mark in shades}
    looks = {
        mark: styles.unmarked(mark, under[shade]) if shade in under else styles.bare(mark)
        for mark, shade in shades.items()
    }
    for tab in book.tabs:
        if tab.worksheet:
            if looks and (content := package.read(tab.part)):
                sheet = Sheet(content)
                sheet.replace_looks(looks)
                if sheet.content() is not content:
                    package.write(tab.part, sheet.content())
            strip_notes(package, tab.part)


def _named_as_in(book: Book, marks: list[Mark]) -> list[Mark]:
    """Sheets by the names that the file itself gives them, letter for letter."""
    names = {nfc(tab.name): tab.name for tab in book.tabs}
    return [mark._replace(sheet=names.get(nfc(mark.sheet), mark.sheet)) for mark in marks]


def _notes_of(tab: Tab, marks: list[Mark], language: str) -> dict[Place, list[str]]:
    notes: dict[Place, list[str]] = {}
    for mark in marks:
        if tab.worksheet and mark.at and mark.sheet == tab.name:
            needed = say("marks.needed", language, {"expected": mark.expected})
            said = f"{mark.message}\n{needed}" if mark.expected else mark.message
            notes.setdefault(mark.at, []).append(said)
    return notes


def _mark_sheet(
    package: Package, tab: Tab, styles: Styles, told: Mapping[Place, list[str]]
) -> None:
    if not told and not _SELECTED.search(package.head(tab.part)):
        return
    sheet = Sheet(package.read(tab.part) or b"")
    sheet.unselect()
    if told and sheet.has_cells:
        shown = sheet.shown_at(told)
        notes: dict[Place, list[str]] = {}
        for place, said in told.items():
            notes.setdefault(shown[place], []).extend(said)
        sheet.restyle(notes, styles.marked)
        first = islice(notes.items(), MOST_NOTES)
        add_notes(package, tab.part, sheet, {at: _joined(said) for at, said in first})
    package.write(tab.part, sheet.content())


def _joined(said: list[str]) -> str:
    return clean(said[0] if len(said) == 1 else "\n".join(f"• {one}" for one in said))
