"""Units and targets by what somebody types: a name or a code, with or without diacritics."""

from typing import NamedTuple

from sqlmodel import Session

from app.domain.access import Actor, Right, require
from app.domain.targets import Catalogue, Programme, Target
from app.domain.text import name_key, search_key
from app.domain.units import Unit
from app.services.definitions import catalogue

MOST = 60


class Found(NamedTuple):
    """The nearest first. `ambiguous`: units that what was typed names exactly, where there is more
    than one; nothing says which was meant (rule 21)."""

    catalogue: Catalogue
    units: list[Unit]
    targets: list[tuple[Programme, Target]]
    ambiguous: list[Unit]


def search(session: Session, actor: Actor, said: str) -> Found:
    """Every word typed stands somewhere in a name or a code; ended units are found too."""
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    words = search_key(said).split()
    if not words:
        return Found(defined, [], [], [])
    units = [one for one in defined.units.values() if _holds(_of_unit(one), words)]
    named = [one for one in units if _is_called(one, said)]
    units.sort(key=lambda one: (one not in named, not _begins(one, words)))
    targets = [
        (programme, target)
        for programme in defined.programmes.values()
        for target in programme.targets_on(None)
        if _holds(f"{target.code} {target.title_vi} {target.title_en}", words)
    ]
    targets.sort(key=lambda one: search_key(one[1].code) != search_key(said))
    return Found(defined, units[:MOST], targets[:MOST], named if len(named) > 1 else [])


def _of_unit(unit: Unit) -> str:
    names = [one for name in unit.names for one in (name.name_vi, name.short_vi, name.name_en)]
    return " | ".join([unit.code, unit.gso_code or "", *names, *unit.aliases])


def _holds(text: str, words: list[str]) -> bool:
    sought = search_key(text)
    return all(word in sought for word in words)


def _begins(unit: Unit, words: list[str]) -> bool:
    return any(search_key(name.short_vi).startswith(words[0]) for name in unit.names)


def _is_called(unit: Unit, said: str) -> bool:
    """By the state's code, or by a name with or without its diacritics."""
    bare = search_key(said)
    spoken = [one for name in unit.names for one in (name.name_vi, name.short_vi, name.name_en)]
    names = [*spoken, *unit.aliases]
    by_name = unit.answers_to(name_key(said), None) or bare in map(search_key, names)
    return by_name or said.strip() == unit.gso_code
