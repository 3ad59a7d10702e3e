"""What a text, a row or a column is taken to stand for, how surely, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.errors import Facts, Fault
from app.i18n import say
from app.schemas.imports import FieldName, PlacedFault, RoleOut, Where
from app.sheets.cells import address

# What a heading may say of a field before the target's kind decides which field it is.
RESULT, AMOUNT, ACHIEVED, TOTAL = "result", "amount", "achieved", "total"
CERTAIN = 1.0


class Reading(NamedTuple):
    """What a text stands for. `field` is a FieldName or one of the words above.

    Below 1 `confidence` nothing is stored; `doubt` is then what is to be told. `why` is a key of
    [mapping], `facts` what its sentence may quote.
    """

    unit: str | None = None
    target: str | None = None
    field: str | None = None
    skip: bool = False
    confidence: float = CERTAIN
    why: str = "unread"
    facts: Facts = {}
    doubt: Fault | None = None

    @property
    def certain(self) -> bool:
        return self.confidence >= CERTAIN

    @property
    def means(self) -> bool:
        """Whether it stands for anything at all."""
        return bool(self.unit or self.target or self.field or self.skip)


UNREAD = Reading(confidence=0.0)


class Meaning(NamedTuple):
    """What a sender said that a heading stands for."""

    target: str | None = None
    field: str | None = None
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What a sender confirmed earlier: headings and unit names, by how they are spelled.

    A name's unit None: rows of this name are to be skipped.
    """

    headers: Mapping[str, Meaning] = field(default_factory=dict)
    names: Mapping[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        headers = {key: meaning._asdict() for key, meaning in self.headers.items()}
        return {"headers": headers, "names": dict(self.names)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Known":
        headers = {key: Meaning(**one) for key, one in kept.get("headers", {}).items()}
        return cls(headers, dict(kept.get("names", {})))

    def with_(self, later: "Known") -> "Known":
        """Both; where they differ the later one holds."""
        return Known({**self.headers, **later.headers}, {**self.names, **later.names})


@dataclass(slots=True)
class Role:
    """A row ("7") or a column ("C"): the texts that name it and what they are taken for.

    `at` is the cell that names it, `heading` the key under which a correction is remembered,
    `named` the one of its unit's name; `corrected`: the caller said so.
    """

    line: str
    said: str
    at: tuple[int, int]
    reading: Reading
    heading: str = ""
    named: str = ""
    corrected: bool = False

    def out(self, language: str) -> RoleOut:
        found = self.reading
        made: RoleOut = {
            "line": self.line,
            "said": self.said[:200],
            "confidence": round(found.confidence, 2),
            "why": say(f"mapping.{found.why}", language, found.facts),
        }
        if found.unit:
            made["unit"] = found.unit
        if found.target:
            made["target"] = found.target
        if found.field and found.field in FIELDS:
            made["field"] = found.field
        if found.skip:
            made["skip"] = True
        return made


FIELDS = frozenset(FieldName.__args__)  # type: ignore[attr-defined]


def told(sheet: str, at: tuple[int, int], fault: Fault, said: str) -> PlacedFault:
    return PlacedFault(Where(sheet, address(*at)), fault, said[:200])
