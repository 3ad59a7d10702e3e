"""What the system computes: attainments and dashboards."""

from typing import NotRequired

from typing_extensions import TypedDict

from app.schemas.fields import Number
from app.schemas.reports import PartSaid, ValueOut


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
    points, or in the target's unit of count. `same_reporters` false: not all points rest on
    reports of the same units."""

    value: Number
    on: str
    met: bool
    per_year: Number
    required_per_year: Number
    points: int
    same_reporters: bool


class LastResultOut(TypedDict):
    period: str
    on: str


class SucceededByOut(TypedDict):
    target: str
    act: str
    decided_on: str


class PartOut(TypedDict):
    """One category over all units that told it; `percent` None for 0 of 0. It is never judged."""

    numerator: NotRequired[Number]
    denominator: NotRequired[Number]
    percent: NotRequired[Number | None]
    value: NotRequired[Number]


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
    breakdown: NotRequired[dict[str, PartOut]]
    breakdown_units: NotRequired[int]
    decision: NotRequired[DecisionOut]
    reasons: NotRequired[dict[str, str]]
    open_questions: NotRequired[list[str]]


class InputOut(TypedDict):
    """One reported value that a figure rests on. A percent is as it was written; with a registered
    denominator (grade B) the counts are those it stands for. `share` is the part of its counts
    that is in the figure, as an exact fraction; without it all of them are, None: not declared.
    `sheet` and `cell` are those of the workbook it came in, if it came in one."""

    target: str
    period: str
    unit: str
    numerator: Number | None
    denominator: int | None
    percent: Number | None
    done: bool | None
    value: int | None
    breakdown: NotRequired[dict[str, PartSaid]]
    grade: str | None
    report: str
    revision: int
    by: str
    channel: str
    file_sha256: str | None
    sheet: str | None
    cell: str | None
    share: NotRequired[str | None]


class ExplanationOut(TypedDict):
    """`formula` by keys; the door answers with their sentences."""

    formula: str | list[str]
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
