"""Months, quarters, halves and nine months make a year by each target's rule (rule 18)."""

from typing import Any

import pytest

from tests.api.journeys import approved, ratio
from tests.api.trial import OWN, became, explained, own, programme, target, units
from tests.conftest import As

QUARTERS = [f"2025-Q{number}" for number in range(1, 5)]
PERIODS = (*QUARTERS, "2025-H1", "2025-9M", "2025")


def counted(code: str, rule: str, periods: str = "quarter", **more: Any) -> dict[str, Any]:
    asked = {"period_rule": rule, "periods": periods.split(), "due_on": "2025-12-31"}
    return target(code, "count", **asked, threshold_count=100, **more)


def shared(code: str, rule: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"period_rule": rule, "periods": ["quarter"], "due_on": "2025-12-31"}
    return target(code, **asked)


def say(as_: As, unit: str, period: str, *values: dict[str, Any]) -> None:
    approved(as_, unit, list(values), f"{OWN}/{period}")


def number(code: str, value: int) -> dict[str, Any]:
    return {"target": code, "value": value}


@pytest.fixture
def four(as_: As) -> As:
    """Every rule over quarters, as numbers (N..) and as shares (R..)."""
    rules = {"L": "latest", "S": "sum", "T": "running_total", "M": "max"}
    asked = [
        made
        for code, rule in rules.items()
        for made in (counted(f"N{code}", rule), shared(f"R{code}", rule))
    ]
    programme(as_, *asked, periods=PERIODS)
    units(as_, "A")
    return as_


def everything(value: int, counts: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        *(number(f"N{rule}", value) for rule in "LSTM"),
        *(ratio(f"R{rule}", *counts) for rule in "LSTM"),
    ]


def test_four_quarters_make_a_year_by_the_rule_of_the_target(four: As) -> None:
    told = [(10, (1, 10)), (40, (4, 10)), (20, (3, 5)), (30, (3, 10))]
    for period, one in zip(QUARTERS, told, strict=True):
        say(four, "A", period, *everything(*one))
    rows = {f"N{rule}": own(four, f"N{rule}", "A", "2025") for rule in "LSTM"}
    assert {code: row["value"] for code, row in rows.items()} == {
        "NL": 30,  # the last quarter's
        "NS": 100,  # 10 + 40 + 20 + 30
        "NT": 30,  # the last total
        "NM": 40,  # the second quarter's
    }
    shares = {f"R{rule}": own(four, f"R{rule}", "A", "2025") for rule in "LSTM"}
    assert {code: (row["numerator"], row["denominator"]) for code, row in shares.items()} == {
        "RL": (3, 10),
        "RS": (11, 35),
        "RT": (3, 10),
        "RM": (3, 5),  # 60 % is more than 40 %
    }
    assert shares["RS"]["percent"] == 31.43
    assert rows["NS"]["verdict"] == "met"
    assert "warnings" not in rows["NS"]


def test_a_quarter_that_is_missing_from_a_sum_is_a_warning(four: As) -> None:
    for period in ("2025-Q1", "2025-Q3"):
        say(four, "A", period, *everything(10, (1, 10)))
    row = own(four, "NS", "A", "2025")
    assert (row["value"], row["warnings"]) == (20, ["periods_missing"])
    assert own(four, "NS", "VGCL", "2025")["warnings"] == ["periods_missing"]
    assert own(four, "RS", "A", "2025")["warnings"] == ["periods_missing"]
    # The third quarter's is the latest there is, and not the year's: that is said too.
    assert own(four, "NL", "A", "2025")["warnings"] == ["periods_missing"]
    for period in ("2025-Q2", "2025-Q4"):
        say(four, "A", period, *everything(10, (1, 10)))
    for code in ("NS", "NL"):
        assert "warnings" not in own(four, code, "A", "2025")


def test_zero_in_a_quarter_is_told_and_nothing_is_not(four: As) -> None:
    for period, value in zip(QUARTERS, (0, 0, 0, 0), strict=True):
        say(four, "A", period, number("NS", value))
    row = own(four, "NS", "A", "2025")
    assert (row["value"], row["verdict"], row["missing"]) == (0, "not_met", [])
    silent = own(four, "NS", "P34-01", "2025")
    assert ("value" in silent, silent["verdict"], silent["missing"]) == (
        False,
        "no_data",
        ["P34-01"],
    )


def test_percents_are_never_added(four: As) -> None:
    say(four, "A", "2025-Q1", {"target": "RS", "percent": "50"})
    say(four, "A", "2025-Q2", ratio("RS", 1, 10))
    row = own(four, "RS", "A", "2025")
    assert (row["percent"], row["reasons"]["percent"]) == (None, "percent_only")
    national = own(four, "RS", "VGCL", "2025")
    assert {"unit": "A", "reason": "percent_only"} in national["excluded"]


def test_half_and_nine_months_take_only_the_quarters_inside_them(four: As) -> None:
    for period, value in zip(QUARTERS, (1, 2, 4, 8), strict=True):
        say(four, "A", period, *everything(value, (value, 10)))
    said = {when: own(four, "NS", "A", when)["value"] for when in ("2025-H1", "2025-9M", "2025")}
    assert said == {"2025-H1": 3, "2025-9M": 7, "2025": 15}
    # Only the year's period says that the due date was missed.
    verdicts = {when: own(four, "NS", "A", when)["verdict"] for when in ("2025-H1", "2025-9M")}
    assert set(verdicts.values()) == {"in_progress"}
    assert own(four, "NS", "A", "2025")["verdict"] == "not_met"


def test_a_running_total_that_falls_inside_the_year_is_a_warning(four: As) -> None:
    for period, value in zip(QUARTERS, (10, 30, 25, 40), strict=True):
        say(four, "A", period, number("NT", value))
    row = own(four, "NT", "A", "2025")
    assert (row["value"], row["warnings"]) == (40, ["running_total_fell"])
    assert "warnings" not in own(four, "NT", "A", "2025-H1")
    assert own(four, "NT", "A", "2025-9M")["warnings"] == ["running_total_fell"]
    # The third quarter's own figure stands, and warns too.
    assert own(four, "NT", "A", "2025-Q3")["warnings"] == ["running_total_fell"]


def test_half_nine_months_and_year_are_one_running_total(as_: As) -> None:
    programme(as_, counted("T", "running_total", "half nine_months year"), periods=PERIODS)
    units(as_, "A")
    for period, value in {"2025-H1": 50, "2025-9M": 45, "2025": 120}.items():
        say(as_, "A", period, number("T", value))
    assert own(as_, "T", "A", "2025-9M")["warnings"] == ["running_total_fell"]
    year = own(as_, "T", "A", "2025")
    # 120, not 50 + 45 + 120; and it is more than either.
    assert (year["value"], "warnings" in year, year["verdict"]) == (120, False, "met")


@pytest.mark.parametrize("periods", ["month quarter", "quarter half", "quarter nine_months"])
def test_what_is_told_twice_is_added_once(as_: As, periods: str) -> None:
    """A month stands inside its quarter, a quarter inside its half: nothing may count double."""
    inner, outer = periods.split()
    months = [f"2025-{month:02}" for month in range(1, 13)]
    told = {
        "month": dict.fromkeys(months, 1),
        "quarter": dict.fromkeys(QUARTERS, 3),
        "half": {"2025-H1": 6},
        "nine_months": {"2025-9M": 9},
    }
    programme(as_, counted("S", "sum", periods), periods=(*PERIODS, *months))
    units(as_, "A")
    for period, value in (told[inner] | told[outer]).items():
        say(as_, "A", period, number("S", value))
    # Twelve months of one, four quarters of three: 12 either way.
    assert own(as_, "S", "A", "2025")["value"] == 12


@pytest.fixture
def july(as_: As) -> As:
    """A sum over quarters across 1 July 2025: A and B until June, then C."""
    programme(as_, counted("S", "sum"), shared("R", "sum"), periods=PERIODS)
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    became(as_, "2025-07-01", "A B", "C")
    for period, value in {"2025-Q1": 10, "2025-Q2": 20}.items():
        say(as_, "A", period, number("S", value), ratio("R", value, 100))
    say(as_, "B", "2025-Q2", number("S", 7), ratio("R", 7, 50))
    for period, value in {"2025-Q3": 1, "2025-Q4": 2}.items():
        say(as_, "C", period, number("S", value), ratio("R", value, 10))
    return as_


def test_the_year_of_a_merged_unit_adds_its_predecessors_quarters(july: As) -> None:
    say(july, "B", "2025-Q1", number("S", 5), ratio("R", 5, 50))
    row = own(july, "S", "C", "2025")
    # 10 + 20 and 5 + 7 before, 1 + 2 since
    assert (row["value"], row["missing"], "warnings" in row) == (45, [], False)
    share = own(july, "R", "C", "2025")
    # 45 of 100 + 100 + 50 + 50 + 10 + 10
    assert (share["numerator"], share["denominator"], share["percent"]) == (45, 320, 14.06)
    assert own(july, "S", "VGCL", "2025")["value"] == 45
    # Until June they were two.
    assert own(july, "S", "A", "2025-H1")["value"] == 30
    assert own(july, "S", "VGCL", "2025-H1")["value"] == 42


def test_a_predecessor_that_was_silent_in_a_quarter_is_not_passed_over(july: As) -> None:
    row = own(july, "S", "C", "2025")
    assert row["value"] == 40
    # B said nothing of the first quarter: a quarter of the year is missing (rules 18, 20).
    assert row.get("warnings") == ["periods_missing"]


def test_a_year_across_the_merger_is_explained_by_every_quarter(july: As) -> None:
    say(july, "B", "2025-Q1", number("S", 5), ratio("R", 5, 50))
    for unit in ("C", "VGCL"):
        row = own(july, "S", unit, "2025")
        told = explained(july, row)
        assert sum(one["value"] for one in told["inputs"]) == row["value"] == 45


def test_a_predecessor_s_percent_cannot_be_added_to_the_year(july: As) -> None:
    say(july, "B", "2025-Q1", {"target": "R", "percent": "10"})
    row = own(july, "R", "C", "2025")
    assert (row["percent"], row["reasons"]["percent"]) == (None, "percent_only")


def test_a_running_total_lower_than_its_predecessors_has_fallen(as_: As) -> None:
    programme(as_, counted("T", "running_total", "half nine_months year"), periods=PERIODS)
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    became(as_, "2025-07-01", "A B", "C")
    say(as_, "A", "2025-H1", number("T", 30))
    say(as_, "B", "2025-H1", number("T", 40))
    say(as_, "C", "2025-9M", number("T", 50))
    # 30 + 40 by June, 50 by September
    assert own(as_, "T", "C", "2025-9M").get("warnings") == ["running_total_fell"]


def test_a_dispersed_unit_s_quarters_stay_in_the_national_year(as_: As) -> None:
    sectors: dict[str, Any] = {"reported_by": ["sector_union"]}
    programme(as_, counted("S", "sum", **sectors), periods=PERIODS)
    say(as_, "S-VC", "2025-Q1", number("S", 10))
    say(as_, "S-VC", "2025-Q2", number("S", 20))
    say(as_, "S-YT", "2025-Q3", number("S", 5))
    assert own(as_, "S", "VGCL", "2025-H1")["value"] == 30
    # Its past stays with it (rule 20): the year cannot be less than its half.
    assert own(as_, "S", "VGCL", "2025")["value"] == 35


def test_a_sender_is_told_that_a_running_total_has_fallen(as_: As) -> None:
    programme(as_, counted("T", "running_total", "half nine_months year"), periods=PERIODS)
    units(as_, "A")
    say(as_, "A", "2025-H1", number("T", 50))
    answer = as_("reporter", "A").put(
        f"/reports/{OWN}/2025-9M/A", json={"values": [number("T", 49)], "submit": True}
    )
    # Taken as it is: a total may have been wrong before.
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert (warning["pointer"], warning["code"]) == ("/values/0", "running_total_fell")
    assert warning["message"]
    assert as_("viewer").get(f"/reports/{OWN}/2025-9M/A").json()["warnings"] == [warning]
