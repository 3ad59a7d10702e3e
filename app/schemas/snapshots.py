"""Snapshots: the frozen results of a programme's period."""

from typing import Any

from typing_extensions import TypedDict

from app.schemas.catalogue import PeriodCode
from app.schemas.fields import Code, Contract


class SnapshotIn(Contract):
    programme: Code
    period: PeriodCode


class SnapshotLine(TypedDict):
    """`sha256` is of the canonical JSON of the content; `previous` that of the snapshot before it,
    None for the first; `signature` is made as a receipt's is, over `snapshots/<id>`."""

    id: str
    programme: str
    period: str
    at: str
    by: str
    rule_version: str
    sha256: str
    previous: str | None
    signature: str
    key_id: str
    links: dict[str, str]


class SnapshotOut(SnapshotLine):
    """With what was frozen: definitions, inputs and results. Numbers with decimals are text in it,
    so that any JSON tool keeps them."""

    content: dict[str, Any]


class Verification(TypedDict):
    """`figures` False: worked out again from the frozen inputs, some figure comes out otherwise;
    `differences` names them."""

    valid: bool
    digest: bool
    chain: bool
    signature: bool
    figures: bool
    differences: list[str]
