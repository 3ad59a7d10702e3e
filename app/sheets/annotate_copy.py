"""A source that is no .xlsx comes back as one: the same cells at the same addresses, marked."""

import io
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.sheets.cells import Cell, CellKind, Row, SheetFacts
from app.sheets.marks import clean, is_errors_sheet

_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$")
_LONGEST_NAME = 31
_DAY = "dd/mm/yyyy"
_FIRST_YEAR = 1900
MADE = datetime(2024, 1, 1)  # noqa: DTZ001 - the same bytes for the same file


def plain_copy(
    sheets: Iterable[tuple[SheetFacts, Iterable[Row]]],
) -> tuple[bytes, dict[str, str]]:
    """Values, number formats, hidden rows and sheets, and what each sheet is called now.

    A list of faults among the sheets is ours of before, and left out. Every text stays a text:
    nothing that a sender typed becomes a formula or a link.
    """
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"constant_memory": True})
    book.set_properties({"created": MADE})
    names: dict[str, str] = {}
    formats: dict[str, Format] = {}
    for facts, rows in sheets:
        reading = iter(rows)
        first = list(islice(reading, 1))
        if any(is_errors_sheet(row.cells[1].value) for row in first if 1 in row.cells):
            continue
        names[facts.title] = _sheet_name(facts.title, names.values())
        sheet = book.add_worksheet(names[facts.title])
        if facts.hidden:
            sheet.hide()
        for row in chain(first, reading):
            if row.hidden:
                sheet.set_row(row.number - 1, None, None, {"hidden": True})
            for column, cell in sorted(row.cells.items()):
                form = _format(book, formats, cell)
                _write(sheet, (row.number - 1, column - 1), cell, form)
    book.close()
    return written.getvalue(), names


def _sheet_name(title: str, taken: Iterable[str]) -> str:
    """As an .xlsx can have it: 31 characters, some not allowed, no two alike."""
    wanted = _NOT_IN_A_NAME.sub("_", clean(title))[:_LONGEST_NAME] or "_"
    there = {name.casefold() for name in taken}
    name, number = wanted, 2
    while name.casefold() in there:
        ending = f" ({number})"
        name, number = wanted[: _LONGEST_NAME - len(ending)] + ending, number + 1
    return name


def _format(book: xlsxwriter.Workbook, known: dict[str, Format], cell: Cell) -> Format | None:
    form = _DAY if cell.kind is CellKind.DATE and cell.format == "General" else cell.format
    if form == "General":
        return None
    if form not in known:
        known[form] = book.add_format({"num_format": form})
    return known[form]


def _write(sheet: Worksheet, at: tuple[int, int], cell: Cell, form: Format | None) -> None:
    if cell.kind is CellKind.NUMBER:
        sheet.write_number(*at, Decimal(cell.value), form)
    elif cell.kind is CellKind.YES_NO:
        sheet.write_boolean(*at, cell.value == "true", form)
    elif cell.kind is CellKind.DATE and (when := _moment(cell.value)):
        sheet.write_datetime(*at, when, form)
    else:
        sheet.write_string(*at, clean(cell.value), form)


def _moment(told: str) -> datetime | None:
    """None for what Excel's calendar does not hold: a length of time, years before 1900."""
    with suppress(ValueError):
        when = datetime.fromisoformat(told)
        return when if when.year >= _FIRST_YEAR and when.tzinfo is None else None
    return None
