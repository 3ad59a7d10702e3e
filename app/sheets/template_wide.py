"""The wide form: the centre's consolidated sheet. One row for each unit, one block of columns for
each target, and a closing row of sums that importing passes by (it names no unit)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from app.domain.targets import Level, Target, ValueKind
from app.domain.yardstick import Yardstick
from app.schemas.templates import Said, TemplateModel, TemplateUnit
from app.sheets.cells import letters
from app.sheets.ours import DATA_SHEET
from app.sheets.reading import YES
from app.sheets.template_formulas import HERE, SHOWN, Live
from app.sheets.template_inputs import BESIDE, FIELDS, Pen, content, style_of, takes
from app.sheets.template_styles import height
from app.sheets.template_words import judged_by

TITLE_ROWS = 7
KEY_ROW = TITLE_ROWS
BLOCK_ROW, HEADER_ROW = KEY_ROW + 1, KEY_ROW + 2
FIRST_ROW = HEADER_ROW + 1
FIRST_BLOCK = 3
WIDTHS = {
    "numerator": 10,
    "denominator": 10,
    "percent": 9,
    "result": 16,
    "value": 12,
    "done": 11,
    "text": 34,
    "not_applicable": 16,
    "note": 16,
    "evidence": 16,
    "estimated": 7,
}
NAME_WIDTH, NUMBER_WIDTH = 28, 5
TALLEST = 76.0  # points: five lines
# Characters that an A4 page takes across at the smallest scale that is still read with ease.
PAGE_WIDTH, PAGE_SCALE = 220, 62


class Column(NamedTuple):
    """One column of a block, from 0; `field` is "result" for the live one."""

    place: int
    field: str

    @property
    def letter(self) -> str:
        return letters(self.place + 1)


@dataclass(frozen=True, slots=True)
class Block:
    target: Target
    columns: Sequence[Column]

    @property
    def at(self) -> dict[str, str]:
        return {one.field: f"${one.letter}{HERE}" for one in self.columns}

    @property
    def width(self) -> int:
        return sum(WIDTHS[one.field] for one in self.columns)

    def live(self, held: Yardstick | None, pen: Pen) -> Live:
        at, own = self.at, FIELDS[self.target.value_kind]
        beside = [one.field for one in self.columns if one.field in BESIDE]
        ranges = [f"{at[own[0]]}:{at[own[-1]]}", f"{at[beside[0]]}:{at[beside[-1]]}"]
        return Live(self.target, held, pen.words, at, ranges)


def write_wide(book: Workbook, pen: Pen, model: TemplateModel) -> None:
    blocks = _blocks(model)
    _write_head(book, pen, model, blocks)
    for number, block in enumerate(blocks, 1):
        _write_block(pen, model, block)
        _name_area(book, block, number, len(model.units))
    last = FIRST_ROW + len(model.units) - 1
    for number, one in enumerate(model.units):
        row = FIRST_ROW + number
        pen.text(row, 0, one.unit.code, "key")
        pen.sheet.write_number(row, 1, number + 1, pen.styles("centred"))
        name = one.unit.name_on(model.period.period.ends_on).short_vi
        pen.text(row, 2, name, "guide_label")
        pen.sheet.set_row(row, _height(name, one))
    _write_total(pen, blocks, model, last)
    _set_up(pen, blocks, last)


def _height(name: str, one: TemplateUnit) -> float:
    """Of a row that shows the unit's name, and of its stored words the first lines."""
    tall = height(name, NAME_WIDTH)
    for said in one.said.values():
        value = said.value
        for words, width in (
            (said.note, WIDTHS["note"]),
            (said.evidence, WIDTHS["evidence"]),
            (value.not_applicable, WIDTHS["not_applicable"]),
            (value.text, WIDTHS["text"]),
        ):
            if words:
                tall = max(tall, height(words, width))
    return min(tall, TALLEST)


def _blocks(model: TemplateModel) -> list[Block]:
    """Evidence and "estimated" stand where something stored has them: taking them away would
    change what was sent, and a column for everybody would be one too many."""
    blocks, place = [], FIRST_BLOCK
    for target in model.targets:
        if not takes(target):
            continue
        fields = list(FIELDS[target.value_kind])
        if target.value_kind is ValueKind.RATIO:
            fields.append("result")
        said = [one.said[target.code] for one in model.units if target.code in one.said]
        fields += [
            name
            for name in BESIDE
            if name in ("not_applicable", "note")
            or any(content(name, value) is not None for value in said)
        ]
        blocks.append(Block(target, [Column(place + i, name) for i, name in enumerate(fields)]))
        place += len(fields)
    return blocks


def _write_head(book: Workbook, pen: Pen, model: TemplateModel, blocks: Sequence[Block]) -> None:
    words, sheet = pen.words, pen.sheet
    for row, said, style in (
        (0, words.organisation(model), "organisation"),
        (1, words("title_many"), "title_left"),
        (2, f"{words.title(model.programme)} – {words.units(model)}", "programme_left"),
        (3, words.dates(model), "dates_left"),
    ):
        pen.text(row, 1, said, style)
    pen.text(0, FIRST_BLOCK + 2, words("id", id=model.id), "how_left")
    book.define_name("chitieu_mau", f"='{DATA_SHEET}'!${letters(FIRST_BLOCK + 3)}$1")
    for row, said in enumerate(words.how().split("\n"), 4):
        pen.text(row, 1, said, "how_left")
    sheet.set_row(1, 22)
    sheet.set_row(KEY_ROW, None, None, {"hidden": True})
    sheet.set_row(BLOCK_ROW, 36)
    sheet.set_row(HEADER_ROW, 32)
    sheet.set_column(0, 0, 9, None, {"hidden": True})
    sheet.set_column(1, 1, NUMBER_WIDTH)
    sheet.set_column(2, 2, NAME_WIDTH)
    pen.text(KEY_ROW, 0, "unit", "key")
    for place, name in ((1, "number"), (2, "unit")):
        said = words(f"header.{name}")
        sheet.merge_range(BLOCK_ROW, place, HEADER_ROW, place, said, pen.styles("header"))


def _write_block(pen: Pen, model: TemplateModel, block: Block) -> None:
    _head_block(pen, model, block)
    cells = _Cells(pen, model, block)
    for number, one in enumerate(model.units):
        row = FIRST_ROW + number
        if block.target.code in one.asked:
            cells.write(row, one)
        else:
            for column in block.columns:
                pen.sheet.write_blank(row, column.place, None, cells.closed)


def _head_block(pen: Pen, model: TemplateModel, block: Block) -> None:
    words, sheet, target = pen.words, pen.sheet, block.target
    first, last = block.columns[0], block.columns[-1]
    end = FIRST_ROW + len(model.units) - 1
    title = words(
        "block", code=target.code, title=words.own(target, "title"), asked=words.asked(target)
    )
    sheet.merge_range(BLOCK_ROW, first.place, BLOCK_ROW, last.place, title, pen.styles("block"))
    at = {name: cell.replace(HERE, str(FIRST_ROW + 1)) for name, cell in block.at.items()}
    for column in block.columns:
        sheet.set_column(column.place, column.place, WIDTHS[column.field])
        pen.text(HEADER_ROW, column.place, words(f"header.{column.field}"), "header")
        if column.field != "result":
            pen.text(KEY_ROW, column.place, f"{target.code}.{column.field}", "key")
            area = (FIRST_ROW, column.place, end, column.place)
            pen.check(area, column.field, target, at)


def _name_area(book: Workbook, block: Block, number: int, units: int) -> None:
    """The number keeps names apart that differ by what no name may have ("A-1" and "A_1")."""
    safe = "".join(letter if letter.isalnum() else "_" for letter in block.target.code)
    first, last = block.columns[0].letter, block.columns[-1].letter
    area = f"${first}${FIRST_ROW + 1}:${last}${FIRST_ROW + units}"
    book.define_name(f"nhap_{number}_{safe}", f"='{DATA_SHEET}'!{area}")


class _Judged(NamedTuple):
    live: Live
    formula: str
    style: Format


class _Cells:
    """Writes one block row by row. The formula of units with the same threshold is made once."""

    def __init__(self, pen: Pen, model: TemplateModel, block: Block) -> None:
        self.pen, self.block = pen, block
        self.period = model.period.period
        self.closed = pen.styles("closed")
        self.inputs = [
            (one.place, one.field, pen.styles(style_of(one.field)))
            for one in block.columns
            if one.field != "result"
        ]
        self.result = [one.place for one in block.columns if one.field == "result"]
        self._known: dict[Level | None, _Judged] = {}

    def write(self, row: int, one: TemplateUnit) -> None:
        said = one.said.get(self.block.target.code)
        for place, field, style in self.inputs:
            self.pen.put(row, place, content(field, said), style)
        for place in self.result:
            self._result(row, place, one, said)

    def _result(self, row: int, place: int, one: TemplateUnit, said: Said | None) -> None:
        given = self.block.target.assigned_to(one.unit.code, self.period)
        if given not in self._known:
            held = judged_by(self.block.target, self.period, one.unit.code)
            live = self.block.live(held, self.pen)
            style = self.pen.styles("live", live.result_format())
            self._known[given] = _Judged(live, live.result(), style)
        live, formula, style = self._known[given]
        formula = formula.replace(HERE, str(row + 1))
        self.pen.sheet.write_formula(row, place, formula, style, live.result_now(said))


def _write_total(pen: Pen, blocks: Sequence[Block], model: TemplateModel, last: int) -> None:
    """Counts are added and divided once; a percent is never added (rule 14)."""
    row, sheet = last + 1, pen.sheet
    sheet.write_blank(row, 1, None, pen.styles("total"))
    pen.text(row, 2, pen.words("total"), "total")
    for block in blocks:
        asked = [one for one in model.units if block.target.code in one.asked]
        said = [one.said[block.target.code] for one in asked if block.target.code in one.said]
        for column in block.columns:
            area = f"{column.letter}{FIRST_ROW + 1}:{column.letter}{last + 1}"
            if column.field in ("numerator", "denominator", "value"):
                filled = [content(column.field, one) for one in said]
                known = [one for one in filled if isinstance(one, int)]
                formula = f'=IF(COUNT({area})=0,"",SUM({area}))'
                style = pen.styles("total_number", "#,##0")
                sheet.write_formula(row, column.place, formula, style, sum(known) if known else "")
            elif column.field == "result":
                _write_pooled(pen, block, row, column.place, said)
            elif column.field == "done":
                done = sum(one.value.done is True for one in said)
                style = pen.styles("total_number", f'0"/{len(asked)}"')
                sheet.write_formula(row, column.place, f'=COUNTIF({area},"{YES}")', style, done)
            else:
                sheet.write_blank(row, column.place, None, pen.styles("total"))


def _write_pooled(pen: Pen, block: Block, row: int, place: int, said: Sequence[Said]) -> None:
    live = block.live(None, pen)
    n, d = (block.at[name].replace(HERE, str(row + 1)) for name in ("numerator", "denominator"))
    rounded = live.rounded().replace(HERE, str(row + 1))
    formula = f'=IF(COUNT({n},{d})<2,"",IF({d}>0,{rounded},""))'
    told = [one.value for one in said if one.value.denominator is not None]
    counts = (sum(one.numerator or 0 for one in told), sum(one.denominator or 0 for one in told))
    now = live.rounded_now(*counts) if counts[1] else ""
    pen.sheet.write_formula(row, place, formula, pen.styles("total_number", SHOWN), now)


def _set_up(pen: Pen, blocks: Sequence[Block], last: int) -> None:
    """On A4: one page across where that can still be read, else whole blocks page by page, with
    the units' names on each."""
    sheet = pen.sheet
    end = blocks[-1].columns[-1]
    sheet.set_landscape()
    sheet.repeat_rows(BLOCK_ROW, HEADER_ROW)
    sheet.repeat_columns(1, 2)
    sheet.freeze_panes(FIRST_ROW, FIRST_BLOCK)
    sheet.set_selection(FIRST_ROW, FIRST_BLOCK, FIRST_ROW, FIRST_BLOCK)
    whole = f"A1:{end.letter}{last + 2}"
    sheet.ignore_errors({"number_stored_as_text": whole, "formula_differs": whole})
    names = NUMBER_WIDTH + NAME_WIDTH
    if names + sum(block.width for block in blocks) <= PAGE_WIDTH:
        sheet.fit_to_pages(1, 0)
        return
    breaks, across = [], names
    for block in blocks:
        if across > names and across + block.width > PAGE_WIDTH:
            breaks.append(block.columns[0].place)
            across = names
        across += block.width
    sheet.set_print_scale(PAGE_SCALE)
    sheet.set_v_pagebreaks(breaks)
