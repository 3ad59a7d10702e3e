"""What stands in a workbook, cell by cell, as it was read: nothing is judged yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class CellKind(StrEnum):
    NUMBER = "n"
    TEXT = "t"
    YES_NO = "b"
    DATE = "d"
    ERROR = "e"
    UNCALCULATED = "u"


class Cell(NamedTuple):
    """One filled cell. `value` is text whatever the kind, so that no float comes near a figure.

    A number is the shortest decimal that its binary form stands for ("0.9", "12", "1e+20"): what
    was typed. A yes/no is "true" or "false", a date ISO, an error as shown ("#DIV/0!"), a formula
    without a cached value the formula. `format` is the number format; `font` the font's name where
    it is one of a legacy Vietnamese encoding (".VnTime", "VNI-Times"), else None.
    """

    kind: CellKind
    value: str
    format: str = "General"
    font: str | None = None


class Row(NamedTuple):
    """A row with something in it; `number` and the columns count from 1."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """`merged` are ranges such as "B4:D4"."""

    title: str
    hidden: bool = False
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook while it is being read: sheets in order, each with its rows in order, once.

    `form` is what the bytes are ("xlsx", "xls", "ods", "csv"), whatever the file is called;
    `template` is the custom document property that our templates carry, None elsewhere.
    """

    form: str
    template: str | None
    sheets: Iterator[tuple[SheetFacts, Iterator[Row]]]


class Grid(NamedTuple):
    """A sheet that is whole in memory."""

    facts: SheetFacts
    rows: tuple[Row, ...]


class Placed(NamedTuple):
    """A cell and where it stands in its sheet."""

    row: int
    column: int
    cell: Cell


class RawLine(NamedTuple):
    """What a file fills for one unit and target, by the contract's field names, unread.

    `at` is the cell (row, column) that a fault of the line as a whole is shown at: where its unit
    or target is named, or, where that is hidden, its first filled cell. `label` is what people read
    in the row as its name, beside a hidden code; None where there is none.
    """

    sheet: str
    unit: str
    target: str
    at: tuple[int, int]
    fields: Mapping[str, Placed]
    label: Placed | None = None


def letters(column: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address(row: int, column: int) -> str:
    """(17, 6) is F17."""
    return f"{letters(column)}{row}"
