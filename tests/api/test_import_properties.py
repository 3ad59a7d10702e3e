"""Whatever a report says and however a workbook writes it: both doors store the same."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell

from tests.api.journeys import NC
from tests.api.test_imports import counted, taken
from tests.conftest import As, Caller
from tests.sheets.books import LONG_KEYS, saved

KEYS = (*LONG_KEYS, "text", "evidence", "estimated")
FIGURES = ("numerator", "denominator", "percent")
PERCENT = "0." + "0" * 4 + "%"
Json = dict[str, Any]
Shown = tuple[Any, str | None]  # what is put into a cell, and the cell's number format
Line = tuple[Json, dict[str, Shown]]  # one value as JSON sends it, and as a sheet shows it
# Every example takes a unit that has sent nothing yet.
UNITS = [f"P63-{code:02}" for code in (1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25)]
UNITS += [f"P63-{code}" for code in (26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46)]
UNITS += [f"P63-{code}" for code in (48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72)]


def bounded(number: int) -> Callable[[Any], Any]:
    """Real doors and real databases: few examples, and no search for the smallest."""
    return settings(
        max_examples=number,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        derandomize=True,
    )


WORDS = st.text(alphabet="aĐướệ 1=+-@'\"<&>.,;%\n👍", min_size=1, max_size=30).map(
    lambda said: f"{said}x"
)


def grouped(number: int) -> st.SearchStrategy[str]:
    """12297344 as 12.297.344, or with one of the spaces that group."""
    return st.sampled_from(". \u00a0\u202f").map(lambda mark: f"{number:,}".replace(",", mark))


def count_cells(number: int) -> st.SearchStrategy[Shown]:
    plain: st.SearchStrategy[Any] = st.sampled_from([number, float(number), str(number)])
    formats = st.sampled_from([None, "0", "#,##0", "0.00"])
    return st.tuples(plain | grouped(number), formats)


@st.composite
def percents(draw: Any, value: Decimal) -> tuple[str, Shown]:
    """A percent as a JSON string, and in a cell: text, points, or a part of a percent cell."""
    said = f"{value}%"
    comma = said.replace(".", ",")
    ways: list[Shown] = [(comma, None), (f" {comma[:-1]} % ", "@"), (float(value / 100), PERCENT)]
    if value > 1 or value == 0:
        decimals = max(0, -int(value.as_tuple().exponent))
        ways.append((float(value), "0." + "0" * decimals if decimals else "0"))
        ways.append((comma[:-1], None))
    return said, draw(st.sampled_from(ways))


@st.composite
def ratios(draw: Any, target: str) -> Line:
    if draw(st.booleans()):
        digits = draw(st.integers(0, 4))
        value = Decimal(draw(st.integers(0, 100 * 10**digits))).scaleb(-digits)
        if "E" in str(value) or digits == 3:  # three decimals after a dot are ambiguous
            value = Decimal(draw(st.integers(0, 100)))
        said, shown = draw(percents(value))
        return {"target": target, "percent": said}, {"percent": shown}
    denominator = draw(st.integers(1, 10**9))
    numerator = draw(st.integers(0, denominator))
    sent: Json = {"target": target, "numerator": numerator, "denominator": denominator}
    cells = {key: draw(count_cells(sent[key])) for key in ("numerator", "denominator")}
    digits = draw(st.sampled_from([None, 0, 1, 2, 4]))
    if digits is not None:
        # The sender's formula: the cell holds a double, the screen so many decimals.
        part = Decimal(100 * numerator) / denominator
        shown_percent = part.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        sent["percent"] = f"{shown_percent}%"
        cells["percent"] = (numerator / denominator, f"0.{'0' * digits}%" if digits else "0%")
    return sent, cells


@st.composite
def answers(draw: Any, target: str) -> Line:
    done = draw(st.booleans())
    word = "Đã làm" if done else "Chưa làm"
    ways = [word, word.upper(), f" {word} ", unicodedata.normalize("NFD", word), done]
    return {"target": target, "done": done}, {"done": (draw(st.sampled_from(ways)), None)}


@st.composite
def lines(draw: Any, target: str) -> Line:
    sent: Json = {"target": target}
    cells: dict[str, Shown] = {}
    if draw(st.integers(0, 4)) == 0:
        sent["not_applicable"] = draw(WORDS)
        cells["not_applicable"] = (sent["not_applicable"], "@")
    elif target == "NCT1":
        sent["text"] = draw(WORDS)
        cells["text"] = (sent["text"], "@")
    else:
        sent, cells = draw(ratios(target) if target in ("NC2", "NC3") else answers(target))
    for key in ("note", "evidence"):
        if draw(st.booleans()):
            sent[key] = draw(WORDS)
            cells[key] = (
                unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), sent[key]),
                None,
            )
    return sent, cells


@st.composite
def reports(draw: Any) -> list[Line]:
    targets = draw(
        st.lists(st.sampled_from(["NC1a", "NC1b", "NC2", "NC3", "NCT1"]), min_size=1, unique=True)
    )
    return [draw(lines(target)) for target in targets]


def put(cell: Cell, shown: Shown) -> None:
    value, number_format = shown
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes "=1" for a formula
    if number_format is not None:
        cell.number_format = number_format


def book(rows: Sequence[Mapping[str, Shown]], keys: Sequence[str], gap: int) -> bytes:
    """Keys in a hidden row, a visible header, and the rows with `gap` blank ones between."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Báo cáo"
    for column, key in enumerate(keys, 1):
        sheet.cell(4, column, key)
        sheet.cell(5, column, None if key in ("unit", "target") else f"cột {key}")
    sheet.row_dimensions[4].hidden = True
    for number, row in enumerate(rows):
        for key, shown in row.items():
            put(sheet.cell(6 + number * (1 + gap), keys.index(key) + 1), shown)  # type: ignore[arg-type]
    return saved(made)


def stored(who: Caller, unit: str, period: str) -> dict[str, Json]:
    answer = who.get(f"/reports/{NC}/{period}/{unit}")
    assert answer.status_code == 200, answer.text
    return {value["target"]: value for value in answer.json()["values"]}


def sent_by_json(who: Caller, unit: str, report: Sequence[Line]) -> dict[str, Json]:
    """The same report of the same unit by the other door, for another period."""
    body = {"values": [sent for sent, _ in report]}
    answer = who.put(f"/reports/{NC}/2024-H1/{unit}", json=body)
    assert answer.status_code == 201, answer.text
    return stored(who, unit, "2024-H1")


def place(**more: str) -> Json:
    return {"programme": NC, "period": "2024", **more}


def test_a_long_sheet_stores_what_the_same_report_by_json_stores(as_: As) -> None:
    units: Iterator[str] = iter(UNITS)

    @bounded(20)
    @given(reports(), st.permutations(("unit", "target", *KEYS[2:])), st.integers(0, 2))
    def check(report: list[Line], keys: list[str], gap: int) -> None:
        unit = next(units)
        officer = as_("reporter", unit)
        rows = [
            {"unit": (unit, None), "target": (sent["target"], None), **cells}
            for sent, cells in report
        ]
        summary = taken(officer, book(rows, keys, gap), **place())
        assert summary["counts"]["created"] == len(report)
        assert stored(officer, unit, "2024") == sent_by_json(officer, unit, report)

    check()


def test_a_wide_sheet_stores_what_the_same_reports_by_json_store(as_: As) -> None:
    units: Iterator[str] = iter(UNITS)

    @bounded(5)
    @given(st.lists(reports(), min_size=1, max_size=6), st.integers(0, 2), st.randoms())
    def check(many: list[list[Line]], gap: int, dice: Any) -> None:
        named = {next(units): report for report in many}
        rows = []
        for unit, report in named.items():
            row: dict[str, Shown] = {"unit": (unit, None)}
            for sent, cells in report:
                row |= {f"{sent['target']}.{key}": shown for key, shown in cells.items()}
            rows.append(row)
        keys = sorted({key for row in rows for key in row})
        dice.shuffle(keys)
        summary = taken(as_("reviewer"), book(rows, keys, gap), **place())
        assert summary["counts"]["created"] == sum(map(len, many))
        for unit, report in named.items():
            officer = as_("reporter", unit)
            assert stored(officer, unit, "2024") == sent_by_json(officer, unit, report)

    check()


def test_a_template_that_nobody_touched_changes_nothing(as_: As) -> None:
    """What is stored stands in the template as it is read again, draft or submitted."""
    units: Iterator[str] = iter(UNITS)

    @bounded(8)
    @given(reports(), st.booleans())
    def check(report: list[Line], submitted: bool) -> None:
        unit = next(units)
        officer = as_("reporter", unit)
        values = [sent | {"estimated": True} if "percent" in sent else sent for sent, _ in report]
        path = f"/reports/{NC}/2024/{unit}"
        answer = officer.put(path, json={"values": values, "submit": submitted})
        assert answer.status_code == 201, answer.text
        empty = officer.get(f"/templates/{NC}/2024.xlsx").content
        same = {"read": len(report), "unchanged": len(report)}
        assert counted(taken(officer, empty)) == same
        assert counted(taken(officer, empty, submit=submitted)) == same
        assert len(officer.get(f"{path}/revisions").json()["items"]) == 1

    check()


ANYTHING = (
    st.none()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.dates()
    | st.sampled_from(
        ["", " ", "-", "0", "(xóa)", "Đã làm", "chưa tổng hợp", "95,5", "95.500", "#REF!", "=1+1"]
    )
    | st.text(alphabet="0123456789.,% /-１٣\u00a0ấ", max_size=12)
)
FILLED = ("numerator", "denominator", "percent", "done", "not_applicable", "note")


def scrawled(template: bytes, cells: Sequence[Any]) -> bytes:
    """The downloaded template with anything at all in its input cells."""
    made = load_workbook(BytesIO(template))
    sheet = made["Báo cáo"]
    keyed = next(row for row in sheet.iter_rows() if "unit" in [cell.value for cell in row])
    columns = [cell.column for cell in keyed if cell.value in FILLED]
    targets = [cell for cell in sheet["B"][keyed[0].row :] if cell.value]
    places = [sheet.cell(one.row, column) for one in targets for column in columns]
    for cell, value in zip(places, cells, strict=False):
        cell.value = value
    return saved(made)


def test_whatever_stands_in_the_cells_is_stored_or_refused_and_adds_up(as_: As) -> None:
    """Never a 500; a dry run foretells the real one; a refused file leaves nothing behind."""
    units: Iterator[str] = iter(UNITS)

    @bounded(8)
    @given(st.lists(ANYTHING, min_size=1, max_size=36))
    def check(cells: list[Any]) -> None:
        unit = next(units)
        officer = as_("reporter", unit)
        content = scrawled(officer.get(f"/templates/{NC}/2024.xlsx").content, cells)
        path = f"/reports/{NC}/2024/{unit}"
        dry = taken(officer, content, 200, dry_run=True)
        faulty = bool(dry["errors"])
        real = taken(officer, content, 422 if faulty else 201)
        assert [dry[key] for key in ("counts", "errors")] == [
            real[key] for key in ("counts", "errors")
        ]
        if faulty:
            assert officer.get(path).status_code == 404
            real = taken(officer, content, mode="partial")
            assert real["errors"] == dry["errors"]
        created = real["counts"]["created"]
        assert created == (len(stored(officer, unit, "2024")) if created else 0)
        again = taken(officer, content, mode="partial")
        assert again["counts"]["unchanged"] == created + real["counts"]["unchanged"]

    check()
