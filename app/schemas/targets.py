"""Targets: what is counted, by whom, against what, by when, and what the source leaves open."""

from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, StrictInt, model_validator
from typing_extensions import TypedDict

from app.domain.numbers import Percent
from app.domain.periods import PeriodKind
from app.domain.targets import Comparator, PeriodRule, UnitRule, ValueKind
from app.domain.units import UnitKind
from app.schemas.fields import (
    Code,
    Contract,
    Day,
    Number,
    Part,
    PercentIn,
    Prose,
    Text,
    Title,
    Whole,
    Yes,
    fault,
)


def _kept(percent: Percent) -> str:
    """As written ("55,5" as "55.5%"), so that no float ever stands in between. A dot before three
    digits would be read two ways."""
    text = f"{percent}%"
    return text.replace(".", ",") if percent.decimals == 3 else text


# How a definition keeps a percent, and reads it again.
Percentage = Annotated[PercentIn, PlainSerializer(_kept, return_type=str)]


class OpenQuestionIn(Contract):
    code: Code
    text_vi: Title
    text_en: Title


class SourceIn(Contract):
    """A short quote and its code-point range in the source's stored text."""

    quote: Text | None = None
    quote_start: Whole | None = None
    quote_end: Whole | None = None
    status: Text = "stated"


class AssignedIn(Contract):
    """A threshold given to one unit, for one year or for all of them."""

    unit: Code
    year: Annotated[StrictInt, Field(ge=1900, le=2999)] | None = None
    threshold_percent: Percentage | None = None
    threshold_count: Whole | None = None


class BaselineIn(Contract):
    """Where one unit stood; without it the baseline of all of them holds."""

    unit: Code
    baseline_percent: Percentage | None = None
    baseline_count: Whole | None = None
    baseline_on: Day | None = None


class MilestoneIn(Contract):
    """What the figure should have come to by the end of a day (rule 11)."""

    on: Day
    percent: Percentage | None = None
    count: Whole | None = None


class BandsIn(Contract):
    """The part of the way that should be behind the figure from which it is on track, at risk."""

    on_track: Part = Fraction(1)
    at_risk: Part = Fraction(4, 5)

    @model_validator(mode="after")
    def _in_order(self) -> "BandsIn":
        if self.at_risk > self.on_track:
            raise fault("invalid", reason="bands_in_order")
        return self


class SucceededByIn(Contract):
    """The target that follows once the population has ended, and the act that made it."""

    target: Code
    act: Title
    decided_on: Day


class CategoryIn(Contract):
    code: Code
    title_vi: Title
    title_en: Title


class BreakdownIn(Contract):
    """Parts by which a unit may tell a value beside its total: sex, sector, award level."""

    title_vi: Title
    title_en: Title
    categories: list[CategoryIn] = Field(min_length=2, max_length=50)

    @model_validator(mode="after")
    def _once_each(self) -> "BreakdownIn":
        codes = [one.code for one in self.categories]
        if len(set(codes)) < len(codes):
            raise fault("duplicate_row", value="categories")
        return self


class TargetIn(Contract):
    """A target: what is counted, by whom, against what, by when, and what the source leaves open.

    `due_on` null: a standing duty. `parent` names the all_of target that this one is a part of.
    `baseline_on` null: the programme's start.
    """

    code: Code
    group: Annotated[StrictInt, Field(ge=1, le=1000)]
    parent: Code | None = None
    title_vi: Title
    title_en: Title
    value_kind: ValueKind
    unit_of_count: Text | None = None
    numerator_vi: Text | None = None
    numerator_en: Text | None = None
    denominator_vi: Text | None = None
    denominator_en: Text | None = None
    reported_by: list[UnitKind] = Field(max_length=20)
    unit_rule: UnitRule | None = None
    period_rule: PeriodRule = PeriodRule.LATEST
    periods: list[PeriodKind] = Field(min_length=1, max_length=20)
    comparator: Comparator | None = None
    threshold_percent: Percentage | None = None
    threshold_count: Whole | None = None
    due_on: Day | None = None
    baseline_percent: Percentage | None = None
    baseline_count: Whole | None = None
    baseline_on: Day | None = None
    baselines: list[BaselineIn] = Field(default=[], max_length=5000)
    milestones: list[MilestoneIn] = Field(default=[], max_length=500)
    bands: BandsIn = BandsIn()
    may_exceed_100: Yes = False
    population_ends_on: Day | None = None
    succeeded_by: SucceededByIn | None = None
    breakdown: BreakdownIn | None = None
    assigned: list[AssignedIn] = Field(default=[], max_length=5000)
    source: SourceIn = SourceIn()
    interpretation_vi: Prose | None = None
    interpretation_en: Prose | None = None
    open_questions: list[OpenQuestionIn] = Field(default=[], max_length=50)

    @model_validator(mode="after")
    def _holds_together(self) -> "TargetIn":
        wrong = target_misfit(self) or _measure_misfit(self)
        if wrong:
            raise fault("invalid", reason=wrong)
        return self


def target_misfit(target: TargetIn) -> str | None:
    """Why kind, rules and threshold cannot belong together; None when they can."""
    percent, count = target.threshold_percent, target.threshold_count
    kind, compared = target.value_kind, target.comparator
    if percent is not None and count is not None:
        return "one_threshold"
    if percent is not None and not 0 <= percent.points <= (10**6 if target.may_exceed_100 else 100):
        return "threshold_out_of_range"
    if count is not None and kind is not ValueKind.COUNT:
        return "count_threshold_for_counts"
    if percent is not None and kind in (ValueKind.COUNT, ValueKind.NARRATIVE):
        return "percent_threshold_for_shares"
    if compared in (None, Comparator.DONE) and (percent is not None or count is not None):
        return "threshold_without_comparator"
    shared = kind in (ValueKind.YES_NO, ValueKind.ALL_OF)
    allowed = {
        UnitRule.POOLED: kind is ValueKind.RATIO,
        UnitRule.SUM: kind is ValueKind.COUNT,
        UnitRule.SHARE_OF_UNITS: shared,
        UnitRule.OWN: True,
        None: kind is ValueKind.NARRATIVE,
    }
    return None if allowed[target.unit_rule] else "unit_rule_for_kind"


def _measure_misfit(target: TargetIn) -> str | None:
    """Baselines, milestones and assigned thresholds are in the measure of the figure, one each for
    a unit or a day; only what is counted is told by parts."""
    counted = target.value_kind is ValueKind.COUNT
    if target.breakdown and not counted and target.value_kind is not ValueKind.RATIO:
        return "breakdown_for_kind"
    single = [
        *((one.baseline_percent, one.baseline_count) for one in target.baselines),
        *((one.threshold_percent, one.threshold_count) for one in target.assigned),
        *((one.percent, one.count) for one in target.milestones),
    ]
    heights = [(target.baseline_percent, target.baseline_count), *single]
    if any((percent if counted else count) is not None for percent, count in heights):
        return "height_for_kind"
    if (None, None) in single:
        return "height_missing"
    most = 10**6 if target.may_exceed_100 else 100
    if any(percent and not 0 <= percent.points <= most for percent, _ in heights):
        return "threshold_out_of_range"
    return _twice(target) or _beyond_due(target)


def _twice(target: TargetIn) -> str | None:
    keys: list[list[object]] = [
        [one.on for one in target.milestones],
        [one.unit for one in target.baselines],
        [(one.unit, one.year) for one in target.assigned],
    ]
    return "height_twice" if any(len(set(one)) < len(one) for one in keys) else None


def _beyond_due(target: TargetIn) -> str | None:
    """The threshold is what the due day asks for: no milestone stands beside or behind it."""
    due, asked = target.due_on, _height(target.threshold_percent, target.threshold_count)
    for one in target.milestones:
        if due is not None and one.on >= due:
            same = one.on == due and _height(one.percent, one.count) == asked
            if not same:
                return "milestone_beyond_due"
    return None


def _height(percent: Percent | None, count: int | None) -> Fraction | int | None:
    return count if percent is None else percent.points


class TargetRevisionIn(Contract):
    """What changes from a day on; what is left out stays as it was. Periods ending before
    `effective_on` keep the old rule."""

    effective_on: Day
    reason: Title
    title_vi: Title | None = None
    title_en: Title | None = None
    comparator: Comparator | None = None
    threshold_percent: Percentage | None = None
    threshold_count: Whole | None = None
    due_on: Day | None = None
    baseline_percent: Percentage | None = None
    baseline_count: Whole | None = None
    baseline_on: Day | None = None
    baselines: list[BaselineIn] | None = Field(default=None, max_length=5000)
    milestones: list[MilestoneIn] | None = Field(default=None, max_length=500)
    bands: BandsIn | None = None
    population_ends_on: Day | None = None
    succeeded_by: SucceededByIn | None = None
    breakdown: BreakdownIn | None = None
    assigned: list[AssignedIn] | None = Field(default=None, max_length=5000)
    interpretation_vi: Prose | None = None
    interpretation_en: Prose | None = None
    open_questions: list[OpenQuestionIn] | None = Field(default=None, max_length=50)


class OpenQuestionOut(TypedDict):
    code: str
    text_vi: str
    text_en: str


class TargetOut(TypedDict):
    code: str
    programme: str
    group: int
    parent: str | None
    parts: list[str]
    title_vi: str
    title_en: str
    value_kind: str
    unit_of_count: str | None
    numerator_vi: str | None
    numerator_en: str | None
    denominator_vi: str | None
    denominator_en: str | None
    reported_by: list[str]
    unit_rule: str | None
    period_rule: str
    periods: list[str]
    comparator: str | None
    threshold_percent: Number | None
    threshold_count: int | None
    due_on: str | None
    baseline_percent: Number | None
    baseline_count: int | None
    baseline_on: str | None
    baselines: list[dict[str, Any]]
    milestones: list[dict[str, Any]]
    bands: dict[str, str]
    may_exceed_100: bool
    population_ends_on: str | None
    succeeded_by: dict[str, Any] | None
    breakdown: dict[str, Any] | None
    assigned: list[dict[str, Any]]
    source: dict[str, Any]
    interpretation_vi: str | None
    interpretation_en: str | None
    open_questions: list[OpenQuestionOut]
    effective_on: str | None
    links: dict[str, str]
