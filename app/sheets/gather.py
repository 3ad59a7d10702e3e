"""The figures of a foreign sheet as lines of the contract, by the roles of its rows and columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import Fault
from app.domain.targets import ValueKind
from app.schemas.imports import PlacedFault
from app.sheets.axes import Axes, Axis, Reader
from app.sheets.cells import Cell, CellKind, Placed, RawLine, letters
from app.sheets.headers import suggestion
from app.sheets.layout import At, Sheet
from app.sheets.legacy import converted, decoded, looks_legacy, of_font
from app.sheets.reading import is_blank, shown_by
from app.sheets.roles import CERTAIN, Reading, Role, told
from app.sheets.subject import Subject
from app.sheets.words import field_for

# A figure under such a role is left out, and the sender is told so.
_TOLD = frozenset({"unread", "plan", "other_period", "computed", "group"})
_WORDED = frozenset({ValueKind.YES_NO, ValueKind.NARRATIVE})


@dataclass
class _Line:
    at: At
    by: Role
    fields: dict[str, Placed] = field(default_factory=dict)
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """How a sheet is to be read."""

    sheet: Sheet
    reader: Reader
    axes: Axes
    subject: Subject
    columns: Mapping[int, Role]
    rows: Mapping[int, Role]


@dataclass
class Gathering:
    """Every filled cell of a sheet, put to its line or told of; nothing falls by the way."""

    plan: Plan
    faults: list[PlacedFault] = field(default_factory=list)
    warnings: list[PlacedFault] = field(default_factory=list)
    _lines: dict[tuple[str, str], _Line] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)
    _fields: dict[tuple[str, str | None], tuple[str | None, float]] = field(default_factory=dict)

    def run(self) -> "Gathering":
        # What was told of a column once need not be looked at again.
        live = {c: role for c, role in self.plan.columns.items() if _matters(role)}
        for number, role in self.plan.rows.items():
            if not _matters(role):
                continue
            for column, cell in self.plan.sheet.rows[number].cells.items():
                there = live.get(column)
                if there is None or is_blank(cell):
                    continue
                placed = Placed(number, column, cell)
                if there.reading.skip or self._says_nothing(there):
                    if self._pass(there, placed):
                        del live[column]
                elif role.reading.skip:
                    if self._pass(role, placed):
                        break
                else:
                    self._take(role, there, placed)
        if self._lines:
            self.faults[:0] = self.plan.subject.doubts
        return self

    def lines(self, *, sure: bool) -> list[RawLine]:
        held = bool(self.plan.subject.doubts)
        return [
            RawLine(self._title, unit.partition("\n")[0], target, line.at, line.fields)
            for (unit, target), line in self._lines.items()
            if (line.sure and not held) is sure
        ]

    @property
    def _title(self) -> str:
        return self.plan.sheet.grid.facts.title

    def _take(self, row: Role, column: Role, placed: Placed) -> None:
        target = column.reading.target or row.reading.target or self.plan.subject.target
        unit = row.reading.unit or column.reading.unit or self.plan.subject.unit
        if target is None:
            self._unplaced(row, column, placed)
            return
        nameless = unit is None and self.plan.axes.units is not Axis.SHEET
        if nameless and not self._tells(placed, target):
            return
        if nameless and self._named(row, column).reading.doubt is None:
            self._warn(self._named(row, column), "unnamed", placed)
            return
        self._put(row, column, (unit or "", target), placed)

    def _named(self, row: Role, column: Role) -> Role:
        """The one of the two that names the unit."""
        return column if self.plan.axes.units is Axis.COLUMNS else row

    def _put(self, row: Role, column: Role, of: tuple[str, str], placed: Placed) -> None:
        unit, target = of
        name, sure = self._field(row, column, target, placed.cell)
        key = (unit or f"\n{self._named(row, column).line}", target)
        by_unit = row if row.reading.unit or not column.reading.unit else column
        at = by_unit.at if by_unit.reading.unit or by_unit.reading.target else column.at
        line = self._lines.setdefault(key, _Line(at, by_unit))
        for role in (row, column):
            if not role.reading.certain and role.reading.doubt is not None:
                self._tell(role, role.reading.doubt)
                line.sure = False
        if not sure and row.reading.certain and column.reading.certain:
            self._doubt_field(column if column.reading.target else row, target, name)
        line.sure = line.sure and sure
        if name in line.fields:
            by = row if row.said else column
            if (by.line, "twice") not in self._told:
                self._told.add((by.line, "twice"))
                for one in (line.by, by):
                    self._tell(one, Fault("", "duplicate_row", {"value": one.said[:60]}))
            line.sure = False
            return
        line.fields[name] = self._in_unicode(placed, line)

    def _doubt_field(self, role: Role, target: str, name: str) -> None:
        if (role.line, "field") not in self._told:
            self._told.add((role.line, "field"))
            found = Reading(target=target, field=name)
            self._tell(role, suggestion(found, dict(self.plan.reader.targets), role.said))

    def _field(self, row: Role, column: Role, target: str, cell: Cell) -> tuple[str, bool]:
        """Which field a cell is, and whether that is sure; a sign of percent says it itself."""
        word = column.reading.field or row.reading.field
        if (target, word) not in self._fields:
            kind = self.plan.reader.targets[target].value_kind
            self._fields[target, word] = field_for(kind, word)
        name, confidence = self._fields[target, word]
        return (name, confidence >= CERTAIN) if name else ("percent", _is_percent(cell))

    def _in_unicode(self, placed: Placed, line: _Line) -> Placed:
        cell = placed.cell
        if cell.kind is not CellKind.TEXT or cell.value.isascii() and cell.font is None:
            return placed
        if of_font(cell.font):
            plain = decoded(cell.value, cell.font)
            return placed._replace(cell=cell._replace(value=plain, font=None))
        encoding = looks_legacy(cell.value)
        if encoding is not None:
            expected = converted(cell.value, encoding)[:60]
            facts = {"reason": "legacy_text", "encoding": encoding, "value": cell.value[:60]}
            fault = Fault("", "invalid", facts | {"expected": expected}, expected)
            self.faults.append(told(self._title, placed[:2], fault, cell.value))
            line.sure = False
        return placed

    def _unplaced(self, row: Role, column: Role, placed: Placed) -> None:
        """A figure of no target: of a heading that means none, or of a row that names none."""
        if self.plan.axes.targets is Axis.ROWS:
            if self._speaks(placed):
                self._warn(row, "skipped_row", placed)
        elif column.reading.unit is None:
            self._warn(column, "skipped_column", placed)

    def _pass(self, role: Role, placed: Placed) -> bool:
        """Tell of a figure that is left out; False while there was none."""
        rows = role.line.isdecimal()
        told = self._says_nothing(role) or self._speaks(placed)
        if told:
            self._warn(role, "skipped_row" if rows else "skipped_column", placed)
        return told

    def _says_nothing(self, column: Role) -> bool:
        """A heading that means nothing; where units head columns it is rather an unknown one."""
        found = column.reading
        unread = found.why == "unread" and not found.means and not column.corrected
        return unread and self.plan.axes.units is not Axis.COLUMNS and not column.line.isdecimal()

    def _speaks(self, placed: Placed) -> bool:
        return self.plan.sheet.is_number(placed[:2]) or any(map(str.isdigit, placed.cell.value))

    def _tells(self, placed: Placed, target: str) -> bool:
        """Whether a cell beside no known name is a figure, and not a signature's or a note's."""
        kind = self.plan.reader.targets[target].value_kind
        return kind in _WORDED or self._speaks(placed)

    def _warn(self, role: Role, reason: str, placed: Placed) -> None:
        if (role.line, reason) in self._told:
            return
        self._told.add((role.line, reason))
        code = "unknown_unit" if reason == "unnamed" else "unknown_target"
        value = role.said[:60] or letters(placed.column)
        facts = {"reason": reason, "value": value, "line": role.line}
        at = role.at if role.said else placed[:2]
        said = self.plan.sheet.text(at)
        self.warnings.append(told(self._title, at, Fault("", code, facts), said))

    def _tell(self, role: Role, fault: Fault) -> None:
        key = (role.line, f"{fault.code} {fault.expected}")
        if key not in self._told:
            self._told.add(key)
            self.faults.append(told(self._title, role.at, fault, self.plan.sheet.text(role.at)))


def _matters(role: Role) -> bool:
    """Whether its figures are read, or else told of."""
    return not role.reading.skip or (role.reading.why in _TOLD and not role.corrected)


def _is_percent(cell: Cell) -> bool:
    if cell.kind is CellKind.NUMBER:
        return shown_by(cell.format).percent
    return cell.kind is CellKind.TEXT and cell.value.rstrip().endswith("%")
