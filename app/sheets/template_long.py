"""The long form: one unit, one row for each target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xlsxwriter import Workbook

from app.domain.targets import Target, ValueKind
from app.schemas.templates import TemplateModel, TemplateUnit
from app.sheets.cells import letters
from app.sheets.ours import DATA_SHEET
from app.sheets.template_formulas import HERE, NOTHING, SHOWN, Live, choose, text
from app.sheets.template_inputs import FIELDS, Pen, content, takes
from app.sheets.template_styles import height
from app.sheets.template_words import judged_by

KEY_ROW = 6
HEADER_ROW = KEY_ROW + 1
# In points: two lines, and five where a report in words is asked for.
ROOM, ROOM_FOR_WORDS = 33.0, 78.0


class Column(NamedTuple):
    """`name` is the machine key where the column has one."""

    name: str
    width: float
    key: bool = True


# Two widths, so that each is hidden by an entry of its own: some readers look at no range.
HIDDEN = (Column("unit", 9), Column("target", 10))
SHOWN_FIRST = (
    Column("code", 7, key=False),
    Column("title", 46, key=False),
    Column("asked", 13, key=False),
    Column("last", 14, key=False),
)
INPUTS = (
    Column("numerator", 10),
    Column("denominator", 10),
    Column("percent", 9),
    Column("value", 11),
    Column("done", 11),
    Column("text", 30),
)
LIVE = (Column("result", 10, key=False), Column("verdict", 16, key=False))
BESIDE = (
    Column("not_applicable", 17),
    Column("note", 18),
    Column("evidence", 15),
    Column("estimated", 7),
)
# Columns that stand only where a target is told so.
ONLY_FOR = {"value": ValueKind.COUNT, "text": ValueKind.NARRATIVE}
WRAPPED = {"code": "code", "asked": "centred", "last": "small_centred"}


@dataclass(frozen=True, slots=True)
class Form:
    """The sheet being written: its columns, and where each stands (from 0)."""

    book: Workbook
    pen: Pen
    model: TemplateModel
    columns: Sequence[Column]

    @property
    def unit(self) -> TemplateUnit:
        return self.model.units[0]

    @property
    def last(self) -> int:
        return len(self.columns) - 1

    def at(self, name: str) -> int:
        return next(place for place, one in enumerate(self.columns) if one.name == name)

    def cell(self, name: str, row: int | None = None) -> str:
        """$I10; without a row for any row of the column."""
        return f"${letters(self.at(name) + 1)}{HERE if row is None else row + 1}"


def write_long(book: Workbook, pen: Pen, model: TemplateModel) -> None:
    kinds = {target.value_kind for target in model.targets}
    inputs = [one for one in INPUTS if one.name not in ONLY_FOR or ONLY_FOR[one.name] in kinds]
    form = Form(book, pen, model, (*HIDDEN, *SHOWN_FIRST, *inputs, *LIVE, *BESIDE))
    _write_head(form)
    row, rows = HEADER_ROW + 1, {}
    group = None
    for target in model.targets:
        if target.group != group:
            group = target.group
            _write_group(form, row, group)
            row += 1
        rows[target.code] = row
        row += 1
    for target in model.targets:
        _write_target(form, rows[target.code], target, rows)
    _name_areas(form, row - 1)
    _set_up(form, rows)


def _write_head(form: Form) -> None:
    pen, words, model = form.pen, form.pen.words, form.model
    first, sheet = len(HIDDEN), pen.sheet
    unit = form.unit.unit.name_on(model.period.period.ends_on)
    pen.text(0, first, words.organisation(model), "organisation")
    pen.text(0, form.last, words("id", id=model.id), "small")
    pen.text(1, first, words.own(unit, "name"), "unit")
    for row, said, style, tall in (
        (2, words("title"), "title", 24),
        (3, words.title(model.programme), "programme", 18),
        (4, words.dates(model), "dates", 16),
        (5, words.how(), "how", 44),
    ):
        sheet.set_row(row, tall)
        sheet.merge_range(row, first, row, form.last, said, pen.styles(style))
    sheet.set_row(KEY_ROW, None, None, {"hidden": True})
    sheet.set_row(HEADER_ROW, 34)
    for place, column in enumerate(form.columns):
        hidden = {"hidden": True} if column in HIDDEN or _unused(form, column) else {}
        sheet.set_column(place, place, column.width, None, hidden)
        if column.key:
            pen.text(KEY_ROW, place, column.name, "key")
        if column not in HIDDEN:
            pen.text(HEADER_ROW, place, words(f"header.{column.name}"), "header")
    form.book.define_name("chitieu_mau", f"='{DATA_SHEET}'!${letters(form.last + 1)}$1")


def _unused(form: Form, column: Column) -> bool:
    """Its key stands there all the same: machines count on it."""
    return column in INPUTS and not any(column.name in takes(one) for one in form.model.targets)


def _write_group(form: Form, row: int, number: int) -> None:
    groups = form.model.programme.groups
    title = next((form.pen.words.own(one, "title") for one in groups if one.number == number), "")
    said = form.pen.words("group", number=number, title=title)
    form.pen.sheet.set_row(row, 18)
    form.pen.sheet.merge_range(row, len(HIDDEN), row, form.last, said, form.pen.styles("group"))


def _write_target(form: Form, row: int, target: Target, rows: dict[str, int]) -> None:
    pen, unit = form.pen, form.unit
    fields = takes(target)
    if fields:
        # What takes no input has no keys: importing passes it by.
        pen.text(row, 0, unit.unit.code, "key")
        pen.text(row, 1, target.code, "key")
    _write_words(form, row, target)
    for place, column in enumerate(form.columns):
        if column in LIVE or not column.key or column in HIDDEN:
            continue
        if column.name in fields:
            pen.field(row, place, column.name, unit.said.get(target.code))
            at = {name: form.cell(name, row) for name in fields}
            pen.check((row, place, row, place), column.name, target, at)
        else:
            pen.sheet.write_blank(row, place, None, pen.styles("closed"))
    if target.value_kind is ValueKind.ALL_OF:
        _write_of_parts(form, row, target, rows)
    else:
        _write_live(form, row, target)


def _write_words(form: Form, row: int, target: Target) -> None:
    pen, words, period = form.pen, form.pen.words, form.model.period.period
    title, lines = words.own(target, "title"), words.counting(target)
    style, at = pen.styles("title_cell"), form.at("title")
    if lines:
        parts = (pen.styles("bold"), title, pen.styles("light"), "\n" + "\n".join(lines))
        pen.sheet.write_rich_string(row, at, *parts, style)
    else:
        pen.text(row, at, title, "guide_label")
    shown = {
        "code": target.code,
        "asked": words.asked_of(target, period, form.unit.unit.code),
        "last": words.last(form.model.last.get(target.code)),
    }
    for name, said in shown.items():
        pen.text(row, form.at(name), said, WRAPPED[name])
    shown["title"] = "\n".join([title, *lines])
    pen.sheet.set_row(row, _height(form, target, shown))


def _height(form: Form, target: Target, shown: Mapping[str, str]) -> float:
    """Of a row that shows all of its texts, and leaves room where words are asked for."""
    told = {name: content(name, form.unit.said.get(target.code)) for name in takes(target)}
    texts = {**shown, **{name: said for name, said in told.items() if isinstance(said, str)}}
    least = ROOM_FOR_WORDS if target.value_kind is ValueKind.NARRATIVE else ROOM
    return max(
        least, *(height(texts[one.name], one.width) for one in form.columns if one.name in texts)
    )


def _live(form: Form, target: Target, row: int) -> Live:
    code, period = form.unit.unit.code, form.model.period.period
    own = [column.name for column in form.columns if column.name in FIELDS[target.value_kind]]
    ranges = [
        f"{form.cell(first, row)}:{form.cell(last, row)}"
        for first, last in ((own[0], own[-1]), (BESIDE[0].name, BESIDE[-1].name))
    ]
    at = {name: form.cell(name, row) for name in takes(target)}
    return Live(target, judged_by(target, period, code), form.pen.words, at, ranges)


def _write_live(form: Form, row: int, target: Target) -> None:
    """The percent and the verdict, with what they come to for what is stored."""
    pen, said, live = form.pen, form.unit.said.get(target.code), _live(form, target, row)
    sheet, result, verdict = pen.sheet, form.at("result"), form.at("verdict")
    if target.value_kind is ValueKind.RATIO:
        style = pen.styles("live", SHOWN)
        sheet.write_formula(row, result, live.percent(), style, live.percent_now(said))
    else:
        sheet.write_blank(row, result, None, pen.styles("closed"))
    formula = live.verdict(form.cell("result", row))
    if formula is None:
        sheet.write_blank(row, verdict, None, pen.styles("closed"))
    else:
        style = pen.styles("live_words")
        sheet.write_formula(row, verdict, formula, style, live.verdict_now(said))


def _write_of_parts(form: Form, row: int, target: Target, rows: dict[str, int]) -> None:
    """Met when every part that applies is met (rules 2 and 8); from the parts' own verdicts."""
    pen, words, said = form.pen, form.pen.words, form.unit.said
    asked = [one for one in form.model.targets if one.code in target.parts]
    cells = [form.cell("verdict", rows[one.code]) for one in asked]
    met, none = words("word.met"), words("word.not_applicable")
    out = "+".join(f"({cell}={text(none)})" for cell in cells)
    done = "+".join(f"({cell}={text(met)})" for cell in cells)
    blank = ",".join(f'{cell}=""' for cell in cells)
    formula = choose(
        (f"AND({blank})", NOTHING),
        (f"{out}={len(cells)}", text(none)),
        (f"{out}+{done}={len(cells)}", text(met)),
        otherwise=text(words("word.not_met")),
    )
    verdicts = [_live(form, one, 0).verdict_now(said.get(one.code)) for one in asked]
    now = words("word.not_met")
    if not any(verdicts):
        now = ""
    elif set(verdicts) <= {met, none}:
        now = met if met in verdicts else none
    sheet = pen.sheet
    sheet.write_blank(row, form.at("result"), None, pen.styles("closed"))
    sheet.write_formula(row, form.at("verdict"), f"={formula}", pen.styles("live_words"), now)


def _name_areas(form: Form, last: int) -> None:
    first = HEADER_ROW + 2
    for place, column in enumerate(form.columns):
        if column.key and column not in HIDDEN:
            at = letters(place + 1)
            area = f"='{DATA_SHEET}'!${at}${first}:${at}${last + 1}"
            form.book.define_name(f"nhap_{column.name}", area)


def _set_up(form: Form, rows: dict[str, int]) -> None:
    sheet = form.pen.sheet
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.freeze_panes(HEADER_ROW + 1, form.at("title") + 1)
    first = next(one for one in form.model.targets if takes(one))
    row, place = rows[first.code], form.at(FIELDS[first.value_kind][0])
    sheet.set_selection(row, place, row, place)
    whole = f"A1:{letters(form.last + 1)}{max(rows.values()) + 1}"
    sheet.ignore_errors({"number_stored_as_text": whole, "formula_differs": whole})
