"""What contradicts itself is refused, and two doors never say two things."""

from typing import Any

import pytest

from tests.api.journeys import NC, approved, ratio
from tests.api.trial import OWN, became, explained, own, programme, restated, target, units
from tests.conftest import As


def test_a_difference_runs_forward_in_time(as_: As) -> None:
    days = {"from": "2024-06-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"}
    query = days | {"programme": NC, "period": "2024"}
    refused = as_("viewer").get("/attainment/diff", params=query)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/to")


@pytest.mark.parametrize(
    ("unit", "patch"),
    [
        ("A", {"valid_to": None}),  # it would count once by itself and once in C
        ("A", {"valid_to": "2025-12-31"}),
        ("C", {"valid_from": "2026-01-01"}),  # its past would be nowhere
    ],
)
def test_a_unit_s_days_do_not_contradict_its_succession(
    as_: As, unit: str, patch: dict[str, Any]
) -> None:
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    became(as_, "2025-07-01", "A B", "C")
    refused = as_("admin").patch(f"/units/{unit}", json={"reason": "sửa", **patch})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(patch))}"


def test_the_centre_takes_part_in_no_succession(as_: As) -> None:
    for made in (
        {"predecessors": ["VGCL"], "successors": []},
        {"predecessors": ["P34-25"], "successors": ["VGCL"]},
    ):
        refused = as_("admin").post("/successions", json={"effective_on": "2026-01-01", **made})
        assert refused.status_code == 422
        assert "trung ương" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"assigned": [{"unit": "P63-01", "threshold_count": 60}]}, "thước đo"),
        ({"assigned": [{"unit": "P63-01", "threshold_percent": 160}]}, "Ngưỡng"),
        ({"assigned": [{"unit": "P63-01"}]}, "cần có"),
        ({"baselines": [{"unit": "P63-01", "baseline_percent": 1}] * 2}, "hai mức"),
        ({"milestones": [{"on": "2024-06-30", "percent": 1}] * 2}, "trùng"),
        ({"milestones": [{"on": "2025-06-30", "percent": 1}]}, "sau ngày hạn"),
        ({"milestones": [{"on": "2024-12-31", "percent": 60}]}, "khác ngưỡng"),
        ({"bands": {"on_track": "0.8", "at_risk": "0.9"}}, "nguy cơ"),
        ({"baseline_count": 5}, "thước đo"),
    ],
)
def test_heights_are_in_the_measure_of_their_target_and_once_each(
    as_: As, more: dict[str, Any], word: str
) -> None:
    body = {"code": OWN, "title_vi": "T", "title_en": "T", "targets": [target("R", **more)]}
    groups = [{"number": 1, "title_vi": "a", "title_en": "a"}]
    refused = as_("admin").post("/programmes", json=body | {"groups": groups})
    assert refused.status_code == 422
    assert word in refused.json()["errors"][0]["message"]


def test_a_registered_half_lifts_the_percent_of_the_year_that_it_stands_for(as_: As) -> None:
    programme(as_, target("R", periods=["half"]), periods=("2024-H1", "2024"))
    units(as_, "A", "B")
    approved(as_, "A", [{"target": "R", "percent": "50"}], f"{OWN}/2024-H1")
    approved(as_, "B", [ratio("R", 10, 20)], f"{OWN}/2024-H1")
    row = {"unit": "A", "target": "R", "period": "2024-H1", "denominator": 1_000}
    assert as_("admin").put("/registers", json={"rows": [row]}).status_code == 200
    for period in ("2024-H1", "2024"):
        national = own(as_, "R", "VGCL", period)
        # 500 of 1 000 and 10 of 20
        assert (national["numerator"], national["denominator"]) == (510, 1_020)
        assert (national["grades"]["A"], national["grades"]["B"]) == (1, 1)
        told = explained(as_, national)
        assert sum(one["numerator"] for one in told["inputs"]) == 510
    assert "(quy tắc 18)" in told["formula"]


def test_the_heat_table_says_what_the_row_says(as_: As) -> None:
    quarterly = target("R", periods=["quarter"], period_rule="sum")
    programme(as_, quarterly, periods=("2024-Q1", "2024"))
    units(as_, "A")
    approved(as_, "A", [{"target": "R", "percent": "50"}], f"{OWN}/2024-Q1")
    row = own(as_, "R", "A", "2024")
    assert (row["verdict"], row["missing"]) == ("undetermined", [])
    assert row["excluded"] == [{"unit": "A", "reason": "percent_only"}]
    seen = as_("viewer").get(f"/dashboards/overview?programme={OWN}&period=2024").json()
    place = [one["unit"] for one in seen["units"]].index("A")
    assert seen["targets"][0]["verdicts"][place] == "undetermined"


def test_a_decision_settles_the_units_of_the_day_and_their_share_alike(as_: As) -> None:
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    programme(as_, target("Y", "yes_no"), periods=("2024",))
    became(as_, "2025-07-01", "A B", "C")
    approved(as_, "A", [{"target": "Y", "done": True}], f"{OWN}/2024")
    assert restated(as_, "Y", "VGCL")["numerator"] == 0
    decision = {"act": "NQ 01", "reason": "hết kỳ"}
    as_("admin").post(f"/periods/{OWN}/2024/decision", json=decision)
    assert restated(as_, "Y", "C")["done"] is True
    national = restated(as_, "Y", "VGCL")
    # C and the thirty-four of the day are thirty-five.
    assert (national["numerator"], national["denominator"]) == (1, 35)
    # Who told is counted in the units of the time: the sixty-three, A and B.
    assert national["coverage"]["units"] == {"reported": 1, "expected": 65}
    assert len(national["missing"]) == 64
