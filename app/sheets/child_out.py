"""What the child sends: frames of a letter, a length and a body, JSON but for bytes."""

import math
import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from app.domain.errors import WorkbookRejected
from app.sheets.cells import SheetFacts
from app.sheets.screen import LONGEST_TEXT, Limits

HELLO, BOOK, SHEET, ROWS, BYTES, REFUSED, END = (b"h", b"b", b"s", b"r", b"c", b"x", b".")
TEMPLATE = "chitieu_template"  # the custom property that our own workbooks carry
MOST_IN_FRAME = 4_000_000
CELLS_IN_FRAME = 2_000
TEXT_IN_FRAME = 200_000
TEXT_IN_ROW = 400_000
NUMBER = re.compile(r"-?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?")
WHOLE = 1e16  # from here on a double skips whole numbers


class Line(NamedTuple):
    """The filled cells of a row, column by column, as they are built: kinds by their letter,
    `styles` as places in the book's list of styles."""

    columns: list[int]
    kinds: list[str]
    values: list[str]
    styles: list[int]


def line() -> Line:
    return Line([], [], [], [])


# Number formats and, where it is a legacy one, the font.
Styles = Sequence[tuple[str, str | None]]


LONGEST_TITLE = 255  # of a sheet, in any form; Excel's own bound is 31


class Out:
    """The pipe to the service. It blocks while the service is behind: nothing heaps up."""

    def __init__(self, fd: int, limits: Limits) -> None:
        self.fd, self.limits = fd, limits
        self.batch: list[tuple[Any, ...]] = []
        self.cells = self.text = self.total_cells = self.total_text = 0

    def frame(self, letter: bytes, body: bytes = b"") -> None:
        left = memoryview(letter + len(body).to_bytes(4, "big") + body)
        while left:
            left = left[os.write(self.fd, left) :]

    def book(self, form: str, template: str | None, styles: Styles) -> None:
        self.frame(BOOK, orjson.dumps([form, template, styles]))

    def sheet(self, facts: SheetFacts) -> None:
        if len(facts.title) > LONGEST_TITLE:
            raise WorkbookRejected(reason="long_text")
        self.flush()
        self.frame(SHEET, orjson.dumps([facts.title, facts.hidden, facts.merged]))

    def row(self, number: int, row: Line, hidden: bool = False) -> None:
        if not row.columns:
            return
        lengths = [len(value) for value in row.values]
        text = sum(lengths)
        self.total_cells += len(lengths)
        self.total_text += text
        if self.total_cells > self.limits.most_cells:
            raise WorkbookRejected(reason="too_many_cells", most=self.limits.most_cells)
        # One long text may be shared by every cell.
        most_text = 2 * self.limits.most_bytes
        if max(lengths) > LONGEST_TEXT or text > TEXT_IN_ROW or self.total_text > most_text:
            raise WorkbookRejected(reason="long_text")
        self.batch.append((number, hidden, row.columns, row.kinds, row.values, row.styles))
        self.cells += len(lengths)
        self.text += text
        if self.cells > CELLS_IN_FRAME or self.text > TEXT_IN_FRAME:
            self.flush()

    def flush(self) -> None:
        if self.batch:
            self.frame(ROWS, orjson.dumps(self.batch))
            self.batch = []
            self.cells = self.text = 0

    def bytes(self, answer: bytes) -> None:
        for start in range(0, len(answer), MOST_IN_FRAME):
            self.frame(BYTES, answer[start : start + MOST_IN_FRAME])

    def refusal(self, code: str, facts: dict[str, Any]) -> None:
        self.frame(REFUSED, orjson.dumps([code, facts]))


def number_text(value: float) -> str:
    """The shortest decimal that stands for it; a whole number without a point."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < WHOLE:
        return str(int(value))
    return repr(value)


def plain_number(said: str) -> str | None:
    """What a number written in XML stands for; None for what is none, infinity included."""
    if not NUMBER.fullmatch(said):
        return None
    number = int(said) if said.lstrip("-").isdecimal() else float(said)
    return number_text(number) if math.isfinite(number) else None


def legacy(font: str | None) -> str | None:
    """The font's name where its letters are not Unicode: TCVN3 (.VnTime) or VNI (VNI-Times)."""
    return font if font and font.upper().startswith((".VN", "VNI")) else None
