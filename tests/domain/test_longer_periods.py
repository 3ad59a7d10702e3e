"""Months, quarters and halves put together by each target's rule (rules 13, 18, 20)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.periods import PeriodKind
from app.domain.rollup import Reported
from app.domain.targets import PeriodRule, Target, ValueKind
from app.domain.units import Succession, UnitKind
from app.domain.values import Value
from tests.domain.figures import MEMBERS, POOLED, counts, number, percent
from tests.domain.programmes import (
    BY_QUARTER,
    FOUR,
    HIGHEST,
    JULY,
    LATEST,
    MERGED,
    MERGER,
    RUNNING,
    SUM,
    TOTAL,
    A,
    B,
    evidence,
    over_quarters,
    quarterly,
    said,
    together,
    unit,
)

RATIO_SUM = quarterly(POOLED, PeriodRule.SUM)


def made(
    expected: str,
    values: Mapping[str, Value],
    unusable: Mapping[str, str] | None = None,
    warnings: str = "",
    gone: Sequence[str] = (),
) -> Reported:
    """Out of shorter periods; `expected`: one letter a unit; `warnings` of the first of them."""
    cautions = {expected[0]: warnings.split()} if warnings else {}
    return Reported(list(expected), values, unusable or {}, warnings=cautions, gone=list(gone))


FELL, SHORT = "running_total_fell", "periods_missing"


@pytest.mark.parametrize(
    ("target", "year", "warnings"),
    [
        (LATEST, 30, ""),  # the last quarter's
        (SUM, 100, ""),  # 10 + 40 + 20 + 30
        (RUNNING, 30, FELL),  # the last total; 20 after 40
        (HIGHEST, 40, ""),
    ],
)
def test_four_quarters_make_a_year(target: Target, year: int, warnings: str) -> None:
    assert said(evidence(FOUR, target)) == made("AB", {"A": number(year)}, warnings=warnings)


def test_a_half_and_nine_months_take_the_quarters_inside_them() -> None:
    told = evidence(FOUR, SUM)
    assert said(told, "2025-H1") == made("AB", {"A": number(50)})
    assert said(told, "2025-9M") == made("AB", {"A": number(70)})
    assert said(evidence(FOUR, RUNNING), "2025-H1") == made("AB", {"A": number(40)})


@pytest.mark.parametrize(
    ("target", "quarters", "year", "warnings"),
    [
        (SUM, (10, None, 0, 5), 15, SHORT),
        (HIGHEST, (10, None, 0, 5), 10, SHORT),  # the second may have been higher
        (LATEST, (10, None, 0, 5), 5, ""),  # nothing older than the last matters
        (LATEST, (10, 5, 0, None), 0, SHORT),
        (RUNNING, (10, None, 10, 15), 15, ""),
        (RUNNING, (10, 15, 15, None), 15, SHORT),
        (RUNNING, (10, 15, 14, None), 14, f"{FELL} {SHORT}"),
    ],
)
def test_a_quarter_that_would_change_the_year_and_is_missing_is_a_warning(
    target: Target, quarters: tuple[int | None, ...], year: int, warnings: str
) -> None:
    told = over_quarters("A", *[None if one is None else number(one) for one in quarters])
    assert said(evidence(told, target)) == made("AB", {"A": number(year)}, warnings=warnings)


def test_an_equal_total_has_not_fallen() -> None:
    told = over_quarters("A", number(10), number(10), None, number(11))
    assert said(evidence(told, RUNNING)) == made("AB", {"A": number(11)})


def test_what_is_told_twice_is_added_once() -> None:
    both = quarterly(MEMBERS, PeriodRule.SUM)
    both = replace(both, periods=BY_QUARTER | {PeriodKind.HALF})
    half = {"2025-H1": {"T": {"A": number(6)}}}
    told = together(over_quarters("A", *[number(4)] * 4), half)
    # 6 of the half, where its two quarters say 8; 4 and 4 of the rest
    assert said(evidence(told, both)) == made("AB", {"A": number(14)})
    # The half reaches over its two quarters: none is missing.
    later = together(over_quarters("A", None, None, number(4), number(4)), half)
    assert said(evidence(later, both)) == made("AB", {"A": number(14)})
    latest = replace(both, period_rule=PeriodRule.LATEST)
    early = together(over_quarters("A", number(4), number(5)), half)
    assert said(evidence(early, latest)) == made("AB", {"A": number(6)}, warnings=SHORT)


def test_percents_and_words_are_never_added() -> None:
    told = over_quarters("A", percent(50), counts(1, 10))
    wanted = made("AB", {}, {"A": "percent_only"}, SHORT)
    assert said(evidence(told, RATIO_SUM)) == wanted
    words = replace(SUM, value_kind=ValueKind.NARRATIVE)
    told = over_quarters("A", *[Value(text="x")] * 4)
    assert said(evidence(told, words)) == made("AB", {}, {"A": "words_are_not_added"})


def test_the_kept_value_of_a_year_is_that_of_the_target() -> None:
    other = replace(SUM, id=2, code="S", group=1)
    told = together(FOUR, {"2025-Q1": {"S": {"A": number(7), "B": number(1)}}})
    rests_on = evidence(told, SUM, other)
    assert said(rests_on) == made("AB", {"A": number(100)})
    of_s = said(rests_on, code="S")
    assert of_s.values == {"A": number(7), "B": number(1)}
    assert of_s.warnings == {"A": [SHORT], "B": [SHORT]}


BEFORE = together(
    over_quarters("A", number(10), number(20)),
    over_quarters("B", number(5), number(7)),
)
SINCE = over_quarters("C", None, None, number(1), number(2))


def merged(told: Any, target: Target = SUM) -> Reported:
    return said(evidence(told, target, units=MERGED, steps=[MERGER]))


def test_the_year_of_a_merged_unit_adds_its_predecessors_quarters() -> None:
    # 10 + 20 and 5 + 7 before, 1 + 2 since
    assert merged(together(BEFORE, SINCE)) == made("C", {"C": number(45)})
    assert merged(BEFORE, LATEST) == made("C", {"C": number(27)}, warnings=SHORT)
    assert merged(BEFORE, RUNNING) == made("C", {"C": number(27)}, warnings=SHORT)
    half = said(evidence(BEFORE, SUM, units=MERGED, steps=[MERGER]), "2025-H1")
    assert half == made("AB", {"A": number(30), "B": number(12)})


def test_a_predecessor_that_was_silent_is_not_passed_over() -> None:
    told = together(over_quarters("A", number(10), number(20)), over_quarters("B", number(5)))
    assert merged(together(told, SINCE)) == made("C", {"C": number(38)}, warnings=SHORT)
    # The latest that both said is the first quarter's; a total of one of them is nobody's.
    assert merged(told, LATEST) == made("C", {"C": number(15)}, warnings=SHORT)
    only = over_quarters("A", number(10), number(20))
    assert merged(only, LATEST) == made("C", {}, {"C": "predecessor_missing"})
    once = over_quarters("A", number(10))
    assert merged(once, LATEST) == made("C", {}, {"C": "predecessor_missing"})
    assert merged(together(only, SINCE), LATEST).values == {"C": number(2)}


def test_a_unit_without_predecessors_has_no_year_before_it_began() -> None:
    new = over_quarters("D", None, None, number(4), number(5))
    rests_on = evidence(new, SUM, units=(*MERGED, unit("D", JULY)), steps=[MERGER])
    assert said(rests_on).values == {"D": number(9)}


def test_a_registered_denominator_stands_behind_the_year_of_its_quarter() -> None:
    shares = quarterly(POOLED, PeriodRule.LATEST)
    registers = {
        "2025-Q4": {"T": {"A": 40, "B": 50}},
        "2025-Q3": {"T": {"A": 30, "B": 20}},
    }
    told = together(
        over_quarters("A", percent(30), percent(40), percent(50), percent(60)),
        over_quarters("B", None, None, percent(70)),
    )
    rests_on = evidence(told, shares, registered=registers)
    # A's year is that of its fourth quarter, B's that of the third.
    assert said(rests_on).registered == {"A": 40, "B": 20}
    assert said(rests_on, "2025-9M").registered == {"A": 30, "B": 20}
    assert said(rests_on, "2025-H1").registered == {}


def test_a_predecessor_s_percent_cannot_be_added_to_the_year() -> None:
    first = {"2025-Q1": {"T": {"A": counts(1, 10), "B": percent(10)}}}
    rest = together(
        over_quarters("A", None, counts(1, 10)),
        over_quarters("B", None, counts(1, 10)),
        over_quarters("C", None, None, counts(1, 10), counts(2, 10)),
    )
    lost = made("C", {}, {"C": "percent_only"}, SHORT)
    assert merged(together(first, rest), RATIO_SUM) == lost
    latest = replace(RATIO_SUM, period_rule=PeriodRule.LATEST)
    assert merged(together(first, rest), latest) == made("C", {"C": counts(2, 10)})


@pytest.mark.parametrize("day", [date(2025, 3, 31), date(2025, 12, 31)])
def test_the_units_of_a_period_are_those_of_its_last_day(day: date) -> None:
    units = (unit("A", None, date(day.year, day.month, day.day - 1)), unit("C", day))
    step = Succession(day, ("A",), ("C",))
    ends = {"2025-Q1": "C" if day.month == 3 else "A", "2025-Q4": "C"}
    told = {when: {"T": {code: number(3)}} for when, code in ends.items()}
    rests_on = evidence(told, SUM, units=units, steps=[step])
    assert said(rests_on) == made("C", {"C": number(6)}, warnings=SHORT)


def test_a_succession_before_or_after_the_year_changes_nothing_in_it() -> None:
    for day in (date(2025, 1, 1), date(2026, 1, 1)):
        steps = [Succession(day, ("B",), ("A",))]
        assert said(evidence(FOUR, SUM, steps=steps)) == made("AB", {"A": number(100)})


def dispersed(day: date, target: Target = SUM, kind: UnitKind = A.kind) -> Reported:
    gone = unit("X", None, date.fromordinal(day.toordinal() - 1), kind)
    told = together(FOUR, over_quarters("X", number(1), number(2)))
    steps = [Succession(day, ("X",), ())]
    return said(evidence(told, target, units=(A, gone), steps=steps))


@pytest.mark.parametrize("day", [JULY, date(2025, 12, 31)])
def test_a_dispersed_unit_s_quarters_stay_in_the_year(day: date) -> None:
    found = dispersed(day)
    assert (found.expected, found.gone) == (["A"], ["X"])
    assert found.values == {"A": number(100), "X": number(3)}


def test_nobody_else_s_quarters_stay_in_the_year() -> None:
    for found in (
        dispersed(date(2025, 1, 1)),  # it was gone before the year
        dispersed(date(2026, 1, 1), kind=UnitKind.SECTOR_UNION),
        dispersed(JULY, kind=UnitKind.SECTOR_UNION),  # never asked
    ):
        assert found == made("A", {"A": number(100)})
    assert dispersed(JULY, LATEST) == made("A", {"A": number(30)})
    # Whoever has a successor left its past there, and who was silent has left none.
    told = evidence(SINCE, SUM, units=MERGED, steps=[MERGER])
    assert said(told) == made("C", {"C": number(3)}, warnings=SHORT)
    steps = [Succession(JULY, ("B",), ())]
    silent = (A, replace(B, valid_to=date(2025, 6, 30)))
    assert said(evidence(FOUR, SUM, units=silent, steps=steps)) == made("A", {"A": number(100)})


def test_a_total_lower_than_one_told_before_in_the_year_has_fallen() -> None:
    told = {
        "2024": {"T": {"A": number(90)}},
        "2025-H1": {"T": {"A": number(50), "B": number(1)}},
        "2025-9M": {"T": {"A": number(45)}},
        "2025": {"T": {"A": number(47), "B": number(1)}},
    }
    rests_on = evidence(told, TOTAL)
    units = ["A", "B"]
    # 50 by June follows 90 of another year.
    half = {"A": number(50), "B": number(1)}
    assert said(rests_on, "2025-H1") == Reported(units, half)
    fell = {"A": [FELL]}
    assert said(rests_on, "2025-9M") == Reported(units, {"A": number(45)}, warnings=fell)
    # 47 is more than by September, but less than by June.
    year = {"A": number(47), "B": number(1)}
    assert said(rests_on) == Reported(units, year, warnings=fell)
    latest = replace(TOTAL, period_rule=PeriodRule.LATEST)
    assert said(evidence(told, latest)) == Reported(units, year)


@pytest.mark.parametrize(
    ("of_b", "now", "warnings"),
    [
        (number(40), 69, {"C": [FELL]}),  # 30 + 40 by June
        (number(40), 70, {}),
        (None, 20, {}),  # B said nothing: what both had is not known
    ],
)
def test_a_total_is_held_against_that_of_the_predecessors(
    of_b: Value | None, now: int, warnings: dict[str, list[str]]
) -> None:
    half = {"A": number(30)} | ({"B": of_b} if of_b else {})
    told = {"2025-H1": {"T": half}, "2025-9M": {"T": {"C": number(now)}}}
    found = said(evidence(told, TOTAL, units=MERGED, steps=[MERGER]), "2025-9M")
    assert found == Reported(["C"], {"C": number(now)}, warnings=warnings)


def test_nobody_is_asked_for_quarters_that_nobody_of_it_lived() -> None:
    young = (unit("Y", JULY),)
    late = over_quarters("Y", None, None, number(1), number(2))
    # It began in July: two quarters are all that it can tell.
    assert said(evidence(late, SUM, units=young)).warnings == {}


def test_a_register_is_that_of_whoever_told_the_quarter() -> None:
    renamed = (unit("A", None, date(2025, 6, 30)), unit("C", JULY))
    rests_on = evidence(
        over_quarters("A", None, percent(50)),
        quarterly(POOLED, PeriodRule.LATEST),
        units=renamed,
        steps=[Succession(JULY, ("A",), ("C",))],
        registered={"2025-Q2": {"T": {"A": 40}}},
    )
    # C's year rests on the half of forty that A told before it became C.
    assert said(rests_on).registered == {"C": 40}
