"""What is said of a figure is true of it: of its verdict, and of how many are counted."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.periods import period
from app.domain.targets import Catalogue, Programme
from app.render.cards import Standing, cards, uncounted
from app.render.words import Speaker
from tests.domain.figures import MEMBERS, POOLED, SHARE
from tests.domain.programmes import CENTRE


def speaker(language: str) -> Speaker:
    programme = Programme.__new__(Programme)
    return Speaker(Catalogue({}, {CENTRE.code: CENTRE}, ()), programme, period("2024"), language)


def reached(**more: Any) -> Any:
    coverage = {"units": {"reported": 0, "expected": 1}, "population": None}
    return {"needed": 0, "verdict": "met", "coverage": coverage, **more}


def test_nothing_missing_is_enough_only_where_that_is_the_verdict() -> None:
    vi = speaker("vi")
    assert vi.needed(POOLED, reached()) == "Đã đủ"
    # who is silent may still change it (rule 16)
    assert vi.needed(POOLED, reached(verdict="undetermined")) == "Đủ theo số đã có"
    assert vi.needed(POOLED, reached(verdict="not_met", needed=12)) == "12 người"
    assert vi.needed(POOLED, reached(needed=None)) == "–"


@pytest.mark.parametrize(
    ("target", "one", "many"),
    [
        (POOLED, "1 person", "2 persons"),
        (SHARE, "1 unit", "2 units"),
        (replace(MEMBERS, unit_of_count="products"), "1 product", "2 products"),
        # a catalogue may count what we have no word for
        (replace(MEMBERS, unit_of_count="km"), "1 km", "2 km"),
    ],
)
def test_english_tells_one_from_many(target: Any, one: str, many: str) -> None:
    en = speaker("en")
    assert en.needed(target, reached(verdict="not_met", needed=1)) == one
    assert en.needed(target, reached(verdict="not_met", needed=2)) == many
    assert en.coverage(target, reached())[0] == "0/1 unit"


def test_the_cards_and_what_they_do_not_count_are_all_the_targets() -> None:
    found = [
        Standing("A", "on_track"),
        Standing("B", "in_progress"),
        Standing("C", "undetermined"),
        Standing("D", "population_ended"),
    ]
    counted = cards(found, "vi")
    assert [(one.name, one.number, one.total) for one in counted] == [
        ("met", 0, 4),
        ("not_met", 0, 4),
        ("under_way", 2, 4),
        ("open", 1, 4),
    ]
    assert counted[2].notes == ["Đúng tiến độ: A", "Đang thực hiện: B"]
    assert counted[3].notes == ["C"]
    said = uncounted(found, "vi", parts=False)
    assert said == "1 chỉ tiêu không tính vào ô nào: D (tổng thể không còn)."
    assert uncounted(found[:3], "vi", parts=False) == ""
