"""What a workbook brings in, and what is said about it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.domain.errors import Fault
from app.schemas.fields import Code, Contract, Number, Text, Yes
from app.schemas.reports import ValueIn

FieldName = Literal[
    "numerator",
    "denominator",
    "percent",
    "done",
    "value",
    "text",
    "not_applicable",
    "note",
    "evidence",
    "estimated",
]


class Where(NamedTuple):
    """A cell as people name it: sheet "Báo cáo", cell "F17"."""

    sheet: str
    cell: str


class PlacedFault(NamedTuple):
    """Something wrong with a cell that belongs to no line: a header, a name, the file itself.

    `values`: how many values the file fills there that cannot be attributed because of it.
    """

    at: Where
    fault: Fault
    said: str = ""
    values: int = 0


@dataclass(frozen=True, slots=True)
class LineSent:
    """What a file says of one unit and target, read but not judged by the rules yet.

    `value` None: its shape is wrong (`faults`, each placed at "/<field>"), or the line clears what
    is stored. `cells` and `said` tell by field where it stands and how it is written there; under
    "" stands the cell of the line as a whole.
    """

    unit: str
    target: str
    cells: Mapping[str, Where]
    said: Mapping[str, str]
    value: ValueIn | None = None
    clears: bool = False
    faults: tuple[Fault, ...] = ()


class Mode(StrEnum):
    """All values or none, or every value that has no fault."""

    ATOMIC = "atomic"
    PARTIAL = "partial"


class Wish(NamedTuple):
    """What is to be done with a file: try it, keep drafts, or submit them."""

    mode: Mode = Mode.ATOMIC
    dry_run: bool = False
    submit: bool = False


@dataclass(frozen=True)
class FileSent:
    """`template` as the file names it: NC-2024/2024@1; None for a sheet that is not ours."""

    name: str
    content: bytes
    template: str | None = None

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class ImportSent:
    """A workbook as contracts, unit by unit; the rules still have to judge its lines.

    `uncertain` counts values that a guess has placed and nobody has confirmed. `taught` is what the
    sender confirmed of a foreign sheet, as JSON, to be remembered; `said` what came beside it.
    """

    file: FileSent
    programme: str | None
    period: str | None
    units: Iterable[tuple[str, Sequence[LineSent]]]
    faults: Sequence[PlacedFault] = ()
    warnings: Sequence[PlacedFault] = ()
    uncertain: int = 0
    mapping: "MappingOut | None" = None
    taught: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)


class RoleIn(Contract):
    """What a row ("7") or a column ("C") of a foreign sheet stands for. `said`, `confidence` and
    `why` are the guess's: a mapping may be sent back as it was given, and is then confirmed."""

    line: str = Field(pattern=r"^([1-9][0-9]{0,6}|[A-Z]{1,3})$")
    unit: Code | None = None
    target: Code | None = None
    field: FieldName | None = None
    skip: Yes = False
    said: str | None = Field(default=None, max_length=40_000)
    confidence: Number | None = None
    why: str | None = Field(default=None, max_length=2_000)


class SheetMappingIn(Contract):
    """`unit`: the one unit that the whole sheet is about."""

    sheet: Text
    unit: Code | None = None
    skip: Yes = False
    lines: list[RoleIn] = Field(default=[], max_length=5000)


class MappingIn(Contract):
    """How a foreign workbook is to be read: corrections of the guess, or all of it."""

    programme: Code | None = None
    period: Code | None = None
    sheets: list[SheetMappingIn] = Field(default=[], max_length=50)


class RoleOut(TypedDict):
    """`confidence` 0-1 ranks guesses of what a heading means and is no figure: 1 is certain or
    confirmed; below, nothing is stored until confirmed."""

    line: str
    said: str
    unit: NotRequired[str]
    target: NotRequired[str]
    field: NotRequired[str]
    skip: NotRequired[bool]
    confidence: float
    why: str


class SheetMappingOut(TypedDict):
    sheet: str
    unit: NotRequired[str]
    skip: NotRequired[bool]
    lines: list[RoleOut]


class MappingOut(TypedDict):
    programme: str | None
    period: str | None
    sheets: list[SheetMappingOut]


class FileOut(TypedDict):
    name: str
    sha256: str
    template: str | None


class ImportFault(TypedDict):
    """`cell` and `sheet` name where it stands; `value` is what stands there."""

    sheet: str
    cell: str
    unit: str | None
    target: str | None
    code: str
    value: str
    expected: NotRequired[str]
    message: str


class Counts(TypedDict):
    """In values: one per unit and target that the file fills.

    read = created + updated + unchanged + cleared + ignored + errors
    """

    read: int
    created: int
    updated: int
    unchanged: int
    cleared: int
    ignored: int
    errors: int
    warnings: int


class ImportOut(TypedDict):
    id: str
    status: str
    mode: str
    programme: str | None
    period: str | None
    file: FileOut
    counts: Counts
    errors: list[ImportFault]
    warnings: list[ImportFault]
    reports: list[dict[str, Any]]
    mapping: MappingOut | None
    annotated: str


class ProgressOut(TypedDict):
    rows: int


class ImportJobOut(TypedDict):
    """A file that is not taken in yet: "queued", "running" or "failed" (`problem` says why)."""

    id: str
    status: str
    progress: ProgressOut
    problem: NotRequired[dict[str, str]]
