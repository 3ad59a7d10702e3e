"""Populations that end, and populations known before any report (rules 6, 12-16)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.journeys import NC, TT, approved, figure, ratio, submit
from tests.api.trial import explained, of
from tests.conftest import As, Clock

A, B, C = "P63-25", "P63-17", "P63-26"
H1 = f"{TT}/2025-H1"


def tt4(as_: As, period: str, unit: str = "VGCL", **more: str) -> Any:
    return figure(as_, "TT4", unit, f"{TT}/{period}", **more)


def expected(as_: As, period: str, unit: str) -> int:
    query = {"programme": TT, "period": period}
    seen = as_("viewer").get("/dashboards/completeness", params=query).json()
    (line,) = [one for one in seen["units"] if one["unit"] == unit]
    return int(line["expected"])


@pytest.fixture
def told(as_: As) -> As:
    """TT4 in 2024 and, for the last time, in the first half of 2025."""
    approved(as_, A, [ratio("TT4", 1, 4)], f"{TT}/2024")
    approved(as_, A, [ratio("TT4", 30, 40)], H1)
    approved(as_, B, [ratio("TT4", 50, 60)], H1)
    return as_


LAST = {"period": "2025-H1", "on": "2025-06-30"}
KEPT = {"numerator": 80, "denominator": 100, "percent": 80.0, "met": True}


@pytest.mark.parametrize("period", ["2025", "2026-H1", "2026", "2028"])
def test_the_last_result_of_a_population_that_ended_stays_with_its_date(
    told: As, period: str
) -> None:
    row = tt4(told, period)
    # 30/40 and 50/60 are 80/100
    assert (row["verdict"], of(row, KEPT)) == ("population_ended", KEPT)
    assert (row["last_result"], row["population_ends_on"]) == (LAST, "2025-06-30")
    assert (row["missing"], row["needed"]) == ([], None)
    own = tt4(told, period, A)
    assert (own["percent"], own["verdict"], own["last_result"]) == (75.0, "population_ended", LAST)


def test_while_it_lived_a_population_was_judged_like_any_other(told: As) -> None:
    row = tt4(told, "2025-H1")
    assert of(row, KEPT) == KEPT
    assert row["verdict"] == "undetermined"
    assert "last_result" not in row
    assert len(row["missing"]) == 63 + 11 + 8 - 2


def test_the_frozen_result_keeps_its_coverage_and_grades(told: As) -> None:
    then, later = tt4(told, "2025-H1"), tt4(told, "2026")
    for name in ("coverage", "grades", "excluded"):
        assert then[name] == later[name]


def test_bounds_of_a_frozen_result_know_what_was_known(as_: As) -> None:
    """Every unit's denominator is known from 2024: so are the bounds, then and ever after."""
    seen = as_("viewer").get("/units?on=2025-06-30&limit=500").json()["items"]
    codes = [one["code"] for one in seen if one["kind"] != "centre"]
    alive = [one for one in codes if one not in ("S-KHCN", "S-NNMT")]
    for code in alive:
        approved(as_, code, [ratio("TT4", 8, 10)], f"{TT}/2024")
    approved(as_, alive[0], [ratio("TT4", 8, 10)], H1)
    then, later = tt4(as_, "2025-H1"), tt4(as_, "2026")
    # 82 units of 10: 8 at least, 8 + 810 at most, of 820.
    assert then["bounds"] == {"low": 0.98, "high": 99.76}
    assert later["bounds"] == then["bounds"]
    assert later["coverage"]["population"] == then["coverage"]["population"] == 1.22


def test_the_latest_period_that_was_told_is_the_last_result(as_: As) -> None:
    approved(as_, A, [ratio("TT4", 1, 4)], f"{TT}/2024")
    row = tt4(as_, "2026")
    assert row["last_result"] == {"period": "2024", "on": "2024-12-31"}
    assert (row["numerator"], row["denominator"]) == (1, 4)


def test_a_population_of_which_nothing_was_told_has_no_last_result(as_: As) -> None:
    row = tt4(as_, "2026")
    assert (row["verdict"], row["percent"], row["met"]) == ("population_ended", None, None)
    assert "last_result" not in row


def test_nobody_is_chased_for_a_population_that_has_ended(told: As) -> None:
    # Provinces are asked TT1, TT3, TT4, TT5 and TT6 of a half; one fewer once TT4's are gone.
    assert expected(told, "2025-H1", A) == 5
    assert expected(told, "2025", "P34-25") == expected(told, "2026-H1", "P34-25") == 4
    body = {"values": [ratio("TT4", 1, 2)], "submit": True}
    late = told("reporter", "P34-25").put(f"/reports/{TT}/2025/P34-25", json=body)
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "unit_not_expected")


def test_what_has_ended_has_no_forecast(as_: As) -> None:
    approved(as_, A, [ratio("TT4", 30, 40)], f"{TT}/2024")
    # One result told once, in 2024, is no trend: 2025 and 2026 only repeat it.
    assert "forecast" not in tt4(as_, "2026", A)
    assert "forecast" not in tt4(as_, "2026")


def test_what_has_ended_misses_no_threshold_of_its_own_either(as_: As) -> None:
    given = [{"unit": A, "threshold_percent": 90}]
    revision = {"effective_on": "2023-01-01", "reason": "NQ 05", "assigned": given}
    as_("admin").post(f"/programmes/{TT}/targets/TT4/revisions", json=revision)
    approved(as_, A, [ratio("TT4", 30, 40)], f"{TT}/2024")
    row = tt4(as_, "2028", A)
    assert row.get("assigned", {}).get("verdict") in (None, "population_ended")


def test_a_successor_target_is_shown_with_the_decision_that_made_it(told: As) -> None:
    heir = {"target": "TT5", "act": "NQ 11/NQ-TLĐ", "decided_on": "2025-09-01"}
    revision = {"effective_on": "2025-07-01", "reason": "NQ 11", "succeeded_by": heir}
    path = f"/programmes/{TT}/targets/TT4"
    made = told("admin").post(f"{path}/revisions", json=revision)
    assert (made.status_code, made.json()["succeeded_by"]) == (201, heir)
    assert tt4(told, "2026")["succeeded_by"] == heir
    assert tt4(told, "2026")["last_result"] == LAST
    assert "succeeded_by" not in tt4(told, "2025-H1")
    unknown = revision | {"succeeded_by": heir | {"target": "TT9"}}
    refused = told("admin").post(f"{path}/revisions", json=unknown)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/succeeded_by/target"


def test_an_ended_population_is_restated_as_it_was(told: As) -> None:
    row = tt4(told, "2026", "P34-25", basis="restated", on="2025-07-01")
    # A and B became Phú Thọ with C, which was silent.
    assert (row["numerator"], row["denominator"]) == (80, 100)
    assert (row["verdict"], row["last_result"]) == ("population_ended", LAST)


@pytest.fixture
def rated(as_: As, clock: Clock) -> tuple[As, str]:
    """85 % alone, 900/1 000 and 400/500; and the instant after they were approved."""
    clock.now = datetime.now(UTC) + timedelta(days=1)
    approved(as_, A, [{"target": "NC2", "percent": "85"}])
    approved(as_, B, [ratio("NC2", 900, 1_000)])
    approved(as_, C, [ratio("NC2", 400, 500)])
    return as_, figure(as_, "NC2")["known_at"]


def register(as_: As, *rows: tuple[str, int]) -> None:
    entries = [
        {"unit": unit, "target": "NC2", "period": "2024", "denominator": denominator}
        for unit, denominator in rows
    ]
    answer = as_("admin").put("/registers", json={"rows": entries})
    assert answer.status_code == 200, answer.text


ALONE = {
    "numerator": 1_300,
    "denominator": 1_500,
    "percent": 86.67,
    "excluded": [{"unit": A, "reason": "percent_only"}],
    "grades": {"A": 2, "B": 0, "C": 1, "D": 0},
}
LIFTED = {
    "numerator": 3_000,
    "denominator": 3_500,
    "percent": 85.71,
    "excluded": [],
    "grades": {"A": 2, "B": 1, "C": 0, "D": 0},
}


def test_a_registered_population_lets_a_percent_count(rated: tuple[As, str]) -> None:
    as_, before = rated
    assert of(figure(as_, "NC2"), ALONE) == ALONE
    register(as_, (A, 2_000))
    # 85 % of 2 000 is 1 700: 1 700 + 900 + 400 of 2 000 + 1 000 + 500.
    assert of(figure(as_, "NC2"), LIFTED) == LIFTED
    own = figure(as_, "NC2", A)
    assert (own["numerator"], own["denominator"], own["percent"]) == (1_700, 2_000, 85.0)
    # 90 % of 2 000 is 1 800
    assert (own["grades"]["B"], own["needed"]) == (1, 100)
    assert of(figure(as_, "NC2", known_at=before), ALONE) == ALONE
    assert figure(as_, "NC2", A, known_at=before)["grades"]["C"] == 1


def test_a_withdrawn_population_lets_it_count_no_longer(rated: tuple[As, str]) -> None:
    as_, _ = rated
    register(as_, (A, 2_000))
    between = figure(as_, "NC2")["known_at"]
    rows = [{"unit": A, "target": "NC2", "period": "2024", "denominator": None}]
    as_("admin").put("/registers", json={"rows": rows})
    assert of(figure(as_, "NC2"), ALONE) == ALONE
    assert of(figure(as_, "NC2", known_at=between), LIFTED) == LIFTED


def test_the_inputs_of_a_registered_percent_add_up(rated: tuple[As, str]) -> None:
    as_, _ = rated
    register(as_, (A, 2_000))
    told = explained(as_, figure(as_, "NC2"))
    grades = {one["unit"]: (one["percent"], one["grade"]) for one in told["inputs"]}
    assert grades == {A: (85, "B"), B: (None, "A"), C: (None, "A")}
    # Rule 23: 1 700/2 000 must stand there, or 3 000/3 500 cannot be followed.
    assert sum(one["denominator"] or 0 for one in told["inputs"]) == 3_500
    assert sum(one["numerator"] or 0 for one in told["inputs"]) == 3_000


def test_a_registered_population_of_a_silent_unit_bounds_the_figure(as_: As) -> None:
    """All 82 but one are known: 81 tell 19 of 20, the silent one may have 0 or 380 of 380."""
    seen = as_("viewer").get("/units?on=2024-12-31&limit=500").json()["items"]
    codes = [one["code"] for one in seen if one["kind"] != "centre"]
    assert len(codes) == 82
    for code in codes[1:]:
        approved(as_, code, [ratio("NC2", 19, 20)])
    assert figure(as_, "NC2")["bounds"] == {"low": None, "high": None}
    register(as_, (codes[0], 380))
    row = figure(as_, "NC2")
    # 81 * 19 = 1 539 of 81 * 20 = 1 620: 95 %. 1 539/2 000 at least, 1 919/2 000 at most.
    assert (row["percent"], row["met"], row["verdict"]) == (95.0, True, "undetermined")
    assert row["bounds"] == {"low": 76.95, "high": 95.95}
    assert row["coverage"] == {"units": {"reported": 81, "expected": 82}, "population": 81.0}
    register(as_, (codes[0], 80))
    # 1 539/1 700 = 90.53 at least
    assert figure(as_, "NC2")["verdict"] == "met"


def test_completeness_is_known_as_it_was(as_: As, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(days=1)
    query = {"programme": NC, "period": "2024"}

    def seen(**more: str) -> tuple[int, int, int, bool]:
        answer = as_("viewer").get("/dashboards/completeness", params=query | more).json()
        assert answer["expected"] == 82
        return (answer["received"], answer["approved"], answer["timely"], A in answer["missing"])

    first = as_("admin").patch(f"/periods/{NC}/2024", json={"due_on": "2999-12-31"})
    assert first.status_code == 200
    start = as_("viewer").get("/dashboards/completeness", params=query).json()["known_at"]
    submit(as_, A, [ratio("NC2", 1, 2)])
    between = as_("viewer").get("/dashboards/completeness", params=query).json()["known_at"]
    as_("reviewer").post(f"/reports/{NC}/2024/{A}/approve")
    approved(as_, B, [ratio("NC2", 1, 2)])
    assert seen() == (2, 2, 2, False)
    assert seen(known_at=between) == (1, 0, 1, False)
    assert seen(known_at=start) == (0, 0, 0, True)
