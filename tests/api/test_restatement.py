"""The past of units that merged, split or ended, told for the units of any day (rule 20)."""

from fractions import Fraction
from typing import Any

import pytest

from tests.api.journeys import NC, TT, approved, figure, ratio
from tests.api.trial import OWN, became, explained, of, own, programme, restated, target, units
from tests.conftest import As, Clock

NEW, JULY = "P34-25", {"basis": "restated", "on": "2025-07-01"}
THREE = {"P63-17": (300, 400), "P63-25": (200, 250), "P63-26": (90, 150)}
ADDED: dict[str, Any] = {"numerator": 590, "denominator": 800, "percent": 73.75}


@pytest.fixture
def three(as_: As) -> As:
    """What the three that became Phú Thọ said of 2024."""
    for unit, (numerator, denominator) in THREE.items():
        approved(as_, unit, [ratio("NC2", numerator, denominator)])
    return as_


def test_three_federations_are_one_once_restated(three: As, clock: Clock) -> None:
    row = figure(three, "NC2", NEW, **JULY)
    # 300 + 200 + 90 of 400 + 250 + 150 is 73.75 %; 90 % of 800 is 720, 130 more than 590.
    wanted = ADDED | {"basis": "restated", "on": "2025-07-01", "scope": "unit", "missing": []}
    wanted |= {"verdict": "not_met", "met": False, "needed": 130, "gap_pp": -16.25}
    wanted |= {"coverage": {"units": {"reported": 3, "expected": 3}, "population": 100}}
    assert of(row, wanted) == wanted
    clock.now = clock.now.replace(year=2026)
    today = figure(three, "NC2", NEW, basis="restated")
    assert (today["on"], of(today, ADDED)) == ("2026-12-10", ADDED)


def test_as_reported_the_three_stay_what_they_were(three: As) -> None:
    percents = {"P63-17": 75.0, "P63-25": 80.0, "P63-26": 60.0}
    for unit, percent in percents.items():
        row = figure(three, "NC2", unit)
        assert (row["numerator"], row["denominator"]) == THREE[unit]
        assert (row["percent"], row["basis"]) == (percent, "as_reported")
        report = three("viewer").get(f"/reports/{NC}/2024/{unit}").json()
        assert (report["revision"], report["status"]) == (1, "approved")
    query = {"programme": NC, "period": "2024", "target": "NC2"}
    then = three("viewer").get("/attainment", params=query).json()["items"]
    now = three("viewer").get("/attainment", params=query | JULY).json()["items"]
    assert NEW not in {row["unit"] for row in then}
    assert not {row["unit"] for row in now} & THREE.keys()
    # 34 provinces, 9 sector unions of the day and the dispersed one with its past, 8 corporations.
    assert len(now) == 1 + 34 + 9 + 1 + 8


def test_a_unit_that_did_not_exist_yet_is_not_missing(three: As) -> None:
    row = figure(three, "NC2", NEW)
    # Rule 13: expected are the units of the period's last day, and nobody else.
    assert (row["percent"], row["missing"]) == (None, [])
    assert row["coverage"]["units"]["expected"] == 0


def test_the_national_figure_is_the_same_on_both_bases(three: As) -> None:
    approved(three, "S-VC", [ratio("NC2", 5, 10)])
    then, now = figure(three, "NC2"), figure(three, "NC2", **JULY)
    # 595 of 810
    same = {"numerator": 595, "denominator": 810, "percent": 73.46, "verdict": "undetermined"}
    assert of(then, same) == of(now, same) == same
    assert (then["bounds"], then["missing"]) == (now["bounds"], now["missing"])
    dispersed = figure(three, "NC2", "S-VC", **JULY)
    assert (dispersed["numerator"], dispersed["denominator"]) == (5, 10)


def test_a_percent_alone_cannot_be_added(as_: As) -> None:
    approved(as_, "P63-17", [ratio("NC2", 300, 400)])
    approved(as_, "P63-25", [ratio("NC2", 200, 250)])
    approved(as_, "P63-26", [{"target": "NC2", "percent": "60"}])
    approved(as_, "P63-01", [{"target": "NC2", "percent": "61,5"}])
    row = figure(as_, "NC2", NEW, **JULY)
    assert (row["verdict"], row["percent"], row["met"]) == ("not_restatable", None, None)
    assert row["reasons"]["percent"] == "percent_only"
    assert row["excluded"] == [{"unit": "P63-26", "reason": "percent_only"}]
    # Ha Noi was not merged: its percent is still its percent.
    assert figure(as_, "NC2", "P34-01", **JULY)["percent"] == 61.5
    entry = {"unit": "P63-26", "target": "NC2", "period": "2024", "denominator": 150}
    as_("admin").put("/registers", json={"rows": [entry]})
    # 60 % of 150 registered is 90.
    row = figure(as_, "NC2", NEW, **JULY)
    assert (of(row, ADDED), row["verdict"]) == (ADDED, "not_met")
    assert row["grades"] == {"A": 2, "B": 1, "C": 0, "D": 0}


def test_a_silent_predecessor_is_missing_and_not_zero(as_: As) -> None:
    approved(as_, "P63-17", [ratio("NC2", 300, 400)])
    approved(as_, "P63-25", [ratio("NC2", 200, 250)])
    row = figure(as_, "NC2", NEW, **JULY)
    # 500/650 = 76.92
    assert (row["percent"], row["missing"], row["verdict"]) == (76.92, ["P63-26"], "undetermined")
    assert row["coverage"] == {"units": {"reported": 2, "expected": 3}, "population": None}
    assert row["bounds"] == {"low": None, "high": None}
    entry = {"unit": "P63-26", "target": "NC2", "period": "2024", "denominator": 150}
    as_("admin").put("/registers", json={"rows": [entry]})
    row = figure(as_, "NC2", NEW, **JULY)
    # 500/800 at least, 650/800 at most: below 90 either way.
    assert (row["bounds"], row["verdict"]) == ({"low": 62.5, "high": 81.25}, "not_met")
    assert row["coverage"]["population"] == 81.25


def test_the_board_s_decision_settles_a_restated_figure_too(as_: As) -> None:
    approved(as_, "P63-17", [ratio("NC2", 300, 400)])
    decision = {"act": "NQ 01", "reason": "hết kỳ"}
    assert as_("admin").post(f"/periods/{NC}/2024/decision", json=decision).status_code == 201
    assert figure(as_, "NC2", **JULY)["verdict"] == "not_met"
    row = figure(as_, "NC2", NEW, **JULY)
    assert (row["verdict"], row.get("decision", {}).get("act")) == ("not_met", "NQ 01")


def test_a_threshold_of_its_own_stays_open_as_long_as_the_figure(as_: As) -> None:
    given = [{"unit": "C", "threshold_percent": 40}]
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    programme(as_, target("R", assigned=given), periods=("2024",))
    became(as_, "2025-07-01", "A B", "C")
    approved(as_, "A", [ratio("R", 50, 100)], f"{OWN}/2024")
    row = restated(as_, "R", "C")
    assert (row["percent"], row["verdict"]) == (50.0, "undetermined")
    # B may have any size: silence must not pay against 40 % either (rule 16).
    assert row["assigned"] == {"threshold": 40, "verdict": "undetermined"}


YES_NO = [
    ("all", True, True, True, "met"),
    ("all", True, False, False, "not_met"),
    ("all", True, None, True, "undetermined"),
    ("all", False, None, False, "not_met"),
    ("any", True, False, True, "met"),
    ("any", False, False, False, "not_met"),
    ("any", True, None, True, "met"),
    ("any", False, None, False, "undetermined"),
]


def test_a_yes_after_a_merger_follows_the_declared_policy(as_: As) -> None:
    programme(as_, target("Y", "yes_no", threshold_percent=100), periods=("2024",))
    for place, (policy, *said, _, _) in enumerate(YES_NO):
        old, new = (f"A{place}", f"B{place}"), f"C{place}"
        units(as_, *old)
        units(as_, new, first="2025-07-01")
        became(as_, "2025-07-01", " ".join(old), new, yes_no=policy)
        for unit, done in zip(old, said, strict=True):
            if done is not None:
                approved(as_, unit, [{"target": "Y", "done": done}], f"{OWN}/2024")
    for place, (_, _, second, done, verdict) in enumerate(YES_NO):
        row = restated(as_, "Y", f"C{place}")
        assert (row["verdict"], row["done"]) == (verdict, done), YES_NO[place]
        assert row["missing"] == ([f"B{place}"] if second is None else [])


def test_a_share_of_units_counts_the_units_of_the_day(as_: As) -> None:
    programme(as_, target("Y", "yes_no", threshold_percent=100), periods=("2024",))
    for unit in THREE:
        approved(as_, unit, [{"target": "Y", "done": True}], f"{OWN}/2024")
    then, now = own(as_, "Y", "VGCL"), restated(as_, "Y", "VGCL")
    # 3 of the 63 are 1 of the 34.
    assert (then["numerator"], then["denominator"], then["percent"]) == (3, 63, 4.76)
    assert (now["numerator"], now["denominator"], now["percent"]) == (1, 34, 2.94)


def test_a_successor_that_already_existed_adds_its_own_counts(as_: As) -> None:
    approved(as_, "S-XD", [ratio("NC2", 10, 20)])
    approved(as_, "S-GTVT", [ratio("NC2", 30, 40)])
    row = figure(as_, "NC2", "S-XD", **JULY)
    assert (row["numerator"], row["denominator"], row["percent"]) == (40, 60, 66.67)
    assert figure(as_, "NC2", "S-XD")["percent"] == 50.0


@pytest.fixture
def generations(as_: As) -> As:
    """A and B became C in 2025; C and D became E in 2027."""
    programme(as_, target("R"), periods=("2024", "2025", "2027"))
    units(as_, "A", "B", "D")
    units(as_, "C", first="2025-07-01")
    units(as_, "E", first="2027-01-01")
    became(as_, "2025-07-01", "A B", "C")
    became(as_, "2027-01-01", "C D", "E")
    for unit, counts in {"A": (10, 20), "B": (20, 20), "D": (30, 60)}.items():
        approved(as_, unit, [ratio("R", *counts)], f"{OWN}/2024")
    return as_


def test_two_generations_are_restated_on_any_day(generations: As) -> None:
    as_ = generations
    seen = {
        (on, unit): restated(as_, "R", unit, on)["percent"]
        for on in ("2025-06-30", "2026-01-01", "2027-01-01")
        for unit in "ABCDE"
    }
    assert {place: percent for place, percent in seen.items() if percent is not None} == {
        ("2025-06-30", "A"): 50.0,
        ("2025-06-30", "B"): 100.0,
        ("2025-06-30", "D"): 50.0,
        ("2026-01-01", "C"): 75.0,  # 30/40
        ("2026-01-01", "D"): 50.0,
        ("2027-01-01", "E"): 60.0,  # 60/100
    }
    for unit, counts in {"C": (33, 44), "D": (27, 56)}.items():
        approved(as_, unit, [ratio("R", *counts)], f"{OWN}/2025")
    assert restated(as_, "R", "E", "2027-01-01", "2025")["numerator"] == 60
    approved(as_, "E", [ratio("R", 1, 2)], f"{OWN}/2027")
    back = restated(as_, "R", "C", "2026-01-01", "2027")
    assert (back["verdict"], back["reasons"]["percent"]) == ("not_restatable", "merged_since")


@pytest.fixture
def split(as_: As) -> As:
    programme(as_, target("R"), target("N", "count"), target("Y", "yes_no"), periods=("2024",))
    units(as_, "A", "W")
    units(as_, "B", "C", "X", "Z", first="2025-07-01")
    became(as_, "2025-07-01", "A", "B C", shares={"C": "0.4", "B": 0.6})
    became(as_, "2025-07-01", "W", "X Z")
    for unit in ("A", "W"):
        done = {"target": "Y", "done": True}
        said = [ratio("R", 101, 203), {"target": "N", "value": 100}, done]
        approved(as_, unit, said, f"{OWN}/2024")
    return as_


def test_a_split_shares_the_counts_as_declared(split: As) -> None:
    first, second = (restated(split, "R", unit) for unit in "BC")
    # 0.6 of 101/203 is 60.6/121.8; 70 % of 121.8 is 85.26: 24.66 short, so 25 more.
    assert (first["numerator"], first["denominator"], first["percent"]) == (60.6, 121.8, 49.75)
    assert (second["numerator"], second["denominator"], second["percent"]) == (40.4, 81.2, 49.75)
    assert first["needed"] == 25
    assert [restated(split, "N", unit)["value"] for unit in "BC"] == [60, 40]
    assert [restated(split, "Y", unit)["done"] for unit in "BC"] == [True, True]


def test_a_split_without_shares_cannot_be_restated(split: As) -> None:
    row = restated(split, "R", "X")
    assert (row["verdict"], row["reasons"]["percent"]) == ("not_restatable", "split_without_shares")
    assert restated(split, "Y", "X")["done"] is True


def test_a_restated_figure_is_explained_by_its_predecessors_reports(three: As) -> None:
    row = figure(three, "NC2", NEW, **JULY)
    told = explained(three, row)
    assert {one["unit"]: (one["numerator"], one["denominator"]) for one in told["inputs"]} == THREE
    assert sum(one["numerator"] for one in told["inputs"]) == 590
    assert all(one["report"].endswith(f"2024/{one['unit']}") for one in told["inputs"])
    assert told["result"] == row


def test_the_inputs_of_a_split_add_up_to_its_part(split: As) -> None:
    row = restated(split, "R", "B")
    (told,) = explained(split, row)["inputs"]
    # 101 is not 60.6: the part that was taken must stand beside it (rule 23).
    assert told["numerator"] * Fraction(str(told.get("share", 1))) == Fraction("60.6")


def test_a_trend_across_the_merger_is_drawn_on_one_basis(as_: As) -> None:
    for unit, (numerator, denominator) in THREE.items():
        approved(as_, unit, [ratio("TT3", numerator, denominator)], f"{TT}/2024")
    approved(as_, NEW, [ratio("TT3", 700, 800)], f"{TT}/2025")
    query = {"programme": TT, "target": "TT3", "unit": NEW, "period": ["2024", "2025"], **JULY}
    rows = as_("viewer").get("/attainment", params=query).json()["items"]
    assert [(row["period"], row["numerator"], row["denominator"]) for row in rows] == [
        ("2024", 590, 800),
        ("2025", 700, 800),
    ]
    assert {(row["basis"], row["on"]) for row in rows} == {("restated", "2025-07-01")}


def test_a_unit_that_was_absorbed_is_not_its_heir_s_whole_figure(as_: As) -> None:
    approved(as_, "S-XD", [ratio("TT3", 40, 60)], f"{TT}/2025")
    for unit in ("S-GTVT", "S-XD"):
        # The transport workers' union is in S-XD's 40/60 of 2025; its own part nobody can tell.
        row = figure(as_, "TT3", unit, f"{TT}/2025", basis="restated", on="2025-06-30")
        assert (row["verdict"], row["percent"]) == ("not_restatable", None)
        assert row["reasons"]["percent"] == "merged_since"


def test_parts_of_one_past_that_meet_again_are_added(as_: As) -> None:
    programme(as_, target("R"), periods=("2024",))
    units(as_, "A")
    units(as_, "B", "C", first="2025-07-01")
    units(as_, "D", first="2026-07-01")
    became(as_, "2025-07-01", "A", "B C", shares={"B": "0.6", "C": "0.4"})
    became(as_, "2026-07-01", "B C", "D")
    approved(as_, "A", [ratio("R", 50, 100)], f"{OWN}/2024")
    row = restated(as_, "R", "D", "2026-07-01")
    # 30/60 and 20/40
    assert (row["numerator"], row["denominator"]) == (50, 100)


def test_a_merged_unit_that_is_dispersed_keeps_its_past(as_: As) -> None:
    programme(as_, target("R"), periods=("2024",))
    units(as_, "A")
    units(as_, "B", "C", first="2025-07-01")
    became(as_, "2025-07-01", "A", "B C", shares={"B": "0.6", "C": "0.4"})
    became(as_, "2026-07-01", "C", "")
    approved(as_, "A", [ratio("R", 50, 100)], f"{OWN}/2024")
    # C had 0.4 of A's past when it ended; it stays with C, and is not lost.
    rows = {unit: restated(as_, "R", unit, "2026-07-01") for unit in "BC"}
    assert {unit: row["numerator"] for unit, row in rows.items()} == {"B": 30, "C": 20}
