"""Reading .xls, in the child: xlrd keeps number formats, errors, fonts and what is hidden."""

from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import xlrd

from app.domain.errors import NotAWorkbook, WorkbookRejected
from app.sheets.cells import SheetFacts, address
from app.sheets.child_out import Line, Out, Styles, legacy, line, number_text
from app.sheets.child_xlsx import date_text
from app.sheets.screen import Limits

OLE = b"\xd0\xcf\x11\xe0"
# Excel 2 to 5 wrote the stream bare: a record "beginning of file" of one of these kinds.
BARE = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
STREAMS = {
    "EncryptedPackage": "encrypted",
    "EncryptionInfo": "encrypted",
    "_VBA_PROJECT_CUR": "macros",
    "_VBA_PROJECT": "macros",
}


def is_bare(head: bytes) -> bool:
    return head[:2] in BARE and head[3:4] == b"\0"


def read(data: bytes, limits: Limits, out: Out) -> None:
    if data.startswith(OLE):
        _check_streams(data)
    book = _opened(data)
    if book.nsheets > limits.most_sheets:
        raise WorkbookRejected(reason="too_many_sheets", most=limits.most_sheets)
    out.book("xls", None, _styles(book))
    for place in range(book.nsheets):
        sheet = book.sheet_by_index(place)
        merged = tuple(_merged(sheet, limits))
        out.sheet(SheetFacts(sheet.name, bool(sheet.visibility), merged))
        if sheet.nrows > limits.most_rows:
            raise WorkbookRejected(reason="too_many_rows", most=limits.most_rows)
        for row in range(sheet.nrows):
            hidden = row in sheet.rowinfo_map and bool(sheet.rowinfo_map[row].hidden)
            out.row(row + 1, _line(book, sheet, row, limits), hidden)
        book.unload_sheet(place)


def _check_streams(data: bytes) -> None:
    try:
        names = {entry.name for entry in xlrd.compdoc.CompDoc(data, logfile=StringIO()).dirlist}
    except (xlrd.compdoc.CompDocError, IndexError, ValueError) as broken:
        raise WorkbookRejected(reason="damaged", part="") from broken
    for name, reason in STREAMS.items():
        if name in names:
            raise WorkbookRejected(**{"reason": reason})
    if not names & {"Workbook", "Book"}:
        raise NotAWorkbook(reason="other_ole")


def _opened(data: bytes) -> Any:
    try:
        return xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, logfile=StringIO()
        )
    except xlrd.XLRDError as wrong:
        reason = "encrypted" if "encrypted" in str(wrong) else "damaged"
        raise WorkbookRejected(**{"reason": reason, "part": ""}) from wrong


def _styles(book: Any) -> Styles:
    return [
        (
            book.format_map[style.format_key].format_str,
            legacy(book.font_list[style.font_index].name),
        )
        for style in book.xf_list
    ] or [("General", None)]


def _merged(sheet: Any, limits: Limits) -> Iterator[str]:
    area = 0
    for top, bottom, left, right in sheet.merged_cells:
        bottom_in, right_in = min(bottom, limits.most_rows), min(right, limits.most_columns)
        area += (bottom_in - top) * (right_in - left)
        if len(sheet.merged_cells) > limits.most_merges or area > limits.merged_area:
            raise WorkbookRejected(reason="merged")
        if top < bottom_in and left < right_in:
            yield f"{address(top + 1, left + 1)}:{address(bottom_in, right_in)}"


def _line(book: Any, sheet: Any, row: int, limits: Limits) -> Line:
    filled = line()
    for column, cell in enumerate(sheet.row(row), 1):
        found = _kind_and_value(book, cell)
        if found is None:
            continue
        if column > limits.most_columns:
            raise WorkbookRejected(reason="too_many_columns", most=limits.most_columns)
        filled.columns.append(column)
        filled.kinds.append(found[0])
        filled.values.append(found[1])
        filled.styles.append(cell.xf_index or 0)
    return filled


def _kind_and_value(book: Any, cell: Any) -> tuple[str, str] | None:
    value = cell.value
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return ("t", value) if value else None
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return "n", number_text(value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _date(value, book.datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "b", "true" if value else "false"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return "e", xlrd.error_text_from_code.get(value, "#VALUE!")
    return None


def _date(value: float, datemode: int) -> tuple[str, str]:
    with suppress(ValueError, OverflowError):
        when = xlrd.xldate.xldate_as_datetime(value, datemode)
        return "d", date_text(when if value >= 1 else when.time())
    return "e", "#VALUE!"
