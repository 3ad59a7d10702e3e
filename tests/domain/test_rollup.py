"""Rules 13-17: many units put together, field by field; worked by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from app.domain.attainment import Bounds, Coverage, Excluded
from app.domain.rollup import Reported, of_one, of_units, with_counts, without_counts
from app.domain.targets import Comparator, Decision, Level, Target, UnitRule, ValueKind
from app.domain.values import Value
from tests.domain.figures import (
    DECISION,
    MEMBERS,
    NO,
    NOT_ASKED,
    POOLED,
    SHARE,
    YEAR,
    YES,
    against,
    counts,
    filled,
    number,
    percent,
)

NATIONAL = {"unit": "VGCL", "scope": "national"}


def national(
    target: Target,
    values: Mapping[str, Value],
    expected: str = "ABC",
    decision: Decision | None = None,
    **more: Any,
) -> dict[str, Any]:
    said = Reported(list(expected), values, **more)
    row = filled(of_units(target, YEAR, "VGCL", said, decision))
    assert NATIONAL.items() <= row.items()
    return {name: value for name, value in row.items() if name not in NATIONAL}


def own(target: Target, said: Reported, unit: str = "A", **more: Any) -> dict[str, Any]:
    row = filled(of_one(target, YEAR, unit, said, **more))
    assert (row.pop("unit"), row.pop("scope")) == (unit, "unit")
    return row


def test_a_pool_says_everything_of_itself() -> None:
    values = {"A": counts(80, 100), "B": percent(855, 1), "C": percent(50), "D": NOT_ASKED}
    row = national(POOLED, values, "ABCDE", registered={"B": 200}, last={"C": 60, "E": 40})
    # 80 + 0.855·200 = 251 of 300; "85,5" is 85.45 to 85.55: 250.9 to 251.1; C and E: 0 to 100 more
    assert row == {
        "verdict": "not_met",
        "numerator": 251,
        "denominator": 300,
        "figure": Fraction(251, 3),
        "met": False,
        "coverage": Coverage(3, 4, Fraction(30_000, 400)),
        "bounds": Bounds(Fraction(25_090, 400), Fraction(35_110, 400)),
        "grades": {"A": 1, "B": 1, "C": 1},
        "excluded": [Excluded("C", "percent_only")],
        "missing": ["E"],
        "not_applicable": [Excluded("D", "không có")],
    }


def test_a_rounded_percent_stays_between_0_and_100() -> None:
    low = national(POOLED, {"A": percent(0)}, "A", registered={"A": 50})
    high = national(POOLED, {"A": percent(1000, 1)}, "A", registered={"A": 50})
    # "0" is 0 to 0.5, "100,0" is 99.95 to 100
    assert low["bounds"] == Bounds(Fraction(0), Fraction(1, 2))
    assert high["bounds"] == Bounds(Fraction(9_995, 100), Fraction(100))
    more = replace(POOLED, may_exceed_100=True)
    above = national(more, {"A": percent(1000, 1)}, "A", registered={"A": 50})
    assert above["bounds"] == Bounds(Fraction(9_995, 100), Fraction(10_005, 100))


def test_rounded_percents_add_up_and_so_does_what_they_hide() -> None:
    values = {"A": percent(50), "B": percent(80), "C": counts(10, 10)}
    row = national(POOLED, values, registered={"A": 100, "B": 90})
    # 50 + 72 + 10 of 200; half a point of A's 100 and of B's 90 either way: 0.95
    assert (row["numerator"], row["denominator"]) == (132, 200)
    assert row["bounds"] == Bounds(Fraction(13_105, 200), Fraction(13_295, 200))


def test_a_row_counts_every_grade_even_at_0() -> None:
    said = Reported(list("AB"), {"A": counts(1, 2), "B": percent(50)})
    row = of_units(POOLED, YEAR, "VGCL", said)
    assert {grade.value: number for grade, number in row.grades.items()} == {
        "A": 1,
        "B": 0,
        "C": 1,
        "D": 0,
    }


def test_where_a_target_may_exceed_100_nobody_knows_what_the_silent_may_say() -> None:
    more = replace(POOLED, may_exceed_100=True)
    values = {"A": counts(95, 100), "B": counts(130, 100)}
    open_ = {"bounds": "unknown_denominator", "population": "unknown_denominator"}
    row = national(more, values, last={"C": 1})
    assert (row["verdict"], row["reasons"], row["coverage"]) == (
        "undetermined",
        open_,
        Coverage(2, 3),
    )
    everybody = national(more, values, "AB")
    assert everybody["bounds"] == Bounds(Fraction(225, 2), Fraction(225, 2))
    assert everybody["coverage"] == Coverage(2, 2, Fraction(100))


@pytest.mark.parametrize(
    ("values", "expected", "wanted"),
    [
        ({}, "", {"verdict": "no_data", "reasons": {"percent": "no_data"}}),
        (
            {"A": NOT_ASKED, "B": counts(0, 0)},
            "AB",
            {
                "verdict": "not_applicable",
                "reasons": {"percent": "not_applicable"},
                "not_applicable": [Excluded("A", "không có"), Excluded("B", "zero_of_zero")],
            },
        ),
    ],
)
@pytest.mark.parametrize("target", [POOLED, MEMBERS, SHARE])
def test_nobody_to_ask_is_not_the_same_as_nobody_asked(
    target: Target, values: dict[str, Value], expected: str, wanted: dict[str, Any]
) -> None:
    assert national(target, values, expected) == wanted


def test_silence_of_all_is_no_data_and_leaves_everything_open() -> None:
    assert national(POOLED, {}, "AB", last={"A": 10, "B": 5}) == {
        "verdict": "no_data",
        "coverage": Coverage(0, 2, Fraction(0)),
        "bounds": Bounds(Fraction(0), Fraction(100)),
        "missing": ["A", "B"],
        "reasons": {"percent": "no_data"},
    }
    unknown = dict.fromkeys(("bounds", "population"), "unknown_denominator")
    assert national(POOLED, {}, "AB", last={"A": 10})["reasons"] == {
        "percent": "no_data",
        **unknown,
    }
    # Where nobody is left to count there is no share of a population either.
    assert national(POOLED, {}, "A", last={"A": 0}) == {
        "verdict": "no_data",
        "coverage": Coverage(0, 1),
        "missing": ["A"],
        "reasons": {"percent": "no_data"},
    }


def test_percents_alone_make_no_figure() -> None:
    row = national(POOLED, {"A": percent(95)}, "A", last={"A": 10})
    assert row == {
        "verdict": "undetermined",
        "coverage": Coverage(1, 1, Fraction(0)),
        "bounds": Bounds(Fraction(0), Fraction(100)),
        "grades": {"C": 1},
        "excluded": [Excluded("A", "percent_only")],
        "reasons": {"percent": "percent_only"},
    }


def test_periods_that_cannot_be_put_together_are_excluded_with_their_reason() -> None:
    lost = {"B": "predecessor_missing"}
    row = national(POOLED, {"A": counts(95, 100)}, "AB", unusable=lost, last={"B": 1})
    # 95/101 to 96/101: at least 90 either way
    assert row == {
        "verdict": "met",
        "numerator": 95,
        "denominator": 100,
        "figure": 95,
        "met": True,
        "coverage": Coverage(2, 2, Fraction(10_000, 101)),
        "bounds": Bounds(Fraction(9_500, 101), Fraction(9_600, 101)),
        "grades": {"A": 1},
        "excluded": [Excluded("B", "predecessor_missing")],
    }


def test_without_a_threshold_silence_leaves_nothing_open() -> None:
    bare = replace(POOLED, threshold=Level(), comparator=None)
    row = national(bare, {"A": counts(1, 2)})
    assert (row["verdict"], row["figure"], "met" in row) == ("no_threshold", 50, False)


def test_an_exact_threshold_between_the_bounds_is_open() -> None:
    exactly = against(50, comparator=Comparator.EXACTLY)
    values = {"A": counts(40, 100)}
    # 40/130 = 30.77 to 70/130 = 53.85; 40/110 = 36.36 to 50/110 = 45.45
    assert national(exactly, values, "AB", last={"B": 30})["verdict"] == "undetermined"
    assert national(exactly, values, "AB", last={"B": 10})["verdict"] == "not_met"
    # 40/120 to 60/120: 50 itself is one of the ends.
    assert national(exactly, values, "AB", last={"B": 20})["verdict"] == "undetermined"


def test_an_estimate_makes_the_whole_an_estimate() -> None:
    values = {"A": counts(9, 10), "B": counts(9, 10)._replace(estimated=True)}
    assert national(POOLED, values, "AB")["estimated"] is True


def test_a_sum_says_everything_of_itself() -> None:
    row = national(MEMBERS, {"A": number(9), "B": number(0)}, unusable={"C": "percent_only"})
    assert row == {
        "verdict": "undetermined",
        "numerator": 9,
        "figure": 9,
        "met": False,
        "coverage": Coverage(3, 3),
        "grades": {"A": 2},
        "excluded": [Excluded("C", "percent_only")],
    }
    # The board judged it on what was reported.
    judged = national(MEMBERS, {"A": number(9)}, "AB", DECISION)
    assert (judged["verdict"], judged["decision"], judged["missing"]) == (
        "not_met",
        DECISION,
        ["B"],
    )


def test_a_sum_of_nothing_is_no_data() -> None:
    assert national(MEMBERS, {}, "A") == {
        "verdict": "no_data",
        "coverage": Coverage(0, 1),
        "missing": ["A"],
        "reasons": {"value": "no_data"},
    }
    assert national(MEMBERS, {}, "A", unusable={"A": "percent_only"}) == {
        "verdict": "undetermined",
        "coverage": Coverage(1, 1),
        "excluded": [Excluded("A", "percent_only")],
        "reasons": {"value": "undetermined"},
    }


@pytest.mark.parametrize(
    ("comparator", "total", "verdict"),
    [
        (Comparator.AT_LEAST, 9, "undetermined"),
        (Comparator.AT_LEAST, 10, "met"),
        (Comparator.AT_MOST, 10, "undetermined"),  # one more would be too many
        (Comparator.AT_MOST, 11, "not_met"),
        (Comparator.EXACTLY, 10, "undetermined"),
        (Comparator.EXACTLY, 11, "not_met"),
        (None, 9, "no_threshold"),
    ],
)
def test_what_is_missing_from_a_sum_can_only_raise_it(
    comparator: Comparator | None, total: int, verdict: str
) -> None:
    level = Level(count=10) if comparator else Level()
    target = replace(MEMBERS, comparator=comparator, threshold=level)
    assert national(target, {"A": number(total)}, "AB")["verdict"] == verdict


def test_a_dispersed_unit_adds_its_past_and_is_not_expected() -> None:
    values = {"A": number(3), "B": number(1), "X": number(5)}
    assert national(MEMBERS, values, "ABC", gone=["X", "Y"]) == {
        "verdict": "undetermined",
        "numerator": 9,
        "figure": 9,
        "met": False,
        "coverage": Coverage(2, 3),
        "grades": {"A": 3},
        "missing": ["C"],
    }


def test_a_share_of_units_says_everything_of_itself() -> None:
    values = {"A": YES, "B": NO, "D": NOT_ASKED}
    assert national(SHARE, values, "ABCD", partial=["B"], last={"C": 5}) == {
        "verdict": "not_met",
        "numerator": 1,
        "denominator": 3,
        "figure": Fraction(100, 3),
        "met": False,
        "coverage": Coverage(2, 3),
        "grades": {"D": 2},
        "missing": ["C"],
        "not_applicable": [Excluded("D", "không có")],
        "partial": ["B"],
    }


def test_words_have_no_threshold_and_an_ended_population_no_figure() -> None:
    words = replace(POOLED, value_kind=ValueKind.NARRATIVE, unit_rule=None)
    row = national(words, {"A": Value(text="x")}, "AB")
    assert row == {
        "verdict": "no_threshold",
        "coverage": Coverage(1, 2),
        "grades": {"D": 1},
        "missing": ["B"],
    }
    ended = replace(POOLED, population_ends_on=date(2024, 12, 30))
    assert national(ended, {"A": counts(1, 2)}) == {
        "verdict": "population_ended",
        "reasons": {"percent": "population_ended"},
    }


def test_the_centre_s_own_value_is_the_national_one() -> None:
    target = replace(SHARE, unit_rule=UnitRule.OWN, comparator=Comparator.DONE, threshold=Level())
    row = national(target, {"VGCL": YES, "A": NOT_ASKED}, "A")
    assert row == {
        "verdict": "met",
        "numerator": 1,
        "denominator": 1,
        "figure": 100,
        "met": True,
        "value": YES,
        "coverage": Coverage(1, 1),
        "grades": {"D": 1},
        "not_applicable": [Excluded("A", "không có")],
    }


def test_a_unit_s_row_says_what_became_of_its_report() -> None:
    said = Reported(
        ["A", "B", "C"],
        {"A": percent(85)},
        unusable={"B": "percent_only"},
        registered={"A": 200},
    )
    assert own(POOLED, said) == {
        "verdict": "not_met",
        "numerator": 170,
        "denominator": 200,
        "figure": 85,
        "met": False,
        "value": percent(85),
        "coverage": Coverage(1, 1),
        "grades": {"B": 1},
    }
    assert own(POOLED, said, "B") == {
        "verdict": "undetermined",
        "coverage": Coverage(1, 1),
        "excluded": (Excluded("B", "percent_only"),),
        "reasons": {"percent": "percent_only"},
    }
    silent = {"verdict": "no_data", "reasons": {"percent": "no_data"}}
    assert own(POOLED, said, "C") == silent | {"coverage": Coverage(0, 1), "missing": ("C",)}
    assert own(POOLED, said, "Z") == silent  # nobody expects anything of it


def test_a_successor_s_row_names_the_code_of_the_time() -> None:
    said = Reported(["A", "B"], {"A": NO}, unusable={"C": "percent_only"}, partial=["A"])
    told = own(SHARE, said, "N", origin="A")
    assert (told["value"], told["partial"]) == (NO, ("A",))
    assert own(SHARE, said, "N", origin="B")["missing"] == ("B",)
    lost = own(SHARE, said, "N", origin="C")
    assert lost["excluded"] == (Excluded("C", "percent_only"),)


def test_a_percent_stands_behind_a_figure_only_with_a_registered_denominator() -> None:
    values = {"A": counts(1, 2), "B": percent(50), "C": percent(50), "D": NOT_ASKED}
    said = Reported(list("ABCDE"), values, registered={"B": 10, "C": 0}, unusable={"E": "x"})
    assert with_counts(said, "ABCDEZ") == ["A", "B"]
    wanted = [Excluded("E", "x"), Excluded("C", "percent_only")]
    assert without_counts(said, said.applying()) == wanted
    # 0 registered: nobody to whom the percent could belong (rule 6).
    mix = national(POOLED, values, "ABCD", registered={"B": 10, "C": 0})["grades"]
    assert mix == {"A": 1, "B": 1, "C": 1}


def test_a_share_of_a_unit_takes_its_part_of_every_count() -> None:
    third = Fraction(1, 3)
    values = {"A": counts(30, 60), "B": percent(50)}
    row = national(
        POOLED,
        values,
        registered={"B": 30},
        last={"C": 90},
        shares={"A": third, "B": third, "C": third},
    )
    # (30 + 15)/3 of (60 + 30)/3; "50" is 49.5 to 50.5: 0.05 of B's 10; C's 90/3 = 30 to come
    assert (row["numerator"], row["denominator"]) == (15, 30)
    low, high = 15 - Fraction(1, 20), 45 + Fraction(1, 20)
    assert row["bounds"] == Bounds(100 * low / 60, 100 * high / 60)
    added = national(MEMBERS, {"A": number(9), "B": number(4)}, "AB", shares={"A": third})
    assert added["numerator"] == 7  # 9/3 + 4
