"""What a programme's figures rest on: who is asked, and which reports count (rules 13, 16-20)."""

from dataclasses import replace
from datetime import date

from app.domain.breakdown import Part
from app.domain.evidence import Evidence, before, last_told, periods_used, targets_told
from app.domain.gathering import gather
from app.domain.longer_periods import sources
from app.domain.periods import PeriodKind, period
from app.domain.rollup import Reported
from app.domain.targets import PeriodRule, Target, ValueKind
from app.domain.units import UnitKind
from app.domain.values import Value
from tests.domain.figures import POOLED, SHARE, counts, number, percent
from tests.domain.programmes import (
    BY_QUARTER,
    FOUR,
    HIGHEST,
    LATEST,
    MERGED,
    MERGER,
    QUARTERS,
    RUNNING_KINDS,
    SUM,
    TOTAL,
    A,
    B,
    evidence,
    over_quarters,
    said,
    together,
    unit,
)

BEFORE = together(
    over_quarters("A", number(10), number(20)),
    over_quarters("B", number(5), number(7)),
)
SINCE = over_quarters("C", None, None, number(1), number(2))


def test_only_expected_units_are_asked_and_registered() -> None:
    sector = unit("S", kind=UnitKind.SECTOR_UNION)
    told = {"2025": {"T": {"A": counts(1, 2), "S": counts(3, 4)}}}
    registers = {"2025": {"T": {"A": 20, "S": 30}}, "2024": {"T": {"B": 10}}}
    rests_on = evidence(told, units=(A, B, sector), registered=registers)
    wanted = Reported(["A", "B"], {"A": counts(1, 2)}, registered={"A": 20})
    assert said(rests_on) == wanted
    assert said(rests_on, "2024") == Reported(["A", "B"], {}, registered={"B": 10})


def test_each_target_is_asked_of_its_own_units() -> None:
    sector = unit("S", kind=UnitKind.SECTOR_UNION)
    of_sectors = frozenset({UnitKind.SECTOR_UNION})
    other = replace(POOLED, id=2, code="S", reported_by=of_sectors)
    ended = replace(POOLED, id=3, code="E", population_ends_on=date(2025, 6, 30))
    rests_on = evidence({}, POOLED, other, ended, units=(A, B, sector))
    found = gather(rests_on, rests_on.programme.periods["2025"])
    assert found.expected == {"T": [A, B], "S": [sector], "E": []}
    assert list(found.targets) == ["T", "S", "E"]


YES, NO = Value(done=True), Value(done=False)
PARTS = [replace(SHARE, id=2, code="a", parent="T"), replace(SHARE, id=3, code="b", parent="T")]
WHOLE = replace(SHARE, value_kind=ValueKind.ALL_OF, parts=("a", "b"))


def test_a_target_made_of_parts_is_told_by_them() -> None:
    told = {"2025": {"a": {"A": YES, "B": YES}, "b": {"A": YES, "C": NO}}}
    rests_on = evidence(told, WHOLE, *PARTS, units=(A, B, unit("C"), unit("D")))
    wanted = Reported(["A", "B", "C", "D"], {"A": YES, "B": NO, "C": NO}, partial=["B"])
    assert said(rests_on) == wanted
    # A part that is not told in the period is no part of it.
    monthly = replace(PARTS[1], periods=frozenset({PeriodKind.MONTH}))
    alone = evidence(told, WHOLE, PARTS[0], monthly, units=(A, B, unit("C")))
    assert said(alone) == Reported(["A", "B", "C"], {"A": YES, "B": YES}, partial=[])


def test_a_target_is_told_in_its_periods_and_in_those_around_them() -> None:
    rests_on = evidence({}, SUM, replace(POOLED, id=2, code="R"))
    asked = {
        when: list(targets_told(rests_on.programme, period(when)))
        for when in ("2025-Q2", "2025-H1", "2025-9M", "2025", "2024")
    }
    both = ["T", "R"]
    # The programme has no quarter of 2024, and nine months reach over the half.
    assert asked == {
        "2025-Q2": ["T"],
        "2025-H1": both,
        "2025-9M": both,
        "2025": both,
        "2024": ["R"],
    }


def used(*targets: Target, when: str = "2025") -> list[str]:
    programme = evidence({}, *targets).programme
    return [one.code for one in periods_used(programme, programme.periods[when])]


def test_figures_rest_on_the_periods_that_they_are_made_of() -> None:
    assert used(POOLED) == ["2025"]
    assert used(SUM) == [*QUARTERS, "2025"]
    assert used(SUM, when="2025-H1") == ["2025-Q1", "2025-Q2", "2025-H1"]
    assert used(SUM, when="2025-Q2") == ["2025-Q2"]
    # A target told in the period itself needs nothing inside it, whatever its other periods.
    assert used(POOLED, replace(SUM, id=2, code="S", periods=BY_QUARTER)) == [*QUARTERS, "2025"]
    assert used(replace(SUM, periods=BY_QUARTER | RUNNING_KINDS)) == ["2025"]


def test_a_running_total_rests_on_the_earlier_periods_of_its_year() -> None:
    earlier = ["2025-Q1", "2025-Q2", "2025-H1", "2025-Q3", "2025-9M"]
    assert used(TOTAL) == [*earlier, "2025"]
    assert used(TOTAL, when="2025-9M") == ["2025-Q1", "2025-Q2", "2025-H1", "2025-9M"]
    assert used(TOTAL, when="2025-H1") == ["2025-Q1", "2025-H1"]


def test_an_ended_population_rests_on_the_periods_that_it_lived_through() -> None:
    ended = replace(POOLED, population_ends_on=date(2025, 6, 30))
    assert used(ended) == ["2024", "2025-H1", "2025"]
    assert used(ended, when="2025-H1") == ["2025-H1"]
    assert used(replace(ended, population_ends_on=date(2025, 6, 29))) == ["2024", "2025"]


def test_a_year_is_compared_with_years() -> None:
    programme = evidence({}, periods=("2023", "2024-H1", "2024", "2025", "2026")).programme
    years = [one.code for one in before(programme, programme.periods["2025"])]
    assert years == ["2023", "2024"]


def test_the_last_denominator_told_before_is_remembered() -> None:
    other = replace(POOLED, id=2, code="S")
    told = {
        "2024": {"T": {"A": counts(1, 10), "B": counts(1, 20)}, "S": {"A": counts(1, 30)}},
        "2025-H1": {"T": {"A": counts(1, 11), "B": percent(50)}},
        "2025-9M": {"S": {"B": counts(1, 40)}},
        "2025": {"T": {"A": counts(1, 12)}},
    }
    rests_on = evidence(told, POOLED, other)
    whens = rests_on.programme.periods
    half = {1: {A.id: 10, B.id: 20}, 2: {A.id: 30}}
    year = {1: {A.id: 11, B.id: 20}, 2: {A.id: 30, B.id: 40}}
    assert last_told(rests_on, whens["2025-H1"]) == half
    assert last_told(rests_on, whens["2025"]) == year
    assert last_told(rests_on, whens["2024"]) == {}


def test_periods_that_end_on_one_day_know_of_one_another() -> None:
    told = {"2025-H1": {"T": {"A": counts(1, 10)}}, "2025-Q2": {"T": {"A": counts(1, 9)}}}
    rests_on = evidence(told)
    last = last_told(rests_on, rests_on.programme.periods["2025-H1"])
    assert last == {1: {A.id: 9}}


def told_by(rests_on: Evidence, code: str, when: str = "2025") -> list[tuple[str, str]]:
    target = rests_on.programme.targets["T"][0]
    found = sources(rests_on, rests_on.programme.periods[when], target, code)
    return [(one.code, origin) for one, origin in found]


def test_a_figure_names_the_reports_that_it_rests_on() -> None:
    assert told_by(evidence({}), "A") == [("2025", "A")]
    assert told_by(evidence(FOUR, LATEST), "A") == [("2025-Q4", "A")]
    assert told_by(evidence(FOUR, HIGHEST), "A") == [("2025-Q2", "A")]
    assert told_by(evidence(FOUR, SUM), "A") == [(when, "A") for when in QUARTERS]
    assert told_by(evidence(FOUR, SUM), "B") == []
    half = {"2025-H1": {"T": {"A": number(6)}}}
    both = replace(SUM, periods=BY_QUARTER | {PeriodKind.HALF})
    nested = [("2025-H1", "A"), ("2025-Q3", "A"), ("2025-Q4", "A")]
    assert told_by(evidence(together(FOUR, half), both), "A") == nested


def test_a_merged_unit_s_year_names_its_predecessors_reports() -> None:
    rests_on = evidence(together(BEFORE, SINCE), SUM, units=MERGED, steps=[MERGER])
    before_july = [(when, code) for when in QUARTERS[:2] for code in "AB"]
    assert told_by(rests_on, "C") == [*before_july, ("2025-Q3", "C"), ("2025-Q4", "C")]
    latest = evidence(BEFORE, LATEST, units=MERGED, steps=[MERGER])
    assert told_by(latest, "C") == [("2025-Q2", "A"), ("2025-Q2", "B")]


def test_a_sum_that_cannot_be_made_rests_on_nothing() -> None:
    shares = replace(SUM, value_kind=ValueKind.RATIO)
    told = evidence(over_quarters("A", percent(50), counts(1, 10)), shares)
    assert told_by(told, "A") == []
    first = {"2025-Q1": {"T": {"A": counts(1, 10), "B": percent(10)}}}
    later = over_quarters("C", None, None, counts(1, 10))
    for target, wanted in (
        (shares, []),
        (replace(shares, period_rule=PeriodRule.LATEST), [("2025-Q3", "C")]),
    ):
        rests_on = evidence(together(first, later), target, units=MERGED, steps=[MERGER])
        assert told_by(rests_on, "C") == wanted


def test_parts_are_empty_where_none_were_told() -> None:
    parts = {"2025": {"T": {"A": {"nam": Part(1)}}}}
    rests_on = evidence({}, parts=parts)
    year = rests_on.programme.periods["2025"].id
    assert rests_on.parts_of(year, A.id, 1) == {"nam": Part(1)}
    for nowhere in ((year, A.id, 2), (year, B.id, 1), (year + 1, A.id, 1)):
        assert rests_on.parts_of(*nowhere) == {}
