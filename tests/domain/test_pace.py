"""Rules 10-12: how far a figure is on its way, and where it is heading; worked by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from app.domain.attainment import of_unit
from app.domain.numbers import Percent
from app.domain.pace import Forecast, Point, expected_on, forecast, years
from app.domain.periods import period
from app.domain.targets import Bands, Baseline, Comparator, Level, Milestone, Target
from app.domain.values import Value
from app.domain.verdict import Verdict
from app.domain.yardstick import assigned, is_due, yardstick
from tests.domain.figures import MEMBERS, against, counts, percent

END = date(2028, 12, 31)


def level(points: int) -> Level:
    return Level(percent=Percent(points * 10**6, 0))


def at_start(points: int) -> Baseline:
    return Baseline(level(points), date(2024, 1, 1))


STEPS = tuple(
    Milestone(date(year, 12, 31), level(points))
    for year, points in zip(range(2024, 2029), (26, 32, 38, 44, 50), strict=True)
)
LINEAR = against(50, due_on=END, baseline=at_start(20))
STEPPED = replace(LINEAR, milestones=STEPS)
FALLING = against(10, due_on=END, baseline=at_start(50), comparator=Comparator.AT_MOST)


def verdict(target: Target, value: Value, when: str = "2025") -> Verdict:
    return of_unit(target, period(when), "A", value).verdict


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (percent(33), Verdict.ON_TRACK),  # 13 of 12 points: 1.083
        (percent(32), Verdict.ON_TRACK),  # 12 of 12
        (percent(3199, 2), Verdict.AT_RISK),  # 11.99 of 12
        (percent(30), Verdict.AT_RISK),  # 10 of 12: 0.833
        (percent(296, 1), Verdict.AT_RISK),  # 9.6 of 12: 0.8
        (percent(2959, 2), Verdict.OFF_TRACK),  # 9.59 of 12: 0.799
        (percent(28), Verdict.OFF_TRACK),  # 8 of 12
        (percent(10), Verdict.OFF_TRACK),  # backwards
        (percent(50), Verdict.MET),
    ],
)
def test_milestones_say_what_is_on_track(value: Value, said: Verdict) -> None:
    assert expected_on(STEPPED, STEPPED.baseline, date(2025, 12, 31)) == 32
    assert verdict(STEPPED, value) is said


def test_the_bands_are_data() -> None:
    wide = replace(STEPPED, bands=Bands(Fraction(9, 10), Fraction(1, 2)))
    # of the 12 points to 32: 10.8 are nine tenths, 6 are half
    assert verdict(wide, percent(308, 1)) is Verdict.ON_TRACK
    assert verdict(wide, percent(3079, 2)) is Verdict.AT_RISK
    assert verdict(wide, percent(26)) is Verdict.AT_RISK
    assert verdict(wide, percent(2599, 2)) is Verdict.OFF_TRACK


def test_without_milestones_the_way_is_a_straight_line_in_days() -> None:
    # From 2024-01-01 to 2028-12-31 are 366 + 365 + 365 + 365 + 365 = 1 826 days, to 2025-12-31
    # 366 + 364 = 730: 20 + 30 * 730/1826 = 31.9934...
    expected = 20 + 30 * Fraction(730, 1826)
    assert expected_on(LINEAR, LINEAR.baseline, date(2025, 12, 31)) == expected
    assert verdict(LINEAR, percent(32)) is Verdict.ON_TRACK
    assert verdict(LINEAR, percent(3199, 2)) is Verdict.AT_RISK
    assert expected_on(LINEAR, LINEAR.baseline, END) == 50


def test_between_milestones_the_way_is_straight_too() -> None:
    # 2024-12-31 to 2025-06-30 are 181 of the 365 days to the next one: 26 + 6 * 181/365
    assert expected_on(STEPPED, STEPPED.baseline, date(2025, 6, 30)) == 26 + Fraction(6 * 181, 365)
    # 2024-01-01 to 2024-06-30 are 181 of the 365 days to 2024-12-31
    assert expected_on(STEPPED, STEPPED.baseline, date(2024, 6, 30)) == 20 + Fraction(6 * 181, 365)


def test_before_the_first_known_height_only_a_dated_baseline_says_what_to_expect() -> None:
    earlier, first = date(2023, 12, 31), date(2024, 12, 31)
    undated, nothing = Baseline(level(20)), Baseline(Level(), date(2024, 1, 1))
    assert expected_on(STEPPED, at_start(20), earlier) == 20
    for bare in (None, undated, nothing):
        assert expected_on(STEPPED, bare, earlier) is None
        assert expected_on(STEPPED, bare, first) == 26
        assert expected_on(STEPPED, bare, END) == 50
        assert expected_on(STEPPED, bare, date(2029, 12, 31)) == 50
        # 181 of the 365 days from 26 to 32
        middle = expected_on(STEPPED, bare, date(2025, 6, 30))
        assert middle == 26 + Fraction(6 * 181, 365)
    nowhere = replace(LINEAR, threshold=Level(), due_on=None)
    assert expected_on(nowhere, None, first) is None
    assert expected_on(nowhere, undated, first) is None
    assert expected_on(nowhere, at_start(20), first) == 20
    unset = replace(STEPPED, milestones=(*STEPS[:1], Milestone(date(2025, 12, 31), Level())))
    # Of the second milestone no height is known: 365 of the 1 461 days from 26 to 50.
    assert expected_on(unset, None, date(2025, 12, 31)) == 26 + Fraction(24 * 365, 1461)


def test_every_year_is_as_long_as_another() -> None:
    assert years(date(2025, 12, 31)) == 2026
    assert years(date(2024, 1, 1)) == 2024 + Fraction(1, 366)
    assert years(date(2025, 1, 1)) == 2025 + Fraction(1, 365)
    # 31 + 29 + 31 + 30 + 31 + 30 days
    assert years(date(2024, 6, 30)) == 2024 + Fraction(182, 366)


def test_without_a_baseline_an_unmet_target_is_in_progress() -> None:
    for target in (LINEAR, STEPPED):
        bare = replace(target, baseline=None)
        assert verdict(bare, percent(33)) is Verdict.IN_PROGRESS
        row = of_unit(bare, period("2025"), "A", percent(33))
        assert row.gap_closed == (None, "no_baseline")


def test_where_nothing_is_expected_yet_only_the_wrong_side_is_off() -> None:
    rising = replace(LINEAR, baseline=Baseline(level(20), date(2025, 12, 31)))
    assert verdict(rising, percent(20)) is Verdict.ON_TRACK
    assert verdict(rising, percent(21)) is Verdict.ON_TRACK
    assert verdict(rising, percent(1999, 2)) is Verdict.OFF_TRACK
    falling = replace(FALLING, baseline=Baseline(level(50), date(2025, 12, 31)))
    assert verdict(falling, percent(50)) is Verdict.ON_TRACK
    assert verdict(falling, percent(5001, 2)) is Verdict.OFF_TRACK
    # From 50 down to exactly 10, whatever the comparator is called.
    exactly = replace(falling, comparator=Comparator.EXACTLY)
    assert verdict(exactly, percent(49)) is Verdict.ON_TRACK
    assert verdict(exactly, percent(51)) is Verdict.OFF_TRACK
    # No more than the 50 that there are: above is the wrong side.
    kept = replace(falling, threshold=level(50))
    assert verdict(kept, percent(51)) is Verdict.OFF_TRACK


@pytest.mark.parametrize(
    ("value", "closed", "met"),
    [
        (percent(30), "50.00", False),  # 20 of 40 points
        (percent(8), "105.00", True),  # 42 of 40
        (percent(10), "100.00", True),
        (percent(60), "-25.00", False),  # 10 the other way
        (percent(50), "0.00", False),
        (percent(1001, 2), "99.98", False),  # 39.99 of 40 is 99.975: away from zero, not onto 100
        (percent(10001, 3), "99.998", False),  # 39.999 of 40 is 99.9975
    ],
)
def test_a_falling_target_closes_its_gap_downwards(value: Value, closed: str, met: bool) -> None:
    row = of_unit(FALLING, period("2025"), "A", value)
    assert (str(row.gap_closed[0]), row.met) == (closed, met)
    assert (row.needed, row.ratio_to_threshold) == (None, None)


def test_a_falling_target_has_its_pace_downwards() -> None:
    target = replace(FALLING, milestones=(Milestone(date(2025, 12, 31), level(40)),))
    # of the 10 points down to 40
    assert verdict(target, percent(39)) is Verdict.ON_TRACK
    assert verdict(target, percent(40)) is Verdict.ON_TRACK
    assert verdict(target, percent(42)) is Verdict.AT_RISK
    assert verdict(target, percent(4201, 2)) is Verdict.OFF_TRACK
    assert verdict(target, percent(55)) is Verdict.OFF_TRACK


def test_a_baseline_at_the_threshold_leaves_no_gap_to_close() -> None:
    target = replace(LINEAR, baseline=at_start(50))
    for value in (percent(49), percent(50), percent(51)):
        row = of_unit(target, period("2025"), "A", value)
        assert row.gap_closed == (None, "threshold_is_baseline")
        assert row.met is (value.percent is not None and value.percent.points >= 50)
    assert verdict(target, percent(49)) is Verdict.OFF_TRACK


def test_a_unit_starts_from_its_own_baseline_before_the_national_one() -> None:
    target = replace(LINEAR, baselines={"A": at_start(30)})
    closed = [
        of_unit(target, period("2025"), unit, percent(40)).gap_closed[0] for unit in ("A", "B")
    ]
    # 10 of 20 points, and 20 of 30
    assert closed == [Decimal("50.00"), Decimal("66.67")]
    alone = replace(target, baseline=None)
    assert of_unit(alone, period("2025"), "B", percent(40)).verdict is Verdict.IN_PROGRESS
    assert of_unit(alone, period("2025"), "A", percent(40)).verdict is Verdict.ON_TRACK


def test_a_number_has_its_pace_in_its_own_measure() -> None:
    target = replace(
        MEMBERS,
        threshold=Level(count=200),
        baseline=Baseline(Level(count=100), date(2024, 1, 1)),
        milestones=(Milestone(date(2025, 12, 31), Level(count=150)),),
        due_on=END,
    )
    # of the 50 to 150: 50, 40 and 39
    said = [verdict(target, Value(value=number)) for number in (150, 140, 139)]
    assert said == [Verdict.ON_TRACK, Verdict.AT_RISK, Verdict.OFF_TRACK]
    assert of_unit(target, period("2025"), "A", Value(value=150)).gap_closed[0] == 50


@pytest.mark.parametrize("when", ["2024-03", "2024-Q1", "2024-H1", "2024-9M", "2024"])
def test_a_standing_target_is_judged_in_every_period(when: str) -> None:
    standing = replace(LINEAR, due_on=None)
    assert verdict(standing, percent(49), when) is Verdict.NOT_MET
    assert verdict(standing, percent(50), when) is Verdict.MET


def test_the_year_s_period_gives_the_verdict_of_the_due_date() -> None:
    on_the_way = {when: is_due(STEPPED, period(when)) for when in ("2028-H1", "2028-9M", "2028-Q4")}
    assert not any(on_the_way.values())
    assert [is_due(STEPPED, period(when)) for when in ("2027", "2028", "2029")] == [
        False,
        True,
        True,
    ]
    assert verdict(STEPPED, counts(49, 100), "2028") is Verdict.NOT_MET
    # 49 is 29 points above 20; at the end of September less than 30 are expected of it, but 24 are
    # behind it already at the end of 2027.
    assert verdict(STEPPED, counts(49, 100), "2028-9M") is Verdict.ON_TRACK
    assert verdict(STEPPED, counts(50, 100), "2028-9M") is Verdict.MET


def test_a_threshold_given_to_one_unit_is_judged_beside_the_national_one() -> None:
    given = {("A", 2028): level(30), ("A", None): level(45)}
    target = replace(LINEAR, assigned=given)
    of_2028, of_2029 = (assigned(target, period(when), "A") for when in ("2028", "2029"))
    assert of_2028 is not None
    assert of_2029 is not None
    assert [one.verdict(40, 1) for one in (of_2028, of_2029)] == [Verdict.MET, Verdict.NOT_MET]
    assert yardstick(target, period("2028"), "A").verdict(40, 1) is Verdict.NOT_MET
    assert assigned(target, period("2028"), "B") is None


def test_a_threshold_given_to_one_unit_has_a_way_of_its_own() -> None:
    given = replace(STEPPED, assigned={("A", None): level(30)}, baselines={"A": at_start(25)})
    # In a straight line from 25 to 30, 27.00 are expected by the end of 2025, 2.00 points above:
    # 26 is half of the way. The milestones of the 50 and the 20 of the others do not count.
    held = assigned(given, period("2025"), "A")
    assert held is not None
    assert [held.verdict(27, 1), held.verdict(26, 1)] == [Verdict.ON_TRACK, Verdict.OFF_TRACK]
    assert assigned(replace(given, assigned={("A", None): Level()}), period("2025"), "A") is None


def test_a_row_carries_its_own_threshold_with_the_verdict_on_it() -> None:
    target = against(50, due_on=None, assigned={("A", None): level(30)})
    year, thirty = period("2025"), Fraction(30)
    rows = {points: of_unit(target, year, "A", percent(points)) for points in (29, 30, 50)}
    assert {points: row.assigned for points, row in rows.items()} == {
        29: (thirty, Verdict.NOT_MET),
        30: (thirty, Verdict.MET),
        50: (thirty, Verdict.MET),
    }
    assert of_unit(target, year, "A", None).assigned == (thirty, Verdict.NO_DATA)
    assert of_unit(target, year, "B", percent(40)).assigned is None
    own = replace(target, assigned={("VGCL", None): level(30)})
    assert of_unit(own, year, "VGCL", percent(40), scope="national").assigned is None
    open_ = replace(rows[30], verdict=Verdict.UNDETERMINED)
    assert open_.assigned == (thirty, Verdict.UNDETERMINED)


def test_where_there_is_no_figure_nothing_is_said_of_it() -> None:
    silent = of_unit(LINEAR, period("2025"), "A", None)
    assert (silent.percent, silent.gap_pp, silent.ratio_to_threshold) == (None, None, None)
    assert silent.gap_closed == (None, "no_data")
    bare = replace(LINEAR, baseline=None)
    assert of_unit(bare, period("2025"), "A", None).gap_closed == (None, "no_baseline")
    nobody = of_unit(MEMBERS, period("2025"), "A", None)
    at_most = replace(MEMBERS, comparator=Comparator.AT_MOST)
    too_many = of_unit(at_most, period("2025"), "A", None)
    assert (nobody.needed, nobody.excess, too_many.excess) == (None, None, None)


def test_without_a_threshold_there_is_no_gap_and_nothing_is_needed() -> None:
    bare = replace(LINEAR, threshold=Level())
    row = of_unit(bare, period("2025"), "A", counts(1, 2))
    assert (row.verdict, row.met) == (Verdict.NO_THRESHOLD, None)
    assert (row.percent, row.gap_pp, row.ratio_to_threshold) == (Decimal(50), None, None)
    assert (row.gap_closed, row.needed) == ((None, "no_threshold"), None)
    number = of_unit(MEMBERS, period("2025"), "A", Value(value=5))
    assert (number.percent, number.gap_pp, number.needed) == (None, None, 14_999_995)
    held = yardstick(LINEAR, period("2025"))
    assert (held.needed(Fraction(1), None), held.excess(Fraction(1), None)) == (None, None)


def ends(*figures: int, first: int = 2024) -> list[Point]:
    """One point at the end of each year."""
    return [Point(date(first + i, 12, 31), Fraction(one)) for i, one in enumerate(figures)]


def test_three_points_on_a_line_lead_to_the_due_date() -> None:
    # Six points a year: 38 at the end of 2026, 50 at the end of 2028.
    assert forecast(LINEAR, ends(26, 32, 38)) == Forecast(
        figure=Fraction(50),
        on=END,
        per_year=Fraction(6),
        required_per_year=Fraction(6),
        points=3,
    )


def test_points_beside_a_line_are_fitted_by_least_squares() -> None:
    ahead = forecast(LINEAR, ends(20, 30, 34))
    assert isinstance(ahead, Forecast)
    # Mean 28 at the end of 2025; slope (34 - 20)/2 = 7; 28 + 3 * 7 = 49. (50 - 34)/2 = 8 needed.
    assert [ahead.figure, ahead.per_year, ahead.required_per_year] == [49, 7, 8]
    four = forecast(LINEAR, ends(20, 30, 34, 30))
    assert isinstance(four, Forecast)
    # About the middle (2025.5, 28.5): (1.5 * 8.5 + 0.5 * -1.5 + 0.5 * 5.5 + 1.5 * 1.5)/5 = 3.4;
    # 28.5 + 2.5 * 3.4 = 37
    assert [four.figure, four.per_year, four.points] == [37, Fraction(17, 5), 4]
    gap = forecast(LINEAR, [*ends(20, 30), Point(date(2027, 12, 31), Fraction(40))])
    assert isinstance(gap, Forecast)
    # Years 2024, 2025, 2027: middle 2025 1/3 and 30. Slope (-4/3 * -10 + 0 + 5/3 * 10)/(14/3) =
    # 45/7; 30 + 8/3 * 45/7 = 330/7; (50 - 40)/1 needed.
    assert [gap.figure, gap.required_per_year] == [Fraction(330, 7), 10]


def test_a_falling_target_is_forecast_downwards() -> None:
    ahead = forecast(FALLING, ends(50, 40, 30))
    assert isinstance(ahead, Forecast)
    assert [ahead.figure, ahead.per_year, ahead.required_per_year] == [10, -10, -10]


def test_a_forecast_is_refused_with_its_reason() -> None:
    bare = replace(LINEAR, threshold=Level())
    assert forecast(LINEAR, ends(26, 32)) == "fewer_than_three_points"
    assert forecast(LINEAR, []) == "no_data"
    assert forecast(bare, ends(26, 32, 38)) == "no_threshold"
    assert forecast(replace(LINEAR, due_on=None), ends(26, 32, 38)) == "no_due_date"
    assert forecast(LINEAR, ends(26, 32, 38, first=2026)) == "due_date_passed"
    done = replace(bare, comparator=Comparator.DONE)
    assert isinstance(forecast(done, ends(26, 32, 38)), Forecast)  # to 100
    flagged = forecast(LINEAR, ends(26, 32, 38), same_reporters=False)
    assert isinstance(flagged, Forecast)
    assert not flagged.same_reporters
