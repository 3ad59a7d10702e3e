"""Values told by parts beside their total: checked one by one, flagged together, never judged."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from app.domain.breakdown import (
    Part,
    Parts,
    Told,
    counted,
    discord,
    faults,
    pooled,
    read,
    total_of,
    written,
)
from app.domain.errors import Fault
from app.domain.targets import Breakdown, Category, Target
from app.domain.values import Value
from tests.domain.figures import MEMBERS, POOLED, SHARE, counts, percent

SEX = Breakdown("Giới tính", "Sex", (Category("nam", "Nam", "Men"), Category("nu", "Nữ", "Women")))
BY_SEX, MEMBERS_BY_SEX = replace(POOLED, breakdown=SEX), replace(MEMBERS, breakdown=SEX)
TOTAL = counts(300, 400)


def found(target: Target, value: Value, sent: Mapping[str, Value]) -> list[tuple[str, str, object]]:
    return [
        (fault.place, fault.code, fault.facts.get("reason"))
        for fault in faults(target, value, sent, "/v")
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (counts(100, 150), []),
        (counts(150, 150), []),
        (counts(0, 0), []),  # nobody of the category: not applicable, no fault
        (counts(500, 900), []),  # above the total: flagged elsewhere, not refused
        (counts(151, 150), [("numerator", "numerator_exceeds_denominator", None)]),
        (counts(1, 0), [("denominator", "denominator_zero", None)]),
        (Value(numerator=3), [("denominator", "invalid", "missing_field")]),
        (Value(denominator=3), [("numerator", "invalid", "missing_field")]),
        (
            Value(),
            [
                ("denominator", "invalid", "missing_field"),
                ("numerator", "invalid", "missing_field"),
            ],
        ),
        (counts(1, 2)._replace(value=1), [("value", "invalid", "wrong_field")]),
    ],
)
def test_a_part_of_a_share_keeps_the_rules_of_a_share(
    part: Value, expected: list[tuple[str, str, object]]
) -> None:
    assert found(BY_SEX, TOTAL, {"nu": part}) == [
        (f"/v/breakdown/nu/{place}", code, reason) for place, code, reason in expected
    ]


def test_a_part_may_exceed_its_whole_where_the_target_may() -> None:
    may = replace(BY_SEX, may_exceed_100=True)
    assert found(may, TOTAL, {"nu": counts(151, 150)}) == []
    assert found(may, TOTAL, {"nu": counts(1, 0)}) == [
        ("/v/breakdown/nu/denominator", "denominator_zero", None)
    ]


def test_a_part_of_a_number_is_a_number() -> None:
    assert found(MEMBERS_BY_SEX, Value(value=9), {"nam": Value(value=4)}) == []
    assert found(MEMBERS_BY_SEX, Value(value=9), {"nam": counts(4, 9)}) == [
        ("/v/breakdown/nam/value", "invalid", "missing_field"),
        ("/v/breakdown/nam/denominator", "invalid", "wrong_field"),
        ("/v/breakdown/nam/numerator", "invalid", "wrong_field"),
    ]


@pytest.mark.parametrize("target", [POOLED, MEMBERS, replace(SHARE, breakdown=SEX)])
def test_only_counts_of_a_target_with_categories_are_told_by_parts(target: Target) -> None:
    assert found(target, TOTAL, {"nam": counts(1, 2), "x": Value()}) == [
        ("/v/breakdown", "invalid", "no_breakdown")
    ]


@pytest.mark.parametrize("value", [percent(75), Value(not_applicable="không có"), Value()])
def test_parts_need_a_total_to_be_held_against(value: Value) -> None:
    assert found(BY_SEX, value, {"nam": counts(3, 2)}) == [
        ("/v/breakdown", "invalid", "breakdown_without_total"),
        ("/v/breakdown/nam/numerator", "numerator_exceeds_denominator", None),
    ]


def test_parts_stand_beside_a_total_with_its_percent() -> None:
    both = TOTAL._replace(percent_micro=75_000_000, percent_decimals=0)
    assert found(BY_SEX, both, {"nam": counts(3, 4)}) == []


def test_an_unknown_category_is_refused_with_those_there_are() -> None:
    (fault,) = faults(BY_SEX, TOTAL, {"tuổi/~": counts(1, 2)}, "/v")
    facts = {"reason": "unknown_category", "value": "tuổi/~", "target": "T"}
    assert fault == Fault("/v/breakdown/tuổi~1~0", "invalid", facts, "nam, nu")
    (long,) = faults(BY_SEX, TOTAL, {"x" * 61: counts(1, 2)}, "/v")
    assert long.facts["value"] == "x" * 60
    (none,) = faults(POOLED, TOTAL, {"nam": counts(1, 2)}, "/v")
    assert none == Fault("/v/breakdown", "invalid", {"reason": "no_breakdown", "target": "T"})


def test_parts_are_kept_in_the_order_of_the_categories() -> None:
    parts = counted(SEX, {"nu": counts(200, 250), "nam": counts(0, 0)})
    assert list(parts.items()) == [("nam", Part(0, 0)), ("nu", Part(200, 250))]
    kept = {
        "nam": {"numerator": 0, "denominator": 0},
        "nu": {"numerator": 200, "denominator": 250},
    }
    assert written(parts) == kept
    assert read(kept) == parts
    numbers = counted(SEX, {"nam": Value(value=0)})
    assert written(numbers) == {"nam": {"value": 0}}
    assert read({"nam": {"value": 0}}) == numbers == {"nam": Part(0)}


def test_the_total_of_parts_is_in_counts() -> None:
    assert total_of(TOTAL) == Part(300, 400)
    assert total_of(counts(0, 0)) == Part(0, 0)
    assert total_of(Value(value=0)) == Part(0)
    assert total_of(percent(75)) is None
    assert total_of(Value(not_applicable="không có")) is None


def test_a_part_of_nothing_has_no_percent() -> None:
    assert Part(1, 3).percent == Fraction(100, 3)
    assert Part(Fraction(1, 2), Fraction(3, 2)).percent == Fraction(100, 3)
    assert Part(0, 3).percent == 0
    assert Part(0, 0).percent is None
    assert Part(7).percent is None


def test_parts_of_units_are_added_before_they_are_divided() -> None:
    one = {"nam": Part(100, 150), "nu": Part(200, 250)}
    other = {"nam": Part(90, 100), "nu": Part(10, 100)}
    told = pooled(SEX, [(one, 1), (other, 1)])
    assert told == Told({"nam": Part(190, 250), "nu": Part(210, 350)}, 2, complete=True)
    # 190/250, where the mean of 66.67 and 90 would be 78.33
    assert told.parts["nam"].percent == 76


def test_numbers_are_added_as_numbers() -> None:
    told = pooled(SEX, [({"nam": Part(4)}, 1), ({"nam": Part(5), "nu": Part(6)}, 1)])
    assert told == Told({"nam": Part(9), "nu": Part(6)}, 2, complete=False)


def test_a_split_takes_its_share_of_every_part() -> None:
    part, share = Part(100, 150), Fraction(3, 5)
    told = pooled(SEX, [({"nam": part, "nu": Part(0, 0)}, share), ({"nu": Part(4, 5)}, 1)])
    assert told.parts == {"nam": Part(60, 90), "nu": Part(4, 5)}
    assert pooled(SEX, [({"nam": Part(5)}, share)]).parts == {"nam": Part(3)}


def test_who_told_no_part_is_not_one_of_those_who_did() -> None:
    none: Parts = {}
    told = pooled(SEX, [(none, 1), ({"nam": Part(1, 2), "nu": Part(0, 1)}, 1), ({"x": Part(1)}, 1)])
    assert told == Told({"nam": Part(1, 2), "nu": Part(0, 1)}, 1, complete=False)


MEN, WOMEN = Part(100, 150), Part(200, 250)


@pytest.mark.parametrize(
    ("parts", "complete", "expected"),
    [
        ({"nam": MEN, "nu": WOMEN}, True, None),
        ({"nam": MEN, "nu": Part(199, 250)}, True, "breakdown_mismatch"),
        ({"nam": MEN, "nu": Part(200, 249)}, True, "breakdown_mismatch"),
        ({"nam": MEN, "nu": Part(201, 251)}, True, "breakdown_mismatch"),
        ({"nam": MEN}, False, "breakdown_incomplete"),
        ({"nam": Part(300, 400)}, False, "breakdown_incomplete"),  # the rest is not said to be 0
        ({"nam": Part(301, 400)}, False, "breakdown_mismatch"),
        ({"nam": Part(0, 401)}, False, "breakdown_mismatch"),
        ({}, False, None),
    ],
)
def test_parts_that_do_not_add_up_are_flagged(
    parts: Parts, complete: bool, expected: str | None
) -> None:
    assert discord(Part(300, 400), Told(parts, 1, complete)) == expected


def test_parts_of_nobody_are_nobody() -> None:
    assert discord(Part(0, 0), Told({"nam": Part(0, 1)}, 1, complete=False)) == (
        "breakdown_mismatch"
    )
    assert discord(Part(0, 0), Told({"nam": Part(0, 0)}, 1, complete=False)) == (
        "breakdown_incomplete"
    )


def test_numbers_that_do_not_add_up_are_flagged() -> None:
    assert discord(Part(9), Told({"nam": Part(4), "nu": Part(5)}, 1, complete=True)) is None
    assert discord(Part(9), Told({"nam": Part(4), "nu": Part(4)}, 1, complete=True)) is not None
    assert discord(Part(9), Told({"nam": Part(9)}, 1, complete=False)) == "breakdown_incomplete"
    assert discord(Part(9), Told({"nam": Part(10)}, 1, complete=False)) == "breakdown_mismatch"
