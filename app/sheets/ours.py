"""Our own workbooks: found by their hidden row of machine keys, read row by row.

Long form: `unit, target, numerator, …`, one row a target. Wide form: `unit` and `<target>.<field>`,
one row a unit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

from app.domain.errors import Fault
from app.domain.text import nfc
from app.schemas.imports import FieldName, PlacedFault, Where
from app.sheets.cells import Cell, CellKind, Placed, RawLine, Row, address, letters
from app.sheets.reading import as_written, is_blank

DATA_SHEET = "Báo cáo"
FIELDS = frozenset(get_args(FieldName))
LAST_KEY_ROW, LONGEST_KEY, LONGEST_CODE = 60, 100, 40
# What heads a column of codes; any other heading is told from a code by its letters.
MOST_HEADINGS = 2
_HEADING = re.compile(r"unit|units|target|targets|code|(unit|target) code", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BLOCK = re.compile(r"(?P<target>[A-Za-z0-9][A-Za-z0-9._-]*)\.(?P<field>[a-z_]+)")
_TEMPLATE = re.compile(
    r"(?P<programme>[A-Za-z0-9._-]{1,40})/(?P<period>[A-Za-z0-9-]{1,10})@(?P<version>[0-9]{1,6})"
)
_TOTALS = re.compile(r"(tổng )?cộng( chung)?|tổng( số| chung)?|toàn quốc|cả nước|total")


@dataclass(frozen=True, slots=True)
class Template:
    """Which template a workbook says it is: NC-2024/2024@1."""

    programme: str
    period: str
    version: int

    def __str__(self) -> str:
        return f"{self.programme}/{self.period}@{self.version}"


def template_of(said: str | None) -> Template | None:
    """Out of the document property, or out of a cell such as "Mẫu: NC-2024/2024@1"."""
    match = _TEMPLATE.search(said or "")
    if match is None:
        return None
    return Template(match["programme"], match["period"], int(match["version"]))


@dataclass(frozen=True)
class Layout:
    """Where things stand in one of our sheets. `columns` by column: (target, field); target None in
    the long form, where `target_column` holds it. `doubtful`: a key stands twice, so that no figure
    can be attributed for certain."""

    sheet: str
    key_row: int
    unit_column: int
    target_column: int | None
    columns: Mapping[int, tuple[str | None, str]]
    unknown: tuple[PlacedFault, ...] = ()
    template: Template | None = None
    doubtful: bool = False

    @property
    def named(self) -> tuple[int | None, ...]:
        """The columns of codes."""
        return (self.unit_column, self.target_column)

    @cached_property
    def _of_target(self) -> Mapping[str | None, dict[str, int]]:
        found: dict[str | None, dict[str, int]] = {}
        for column, (code, name) in self.columns.items():
            found.setdefault(code, {})[name] = column
        return found

    def columns_of(self, target: str) -> Mapping[str, int]:
        """By field, in which column a line of the target has its cell."""
        found = self._of_target
        return found.get(None) or found.get(target, {})


def layout_in(sheet: str, rows: Iterable[Row]) -> Layout | None:
    """The layout of a sheet by its first rows; None: these are not our keys."""
    template = None
    for row in rows:
        said = {
            column: cell.value.strip()
            for column, cell in row.cells.items()
            if len(cell.value) <= LONGEST_KEY
        }
        template = template or next(filter(None, map(template_of, said.values())), None)
        if "unit" in said.values():
            found = _keys(sheet, row.number, said, template)
            if found is not None:
                return found
    return None


def _keys(
    sheet: str, row: int, said: Mapping[int, str], template: Template | None
) -> Layout | None:
    columns: dict[int, tuple[str | None, str]] = {}
    unknown: list[PlacedFault] = []
    target_column = next((column for column, key in said.items() if key == "target"), None)
    for column, key in said.items():
        block = _BLOCK.fullmatch(key)
        if key in ("unit", "target"):
            continue
        if target_column is not None and key in FIELDS:
            columns[column] = (None, key)
        elif target_column is None and block is not None and block["field"] in FIELDS:
            columns[column] = (block["target"], block["field"])
        else:
            facts = {"reason": "unknown_key", "value": key[:60]}
            at = Where(sheet, address(row, column))
            unknown.append(PlacedFault(at, Fault("", "invalid", facts), key[:60]))
    twice = [key for key in said.values() if list(said.values()).count(key) > 1]
    if not columns:
        return None
    for column, key in said.items():
        if key in twice:
            at = Where(sheet, address(row, column))
            unknown.append(PlacedFault(at, Fault("", "duplicate_row", {"value": key}), key))
    unit_column = next(column for column, key in said.items() if key == "unit")
    return Layout(
        sheet, row, unit_column, target_column, columns, tuple(unknown), template, bool(twice)
    )


@dataclass
class Lines:
    """The lines of our sheet, read in one pass; `faults` are of rows that name no unit, `warnings`
    of words among them."""

    layout: Layout
    rows: Iterable[Row]
    faults: list[PlacedFault] = field(default_factory=list)
    warnings: list[PlacedFault] = field(default_factory=list)

    def __iter__(self) -> Iterator[RawLine]:
        heading = True
        for row in self.rows:
            if row.number <= self.layout.key_row:
                continue
            unit = _text(row.cells.get(self.layout.unit_column))
            target = self._target(row)
            heading = heading and self._heads(row, unit or target)
            if heading and (unit or target):
                continue
            if max(len(unit), len(target)) > LONGEST_CODE:
                self._lost(row, "code_too_long", {"value": (unit + target)[:LONGEST_CODE]})
            elif unit and (target or self.layout.target_column is None):
                yield from self._of_row(row, unit, target)
            else:
                self._nameless(row, unit)

    def _heads(self, row: Row, said: str) -> bool:
        """What people see above the rows, right below the hidden keys; figures head nothing."""
        if not self._is_heading(row) or any(self._figures(row)):
            return False
        return not said or not _CODE.fullmatch(said) or _HEADING.fullmatch(said) is not None

    def _is_heading(self, row: Row) -> bool:
        return row.number <= self.layout.key_row + MOST_HEADINGS

    def _figures(self, row: Row) -> Iterator[int]:
        for column, cell in sorted(row.cells.items()):
            if cell.kind is CellKind.NUMBER and column in self.layout.columns:
                yield column

    def _target(self, row: Row) -> str:
        column = self.layout.target_column
        return "" if column is None else _text(row.cells.get(column))

    def _of_row(self, row: Row, unit: str, target: str) -> Iterator[RawLine]:
        lines: dict[str, dict[str, Placed]] = {}
        for column, cell in row.cells.items():
            key = self.layout.columns.get(column)
            if key is not None and not is_blank(cell):
                placed = Placed(row.number, column, cell)
                lines.setdefault(key[0] or target, {})[key[1]] = placed
        label = self._label(row) if lines else None
        for code, fields in lines.items():
            at = (row.number, next(iter(fields.values())).column)
            yield RawLine(self.layout.sheet, unit, code, at, fields, label)

    def _label(self, row: Row) -> Placed | None:
        """The first words in the row that have no key: the name that people see."""
        for column, cell in sorted(row.cells.items()):
            keyed = column in self.layout.columns or column in self.layout.named
            if not keyed and cell.kind is CellKind.TEXT and cell.value.strip():
                return Placed(row.number, column, cell)
        return None

    def _nameless(self, row: Row, unit: str) -> None:
        """Figures in a row without its hidden key are never dropped in silence; words are, with a
        warning: signatures and notes stand below a table."""
        if _is_total(row, self.layout):
            return
        column = self.layout.target_column if unit else self.layout.unit_column
        self._lost(row, "row_without_key", {"column": letters(column or 1)})

    def _lost(self, row: Row, reason: str, facts: dict[str, str]) -> None:
        filled = [
            column
            for column, cell in sorted(row.cells.items())
            if column in self.layout.columns and not is_blank(cell)
        ]
        if not filled:
            return
        figures = list(self._figures(row))
        at = (figures or filled)[0]
        fault = Fault("", "invalid", {"reason": reason, **facts})
        where = Where(self.layout.sheet, address(row.number, at))
        said = as_written(row.cells[at])
        if figures:
            self.faults.append(PlacedFault(where, fault, said, values=1))
        elif reason != "row_without_key" or not self._is_heading(row):
            self.warnings.append(PlacedFault(where, Fault("", "row_not_read"), said))


def _text(cell: Cell | None) -> str:
    return nfc(cell.value.strip()) if cell is not None and cell.kind is not CellKind.ERROR else ""


def _is_total(row: Row, layout: Layout) -> bool:
    """The closing "Tổng cộng" row, ours or the sender's: no unit."""
    return any(
        cell.kind is CellKind.TEXT and _TOTALS.fullmatch(_plain(cell.value))
        for column, cell in row.cells.items()
        if column not in layout.columns
    )


def _plain(text: str) -> str:
    """Lower case, single spaces, no closing colon: "TỔNG  CỘNG:" as "tổng cộng"."""
    return " ".join(nfc(text).lower().split()).rstrip(" :.")
