"""Programmes, targets and periods."""

from datetime import UTC, date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from app.domain.periods import PeriodKind, period
from app.domain.targets import Comparator, PeriodRule, UnitRule, ValueKind
from app.domain.units import UnitKind
from app.schemas.fields import (
    Code,
    Contract,
    Day,
    Instant,
    Number,
    PercentIn,
    Prose,
    Text,
    Title,
    Whole,
    Yes,
    fault,
)

# Kept in a definition as written ("55,5" as "55.5"), so that no float ever stands in between.
Percentage = Annotated[PercentIn, PlainSerializer(lambda percent: f"{percent}%", return_type=str)]
Moment = Annotated[
    Instant, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str)
]


def _period_code(code: str) -> str:
    try:
        return period(code).code
    except ValueError:
        raise fault("invalid", reason="not_a_period", value=code[:40]) from None


PeriodCode = Annotated[Title, AfterValidator(_period_code)]


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


class DocumentIn(Contract):
    """The document a programme's targets were read from, and what is uncertain about it."""

    title: Text | None = None
    publisher: Text | None = None
    published_on: Day | None = None
    sha256: Annotated[Text, Field(pattern="^[0-9a-f]{64}$")] | None = None
    note_vi: Prose | None = None
    note_en: Prose | None = None


class AssignedIn(Contract):
    """A threshold given to one unit, for one year or for all of them."""

    unit: Code
    year: Annotated[StrictInt, Field(ge=1900, le=2999)] | None = None
    threshold_percent: Percentage | None = None
    threshold_count: Whole | None = None


class GroupIn(Contract):
    number: Annotated[StrictInt, Field(ge=1, le=1000)]
    title_vi: Title
    title_en: Title


class TargetIn(Contract):
    """A target: what is counted, by whom, against what, by when, and what the source leaves open.

    `due_on` null: a standing duty. `parent` names the all_of target that this one is a part of.
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
    may_exceed_100: Yes = False
    population_ends_on: Day | None = None
    assigned: list[AssignedIn] = Field(default=[], max_length=5000)
    source: SourceIn = SourceIn()
    interpretation_vi: Prose | None = None
    interpretation_en: Prose | None = None
    open_questions: list[OpenQuestionIn] = Field(default=[], max_length=50)

    @model_validator(mode="after")
    def _holds_together(self) -> "TargetIn":
        wrong = target_misfit(self)
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
    population_ends_on: Day | None = None
    assigned: list[AssignedIn] | None = Field(default=None, max_length=5000)
    interpretation_vi: Prose | None = None
    interpretation_en: Prose | None = None
    open_questions: list[OpenQuestionIn] | None = Field(default=None, max_length=50)


class DecisionIn(Contract):
    """The board judges the period on what was reported (rule 16)."""

    act: Title
    reason: Title


class DecisionOn(DecisionIn):
    decided_on: Day


class PeriodIn(Contract):
    code: PeriodCode
    opens_at: Moment | None = None
    due_on: Day | None = None
    due_status: Text = "stated"
    closed: Yes = False


class PeriodDefinition(Contract):
    opens_at: Moment | None = None
    due_on: Day | None = None
    due_status: Text = "stated"
    closed: Yes = False
    decision: DecisionOn | None = None


class PeriodPatch(Contract):
    opens_at: Moment | None = None
    due_on: Day | None = None
    closed: Yes | None = None
    reason: Text | None = None


class ProgrammeFacts(Contract):
    title_vi: Title
    title_en: Title
    starts_on: Day | None = None
    ends_on: Day | None = None
    issued_on: Day | None = None
    number: Text | None = None
    issuer: Text | None = None
    note_vi: Prose | None = None
    note_en: Prose | None = None
    document: DocumentIn | None = None
    groups: list[GroupIn] = Field(default=[], max_length=1000)

    @model_validator(mode="after")
    def _days_in_order(self) -> "ProgrammeFacts":
        check_days(self.starts_on, self.ends_on)
        return self


def check_days(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise fault("invalid", reason="ends_before_start")


def _no_twins(contract: Any) -> Any:
    for name, key in (("groups", "number"), ("targets", "code"), ("periods", "code")):
        seen: set[object] = set()
        for one in getattr(contract, name, None) or []:
            if getattr(one, key) in seen:
                raise PydanticCustomError(
                    "fault",
                    "{code}",
                    {"code": "duplicate_row", "value": f"{name} {getattr(one, key)}"},
                )
            seen.add(getattr(one, key))
    return contract


class ProgrammeIn(ProgrammeFacts):
    code: Code
    targets: list[TargetIn] = Field(default=[], max_length=1000)
    periods: list[PeriodIn] = Field(default=[], max_length=1000)

    @model_validator(mode="after")
    def _once_each(self) -> "ProgrammeIn":
        _no_twins(self)
        return self


class ProgrammePatch(Contract):
    """What is given changes; targets and periods are added to those that are there."""

    reason: Text | None = None
    title_vi: Title | None = None
    title_en: Title | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    issued_on: Day | None = None
    number: Text | None = None
    issuer: Text | None = None
    note_vi: Prose | None = None
    note_en: Prose | None = None
    groups: list[GroupIn] = Field(default=[], max_length=1000)
    targets: list[TargetIn] = Field(default=[], max_length=1000)
    periods: list[PeriodIn] = Field(default=[], max_length=1000)

    @model_validator(mode="after")
    def _once_each(self) -> "ProgrammePatch":
        _no_twins(self)
        return self


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
    may_exceed_100: bool
    population_ends_on: str | None
    assigned: list[dict[str, Any]]
    source: dict[str, Any]
    interpretation_vi: str | None
    interpretation_en: str | None
    open_questions: list[OpenQuestionOut]
    effective_on: str | None
    links: dict[str, str]


class ProgrammeLine(TypedDict):
    code: str
    title_vi: str
    title_en: str
    starts_on: str | None
    ends_on: str | None
    links: dict[str, str]


class ProgrammeOut(ProgrammeLine):
    issued_on: str | None
    number: str | None
    issuer: str | None
    note_vi: str | None
    note_en: str | None
    document: dict[str, Any] | None
    groups: list[dict[str, Any]]
    targets: list[TargetOut]
    periods: list[str]


class PeriodOut(TypedDict):
    programme: str
    code: str
    kind: str
    starts_on: str
    ends_on: str
    opens_at: str | None
    due_on: str | None
    due_at: str | None
    due_status: str
    closed: bool
    decision: dict[str, Any] | None
