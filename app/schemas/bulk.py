"""Many reports in one request: approved, or sent in."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, NotRequired

from pydantic import Field, StrictInt
from typing_extensions import TypedDict

from app.domain.errors import Fault
from app.schemas.fields import CODE_PATTERN, Code, Contract, Prose, Sent, Yes, read
from app.schemas.imports import Counts, LineSent, Mode, Where
from app.schemas.reports import ValueIn

MOST_AT_ONCE = 500


class ApprovalIn(Contract):
    """`version`: the number that the ETag of the report as it was read begins with."""

    programme: Code
    period: Code
    unit: Code
    version: StrictInt | None = Field(default=None, ge=1, le=2**31 - 1)


class ApprovalsIn(Contract):
    reports: list[ApprovalIn] = Field(min_length=1, max_length=MOST_AT_ONCE)
    comment: Prose | None = None


class ApprovalOut(TypedDict):
    """`status` is the report's now, None where there is none to see; `code` why it was not
    approved."""

    programme: str
    period: str
    unit: str
    status: str | None
    code: str | None
    message: str | None


class ApprovalCounts(TypedDict):
    approved: int
    refused: int


class ApprovalsOut(TypedDict):
    items: list[ApprovalOut]
    counts: ApprovalCounts


class BulkReportIn(Contract):
    """The values sent replace those of the same targets; a target left out stays as it is."""

    programme: Code
    period: Code
    unit: Code
    values: list[ValueIn] = Field(min_length=1, max_length=1000)
    submit: Yes = False


class BulkIn(Contract):
    reports: list[BulkReportIn] = Field(min_length=1, max_length=MOST_AT_ONCE)
    mode: Mode = Mode.ATOMIC
    dry_run: Yes = False


class BulkFault(TypedDict):
    pointer: str
    unit: str | None
    target: str | None
    code: str
    value: str
    expected: NotRequired[str]
    message: str


class BulkOut(TypedDict):
    """The import summary, with pointers instead of cells: there is no file."""

    id: str
    status: str
    mode: str
    file: None
    counts: Counts
    errors: list[BulkFault]
    warnings: list[BulkFault]
    reports: list[dict[str, Any]]
    annotated: None


class _Entry(Contract):
    programme: Code
    period: Code
    unit: Code
    values: list[Any] = Field(min_length=1, max_length=1000)
    submit: Yes = False


class _Envelope(Contract):
    reports: list[_Entry] = Field(min_length=1, max_length=MOST_AT_ONCE)
    mode: Mode = Mode.ATOMIC
    dry_run: Yes = False


class EntrySent(NamedTuple):
    """One report of a bulk, its lines as a workbook's; the rules still have to judge them."""

    programme: str
    period: str
    unit: str
    submit: bool
    lines: list[LineSent]


@dataclass(frozen=True, slots=True)
class BulkSent:
    reports: list[EntrySent]
    mode: Mode
    dry_run: bool


class _Pointers(Mapping[str, Where]):
    """Where each field of a line stands: a JSON pointer in the place of a cell."""

    def __init__(self, report: str, line: str) -> None:
        self._report, self._line = report, line

    def __getitem__(self, name: str) -> Where:
        within = self._report if name in ("programme", "period", "unit") else self._line
        return Where("", f"{within}/{name}" if name else within)

    def __iter__(self) -> Iterator[str]:
        return iter(("",))

    def __len__(self) -> int:
        return 1


def read_bulk(parsed: Sent[Any]) -> Sent[BulkSent]:
    """Line by line, so that one bad value hides no other; a target that is told twice for a report
    is wrong both times."""
    envelope = read(_Envelope, parsed)
    if envelope.contract is None:
        return Sent(None, envelope.faults)
    asked = envelope.contract
    entries = [_entry(place, one) for place, one in enumerate(asked.reports)]
    told = Counter((*one[:3], line.target) for one in entries for line in one.lines)
    twice = {key for key, times in told.items() if times > 1 and key[3]}
    entries = [
        one._replace(lines=[_marked(line, (*one[:3], line.target) in twice) for line in one.lines])
        for one in entries
    ]
    return Sent(BulkSent(entries, asked.mode, asked.dry_run))


def _entry(place: int, sent: _Entry) -> EntrySent:
    within = f"/reports/{place}"
    lines = [
        _line(sent.unit, raw, _Pointers(within, f"{within}/values/{index}"))
        for index, raw in enumerate(sent.values)
    ]
    return EntrySent(sent.programme, sent.period, sent.unit, sent.submit, lines)


def _line(unit: str, raw: Any, cells: _Pointers) -> LineSent:
    """A line without a readable target keeps its faults, and the target ""."""
    sent = read(ValueIn, Sent(raw))
    fields = raw if isinstance(raw, dict) else {}
    target = fields.get("target")
    if not isinstance(target, str) or len(target) > 40 or not re.fullmatch(CODE_PATTERN, target):
        target = ""
    said = {name: _as_text(value) for name, value in fields.items()}
    return LineSent(unit, target, cells, said, sent.contract, faults=tuple(sent.faults))


def _as_text(value: Any) -> str:
    """As it was written, for a fault to quote; "" where that is no plain value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal | str):
        return str(value).encode("utf-8", "backslashreplace").decode()
    return ""


def _marked(line: LineSent, twice: bool) -> LineSent:
    if not twice:
        return line
    fault = Fault("/target", "duplicate_row", {"value": line.target})
    return replace(line, faults=(*line.faults, fault))
