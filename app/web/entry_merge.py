"""Two people filled in one report: what each changed, and which of the two shall stand."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.domain.targets import Target
from app.i18n import say, titled
from app.services.drafts import Meanwhile
from app.web.entry_fields import Typed, as_typed, fields, line

MINE, THEIRS = "mine", "theirs"


class Side(NamedTuple):
    """A line as it is typed: pairs of a field's name and what stands in it; none: blank."""

    words: list[tuple[str, str]]
    changed: bool


class Difference(NamedTuple):
    """One target told in two ways. `chosen` "": both changed it, so somebody has to say."""

    target: Target
    before: Side
    mine: Side
    theirs: Side
    chosen: str


def differences(
    between: Meanwhile,
    targets: list[Target],
    typed: Mapping[str, Typed],
    chosen: Mapping[str, str],
    language: str,
) -> list[Difference]:
    """Of all targets whose value is not the same on both sides; `chosen` by code, as sent."""
    found = []
    for target in targets:
        code = target.code
        before, theirs = (
            as_typed(target, side.get(code)) for side in (between.before, between.now)
        )
        mine = typed.get(code, theirs)
        if not differ(target, mine, theirs):
            continue
        i_changed, they_changed = differ(target, mine, before), differ(target, theirs, before)
        alone = "" if i_changed and they_changed else MINE if i_changed else THEIRS
        found.append(
            Difference(
                target,
                Side(_words(target, before, language), changed=False),
                Side(_words(target, mine, language), i_changed),
                Side(_words(target, theirs, language), they_changed),
                chosen[code] if chosen.get(code) in (MINE, THEIRS) else alone,
            )
        )
    return found


def differ(target: Target, one: Typed, other: Typed) -> bool:
    """By what they say, 3000 or 3.000; as typed where it cannot be read."""
    if one == other:
        return False
    first, second = line(target, one), line(target, other)
    unreadable = bool(first.faults or second.faults)
    return unreadable or first.contract != second.contract


def merged(
    between: Meanwhile, typed: Mapping[str, Typed], found: list[Difference]
) -> dict[str, Typed]:
    """The form as it was decided; what nobody tells in two ways stays as it is."""
    theirs = {
        one.target.code: as_typed(one.target, between.now.get(one.target.code))
        for one in found
        if one.chosen == THEIRS
    }
    return {**typed, **theirs}


def _words(target: Target, typed: Typed, language: str) -> list[tuple[str, str]]:
    return [
        (_label(target, name, language), _said(name, typed[name], language))
        for name in fields(target)
        if typed.get(name, "").strip()
    ]


def _label(target: Target, name: str, language: str) -> str:
    *within, field = name.split("/")
    label = say(f"entry.field.{field}", language)
    if not within or target.breakdown is None:
        return label
    codes = {one.code: titled(one, "title", language) for one in target.breakdown.categories}
    return f"{codes.get(within[-1], within[-1])}, {label}"


def _said(name: str, text: str, language: str) -> str:
    if name == "done":
        return say(f"page.{'done' if text == 'yes' else 'not_done'}", language)
    return say("entry.yes", language) if name == "estimated" else text


def undecided(found: list[Difference]) -> Iterator[str]:
    return (one.target.code for one in found if not one.chosen)
