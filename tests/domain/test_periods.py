"""Reporting periods and deadlines in Viet Nam (rules 13, 22)."""

from datetime import UTC, date, datetime

import pytest

from app.domain.periods import PeriodKind, is_late, period


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
    assert (found.kind, found.starts_on, found.ends_on) == (kind, first, last)


@pytest.mark.parametrize(
    "code", ["2024-H2", "2024-Q5", "2024-13", "24", "2024-Q1 ", "２０２４", ""]
)
def test_other_codes_are_no_periods(code: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the code is all there is to say
        period(code)


def test_due_means_through_the_last_second_in_viet_nam() -> None:
    due = date(2024, 12, 15)
    assert not is_late(datetime(2024, 12, 15, 16, 59, 59, tzinfo=UTC), due)
    assert is_late(datetime(2024, 12, 15, 17, 0, 0, tzinfo=UTC), due)


def test_nothing_is_late_without_a_due_date() -> None:
    assert not is_late(datetime(2030, 1, 1, tzinfo=UTC), None)
