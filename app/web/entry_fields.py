"""The fields of the entry form: as they are typed, as the contract reads them, and back.

What people type is read as a workbook's text cells are: one reading of people's figures (rule 24).
A field is called TARGET/numerator, a part of a breakdown TARGET/breakdown/CATEGORY/numerator: the
place of a fault below its line.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.breakdown import FORMS as PART_FORMS
from app.domain.errors import Fault, step
from app.domain.targets import Target, ValueKind
from app.i18n import decimal
from app.schemas.fields import Sent
from app.schemas.reports import PartIn, ValueIn, ValueOut
from app.services.drafts import Lines
from app.sheets.cells import Cell, CellKind, Placed, RawLine
from app.sheets.reading import NO, YES, line_of

OWN: dict[ValueKind, tuple[str, ...]] = {
    ValueKind.RATIO: ("numerator", "denominator", "percent"),
    ValueKind.YES_NO: ("done",),
    ValueKind.COUNT: ("value",),
    ValueKind.NARRATIVE: ("text",),
    ValueKind.ALL_OF: (),
}
BESIDE = ("not_applicable", "note", "evidence", "estimated")
WORDS = frozenset({"text", "not_applicable", "note", "evidence"})
DONE = {"yes": YES, "no": NO}
COUNTS = ("numerator", "denominator", "value")
FIELDS = frozenset(BESIDE).union(*OWN.values())
Typed = Mapping[str, str]


def fields(target: Target) -> list[str]:
    """The names, below the target's, of all fields that the target is filled in by."""
    if not OWN[target.value_kind]:
        return []
    return [*OWN[target.value_kind], *BESIDE, *_parts(target)]


def _parts(target: Target) -> dict[str, tuple[str, str]]:
    """Category and count by the name of the field."""
    if target.breakdown is None or target.value_kind not in PART_FORMS:
        return {}
    (form,) = PART_FORMS[target.value_kind]
    return {
        f"breakdown/{step(category.code)}/{count}": (category.code, count)
        for category in target.breakdown.categories
        for count in COUNTS
        if count in form
    }


def typed_in(targets: Sequence[Target], form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a posted form holds, by target and field; line ends as everywhere else."""
    return {
        one.code: {
            name: form.get(f"{one.code}/{name}", "").replace("\r\n", "\n") for name in fields(one)
        }
        for one in targets
        if fields(one)
    }


def lines_of(targets: Sequence[Target], typed: Mapping[str, Typed]) -> Lines:
    return {one.code: line(one, typed[one.code]) for one in targets if one.code in typed}


def line(target: Target, typed: Typed) -> Sent[ValueIn]:
    """Nothing and no faults: a blank line."""
    said = {name: typed[name] for name in (*OWN[target.value_kind], *BESIDE) if typed.get(name)}
    value, faults = _read(target, said)
    parts, wrong = _read_parts(target, typed)
    if parts and not faults:
        value = (value or ValueIn(target=target.code)).model_copy(update={"breakdown": parts})
    return Sent(value, [*faults, *wrong])


def _read(target: Target, said: Typed) -> tuple[ValueIn | None, Sequence[Fault]]:
    filled = {name: Placed(1, 1, _cell(name, text)) for name, text in said.items()}
    found = line_of(RawLine("", "", target.code, (1, 1), filled), target)
    return (None, ()) if found is None else (found.value, found.faults)


def _cell(name: str, text: str) -> Cell:
    if name == "done":
        text = DONE.get(text, text)
    elif name in WORDS:
        # A workbook escapes what XML cannot hold; what is typed here is meant as it stands.
        text = text.replace("_x", "_x005F_x")
    return Cell(CellKind.TEXT, text)


def _read_parts(target: Target, typed: Typed) -> tuple[dict[str, PartIn], list[Fault]]:
    said: dict[str, dict[str, str]] = {}
    for name, (category, count) in _parts(target).items():
        if typed.get(name):
            said.setdefault(category, {})[count] = typed[name]
    parts, faults = {}, []
    for category, counts in said.items():
        value, wrong = _read(target, counts)
        place = f"/breakdown/{step(category)}"
        faults += [one._replace(place=place + one.place) for one in wrong]
        if value is not None:
            parts[category] = PartIn(**{name: getattr(value, name) for name in COUNTS})
    return parts, faults


def as_typed(target: Target, value: ValueOut | None) -> dict[str, str]:
    """A stored value as one would type it, so that it reads back the same."""
    blank = dict.fromkeys(fields(target), "")
    if value is None:
        return blank
    said: dict[str, Any] = {name: one for name, one in value.items() if name in blank}
    for code, part in value.get("breakdown", {}).items():
        said |= {f"breakdown/{step(code)}/{name}": one for name, one in part.items()}
    return blank | {name: _written(name, one) for name, one in said.items() if name in blank}


def _written(name: str, said: Any) -> str:
    if name == "done":
        return "yes" if said else "no"
    if name == "estimated":
        return "x"
    if name == "percent":
        # With its sign: 0,95 alone could be read two ways.
        return f"{Decimal(said):f}%".replace(".", ",")
    return decimal(said, "vi") if isinstance(said, int) else str(said)


def is_blank(typed: Typed) -> bool:
    return not any(one.strip() for one in typed.values())
