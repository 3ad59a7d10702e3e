"""Workbooks as programs fill them: our keys, and whatever a test puts under them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONG_KEYS = (
    "unit",
    "target",
    "numerator",
    "denominator",
    "percent",
    "done",
    "not_applicable",
    "note",
)
FIRST_ROW = 7  # keys in row 5, what people see in row 6


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _begun(template: str | None) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Báo cáo"
    sheet["C1"] = "BÁO CÁO"
    if template is not None:
        properties: Any = getattr(book, "custom_doc_props")  # noqa: B009 - not in the stubs
        properties.append(StringProperty(name="chitieu_template", value=template))
    return book


def long_form(
    lines: Sequence[tuple[str, str, Mapping[str, Any]]],
    template: str | None = "NC-2024/2024@1",
    keys: Sequence[str] = LONG_KEYS,
) -> bytes:
    """One row a line (unit, target, fields); the first is row 7, numerators in column C."""
    book = _begun(template)
    sheet = book["Báo cáo"]
    for column, key in enumerate(keys, 1):
        sheet.cell(5, column, key)
        sheet.cell(6, column, None if key in ("unit", "target") else key.title())
    for row, (unit, target, fields) in enumerate(lines, FIRST_ROW):
        for column, key in enumerate(keys, 1):
            value = {"unit": unit, "target": target, **fields}.get(key)
            sheet.cell(row, column, value)
    sheet.row_dimensions[5].hidden = True
    return saved(book)


def wide_form(
    rows: Mapping[str, Mapping[str, Any]], template: str | None = "NC-2024/2024@1"
) -> bytes:
    """One row a unit; fields as "NC2.numerator". Row 7 is the first, column A the hidden code."""
    book = _begun(template)
    sheet = book["Báo cáo"]
    keys = ["unit", *dict.fromkeys(key for fields in rows.values() for key in fields)]
    for column, key in enumerate(keys, 1):
        sheet.cell(5, column, key)
    for row, (unit, fields) in enumerate(rows.items(), FIRST_ROW):
        sheet.cell(row, 1, unit)
        for column, key in enumerate(keys[1:], 2):
            sheet.cell(row, column, fields.get(key))
    return saved(book)
