"""Lines held until their unit's others have been read: a long file waits on disk, not in memory."""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby

import orjson

from app.schemas.imports import LineSent
from app.sheets.cells import Cell, CellKind, Placed, RawLine

# The centre's consolidated sheet, 84 units by 40 targets, still fits.
MOST_IN_MEMORY = 4_000
BATCH = 1_000
_TABLE = """
    CREATE TABLE line (place INTEGER PRIMARY KEY, unit TEXT, target TEXT, sheet TEXT, packed BLOB)
"""
_ADD = "INSERT INTO line (unit, target, sheet, packed) VALUES (?, ?, ?, ?)"
_FIRST = "SELECT unit, min(place) AS first FROM line GROUP BY unit"
_IN_ORDER = f"""
    SELECT line.unit, target, sheet, packed FROM line JOIN ({_FIRST}) AS of ON of.unit = line.unit
    ORDER BY of.first, place
"""  # noqa: S608 - our own words
_OF_UNIT = "SELECT unit, target, sheet, packed FROM line WHERE unit = ? ORDER BY place"


class Held:
    """Lines by unit, in the order of their first row. `made` turns a raw line into a contract,
    None where nothing is filled: at once for the first ones, for the rest when they are asked for.
    """

    def __init__(self, made: Callable[[RawLine], LineSent | None]) -> None:
        self._made = made
        self._near: dict[str, list[LineSent]] = {}
        self._number = 0
        self._waiting: list[tuple[str, str, str, bytes]] = []
        self._far: sqlite3.Connection | None = None

    def add(self, raw: RawLine) -> None:
        self._number += 1
        if self._number > MOST_IN_MEMORY:
            self._waiting.append((raw.unit, raw.target, raw.sheet, _packed(raw)))
            if len(self._waiting) == BATCH:
                self._spill()
            return
        line = self._made(raw)
        if line is not None:
            self._near.setdefault(raw.unit, []).append(line)

    def units(self) -> Iterator[tuple[str, list[LineSent]]]:
        """Every unit with all its filled lines; a unit that fills nothing is left out."""
        self._spill()
        if self._far is not None:
            self._far.execute("CREATE INDEX IF NOT EXISTS of_unit ON line (unit)")
        for unit, lines in self._near.items():
            more = self._far.execute(_OF_UNIT, (unit,)) if self._far else ()
            yield unit, [*lines, *self._unpacked(more)]
        if self._far is None:
            return
        for unit, rows in groupby(self._far.execute(_IN_ORDER), key=lambda row: str(row[0])):
            if unit not in self._near and (told := list(self._unpacked(rows))):
                yield unit, told

    def _spill(self) -> None:
        if not self._waiting:
            return
        if self._far is None:
            # An empty name is a temporary file of SQLite's own, gone with the connection.
            self._far = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._far.execute(_TABLE)
        self._far.execute("BEGIN")
        self._far.executemany(_ADD, self._waiting)
        self._far.execute("COMMIT")
        self._waiting.clear()

    def _unpacked(self, rows: object) -> Iterator[LineSent]:
        for unit, target, sheet, packed in rows:  # type: ignore[attr-defined]
            at, fields, label = orjson.loads(packed)
            placed = {
                name: Placed(row, column, _cell(*rest)) for name, row, column, *rest in fields
            }
            name = label and Placed(label[0], label[1], _cell(*label[2:]))
            line = self._made(RawLine(sheet, unit, target, tuple(at), placed, name))
            if line is not None:
                yield line


def _packed(raw: RawLine) -> bytes:
    fields = [(name, one.row, one.column, *one.cell) for name, one in raw.fields.items()]
    label = raw.label and (raw.label.row, raw.label.column, *raw.label.cell)
    return orjson.dumps((raw.at, fields, label))


def _cell(kind: str, value: str, number_format: str, font: str | None) -> Cell:
    return Cell(CellKind(kind), value, number_format, font)
