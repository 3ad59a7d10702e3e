"""What a target is asked of, when, and under which rule (rules 6, 12, 13, 19)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from app.domain.numbers import Percent
from app.domain.periods import period
from app.domain.targets import (
    Baseline,
    Catalogue,
    Comparator,
    Level,
    Programme,
    ProgrammePeriod,
    Target,
    in_force,
    parts_by_parent,
)
from app.domain.units import UnitKind
from tests.domain.figures import POOLED, SHARE
from tests.domain.programmes import CENTRE, EVE, JULY, A, B, unit

HALF = period("2025-H1")
PROVINCES, SECTORS = UnitKind.PROVINCE_FEDERATION, UnitKind.SECTOR_UNION


def test_a_level_is_percent_points_or_a_number() -> None:
    assert Level(percent=Percent(12_500_000, 1)).value == Fraction(25, 2)
    assert Level(percent=Percent(0, 0)).value == 0
    assert Level(count=7).value == 7
    assert Level(count=0).value == 0
    assert Level().value is None


def test_done_is_held_against_the_whole() -> None:
    done = replace(SHARE, comparator=Comparator.DONE, threshold=Level())
    assert done.height == 100
    assert replace(done, threshold=Level(percent=Percent(60_000_000, 0))).height == 60
    assert replace(done, comparator=Comparator.AT_LEAST).height is None
    assert POOLED.height == 90


@pytest.mark.parametrize(
    ("counted", "by", "twice"),
    [
        ("persons", {PROVINCES, SECTORS}, True),
        ("persons", {PROVINCES, SECTORS, UnitKind.CORPORATION_UNION}, True),
        ("persons", {PROVINCES}, False),
        ("persons", {SECTORS}, False),
        ("products", {PROVINCES, SECTORS}, False),
        (None, {PROVINCES, SECTORS}, False),
    ],
)
def test_persons_of_province_and_sector_may_be_counted_twice(
    counted: str | None, by: set[UnitKind], twice: bool
) -> None:
    target = replace(POOLED, unit_of_count=counted, reported_by=frozenset(by))
    assert target.counts_twice is twice


def test_a_target_is_asked_in_its_kinds_of_periods() -> None:
    assert POOLED.asked_in(HALF)
    assert not POOLED.asked_in(period("2025-Q2"))


@pytest.mark.parametrize(
    ("ends_on", "lives"), [(None, True), (EVE, True), (date(2025, 6, 29), False), (JULY, True)]
)
def test_a_population_lives_through_a_period_until_its_last_day(
    ends_on: date | None, lives: bool
) -> None:
    target = replace(POOLED, population_ends_on=ends_on)
    assert target.lives_in(HALF) is lives
    assert target.expected(A, HALF) is lives


def test_units_of_the_kinds_that_live_on_the_last_day_are_expected() -> None:
    there = {"since": unit("A", EVE), "until": unit("A", None, EVE)}
    gone = {"since": unit("A", JULY), "until": unit("A", None, date(2025, 6, 29))}
    assert all(POOLED.expected(one, HALF) for one in there.values())
    assert not any(POOLED.expected(one, HALF) for one in gone.values())
    assert not POOLED.expected(unit("S", kind=SECTORS), HALF)


def test_a_unit_s_own_baseline_and_threshold_come_first() -> None:
    of_all, own = Baseline(Level(count=1)), Baseline(Level(count=2))
    levels = {("A", 2025): Level(count=5), ("A", None): Level(count=6), ("B", 2024): Level(count=7)}
    target = replace(POOLED, baseline=of_all, baselines={"A": own}, assigned=levels)
    assert (target.baseline_of("A"), target.baseline_of("B")) == (own, of_all)
    assert target.assigned_to("A", HALF) == Level(count=5)
    assert target.assigned_to("A", period("2026")) == Level(count=6)
    assert target.assigned_to("B", HALF) is None
    assert target.assigned_to("B", period("2024")) == Level(count=7)


def revision(number: int, on: date | None) -> Target:
    return replace(POOLED, group=number, effective_on=on)


JANUARY, NEXT = date(2025, 1, 1), date(2026, 1, 1)
RULES = (revision(1, None), revision(2, JULY), revision(3, JANUARY), revision(4, JULY))


@pytest.mark.parametrize(
    ("revisions", "on", "number"),
    [
        (RULES, date(2024, 12, 31), 1),
        (RULES, JANUARY, 3),
        (RULES, EVE, 3),
        (RULES, JULY, 4),  # of two with one day the later recorded
        (RULES, None, 4),
        (RULES[:3], None, 2),
        ((*RULES, revision(5, NEXT)), JULY, 4),
        ((*RULES, revision(5, NEXT)), None, 5),
        ((revision(1, JULY), revision(2, NEXT)), JANUARY, 1),  # before its first day the first
        ((revision(1, JULY), revision(2, None)), JULY, 1),
        ((revision(1, None), revision(2, None)), JANUARY, 2),
    ],
)
def test_the_rule_in_force_is_that_of_the_day(
    revisions: tuple[Target, ...], on: date | None, number: int
) -> None:
    assert in_force(revisions, on).group == number


def test_a_programme_knows_its_targets_by_day() -> None:
    other = replace(POOLED, id=9, code="S")
    targets = {"T": RULES, "S": (other,)}
    made = Programme("P", "p", "p", None, None, {}, (), targets, {})
    assert made.target("T") == RULES[3]
    assert made.target("T", JANUARY) == RULES[2]
    assert made.target("X") is None
    assert made.targets_on(JANUARY) == [RULES[2], other]
    assert made.targets_on(None) == [RULES[3], other]
    assert made.code_of == {1: "T", 9: "S"}


def test_parts_stand_under_their_parent_in_the_order_given() -> None:
    asked = [("a", "T"), ("T", None), ("c", "U"), ("b", "T")]
    targets = [replace(POOLED, code=code, parent=parent) for code, parent in asked]
    assert parts_by_parent(targets) == {"T": ("a", "b"), "U": ("c",)}


def test_a_catalogue_finds_the_centre_and_units_by_number() -> None:
    known = Catalogue({}, {one.code: one for one in (A, CENTRE, B)}, ())
    assert known.centre is CENTRE
    assert known.by_id == {A.id: A, B.id: B, 0: CENTRE}


def test_a_period_of_a_programme_goes_by_its_code() -> None:
    assert ProgrammePeriod(1, "P", HALF).code == "2025-H1"
