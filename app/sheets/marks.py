"""What is wrong in which cell, and how our own marks are known again when a file comes back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.text import nfc
from app.sheets.cells import address

# Constants, not sentences: whatever language wrote them, whoever saved the file since.
ERRORS_SHEET_MARK = "CHỈ TIÊU – DANH SÁCH LỖI"
ERRORS_SHEET_NAME = "Lỗi"
NOTE_AUTHOR = "Chỉ tiêu"
NOTE_MARK = "── Chỉ tiêu ──"

LONGEST_TEXT = 32_767
LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Mark(NamedTuple):
    """One fault. `at` is (row, column); None: the sheet or the file as a whole."""

    sheet: str
    at: tuple[int, int] | None
    unit: str
    target: str
    value: str
    expected: str
    message: str

    @property
    def cell(self) -> str:
        return address(*self.at) if self.at else ""


def is_errors_sheet(first_cell_text: str) -> bool:
    """Whether a sheet whose A1 says this is the list of faults that we put into a file."""
    return nfc(first_cell_text).strip() == ERRORS_SHEET_MARK


def column_number(name: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def place(cell: str) -> tuple[int, int] | None:
    """F17 is (17, 6); None for what names no cell of a sheet."""
    found = _CELL.fullmatch(cell)
    if not found:
        return None
    row, column = int(found[2]), column_number(found[1])
    return (row, column) if row <= LAST_ROW and column <= LAST_COLUMN else None


def clean(text: object) -> str:
    """As a cell can hold it: no control characters but line ends and tabs, bounded; None is ""."""
    kept = "" if text is None else _NOT_XML.sub("", str(text))
    # Excel counts in UTF-16.
    return kept.encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def marks_of(sent: Sequence[Mapping[str, Any]]) -> list[Mark]:
    """As they come through the pipe."""
    told = ("unit", "target", "value", "expected", "message")
    return [
        Mark(
            clean(mark.get("sheet")),
            place(str(mark.get("cell") or "").upper()),
            *(clean(mark.get(field)) for field in told),
        )
        for mark in sent
    ]
