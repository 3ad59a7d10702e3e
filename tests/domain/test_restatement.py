"""One unit of a later day, told from the reports of those it was made of (rules 2, 16, 20)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from app.domain.attainment import Bounds, Coverage, Excluded
from app.domain.numbers import Percent
from app.domain.restatement import among, done, merged, outcome, restated
from app.domain.rollup import Reported
from app.domain.successions import Ancestry
from app.domain.targets import Baseline, Decision, Level, Target, ValueKind
from app.domain.values import Value
from app.domain.yardstick import yardstick
from tests.domain.figures import (
    DECISION,
    MEMBERS,
    NO,
    NOT_ASKED,
    POOLED,
    SHARE,
    YEAR,
    YES,
    counts,
    filled,
    number,
    percent,
)

A, B, C = Ancestry("A"), Ancestry("B"), Ancestry("C")
MERGED = Ancestry("N", (A, B, C))
ANY = replace(MERGED, done_when="any")
THIRD = Fraction(1, 3)
ALL_GONE = Value(not_applicable="all_predecessors")


def rough(value: Value) -> Value:
    return value._replace(estimated=True)


def row(
    target: Target,
    made: Ancestry,
    values: Mapping[str, Value],
    decision: Decision | None = None,
    **more: Any,
) -> dict[str, Any]:
    """N's own, of what A, B, C and D were asked."""
    said = {"T": Reported(list("ABCD"), values, **more)}
    whole = restated(target, YEAR, made, said, decision)
    assert (whole.target, whole.period, whole.held) == (target, YEAR, yardstick(target, YEAR, "N"))
    found = filled(whole)
    assert (found.pop("unit"), found.pop("scope")) == ("N", "unit")
    return found


def test_the_counts_of_predecessors_are_added() -> None:
    values = {"A": counts(300, 400), "B": counts(200, 250), "C": counts(90, 150), "D": counts(1, 1)}
    assert row(POOLED, MERGED, values) == {
        "verdict": "not_met",
        "numerator": 590,
        "denominator": 800,
        "figure": Fraction(295, 4),  # 73.75
        "met": False,
        "coverage": Coverage(3, 3, Fraction(100)),
        "bounds": Bounds(Fraction(295, 4), Fraction(295, 4)),
        "grades": {"A": 3},
    }
    numbers = {code: number(place) for place, code in enumerate("ABCD", 1)}
    assert row(MEMBERS, MERGED, numbers) == {
        "verdict": "not_met",
        "numerator": 6,
        "figure": 6,
        "met": False,
        "coverage": Coverage(3, 3),
        "grades": {"A": 3},
    }


def test_a_silent_predecessor_is_missing_and_enters_coverage_and_bounds() -> None:
    values = {"A": counts(300, 400), "C": NOT_ASKED}
    open_ = {"bounds": "unknown_denominator", "population": "unknown_denominator"}
    wanted = {
        "verdict": "undetermined",
        "numerator": 300,
        "denominator": 400,
        "figure": 75,
        "met": False,
        "coverage": Coverage(1, 2),
        "grades": {"A": 1},
        "missing": ["B"],
        "not_applicable": [Excluded("C", "không có")],
        "reasons": open_,
    }
    assert row(POOLED, MERGED, values) == wanted
    judged = {**wanted, "verdict": "not_met", "decision": DECISION}
    assert row(POOLED, MERGED, values, DECISION) == judged
    known = row(POOLED, MERGED, values, last={"B": 100})
    # 300/500 to 400/500: below 90 either way
    assert (known["verdict"], known["bounds"]) == ("not_met", Bounds(Fraction(60), Fraction(80)))


def test_a_split_takes_its_share_of_the_counts() -> None:
    made = Ancestry("N", (replace(A, share=THIRD), B))
    found = row(POOLED, made, {"A": counts(30, 60), "B": counts(8, 10)})
    assert (found["numerator"], found["denominator"]) == (18, 30)
    alone = Ancestry("N", (replace(A, share=THIRD),))
    assert row(MEMBERS, alone, {"A": number(9)})["numerator"] == 3


def test_a_unit_that_took_another_s_place_whole_has_its_row() -> None:
    found = row(POOLED, Ancestry("N", (A,)), {"A": percent(85)})
    assert (found["value"], found["figure"], found["verdict"]) == (percent(85), 85, "not_met")
    words = replace(POOLED, value_kind=ValueKind.NARRATIVE, unit_rule=None)
    said = Value(text="x")
    assert row(words, Ancestry("N", (A,)), {"A": said})["value"] == said


def test_what_cannot_be_added_is_not_restatable_with_its_reason() -> None:
    values = {"A": counts(300, 400), "B": percent(80)}
    assert row(POOLED, MERGED, values) == {
        "verdict": "not_restatable",
        "coverage": Coverage(2, 3),
        "grades": {"A": 1, "C": 1},
        "excluded": [Excluded("B", "percent_only")],
        "missing": ["C"],
        "reasons": {"percent": "percent_only"},
    }
    known = row(POOLED, MERGED, values, registered={"B": 100})
    assert (known["verdict"], known["numerator"]) == ("undetermined", 380)
    lost = row(MEMBERS, MERGED, {"A": number(1)}, unusable={"B": "percent_only", "D": "x"})
    assert lost == {
        "verdict": "not_restatable",
        "coverage": Coverage(2, 3),
        "grades": {"A": 1},
        "excluded": [Excluded("B", "percent_only")],
        "missing": ["C"],
        "reasons": {"percent": "percent_only"},
    }


def test_a_merged_unit_starts_from_its_own_baseline() -> None:
    of_all, own = (
        Baseline(Level(percent=Percent(points * 10**6, 0)), date(2020, 1, 1)) for points in (10, 50)
    )
    target = replace(POOLED, baseline=of_all, baselines={"N": own}, due_on=date(2028, 12, 31))
    values = {"A": counts(300, 400), "B": percent(80), "C": counts(1, 1)}
    # `row` holds every answer against N's yardstick.
    assert row(target, MERGED, values)["verdict"] == "not_restatable"
    added = row(target, MERGED, values | {"B": counts(4, 5)})
    assert added["numerator"] == 305


def refused(reason: str) -> dict[str, Any]:
    return {"verdict": "not_restatable", "reasons": {"percent": reason}}


def test_a_split_without_shares_and_words_are_not_restatable() -> None:
    undeclared = Ancestry("N", (replace(A, share=None), B))
    assert row(POOLED, undeclared, {"A": counts(1, 2)}) == refused("split_without_shares")
    words = replace(POOLED, value_kind=ValueKind.NARRATIVE, unit_rule=None)
    assert row(words, MERGED, {"A": Value(text="x")}) == refused("words_are_not_added")
    third = Ancestry("N", (replace(A, share=THIRD),))
    assert row(words, third, {"A": Value(text="x")}) == refused("words_are_not_added")


def test_what_some_units_said_is_theirs_alone() -> None:
    said = Reported(
        list("ABC"),
        {"A": YES, "C": NO},
        {"B": "x", "C": "y"},
        partial=["A", "C"],
        registered={"C": 5},
        warnings={"C": ["w"]},
    )
    assert among(said, {"A": THIRD, "B": Fraction(1)}) == Reported(
        ["A", "B"],
        {"A": YES},
        {"B": "x"},
        partial=["A"],
        registered={"C": 5},
        shares={"A": THIRD, "B": Fraction(1)},
        warnings={"C": ["w"]},
    )


@pytest.mark.parametrize(
    ("made", "values", "wanted"),
    [
        (MERGED, {"A": YES, "B": YES, "C": YES}, YES),
        (MERGED, {"A": YES, "B": NO, "C": YES}, NO),
        (MERGED, {"A": YES, "B": YES}, None),  # C may still say no
        (MERGED, {"A": YES, "B": NO}, NO),  # whatever C says
        (MERGED, {"A": YES, "B": YES, "C": NOT_ASKED}, YES),
        (ANY, {"A": NO, "B": NO, "C": NO}, NO),
        (ANY, {"A": NO, "B": NO}, None),
        (ANY, {"A": NO, "B": YES}, YES),
        (ANY, {"A": NO, "B": NOT_ASKED, "C": NO}, NO),
        (MERGED, dict.fromkeys("ABC", NOT_ASKED), ALL_GONE),
        (MERGED, {"A": NOT_ASKED, "B": NOT_ASKED}, None),
        (MERGED, {}, None),
        (MERGED, {"A": rough(YES), "B": YES, "C": YES}, rough(YES)),
        (MERGED, {"A": rough(YES), "B": NO}, rough(NO)),
        (ANY, {"A": rough(NO), "B": NO, "C": NO}, rough(NO)),
        (ANY, {"A": rough(YES), "B": NO}, rough(YES)),
        (A, {"A": rough(NO)}, rough(NO)),
        (A, {"B": YES}, None),
    ],
)
def test_a_yes_is_a_yes_of_all_or_of_any(
    made: Ancestry, values: dict[str, Value], wanted: Value | None
) -> None:
    assert outcome(made, values) == wanted
    if not made.parents or wanted is not None:
        assert outcome(made, values, among_said=True) == wanted


def test_among_those_who_spoke_the_silent_are_passed_over() -> None:
    assert outcome(MERGED, {"A": YES}, among_said=True) == YES
    assert outcome(ANY, {"A": NO}, among_said=True) == NO
    assert outcome(MERGED, {"A": NOT_ASKED}, among_said=True) == ALL_GONE
    assert outcome(MERGED, {}, among_said=True) is None


def test_each_merger_has_its_own_policy() -> None:
    inner = Ancestry("M", (A, B), "any")
    outer = Ancestry("N", (inner, C), "all")
    assert outcome(outer, {"A": YES, "B": NO, "C": YES}) == YES
    assert outcome(outer, {"A": NO, "B": NO, "C": YES}) == NO
    assert outcome(outer, {"A": NO, "C": YES}) is None
    assert outcome(outer, {"A": NO, "C": YES}, among_said=True) == NO
    assert outcome(outer, {"C": YES}, among_said=True) == YES
    # A took B in, elsewhere C: two units of one code, each with its own past.
    took_b, took_c = Ancestry("A", (A, B)), Ancestry("A", (A, C))
    both = Ancestry("N", (took_b, Ancestry("E", (took_c,))))
    assert outcome(both, {"A": YES, "B": YES, "C": NO}) == NO


PARTED = replace(SHARE, value_kind=ValueKind.ALL_OF, parts=("a", "b", "z"))


def parted(a: Mapping[str, Value], b: Mapping[str, Value]) -> dict[str, Reported]:
    """What was said of the two parts; of a third, z, nothing was asked."""
    asked = list("ABC")
    return {"T": Reported(asked, {}), "a": Reported(asked, a), "b": Reported(asked, b)}


def test_a_merged_unit_has_done_a_whole_when_it_has_done_its_parts() -> None:
    yes = dict.fromkeys("ABC", YES)
    assert done(PARTED, MERGED, parted(yes, yes)) == (YES, False)
    assert done(PARTED, MERGED, parted(yes, yes | {"B": NO})) == (NO, True)
    assert done(PARTED, MERGED, parted({}, {})) == (None, False)
    # Of part b nothing is sure while C is silent: so far the whole is not done.
    assert done(PARTED, MERGED, parted(yes, {"A": YES, "B": YES})) == (NO, True)
    spoke = done(PARTED, MERGED, parted(yes, {"A": YES, "B": YES}), among_said=True)
    assert spoke == (YES, False)
    plain = {"T": Reported(list("ABC"), {"A": YES})}
    assert done(SHARE, MERGED, plain) == (None, False)
    assert done(SHARE, MERGED, plain, among_said=True) == (YES, False)


def test_a_merged_unit_s_yes_says_who_is_behind_it() -> None:
    values = {"A": YES, "B": rough(YES), "C": NOT_ASKED, "D": NO}
    assert row(SHARE, MERGED, values, partial=["B"]) == {
        "verdict": "met",
        "numerator": 1,
        "denominator": 1,
        "figure": 100,
        "met": True,
        "value": rough(YES),
        "coverage": Coverage(2, 2),
        "grades": {"D": 2},
        "not_applicable": [Excluded("C", "không có")],
        "estimated": True,
    }


def test_a_yes_that_the_silent_may_undo_is_open_from_0_to_100() -> None:
    wanted = {
        "verdict": "undetermined",
        "numerator": 1,
        "denominator": 1,
        "figure": 100,
        "met": True,
        "value": YES,
        "coverage": Coverage(1, 3),
        "bounds": Bounds(Fraction(0), Fraction(100)),
        "grades": {"D": 1},
        "missing": ["B", "C"],
    }
    assert row(SHARE, MERGED, {"A": YES}) == wanted
    judged = {**wanted, "verdict": "met", "decision": DECISION}
    del judged["bounds"]
    assert row(SHARE, MERGED, {"A": YES}, DECISION) == judged


def test_a_no_that_nobody_can_undo_is_a_no() -> None:
    found = row(SHARE, MERGED, {"A": NO})
    assert (found["verdict"], found["missing"]) == ("not_met", ["B", "C"])
    silent = row(SHARE, MERGED, {})
    assert silent == {
        "verdict": "no_data",
        "coverage": Coverage(0, 3),
        "missing": ["A", "B", "C"],
        "reasons": {"percent": "no_data"},
    }
    nobody = row(SHARE, MERGED, dict.fromkeys("ABC", NOT_ASKED))
    assert (nobody["verdict"], nobody["value"]) == ("not_applicable", ALL_GONE)


def test_a_merged_unit_s_whole_is_partly_done() -> None:
    said = parted(dict.fromkeys("ABC", YES), {"A": NO, "B": YES, "C": YES})
    found = filled(restated(PARTED, YEAR, MERGED, said))
    assert (found["verdict"], found["partial"], found["value"]) == ("not_met", ("N",), NO)
    whole = filled(restated(PARTED, YEAR, MERGED, parted(said["a"].values, said["a"].values)))
    assert (whole["verdict"], "partial" in whole) == ("met", False)


@pytest.mark.parametrize(
    ("made", "values", "wanted"),
    [
        (Ancestry("N", (A,)), {"A": percent(5), "B": percent(6)}, (percent(5), None)),
        (Ancestry("N", (A,)), {"B": counts(1, 2)}, (None, None)),
        (MERGED, {"A": counts(1, 2), "B": counts(2, 3), "D": counts(9, 9)}, (counts(3, 5), None)),
        (MERGED, {"A": counts(1, 2), "B": NOT_ASKED}, (counts(1, 2), None)),
        (MERGED, {"A": counts(1, 2), "B": percent(5)}, (None, "percent_only")),
        (MERGED, {"D": counts(9, 9)}, (None, None)),
        (MERGED, dict.fromkeys("AB", NOT_ASKED), (ALL_GONE, None)),
    ],
)
def test_one_value_of_a_unit_for_a_period_before_it_was_made(
    made: Ancestry, values: dict[str, Value], wanted: tuple[Value | None, str | None]
) -> None:
    assert merged(POOLED, made, values) == wanted


def test_a_part_of_a_unit_is_no_value_of_a_shorter_period() -> None:
    split = Ancestry("N", (replace(A, share=THIRD),))
    both = Ancestry("N", (replace(A, share=THIRD), B))
    for made in (split, both):
        assert merged(POOLED, made, {"A": counts(3, 6)}) == (None, "split_in_period")
        assert merged(POOLED, made, {}) == (None, None)
    assert merged(SHARE, both, {"A": YES, "B": YES}) == (YES, None)
    assert merged(SHARE, MERGED, {"A": YES}) == (None, None)
    words = replace(POOLED, value_kind=ValueKind.NARRATIVE)
    assert merged(words, MERGED, {"A": Value(text="x")}) == (None, "words_are_not_added")
