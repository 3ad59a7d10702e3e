"""Exports read back, and held against the JSON cell by cell."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import openpyxl

from app.domain.verdict import Verdict
from app.i18n import catalogue
from app.render.looks import SYMBOL
from tests.api.journeys import NC, approved, ratio, submit
from tests.conftest import As, Caller

Row = Mapping[str, Any]
Cell = Any
NOTHING = "Không có số liệu nào trong phạm vi này."

OVERVIEW = f"/dashboards/overview?programme={NC}&period=2024"
COMPLETENESS = f"/dashboards/completeness?programme={NC}&period=2024"
ATTAINMENT = f"/attainment?programme={NC}&period=2024"
BOARDS = (
    f"/dashboards/target/NC2?programme={NC}&period=2024",
    f"/dashboards/unit/P63-25?programme={NC}&period=2024",
)
EVERY = (OVERVIEW, COMPLETENESS, ATTAINMENT, *BOARDS)


def tell(as_: As) -> None:
    """A figure on the verge, a 0, a percent alone, what does not apply, 0 of 0, and silence."""
    approved(as_, "P63-25", [ratio("NC2", 17_999, 20_000), {"target": "NC1a", "done": True}])
    approved(as_, "P63-02", [ratio("NC2", 0, 400), {"target": "NC1a", "done": False}])
    approved(as_, "P63-04", [{"target": "NC2", "percent": "61,5", "estimated": True}])
    approved(as_, "S-GD", [{"target": "NC2", "not_applicable": "không có"}])
    approved(as_, "P63-06", [ratio("NC2", 0, 0), {"target": "NCT1", "text": "Đã gửi kiến nghị"}])
    submit(as_, "P63-08", [ratio("NC2", 7, 9)])
    as_("reporter", "P63-10").put(
        f"/reports/{NC}/2024/P63-10", json={"values": [ratio("NC2", 1, 3)]}
    )


def asked(caller: Caller, path: str, **headers: str) -> Any:
    answer = caller.get(path, headers=headers)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
    return answer


def beside(path: str, suffix: str) -> str:
    """The same question for a file: /attainment?… is /attainment.csv?…"""
    place, _, query = path.partition("?")
    return f"{place}{suffix}?{query}"


def figures_of(caller: Caller, path: str) -> Any:
    """The JSON with every number as it is written there."""
    return json.loads(asked(caller, path).content, parse_float=Decimal)


def csv_of(caller: Caller, path: str, mark: str = ",") -> list[dict[str, str]]:
    content = asked(caller, path).content
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), ""), delimiter=mark))


def workbook_of(caller: Caller, path: str, **headers: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(asked(caller, path, **headers).content))


def table_of(sheet: Any) -> list[dict[str, Cell]]:
    """Cells by key, one dict a row; the keys stand in the one hidden row."""
    (top,) = [row for row, about in sheet.row_dimensions.items() if about.hidden]
    keys = [cell.value for cell in sheet[top]]
    header = sheet.auto_filter.ref.partition(":")[0].lstrip("A")
    rows = sheet.iter_rows(min_row=int(header) + 1, max_col=len(keys))
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    said = [{cell.value for cell in row.values()} - {None, NOTHING} for row in found]
    return [row for row, values in zip(found, said, strict=True) if values]


def at(row: Row, name: str) -> Any:
    """A field inside others by its dotted name; None where the answer does not have it."""
    found: Any = row
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def same_number(cell: Cell, figure: Decimal | int | None, where: object) -> None:
    """Exactly the JSON's number, shown with its decimals; empty where there is none."""
    if figure is None:
        assert cell.value is None, where
        return
    assert Decimal(repr(cell.value)) == figure, (where, cell.value, figure)
    decimals = max(0, -int(Decimal(figure).as_tuple().exponent))
    shown = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    assert cell.number_format == shown, (where, cell.number_format, figure)


def same_csv(cell: str, said: Any, where: object, mark: str = ".") -> None:
    """The JSON's content, as CSV writes it."""
    match said:
        case None:
            assert cell == "", where
        case bool():
            assert cell == str(said).lower(), where
        case int() | Decimal():
            assert cell == str(said).replace(".", mark), where
        case str():
            assert cell == said, where
        case list() if all(isinstance(one, str) for one in said):
            assert cell == "; ".join(said), where
        case _:
            assert json.loads(cell, parse_float=Decimal) == said, where


WORDS = catalogue("vi")
FIGURES, HEAT, RECEIVED = "Số liệu", "Đơn vị và chỉ tiêu", "Nộp báo cáo"
OUTSIDE, NOTES, TRENDS = "Đơn vị chưa được tính", "Nguồn và ghi chú", "Xu hướng"
YES_NO = {None: None, True: "Có", False: "Không"}


def verdict(code: str | None) -> str | None:
    return code and f"{SYMBOL[Verdict(code)]} {WORDS[f'verdict.{code}']}"


COUNTED = ("missing", "excluded", "not_applicable", "partial")
NUMBERS = (
    *("numerator", "denominator", "percent", "value", "threshold_percent", "threshold_count"),
    *("gap_pp", "needed", "excess", "gap_closed", "ratio_to_threshold", "bounds.low"),
    *("bounds.high", "baseline", "expected_now", "pace", "assigned.threshold", "forecast.value"),
    *("forecast.per_year", "forecast.required_per_year", "forecast.points", "breakdown_units"),
    *("coverage.units.reported", "coverage.units.expected", "coverage.population"),
    *("grades.A", "grades.B", "grades.C", "grades.D"),
)
TEXTS: tuple[str, ...] = (
    "period",
    "target",
    "unit",
    "text",
    "explain",
    "decision.act",
    "decision.reason",
)
TEXTS += ("decision.decided_on", "last_result.period", "last_result.on", "population_ends_on")
TEXTS += ("forecast.on", "succeeded_by.target", "succeeded_by.act", "succeeded_by.decided_on")
SIGNS = {"at_least": "≥", "at_most": "≤", "exactly": "đúng bằng", "done": "phải làm", None: None}
SCOPES = {"national": "Toàn quốc", "own": "Riêng Tổng Liên đoàn", "unit": "Đơn vị"}
DONE = {None: None, True: "Đã làm", False: "Chưa làm"}


def in_words(key: str, row: dict[str, Any]) -> Any:
    """What stands in a cell of words; ... where only its presence follows from the field."""
    simple: dict[str, Callable[[], Any]] = {
        "verdict": lambda: verdict(row["verdict"]),
        "assigned.verdict": lambda: verdict(at(row, "assigned.verdict")),
        "met": lambda: YES_NO[row["met"]],
        "forecast.met": lambda: YES_NO[at(row, "forecast.met")],
        "forecast.same_reporters": lambda: YES_NO[at(row, "forecast.same_reporters")],
        "estimated": lambda: YES_NO[row.get("estimated")],
        "done": lambda: DONE[row.get("done")],
        "comparator": lambda: SIGNS[row["comparator"]],
        "scope": lambda: SCOPES[row["scope"]],
    }
    if key in simple:
        return simple[key]()
    if key == "not_applicable":
        found = row.get(key)
        return WORDS.get(f"export.reason.{found}", found) if isinstance(found, str) else None
    assert key in ("title", "name", "reasons", "warnings", "open_questions", "remarks"), key
    return ...


def same_row(cells: dict[str, Cell], row: dict[str, Any]) -> None:
    """Every cell of a row against the attainment that it tells."""
    for key, cell in cells.items():
        where = (row["target"], row["unit"], key)
        if key in NUMBERS:
            same_number(cell, at(row, key), where)
        elif key in TEXTS:
            assert cell.value == at(row, key), where
        elif key.endswith(".count"):
            listed = row.get(key.removesuffix(".count"))
            same_number(cell, len(listed) if isinstance(listed, list) else None, where)
        elif (words := in_words(key, row)) is not ...:
            assert cell.value == words, where
        elif key in ("reasons", "warnings", "open_questions"):
            assert (cell.value is None) == (not row.get(key)), where
        else:
            assert cell.value, where
    # No field is lost: what has no column has nothing to say in any row.
    lost = {name for name in NUMBERS + TEXTS if name not in cells} - {"explain"}
    assert not {name: at(row, name) for name in lost if at(row, name) is not None}


def same_figures(sheet: Any, rows: list[dict[str, Any]]) -> None:
    cells = table_of(sheet)
    assert len(cells) == len(rows)
    for found, row in zip(cells, rows, strict=True):
        same_row(found, row)


def same_outside(sheet: Any, rows: list[dict[str, Any]]) -> None:
    """Whoever a figure leaves out, with the reason."""
    found = [
        tuple(row[key].value for key in ("period", "target", "of", "unit", "outside", "reason"))
        for row in table_of(sheet)
    ]
    assert found == [line for row in rows for line in left_out(row)]


def left_out(row: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name in COUNTED:
        listed = row.get(name)
        for one in listed if isinstance(listed, list) else []:
            unit, reason = (one["unit"], one["reason"]) if isinstance(one, dict) else (one, None)
            if row["scope"] == "national" or unit != row["unit"] or name == "excluded":
                word = WORDS[f"export.outside.{name}"]
                reason = WORDS.get(f"export.reason.{reason}", reason)
                yield row["period"], row["target"], row["unit"], unit, word, reason


def same_table(rows: list[dict[str, str]], figures: list[dict[str, Any]], mark: str = ".") -> None:
    """Every cell of a CSV against the JSON that it tells."""
    assert len(rows) == len(figures)
    for row, figure in zip(rows, figures, strict=True):
        for name, cell in row.items():
            same_csv(cell, at(figure, name), (name, figure["target"], figure["unit"]), mark)
        leaves = set(flat_names(figure))
        assert leaves <= row.keys(), leaves - row.keys()


def flat_names(figure: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, said in figure.items():
        if isinstance(said, dict) and name not in ("reasons", "breakdown"):
            yield from flat_names(said, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def same_trends(sheet: Any, trends: list[dict[str, Any]]) -> None:
    points = [(trend, point) for trend in trends for point in trend["points"]]
    cells = table_of(sheet)
    assert len(cells) == len(points)
    for row, (trend, point) in zip(cells, points, strict=True):
        where = (trend["target"], trend["unit"], point["period"])
        said = {"target": trend["target"], "unit": trend["unit"], "basis_on": trend["on"]}
        for key, expected in {**said, "period": point["period"], "on": point["on"]}.items():
            assert row[key].value == expected, where
        for key in ("numerator", "denominator", "percent"):
            same_number(row[key], point[key], where)
        if point["value"] is not None:
            same_number(row["value"], point["value"], where)
        for key in ("forecast.value", "forecast.per_year", "forecast.required_per_year"):
            if key in row:
                same_number(row[key], at(trend, key), where)
        assert row["verdict"].value == verdict(point["verdict"]), where
        assert row["met"].value == YES_NO[point["met"]], where
        assert (row["reason"].value is None) == ("reason" not in trend), where
