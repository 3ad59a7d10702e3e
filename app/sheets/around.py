"""A cell with what stands around it, for whoever asks where a figure or a fault came from."""

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


def around(book: Book, sheet: str, at: tuple[int, int]) -> Window | None:
    """`at` is (row, column). None: there is no such sheet."""
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
        return _window(top, near, column)
    return None


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
