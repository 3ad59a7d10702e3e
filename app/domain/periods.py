"""Reporting periods, and what "in time" means in Viet Nam."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

VIETNAM = timezone(timedelta(hours=7))
# Days after the due day on which a unit that has not reported is reminded; before it: negative.
REMINDER_DAYS = (-7, -1, 1, 7)
REMINDED_BELATEDLY = 2


class PeriodKind(StrEnum):
    YEAR = "year"
    HALF = "half"  # the first half: nothing is carried from it into the year (rule 13)
    NINE_MONTHS = "nine_months"
    QUARTER = "quarter"
    MONTH = "month"


_CODE = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?P<part>H1|9M|Q[1-4]|0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole months within one year; both days inclusive."""

    code: str
    kind: PeriodKind
    starts_on: date
    ends_on: date

    @property
    def months(self) -> range:
        """Of its year, 1 to 12."""
        return range(self.starts_on.month, self.ends_on.month + 1)

    def contains(self, other: "Period") -> bool:
        return self.starts_on <= other.starts_on and other.ends_on <= self.ends_on


def period(code: str) -> Period:
    """2024, 2024-H1, 2024-9M, 2024-Q1 or 2024-03; ValueError for anything else."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise ValueError(code)
    kind, first, last = _months(match["part"])
    year = int(match["year"])
    return Period(code, kind, date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def _months(part: str | None) -> tuple[PeriodKind, int, int]:
    if part is None:
        return PeriodKind.YEAR, 1, 12
    if part == "H1":
        return PeriodKind.HALF, 1, 6
    if part == "9M":
        return PeriodKind.NINE_MONTHS, 1, 9
    if part.startswith("Q"):
        last = 3 * int(part[1])
        return PeriodKind.QUARTER, last - 2, last
    return PeriodKind.MONTH, int(part), int(part)


def is_late(received_at: datetime, due_on: date | None) -> bool:
    """Due 2024-12-15 means through 23:59:59 of that day in Viet Nam, UTC+7 (rule 22).

    Without a due date nothing is late. `received_at` carries its zone.
    """
    if due_on is None:
        return False
    return received_at >= end_of(due_on)


def end_of(day: date) -> datetime:
    """The first instant after a day in Viet Nam."""
    return datetime.combine(day + timedelta(days=1), time(), VIETNAM)


def reminders_due(due_on: date, reminder_days: Iterable[int], today: date) -> list[int]:
    """Which of the reminder days (relative to the due day) have come, oldest first.

    A reminder may be caught up with for two days, so that after an outage nobody gets a week's
    reminders at once; and none that announces a due day comes once that day is over.
    """
    since_due = (today - due_on).days
    return sorted(
        day
        for day in set(reminder_days)
        if 0 <= since_due - day <= REMINDED_BELATEDLY and (day > 0) == (since_due > 0)
    )


def day_in_vietnam(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def utc(at: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
