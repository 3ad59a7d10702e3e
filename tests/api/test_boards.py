"""The board of one target and of one unit, with trends that a merger draws no step into."""

from typing import Any

from tests.api.journeys import NC, TT, approved, ratio
from tests.api.trial import OWN, programme, target, units
from tests.conftest import As

THREE = {"P63-25": (300, 400), "P63-17": (200, 250), "P63-26": (90, 150)}
NEW = "P34-25"


def board(as_: As, path: str, period: str, code: str = TT, **more: str) -> Any:
    query = {"programme": code, "period": period, **more}
    answer = as_("viewer").get(f"/dashboards/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_trend_across_the_merger_is_on_one_basis(as_: As) -> None:
    for unit, counts in THREE.items():
        approved(as_, unit, [ratio("TT3", *counts)], f"{TT}/2024")
    approved(as_, NEW, [ratio("TT3", 700, 800)], f"{TT}/2025")
    (trend,) = [
        one for one in board(as_, f"unit/{NEW}", "2025")["trends"] if one["target"] == "TT3"
    ]
    assert (trend["basis"], trend["on"], trend["unit"]) == ("restated", "2025-12-31", NEW)
    # 300 + 200 + 90 of 400 + 250 + 150, then its own.
    assert [
        (p["period"], p["numerator"], p["denominator"], p["percent"]) for p in trend["points"]
    ] == [
        ("2024", 590, 800, 73.75),
        ("2025", 700, 800, 87.5),
    ]
    assert trend["reason"] == "fewer_than_three_points"
    # The unit's own row stays as it was reported.
    rows = {one["target"]: one for one in board(as_, f"unit/{NEW}", "2025")["items"]}
    assert (rows["TT3"]["basis"], rows["TT3"]["numerator"]) == ("as_reported", 700)


def test_a_board_of_a_target_has_the_nation_every_unit_and_the_national_trend(as_: As) -> None:
    for unit, counts in THREE.items():
        approved(as_, unit, [ratio("TT3", *counts)], f"{TT}/2024")
    seen = board(as_, "target/TT3", "2024", on="2025-07-01", basis="restated")
    assert (seen["basis"], seen["restated_on"]) == ("restated", "2025-07-01")
    assert seen["items"][0]["scope"] == "national"
    (row,) = [one for one in seen["items"] if one["unit"] == NEW]
    assert row["percent"] == 73.75
    (trend,) = seen["trends"]
    assert [(p["period"], p["numerator"]) for p in trend["points"]] == [("2024", 590)]


def test_three_years_on_a_line_lead_to_the_due_day(as_: As) -> None:
    late: dict[str, Any] = {"due_on": "2028-12-31", "threshold_percent": 50}
    years = ("2024", "2025", "2026")
    programme(as_, target("R", **late), periods=(*years, "2025-H1"))
    units(as_, "A")
    for year, told in zip(years, (26, 32, 38), strict=True):
        approved(as_, "A", [ratio("R", told, 100)], f"{OWN}/{year}")
    (trend,) = board(as_, "unit/A", "2026", OWN)["trends"]
    # 6 a year: 38 + 2 * 6 = 50 on the last day of 2028, and just that is needed.
    assert trend["forecast"] == {
        "value": 50.0,
        "on": "2028-12-31",
        "met": True,
        "per_year": 6.0,
        "required_per_year": 6.0,
        "points": 3,
        "same_reporters": True,
    }


def test_boards_show_what_there_is_to_those_who_may_see_it(as_: As) -> None:
    reporter = as_("reporter", "P63-01")
    query = f"?programme={NC}&period=2024"
    assert reporter.get(f"/dashboards/unit/P63-02{query}").status_code == 200
    assert reporter.get(f"/dashboards/target/NC2{query}&include=submitted").status_code == 403
    assert reporter.get(f"/dashboards/target/NC99{query}").status_code == 404
    assert reporter.get(f"/dashboards/unit/P63-99{query}").status_code == 404
    assert as_(None).get(f"/dashboards/target/NC2{query}").status_code == 401
    # A unit of another time is asked for nothing then.
    assert board(as_, f"unit/{NEW}", "2024", NC)["items"] == []
