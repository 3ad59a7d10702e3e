"""Targets and values for tests of the rules, by hand."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.domain.numbers import Percent
from app.domain.periods import Period, PeriodKind, period
from app.domain.targets import (
    Comparator,
    Level,
    PeriodRule,
    Target,
    UnitRule,
    ValueKind,
)
from app.domain.units import UnitKind
from app.domain.values import Value

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


def against(percent: int, **changes: Any) -> Target:
    """POOLED with another threshold, in whole percent points."""
    return replace(POOLED, threshold=Level(percent=Percent(percent * 10**6, 0)), **changes)


def counts(numerator: int, denominator: int) -> Value:
    return Value(numerator=numerator, denominator=denominator)


def percent(points: int, decimals: int = 0) -> Value:
    """`points` in units of the last decimal: percent(615, 1) is 61,5 %."""
    return Value(percent_micro=points * 10 ** (6 - decimals), percent_decimals=decimals)
