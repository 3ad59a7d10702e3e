"""Reporting periods and deadlines in Viet Nam (rules 13, 22)."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.domain.periods import (
    PeriodKind,
    day_in_vietnam,
    end_of,
    is_late,
    period,
    reminders_due,
    utc,
)


@pytest.mark.parametrize(
    ("code", "kind", "first", "last"),
    [
        ("2024", PeriodKind.YEAR, date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-H1", PeriodKind.HALF, date(2024, 1, 1), date(2024, 6, 30)),
        ("2024-9M", PeriodKind.NINE_MONTHS, date(2024, 1, 1), date(2024, 9, 30)),
        ("2024-Q3", PeriodKind.QUARTER, date(2024, 7, 1), date(2024, 9, 30)),
        ("2024-02", PeriodKind.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_period_is_whole_months(code: str, kind: PeriodKind, first: date, last: date) -> None:
    found = period(code)
    assert (found.code, found.kind, found.starts_on, found.ends_on) == (code, kind, first, last)


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [("2024", 1, 12), ("2024-H1", 1, 6), ("2024-9M", 1, 9), ("2024-Q4", 10, 12), ("2024-02", 2, 2)],
)
def test_a_period_reaches_over_its_months(code: str, first: int, last: int) -> None:
    assert list(period(code).months) == list(range(first, last + 1))


@pytest.mark.parametrize(
    "code", ["2024-H2", "2024-Q5", "2024-13", "24", "2024-Q1 ", "２０２４", ""]
)
def test_other_codes_are_no_periods(code: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the code is all there is to say
        period(code)
    assert refused.value.args == (code,)


@pytest.mark.parametrize(
    ("inner", "within"),
    [("2024", True), ("2024-Q1", True), ("2024-12", True), ("2023", False), ("2025-H1", False)],
)
def test_a_year_contains_its_own_parts_only(inner: str, within: bool) -> None:
    assert period("2024").contains(period(inner)) is within
    assert not period("2024-H1").contains(period("2024"))
    assert not period("2024-9M").contains(period("2024-Q4"))


def test_due_means_through_the_last_second_in_viet_nam() -> None:
    due = date(2024, 12, 15)
    assert not is_late(datetime(2024, 12, 15, 16, 59, 59, tzinfo=UTC), due)
    assert is_late(datetime(2024, 12, 15, 17, 0, 0, tzinfo=UTC), due)


def test_nothing_is_late_without_a_due_date() -> None:
    assert not is_late(datetime(2030, 1, 1, tzinfo=UTC), None)


def test_a_day_in_viet_nam_ends_seven_hours_earlier() -> None:
    assert end_of(date(2024, 12, 15)) == datetime(2024, 12, 15, 17, tzinfo=UTC)
    assert end_of(date(2024, 12, 31)) == datetime(2024, 12, 31, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (7, []),
        (8, [-7]),  # a week before the 15th
        (10, [-7]),  # caught up with for two days
        (11, []),  # and then no more
        (14, [-1]),
        (15, [-1]),
        (16, [1]),  # what announces the due day does not come once it is over
        (22, [7]),
        (24, [7]),
        (25, []),
    ],
)
def test_a_reminder_is_caught_up_with_for_two_days(today: int, due: list[int]) -> None:
    days = (-7, -1, 1, 7)
    assert reminders_due(date(2024, 12, 15), days, date(2024, 12, today)) == due


def test_after_an_outage_no_more_comes_than_what_two_days_held() -> None:
    days = range(-30, 31)
    assert reminders_due(date(2024, 12, 15), days, date(2024, 12, 15)) == [-2, -1, 0]
    assert reminders_due(date(2024, 12, 15), days, date(2024, 12, 17)) == [1, 2]
    assert reminders_due(date(2024, 12, 15), [], date(2024, 12, 15)) == []


def test_a_day_begins_seven_hours_earlier_in_viet_nam() -> None:
    assert day_in_vietnam(datetime(2024, 12, 31, 16, 59, tzinfo=UTC)) == date(2024, 12, 31)
    assert day_in_vietnam(datetime(2024, 12, 31, 17, 0, tzinfo=UTC)) == date(2025, 1, 1)


def test_moments_are_written_in_utc_to_the_microsecond() -> None:
    at = datetime(2025, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=7)))
    assert utc(at) == "2024-12-31T17:30:00.000000Z"
