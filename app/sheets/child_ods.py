"""Reading .ods, in the child, from its XML: percents, errors and hidden rows would be lost by the
readers there are, and one of them can be made to abort by a file of 6 KB."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

from app.domain.errors import WorkbookRejected
from app.sheets.cells import SheetFacts, address, letters
from app.sheets.child_out import TEMPLATE, Line, Out, legacy, line, plain_number
from app.sheets.screen import LONGEST_TEXT, Limits

MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
CONTENT = "content.xml"
SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}


def _q(name: str) -> str:
    space, _, local = name.partition(":")
    return f"{{{SPACES[space]}}}{local}"


TABLE, ROW, COLUMN = _q("table:table"), _q("table:table-row"), _q("table:table-column")
CELL, COVERED = _q("table:table-cell"), _q("table:covered-table-cell")
STYLES = {_q("office:automatic-styles"), _q("office:styles")}
ROWS_REPEATED = _q("table:number-rows-repeated")
COLUMNS_REPEATED = _q("table:number-columns-repeated")
ROWS_SPANNED, COLUMNS_SPANNED = _q("table:number-rows-spanned"), _q("table:number-columns-spanned")
STYLE_NAME, COLUMN_STYLE = _q("table:style-name"), _q("table:default-cell-style-name")
TYPE, VALUE = _q("office:value-type"), _q("office:value")
NAME, FORMULA, PARAGRAPH = _q("table:name"), _q("table:formula"), _q("text:p")
STYLE, DATA_STYLE, PARENT = (
    _q("style:name"),
    _q("style:data-style-name"),
    _q("style:parent-style-name"),
)
USER_DEFINED, USER_NAME = _q("meta:user-defined"), _q("meta:name")
NUMBERS = {"float", "percentage", "currency"}
MOST_DECIMALS = 20


def is_ours(archive: ZipFile) -> bool:
    return "mimetype" in archive.namelist() and archive.read("mimetype").strip() == MIMETYPE


def read(archive: ZipFile, limits: Limits, out: Out) -> None:
    parts = set(archive.namelist())
    styles = _Styles()
    reader = _Reader(limits, out, styles, _template(archive) if "meta.xml" in parts else None)
    if "styles.xml" in parts:
        for event, element in _elements(archive, "styles.xml"):
            if event == "end":
                styles.learn(element)
    if CONTENT in parts:
        for event, element in _elements(archive, CONTENT):
            if event == "start":
                reader.start(element)
            else:
                reader.end(element)
    if not reader.sheets:
        raise WorkbookRejected(reason="damaged", part=CONTENT)


def _elements(archive: ZipFile, part: str) -> Iterator[tuple[str, Element]]:
    with archive.open(part) as source:
        yield from iterparse(source, ["start", "end"])  # noqa: S314 - screened


def _template(archive: ZipFile) -> str | None:
    for event, element in _elements(archive, "meta.xml"):
        if event == "end" and element.tag == USER_DEFINED and element.get(USER_NAME) == TEMPLATE:
            return element.text
    return None


class _Styles:
    """Percent formats with their decimals, legacy fonts, and which sheets are not shown."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None]] = [("General", None), ("0%", None)]
        self.percents: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.hidden: set[str] = set()

    def learn(self, element: Element) -> None:
        """From a group of styles, once it is complete."""
        if element.tag not in STYLES:
            return
        for percent in element.findall("number:percentage-style", SPACES):
            number = percent.find("number:number", SPACES)
            said = number.get(_q("number:decimal-places")) if number is not None else None
            decimals = min(int(said or 0), MOST_DECIMALS)
            self.percents[percent.get(STYLE, "")] = f"0.{'0' * decimals}%" if decimals else "0%"
        for style in element.findall("style:style", SPACES):
            self._style(style)

    def _style(self, style: Element) -> None:
        name = style.get(STYLE, "")
        code, font = self.told[self.places.get(style.get(PARENT, ""), 0)]
        if style.get(DATA_STYLE):
            code = self.percents.get(style.get(DATA_STYLE, ""), "General")
        text = style.find("style:text-properties", SPACES)
        if text is not None and text.get(_q("style:font-name")):
            font = legacy(text.get(_q("style:font-name")))
        if (code, font) != ("General", None):
            self.places[name] = len(self.told)
            self.told.append((code, font))
        shown = style.find("style:table-properties", SPACES)
        if shown is not None and shown.get(_q("table:display")) == "false":
            self.hidden.add(name)

    def place(self, cell: Element, default: str) -> int:
        place = self.places.get(cell.get(STYLE_NAME, default), 0)
        return place or int(cell.get(TYPE) == "percentage")


@dataclass
class _Sheet:
    """A sheet that is being collected: its merged ranges are only known at its end."""

    facts: SheetFacts
    merged: list[str] = field(default_factory=list)
    rows: list[tuple[int, int, Line, bool]] = field(default_factory=list)
    column_styles: list[str] = field(default_factory=list)
    row: int = 1
    area: int = 0


class _Reader:
    def __init__(self, limits: Limits, out: Out, styles: _Styles, template: str | None) -> None:
        self.limits, self.out = limits, out
        self.styles, self.template = styles, template
        self.sheet: _Sheet | None = None
        self.sheets = self.depth = 0

    def start(self, element: Element) -> None:
        if element.tag != TABLE:
            return
        self.depth += 1
        if self.depth > 1:
            return
        if not self.sheets:
            self.out.book("ods", self.template, self.styles.told)
        self.sheets += 1
        if self.sheets > self.limits.most_sheets:
            raise WorkbookRejected(reason="too_many_sheets", most=self.limits.most_sheets)
        hidden = element.get(STYLE_NAME) in self.styles.hidden
        self.sheet = _Sheet(SheetFacts(element.get(NAME, ""), hidden))

    def end(self, element: Element) -> None:
        if element.tag == TABLE:
            self.depth -= 1
        if self.sheet is None:
            self.styles.learn(element)
        elif not self.depth:
            self._send(self.sheet)
            self.sheet = None
            element.clear()
        elif self.depth == 1 and element.tag == ROW:
            self._row(self.sheet, element)
            element.clear()
        elif self.depth == 1 and element.tag == COLUMN:
            styles = self.sheet.column_styles
            times = min(_times(element, COLUMNS_REPEATED), self.limits.most_columns - len(styles))
            styles += [element.get(COLUMN_STYLE, "")] * times

    def _row(self, sheet: _Sheet, element: Element) -> None:
        times = _times(element, ROWS_REPEATED)
        filled = line()
        column = 1
        for cell in element:
            if cell.tag not in {CELL, COVERED}:
                continue
            repeated = _times(cell, COLUMNS_REPEATED)
            found = _kind_and_value(cell) if cell.tag == CELL else None
            if found:
                self._check(sheet.row + times - 1, column + repeated - 1)
                default = sheet.column_styles[column - 1 : column]
                style = self.styles.place(cell, default[0] if default else "")
                filled.columns.extend(range(column, column + repeated))
                filled.kinds.extend([found[0]] * repeated)
                filled.values.extend([found[1]] * repeated)
                filled.styles.extend([style] * repeated)
            self._merge(sheet, column, cell)
            column += repeated
        if filled.columns:
            unseen = element.get(_q("table:visibility"), "visible") != "visible"
            sheet.rows.append((sheet.row, times, filled, unseen))
        sheet.row += times

    def _check(self, row: int, column: int) -> None:
        if row > self.limits.most_rows or column > self.limits.most_columns:
            raise WorkbookRejected(
                reason="far_cell",
                cell=address(row, min(column, 99_999)),
                rows=self.limits.most_rows,
                columns=letters(self.limits.most_columns),
            )

    def _merge(self, sheet: _Sheet, column: int, cell: Element) -> None:
        bottom = min(sheet.row + _times(cell, ROWS_SPANNED) - 1, self.limits.most_rows)
        right = min(column + _times(cell, COLUMNS_SPANNED) - 1, self.limits.most_columns)
        if bottom < sheet.row or right < column:
            return
        if bottom > sheet.row or right > column:
            sheet.area += (bottom - sheet.row + 1) * (right - column + 1)
            sheet.merged.append(f"{address(sheet.row, column)}:{address(bottom, right)}")
        if sheet.area > self.limits.merged_area or len(sheet.merged) > self.limits.most_merges:
            raise WorkbookRejected(reason="merged")

    def _send(self, sheet: _Sheet) -> None:
        self.out.sheet(replace(sheet.facts, merged=tuple(sheet.merged)))
        for first, times, filled, unseen in sheet.rows:
            for number in range(first, first + times):
                self.out.row(number, filled, unseen)


def _times(element: Element, attribute: str) -> int:
    return max(1, int(element.get(attribute) or 1))


def _kind_and_value(cell: Element) -> tuple[str, str] | None:
    kind = cell.get(TYPE)
    if kind is None:
        formula = cell.get(FORMULA)
        # A calculated formula shows something, be it an empty text.
        uncalculated = formula and cell.find(PARAGRAPH) is None
        return ("u", "=" + formula.partition("=")[2]) if formula and uncalculated else None
    if cell.get(_q("calcext:value-type")) == "error":
        return "e", _text(cell) or "#VALUE!"
    if kind in NUMBERS:
        number = plain_number(cell.get(VALUE, ""))
        return ("n", number) if number else ("e", "#NUM!")
    if kind in {"date", "time"}:
        return "d", cell.get(_q(f"office:{kind}-value"), "")
    if kind == "boolean":
        return "b", "true" if cell.get(_q("office:boolean-value")) == "true" else "false"
    text = cell.get(_q("office:string-value")) or _text(cell)
    return ("t", text) if text else None


def _text(cell: Element) -> str:
    return "\n".join("".join(_pieces(paragraph)) for paragraph in cell.findall(PARAGRAPH))


def _pieces(element: Element) -> Iterator[str]:
    if element.tag == _q("text:s"):
        yield " " * min(int(element.get(_q("text:c")) or 1), LONGEST_TEXT)
    elif element.tag == _q("text:tab"):
        yield "\t"
    elif element.tag == _q("text:line-break"):
        yield "\n"
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""
