"""A cell with what stands around it, for whoever asks where a figure or a fault came from."""

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from app.sheets.cells import Book, CellKind, Row, letters

# The fullest rows at the top of a sheet hold its headings, the columns at its left its names.
HEADINGS, NAMES, TOP = 2, 4, 12
ROWS_BESIDE, COLUMNS_BESIDE = 2, 3
LONGEST = 120


class Window(NamedTuple):
    """A part of a sheet: its columns by letter, and its rows by number, each with what stands in
    its cells: "" for nothing, "ƒ" for a formula that nobody has worked out."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


class Told(NamedTuple):
    """What of a sheet one report tells, by (row, column) and as figures; and the first row and
    column that any value of the file was taken from: headings stand above, names to the left."""

    cells: Collection[tuple[int, int]]
    figures: Collection[int]
    first: tuple[int, int]


def around(book: Book, sheet: str, at: tuple[int, int], only: Told | None = None) -> Window | None:
    """`at` is (row, column). `only`: nothing but what that report tells, with its headings and the
    names in its row. None: there is no such sheet."""
    row, column = at
    for facts, rows in book.sheets:
        if facts.title != sheet:
            continue
        top: list[Row] = []
        near: list[Row] = []
        for one in rows:
            if one.number > row + ROWS_BESIDE:
                break
            if one.number <= TOP:
                top.append(one)
            if one.number >= row - ROWS_BESIDE:
                near.append(one)
        return _window(top, near, column) if only is None else _cross(top, near, at, only)
    return None


def _cross(top: list[Row], near: list[Row], at: tuple[int, int], only: Told) -> Window:
    """The names and figures of the cell's row, and the headings over them."""
    place, column = at
    first_row, first_column = only.first
    own = next((one for one in near if one.number == place), Row(place, {}))
    figures = {column, *(one for one in own.cells if _is_told(own, one, only))}
    above = [
        one
        for one in top
        if one.number < first_row and not one.hidden and any(_says(one, at) for at in figures)
    ]
    heads = sorted(sorted(above, key=lambda one: -len(one.cells))[:HEADINGS])
    columns = sorted(
        figures | {one for one in range(1, min(NAMES + 1, first_column)) if _says(own, one)}
    )
    lines = [
        (row.number, [_text(row, one) if _says(row, one) else "" for one in columns])
        for row in heads
    ]
    lines.append((place, [_text(own, one) for one in columns]))
    return Window([letters(one) for one in columns], lines)


def _says(row: Row, column: int) -> bool:
    """Whether words stand there, and no figure."""
    cell = row.cells.get(column)
    return cell is not None and cell.kind is CellKind.TEXT


def _is_told(row: Row, column: int, only: Told) -> bool:
    if (row.number, column) in only.cells:
        return True
    cell = row.cells[column]
    try:
        return cell.kind is CellKind.NUMBER and Decimal(cell.value) in only.figures
    except InvalidOperation:
        return False


def _window(top: list[Row], near: list[Row], column: int) -> Window:
    fullest = sorted(top, key=lambda one: -len(one.cells))[:HEADINGS]
    chosen = {one.number: one for one in [*(one for one in fullest if not one.hidden), *near]}
    first, last = max(1, column - COLUMNS_BESIDE), column + COLUMNS_BESIDE
    columns = sorted({*range(1, NAMES + 1), *range(first, last + 1)})
    filled = [
        one for one in columns if one == column or any(one in row.cells for row in chosen.values())
    ]
    return Window(
        [letters(one) for one in filled],
        [(number, [_text(chosen[number], one) for one in filled]) for number in sorted(chosen)],
    )


def _text(row: Row, column: int) -> str:
    cell = row.cells.get(column)
    if cell is None:
        return ""
    return "ƒ" if cell.kind is CellKind.UNCALCULATED else cell.value[:LONGEST]
