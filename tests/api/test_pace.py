"""On track or not, and where it is heading, through the real doors (rules 10-12)."""

from typing import Any

import pytest

from tests.api.journeys import approved, ratio
from tests.api.trial import OWN, became, of, own, programme, restated, target, units
from tests.conftest import As

STEPS = [
    {"on": f"{year}-12-31", "percent": points}
    for year, points in zip(range(2024, 2029), (26, 32, 38, 44, 50), strict=True)
]
WAY: dict[str, Any] = {"threshold_percent": 50, "due_on": "2028-12-31", "baseline_percent": 20}
YEARS = ("2024", "2025", "2026")


def say(as_: As, unit: str, period: str, percent: str, code: str = "R") -> None:
    approved(as_, unit, [{"target": code, "percent": percent}], f"{OWN}/{period}")


def tell(as_: As, unit: str, **numerators: int) -> None:
    """tell(as_, "A", y2024=26): so many of a hundred at the end of that year."""
    for year, numerator in numerators.items():
        approved(as_, unit, [ratio("R", numerator, 100)], f"{OWN}/{year[1:]}")


def revise(as_: As, **changed: Any) -> None:
    revision = {"effective_on": "2024-01-01", "reason": "NQ 05", **changed}
    answer = as_("admin").post(f"/programmes/{OWN}/targets/R/revisions", json=revision)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def stepped(as_: As) -> As:
    """26, 32, 38, 44 and 50 at the ends of 2024 to 2028, from 20 at the start."""
    periods = (*YEARS, "2028-H1", "2028-9M", "2028")
    asked: dict[str, Any] = {"periods": ["half", "nine_months", "year"], "milestones": STEPS}
    programme(as_, target("R", **WAY, **asked), periods=periods, starts_on="2024-01-01")
    return as_


SAID = {
    "P34-01": ("33", "on_track", 1.08),  # 13/12
    "P34-04": ("32", "on_track", 1.0),
    "P34-08": ("30", "at_risk", 0.83),  # 10/12
    "P34-11": ("29.6", "at_risk", 0.8),
    "P34-12": ("29.59", "off_track", 0.799),  # 9.59/12 = 0.79917: not shown as 0.80
    "P34-14": ("28", "off_track", 0.67),
}


def test_milestones_and_bands_say_who_is_on_track(stepped: As) -> None:
    for unit, (percent, _, _) in SAID.items():
        say(stepped, unit, "2025", percent)
    for unit, (_, verdict, pace) in SAID.items():
        row = own(stepped, "R", unit, "2025")
        assert (row["verdict"], row["met"], row["pace"]) == (verdict, False, pace), unit
        assert (row["baseline"], row["expected_now"]) == (20, 32.0)
    revise(stepped, bands={"on_track": "0.8", "at_risk": "0.7"})
    said = {unit: own(stepped, "R", unit, "2025")["verdict"] for unit in SAID}
    # 9.59 of 12 is 0.799, 8 of 12 is 0.667
    assert [*said.values()] == ["on_track"] * 4 + ["at_risk", "off_track"]


def test_bands_out_of_order_are_refused(stepped: As) -> None:
    bands = {"on_track": "0.5", "at_risk": "0.8"}
    revision = {"effective_on": "2024-01-01", "reason": "NQ 05", "bands": bands}
    answer = stepped("admin").post(f"/programmes/{OWN}/targets/R/revisions", json=revision)
    assert answer.status_code == 422


def test_without_milestones_the_way_is_straight_from_the_programme_s_start(stepped: As) -> None:
    revise(stepped, milestones=[])
    say(stepped, "P34-01", "2025", "32")
    say(stepped, "P34-04", "2025", "31.99")
    row = own(stepped, "R", "P34-01", "2025")
    # 730 of 1 826 days: 20 + 30 * 730/1826 = 31.9934
    assert (row["verdict"], row["expected_now"]) == ("on_track", 31.99)
    assert own(stepped, "R", "P34-04", "2025")["verdict"] == "at_risk"


def test_without_a_baseline_it_is_in_progress_and_says_so(stepped: As) -> None:
    revise(stepped, baseline_percent=None)
    say(stepped, "P34-01", "2025", "33")
    row = own(stepped, "R", "P34-01", "2025")
    assert (row["verdict"], row["gap_closed"]) == ("in_progress", None)
    assert row["reasons"]["gap_closed"] == "no_baseline"
    assert "pace" not in row


def test_a_baseline_at_the_threshold_is_a_reason_and_no_crash(stepped: As) -> None:
    revise(stepped, baseline_percent=50, milestones=[])
    say(stepped, "P34-01", "2025", "49")
    row = own(stepped, "R", "P34-01", "2025")
    assert (row["gap_closed"], row["reasons"]["gap_closed"]) == (None, "threshold_is_baseline")
    assert row["verdict"] == "off_track"


def test_a_unit_s_own_baseline_goes_before_the_national_one(stepped: As) -> None:
    mine = {"unit": "P34-01", "baseline_percent": 30, "baseline_on": "2024-07-01"}
    revise(stepped, baselines=[mine])
    for unit in ("P34-01", "P34-04"):
        say(stepped, unit, "2025", "40")
    # 10 of 20 points, and 20 of 30
    first, second = (own(stepped, "R", unit, "2025") for unit in ("P34-01", "P34-04"))
    assert (first["baseline"], first["gap_closed"]) == (30, 50.0)
    assert (second["baseline"], second["gap_closed"]) == (20, 66.67)


def test_a_baseline_of_no_unit_is_refused(stepped: As) -> None:
    baselines = [{"unit": "NONE", "baseline_percent": 1}]
    revision = {"effective_on": "2024-01-01", "reason": "NQ 05", "baselines": baselines}
    answer = stepped("admin").post(f"/programmes/{OWN}/targets/R/revisions", json=revision)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/baselines/0/unit"


def test_a_falling_target_reads_downwards(as_: As) -> None:
    way: dict[str, Any] = {"comparator": "at_most", "threshold_percent": 10, "baseline_percent": 50}
    programme(as_, target("R", **way, due_on="2028-12-31"), periods=YEARS, starts_on="2024-01-01")
    say(as_, "P34-01", "2025", "30")
    approved(as_, "P34-04", [ratio("R", 8, 100)], f"{OWN}/2025")
    approved(as_, "P34-08", [ratio("R", 31, 300)], f"{OWN}/2025")
    # 20 of 40 points down, 42 of 40, and 10.33 %: one of 31 too many
    wanted: dict[str, Any] = {
        "gap_closed": 50.0,
        "met": False,
        "ratio_to_threshold": None,
        "needed": None,
    }
    assert of(own(as_, "R", "P34-01", "2025"), wanted) == wanted
    wanted = {"gap_closed": 105.0, "met": True, "verdict": "met", "excess": 0}
    assert of(own(as_, "R", "P34-04", "2025"), wanted) == wanted
    assert own(as_, "R", "P34-08", "2025")["excess"] == 1


def test_only_the_year_s_period_judges_the_due_date(stepped: As) -> None:
    for period in ("2028-H1", "2028-9M", "2028"):
        approved(stepped, "P34-01", [ratio("R", 40, 100)], f"{OWN}/{period}")
    said = {period: own(stepped, "R", "P34-01", period) for period in ("2028-H1", "2028-9M")}
    # 20 of the way. On 2028-06-30 182 of the 366 days from 44 to 50 have passed: 20/26.98 = 0.74.
    # On 2028-09-30 274 have: 20/28.49 = 0.70.
    assert {row["verdict"] for row in said.values()} == {"off_track"}
    assert own(stepped, "R", "P34-01", "2028")["verdict"] == "not_met"


def test_a_standing_target_is_judged_in_every_period(as_: As) -> None:
    asked: dict[str, Any] = {"due_on": None, "periods": ["half", "nine_months", "year"]}
    programme(as_, target("R", **asked), periods=("2024-H1", "2024-9M", "2024"))
    for period in ("2024-H1", "2024-9M", "2024"):
        approved(as_, "P63-01", [ratio("R", 69, 100)], f"{OWN}/{period}")
        assert own(as_, "R", "P63-01", period)["verdict"] == "not_met"


def test_three_yearly_points_lead_to_the_due_date(stepped: As) -> None:
    units(stepped, "A")
    tell(stepped, "A", y2024=26, y2025=32, y2026=38)
    # Six a year: 38 + 2 * 6 = 50 at the end of 2028; (50 - 38)/2 = 6 needed.
    row = own(stepped, "R", "A", "2026")
    assert row["forecast"] == {
        "value": 50.0,
        "on": "2028-12-31",
        "met": True,
        "per_year": 6.0,
        "required_per_year": 6.0,
        "points": 3,
        "same_reporters": True,
    }
    assert "forecast" not in row["reasons"]
    early = own(stepped, "R", "A", "2025")
    assert "forecast" not in early
    assert early["reasons"]["forecast"] == "fewer_than_three_points"


def test_a_forecast_that_falls_short_says_what_is_needed(stepped: As) -> None:
    units(stepped, "A")
    tell(stepped, "A", y2024=20, y2025=30, y2026=34)
    ahead = own(stepped, "R", "A", "2026")["forecast"]
    # Mean 28, slope (34 - 20)/2 = 7: 28 + 3 * 7 = 49; (50 - 34)/2 = 8
    wanted = {"value": 49.0, "met": False, "per_year": 7.0, "required_per_year": 8.0}
    assert of(ahead, wanted) == wanted


def test_a_forecast_across_the_merger_stands_on_one_basis(stepped: As) -> None:
    # 26/100 in all: (10 + 10 + 6)/(40 + 40 + 20)
    for unit, counts in {"P63-17": (10, 40), "P63-25": (10, 40), "P63-26": (6, 20)}.items():
        approved(stepped, unit, [ratio("R", *counts)], f"{OWN}/2024")
    tell(stepped, "P34-25", y2025=32, y2026=38)
    row = own(stepped, "R", "P34-25", "2026")
    assert row["reasons"]["forecast"] == "fewer_than_three_points"
    row = restated(stepped, "R", "P34-25", "2026-12-31", "2026")
    assert (row["forecast"]["value"], row["forecast"]["points"]) == (50.0, 3)
    looking_back = restated(stepped, "R", "P34-25", "2025-07-01", "2026")
    assert looking_back["forecast"]["value"] == 50.0


def test_a_share_of_63_units_and_one_of_34_lie_on_no_line(as_: As) -> None:
    yes = target("Y", "yes_no", threshold_percent=100, due_on="2028-12-31")
    programme(as_, yes, periods=YEARS)
    told = [("P63-01", "2024"), ("P34-01", "2025"), ("P34-01", "2026"), ("P34-04", "2026")]
    for unit, period in told:
        approved(as_, unit, [{"target": "Y", "done": True}], f"{OWN}/{period}")
    row = own(as_, "Y", "VGCL", "2026")
    assert (row["percent"], row["reasons"]["forecast"]) == (5.88, "units_changed")
    ahead = restated(as_, "Y", "VGCL", "2026-12-31", "2026")["forecast"]
    # 1, 1 and 2 of 34: mean 4/3 and half a unit a year, so 4/3 + 3/2 = 17/6 of 34 = 8.33 %
    assert (ahead["value"], ahead["met"], ahead["points"]) == (8.33, False, 3)


def test_both_verdicts_stand_beside_each_other(stepped: As) -> None:
    given = [
        {"unit": "P34-01", "year": 2028, "threshold_percent": 30},
        {"unit": "P34-04", "threshold_percent": 45},
    ]
    revise(stepped, assigned=given)
    for unit in ("P34-01", "P34-04", "P34-08"):
        approved(stepped, unit, [ratio("R", 40, 100)], f"{OWN}/2028")
    rows = {unit: own(stepped, "R", unit, "2028") for unit in ("P34-01", "P34-04", "P34-08")}
    assert {row["verdict"] for row in rows.values()} == {"not_met"}
    assert rows["P34-01"]["assigned"] == {"threshold": 30, "verdict": "met"}
    assert rows["P34-04"]["assigned"] == {"threshold": 45, "verdict": "not_met"}
    assert "assigned" not in rows["P34-08"]
    assert "assigned" not in own(stepped, "R", "VGCL", "2028")


def test_a_merged_unit_keeps_its_pace(stepped: As) -> None:
    units(stepped, "A", "B")
    units(stepped, "C", first="2026-01-01")
    became(stepped, "2026-01-01", "A B", "C")
    tell(stepped, "A", y2025=30)
    tell(stepped, "B", y2025=36)
    # 66/200 = 33: 13 of the 12 points that should be behind it
    row = restated(stepped, "R", "C", "2026-01-01", "2025")
    assert (row["percent"], row["verdict"], row["pace"]) == (33.0, "on_track", 1.08)
