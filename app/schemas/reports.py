"""A unit's report on one period: the same contract for JSON, page and workbook."""

from dataclasses import dataclass, field
from typing import Any, NotRequired

from pydantic import Field, field_validator
from typing_extensions import TypedDict

from app.domain.errors import Fault
from app.domain.values import Value
from app.schemas.fields import (
    Code,
    Contract,
    Number,
    PercentIn,
    Prose,
    Sent,
    Whole,
    Yes,
    read,
)


class PartIn(Contract):
    """The counts of one category of a breakdown."""

    numerator: Whole | None = None
    denominator: Whole | None = None
    value: Whole | None = None

    def as_value(self) -> Value:
        return Value(numerator=self.numerator, denominator=self.denominator, value=self.value)


class ValueIn(Contract):
    """One target's value: counts, a percent, a yes or no, a number, words, or "not applicable"."""

    target: Code
    numerator: Whole | None = None
    denominator: Whole | None = None
    percent: PercentIn | None = None
    done: Yes | None = None
    value: Whole | None = None
    text: Prose | None = None
    not_applicable: Prose | None = None
    note: Prose | None = None
    evidence: Prose | None = None
    estimated: Yes = False
    breakdown: dict[str, PartIn] | None = Field(default=None, min_length=1, max_length=50)

    @field_validator("text", "note", "evidence")
    @classmethod
    def _blank_is_none(cls, words: str | None) -> str | None:
        """Rule 2: a blank is no value, whichever door it came by."""
        return words if words and words.strip() else None

    def as_value(self) -> Value:
        return Value(
            self.numerator,
            self.denominator,
            self.percent.micro if self.percent else None,
            self.percent.decimals if self.percent else None,
            self.done,
            self.value,
            self.text,
            self.not_applicable,
            self.estimated,
        )

    def as_parts(self) -> dict[str, Value] | None:
        """By category; None: no breakdown was sent."""
        if self.breakdown is None:
            return None
        return {category: part.as_value() for category, part in self.breakdown.items()}


class ReportIn(Contract):
    """The whole report: a target left out has no value."""

    values: list[ValueIn] = Field(max_length=1000)
    submit: Yes = False


class _Envelope(Contract):
    values: list[Any] = Field(max_length=1000)
    submit: Yes = False


@dataclass(frozen=True, slots=True)
class ReportSent:
    """A report as it arrived: the lines that have the right shape, each with its place (a JSON
    pointer), and the faults of those that have not. The rules still have to judge the lines."""

    lines: list[tuple[str, ValueIn]] = field(default_factory=list)
    submit: bool = False
    faults: list[Fault] = field(default_factory=list)


def read_report(parsed: Sent[Any]) -> ReportSent:
    """Line by line, so that one bad cell hides no other."""
    envelope = read(_Envelope, parsed)
    if envelope.contract is None:
        return ReportSent(faults=list(envelope.faults))
    lines, faults = [], list(envelope.faults)
    for index, raw in enumerate(envelope.contract.values):
        place = f"/values/{index}"
        sent = read(ValueIn, Sent(raw), place)
        faults += sent.faults
        if sent.contract is not None:
            lines.append((place, sent.contract))
    return ReportSent(lines, envelope.contract.submit, faults)


class CommentIn(Contract):
    comment: Prose | None = None


class PartSaid(TypedDict):
    numerator: NotRequired[int]
    denominator: NotRequired[int]
    value: NotRequired[int]


class ValueOut(TypedDict):
    target: str
    numerator: NotRequired[int]
    denominator: NotRequired[int]
    percent: NotRequired[Number]
    done: NotRequired[bool]
    value: NotRequired[int]
    text: NotRequired[str]
    not_applicable: NotRequired[str]
    note: NotRequired[str]
    evidence: NotRequired[str]
    estimated: NotRequired[bool]
    breakdown: NotRequired[dict[str, PartSaid]]
    grade: NotRequired[str]


class WarningOut(TypedDict):
    pointer: str
    code: str
    message: str


class ReceiptOut(TypedDict):
    hash: str
    at: str
    signature: str


class ReportOut(TypedDict):
    programme: str
    period: str
    unit: str
    status: str
    revision: int
    late: bool
    values: list[ValueOut]
    warnings: list[WarningOut]
    submitted_at: str | None
    receipt: ReceiptOut | None
    links: dict[str, str]


class ReportLine(TypedDict):
    """A report in a list: without its values."""

    programme: str
    period: str
    unit: str
    status: str
    revision: int
    late: bool
    submitted_at: str | None
    links: dict[str, str]


class EventOut(TypedDict):
    action: str
    status: str
    at: str
    by: str
    comment: str | None


class RevisionOut(TypedDict):
    revision: int
    at: str
    by: str
    channel: str
    content_sha256: str
    values: list[ValueOut]
    events: list[EventOut]
