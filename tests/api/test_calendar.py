"""The calendar: when a period opens, when reports are due, when nobody is let in any more."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.api.journeys import NC, PHU_THO, TT, ratio, submit
from tests.api.trial import OWN, became, programme, target, units
from tests.conftest import As, Clock

PERIOD = f"/periods/{NC}/2024"
COMPLETENESS = f"/dashboards/completeness?programme={NC}&period=2024"
VALUES = {"values": [ratio("NC2", 1, 2)], "submit": True}
# What is refused by its shape is refused before a database is asked.
one_database = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def patched(as_: As, status: int = 200, **days: Any) -> Any:
    answer = as_("admin").patch(PERIOD, json=days)
    assert answer.status_code == status, answer.text
    return answer.json()


def places(as_: As, **days: Any) -> list[str]:
    """Where the calendar is faulty."""
    return [one["pointer"] for one in patched(as_, 422, **days)["errors"]]


@one_database
def test_a_calendar_has_its_reminder_days_few_and_whole(as_: As) -> None:
    seen = as_("viewer").get(PERIOD).json()
    assert (seen["reminder_days"], seen["closes_on"]) == ([-7, -1, 1, 7], None)
    assert patched(as_, reminder_days=[3, -14])["reminder_days"] == [-14, 3]
    for days, place in (
        ([1, 1], "/reminder_days"),
        (list(range(11)), "/reminder_days"),
        ([91], "/reminder_days/0"),
        (["7"], "/reminder_days/0"),
        ([1.5], "/reminder_days/0"),
    ):
        assert places(as_, reminder_days=days) == [place]
    assert patched(as_, due_on="2024-12-20")["reminder_days"] == [-14, 3]
    assert patched(as_, reminder_days=[])["reminder_days"] == []


@one_database
def test_opening_due_and_closing_come_in_this_order(as_: As) -> None:
    # A due day that is only assumed binds nobody.
    patched(as_, opens_at="2024-12-20T00:00:00+07:00")
    assert as_("reporter", "P63-25").put(PHU_THO, json=VALUES).json()["code"] == "period_closed"
    due: dict[str, Any] = {"due_on": "2024-12-20"}
    late = "2024-12-20T17:00:00Z"  # the 21st in Ha Noi
    assert places(as_, opens_at=late, **due) == ["/due_on"]
    assert places(as_, opens_at=late, closes_on="2024-12-20") == ["/closes_on"]
    patched(as_, opens_at="2024-12-20T16:59:00Z", closes_on="2024-12-21", **due)
    refused = patched(as_, 422, closes_on="2024-12-19")["errors"][0]
    assert (refused["pointer"], "trước" in refused["message"]) == ("/closes_on", True)
    days = {"code": "2024", "due_on": "2024-12-20", "closes_on": "2024-12-19"}
    made = {"code": OWN, "title_vi": "Thử", "title_en": "Trial", "periods": [days]}
    answer = as_("admin").post("/programmes", json=made)
    assert answer.json()["errors"][0]["pointer"] == "/periods/0/closes_on"


def test_reports_come_in_through_the_last_second_of_the_closing_day(as_: As, clock: Clock) -> None:
    made = patched(as_, closes_on="2024-12-16")
    assert (made["closes_at"], made["closed"]) == ("2024-12-16T17:00:00.000000Z", False)
    clock.now = datetime(2024, 12, 16, 16, 59, 59, tzinfo=UTC)
    assert as_("reporter", "P63-25").put(PHU_THO, json=VALUES).status_code == 201
    clock.now = datetime(2024, 12, 16, 17, tzinfo=UTC)
    path = f"/reports/{NC}/2024/P63-01"
    refused = as_("reporter", "P63-01").put(path, json=VALUES)
    assert (refused.status_code, refused.json()["code"]) == (409, "period_closed")
    assert "16/12/2024" in refused.json()["detail"]
    assert as_("reporter", "P63-25").post(f"{PHU_THO}/withdraw").json()["code"] == "period_closed"
    assert as_("reviewer").post(f"{PHU_THO}/approve").status_code == 200
    patched(as_, closes_on=None)
    assert as_("reporter", "P63-01").put(path, json=VALUES).status_code == 201


def test_a_report_sent_back_is_missing_until_it_comes_again_and_keeps_its_first_day(
    as_: As, clock: Clock
) -> None:
    for unit in ("P63-25", "P63-01"):
        submit(as_, unit, [ratio("NC2", 1, 2)])
    as_("reviewer").post(f"{PHU_THO}/return", json={"comment": "thiếu"})
    as_("reporter", "P63-01").post(f"/reports/{NC}/2024/P63-01/withdraw")
    seen = as_("viewer").get(COMPLETENESS).json()
    assert (seen["received"], seen["timely"], len(seen["missing"])) == (0, 0, 82)
    assert {one["unit"]: one["status"] for one in seen["units"] if one["status"]} == {
        "P63-25": "returned",
        "P63-01": "withdrawn",
    }
    clock.now = datetime(2024, 12, 15, 17, tzinfo=UTC)  # the 16th in Ha Noi: late
    for unit in ("P63-25", "P63-01"):
        again = as_("reporter", unit).post(f"/reports/{NC}/2024/{unit}/submit")
        assert again.status_code == 200, again.text
    seen = as_("viewer").get(COMPLETENESS).json()
    # What was taken back came in anew, and late; what was sent back had come in time.
    assert (seen["received"], seen["timely"]) == (2, 1)
    late = {one["unit"]: one["late"] for one in seen["units"] if one["status"]}
    assert late == {"P63-25": False, "P63-01": True}


@one_database
def test_who_has_not_reported_is_a_list_of_its_own(as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 1, 2)])
    patched(as_, closes_on="2024-12-31")
    viewer = as_("viewer")
    silent = viewer.get(f"{COMPLETENESS}&missing=true").json()
    assert (silent["expected"], silent["received"], len(silent["units"])) == (82, 1, 81)
    assert [one["unit"] for one in silent["units"]] == silent["missing"]
    assert "P63-25" not in silent["missing"]
    assert len(viewer.get(COMPLETENESS).json()["units"]) == 82
    assert silent["closes_on"] == "2024-12-31"
    file = viewer.get(f"{COMPLETENESS}&missing=true".replace("?", ".xlsx?"))
    rows = load_workbook(BytesIO(file.content)).worksheets[0].iter_rows(values_only=True)
    said = " ".join(str(cell) for row in rows for cell in row)
    assert "Nhận báo cáo đến hết ngày 31/12/2024" in said
    assert "P63-01" in said
    assert "P63-25" not in said
    quarter = viewer.get(f"/dashboards/completeness?programme={TT}&period=2024-Q1").json()
    assert (quarter["expected"], quarter["missing"]) == (1, ["VGCL"])


def test_a_units_last_period_is_its_own_and_the_next_its_successors(as_: As) -> None:
    programme(as_, target("A", periods=["half", "year"]), periods=("2025-H1", "2025"))
    units(as_, "X", "Y", "Z")

    def board(period: str) -> Any:
        query = f"/dashboards/completeness?programme={OWN}&period={period}"
        return as_("viewer").get(query).json()

    def ours(period: str) -> set[str]:
        return {"X", "Y", "Z"} & set(board(period)["missing"])

    became(as_, "2025-07-01", "X Y", "Z")
    assert (ours("2025-H1"), ours("2025")) == ({"X", "Y", "Z"}, {"Z"})
    for unit in ("X", "Y"):
        path = f"/reports/{OWN}/2025-H1/{unit}"
        body = {"values": [ratio("A", 1, 2)], "submit": True}
        assert as_("reporter", "Z").put(path, json=body).status_code == 201
    assert ours("2025-H1") == {"Z"}
    assert board("2025-H1")["received"] == 2
