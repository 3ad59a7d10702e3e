"""The order of units: exact, tied where equal, and marked where it hangs on one person."""

from dataclasses import replace
from fractions import Fraction

from app.domain.numbers import Percent
from app.domain.ranking import Place, is_small, merit, places
from app.domain.targets import Comparator, Level
from tests.domain.figures import POOLED


def test_units_with_equal_results_share_a_place_and_the_next_one_is_left_out() -> None:
    half = Fraction(50)
    found = places({"a": Fraction(90), "b": half, "c": half, "d": Fraction(10)})
    assert found == {"a": Place(1, 1), "b": Place(2, 2), "c": Place(2, 2), "d": Place(4, 1)}


def test_results_that_look_alike_in_two_decimals_stand_on_two_places() -> None:
    # 17 999 of 20 000 is 89.995; 9 000 of 10 000 is 90
    near, at = Fraction(100 * 17_999, 20_000), Fraction(100 * 9_000, 10_000)
    assert places({"near": near, "at": at}) == {"at": Place(1, 1), "near": Place(2, 1)}
    # one third and 3 333 of 9 999 are the same number, however they were written
    assert places({"a": Fraction(100, 3), "b": Fraction(333_300, 9_999)})["b"] == Place(1, 2)


def test_what_is_to_stay_low_is_led_by_the_lowest() -> None:
    low = replace(POOLED, comparator=Comparator.AT_MOST, threshold=Level(Percent(5_000_000, 0)))
    found = places({name: merit(low, Fraction(f)) for name, f in (("2", 2), ("7", 7))})
    assert found["2"].number == 1


def test_what_is_to_be_hit_exactly_is_led_by_the_nearest() -> None:
    hit = replace(POOLED, comparator=Comparator.EXACTLY, threshold=Level(Percent(50_000_000, 0)))
    found = places({str(one): merit(hit, Fraction(one)) for one in (47, 52, 53)})
    assert found == {"52": Place(1, 1), "47": Place(2, 2), "53": Place(2, 2)}


def test_a_unit_is_small_when_one_person_moves_it_by_more_than_a_point() -> None:
    assert is_small(99)
    assert not is_small(100)
    assert not is_small(None)
    assert not is_small(0)
