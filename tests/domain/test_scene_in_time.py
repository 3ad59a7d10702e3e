"""Where figures are heading, and what earlier periods say of the silent (rules 11, 16, 20)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from app.domain.attainment import Bounds
from app.domain.evidence import last_told
from app.domain.pace import Forecast
from app.domain.periods import PeriodKind
from tests.domain.figures import (
    DECISION,
    MEMBERS,
    NO,
    NOT_ASKED,
    POOLED,
    SHARE,
    YES,
    against,
    counts,
    percent,
)
from tests.domain.programmes import (
    JULY,
    MERGED,
    MERGER,
    A,
    B,
    evidence,
    national,
    seen,
    together,
    unit,
)

YEARS = ("2023", "2024", "2025", "2026")
TO_50 = against(50, due_on=date(2028, 12, 31))


def yearly(*points: int, unit: str = "A") -> dict[str, dict[str, dict[str, Any]]]:
    said = zip(YEARS, points, strict=False)
    return {year: {"T": {unit: counts(point, 100)}} for year, point in said}


def test_a_row_is_heading_where_its_earlier_periods_point() -> None:
    scene = seen(evidence(yearly(26, 32, 38), TO_50, units=(A,), periods=YEARS), "2025")
    # 6 points a year: 38 + 3·6 = 56 in 2028; 50 asks for (50 - 38)/3 = 4 a year.
    wanted = Forecast(Fraction(56), date(2028, 12, 31), Fraction(6), Fraction(4), 3)
    assert scene.forecast(scene.unit(TO_50, "A")) == wanted
    assert scene.forecast(scene.national(TO_50)) == wanted
    before = [one.period.code for one in scene.earlier()]
    assert before == ["2023", "2024"]


def test_a_row_without_figures_or_a_due_day_is_heading_nowhere() -> None:
    rests_on = evidence(yearly(26, 32), TO_50, units=(A, B), periods=YEARS)
    year = seen(rests_on, "2024")
    assert year.forecast(year.unit(TO_50, "A")) == "fewer_than_three_points"
    assert year.forecast(year.unit(TO_50, "B")) == "no_data"
    passed = replace(TO_50, due_on=date(2024, 12, 31))
    late = seen(evidence(yearly(26, 32, 38), passed, units=(A,), periods=YEARS), "2025")
    assert late.forecast(late.unit(passed, "A")) == "due_date_passed"
    # A year in which it was silent is no point, and no zero.
    gap = together(yearly(26), {"2025": {"T": {"A": counts(38, 100)}}})
    short = seen(evidence(gap, TO_50, units=(A,), periods=YEARS), "2025")
    assert short.forecast(short.unit(TO_50, "A")) == "fewer_than_three_points"


STEPWISE = replace(SHARE, due_on=date(2028, 12, 31))


def test_a_share_of_other_units_lies_on_no_line() -> None:
    told = {year: {"T": {"A": YES, "B": NO}} for year in YEARS[:2]}
    told["2025"] = {"T": {"C": NO}}
    rests_on = evidence(told, STEPWISE, units=MERGED, steps=[MERGER], periods=YEARS)
    scene = seen(rests_on, "2025")
    assert scene.forecast(scene.national(STEPWISE)) == "units_changed"
    assert scene.forecast(scene.unit(STEPWISE, "C")) == "fewer_than_three_points"
    restated = scene.on_one_basis()
    assert restated.restated_on == date(2025, 12, 31)
    assert restated.restate(JULY).on_one_basis().restated_on == JULY
    # On one basis every year has one unit, and it has never done it: 0, 0, 0. But A and B told
    # the first two years, and C the third.
    due, nothing = date(2028, 12, 31), Fraction(0)
    wanted = Forecast(nothing, due, nothing, Fraction(100, 3), 3, same_reporters=False)
    assert restated.forecast(restated.national(STEPWISE)) == wanted
    of_c = restated.forecast(restated.unit(STEPWISE, "C"))
    assert of_c == wanted._replace(same_reporters=True)


def test_a_share_of_a_year_in_which_nobody_spoke_is_no_point() -> None:
    told = {year: {"T": {"A": YES, "B": NO}} for year in YEARS[1:]}
    rests_on = evidence(told, STEPWISE, periods=YEARS)
    scene = seen(rests_on, "2026")
    half = Fraction(50)
    # Half of the units in three years: no rise, where 50 points in two years are asked for.
    wanted = Forecast(half, date(2028, 12, 31), Fraction(0), Fraction(25), 3)
    assert scene.forecast(scene.national(STEPWISE)) == wanted


def test_a_pool_of_other_reporters_is_drawn_and_flagged() -> None:
    told = together(yearly(26, 32, 38), {"2024": {"T": {"B": counts(32, 100)}}})
    decided = dict.fromkeys(YEARS, DECISION)
    scene = seen(evidence(told, TO_50, periods=YEARS, decided=decided), "2025")
    wanted = Forecast(Fraction(56), date(2028, 12, 31), Fraction(6), Fraction(4), 3)
    flagged = wanted._replace(same_reporters=False)
    assert scene.forecast(scene.national(TO_50)) == flagged
    assert scene.forecast(scene.unit(TO_50, "A")) == wanted


def test_a_target_has_only_the_points_of_the_periods_it_was_asked_in() -> None:
    at_first = replace(TO_50, periods=frozenset({PeriodKind.HALF}))
    since = replace(TO_50, effective_on=date(2024, 1, 1))
    told = yearly(99, 32, 38, 44)
    rests_on = evidence(told, at_first, since, units=(A,), periods=YEARS)
    scene = seen(rests_on, "2026")
    # 32, 38, 44: 6 a year; 44 + 2·6 = 56
    wanted = Forecast(Fraction(56), date(2028, 12, 31), Fraction(6), Fraction(3), 3)
    assert scene.forecast(scene.national(since)) == wanted


def test_the_bounds_need_the_last_denominators_of_the_unheard() -> None:
    told = {
        "2024": {"T": {"A": counts(1, 10), "B": counts(1, 20)}},
        "2025": {"T": {"A": percent(50), "D": counts(1, 2), "E": NOT_ASKED}},
    }
    units = (A, B, unit("D"), unit("E"))
    summed = replace(MEMBERS, id=2, code="S")
    scene = seen(evidence(told, POOLED, summed, units=units), "2025")
    assert scene.unheard() == {1: {A.id, B.id}}
    assert national(scene)["reasons"]["bounds"] == "unknown_denominator"
    knows = scene.knowing({1: {A.id: 10, B.id: 20}})
    # 1/2 of D's; A and B: 0 to 30 of 30.
    assert national(knows)["bounds"] == Bounds(Fraction(100, 32), Fraction(3_100, 32))
    assert knows.evidence.last == {1: {A.id: 10, B.id: 20}}
    everybody = {"2025": {"T": {"A": counts(1, 2)}}}
    assert seen(evidence(everybody, units=(A,)), "2025").unheard() == {}


def test_an_earlier_period_knows_the_denominators_told_before_it() -> None:
    target = replace(TO_50, population_ends_on=date(2025, 12, 31))
    told = together(yearly(90, 95), {"2024": {"T": {"B": counts(1, 1)}}})
    del told["2024"]["T"]["A"]
    scene = seen(evidence(told, target, periods=YEARS), "2026")
    # Of 2024 A is missing: 100 in 2023. B's 1/1, so 1/101 to 101/101.
    assert national(scene)["bounds"] == Bounds(Fraction(100, 101), Fraction(100))


def test_denominators_may_be_read_of_single_periods() -> None:
    told = together(yearly(90, 95), {"2024": {"T": {"B": counts(1, 1)}}})
    rests_on = evidence(told, POOLED, periods=YEARS)
    scene = seen(rests_on, "2026")
    of_2023 = rests_on.programme.periods["2023"]
    sizes = {of_2023.id: {1: {A.id: 7, B.id: 8}}}
    knows = scene.knowing({1: {A.id: 9}}, sizes)
    assert (knows.evidence.sizes, knows.knowing({}).evidence.sizes) == (sizes, sizes)
    year = rests_on.programme.periods["2025"]
    # What was read of 2023 stands for what it says; 2024 says 100 and 1 of itself.
    assert last_told(knows.evidence, year) == {1: {A.id: 100, B.id: 1}}
    assert last_told(knows.evidence, rests_on.programme.periods["2024"]) == {1: {A.id: 7, B.id: 8}}
