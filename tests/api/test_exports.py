"""Dashboards and attainment as files: the figures of the JSON, cell by cell."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.verdict import Verdict
from tests.api import trial
from tests.api.journeys import NC, TT, approved, ratio, submit
from tests.api.spreadsheets import (
    ATTAINMENT,
    BOARDS,
    COMPLETENESS,
    FIGURES,
    HEAT,
    NOTES,
    NOTHING,
    NUMBERS,
    OUTSIDE,
    OVERVIEW,
    RECEIVED,
    TRENDS,
    WORDS,
    YES_NO,
    at,
    beside,
    csv_of,
    figures_of,
    same_csv,
    same_figures,
    same_number,
    same_outside,
    same_table,
    same_trends,
    table_of,
    tell,
    verdict,
    workbook_of,
)
from tests.conftest import As, Clock


@pytest.fixture
def told(as_: As) -> As:
    tell(as_)
    return as_


def test_the_attainment_in_a_file_is_that_of_the_json(told: As) -> None:
    viewer = told("viewer")
    for query in ("", "&include=submitted", "&unit=P63-25&unit=VGCL&target=NC2&target=NC1"):
        found = figures_of(viewer, ATTAINMENT + query)
        tail = {"data_version": found["data_version"], "demonstration": found["demonstration"]}
        rows = [row | tail for row in found["items"]]
        book = workbook_of(viewer, beside(ATTAINMENT + query, ".xlsx"))
        same_figures(book[FIGURES], found["items"])
        same_outside(book[OUTSIDE], found["items"])
        same_table(csv_of(viewer, beside(ATTAINMENT + query, ".csv")), rows)
        vietnamese = csv_of(viewer, beside(ATTAINMENT + query, ".csv") + "&dialect=vi", ";")
        same_table(vietnamese, rows, ",")
    on_the_verge = next(row for row in rows if row["unit"] == "P63-25" and row["target"] == "NC2")
    assert str(on_the_verge["percent"]) == "89.995"


def test_the_boards_in_a_file_are_those_of_the_json(told: As) -> None:
    viewer = told("viewer")
    for path in BOARDS:
        found = figures_of(viewer, path)
        book = workbook_of(viewer, beside(path, ".xlsx"))
        same_figures(book[FIGURES], found["items"])
        same_outside(book[OUTSIDE], found["items"])
        same_trends(book[TRENDS], found["trends"])
        tail = {"data_version": found["data_version"], "demonstration": found["demonstration"]}
        same_table(csv_of(viewer, beside(path, ".csv")), [row | tail for row in found["items"]])


def test_the_overview_in_a_file_is_that_of_the_json(told: As) -> None:
    viewer = told("viewer")
    found = figures_of(viewer, OVERVIEW)
    national = [one["national"] for one in found["targets"]]
    book = workbook_of(viewer, beside(OVERVIEW, ".xlsx"))
    same_figures(book[FIGURES], national)
    same_outside(book[OUTSIDE], national)
    front = table_of(book["Tổng quan"])
    assert [row["target"].value for row in front] == [one["target"] for one in found["targets"]]
    for cells, row in zip(front, national, strict=True):
        for key in cells.keys() & set(NUMBERS):
            same_number(cells[key], at(row, key), key)
        assert cells["verdict"].value == verdict(row["verdict"])
    nation, *units = table_of(book[HEAT])
    plain = csv_of(viewer, beside(OVERVIEW, ".csv"))
    assert [row["unit"].value for row in units] == [one["unit"] for one in found["units"]]
    for one in found["targets"]:
        percent, code = f"{one['target']}.percent", f"{one['target']}.verdict"
        places = [(one["national"]["percent"], one["national"]["verdict"])]
        places += zip(one["percents"], one["verdicts"], strict=True)
        for cells, line, (figure, judged) in zip([nation, *units], plain, places, strict=True):
            same_number(cells[percent], figure, line["unit"])
            assert cells[code].value == verdict(judged)
            same_csv(line[percent], figure, line["unit"])
            same_csv(line[code], judged, line["unit"])
    for cells, line, unit in zip(units, plain[1:], found["units"], strict=True):
        assert {name: line[name] for name in ("unit", "kind", "short_vi", "name_en")} == {
            name: unit[name] for name in ("unit", "kind", "short_vi", "name_en")
        }
        same_csv(line["status"], unit["status"], unit)
        same_csv(line["late"], unit["late"], unit)
        status = unit["status"]
        assert cells["status"].value == (status and WORDS[f"status.{status}"])


def test_a_zero_an_empty_cell_and_what_does_not_apply_are_told_apart(told: As) -> None:
    rows = {
        row["unit"].value: row
        for row in table_of(workbook_of(told("viewer"), beside(OVERVIEW, ".xlsx"))[HEAT])
    }
    shown = {
        unit: (rows[unit]["NC2.percent"].value, rows[unit]["NC2.verdict"].value)
        for unit in ("P63-25", "P63-02", "P63-06", "S-GD", "P63-01", "P63-10")
    }
    assert shown == {
        "P63-25": (89.995, "▼ Chưa đạt"),
        "P63-02": (0, "▼ Chưa đạt"),
        "P63-06": (None, "○ Không áp dụng"),
        "S-GD": (None, "○ Không áp dụng"),
        "P63-01": (None, "– Chưa có số liệu"),
        "P63-10": (None, "– Chưa có số liệu"),
    }
    # Nobody asks a corporation union for NC1.
    assert (rows["C-DK"]["NC1.percent"].value, rows["C-DK"]["NC1.verdict"].value) == (None, None)


def test_the_completeness_in_a_file_is_that_of_the_json(told: As, clock: Clock) -> None:
    clock.now = clock.now.replace(day=15, hour=16, minute=59, second=59, microsecond=900_000)
    submit(told, "P63-11", [ratio("NC2", 1, 2)])
    for role, unit in (("viewer", None), ("reporter", "P63-25")):
        caller = told(role, unit)
        found = figures_of(caller, COMPLETENESS)
        sheet = workbook_of(caller, beside(COMPLETENESS, ".xlsx"))[RECEIVED]
        cells, plain = table_of(sheet), csv_of(caller, beside(COMPLETENESS, ".csv"))
        numbers = ("expected", "received", "timely", "approved", "completeness", "timeliness")
        (row,) = [n for n in range(1, 20) if sheet.cell(n, 2).value == "Phải nộp"]
        for place, name in enumerate(numbers, 2):
            same_number(sheet.cell(row + 1, place), found[name], name)
        assert len(cells) == len(plain) == len(found["units"])
        for line, text, told_of in zip(cells, plain, found["units"], strict=True):
            unheard = told_of["unit"] in found["missing"]
            same_number(line["values"], told_of["values"], told_of)
            same_number(line["expected"], told_of["expected"], told_of)
            status = told_of["status"]
            assert line["status"].value == (status and WORDS[f"status.{status}"])
            assert (
                line["late"].value
                == {None: None, True: "Nộp muộn", False: "Đúng hạn"}[told_of["late"]]
            )
            assert line["missing"].value == YES_NO[unheard]
            same_csv(text["missing"], unheard, told_of)
            for name, said in told_of.items():
                same_csv(text[name], said, told_of)
            assert (line["submitted_at"].value is None) == (told_of["submitted_at"] is None)
    at_night = workbook_of(told("viewer"), beside(COMPLETENESS, ".xlsx"))[RECEIVED]
    (late_in_the_day,) = [
        row["submitted_at"].value for row in table_of(at_night) if row["unit"].value == "P63-11"
    ]
    (instant,) = [
        one["submitted_at"]
        for one in figures_of(told("viewer"), COMPLETENESS)["units"]
        if one["unit"] == "P63-11"
    ]
    assert late_in_the_day.microsecond == 0
    assert late_in_the_day.strftime("%M:%S") == instant[14:19]


def test_a_file_says_which_figures_it_holds_and_what_they_rest_on(told: As) -> None:
    viewer = told("viewer")
    found = figures_of(viewer, OVERVIEW)
    book = workbook_of(viewer, beside(OVERVIEW, ".xlsx"))
    head = [str(book["Tổng quan"].cell(row, 1).value) for row in range(1, 7)]
    assert head[0] == "Tổng quan thực hiện chỉ tiêu"
    assert head[1] == f"{found['title_vi']} ({NC})"
    assert head[2] == "Kỳ báo cáo: Năm 2024 (2024)"
    assert head[3] == "Căn cứ: số liệu đã duyệt; theo các đơn vị của kỳ báo cáo."
    assert f"Phiên bản số liệu {found['data_version']}. Quy tắc tính 2026.1." in head[4]
    notes = {str(cell.value) for row in book[NOTES].iter_rows() for cell in row if cell.value}
    for target in figures_of(viewer, f"/targets?programme={NC}")["items"]:
        source = target["source"]
        assert f"“{source['quote']}”" in notes
        place = f"Ký tự {source['quote_start']}–{source['quote_end']} của văn bản nguồn"
        assert place in notes
        assert {target["interpretation_vi"], target["numerator_vi"]} - {None} <= notes
        assert {one["text_vi"] for one in target["open_questions"]} <= notes
    assert set(map(verdict, Verdict)) <= notes


def test_a_past_is_exported_as_it_was_known(told: As, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    viewer = told("viewer")
    known_at = figures_of(viewer, OVERVIEW)["known_at"]
    approved(told, "P63-11", [ratio("NC2", 1, 2)])
    for path in (OVERVIEW, COMPLETENESS, ATTAINMENT):
        then = figures_of(viewer, f"{path}&known_at={known_at}")
        now, old = (
            csv_of(viewer, beside(path, ".csv") + more) for more in ("", f"&known_at={known_at}")
        )
        assert now != old
        if path == ATTAINMENT:
            tail = {name: then[name] for name in ("data_version", "demonstration")}
            same_table(old, [row | tail for row in then["items"]])
            same_figures(
                workbook_of(viewer, beside(path, ".xlsx") + f"&known_at={known_at}")[FIGURES],
                then["items"],
            )


def test_a_count_a_breakdown_and_numbers_beyond_a_spreadsheet_are_kept(as_: As) -> None:
    parts = {"title_vi": "Giới", "title_en": "Sex"}
    parts["categories"] = [  # type: ignore[assignment]
        {"code": code, "title_vi": title, "title_en": title}
        for code, title in (("nu", "Nữ"), ("nam", "Nam"))
    ]
    counted = trial.target("SL", "count", breakdown=parts, due_on="2026-12-31")
    trial.programme(as_, counted, trial.target("TL"), periods=("2024",))
    trial.units(as_, "A", "B")
    told = {"nu": {"value": 999_999_999_999_000}, "nam": {"value": 999}}
    large = {"target": "SL", "value": 999_999_999_999_999, "breakdown": told}
    approved(as_, "A", [large, ratio("TL", 1, 3)], f"{trial.OWN}/2024")
    approved(as_, "B", [{"target": "SL", "value": 999_999_999_999_998}], f"{trial.OWN}/2024")
    path = f"/attainment?programme={trial.OWN}&period=2024"
    found = figures_of(as_("viewer"), path)["items"]
    book = workbook_of(as_("viewer"), beside(path, ".xlsx"))
    rows = {(row["target"].value, row["unit"].value): row for row in table_of(book[FIGURES])}
    # 16 digits: a spreadsheet would show 2.0E+15.
    assert rows["SL", "VGCL"]["value"].value == "1999999999999997"
    assert rows["SL", "A"]["value"].value == 999_999_999_999_999
    assert rows["TL", "A"]["percent"].value == 33.33
    told_by = {
        (row["unit"].value, row["category_name"].value): row["value"].value
        for row in table_of(book["Phân tổ"])
    }
    assert told_by["A", "Nữ"] == 999_999_999_999_000
    assert told_by["VGCL", "Nam"] == 999
    plain = csv_of(as_("viewer"), beside(path, ".csv"))
    assert [row["value"] for row in plain] == [
        "" if "value" not in row else str(row["value"]) for row in found
    ]


def test_a_period_without_targets_or_reports_still_makes_a_file(as_: As) -> None:
    viewer = as_("viewer")
    empty = f"/attainment?programme={TT}&period=2024-Q1&target=TT3"
    book = workbook_of(viewer, beside(empty, ".xlsx"))
    said = [cell.value for row in book[FIGURES].iter_rows() for cell in row]
    assert NOTHING in said
    assert csv_of(viewer, beside(empty, ".csv")) == []
    silent = workbook_of(viewer, beside(OVERVIEW, ".xlsx"))
    assert {row["verdict"].value for row in table_of(silent[FIGURES])} <= {
        verdict("no_data"),
        verdict("not_met"),
        verdict("no_threshold"),
        verdict("undetermined"),
    }
    two = f"/attainment?programme={TT}&period=2024&period=2024-H1&target=TT3"
    assert {row["period"] for row in csv_of(viewer, beside(two, ".csv"))} == {"2024", "2024-H1"}
    same_figures(
        workbook_of(viewer, beside(two, ".xlsx"))[FIGURES], figures_of(viewer, two)["items"]
    )
