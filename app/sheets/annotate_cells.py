"""A worksheet part in which cells get another look, and nothing else is touched."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from app.sheets.cells import address
from app.sheets.marks import column_number
from app.sheets.markup import (
    Edits,
    Start,
    attributes,
    prefixed,
    starts,
    tags,
    tree,
    with_attributes,
)
from app.sheets.parts import RELATIONSHIPS

Place = tuple[int, int]

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]+):\$?([A-Z]{1,3})\$?([0-9]+)")
_USUAL_WIDTH, _PIXELS_A_LETTER = 9.14, 7
_USUAL_HEIGHT, _PIXELS_A_POINT = 15, 4 / 3
# What may stand behind a worksheet's legacyDrawing; Excel wraps its controls in alternatives.
_BEHIND_NOTES = {
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "AlternateContent",
    "webPublishItems",
    "tableParts",
    "extLst",
}


class Line(NamedTuple):
    """A row: its cells stand between its tag and `stop`, where the next one begins."""

    number: int
    tag: Start
    stop: int


class Sheet:
    """`restyle` and the others only note edits; `content` makes them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.edits = Edits(data)
        self.root = tree(data, "sheetData")
        self._cells = self.root.child("sheetData")
        self._prefixes = (self._cells or self.root).prefixes()

    @property
    def has_cells(self) -> bool:
        """False for a chart's own sheet."""
        return self._cells is not None

    def content(self) -> bytes:
        return self.edits.done()

    def _starts(self, name: str, attribute: str, within: tuple[int, int]) -> Iterator[Start]:
        return starts(self.data, [p + name for p in self._prefixes], attribute, within)

    def _attributes(self, tag: Start) -> dict[str, str]:
        return attributes(self.data[tag.start : tag.end])

    @cached_property
    def lines(self) -> list[Line]:
        """Every row, in order. Some programs leave the numbers out: they count on."""
        if self._cells is None:
            return []
        inside = (self._cells.inner, self._cells.stop)
        found: list[Line] = []
        number = 0
        for tag in self._starts("row", "r", inside):
            number = int(tag.value or number + 1)
            found.append(Line(number, tag, 0))
        stops = [*(line.tag.start for line in found[1:]), self._cells.stop]
        return [line._replace(stop=stop) for line, stop in zip(found, stops, strict=False)]

    def _cells_of(self, line: Line) -> list[tuple[int, Start]]:
        found: list[tuple[int, Start]] = []
        column = 0
        for tag in self._starts("c", "r", (line.tag.end, line.stop)):
            told = tag.value.rstrip("0123456789")
            column = column_number(told) if told else column + 1
            found.append((column, tag))
        return found

    def looks(self, row: int) -> dict[int, int]:
        """The cells' looks of a row, by column."""
        line = self._known_lines.get(row)
        return {
            column: int(self._attributes(tag).get("s", 0))
            for column, tag in (self._cells_of(line) if line else ())
        }

    def restyle(self, places: Iterable[Place], look: Callable[[int], int]) -> None:
        """Give each cell the look that belongs to its own; a blank one is put where it belongs."""
        if self._cells is None:
            return
        wanted: dict[int, list[int]] = {}
        for row, column in sorted(set(places)):
            wanted.setdefault(row, []).append(column)
        new: dict[int, bytes] = {}
        for row, columns in wanted.items():
            if row in self._known_lines:
                self._restyle_line(self._known_lines[row], columns, look)
            else:
                cells = b"".join(
                    self._blank(row, column, self._column_style(column), look) for column in columns
                )
                start, end = (prefixed(part, self.root.prefix) for part in ("<row>", "</row>"))
                made = with_attributes(start, {"r": str(row)}) + cells + end
                at = self._behind(row, self._cells.stop)
                new[at] = new.get(at, b"") + made
        if self._cells.empty:
            self.edits.append(self._cells, b"".join(new.values()))
        else:
            for at, made in new.items():
                self.edits.insert(at, made)

    def _behind(self, row: int, last: int) -> int:
        """Where a row that does not exist belongs: before the first that comes after it."""
        after = bisect_right(self.lines, row, key=lambda line: line.number)
        return self.lines[after].tag.start if after < len(self.lines) else last

    def _restyle_line(self, line: Line, columns: list[int], look: Callable[[int], int]) -> None:
        cells = self._cells_of(line)
        known = dict(cells)
        told = self._attributes(line.tag)
        style = int(told.get("s", 0)) if _yes(told.get("customFormat")) else None
        new: dict[int, bytes] = {}
        for column in columns:
            if column in known:
                self._restyle_cell(known[column], look)
                continue
            at = next((tag.start for place, tag in cells if place > column), self._end(line))
            usual = self._column_style(column) if style is None else style
            new[at] = new.get(at, b"") + self._blank(line.number, column, usual, look)
        if new:
            self._insert_cells(line, new)

    def _end(self, line: Line) -> int:
        """Where the row's end tag stands; its own start, when it is an empty element."""
        names = [prefix + "row" for prefix in self._prefixes]
        within = tags(self.data, names, line.tag.end, line.stop)
        return next((tag.start for tag in within if tag.closes), line.tag.start)

    def _restyle_cell(self, tag: Start, look: Callable[[int], int]) -> None:
        raw = self.data[tag.start : tag.end]
        new = look(int(attributes(raw).get("s", 0)))
        changes = {"s": str(new) if new else None}
        self.edits.replace(tag.start, tag.end, with_attributes(raw, changes))

    def _insert_cells(self, line: Line, new: Mapping[int, bytes]) -> None:
        # "spans" is only a hint to readers, and wrong now.
        raw = with_attributes(self.data[line.tag.start : line.tag.end], {"spans": None})
        if raw.endswith(b"/>"):
            name = next(tags(raw)).name
            raw = raw[:-2].rstrip() + b">" + b"".join(new.values()) + f"</{name}>".encode()
        else:
            for at, made in new.items():
                self.edits.insert(at, made)
        self.edits.replace(line.tag.start, line.tag.end, raw)

    def _blank(self, row: int, column: int, style: int, look: Callable[[int], int]) -> bytes:
        cell = prefixed("<c/>", self.root.prefix)
        return with_attributes(cell, {"r": address(row, column), "s": str(look(style))})

    def _column_style(self, column: int) -> int:
        return next((int(one.get("style", 0)) for one in self.columns if _holds(one, column)), 0)

    @cached_property
    def columns(self) -> list[dict[str, str]]:
        """What is said of columns: min, max, width, style, hidden."""
        cols = self.root.child("cols")
        return [one.attributes for one in cols.all("col")] if cols else []

    def replace_looks(self, looks: Mapping[int, int]) -> None:
        """Every cell with one of these looks gets the other, wherever it has moved to."""
        if self._cells is None or not looks:
            return
        for tag in self._starts("c", "s", (self._cells.inner, self._cells.stop)):
            if tag.value and int(tag.value) in looks:
                self._restyle_cell(tag, looks.__getitem__)

    def shown_at(self, places: Iterable[Place]) -> dict[Place, Place]:
        """Where each place is seen: a merged range shows its first cell only."""
        shown = {place: place for place in places}
        ordered = sorted(shown)
        merges = self.root.child("mergeCells")
        for merge in merges.all("mergeCell") if merges else ():
            found = _RANGE.fullmatch(merge.attributes.get("ref", ""))
            if found:
                left, top, right, bottom = found.groups()
                first = (int(top), column_number(left))
                low = bisect_left(ordered, (first[0], 0))
                high = bisect_left(ordered, (int(bottom) + 1, 0))
                for row, column in ordered[low:high]:
                    if first[1] <= column <= column_number(right):
                        shown[row, column] = first
        return shown

    @cached_property
    def _format(self) -> dict[str, str]:
        told = self.root.child("sheetFormatPr")
        return told.attributes if told else {}

    @cached_property
    def _known_lines(self) -> dict[int, Line]:
        return {line.number: line for line in self.lines}

    def column_pixels(self, column: int) -> int:
        """About; 0 for a hidden one."""
        told = next((one for one in self.columns if _holds(one, column)), {})
        usual = self._format.get("defaultColWidth", _USUAL_WIDTH)
        width = float(told.get("width", usual))
        return 0 if _yes(told.get("hidden")) else round(width * _PIXELS_A_LETTER)

    def row_pixels(self, row: int) -> int:
        line = self._known_lines.get(row)
        told = self._attributes(line.tag) if line else {}
        hidden = told.get("hidden") if line else self._format.get("zeroHeight")
        height = float(told.get("ht", self._format.get("defaultRowHeight", _USUAL_HEIGHT)))
        return 0 if _yes(hidden) else round(height * _PIXELS_A_POINT)

    def unselect(self) -> None:
        """Two selected tabs are a group: what is typed into one goes into both."""
        views = self.root.child("sheetViews")
        for view in views.all("sheetView") if views else ():
            if _yes(view.attributes.get("tabSelected")):
                self.edits.set(view, tabSelected="0")

    def name_notes(self, relation: str) -> None:
        """Say which part draws the notes."""
        rows = self._cells.end if self._cells else 0
        behind = (
            one.start
            for one in self.root.children
            if one.start >= rows and one.local in _BEHIND_NOTES
        )
        markup = f'<legacyDrawing xmlns:r="{RELATIONSHIPS}" r:id="{relation}"/>'
        self.edits.insert(next(behind, self.root.stop), prefixed(markup, self.root.prefix))


def _holds(column: Mapping[str, str], number: int) -> bool:
    return int(column.get("min", 0)) <= number <= int(column.get("max", 0))


def _yes(told: str | None) -> bool:
    return told in {"1", "true"}
