"""The look of marked cells in styles.xml: added beside what the sender's cells look like.

A marked cell keeps its own format but for fill and border, so its number format, its font and
whether it is locked stay. Each fill and border that was covered has a shade of red of its own:
whoever saves the file renumbers the looks, but the shade still tells what lies under it.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.sheets.markup import Edits, attributes, prefixed, tree, with_attributes
from app.sheets.parts import part_header

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# Together ours alone: a sender's own light red is not taken for a mark.
LINE = "FFB3261E"
_SHADE = "FFFFC4{:02X}"
_PALEST, SHADES = 0xC0, 48
# LibreOffice puts a neighbouring colour of the file into bgColor.
_SHADES = re.compile(rb"FGCOLOR [^>]*(FFC4[CDE][0-9A-F])[\"']")

_SECTIONS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
# What Excel takes to stand first in each section, whatever is written there.
_FIRST = {
    "fonts": ['<font><sz val="11"/><name val="Calibri"/></font>'],
    "fills": [
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
    ],
    "borders": ["<border><left/><right/><top/><bottom/><diagonal/></border>"],
    "cellXfs": ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'],
}
_NONE = part_header(f'<styleSheet xmlns="{MAIN}"></styleSheet>')
_COVERED = ("fillId", "borderId", "applyFill", "applyBorder")
_SIDES = ("left", "right", "top", "bottom")


class Look(NamedTuple):
    """A cell's look in plain markup; what is "" stays as in a cell without any format."""

    font: str = ""
    fill: str = ""
    border: str = ""
    alignment: str = ""
    quoted: bool = False


def solid(colour: str) -> str:
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/>'
        '<bgColor indexed="64"/></patternFill></fill>'
    )


def framed(style: str, colour: str) -> str:
    sides = "".join(f'<{side} style="{style}"><color rgb="{colour}"/></{side}>' for side in _SIDES)
    return f"<border>{sides}<diagonal/></border>"


def _start_tag(raw: bytes) -> bytes:
    return raw[: tree(raw).inner]


class Styles:
    """A workbook's styles while marks are made; looks are numbered as in `cellXfs`.

    Equal looks are added once.
    """

    def __init__(self, content: bytes | None) -> None:
        self._content = content or _NONE
        self._root = tree(self._content)
        if self._root.empty:
            self._content, self._root = _NONE, tree(_NONE)
        self._kept: dict[str, list[bytes]] = {}
        self._index: dict[str, dict[bytes, int]] = {}
        self._came: dict[str, int] = {}
        self._shades: dict[tuple[str | None, ...], int] = {}
        self._marked: dict[int, int] = {}
        # By shade: a look that has what is covered, and its mark.
        self.covered: dict[int, tuple[int, int]] = {}
        for section in _FIRST:
            self._load(section)

    def _load(self, section: str) -> None:
        element = self._root.child(section)
        raw = [self._content[one.start : one.end] for one in element.children] if element else []
        self._came[section] = len(raw)
        raw += [prefixed(one, self._root.prefix) for one in _FIRST[section][len(raw) :]]
        self._kept[section] = raw
        # The first of equal ones, as a reader would find it.
        self._index[section] = {one: place for place, one in reversed(list(enumerate(raw)))}

    def _add(self, section: str, raw: bytes) -> int:
        index = self._index[section]
        if raw not in index:
            index[raw] = len(self._kept[section])
            self._kept[section].append(raw)
        return index[raw]

    def _place(self, section: str, markup: str) -> int:
        return self._add(section, prefixed(markup, self._root.prefix)) if markup else 0

    def _xf(self, style: int) -> bytes:
        known = self._kept["cellXfs"]
        return known[style] if 0 <= style < len(known) else known[0]

    def _restyled(self, style: int, changes: Mapping[str, str | None]) -> int:
        raw = self._xf(style)
        tag = _start_tag(raw)
        return self._add("cellXfs", with_attributes(tag, changes) + raw[len(tag) :])

    def font_name(self) -> str:
        """The workbook's usual font."""
        names = tree(self._kept["fonts"][0]).all("name")
        return names[0].attributes.get("val", "Calibri") if names else "Calibri"

    def marked(self, style: int) -> int:
        """The same look, but marked. With more than `SHADES` looks covered the last are one."""
        if style in self._marked:
            return self._marked[style]
        look = attributes(_start_tag(self._xf(style)))
        covered = tuple(look.get(name) for name in _COVERED)
        shade = self._shades.setdefault(covered, min(len(self._shades), SHADES - 1))
        fill = self._place("fills", solid(_SHADE.format(_PALEST + shade)))
        border = self._place("borders", framed("medium", LINE))
        changes = zip(_COVERED, (str(fill), str(border), "1", "1"), strict=True)
        mark = self._marked[style] = self._restyled(style, dict(changes))
        self.covered.setdefault(shade, (style, mark))
        return mark

    def marks(self) -> dict[int, str]:
        """The looks that are marks, each with its shade."""
        line = LINE[2:].encode()
        borders = {
            str(place)
            for place, raw in enumerate(self._kept["borders"])
            if raw.upper().count(line) >= len(_SIDES)
        }
        fills = {
            str(place): found[1].decode()
            for place, raw in enumerate(self._kept["fills"])
            if (found := _SHADES.search(raw.upper()))
        }
        looks = enumerate(attributes(_start_tag(raw)) for raw in self._kept["cellXfs"])
        return {
            place: fills[look["fillId"]]
            for place, look in looks
            if look.get("fillId") in fills and look.get("borderId") in borders
        }

    def unmarked(self, style: int, original: int) -> int:
        """A marked look with the fill and border of another: the rest may have been changed."""
        before = attributes(_start_tag(self._xf(original)))
        return self._restyled(style, {name: before.get(name) for name in _COVERED})

    def bare(self, style: int) -> int:
        """Without fill and border: nobody remembers what was under the mark."""
        return self._restyled(style, dict(zip(_COVERED, ("0", "0", None, None), strict=True)))

    def look(self, look: Look) -> int:
        """The index of a look of our own."""
        font = self._place("fonts", look.font)
        fill = self._place("fills", look.fill)
        border = self._place("borders", look.border)
        quoted = ' quotePrefix="1"' if look.quoted else ""
        parent = ' xfId="0"' if self._root.child("cellStyleXfs") else ""
        return self._place(
            "cellXfs",
            f'<xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}"{parent}{quoted}'
            ' applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
            f"<alignment {look.alignment}/></xf>",
        )

    def content(self) -> bytes:
        """The part with what was added; byte for byte what it was, when nothing was."""
        edits = Edits(self._content)
        behind = self._root.inner
        for section in _SECTIONS:
            element = self._root.child(section)
            behind = element.end if element else behind
            kept = self._kept.get(section, [])
            added = b"".join(kept[self._came.get(section, 0) :])
            if element and added:
                edits.append(element, added, count=str(len(kept)))
            elif added:
                opened = prefixed(f'<{section} count="{len(kept)}">', self._root.prefix)
                closed = prefixed(f"</{section}>", self._root.prefix)
                edits.insert(behind, opened + added + closed)
        return edits.done()
