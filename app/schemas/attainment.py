"""What the system computes: attainments and dashboards."""

from typing import NotRequired

from typing_extensions import TypedDict

from app.schemas.fields import Number
from app.schemas.reports import ValueOut


class CoverageUnits(TypedDict):
    reported: int
    expected: int


class CoverageOut(TypedDict):
    units: CoverageUnits
    population: Number | None


class BoundsOut(TypedDict):
    low: Number | None
    high: Number | None


class ExcludedOut(TypedDict):
    unit: str
    reason: str


class DecisionOut(TypedDict):
    act: str
    reason: str
    decided_on: str


class AssignedOut(TypedDict):
    threshold: Number
    verdict: str


class ForecastOut(TypedDict):
    """`value` on the due day, and what a calendar year brings and would have to bring; in percent
    points, or in the target's unit of count."""

    value: Number
    on: str
    met: bool
    per_year: Number
    required_per_year: Number
    points: int


class LastResultOut(TypedDict):
    period: str
    on: str


class SucceededByOut(TypedDict):
    target: str
    act: str
    decided_on: str


class AttainmentOut(TypedDict):
    programme: str
    target: str
    unit: str
    scope: str
    period: str
    basis: str
    on: NotRequired[str]
    known_at: str
    numerator: Number | None
    denominator: Number | None
    percent: Number | None
    comparator: str | None
    threshold_percent: Number | None
    verdict: str
    met: bool | None
    gap_pp: Number | None
    needed: int | None
    excess: NotRequired[int]
    gap_closed: Number | None
    ratio_to_threshold: Number | None
    coverage: CoverageOut
    bounds: BoundsOut
    grades: dict[str, int]
    excluded: list[ExcludedOut]
    missing: list[str]
    rule_version: str
    explain: str
    threshold_count: NotRequired[int]
    value: NotRequired[Number]
    done: NotRequired[bool]
    text: NotRequired[str]
    not_applicable: NotRequired[str | list[ExcludedOut]]
    partial: NotRequired[list[str]]
    estimated: NotRequired[bool]
    assigned: NotRequired[AssignedOut]
    baseline: NotRequired[Number]
    expected_now: NotRequired[Number | None]
    pace: NotRequired[Number]
    forecast: NotRequired[ForecastOut]
    population_ends_on: NotRequired[str]
    last_result: NotRequired[LastResultOut]
    succeeded_by: NotRequired[SucceededByOut]
    warnings: NotRequired[list[str]]
    decision: NotRequired[DecisionOut]
    reasons: NotRequired[dict[str, str]]
    open_questions: NotRequired[list[str]]


class InputOut(TypedDict):
    """One reported value that a figure rests on. A percent is as it was written; `sheet` and
    `cell` are those of the workbook it came in, if it came in one."""

    target: str
    period: str
    unit: str
    numerator: int | None
    denominator: int | None
    percent: Number | None
    done: bool | None
    value: int | None
    grade: str | None
    report: str
    revision: int
    by: str
    channel: str
    file_sha256: str | None
    sheet: str | None
    cell: str | None


class ExplanationOut(TypedDict):
    formula: str
    inputs: list[InputOut]
    excluded: list[ExcludedOut]
    not_applicable: list[ExcludedOut]
    missing: list[str]
    result: AttainmentOut
    rule_version: str


class FigureOut(TypedDict):
    numerator: Number | None
    denominator: Number | None
    percent: Number | None
    verdict: str
    met: bool | None
    needed: int | None


class FigureChangeOut(TypedDict):
    """`before` or `after` None: there is no such row then."""

    target: str
    unit: str
    scope: str
    before: FigureOut | None
    after: FigureOut | None


class ValueChangeOut(TypedDict):
    """`before` None: it did not count yet; `after` None: it does not count any more."""

    target: str
    period: str
    unit: str
    report: str
    before: ValueOut | None
    after: ValueOut | None


DifferenceOut = TypedDict(
    "DifferenceOut",
    {
        "programme": str,
        "period": str,
        "from": str,
        "to": str,
        "values": list[ValueChangeOut],
        "figures": list[FigureChangeOut],
    },
)


class AttainmentList(TypedDict):
    items: list[AttainmentOut]
    data_version: str
    demonstration: bool


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
    expected: int


class CompletenessOut(TypedDict):
    """Counted over the expected reports (rule 22): never over those that happened to come."""

    programme: str
    period: str
    due_on: str | None
    closed: bool
    known_at: str
    data_version: str
    demonstration: bool
    expected: int
    received: int
    timely: int
    approved: int
    completeness: Number | None
    timeliness: Number | None
    missing: list[str]
    units: list[CompletenessUnit]
