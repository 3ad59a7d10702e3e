"""Figures as written, as shown, and as people type them (rules 4, 7, 24)."""

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import (
    Percent,
    Unreadable,
    beside,
    percent_of,
    read_count,
    read_percent,
    read_ratio,
    shown,
    tells_nothing,
)

FORMATS = Path(__file__).parents[1] / "number_formats.csv"
T90 = ((0, 1), (100, 1), (90, 1))


def percent_examples() -> list[tuple[str, str, str]]:
    with FORMATS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["column"] == "percent"]
    assert len(rows) == 7
    return [(row["raw"], row["read_as"], row["value"]) for row in rows]


@pytest.mark.parametrize(("raw", "read_as", "value"), percent_examples())
def test_percents_are_read_as_people_write_them(raw: str, read_as: str, value: str) -> None:
    if read_as == "percent":
        assert read_percent(raw).points == Fraction(value)
    else:
        with pytest.raises(Unreadable) as refused:
            read_percent(raw)
        codes = {"ambiguous": ("ambiguous_percent", "ambiguous_number"), "bound": ("not_a_number",)}
        assert refused.value.code in codes[read_as]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("９５", "not_a_number"),
        ("٩٥", "not_a_number"),
        ("", "not_a_number"),
        ("-", "not_a_number"),
        ("đạt", "not_a_number"),
        ("95 5", "not_a_number"),
        ("1", "ambiguous_percent"),
        ("0.5", "ambiguous_percent"),
        ("0,000001", "ambiguous_percent"),
        ("95,1234567", "invalid"),
        ("1000000000", "percent_out_of_range"),
    ],
)
def test_what_is_no_clear_percent_is_refused(raw: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_percent(raw)
    assert (refused.value.code, str(refused.value)) == (code, code)


@pytest.mark.parametrize("raw", ["đ" * 61, "9" * 61])
def test_what_was_refused_is_quoted_but_not_at_length(raw: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_percent(raw)
    assert refused.value.facts == {"value": raw[:60]}


@pytest.mark.parametrize(
    ("raw", "percent"),
    [
        ("-5", Percent(-5_000_000, 0)),
        ("-0,5", Percent(-500_000, 1)),
        ("0", Percent(0, 0)),
        ("1 %", Percent(1_000_000, 0)),
        ("1 234,5", Percent(1_234_500_000, 1)),
        ("95,123456", Percent(95_123_456, 6)),
        ("999999999", Percent(999_999_999_000_000, 0)),
    ],
)
def test_a_clear_percent_is_read(raw: str, percent: Percent) -> None:
    assert read_percent(raw) == percent


def test_both_readings_of_an_ambiguous_percent_are_named() -> None:
    with pytest.raises(Unreadable) as refused:
        read_percent("0,95")
    assert refused.value.facts == {"first": "0,95 %", "second": "95 %"}
    with pytest.raises(Unreadable) as refused:
        read_percent("95.500")
    assert refused.value.facts == {"first": "95500", "second": "95,500"}
    with pytest.raises(Unreadable) as refused:
        read_percent("1")
    assert refused.value.facts == {"first": "1 %", "second": "100 %"}


def test_a_percent_is_kept_as_written() -> None:
    assert str(read_percent("95,50")) == "95.50"
    assert percent_of(Decimal("61.5")) == Percent(61_500_000, 1)
    assert percent_of(90) == Percent(90_000_000, 0)


@pytest.mark.parametrize(
    ("number", "code", "facts"),
    [
        ("NaN", "not_a_number", {"value": "NaN"}),
        ("Infinity", "not_a_number", {"value": "Infinity"}),
        ("1E+400", "percent_out_of_range", {"value": "1.00e+400"}),
        ("10000000000", "percent_out_of_range", {"value": "1.00e+10"}),
        ("95.1234567", "invalid", {"reason": "most_decimals"}),
    ],
)
def test_a_json_number_that_is_no_percent_is_refused(
    number: str, code: str, facts: dict[str, str]
) -> None:
    with pytest.raises(Unreadable) as refused:
        percent_of(Decimal(number))
    assert (refused.value.code, refused.value.facts) == (code, facts)


def test_a_json_number_may_have_six_decimals_and_ten_digits() -> None:
    assert percent_of(Decimal("95.123456")) == Percent(95_123_456, 6)
    assert percent_of(9_999_999_999) == Percent(9_999_999_999_000_000, 0)


def test_seven_decimals_as_text_are_too_many() -> None:
    with pytest.raises(Unreadable) as refused:
        read_percent("95,1234567")
    assert refused.value.facts == {"reason": "most_decimals"}


@pytest.mark.parametrize(
    ("numerator", "denominator", "written"),
    [
        (57_500, 66_000, "87.12"),
        (17_999, 20_000, "89.995"),
        (18_000, 20_000, "90.00"),
        (18_001, 20_000, "90.01"),
        (57, 100, "57.00"),
        (29, 100, "29.00"),
        (58, 100, "58.00"),
        (72, 74, "97.30"),
        (73, 74, "98.65"),
        (590, 800, "73.75"),
        (99_999, 100_000, "99.999"),
        (1, 1_000_000, "0.0001"),
        (0, 5, "0.00"),
        (5, 5, "100.00"),
    ],
)
def test_a_figure_is_shown_on_its_own_side(numerator: int, denominator: int, written: str) -> None:
    assert str(shown(100 * numerator, denominator, T90)) == written


def test_a_threshold_may_have_decimals() -> None:
    assert str(shown(66_695, 1_000, ((667, 10),))) == "66.695"  # not 66.70, which would meet 66.7
    assert str(shown(67, 1, ((667, 10),))) == "67.00"


def test_only_the_hundredths_beside_a_guard_need_care() -> None:
    assert beside(((0, 1), (667, 10))) == {0, 6670}
    assert beside(((200, 3),)) == {6666, 6667}


def test_halves_round_away_from_zero() -> None:
    assert str(shown(12_345, 1_000, ())) == "12.35"
    assert str(shown(-12_345, 1_000, ())) == "-12.35"


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.integers(0, 100))
def test_display_never_crosses_the_threshold(top: int, bottom: int, threshold: int) -> None:
    exact = Fraction(top, bottom)
    seen = Fraction(shown(top, bottom, ((0, 1), (100, 1), (threshold, 1))))
    for guard in (0, 100, threshold):
        assert (exact > guard, exact < guard) == (seen > guard, seen < guard)
    assert abs(exact - seen) <= Fraction(1, 200)


def count_examples() -> list[tuple[str, str, str]]:
    with FORMATS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["column"] == "count"]
    assert len(rows) == 6
    return [(row["raw"], row["read_as"], row["value"]) for row in rows]


@pytest.mark.parametrize(("raw", "read_as", "value"), count_examples())
def test_counts_are_read_as_people_write_them(raw: str, read_as: str, value: str) -> None:
    if read_as == "count":
        assert read_count(raw) == int(value)
    elif read_as == "ratio":
        assert read_ratio(raw) == tuple(map(int, value.split("/")))
    else:
        with pytest.raises(Unreadable) as refused:
            read_count(raw, ("người",))
        assert (refused.value.code, refused.value.facts) == ("unit_of_count", {"value": raw})


@pytest.mark.parametrize(
    ("raw", "code", "facts"),
    [
        ("1,234", "ambiguous_number", {"first": "1234", "second": "1,234"}),
        ("-5", "invalid", {"reason": "negative", "value": "-5"}),
        ("95,5", "not_an_integer", {"value": "95,5"}),
        ("5,", "not_an_integer", {"value": "5,"}),
        ("0.123", "not_an_integer", {"value": "0.123"}),
        ("12 34", "not_an_integer", {"value": "12 34"}),
        ("1.234 567", "not_an_integer", {"value": "1.234 567"}),
        ("người", "not_a_number", {"value": "người"}),
        ("12 lượt", "unit_of_count", {"value": "12 lượt"}),
        ("", "not_a_number", {"value": ""}),
        ("5" * 61, "invalid", {"reason": "too_large", "value": "1000000000000000"}),
        ("1.000.000.000.000.001", "invalid", {"reason": "too_large", "value": "1000000000000000"}),
    ],
)
def test_what_is_no_clear_count_is_refused(raw: str, code: str, facts: dict[str, str]) -> None:
    with pytest.raises(Unreadable) as refused:
        read_count(raw, ("người",))
    assert (refused.value.code, refused.value.facts) == (code, facts)


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        ("0", 0),
        ("1.000.000.000.000.000", 10**15),
        ("1,234,567", 1_234_567),
        ("1.234,00", 1_234),
        ("12 345 678", 12_345_678),
        ("385 người", 385),
        ("385 NGƯỜI", 385),
    ],
)
def test_a_clear_count_is_read(raw: str, count: int) -> None:
    assert read_count(raw, ("người",)) == count


@pytest.mark.parametrize("raw", ["-", "–", "…", "...", "Chưa tổng hợp", "chưa có số liệu.", " - "])
def test_what_stands_for_nothing_tells_nothing(raw: str) -> None:
    assert tells_nothing(raw)


@pytest.mark.parametrize("raw", ["0", "đạt", "chưa", "-5", "", "chưa đạt"])
def test_a_figure_or_a_statement_does_not(raw: str) -> None:
    assert not tells_nothing(raw)


@pytest.mark.parametrize("raw", ["", "12", "a/b", "1/2/3", "/5", "5/"])
def test_what_is_no_fraction_is_none(raw: str) -> None:
    assert read_ratio(raw) is None
