"""Attainment through the API, on the worked figures of the rules."""

import pytest

from tests.api.journeys import NC, TT, approved, figure, ratio
from tests.conftest import As

NC2 = {"P63-01": (45_000, 50_000), "P63-02": (3_000, 6_000), "P63-04": (9_500, 10_000)}


@pytest.fixture
def three(as_: As) -> As:
    for unit, (numerator, denominator) in NC2.items():
        approved(as_, unit, [ratio("NC2", numerator, denominator)])
    return as_


def test_three_federations_make_a_national_figure(three: As) -> None:
    row = figure(three, "NC2")
    exact = {
        "programme": NC,
        "target": "NC2",
        "unit": "VGCL",
        "scope": "national",
        "period": "2024",
        "basis": "as_reported",
        "numerator": 57_500,
        "denominator": 66_000,
        "percent": 87.12,
        "comparator": "at_least",
        "threshold_percent": 90,
        "verdict": "undetermined",
        "met": False,
        "gap_pp": -2.88,
        "needed": 1_900,
        "gap_closed": None,
        "ratio_to_threshold": 96.8,
        "coverage": {"units": {"reported": 3, "expected": 82}, "population": None},
        "bounds": {"low": None, "high": None},
        "grades": {"A": 3, "B": 0, "C": 0, "D": 0},
        "excluded": [],
        "rule_version": "2026.1",
    }
    assert {name: row[name] for name in exact} == exact
    assert len(row["missing"]) == 79
    assert row["reasons"]["bounds"] == "unknown_denominator"
    assert "counts_twice" in row["open_questions"]


def test_a_figure_is_written_as_it_is_shown(three: As) -> None:
    query = f"/attainment?programme={NC}&period=2024&target=NC2&unit=VGCL"
    text = three("viewer").get(query).text
    assert '"percent":87.12,' in text
    assert '"ratio_to_threshold":96.80,' in text


def test_without_a_unit_come_the_national_figure_and_every_expected_unit(three: As) -> None:
    query = f"/attainment?programme={NC}&period=2024&target=NC2"
    answer = three("viewer").get(query).json()
    rows = answer["items"]
    assert [row["scope"] for row in rows[:2]] == ["national", "unit"]
    assert len(rows) == 83
    by_unit = {row["unit"]: row for row in rows[1:]}
    assert "VGCL" not in by_unit
    hanoi = by_unit["P63-01"]
    assert (hanoi["percent"], hanoi["met"], hanoi["verdict"], hanoi["needed"]) == (
        90.0,
        True,
        "met",
        0,
    )
    silent = by_unit["P63-06"]
    assert (silent["percent"], silent["met"], silent["verdict"]) == (None, None, "no_data")
    assert silent["reasons"]["percent"] == "no_data"


def test_a_rounded_figure_does_not_reach_the_threshold(as_: As) -> None:
    approved(as_, "P63-01", [ratio("NC2", 17_999, 20_000)])
    row = figure(as_, "NC2", "P63-01")
    assert (row["percent"], row["met"], row["needed"]) == (89.995, False, 1)


def test_thresholds_of_the_communication_programme(as_: As) -> None:
    values = [ratio("TT3", 100, 100), ratio("TT4", 700, 1_000), ratio("TT5", 499, 1_000)]
    place = f"{TT}/2024"
    approved(as_, "P63-01", values, place)
    rows = [figure(as_, code, "P63-01", place) for code in ("TT3", "TT4", "TT5")]
    assert [row["met"] for row in rows] == [True, True, False]
    assert [row["verdict"] for row in rows] == ["met", "met", "in_progress"]


def test_roll_out_and_training_of_seventy_four(as_: As) -> None:
    """72 did both, one only rolled out, one is silent."""
    query = f"/attainment?programme={NC}&period=2024&target=NC1"
    units = [row["unit"] for row in as_("viewer").get(query).json()["items"][1:]]
    assert len(units) == 74
    for unit in units[:73]:
        trained = {"target": "NC1b", "done": unit != units[72]}
        approved(as_, unit, [{"target": "NC1a", "done": True}, trained])
    both, rolled_out, trained = (figure(as_, code) for code in ("NC1", "NC1a", "NC1b"))
    assert [(row["numerator"], row["denominator"]) for row in (both, rolled_out, trained)] == [
        (72, 74),
        (73, 74),
        (72, 74),
    ]
    assert [row["percent"] for row in (both, rolled_out, trained)] == [97.3, 98.65, 97.3]
    assert (both["partial"], both["missing"]) == ([units[72]], [units[73]])
    assert (both["verdict"], both["met"], both["needed"]) == ("not_met", False, 2)
    one = figure(as_, "NC1", units[72])
    assert (one["done"], one["met"], one["verdict"], one["partial"]) == (
        False,
        False,
        "not_met",
        [units[72]],
    )


def test_the_centre_s_own_value_and_the_national_one(as_: As) -> None:
    for quarter, done in (("2024-Q1", True), ("2024-Q2", False)):
        approved(as_, "VGCL", [{"target": "TT2", "done": done}], f"{TT}/{quarter}")
    first = figure(as_, "TT2", place=f"{TT}/2024-Q1")
    assert (first["scope"], first["done"], first["verdict"], first["met"]) == (
        "national",
        True,
        "met",
        True,
    )
    year = figure(as_, "TT2", place=f"{TT}/2024")
    assert (year["done"], year["verdict"], year["needed"]) == (False, "not_met", 1)
    approved(as_, "VGCL", [ratio("TT6", 5, 10)], f"{TT}/2024")
    approved(as_, "P63-01", [ratio("TT6", 1, 10)], f"{TT}/2024")
    place = f"{TT}/2024"
    assert figure(as_, "TT6", place=place)["percent"] == 30.0
    own = figure(as_, "TT6", place=place, scope="own")
    assert (own["scope"], own["percent"]) == ("own", 50.0)


def test_a_share_of_products_adds_products_not_percents(as_: As) -> None:
    """1/1 and 1/99 are 2 of 100 products; the mean of percents would say 50.5."""
    place = f"{TT}/2024"
    approved(as_, "P63-01", [ratio("TT6", 1, 1)], place)
    approved(as_, "P63-02", [ratio("TT6", 1, 99)], place)
    assert figure(as_, "TT6", place=place)["percent"] == 2.0


def test_the_size_of_the_silent_is_taken_from_their_last_report(as_: As) -> None:
    place, half = f"{TT}/2024", f"{TT}/2024-H1"
    units = [
        row["unit"]
        for row in as_("viewer")
        .get(f"/attainment?programme={TT}&period=2024&target=TT3")
        .json()["items"][1:]
    ]
    assert len(units) == 82
    for unit in units:
        approved(as_, unit, [ratio("TT3", 1, 10)], half)
    for unit in units[:80]:
        approved(as_, unit, [ratio("TT3", 10, 10)], place)
    row = figure(as_, "TT3", place=place)
    # 800 of 800 reported; two silent units of 10 each: 800/820 to 820/820.
    assert (row["percent"], row["coverage"]["population"]) == (100.0, 97.56)
    assert row["bounds"] == {"low": 97.56, "high": 100.0}
    assert (row["verdict"], row["met"], row["missing"]) == ("undetermined", True, units[80:])


def test_only_the_board_s_decision_ends_what_silence_leaves_open(three: As) -> None:
    refused = three("reviewer").post(
        f"/periods/{NC}/2024/decision", json={"act": "x", "reason": "y"}
    )
    assert refused.status_code == 403
    made = three("admin").post(
        f"/periods/{NC}/2024/decision", json={"act": "NQ 01/NQ-BCH", "reason": "hết hạn"}
    )
    assert made.status_code == 201
    row = figure(three, "NC2")
    assert (row["verdict"], row["met"]) == ("not_met", False)
    assert row["decision"] == {
        "act": "NQ 01/NQ-BCH",
        "reason": "hết hạn",
        "decided_on": "2024-12-10",
    }


def test_what_does_not_apply_is_listed_and_stands_outside(three: As) -> None:
    approved(three, "P63-06", [{"target": "NC2", "not_applicable": "không có khối này"}])
    row = figure(three, "NC2")
    assert row["not_applicable"] == [{"unit": "P63-06", "reason": "không có khối này"}]
    assert row["coverage"]["units"] == {"reported": 3, "expected": 81}
    assert "P63-06" not in row["missing"]
    assert figure(three, "NC2", "P63-06")["not_applicable"] == "không có khối này"


def test_a_percent_alone_is_listed_as_excluded(three: As) -> None:
    approved(three, "P63-06", [{"target": "NC2", "percent": "85"}])
    row = figure(three, "NC2")
    assert (row["numerator"], row["denominator"]) == (57_500, 66_000)
    assert row["excluded"] == [{"unit": "P63-06", "reason": "percent_only"}]
    assert row["grades"] == {"A": 3, "B": 0, "C": 1, "D": 0}
    assert row["coverage"]["units"]["reported"] == 4


def test_what_is_only_submitted_is_for_the_centre(three: As) -> None:
    query = f"/attainment?programme={NC}&period=2024&include=submitted"
    assert three("reporter", "P63-01").get(query).status_code == 403
    assert (
        three("reporter", "P63-01").get(query.removesuffix("&include=submitted")).status_code == 200
    )


def test_an_unknown_filter_or_code_is_refused_never_ignored(as_: As) -> None:
    base = f"/attainment?programme={NC}&period=2024"
    viewer = as_("viewer")
    assert viewer.get(f"{base}&targt=NC2").status_code == 422
    assert viewer.get(f"{base}&basis=as_told").status_code == 422
    assert viewer.get(f"{base}&on=2025-07-01").status_code == 422
    assert viewer.get(f"{base}&target=NC9").json()["errors"][0]["code"] == "unknown_target"
    assert viewer.get(f"{base}&unit=P63-99").status_code == 404
    assert viewer.get("/attainment?programme=X&period=2024").status_code == 404
    assert viewer.get(f"/attainment?programme={NC}&period=2031").status_code == 404


def test_the_province_that_ends_in_june_is_still_one_of_the_sixty_three(as_: As) -> None:
    for period, expected in (("2025-H1", 63 + 11 + 8), ("2025", 34 + 9 + 8)):
        row = figure(as_, "TT3", place=f"{TT}/{period}")
        assert row["coverage"]["units"]["expected"] == expected


def test_a_population_that_has_ended_is_said_to_have_ended(as_: As) -> None:
    row = figure(as_, "TT4", place=f"{TT}/2025")
    assert (row["verdict"], row["population_ends_on"]) == ("population_ended", "2025-06-30")
    assert row["missing"] == []
    assert figure(as_, "TT4", place=f"{TT}/2025-H1")["verdict"] == "no_data"


def test_nothing_that_was_read_stays_ready_after_a_change(three: As) -> None:
    query = f"/attainment?programme={NC}&period=2024&target=NC2&unit=VGCL"
    first = three("viewer").get(query)
    same = three("viewer").get(query, headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    approved(three, "P63-06", [ratio("NC2", 1, 1)])
    fresh = three("viewer").get(query, headers={"If-None-Match": first.headers["etag"]})
    assert fresh.json()["items"][0]["numerator"] == 57_501
    assert fresh.json()["items"][0]["known_at"] > first.json()["items"][0]["known_at"]
