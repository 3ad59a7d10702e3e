"""The feeds: flat rows for other systems, with the rights and the figures of the other doors."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.journeys import NC, approved, ratio
from tests.api.spreadsheets import asked, at, csv_of, figures_of, same_csv, same_table, tell
from tests.conftest import As

QUERY = f"?programme={NC}&period=2024"
FEEDS = ("values", "attainment", "reports", "units")


@pytest.fixture
def told(as_: As) -> As:
    tell(as_)
    return as_


def rows_of(caller: Any, name: str, query: str = QUERY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = figures_of(caller, f"/feeds/{name}.json{query}")["items"]
    return found


def test_a_feed_holds_the_same_as_json_and_as_csv(told: As) -> None:
    viewer = told("viewer")
    for name in FEEDS:
        found = figures_of(viewer, f"/feeds/{name}.json{QUERY}")
        assert found["demonstration"] is False
        tail = {"data_version": found["data_version"], "demonstration": found["demonstration"]}
        for query, mark, point in ((QUERY, ",", "."), (f"{QUERY}&dialect=vi", ";", ",")):
            rows = csv_of(viewer, f"/feeds/{name}.csv{query}", mark)
            assert len(rows) == len(found["items"]) > 0
            for row, figure in zip(rows, found["items"], strict=True):
                assert row.keys() == (figure | tail).keys()
                for column, cell in row.items():
                    same_csv(cell, (figure | tail)[column], (name, column, figure), point)


def test_the_feed_of_values_holds_what_the_approved_reports_say(told: As) -> None:
    approved(told, "P63-12", [ratio("NC2", 9, 10) | {"note": "sửa lại", "evidence": "BC 7"}])
    viewer = told("viewer")
    said = {}
    for report in figures_of(viewer, f"/reports{QUERY}&status=approved")["items"]:
        path = f"/reports/{NC}/2024/{report['unit']}"
        for value in figures_of(viewer, path)["values"]:
            said[report["unit"], value["target"]] = value
    rows = {(row["unit"], row["target"]): row for row in rows_of(viewer, "values")}
    assert rows.keys() == said.keys()
    assert ("P63-08", "NC2") not in rows, "handed in, not approved"
    for key, row in rows.items():
        told_of = {"estimated": False} | said[key]
        for name in row.keys() - {"programme", "period", "unit", "revision"}:
            assert row[name] == told_of.get(name), (key, name)
    assert rows["P63-04", "NC2"]["percent"] == Decimal("61.5")
    assert (rows["P63-02", "NC2"]["numerator"], rows["P63-06", "NC2"]["grade"]) == (0, None)


def test_a_registered_denominator_lifts_the_grade_as_it_does_in_the_figures(told: As) -> None:
    entry = {"unit": "P63-04", "target": "NC2", "period": "2024", "denominator": 1000}
    assert told("admin").put("/registers", json={"rows": [entry]}).status_code == 200
    rows = {(row["unit"], row["target"]): row for row in rows_of(told("viewer"), "values")}
    assert rows["P63-04", "NC2"]["grade"] == "B"


def test_the_feeds_of_attainment_reports_and_units_are_those_lists(told: As) -> None:
    viewer = told("viewer")
    found = figures_of(viewer, f"/attainment{QUERY}")
    tail = {"data_version": found["data_version"], "demonstration": found["demonstration"]}
    same_table(
        csv_of(viewer, f"/feeds/attainment.csv{QUERY}"), [row | tail for row in found["items"]]
    )
    for row, figure in zip(rows_of(viewer, "attainment"), found["items"], strict=True):
        assert {name: at(figure, name) for name in row} == row
    reports = figures_of(viewer, f"/reports{QUERY}")["items"]
    assert rows_of(viewer, "reports") == [
        {name: said for name, said in one.items() if name != "links"} for one in reports
    ]
    units = figures_of(viewer, "/units?on=2024-12-31")["items"]
    names = rows_of(viewer, "units")[0].keys()
    assert rows_of(viewer, "units") == [{name: one[name] for name in names} for one in units]
    every = figures_of(viewer, "/units?limit=500")["items"]
    assert [one["code"] for one in rows_of(viewer, "units", "")] == [one["code"] for one in every]


def test_a_unit_is_fed_what_is_published_and_what_is_its_own(told: As) -> None:
    noted = ratio("NC2", 9, 10) | {"note": "ghi chú riêng", "evidence": "BC 7"}
    approved(told, "P63-12", [noted])
    for unit, sees in (("P63-12", True), ("P63-14", False)):
        reporter = told("reporter", unit)
        (row,) = [one for one in rows_of(reporter, "values") if one["unit"] == "P63-12"]
        assert row["numerator"] == 9
        assert (row["note"], row["evidence"]) == (
            ("ghi chú riêng", "BC 7") if sees else (None, None)
        )
    # P34-12 is what P63-12 has become, and reads its reports.
    heir = rows_of(told("reporter", "P34-12"), "values")
    assert [one["note"] for one in heir if one["unit"] == "P63-12"] == ["ghi chú riêng"]
    own = rows_of(told("reporter", "P63-10"), "reports")
    assert [(one["unit"], one["status"]) for one in own] == [("P63-10", "draft")]
    assert "P63-10" not in {one["unit"] for one in rows_of(told("viewer"), "reports")}
    assert "P63-10" not in {one["unit"] for one in rows_of(told("reporter", "P63-10"), "values")}


def test_a_feed_is_for_who_is_signed_in_and_asks_for_what_there_is(told: As) -> None:
    viewer = told("viewer")
    for name in FEEDS:
        for suffix in ("csv", "json"):
            path = f"/feeds/{name}.{suffix}"
            assert told(None).get(path + QUERY).status_code == 401
            assert viewer.get(f"{path}{QUERY}&unit=P63-25").status_code == 422
            assert viewer.get(f"{path}?programme=NOPE&period=2024").status_code == 404
            assert viewer.get(f"{path}?programme={NC}&period=2031").status_code == 404
            first = asked(viewer, path + QUERY)
            tag = {"If-None-Match": first.headers["etag"]}
            assert viewer.get(path + QUERY, headers=tag).status_code == 304
        assert viewer.get(f"/feeds/{name}.json{QUERY}&dialect=vi").status_code == 422
    assert viewer.get("/feeds/units.csv?period=2024").status_code == 422
    assert viewer.get("/feeds/values.csv?programme=NC-2024").status_code == 422
    before = viewer.get(f"/feeds/values.csv{QUERY}").headers["etag"]
    approved(told, "P63-12", [ratio("NC2", 9, 10)])
    again = viewer.get(f"/feeds/values.csv{QUERY}", headers={"If-None-Match": before})
    assert again.status_code == 200


def test_what_people_write_is_inert_in_a_feed_and_numbers_stay_numbers(as_: As) -> None:
    said = ratio("NC2", 9, 10) | {"note": '=HYPERLINK("x")', "evidence": "a;@SUM(1)"}
    approved(as_, "P63-12", [said, {"target": "NCT1", "text": "-1+1\n=2"}])
    rows = csv_of(as_("viewer"), f"/feeds/values.csv{QUERY}")
    by_target = {row["target"]: row for row in rows}
    assert by_target["NC2"]["note"] == '\'=HYPERLINK("x")'
    assert by_target["NC2"]["evidence"] == "a;'@SUM(1)"
    assert by_target["NCT1"]["text"] == "'-1+1\n'=2"
    figures = csv_of(as_("viewer"), f"/feeds/attainment.csv{QUERY}&dialect=vi", ";")
    (own,) = [row for row in figures if (row["target"], row["unit"]) == ("NC3", "VGCL")]
    (national,) = [row for row in figures if (row["target"], row["unit"]) == ("NC1", "VGCL")]
    assert (own["gap_pp"], national["gap_pp"]) == ("", "-100,00")
