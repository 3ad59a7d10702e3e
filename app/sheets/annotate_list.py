"""The sheet "Lỗi": every fault in a line of its own, with a link to its cell.

Hidden columns keep, in blank cells, each fill and border that a mark covers (row 1) and the mark
itself (row 2): whoever saves the file renumbers looks, and these cells with them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.i18n import say
from app.sheets.annotate_cells import Sheet
from app.sheets.annotate_styles import Look, Styles, framed, solid
from app.sheets.cells import address, letters
from app.sheets.marks import ERRORS_SHEET_MARK, Mark
from app.sheets.markup import escaped
from app.sheets.parts import part_header

HEADER_ROW = 4
_COLUMNS = {
    "number": 6,
    "sheet": 18,
    "cell": 8,
    "unit": 14,
    "target": 14,
    "value": 24,
    "expected": 24,
    "message": 62,
}
FIRST_KEPT = len(_COLUMNS) + 1
_LINK_COLUMN, _VALUE_COLUMN = 3, 6
# Excel follows no more links than this on one sheet.
_MOST_LINKS = 65_530
# Thousands of boxes on one sheet make Excel crawl.
MOST_NOTES = 2_000
# In letters and points.
_MARGIN, _LINE_HEIGHT, _HIGHEST = 4, 15, 409
_INK, _BRAND, _RULE = "FF1F2933", "FF1F4E79", "FFBFC7D1"


class _Looks(NamedTuple):
    title: int
    said: int
    head: int
    number: int
    text: int
    quoted: int
    link: int


def _font(name: str, size: int, colour: str, emphasis: str = "") -> str:
    return (
        f'<font>{emphasis}<sz val="{size}"/><color rgb="{colour}"/>'
        f'<name val="{escaped(name)}"/><family val="2"/></font>'
    )


def _looks(styles: Styles) -> _Looks:
    name = styles.font_name()
    plain, bold = _font(name, 11, _INK), _font(name, 11, "FFFFFFFF", "<b/>")
    link = _font(name, 11, "FF0563C1", "<u/>")
    rule, left = framed("thin", _RULE), 'horizontal="left" indent="1" wrapText="1" vertical='
    top, middle = f'{left}"top"', f'{left}"center"'
    return _Looks(
        title=styles.look(Look(_font(name, 16, _BRAND, "<b/>"), alignment='vertical="center"')),
        said=styles.look(Look(plain, alignment='vertical="center"')),
        head=styles.look(Look(bold, solid(_BRAND), rule, middle)),
        number=styles.look(Look(plain, "", rule, 'horizontal="center" vertical="top"')),
        text=styles.look(Look(plain, "", rule, top)),
        quoted=styles.look(Look(plain, "", rule, top, quoted=True)),
        link=styles.look(Look(link, "", rule, top)),
    )


class ErrorsSheet(NamedTuple):
    """What the list shows. `reachable`: the sheets that a link can lead to; `kept`: each covered
    look with its mark; `crowded`: some sheet has more faulty cells than notes."""

    title: str
    marks: Sequence[Mark]
    reachable: frozenset[str]
    kept: Sequence[tuple[int, int]]
    language: str
    crowded: bool


def _text_cell(row: int, column: int, style: int, text: str) -> str:
    if not text:
        return f'<c r="{address(row, column)}" s="{style}"/>'
    inside = f'<is><t xml:space="preserve">{escaped(text)}</t></is>'
    return f'<c r="{address(row, column)}" s="{style}" t="inlineStr">{inside}</c>'


def _row(number: int, cells: str, height: int) -> str:
    return f'<row r="{number}" ht="{height}" customHeight="1">{cells}</row>'


def _height(texts: Sequence[str]) -> int:
    """High enough for the text that wraps most: not every program fits a row by itself."""
    needed = [
        sum(len(line) // (width - _MARGIN) + 1 for line in text.split("\n"))
        for text, width in zip(texts, list(_COLUMNS.values())[1:], strict=True)
    ]
    return min(max(needed) * _LINE_HEIGHT + 3, _HIGHEST)


def _kept(row: int, styles: Sequence[int]) -> str:
    return "".join(
        f'<c r="{address(row, column)}" s="{style}"/>'
        for column, style in enumerate(styles, FIRST_KEPT)
    )


def _line(row: int, mark: Mark, looks: _Looks) -> str:
    number = f'<c r="A{row}" s="{looks.number}"><v>{row - HEADER_ROW}</v></c>'
    texts = (mark.sheet, mark.cell, mark.unit, mark.target, mark.value, mark.expected, mark.message)
    styles = {_LINK_COLUMN: looks.link, _VALUE_COLUMN: looks.quoted}
    cells = (
        _text_cell(row, column, styles.get(column, looks.text), text)
        for column, text in enumerate(texts, 2)
    )
    return _row(row, number + "".join(cells), _height(texts))


def _link(row: int, mark: Mark) -> str:
    sheet = mark.sheet.replace("'", "''")
    where = escaped(f"'{sheet}'!{mark.cell}")
    return f'<hyperlink ref="C{row}" location="{where}" display="{mark.cell}"/>'


def errors_sheet(shown: ErrorsSheet, styles: Styles, space: str) -> bytes:
    """The whole part; texts are inline strings, so that none is ever a formula."""
    looks = _looks(styles)
    heads = (say(f"marks.{name}", shown.language) for name in _COLUMNS)
    head = "".join(_text_cell(HEADER_ROW, at, looks.head, text) for at, text in enumerate(heads, 1))
    lines = list(enumerate(shown.marks, HEADER_ROW + 1))
    title = _text_cell(1, 1, looks.title, ERRORS_SHEET_MARK) + _kept(
        1, [covered for covered, _ in shown.kept]
    )
    named = _text_cell(2, 1, looks.said, shown.title) + _kept(2, [mark for _, mark in shown.kept])
    rows = [
        _row(1, title, 26),
        _row(2, named, 18),
        _row(3, _text_cell(3, 1, looks.said, _said(shown)), 18),
        _row(HEADER_ROW, head, 22),
        *(_line(row, mark, looks) for row, mark in lines),
    ]
    links = [_link(row, mark) for row, mark in lines if mark.cell and mark.sheet in shown.reachable]
    return part_header(
        _SHEET.format(
            space=space,
            below=HEADER_ROW,
            next=HEADER_ROW + 1,
            columns=_columns(len(shown.kept)),
            rows="".join(rows),
            filter=filtered(len(lines)),
            links=f"<hyperlinks>{''.join(links[:_MOST_LINKS])}</hyperlinks>" if links else "",
            page=escaped(say("marks.page", shown.language)),
        )
    )


_SHEET = (
    '<worksheet xmlns="{space}"><sheetPr><tabColor rgb="FFB3261E"/>'
    '<pageSetUpPr fitToPage="1"/></sheetPr>'
    '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
    '<pane ySplit="{below}" topLeftCell="A{next}" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="A{next}" sqref="A{next}"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
    '<autoFilter ref="{filter}"/>{links}'
    '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
    "<headerFooter><oddFooter>&amp;C{page} &amp;P/&amp;N</oddFooter></headerFooter></worksheet>"
)


def _said(shown: ErrorsSheet) -> str:
    if not shown.marks:
        return say("marks.none", shown.language)
    count = say("marks.count", shown.language, {"count": len(shown.marks)})
    most = say("marks.crowded", shown.language, {"most": MOST_NOTES})
    return f"{count} {most}" if shown.crowded else count


def _columns(kept: int) -> str:
    wide = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(_COLUMNS.values(), 1)
    )
    if not kept:
        return wide
    last = FIRST_KEPT + kept - 1
    return f'{wide}<col min="{FIRST_KEPT}" max="{last}" width="9" hidden="1" customWidth="1"/>'


def filtered(lines: int, fixed: str = "") -> str:
    """The list's range, header and all; with "$" as `fixed`, as a name wants it."""
    last = letters(len(_COLUMNS))
    return f"{fixed}A{fixed}{HEADER_ROW}:{fixed}{last}{fixed}{HEADER_ROW + lines}"


def kept_looks(part: bytes) -> dict[int, int]:
    """From a list that comes back: the look under each mark, as both are numbered now."""
    sheet = Sheet(part)
    under, over = (sheet.looks(row) for row in (1, 2))
    # A blank cell without any format is often not saved again.
    return {mark: under.get(column, 0) for column, mark in over.items()}
