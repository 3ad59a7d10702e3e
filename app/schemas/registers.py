"""Population registers: how many a target counts of, by unit and period."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from app.domain.errors import Fault
from app.schemas.catalogue import PeriodCode
from app.schemas.fields import Code, Contract, Prose, Sent, Whole, read

MOST_ROWS = 10_000


class RegisterRowIn(Contract):
    """`denominator` null withdraws the entry. `programme` may be left out where only one has such
    a target and period."""

    programme: Code | None = None
    unit: Code
    target: Code
    period: PeriodCode
    denominator: Whole | None


class RegistersIn(Contract):
    """Rows to add, revise or withdraw; what is not named stays as it is."""

    rows: list[RegisterRowIn] = Field(max_length=MOST_ROWS)
    reason: Prose | None = None


class _Envelope(Contract):
    rows: list[Any] = Field(max_length=MOST_ROWS)
    reason: Prose | None = None


@dataclass(frozen=True, slots=True)
class RegistersSent:
    """Rows as they arrived: those that have the right shape, each with its place (a JSON pointer),
    and the faults of those that have not. The rules still have to judge the rows."""

    rows: list[tuple[str, RegisterRowIn]] = field(default_factory=list)
    reason: str | None = None
    faults: list[Fault] = field(default_factory=list)


def read_rows(parsed: Sent[Any]) -> RegistersSent:
    """Row by row, so that one bad row hides no other."""
    envelope = read(_Envelope, parsed)
    if envelope.contract is None:
        return RegistersSent(faults=list(envelope.faults))
    rows, faults = [], list(envelope.faults)
    for index, raw in enumerate(envelope.contract.rows):
        place = f"/rows/{index}"
        sent = read(RegisterRowIn, Sent(raw), place)
        faults += sent.faults
        if sent.contract is not None:
            rows.append((place, sent.contract))
    return RegistersSent(rows, envelope.contract.reason, faults)


class RegisterRow(TypedDict):
    """A population in force, with who registered its last revision, when and why."""

    programme: str
    unit: str
    target: str
    period: str
    denominator: int
    revision: int
    at: str
    by: str
    reason: str | None


class RegisterCounts(TypedDict):
    """read = created + updated + cleared + unchanged."""

    read: int
    created: int
    updated: int
    cleared: int
    unchanged: int


class RegistersPut(TypedDict):
    counts: RegisterCounts
    items: list[RegisterRow]
