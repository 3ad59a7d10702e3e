"""A foreign sheet laid open: what is written where, which rows head it and which columns name."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.sheets.cells import Cell, CellKind, Grid, Row
from app.sheets.legacy import converted, decoded, looks_legacy, of_font
from app.sheets.marks import column_number
from app.sheets.reading import is_blank
from app.sheets.spelling import cleaned
from app.sheets.words import is_heading, is_numbering, is_total

TOTALS_WEIGHT = 5
TOP_ROWS, LEFT_COLUMNS, SAMPLED_ROWS, MOST_LEVELS = 40, 12, 300, 6
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_LARGEST_MERGE, _MOST_MERGED = 5_000, 50_000
At = tuple[int, int]


@dataclass
class Sheet:
    """A grid by row and column; what is merged reads the same all over its range."""

    grid: Grid

    @cached_property
    def rows(self) -> dict[int, Row]:
        return {row.number: row for row in self.grid.rows}

    @cached_property
    def numbers(self) -> list[int]:
        return sorted(self.rows)

    @cached_property
    def columns(self) -> list[int]:
        """Every column with something in it."""
        return sorted(set[int]().union(*(row.cells for row in self.grid.rows)))

    @cached_property
    def _anchors(self) -> dict[At, At]:
        """From every cell of a merged range to its first; bounded, as ranges are the sender's."""
        anchors: dict[At, At] = {}
        for said in self.grid.facts.merged:
            match = _RANGE.fullmatch(said)
            if match is None:
                continue
            top, bottom = int(match[2]), int(match[4])
            left, right = column_number(match[1]), column_number(match[3])
            area = (bottom - top + 1) * (right - left + 1)
            if 0 < area <= _LARGEST_MERGE and len(anchors) + area <= _MOST_MERGED:
                for row in range(top, bottom + 1):
                    anchors |= {(row, c): (top, left) for c in range(left, right + 1)}
        return anchors

    def anchor(self, at: At) -> At:
        """Where what is read here stands."""
        return self._anchors.get(at, at)

    def is_merged_across(self, row: int) -> bool:
        return any(self._anchors.get((row, c), (row, c))[1] != c for c in self.columns)

    def cell(self, at: At) -> Cell | None:
        row = self.rows.get(at[0])
        return row.cells.get(at[1]) if row else None

    def text(self, at: At) -> str:
        """What is read in a cell, in Unicode; "" for nothing."""
        at = self.anchor(at)
        if at not in self._texts:
            self._texts[at] = self._read(at)
        return self._texts[at]

    @cached_property
    def _texts(self) -> dict[At, str]:
        return {}

    @cached_property
    def legacy(self) -> dict[At, str]:
        """Of the cells read so far, those that only look like a legacy encoding, by its name."""
        return {}

    def _read(self, at: At) -> str:
        cell = self.cell(at)
        if cell is None or cell.kind is CellKind.ERROR:
            return ""
        if cell.kind is not CellKind.TEXT:
            return cell.value
        if of_font(cell.font):
            return cleaned(decoded(cell.value, cell.font))
        encoding = looks_legacy(cell.value[:200])
        if encoding is None:
            return cleaned(cell.value)
        self.legacy[at] = encoding
        return cleaned(converted(cell.value, encoding))

    def is_number(self, at: At) -> bool:
        """A figure; text that is written as one too."""
        cell = self.cell(at)
        if cell is None:
            return False
        if cell.kind is CellKind.TEXT:
            return bool(cell.value) and cell.value.strip(" \u00a0.,%-")[:40].isdecimal()
        return cell.kind not in (CellKind.DATE, CellKind.ERROR)

    def filled(self, row: int) -> Iterator[int]:
        """Columns of a row that hold something."""
        found = self.rows.get(row)
        yield from (c for c, cell in found.cells.items() if not is_blank(cell)) if found else ()

    def words(self, row: int) -> Iterator[str]:
        """The texts of a row that are no figures."""
        for column, cell in self.rows[row].cells.items():
            if cell.kind is CellKind.TEXT:
                yield self.text((row, column))


@dataclass(frozen=True, slots=True)
class Split:
    """Rows above and columns left of the figures. `header` are the rows that head columns, from
    the top; `below` the last row above the figures; `labels` the columns that name rows."""

    header: tuple[int, ...]
    below: int
    labels: tuple[int, ...]


Weigh = Callable[[str], int]


def split(sheet: Sheet, weigh: Weigh) -> Split:
    """Where names and headings end and figures begin.

    The cut is put where most known names stand above or left of it, and fewest beyond it; figures
    above it or left of it speak against it. `weigh` tells, of 10, how surely a text is a name or a
    heading.
    """
    rows = sheet.numbers[:SAMPLED_ROWS]
    top = rows[:TOP_ROWS]
    left = [c for c in sheet.columns if c <= LEFT_COLUMNS]
    hits = _hits(sheet, weigh, rows, top)
    best = max(_scores(sheet, hits, top, left), key=lambda one: one[0], default=(0, 0, 0))
    _, height, width = best
    below = top[height - 1] if height else _above_figures(sheet, hits, top)
    labels = tuple(left[: max(width, _named_by_heading(sheet, hits, below, left))])
    below = _lower(sheet, hits, below, labels)
    return Split(_header(sheet, hits, below, labels), below, labels)


def _above_figures(sheet: Sheet, hits: Mapping[At, int], top: list[int]) -> int:
    """Where no heading is known: the words above the first figure, if no name is among them."""
    last = 0
    for row in top:
        if any((row, c) in hits for c in sheet.filled(row)):
            return 0
        if any(sheet.is_number((row, c)) for c in sheet.filled(row)):
            return last
        last = row
    return 0


def _named_by_heading(sheet: Sheet, hits: Mapping[At, int], below: int, left: list[int]) -> int:
    """How many columns at the left name rows by their headings, whoever knows the names; without
    any such heading the first column of words does."""
    rows = [row for row in sheet.numbers if row <= below][-MOST_LEVELS:]
    body = [row for row in sheet.numbers if row > below][:TOP_ROWS]
    headed = 0
    for width, column in enumerate(left[:4], 1):
        texts = [sheet.text((row, column)) for row in rows]
        if any(map(is_heading, texts)):
            headed = width
        words = sum(not sheet.is_number((row, column)) for row in body if sheet.text((row, column)))
        heads = any((row, column) in hits for row in rows)
        if not headed and width == 1 and not heads and len(left) > 1 and 2 * words > len(body):
            headed = 1
    return headed


def _hits(sheet: Sheet, weigh: Weigh, rows: list[int], top: list[int]) -> Mapping[At, int]:
    """What is a name or heading in the rows at the top and the columns at the left."""
    lowest = top[-1] if top else 0
    hits: dict[At, int] = {}
    for row in rows:
        columns = list(sheet.filled(row))
        if columns == sheet.columns[:1]:
            # A title; or a name beside which nothing stands.
            continue
        for column in columns:
            if row <= lowest or column <= LEFT_COLUMNS:
                cell = sheet.rows[row].cells[column]
                if cell.kind is CellKind.TEXT and (weight := weigh(sheet.text((row, column)))):
                    hits[row, column] = weight
    return hits


def _scores(
    sheet: Sheet, hits: Mapping[At, int], top: list[int], left: list[int]
) -> Iterator[tuple[int, int, int]]:
    """Every cut with its score; of equal ones the nearest to the corner comes first."""
    above, under, headings = _Weights(), _Weights(), 0
    repeating = {row for row in sheet.numbers[:SAMPLED_ROWS] if _is_heading_row(sheet, row)}
    for row in sheet.numbers[:SAMPLED_ROWS]:
        if row not in repeating:
            under.take(sheet, hits, row, 1)
    for height in range(len(top) + 1):
        if height:
            row = top[height - 1]
            if _is_of_table(sheet, hits, row):
                return
            above.take(sheet, hits, row, 1)
            if row not in repeating:
                under.take(sheet, hits, row, -1)
            headings += 8 * sum(map(is_heading, sheet.words(row)))
        right = above.names.total() - 5 * above.figures.total() - under.names.total()
        yield right + headings, height, 0
        for width, column in enumerate(left, 1):
            # The column moves from the side of figures to the side of names.
            right -= above.names[column] - 5 * above.figures[column]
            right += 2 * under.names[column]
            right -= 3 * under.figures[column] if column > 2 else 0
            yield right + headings, height, width


def _is_heading_row(sheet: Sheet, row: int) -> bool:
    """ "STT", "Đơn vị" and no figure: headings, maybe again; no reason to cut elsewhere."""
    return any(map(is_heading, sheet.words(row))) and not any(
        sheet.is_number((row, column)) for column in sheet.filled(row)
    )


def _is_of_table(sheet: Sheet, hits: Mapping[At, int], row: int) -> bool:
    """A name with a figure right of it: this row heads nothing."""
    columns = list(sheet.filled(row))
    first = next((c for c in columns if hits.get((row, c), 0) > TOTALS_WEIGHT), None)
    return first is not None and any(c > first and sheet.is_number((row, c)) for c in columns)


@dataclass
class _Weights:
    """Names and figures by column, in the rows on one side of a cut."""

    names: Counter[int] = field(default_factory=Counter)
    figures: Counter[int] = field(default_factory=Counter)

    def take(self, sheet: Sheet, hits: Mapping[At, int], row: int, sign: int) -> None:
        for column in sheet.filled(row):
            if weight := hits.get((row, column)):
                self.names[column] += sign * weight
            elif sheet.is_number((row, column)):
                self.figures[column] += sign


def _lower(sheet: Sheet, hits: Mapping[At, int], below: int, labels: tuple[int, ...]) -> int:
    """The last header row may say nothing known: words over the figures, nothing at the left."""
    for row in sheet.numbers:
        if row <= below:
            continue
        beside = [c for c in sheet.filled(row) if c not in labels]
        named = [c for c in labels if sheet.anchor((row, c))[0] == row and sheet.text((row, c))]
        if not beside or named or any(sheet.is_number((row, c)) for c in beside):
            break
        below = row
    return below


def _header(
    sheet: Sheet, hits: Mapping[At, int], below: int, labels: tuple[int, ...]
) -> tuple[int, ...]:
    """From the last header row up: until a blank row, a title, or the most levels there are."""
    header: list[int] = []
    for row in range(below, 0, -1):
        texts = _over_figures(sheet, row, labels)
        if not texts and header and not _heads_labels(sheet, row, labels):
            break
        if header and _is_title(hits, row, texts):
            break
        if texts or _heads_labels(sheet, row, labels):
            header.insert(0, row)
        if len(header) == MOST_LEVELS or row < below - 3 * MOST_LEVELS:
            break
    return tuple(header)


def _over_figures(sheet: Sheet, row: int, labels: tuple[int, ...]) -> dict[At, str]:
    """The texts of a row that stand over figures; a title that begins over the names does not."""
    first = max(labels, default=0)
    anchors = {sheet.anchor((row, c)) for c in sheet.columns if c > first}
    found = {at: sheet.text(at) for at in anchors if at[1] > first}
    return {at: text for at, text in found.items() if text}


def _heads_labels(sheet: Sheet, row: int, labels: tuple[int, ...]) -> bool:
    return any(is_heading(sheet.text((row, c))) for c in labels)


def _is_title(hits: Mapping[At, int], row: int, texts: Mapping[At, str]) -> bool:
    """One text alone that means nothing known."""
    return len(texts) == 1 and not any(at in hits for at in texts) and (next(iter(texts))[0] == row)


def path(sheet: Sheet, split: Split, column: int) -> list[tuple[At, str]]:
    """What heads a column from the top down, each text once; numberings of columns left out.

    Where nothing is merged (a .csv), a heading over several columns stands in the first of them.
    """
    found: list[tuple[At, str]] = []
    for row in split.header:
        at = sheet.anchor((row, column))
        text = sheet.text(at)
        if not text:
            at = _carried(sheet, split, (row, column))
            text = sheet.text(at)
        names = column in split.labels or at[1] not in split.labels
        if text and names and not is_numbering(text) and all(at != one for one, _ in found):
            found.append((at, text))
    return found


def _carried(sheet: Sheet, split: Split, at: At) -> At:
    """The heading left of a blank one that spans it, as both have headings below."""
    row, column = at
    lower = [below for below in split.header if below > row]
    if not lower or sheet.is_merged_across(row) or not _headed(sheet, lower, column):
        return at
    for other in range(column - 1, max(split.labels, default=0), -1):
        if sheet.text((row, other)):
            spans = _headed(sheet, lower, other) and not is_total(sheet.text((row, other)))
            return (row, other) if spans else at
    return at


def _headed(sheet: Sheet, rows: list[int], column: int) -> bool:
    return any(sheet.text((row, column)) and sheet.anchor((row, column))[0] == row for row in rows)
