"""Any units and targets in any of the layouts give exactly the lines that were put in."""

import time
import unicodedata
from dataclasses import dataclass
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.units import Unit, UnitKind
from app.sheets.foreign import Wanted
from tests.sheets.messy import NC, Filled, Value, defined, faults, filled, grid, read, turned

LAST_DAY = date(2024, 12, 31)
FIELD_WORDS = {
    "numerator": ("Tử số", "Số đạt", "Số lượng đạt", "TỬ SỐ"),
    "denominator": ("Mẫu số", "Mẫu số (người)"),
    "percent": ("Tỷ lệ (%)", "Tỉ lệ %", "%", "Tỷ lệ đạt"),
}
SHARES = ("NC2", "NC3")
ANSWERS = ("Đã làm", "Chưa làm", "Có", "Không")


@dataclass(frozen=True)
class Layout:
    is_turned: bool
    has_levels: bool
    is_merged: bool
    has_ordinals: bool
    has_total: bool
    has_groups: bool
    has_notes: bool
    is_numbered: bool
    titles: int
    blanks: int


def spellings(unit: Unit) -> list[str]:
    """What rule 25 and the declared styles make one with the unit's name."""
    name = unit.name_on(LAST_DAY)
    bare = name.short_vi
    found = [bare, name.name_vi, bare.upper(), f"  {bare}\u00a0", f"7. {bare}", *unit.aliases]
    found += [unicodedata.normalize("NFD", name.name_vi), unit.code, f"{unit.code} - {bare}"]
    found += [bare.replace("òa", "oà").replace("óa", "oá"), name.name_vi.replace(" ", "  ")]
    if unit.kind is UnitKind.PROVINCE_FEDERATION:
        style = "TP." if "thành phố" in name.name_vi else "tỉnh"
        found += [f"LĐLĐ {style} {bare}", f"Tỉnh {bare}", f"{style} {bare}", f"LĐLĐ {bare} (*)"]
    else:
        found += [f"CĐ {bare} VN", f"Công đoàn ngành {bare}", f"CĐ {bare}"]
    return found


def headings(code: str) -> list[str]:
    target = defined().programmes["NC-2024"].targets[code][0]
    return [code, f"Chỉ tiêu {code}", target.title_vi, f"{code}: {target.title_vi}"]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[list[list[Value]], list[str], Filled]:
    """A table, what is merged in it, and what it says."""
    units = [
        unit
        for unit in defined().units.values()
        if unit.valid_on(LAST_DAY) and unit.kind is not UnitKind.CENTRE
    ]
    flag = st.booleans()
    layout = draw(
        st.builds(Layout, *[flag] * 8, st.integers(0, 3), st.integers(0, 2)), label="layout"
    )
    chosen = draw(st.lists(st.sampled_from(units), min_size=1, max_size=6, unique=True))
    targets = draw(
        st.lists(st.sampled_from(["NC1a", "NC1b", *SHARES]), min_size=1, max_size=4, unique=True)
    )
    columns = [(code, name) for code in targets for name in draw(fields_of(code))]
    says: Filled = {}
    names = [draw(st.sampled_from(spellings(unit))) for unit in chosen]
    body = [[draw(value_of(name)) for _, name in columns] for _ in chosen]
    for unit, values in zip(chosen, body, strict=True):
        for (code, name), value in zip(columns, values, strict=True):
            if value != "":
                says.setdefault((unit.code, code), {})[name] = str(value)
    return *laid_out(draw, layout, names, columns, body), says


def fields_of(code: str) -> st.SearchStrategy[list[str]]:
    if code not in SHARES:
        return st.just(["done"])
    return st.sampled_from([["numerator", "denominator"], ["percent"], list(FIELD_WORDS)])


def value_of(field: str) -> st.SearchStrategy[Value]:
    if field == "done":
        return st.sampled_from([*ANSWERS, ""])
    return st.one_of(st.integers(0, 99_999), st.just(""), st.just("12.345"))


def laid_out(
    draw: st.DrawFn,
    layout: Layout,
    names: list[str],
    columns: list[tuple[str, str]],
    body: list[list[Value]],
) -> tuple[list[list[Value]], list[str]]:
    first = 2 if layout.has_ordinals else 1
    lead: list[Value] = list(("STT", "Đơn vị")[-first:])
    levels, spans = headed(draw, layout, columns)
    rows: list[list[Value]] = [[*lead, *levels[0]]]
    rows += [[*[""] * first, *level] for level in levels[1:]]
    if layout.is_numbered and len(columns) > 2:
        rows.append([f"({n})" for n in range(1, first + len(columns) + 1)])
    if layout.has_groups:
        rows.append([*["I", "Khối địa phương"][-first:]])
    for n, (name, values) in enumerate(zip(names, body, strict=True), 1):
        rows.append([*(n, name)[-first:], *values])
    if layout.has_total:
        total = draw(st.sampled_from(["Cộng", "TỔNG CỘNG:", "Tổng số", "Cả nước"]))
        rows.append([*["", total][-first:], *[9 if name != "done" else "" for _, name in columns]])
    if layout.is_turned:
        rows, spans = turned(rows), []
    above = [[title] for title in ("LIÊN ĐOÀN LAO ĐỘNG", "TỔNG HỢP KẾT QUẢ", "Năm 2024")]
    top: list[list[Value]] = [list[Value](one) for one in above[: layout.titles]]
    top += [[] for _ in range(layout.blanks)]
    if layout.has_notes:
        rows += [[], ["* Số liệu tạm tính"], ["", "Người lập biểu", "", "TM. BAN THƯỜNG VỤ"]]
    merged = []
    for start, end in spans if layout.is_merged else []:
        row, left = len(top) + 1, first + start
        merged.append(f"{chr(65 + left)}{row}:{chr(65 + first + end)}{row}")
    return [*top, *rows], merged


def headed(
    draw: st.DrawFn, layout: Layout, columns: list[tuple[str, str]]
) -> tuple[list[list[Value]], list[tuple[int, int]]]:
    """One or two rows of headings, and from where to where the upper ones go."""
    titles = {code: draw(st.sampled_from(headings(code))) for code, _ in columns}
    words = [draw(st.sampled_from(FIELD_WORDS.get(name, ("",)))) for _, name in columns]
    if not layout.has_levels or not any(words):
        joined = [
            f"{titles[code]} - {word}" if word else titles[code]
            for (code, _), word in zip(columns, words, strict=True)
        ]
        return [list[Value](joined)], []
    upper: list[Value] = []
    spans: list[tuple[int, int]] = []
    for place, (code, _) in enumerate(columns):
        begins = place == 0 or columns[place - 1][0] != code
        upper.append(titles[code] if begins else "")
        if begins:
            spans.append((place, place))
        else:
            spans[-1] = (spans[-1][0], place)
    return [upper, list[Value](words)], [span for span in spans if span[0] < span[1]]


@settings(max_examples=60, deadline=None)
@given(sheets())
def test_any_layout_gives_exactly_what_was_put_in(
    sheet: tuple[list[list[Value]], list[str], Filled],
) -> None:
    table, merged, says = sheet
    made = read(grid(table, *merged), wanted=NC)
    assert filled(made.lines) == says
    assert made.uncertain == []
    assert [told for told in faults(made) if told[2] != "nothing_recognised"] == []


TEXTS = st.text(alphabet="ABCĐaăâđeêioôơuưy 0123456789.%()/-*:\n", max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(TEXTS, st.integers(0, 9), st.sampled_from(["NC2", "Hà Nội", "Cộng"]))),
        max_size=8,
    ),
    st.sampled_from([Wanted(None, None, None), NC, Wanted("NC-2024", "2024", "P63-25")]),
)
def test_any_rubbish_is_read_without_an_accident(table: list[list[Value]], wanted: Wanted) -> None:
    made = read(grid(table, "A1:B2", "C1:ZZZ9999999", "B2:A1", "no range"), wanted=wanted)
    faults(made)
    assert {line.unit for line in made.lines} <= set(defined().units)


def test_a_sheet_of_84_units_by_80_columns_is_proposed_at_once() -> None:
    units = [unit for unit in defined().units.values() if unit.valid_on(LAST_DAY)][:84]
    heads: list[Value] = [f"Nội dung thứ {n} trong kỳ báo cáo" for n in range(72)]
    shares: list[Value] = [f"{code}.{name}" for code in SHARES for name in FIELD_WORDS]
    table: list[list[Value]] = [["STT", "Đơn vị", *shares, *heads]]
    for n, unit in enumerate(units):
        table.append([n, unit.name_on(LAST_DAY).name_vi, *range(100, 178)])
    whole = grid(table)
    took = []
    for _ in range(4):
        began = time.process_time()
        made = read(whole)
        took.append(time.process_time() - began)
    assert len(made.lines) == 2 * len(units)
    assert min(took) < 0.150


def test_ten_times_as_many_strange_names_cost_ten_times_as_much() -> None:
    """Nothing is compared with everything: guesses are looked up, and bounded."""

    def cost(names: int) -> float:
        table: list[list[Value]] = [["Đơn vị", "NC1a"]]
        table += [[f"Quảng Nma {n}", "Có"] for n in range(names)]
        whole = grid(table)
        began = time.process_time()
        made = read(whole)
        assert (made.lines, len(made.uncertain), len(made.faults)) == ([], names, names)
        return time.process_time() - began

    assert cost(8_000) < 15 * cost(800)
