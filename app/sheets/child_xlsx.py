"""Reading .xlsx, in the child: openpyxl opens the book, the cells are taken from the XML.

Its own cell objects would cost as much again, and tell a formula that nobody calculated from a
blank no better.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.cell.text import Text
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.xml.constants import SHEET_MAIN_NS

from app.domain.errors import WorkbookRejected
from app.sheets.cells import SheetFacts
from app.sheets.child_out import (
    TEMPLATE,
    Line,
    Out,
    Styles,
    legacy,
    line,
    number_text,
    plain_number,
)
from app.sheets.screen import LONGEST_TEXT, Seen

ROW, CELL, VALUE, FORMULA, INLINE = (
    f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("row", "c", "v", "f", "is")
)


def read(archive: ZipFile, file: IO[bytes], seen: Seen, out: Out) -> None:
    book: Any = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheets = book.worksheets
    # A sheet that is named but not there is left out by openpyxl without a word.
    if not sheets or len(book._sheets) != seen.sheets:
        raise WorkbookRejected(reason="damaged", part="xl/workbook.xml")
    if any(len(text) > LONGEST_TEXT for text in sheets[0]._shared_strings):
        raise WorkbookRejected(reason="long_text")
    styles = _styles(book)
    out.book("xlsx", _template(book), styles)
    for sheet in sheets:
        part = sheet._worksheet_path
        if part not in seen.merged:
            raise WorkbookRejected(reason="damaged", part=part[:100])
        hidden = sheet.sheet_state != "visible"
        out.sheet(SheetFacts(sheet.title, hidden, tuple(seen.merged[part])))
        cells = _Cells(book, sheet._shared_strings)
        with archive.open(part) as source:
            for number, row, unseen in _rows(source, cells):
                out.row(number, row, unseen)


def _template(book: Any) -> str | None:
    for one in book.custom_doc_props.props:
        if one.name == TEMPLATE:
            return str(one.value)
    return None


def _styles(book: Any) -> Styles:
    """By the number that cells carry: the format's code and the legacy font, if it is one."""
    own = book._number_formats
    fonts = [legacy(font.name) for font in book._fonts]
    styles = []
    for style in book._cell_styles:
        number = style.numFmtId
        if number < BUILTIN_FORMATS_MAX_SIZE:
            code = BUILTIN_FORMATS.get(number, "General")
        else:
            code = own[number - BUILTIN_FORMATS_MAX_SIZE]
        styles.append((code, fonts[style.fontId]))
    return styles or [("General", None)]


def _is_true(said: str | None) -> bool:
    return said in {"1", "true"}


def _rows(source: IO[bytes], cells: "_Cells") -> Iterator[tuple[int, Line, bool]]:
    number = 0
    for _, element in iterparse(source):  # noqa: S314 - it was screened
        if element.tag == ROW:
            number = int(element.get("r") or number + 1)
            yield number, cells.line(element), _is_true(element.get("hidden"))
            element.clear()


# Their annotations are not ours to mend.
_INLINE: Any = Text
_when: Any = from_excel


class _Cells:
    """Tells what stands in the cells of a book."""

    def __init__(self, book: Any, strings: list[str]) -> None:
        self.strings, self.epoch = strings, book.epoch
        self.dates, self.durations = book._date_formats, book._timedelta_formats
        self.columns: dict[str, int] = {}

    def line(self, row: Element) -> Line:
        filled = line()
        column = 0
        for cell in row:
            at = cell.get("r")
            column = self._column(at) if at else column + 1
            style = int(cell.get("s") or 0)
            found = self._kind_and_value(cell, style)
            if found:
                filled.columns.append(column)
                filled.kinds.append(found[0])
                filled.values.append(found[1])
                filled.styles.append(style)
        return filled

    def _column(self, at: str) -> int:
        name = at.rstrip("0123456789")
        column = self.columns.get(name)
        if column is None:
            column = self.columns[name] = column_index_from_string(name)
        return column

    def _kind_and_value(self, cell: Element, style: int) -> tuple[str, str] | None:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(INLINE)
            text = _INLINE.from_tree(inline).content if inline is not None else ""
            return ("t", text) if text else None
        said = cell.findtext(VALUE)
        if not said:
            return self._without_value(cell, kind)
        if kind == "n":
            return self._number(said, style)
        if kind == "s":
            text = self.strings[int(said)]
            return ("t", text) if text else None
        return _OTHER[kind](said)

    def _without_value(self, cell: Element, kind: str) -> tuple[str, str] | None:
        formula = cell.find(FORMULA)
        # A formula whose answer is the empty text has been calculated.
        if formula is None or kind == "str":
            return None
        return "u", f"={formula.text or ''}"

    def _number(self, said: str, style: int) -> tuple[str, str]:
        number = plain_number(said)
        if number is None:
            return "e", "#NUM!"
        if style in self.dates:
            return self._date(float(number), timed=style in self.durations)
        return "n", number

    def _date(self, number: float, *, timed: bool) -> tuple[str, str]:
        try:
            return "d", date_text(_when(number, self.epoch, timedelta=timed))
        except (OverflowError, ValueError):
            return "e", "#VALUE!"


_OTHER: dict[str, Callable[[str], tuple[str, str]]] = {
    "str": lambda said: ("t", said),
    "b": lambda said: ("b", "true" if _is_true(said) else "false"),
    "e": lambda said: ("e", said),
    "d": lambda said: ("d", said),
}


def date_text(when: date | datetime | time | timedelta) -> str:
    """ISO; a date alone where the clock stands at midnight, a length of time in seconds."""
    if isinstance(when, timedelta):
        return f"PT{number_text(when.total_seconds())}S"
    if isinstance(when, datetime) and when.time() == time():
        return when.date().isoformat()
    return when.isoformat()
