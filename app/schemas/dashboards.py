"""What the dashboards show."""

from typing import NotRequired

from typing_extensions import TypedDict

from app.schemas.attainment import AttainmentOut, ForecastOut
from app.schemas.fields import Number


class OverviewTarget(TypedDict):
    """A target's national figure with one column of the heat table, in the order of `units`.

    A cell of `percents` is None where there is no percent; `verdicts` says why. Both are None
    where nobody expects the unit to report the target.
    """

    target: str
    title_vi: str
    title_en: str
    group: int
    parent: str | None
    national: AttainmentOut
    percents: list[Number | None]
    verdicts: list[str | None]


class OverviewUnit(TypedDict):
    unit: str
    kind: str
    short_vi: str
    name_vi: str
    name_en: str
    status: str | None
    late: bool | None


class OverviewOut(TypedDict):
    programme: str
    period: str
    title_vi: str
    title_en: str
    include: str
    basis: str
    restated_on: str | None
    known_at: str
    data_version: str
    demonstration: bool
    rule_version: str
    due_on: str | None
    closed: bool
    summary: dict[str, int]
    units: list[OverviewUnit]
    targets: list[OverviewTarget]


class CompletenessUnit(TypedDict):
    unit: str
    kind: str
    short_vi: str
    status: str | None
    submitted_at: str | None
    late: bool | None
    values: int
    estimated: int
    expected: int
    exception_until: str | None


class CompletenessCounts(TypedDict):
    """Counted over the expected reports (rule 22): never over those that happened to come."""

    expected: int
    received: int
    timely: int
    approved: int
    completeness: Number | None
    timeliness: Number | None


class CompletenessOut(CompletenessCounts):
    """`missing` are the units that have not reported, by code, also those whose report was sent
    back or withdrawn; `units` says of each where its report stands."""

    programme: str
    period: str
    due_on: str | None
    closes_on: str | None
    closed: bool
    known_at: str
    data_version: str
    demonstration: bool
    missing: list[str]
    units: list[CompletenessUnit]


class TrendPoint(TypedDict):
    """`percent` or, for counts, `value`; None where there was no figure, and `verdict` says why."""

    period: str
    on: str
    numerator: Number | None
    denominator: Number | None
    percent: Number | None
    value: Number | None
    verdict: str
    met: bool | None


class TrendOut(TypedDict):
    """Periods of one kind, oldest first, all told for the units of the day `on`: one basis, so that
    a merger draws no step. `reason` says why there is no forecast."""

    target: str
    unit: str
    basis: str
    on: str
    points: list[TrendPoint]
    forecast: NotRequired[ForecastOut]
    reason: NotRequired[str]


class BoardOut(TypedDict):
    """One target over all units (`national` first), or one unit over all targets."""

    programme: str
    period: str
    include: str
    basis: str
    restated_on: str | None
    known_at: str
    data_version: str
    demonstration: bool
    rule_version: str
    items: list[AttainmentOut]
    trends: list[TrendOut]
