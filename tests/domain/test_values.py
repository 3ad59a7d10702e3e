"""What a value may not be (rules 1-4)."""

from dataclasses import replace

import pytest

from app.domain.errors import Fault
from app.domain.targets import Target, ValueKind
from app.domain.values import Grade, Value, agrees, faults
from tests.domain.figures import MEMBERS, POOLED, SHARE, counts, percent


def codes(target, value) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    return [(fault.place, fault.code) for fault in faults(target, value, "/v")]


def both(numerator: int, denominator: int, points: int, decimals: int) -> Value:
    micro = points * 10 ** (6 - decimals)
    return counts(numerator, denominator)._replace(percent_micro=micro, percent_decimals=decimals)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (counts(300, 400), []),
        (counts(0, 0), []),
        (counts(0, 7), []),
        (percent(615, 1), []),
        (percent(100), []),
        (Value(not_applicable="không có"), []),
        (counts(5, 0), [("/v/denominator", "denominator_zero")]),
        (both(1, 0, 0, 0), [("/v/denominator", "denominator_zero")]),
        (counts(520, 500), [("/v/numerator", "numerator_exceeds_denominator")]),
        (percent(101), [("/v/percent", "percent_out_of_range")]),
        (Value(not_applicable="  "), [("/v/not_applicable", "invalid")]),
        (Value(not_applicable=""), [("/v/not_applicable", "invalid")]),
        (Value(numerator=3), [("/v/denominator", "invalid")]),
        (Value(done=True), [("/v/percent", "invalid"), ("/v/done", "invalid")]),
        (Value(), [("/v/percent", "invalid")]),
    ],
)
def test_a_share_takes_counts_or_a_percent(value: Value, expected: list[tuple[str, str]]) -> None:
    assert codes(POOLED, value) == expected


@pytest.mark.parametrize(
    ("value", "agrees"),
    [
        (both(2, 3, 667, 1), True),  # 66.666… written as 66,7
        (both(2, 3, 6667, 2), True),
        (both(2, 3, 666, 1), False),
        (both(1333, 2000, 667, 1), True),  # 66.65 is half a tenth from 66,7
        (both(1, 8, 125, 1), True),
        (both(1, 8, 13, 0), True),  # 12.5 is half a unit from 13, and from 12
        (both(1, 8, 12, 0), True),
        (both(1, 8, 14, 0), False),
        (both(0, 0, 0, 0), False),  # nothing that 0 % could be a share of
    ],
)
def test_a_percent_beside_counts_agrees_within_half_its_last_decimal(
    value: Value, agrees: bool
) -> None:
    assert codes(POOLED, value) == ([] if agrees else [("/v/percent", "percent_mismatch")])


def test_a_percent_without_both_counts_is_not_compared() -> None:
    assert agrees(counts(1, 2))
    assert agrees(percent(50)._replace(numerator=1))


FORMS = "denominator+numerator | denominator+numerator+percent | percent"
COMPUTED = replace(SHARE, value_kind=ValueKind.ALL_OF, parts=("a", "b"))


@pytest.mark.parametrize(
    ("target", "value", "place", "facts", "expected"),
    [
        (POOLED, both(300, 400, 80, 0), "percent", {"value": "80", "expected": "75.00"}, "75.00"),
        (POOLED, both(0, 400, 5, 0), "percent", {"value": "5", "expected": "0.00"}, "0.00"),
        (
            POOLED,
            both(0, 0, 5, 0),
            "percent",
            {"value": "5", "expected": "not_applicable", "reason": "percent_of_nothing"},
            "not_applicable",
        ),
        (POOLED, percent(1015, 1), "percent", {"value": "101.5"}, "0–100"),
        (POOLED, counts(1, 0), "denominator", {"numerator": 1, "denominator": 0}, "> 0"),
        (POOLED, counts(52, 50), "numerator", {"numerator": 52, "denominator": 50}, "≤ 50"),
        (
            POOLED,
            Value(numerator=3),
            "denominator",
            {"reason": "missing_field", "target": "T", "forms": FORMS},
            FORMS,
        ),
        (
            POOLED,
            percent(50)._replace(done=True),
            "done",
            {"reason": "wrong_field", "target": "T", "forms": FORMS},
            FORMS,
        ),
        (POOLED, Value(not_applicable=" "), "not_applicable", {"reason": "reason_required"}, None),
        (COMPUTED, Value(done=True), "target", {"reason": "computed", "parts": "a, b"}, None),
    ],
)
def test_a_fault_says_where_and_what_would_be_right(
    target: Target, value: Value, place: str, facts: dict[str, object], expected: str | None
) -> None:
    (fault,) = faults(target, value, "/v")
    assert fault == Fault(f"/v/{place}", fault.code, facts, expected)


def test_a_target_may_allow_more_than_a_hundred() -> None:
    generous = replace(POOLED, may_exceed_100=True)
    assert codes(generous, counts(520, 500)) == []
    assert codes(generous, percent(104)) == []


def test_each_kind_takes_its_own_form() -> None:
    assert codes(SHARE, Value(done=False)) == []
    assert codes(MEMBERS, Value(value=0)) == []
    assert codes(replace(POOLED, value_kind=ValueKind.NARRATIVE), Value(text="…")) == []
    assert codes(COMPUTED, Value(done=True)) == [("/v/target", "invalid")]


def test_values_are_graded_by_their_evidence() -> None:
    assert counts(1, 2).grade is Grade.COUNTS
    assert percent(50).grade is Grade.PERCENT
    assert Value(done=True).grade is Grade.STATEMENT
    assert counts(0, 0).grade is None
