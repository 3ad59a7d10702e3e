"""Rows of the feeds: flat, so that any spreadsheet and any database takes them in."""

from typing import Any

from typing_extensions import TypedDict

from app.schemas.fields import Number
from app.schemas.reports import PartSaid


class ValueRow(TypedDict):
    """One unit's approved value of one target. A percent is as it was written; `grade` None: it
    does not apply. `revision` is the report's."""

    programme: str
    period: str
    unit: str
    target: str
    numerator: int | None
    denominator: int | None
    percent: Number | None
    done: bool | None
    value: int | None
    text: str | None
    not_applicable: str | None
    estimated: bool
    breakdown: dict[str, PartSaid] | None
    grade: str | None
    note: str | None
    evidence: str | None
    revision: int


class ReportRow(TypedDict):
    programme: str
    period: str
    unit: str
    status: str
    revision: int
    late: bool
    submitted_at: str | None


class UnitRow(TypedDict):
    code: str
    kind: str
    name_vi: str
    short_vi: str
    name_en: str
    gso_code: str | None
    valid_from: str | None
    valid_to: str | None
    dates: str
    aliases: list[str]
    legally_continuous: bool | None
    note: str | None


class FeedOut(TypedDict):
    """`items` are rows by the names of the CSV's columns."""

    items: list[dict[str, Any]]
    data_version: str
    demonstration: bool
