"""How a template looks: one table of formats, made in a workbook when first used."""

import textwrap
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

# What Vietnamese offices write in, and every spreadsheet program has under this name or its own.
FONT = {"font_name": "Times New Roman", "font_size": 11}
INK, LINE, HEAD, BAND, INPUT, CLOSED = (
    "#1F2937",
    "#8C96A3",
    "#D9E5F2",
    "#EEF2F6",
    "#FFF8D6",
    "#E3E5E8",
)
_INPUT = {"bg_color": INPUT, "border": 1, "border_color": LINE, "locked": False, "valign": "top"}
_CELL = {"border": 1, "border_color": LINE, "valign": "top", "text_wrap": True}
_LIVE = {**_CELL, "bg_color": "#F7F9FB", "bold": True}
_TOTAL = {**_CELL, "bold": True, "bg_color": BAND, "top": 2, "valign": "vcenter"}

STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "organisation": {"font_color": INK},
    "unit": {"bold": True},
    "small": {"font_size": 9, "italic": True, "align": "right", "font_color": INK},
    "title": {"bold": True, "font_size": 15, "align": "center", "valign": "vcenter"},
    "title_left": {"bold": True, "font_size": 15, "valign": "vcenter"},
    "programme": {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True},
    "programme_left": {"bold": True},
    "dates": {"italic": True, "align": "center"},
    "dates_left": {"italic": True},
    "how": {"text_wrap": True, "valign": "vcenter", "font_size": 10},
    "how_left": {"font_size": 10},
    "key": {"font_size": 8, "font_color": "#6B7280"},
    "header": {**_CELL, "bold": True, "bg_color": HEAD, "align": "center", "valign": "vcenter"},
    "block": {**_CELL, "bold": True, "bg_color": HEAD, "valign": "vcenter", "left": 2},
    "group": {
        "bold": True,
        "valign": "vcenter",
        "indent": 1,
        "bg_color": BAND,
        "border": 1,
        "border_color": LINE,
    },
    "code": {**_CELL, "bold": True, "align": "center"},
    "title_cell": {**_CELL, "align": "left", "indent": 1},
    "bold": {"bold": True},
    "light": {"font_size": 10, "font_color": INK},
    "centred": {**_CELL, "align": "center"},
    "small_centred": {**_CELL, "align": "center", "font_size": 10},
    "count": {**_INPUT, "num_format": "#,##0", "align": "right"},
    "percent": {**_INPUT, "align": "right"},
    "choice": {**_INPUT, "align": "center"},
    # As text: a note that begins with "=" stays a note, and 12/3 no date.
    "words": {**_INPUT, "num_format": "@", "text_wrap": True},
    # Hatched, so that it also differs where everything is printed in black.
    "closed": {
        "pattern": 14,
        "bg_color": CLOSED,
        "fg_color": "#C3C8CF",
        "border": 1,
        "border_color": LINE,
    },
    "live": {**_LIVE, "align": "right"},
    "live_words": {**_LIVE, "align": "center"},
    "total": _TOTAL,
    "total_number": {**_TOTAL, "align": "right"},
    "guide_title": {"bold": True, "font_size": 15},
    "guide_head": {"bold": True, "font_size": 12, "bg_color": HEAD, "valign": "vcenter"},
    "guide_label": {**_CELL, "bold": True, "align": "left", "indent": 1},
    "guide_text": {**_CELL, "align": "left", "indent": 1},
    "guide_line": {"text_wrap": True, "valign": "top"},
}

LINE_HEIGHT, LETTERS_PER_WIDTH = 14.5, 1.18


def height(said: str, width: float) -> float:
    """Of a row, in points, that shows the whole text in a column so wide. Not every program finds
    it by itself; a little more is better than a line cut off."""
    across = max(1, int(width * LETTERS_PER_WIDTH))
    lines = [len(textwrap.wrap(one, across)) or 1 for one in said.split("\n")]
    return LINE_HEIGHT * sum(lines) + 1


class Styles:
    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Format] = {}

    def __call__(self, name: str, number_format: str = "") -> Format:
        """`number_format` in place of the style's own."""
        key = (name, number_format)
        if key not in self._made:
            more = {"num_format": number_format} if number_format else {}
            self._made[key] = self._book.add_format({**STYLES[name], **more})
        return self._made[key]
