"""How a foreign sheet is to be read: what the guess is unsure of, and what its sender says."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# What a sender may say of a heading or a name.
AS_GUESSED, SKIP, OTHER = "guess", "skip", "other"
# Faults that say that programme or period are a guess.
OCCASION = ("which_period", "which_programme", "nothing_recognised")


class Doubt(NamedTuple):
    """A heading or a name that is not certain. `name` begins the names of its fields."""

    name: str
    sheet: str
    role: Mapping[str, Any]
    is_row: bool

    @property
    def has_guess(self) -> bool:
        return bool(self.role.get("unit") or self.role.get("target") or self.role.get("field"))


def doubts(summary: Mapping[str, Any]) -> list[Doubt]:
    """In the order of the file; nothing of our own template."""
    mapping = summary["mapping"] or {"sheets": []}
    return list(_doubts(mapping["sheets"]))


def _doubts(sheets: list[dict[str, Any]]) -> Iterator[Doubt]:
    for number, sheet in enumerate(sheets):
        for role in sheet["lines"]:
            if role["confidence"] < 1 and not sheet.get("skip"):
                line = role["line"]
                yield Doubt(f"s{number}-{line}", sheet["sheet"], role, line.isdecimal())


def has_doubtful_occasion(summary: Mapping[str, Any]) -> bool:
    """Whether programme or period have to be said."""
    return any(one["facts"].get("reason") in OCCASION for one in summary["errors"])


def units_said(summary: Mapping[str, Any], form: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The codes typed for names that are said to be another unit's, each by its field."""
    for doubt in doubts(summary):
        name = f"{doubt.name}-unit"
        if form.get(f"{doubt.name}-do") == OTHER and form.get(name, "").strip():
            yield name, _code(form[name])


def _code(typed: str) -> str:
    """The list offers "P63-25 Phú Thọ"."""
    return typed.strip().split(" ")[0]


def corrected(summary: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """What was said beside the file before, with what is said of its doubts now."""
    before = summary.get("said") or {}
    mapping = before.get("mapping") or {}
    sheets = {one["sheet"]: dict(one) for one in mapping.get("sheets", [])}
    for doubt in doubts(summary):
        if meant := _meant(doubt, form):
            sheet = sheets.setdefault(doubt.sheet, {"sheet": doubt.sheet})
            others = [one for one in sheet.get("lines", []) if one["line"] != meant["line"]]
            sheet["lines"] = [*others, meant]
    programme, _, period = form.get("place", "").partition("/")
    said: dict[str, Any] = {
        "programme": programme or before.get("programme"),
        "period": period or before.get("period"),
        "mapping": None,
    }
    if sheets or mapping:
        said["mapping"] = {**mapping, "sheets": list(sheets.values())}
    return said


def _meant(doubt: Doubt, form: Mapping[str, str]) -> dict[str, Any] | None:
    """None: nothing is said of it yet."""
    chosen, line = form.get(f"{doubt.name}-do"), {"line": doubt.role["line"]}
    if chosen == SKIP:
        return {**line, "skip": True}
    if chosen == AS_GUESSED:
        known = {
            name: doubt.role[name] for name in ("unit", "target", "field") if name in doubt.role
        }
        return {**line, **known} if known else None
    if chosen == OTHER:
        names = ("unit", "target", "field")
        said = {name: _code(form.get(f"{doubt.name}-{name}", "")) for name in names}
        meant = {name: one for name, one in said.items() if one}
        return {**line, **meant} if meant else None
    return None
