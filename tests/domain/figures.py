"""Targets and values for tests of the rules, by hand."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

from app.domain.attainment import Attainment
from app.domain.numbers import Percent
from app.domain.periods import Period, PeriodKind, period
from app.domain.targets import (
    Comparator,
    Decision,
    Level,
    PeriodRule,
    Target,
    UnitRule,
    ValueKind,
)
from app.domain.units import UnitKind
from app.domain.values import Value
from app.domain.verdict import Verdict
from app.domain.yardstick import yardstick

YEAR: Period = period("2024")
POOLED = Target(
    id=1,
    programme="P",
    code="T",
    group=1,
    parent=None,
    title_vi="t",
    title_en="t",
    value_kind=ValueKind.RATIO,
    unit_of_count="persons",
    reported_by=frozenset({UnitKind.PROVINCE_FEDERATION}),
    unit_rule=UnitRule.POOLED,
    period_rule=PeriodRule.LATEST,
    periods=frozenset({PeriodKind.HALF, PeriodKind.YEAR}),
    comparator=Comparator.AT_LEAST,
    threshold=Level(percent=Percent(90_000_000, 0)),
    due_on=date(2024, 12, 31),
)
SHARE = replace(
    POOLED,
    value_kind=ValueKind.YES_NO,
    unit_rule=UnitRule.SHARE_OF_UNITS,
    threshold=Level(percent=Percent(100_000_000, 0)),
)
MEMBERS = replace(
    POOLED,
    value_kind=ValueKind.COUNT,
    unit_rule=UnitRule.SUM,
    threshold=Level(count=15_000_000),
)


YES, NO, NOT_ASKED = Value(done=True), Value(done=False), Value(not_applicable="không có")
DECISION = Decision("NQ 01", "hết kỳ", date(2025, 1, 15))


def against(percent: int, **changes: Any) -> Target:
    """POOLED with another threshold, in whole percent points."""
    return replace(POOLED, threshold=Level(percent=Percent(percent * 10**6, 0)), **changes)


def counts(numerator: int, denominator: int) -> Value:
    return Value(numerator=numerator, denominator=denominator)


def number(value: int) -> Value:
    return Value(value=value)


def percent(points: int, decimals: int = 0) -> Value:
    """`points` in units of the last decimal: percent(615, 1) is 61,5 %."""
    return Value(percent_micro=points * 10 ** (6 - decimals), percent_decimals=decimals)


BLANK = Attainment(POOLED, YEAR, "", "", yardstick(POOLED, YEAR), Verdict.NO_DATA)
OF_COURSE = {"target", "period", "held"}


def filled(row: Attainment) -> dict[str, Any]:
    """The fields of a row that say anything, beside what it was asked for."""
    found: dict[str, Any] = {}
    for one in fields(row):
        value = getattr(row, one.name)
        if one.name in OF_COURSE or value == getattr(BLANK, one.name):
            continue
        if one.name == "grades":
            value = {grade.value: number for grade, number in value.items() if number}
        found[one.name] = value
    found = {name: one for name, one in found.items() if one not in ([], (), {})}
    return {**found, "verdict": str(row.verdict)}
