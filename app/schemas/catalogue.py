"""Programmes and periods."""

from datetime import UTC, date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from app.domain.periods import REMINDER_DAYS, day_in_vietnam, period
from app.schemas.fields import (
    Code,
    Contract,
    Day,
    Instant,
    Prose,
    Text,
    Title,
    Until,
    Yes,
    fault,
)
from app.schemas.targets import TargetIn, TargetOut

Moment = Annotated[
    Instant, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str)
]


def _period_code(code: str) -> str:
    try:
        return period(code).code
    except ValueError:
        raise fault("invalid", reason="not_a_period", value=code[:40]) from None


PeriodCode = Annotated[Title, AfterValidator(_period_code)]


class DocumentIn(Contract):
    """The document a programme's targets were read from, and what is uncertain about it."""

    title: Text | None = None
    publisher: Text | None = None
    published_on: Day | None = None
    sha256: Annotated[Text, Field(pattern="^[0-9a-f]{64}$")] | None = None
    note_vi: Prose | None = None
    note_en: Prose | None = None


class GroupIn(Contract):
    number: Annotated[StrictInt, Field(ge=1, le=1000)]
    title_vi: Title
    title_en: Title


class DecisionIn(Contract):
    """The board judges the period on what was reported (rule 16)."""

    act: Title
    reason: Title


class DecisionOn(DecisionIn):
    decided_on: Day


def _each_once(days: list[int]) -> list[int]:
    for day in days:
        if days.count(day) > 1:
            raise fault("duplicate_row", value=day)
    return sorted(days)


# Relative to the due day: -7 is a week before, 3 is three days after. None at all: [].
ReminderDays = Annotated[
    list[Annotated[StrictInt, Field(ge=-90, le=90)]],
    Field(max_length=10),
    AfterValidator(_each_once),
]


class _Calendar(Contract):
    """`closes_on` is the last day in Viet Nam on which reports are accepted; None: until
    `closed`."""

    opens_at: Moment | None = None
    due_status: Text = "stated"
    due_on: Day | None = None
    closes_on: Day | None = None
    reminder_days: ReminderDays = list(REMINDER_DAYS)
    closed: Yes = False


class PeriodDefinition(_Calendar):
    """As it is kept: whatever was once accepted can be read."""

    decision: DecisionOn | None = None


class PeriodIn(_Calendar):
    """Opening, due and closing come in this order; a due day that is only assumed binds nobody."""

    code: PeriodCode

    @field_validator("due_on")
    @classmethod
    def _due_once_open(cls, due_on: date | None, so_far: ValidationInfo) -> date | None:
        opening = _opening_day(so_far)
        if due_on and _is_stated(so_far) and opening and due_on < opening:
            raise fault("invalid", reason="due_before_opening", value=opening)
        return due_on

    @field_validator("closes_on")
    @classmethod
    def _closes_last(cls, closes_on: date | None, so_far: ValidationInfo) -> date | None:
        opening, due_on = _opening_day(so_far), so_far.data.get("due_on")
        if closes_on and opening and closes_on < opening:
            raise fault("invalid", reason="closes_before_opening", value=opening)
        if closes_on and due_on and _is_stated(so_far) and closes_on < due_on:
            raise fault("invalid", reason="closes_before_due", value=due_on)
        return closes_on


def _opening_day(so_far: ValidationInfo) -> date | None:
    opens_at = so_far.data.get("opens_at")
    return day_in_vietnam(opens_at) if opens_at else None


def _is_stated(so_far: ValidationInfo) -> bool:
    return so_far.data.get("due_status") != "assumed"


class PeriodPatch(Contract):
    """What is given changes; null takes a day away."""

    opens_at: Moment | None = None
    due_on: Day | None = None
    closes_on: Day | None = None
    reminder_days: ReminderDays | None = None
    closed: Yes | None = None
    reason: Text | None = None


class ExceptionIn(Contract):
    """A unit may report though the period is closed or not yet open, until an instant."""

    unit: Code
    until: Until
    reason: Title


class ExceptionOut(TypedDict):
    """`until` is the first instant at which it no longer holds; `latest`: the one that counts."""

    unit: str
    until: str
    reason: str
    at: str
    by: str
    latest: bool


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
    closes_on: str | None
    closes_at: str | None
    reminder_days: list[int]
    closed: bool
    decision: dict[str, Any] | None
