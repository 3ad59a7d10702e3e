"""A workbook to be looked at and printed: title, tables, looks. Every cell is written by its type.

The same content makes the same bytes: nothing in the file tells when or where it was made.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.sheets.export_words import LOOKS, Words
from app.sheets.flat import is_formula

MOST_DIGITS = 15  # more than a spreadsheet keeps
MOST_TEXT = 32_767
A4 = 9
PAGE_WIDTH = 215  # of characters, that can still be read on one sheet of paper
INK, SOFT, LINE, BRAND = "#1A222D", "#525D6B", "#D9DEE4", "#97191D"
FILLS = {
    "good": ("#D9F0E2", "#0D4F31"),
    "bad": ("#FBDFDD", "#8A1A1A"),
    "warn": ("#FCEDBD", "#654500"),
    "busy": ("#DFE9F6", "#1B436E"),
    "none": ("#EDF0F3", "#4B5663"),
}
_BODY = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top"}
_LINED = {"bottom": 1, "bottom_color": LINE}
_TEXT = {"align": "left", "indent": 1, **_LINED}
_INSTANT = {"num_format": "dd/mm/yyyy hh:mm:ss", **_LINED}
_HEADING = {
    "bold": True,
    "font_color": "#FFFFFF",
    "bg_color": BRAND,
    "text_wrap": True,
    "align": "center",
    "valign": "vcenter",
    "border": 1,
    "border_color": "#FFFFFF",
}
_BAR = {
    "type": "data_bar",
    "data_bar_2010": True,
    "bar_solid": True,
    "bar_color": "#9DC3E6",
    "min_type": "num",
    "min_value": 0,
    "max_type": "num",
    "max_value": 100,
}


class Column(NamedTuple):
    """`key` is the JSON's name of the field, `read` what stands in the cell: a number as a number,
    anything else as text. `asked` False: it is left out where no row has it. `bar` shows percents
    of 0-100 as bars too; `verdict` colours by the code that `read` gives. `heading` is said where
    the key has no heading of its own."""

    key: str
    read: Callable[[Any], Any]
    width: float = 11
    asked: bool = True
    bar: bool = False
    verdict: bool = False
    wrap: bool = False
    heading: str = ""


class Laid(NamedTuple):
    """Where a table came to lie; rows and columns count from 0, `last` is its last row."""

    header: int
    last: int


class Opened(NamedTuple):
    """A sheet, and the row where it goes on."""

    sheet: Worksheet
    row: int


class Group(NamedTuple):
    """One heading over several columns."""

    text: str
    first: int
    last: int


def tall(text: str | None, width: float) -> float:
    """The height of a row that shows all of a wrapped text: not every program works it out."""
    lines = (text or "").split("\n")
    return 2 + 13 * sum(1 + int(len(line) / (1.1 * width)) for line in lines)


def _pages(columns: Sequence[Column], frozen: int) -> int:
    """How many sheets of paper wide; the frozen columns stand on each."""
    kept = int(sum(one.width for one in columns[:frozen]))
    rest = int(sum(one.width for one in columns[frozen:]))
    return -(-rest // (PAGE_WIDTH - kept))


class Book:
    """One workbook. `streams`: rows leave memory once written, and no strings are shared."""

    def __init__(self, words: Words, *, streams: bool = False) -> None:
        self.words = words
        self._file = io.BytesIO()
        self.file = xlsxwriter.Workbook(self._file, {"constant_memory": streams})
        self._looks: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._quoted: dict[Format, Format] = {}
        behind = words.behind
        known_at = datetime.fromisoformat(behind.known_at).replace(tzinfo=None, microsecond=0)
        self.file.set_properties({"title": behind.programme["code"], "created": known_at})
        self._numbers: dict[int, Format] = {}
        self._verdicts: dict[str, tuple[str, Format]] = {
            code: (
                words.verdicts[code],
                self.look(bg_color=fill, font_color=ink, shrink=True, **_TEXT),
            )
            for code, (_, family) in LOOKS.items()
            for fill, ink in [FILLS[family]]
        }

    def look(self, **given: Any) -> Format:
        """A cell's look; the same one for the same properties."""
        key = tuple(sorted(given.items()))
        if key not in self._looks:
            made = self._looks[key] = self.file.add_format(_BODY | given)
            self._quoted[made] = self.file.add_format(_BODY | given | {"quote_prefix": True})
        return self._looks[key]

    def close(self) -> bytes:
        self.file.close()
        return self._file.getvalue()

    def sheet(self, name: str, title: str, lines: Iterable[str]) -> Opened:
        """A sheet with its title block."""
        words, behind = self.words, self.words.behind
        sheet = self.file.add_worksheet(words.say(f"sheet.{name}"))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        place = f"{behind.programme['code']} · {', '.join(behind.periods)}"[:120]
        sheet.set_footer(f"&L{place}&C{words.say('page')} &P/&N&R{words.at(behind.known_at)}")
        sheet.set_row(0, 24)
        self.text(sheet, (0, 0), title, self.look(font_size=16, bold=True, font_color=BRAND))
        row, said = 1, [*words.head(), *lines]
        if behind.demonstration:
            mark = words.say("demonstration")
            sheet.set_header(f'&C&"Arial,Bold"&K8A1A1A{mark}')
            self.text(sheet, (row, 0), mark, self.look(bold=True, font_color="#B32A23"))
            row += 1
        for line in said:
            self.text(sheet, (row, 0), line, self.look())
            row += 1
        return Opened(sheet, row + 1)

    def text(self, sheet: Worksheet, at: tuple[int, int], text: str, look: Format) -> None:
        """As text whatever it looks like, also after somebody has edited the cell."""
        if is_formula(text):
            look = self._quoted[look]
        if text.startswith("<r>") and text.endswith("</r>"):
            # The writer passes such a text on as markup: it is given the markup of a plain one.
            text = f'<r><t xml:space="preserve">{escape(text, quote=False)}</t></r>'
        sheet.write_string(*at, text[:MOST_TEXT], look)

    def heading(self, sheet: Worksheet, at: tuple[int, int], text: str) -> None:
        self.text(sheet, at, text, self.look(**_HEADING))

    def verdict(self, sheet: Worksheet, at: tuple[int, int], code: str) -> None:
        sheet.write_string(*at, *self._verdicts[code])

    def number(self, sheet: Worksheet, at: tuple[int, int], figure: Decimal | int) -> None:
        """With the decimals that it is shown with; as text where a spreadsheet would round it."""
        written = f"{figure:f}" if isinstance(figure, Decimal) else str(figure)
        if len(written) > MOST_DIGITS and len(written.strip("-0.").replace(".", "")) > MOST_DIGITS:
            self.text(sheet, at, written, self.look(align="right", **_LINED))
            return
        decimals = len(written.partition(".")[2])
        look = self._numbers.get(decimals)
        if look is None:
            shown = "#,##0." + "0" * decimals if decimals else "#,##0"
            look = self._numbers[decimals] = self.look(num_format=shown, **_LINED)
        sheet.write_number(*at, figure, look)

    def lay(
        self,
        at: Opened,
        columns: Sequence[Column],
        rows: Iterable[Any],
        *,
        frozen: int = 0,
        groups: Sequence[Group] = (),
    ) -> Laid:
        """A table: its keys in a hidden row, its headings, its rows; `frozen` columns stay."""
        sheet, top = at
        header = self._head(sheet, top, columns, groups)
        last = self._rows(sheet, header + 1, columns, rows)
        if last == header:
            self.text(sheet, (header + 1, 0), self.words.say("nothing"), self.look(italic=True))
        sheet.autofilter(header, 0, max(last, header), len(columns) - 1)
        sheet.freeze_panes(header + 1, frozen)
        sheet.repeat_rows(top, header)
        sheet.fit_to_pages(pages := _pages(columns, frozen), 0)
        if pages > 1 and frozen:
            sheet.repeat_columns(0, frozen - 1)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            if column.bar and last > header:
                sheet.conditional_format(header + 1, place, last, place, _BAR)
        return Laid(header, last)

    def _head(
        self, sheet: Worksheet, top: int, columns: Sequence[Column], groups: Sequence[Group]
    ) -> int:
        sheet.set_row(top, None, None, {"hidden": True})
        for place, column in enumerate(columns):
            self.text(sheet, (top, place), column.key, self.look(font_color=SOFT))
        header = top + 1
        if groups:
            sheet.set_row(header, 48)
            for group in groups:
                ends = (header, group.first, header, group.last)
                sheet.merge_range(*ends, "", self.look(**_HEADING))
                self.heading(sheet, (header, group.first), group.text)
            header += 1
        sheet.set_row(header, 42)
        for place, column in enumerate(columns):
            heading = self.words.column(column.heading or column.key)
            self.heading(sheet, (header, place), heading)
        return header

    def _rows(
        self, sheet: Worksheet, first: int, columns: Sequence[Column], rows: Iterable[Any]
    ) -> int:
        """The number of the last row written; the one before `first` where there was none."""
        number = first - 1
        plain, wrapped = self.look(**_TEXT), self.look(text_wrap=True, **_TEXT)
        wrapping = [one for one in columns if one.wrap]
        for number, row in enumerate(rows, first):
            if wrapping:
                sheet.set_row(number, max(tall(one.read(row), one.width) for one in wrapping))
            for place, column in enumerate(columns):
                value = column.read(row)
                if value is None:
                    sheet.write_blank(number, place, None, plain)
                elif column.verdict:
                    self.verdict(sheet, (number, place), value)
                elif isinstance(value, str):
                    self.text(sheet, (number, place), value, wrapped if column.wrap else plain)
                elif isinstance(value, datetime):
                    sheet.write_datetime(number, place, value, self.look(**_INSTANT))
                else:
                    self.number(sheet, (number, place), value)
        return number
