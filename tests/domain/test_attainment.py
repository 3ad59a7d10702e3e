"""Rules 7-16 on figures worked by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.attainment import (
    Coverage,
    Excluded,
    added,
    all_of,
    cell,
    counts_of,
    fell,
    of_unit,
    over_periods,
    share,
)
from app.domain.numbers import Percent
from app.domain.periods import period
from app.domain.rollup import Reported, of_units
from app.domain.targets import Baseline, Comparator, Decision, Level, PeriodRule, Target, ValueKind
from app.domain.values import Grade, Value
from app.domain.verdict import Verdict
from app.domain.yardstick import yardstick
from tests.domain.figures import MEMBERS, POOLED, SHARE, YEAR, against, counts, filled, percent

THREE = {"A": counts(45_000, 50_000), "B": counts(3_000, 6_000), "C": counts(9_500, 10_000)}


def national(
    target: Target = POOLED,
    values: Mapping[str, Value] = THREE,
    expected: Sequence[str] = ("A", "B", "C"),
    decision: Decision | None = None,
    **given: Any,
) -> Any:
    said = Reported(list(expected), dict(values), **given)
    return of_units(target, YEAR, "VGCL", said, decision)


def test_a_pool_adds_first_and_divides_once() -> None:
    row = national()
    assert (row.numerator, row.denominator, row.percent) == (57_500, 66_000, Decimal("87.12"))
    assert (row.met, row.verdict, row.needed) == (False, Verdict.NOT_MET, 1_900)
    assert row.gap_pp == Decimal("-2.88")
    assert row.ratio_to_threshold == Decimal("96.80")


def test_a_rounded_figure_never_crosses_the_threshold() -> None:
    row = of_unit(POOLED, YEAR, "A", counts(17_999, 20_000))
    assert (str(row.percent), row.met, row.needed) == ("89.995", False, 1)
    assert str(row.gap_pp) == "-0.01"  # halves round away from zero
    assert str(row.ratio_to_threshold) == "99.99"


@pytest.mark.parametrize("whole", [57, 29, 58])
def test_a_whole_percent_stays_whole(whole: int) -> None:
    assert of_unit(POOLED, YEAR, "A", counts(whole, 100)).percent == whole


def test_thresholds_of_the_communication_programme() -> None:
    rows = [
        of_unit(against(100), YEAR, "A", counts(100, 100)),
        of_unit(against(70), YEAR, "A", counts(700, 1_000)),
        of_unit(against(50), YEAR, "A", counts(499, 1_000)),
    ]
    assert [row.met for row in rows] == [True, True, False]
    assert [row.needed for row in rows] == [0, 0, 1]


def test_a_threshold_between_whole_points_is_exact_too() -> None:
    eighth = replace(POOLED, threshold=Level(percent=Percent(12_500_000, 1)))
    rows = [of_unit(eighth, YEAR, "A", value) for value in (counts(1, 8), counts(124, 1_000))]
    assert [(row.met, row.needed) for row in rows] == [(True, 0), (False, 1)]


def test_before_the_due_date_an_unmet_target_is_in_progress() -> None:
    later = replace(POOLED, due_on=date(2028, 12, 31))
    row = of_unit(later, YEAR, "A", counts(1, 2))
    assert (row.verdict, row.met) == (Verdict.IN_PROGRESS, False)


def test_a_standing_target_is_judged_at_the_end_of_every_period() -> None:
    standing = replace(POOLED, due_on=None)
    half = of_unit(standing, period("2024-H1"), "A", counts(1, 2))
    assert half.verdict is Verdict.NOT_MET


def test_nothing_is_not_zero() -> None:
    silent = of_unit(POOLED, YEAR, "A", None)
    zero = of_unit(POOLED, YEAR, "A", counts(0, 10))
    assert (silent.verdict, silent.percent, silent.met) == (Verdict.NO_DATA, None, None)
    assert (zero.verdict, zero.percent, zero.met) == (Verdict.NOT_MET, Decimal("0.00"), False)


def test_nothing_out_of_nothing_does_not_apply() -> None:
    row = of_unit(POOLED, YEAR, "A", counts(0, 0))
    assert (row.verdict, row.percent, row.met) == (Verdict.NOT_APPLICABLE, None, None)


def test_a_percent_alone_is_judged_but_stays_out_of_the_pool() -> None:
    own = of_unit(POOLED, YEAR, "A", percent(85))
    assert (own.percent, own.met, own.numerator, own.needed) == (
        Decimal("85.00"),
        False,
        None,
        None,
    )
    row = national(values={"A": percent(85), "B": counts(900, 1_000), "C": counts(400, 500)})
    assert (row.numerator, row.denominator, row.percent) == (1_300, 1_500, Decimal("86.67"))
    assert row.excluded == [Excluded("A", "percent_only")]
    assert (row.grades[Grade.COUNTS], row.grades[Grade.PERCENT]) == (2, 1)
    assert (row.verdict, row.met) == (Verdict.UNDETERMINED, False)
    assert (row.coverage.reported, row.coverage.expected) == (3, 3)


def test_a_unit_s_row_says_why_it_has_no_figure() -> None:
    def said(value: Value | None) -> dict[str, Any]:
        return filled(of_unit(POOLED, YEAR, "A", value))

    nobody = {"unit": "A", "scope": "unit"}
    assert said(None) == nobody | {
        "verdict": "no_data",
        "coverage": Coverage(0, 1),
        "missing": ("A",),
        "reasons": {"percent": "no_data"},
    }
    assert said(counts(0, 0)) == nobody | {
        "verdict": "not_applicable",
        "value": counts(0, 0),
        "reasons": {"percent": "not_applicable"},
    }
    only = "percent_only"
    assert said(percent(85)) == nobody | {
        "verdict": "not_met",
        "figure": 85,
        "met": False,
        "value": percent(85),
        "coverage": Coverage(1, 1),
        "grades": {"C": 1},
        "reasons": {"numerator": only, "needed": only},
    }
    assert said(Value(text="x"))["verdict"] == "no_threshold"
    assert counts_of(Value(), ValueKind.COUNT) is None


def test_the_national_figure_starts_from_the_national_baseline() -> None:
    of_all, own = (Baseline(Level(percent=Percent(n * 10**6, 0))) for n in (10, 50))
    target = replace(POOLED, baseline=of_all, baselines={"VGCL": own})
    # 70 is 60 of the 80 points from 10 to 90, and 20 of the 40 from 50.
    rows = [of_unit(target, YEAR, "VGCL", percent(70), scope=one) for one in ("national", "unit")]
    assert [row.gap_closed for row in rows] == [(Decimal(75), None), (Decimal(50), None)]


def test_a_registered_denominator_lets_a_percent_into_the_pool() -> None:
    row = national(
        values={"A": percent(85), "B": counts(900, 1_000), "C": counts(400, 500)},
        registered={"A": 2_000},
    )
    assert (row.numerator, row.denominator, row.percent) == (3_000, 3_500, Decimal("85.71"))
    assert (row.grades[Grade.COUNTS], row.grades[Grade.REGISTERED]) == (2, 1)
    assert row.excluded == []
    # "85" was rounded from 84,5 to 85,5: 1 690 to 1 710 of 2 000.
    assert row.bounds == (Fraction(100 * 2_990, 3_500), Fraction(100 * 3_010, 3_500))


def test_silence_keeps_the_verdict_open_until_its_size_is_known_to_be_too_small() -> None:
    values = {"A": counts(950, 1_000), "B": counts(930, 1_000)}
    unknown = national(values=values)
    assert (unknown.verdict, unknown.met) == (Verdict.UNDETERMINED, True)
    assert unknown.bounds == (None, None)
    assert unknown.coverage.population is None
    small = national(values=values, last={"C": 20})
    # 1 880/2 020 = 93.07 at least, (1 880 + 20)/2 020 = 94.06 at most: met either way.
    assert small.verdict is Verdict.MET
    assert small.bounds == (Fraction(188_000, 2_020), Fraction(190_000, 2_020))
    assert small.coverage.population == Fraction(200_000, 2_020)
    large = national(values=values, last={"C": 500})
    # 1 880/2 500 = 75.2 at least: the silent unit can still undo it.
    assert large.verdict is Verdict.UNDETERMINED
    assert large.missing == ["C"]


def test_only_a_decision_of_the_board_ends_the_openness() -> None:
    decision = Decision("NQ 01", "hết kỳ", date(2025, 1, 15))
    row = national(values={"A": counts(950, 1_000)}, decision=decision)
    assert (row.verdict, row.decision) == (Verdict.MET, decision)


def test_what_does_not_apply_stands_outside_every_denominator() -> None:
    values = {"A": counts(9, 10), "B": counts(0, 0), "C": Value(not_applicable="không có")}
    row = national(values=values)
    assert (row.numerator, row.denominator, row.verdict) == (9, 10, Verdict.MET)
    assert (row.coverage.reported, row.coverage.expected) == (1, 1)
    assert row.not_applicable == [Excluded("B", "zero_of_zero"), Excluded("C", "không có")]
    assert row.missing == []


def test_nobody_reported_is_no_data() -> None:
    row = national(values={})
    assert (row.verdict, row.met, row.percent, row.needed) == (Verdict.NO_DATA, None, None, None)
    assert row.reasons["percent"] == "no_data"


def test_a_share_of_units_counts_the_silent_as_not_done() -> None:
    units = [f"U{number}" for number in range(74)]
    values = {unit: Value(done=True) for unit in units[:73]}
    row = national(SHARE, values, units)
    assert (row.numerator, row.denominator, row.percent) == (73, 74, Decimal("98.65"))
    assert (row.missing, row.needed, row.verdict) == ([units[73]], 1, Verdict.NOT_MET)
    assert row.bounds == (None, None)


def test_a_target_made_of_parts_is_done_when_every_part_is() -> None:
    done, not_done, outside = Value(done=True), Value(done=False), Value(not_applicable="x")
    assert all_of([done, done]) == (Value(done=True), False)
    assert all_of([done, None]) == (Value(done=False), True)
    assert all_of([done, not_done]) == (Value(done=False), True)
    assert all_of([not_done, not_done]) == (Value(done=False), False)
    assert all_of([done, outside]) == (Value(done=True), False)
    assert all_of([outside, outside]) == (Value(not_applicable="all_parts"), False)
    assert all_of([None, None]) == (None, False)
    rough = Value(done=True, estimated=True)
    assert all_of([done, rough]) == (rough, False)
    assert all_of([None, rough]) == (Value(done=False, estimated=True), True)


def test_counts_are_added_and_what_is_missing_can_only_raise_them() -> None:
    short = national(MEMBERS, {"A": Value(value=9_000_000)})
    assert (short.numerator, short.met, short.needed) == (9_000_000, False, 6_000_000)
    assert (short.verdict, short.percent) == (Verdict.UNDETERMINED, None)
    enough = national(MEMBERS, {"A": Value(value=15_000_000)})
    assert (enough.verdict, enough.needed) == (Verdict.MET, 0)
    assert enough.ratio_to_threshold == Decimal("100.00")


def test_an_at_most_target_counts_what_is_too_much() -> None:
    target = against(10, comparator=Comparator.AT_MOST)
    row = of_unit(target, YEAR, "A", counts(31, 300))
    assert (row.met, row.excess, row.needed) == (False, 1, None)
    assert row.ratio_to_threshold is None
    assert of_unit(target, YEAR, "A", counts(30, 300)).met is True


def test_an_at_most_sum_is_lost_for_good_once_it_is_over() -> None:
    target = replace(MEMBERS, comparator=Comparator.AT_MOST, threshold=Level(count=10))
    over = national(target, {"A": Value(value=11)})
    assert (over.verdict, over.excess) == (Verdict.NOT_MET, 1)
    under = national(target, {"A": Value(value=9)})
    assert (under.verdict, under.met) == (Verdict.UNDETERMINED, True)


def test_a_population_that_has_ended_is_not_judged() -> None:
    target = replace(POOLED, population_ends_on=date(2024, 6, 30))
    row = of_unit(target, YEAR, "A", counts(1, 2))
    assert (row.verdict, row.figure) == (Verdict.POPULATION_ENDED, None)
    assert row.reasons == {"percent": "population_ended"}
    assert of_unit(target, period("2024-H1"), "A", counts(1, 2)).figure == 50


def test_periods_inside_a_year_are_put_together_by_the_target_s_rule() -> None:
    quarters = [counts(1, 10), counts(3, 10), counts(2, 10)]
    rule = {rule: replace(POOLED, period_rule=rule) for rule in PeriodRule}
    assert over_periods(rule[PeriodRule.LATEST], quarters) == (quarters[2], None)
    assert over_periods(rule[PeriodRule.RUNNING_TOTAL], quarters) == (quarters[2], None)
    assert over_periods(rule[PeriodRule.MAX], quarters) == (quarters[1], None)
    assert over_periods(rule[PeriodRule.SUM], quarters) == (counts(6, 30), None)
    assert over_periods(rule[PeriodRule.SUM], []) == (None, None)
    assert over_periods(rule[PeriodRule.SUM], [percent(50), quarters[0]]) == (None, "percent_only")


def test_the_highest_is_that_of_the_figure_and_not_of_its_parts() -> None:
    highest = replace(POOLED, period_rule=PeriodRule.MAX)
    # 3/10 is more than 20/100, and 31 % is more than both.
    told = [counts(20, 100), counts(3, 10), counts(1, 100)]
    assert over_periods(highest, told) == (counts(3, 10), None)
    assert over_periods(highest, [*told, percent(31)]) == (percent(31), None)
    numbers = replace(MEMBERS, period_rule=PeriodRule.MAX)
    assert over_periods(numbers, [Value(value=n) for n in (9, 10, 2)]) == (Value(value=10), None)
    words = [Value(text="x"), Value(text="y")]
    of_words = replace(highest, value_kind=ValueKind.NARRATIVE)
    assert over_periods(of_words, words)[0] in words  # no word is more than another


def test_where_no_period_applies_the_last_reason_stands() -> None:
    outside = [Value(not_applicable=reason) for reason in ("x", "y", "z")]
    for rule in PeriodRule:
        target = replace(POOLED, period_rule=rule)
        assert over_periods(target, outside) == (outside[2], None)
        assert over_periods(target, [counts(1, 2), *outside]) == (counts(1, 2), None)


def test_an_estimate_among_what_is_added_makes_an_estimate() -> None:
    rough = counts(0, 4)._replace(estimated=True)
    assert added(POOLED, [counts(1, 2), rough]) == (counts(1, 6)._replace(estimated=True), None)
    assert added(POOLED, [counts(1, 2), counts(0, 4)]) == (counts(1, 6), None)
    number, estimate = Value(value=0), Value(value=2, estimated=True)
    assert added(MEMBERS, [number, estimate]) == (estimate, None)
    assert added(MEMBERS, [number, number]) == (number, None)
    assert added(SHARE, [Value(done=True)]) == (None, "words_are_not_added")


@pytest.mark.parametrize(
    ("before", "now", "lower"),
    [
        (Value(value=5), Value(value=4), True),
        (Value(value=5), Value(value=5), False),
        (counts(5, 10), counts(4, 8), True),
        (counts(5, 10), counts(5, 20), False),
        (percent(50), percent(40), False),  # of how many is not known
        (counts(5, 10), percent(40), False),
        (percent(50), counts(4, 8), False),
        (Value(not_applicable="x"), Value(value=5), False),
        (Value(value=5), Value(not_applicable="x"), False),
    ],
)
def test_a_total_falls_in_its_counts(before: Value, now: Value, lower: bool) -> None:
    assert fell(before, now) is lower


def test_a_share_is_shown_without_touching_0_and_100() -> None:
    assert share(None) is None
    shown = [share(Fraction(*one)) for one in ((100, 3), (1, 3000), (299_999, 3000), (100, 1))]
    assert [str(one) for one in shown] == ["33.33", "0.0003", "99.9997", "100.00"]


def test_a_cell_has_a_verdict_and_a_percent_where_there_is_one() -> None:
    def said(target: Target, value: Value | None) -> tuple[Verdict, Decimal | None]:
        return cell(yardstick(target, YEAR), target, value)

    assert said(POOLED, None) == (Verdict.NO_DATA, None)
    assert said(POOLED, counts(0, 0)) == (Verdict.NOT_APPLICABLE, None)
    assert said(POOLED, counts(9, 10)) == (Verdict.MET, Decimal("90.00"))
    assert said(POOLED, percent(895, 1)) == (Verdict.NOT_MET, Decimal("89.50"))
    assert said(POOLED, Value(text="x")) == (Verdict.NO_THRESHOLD, None)
    assert said(SHARE, Value(done=True)) == (Verdict.MET, None)
    assert said(MEMBERS, Value(value=1)) == (Verdict.NOT_MET, None)


ratios = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(
    lambda pair: counts(min(pair), max(pair))
)


@given(st.lists(ratios, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_pooling_is_free_of_order(values: list[Value], random) -> None:  # type: ignore[no-untyped-def]
    names = [f"U{place}" for place in range(len(values))]
    shuffled = list(zip(names, values, strict=True))
    random.shuffle(shuffled)
    first = national(values=dict(zip(names, values, strict=True)), expected=names)
    second = national(values=dict(shuffled), expected=[name for name, _ in shuffled])
    assert (first.numerator, first.denominator) == (second.numerator, second.denominator)
    assert first.numerator == sum(value.numerator or 0 for value in values)


@given(ratios, st.integers(1, 100))
def test_needed_is_the_least_that_meets_the_target(value: Value, threshold: int) -> None:
    numerator, denominator = value.numerator or 0, value.denominator or 1
    target = against(threshold)
    needed = of_unit(target, YEAR, "A", value).needed
    assert needed is not None
    assert 100 * (numerator + needed) >= threshold * denominator
    assert needed == 0 or 100 * (numerator + needed - 1) < threshold * denominator


@given(st.lists(ratios, min_size=2, max_size=6), st.integers(1, 5), st.integers(0, 100))
def test_bounds_contain_whatever_the_silent_may_say(
    values: list[Value], silent: int, threshold: int
) -> None:
    names = [f"U{place}" for place in range(len(values))]
    said = dict(list(zip(names, values, strict=True))[silent % len(values) or 1 :])
    if not said:
        return
    last = {name: value.denominator or 1 for name, value in zip(names, values, strict=True)}
    open_ = national(against(threshold), said, names, last=last)
    whole = national(against(threshold), dict(zip(names, values, strict=True)), names)
    assert open_.bounds.low is not None
    assert open_.bounds.low <= whole.figure <= open_.bounds.high
    assert open_.verdict in (whole.verdict, Verdict.UNDETERMINED)
