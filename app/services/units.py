"""Organisation units: who existed when, what became of them, and whom a bare name means."""

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db.tables import DefinitionKind, Unit
from app.domain import units as rules
from app.domain.access import Actor, Right, require
from app.domain.errors import AlreadyThere, Fault, Invalid
from app.domain.successions import contradicts
from app.domain.text import search_key
from app.domain.units import UnitKind
from app.schemas.fields import Sent, checked
from app.schemas.units import (
    UnitDefinition,
    UnitIn,
    UnitOut,
    UnitPatch,
)
from app.services.definitions import catalogue, define
from app.services.places import iso, unit_of


class UnitQuery(NamedTuple):
    """`q` is looked for without diacritics in names, codes and aliases; None: everything."""

    on: date | None
    kinds: list[UnitKind]
    q: str | None


def read_units(session: Session, actor: Actor, wanted: UnitQuery) -> list[UnitOut]:
    """In the official order: the centre, then kind by kind by Vietnamese letters."""
    require(actor, Right.FIGURES_READ)
    sought = search_key(wanted.q) if wanted.q else ""
    return [
        unit_out(unit, wanted.on)
        for unit in catalogue(session).units.values()
        if (wanted.on is None or unit.valid_on(wanted.on))
        and (not wanted.kinds or unit.kind in wanted.kinds)
        and sought in _found_by(unit)
    ]


def _found_by(unit: rules.Unit) -> str:
    names = [spelling for name in unit.names for spelling in (name.name_vi, name.name_en)]
    return search_key(" | ".join([unit.code, *names, *unit.aliases]))


def read_unit(session: Session, actor: Actor, code: str, on: date | None) -> UnitOut:
    require(actor, Right.FIGURES_READ)
    return unit_out(unit_of(catalogue(session), code), on)


def resolve_unit(
    session: Session, actor: Actor, *, name: str | None, code: str | None, on: date | None
) -> UnitOut:
    require(actor, Right.FIGURES_READ)
    if not name and not code:
        raise Invalid([Fault("name", "invalid", {"reason": "missing"})])
    units = catalogue(session).units.values()
    return unit_out(rules.resolve(units, name=name, code=code, on=on), on)


def create_unit(session: Session, actor: Actor, sent: Sent[UnitIn]) -> UnitOut:
    require(actor, Right.CATALOGUE_REVISE)
    made = sent.judged()
    if made.code in catalogue(session).units:
        raise AlreadyThere(value=made.code)
    add_unit(session, actor, made)
    return unit_out(unit_of(catalogue(session), made.code), None)


def add_unit(session: Session, actor: Actor, made: UnitIn) -> None:
    session.add(Unit(code=made.code))
    session.flush()
    content = made.model_dump(mode="json", exclude={"code"})
    define(session, actor, DefinitionKind.UNIT, made.code, content)


def revise_unit(session: Session, actor: Actor, code: str, sent: Sent[UnitPatch]) -> UnitOut:
    require(actor, Right.CATALOGUE_REVISE)
    before = unit_of(catalogue(session), code)
    patch = sent.judged()
    changed = patch.model_dump(exclude_unset=True, exclude={"reason"})
    content = checked(UnitDefinition, {**unit_content(before), **changed})
    days = replace(before, valid_from=content.valid_from, valid_to=content.valid_to)
    if reason := contradicts(days, catalogue(session).successions):
        place = "/valid_to" if "valid_to" in changed else "/valid_from"
        raise Invalid([Fault(place, "invalid", {"reason": reason, "value": code})])
    define(
        session,
        actor,
        DefinitionKind.UNIT,
        code,
        content.model_dump(mode="json"),
        reason=patch.reason,
    )
    return read_unit(session, actor, code, None)


def unit_content(unit: rules.Unit) -> dict[str, Any]:
    return {
        "kind": unit.kind.value,
        "names": [
            {
                "name_vi": name.name_vi,
                "short_vi": name.short_vi,
                "name_en": name.name_en,
                "valid_from": iso(name.valid_from),
                "valid_to": iso(name.valid_to),
            }
            for name in unit.names
        ],
        "gso_code": unit.gso_code,
        "valid_from": iso(unit.valid_from),
        "valid_to": iso(unit.valid_to),
        "aliases": list(unit.aliases),
        "dates": unit.dates,
        "legally_continuous": unit.legally_continuous,
        "note": unit.note,
        "endorsement": unit.endorsement,
    }


def unit_out(unit: rules.Unit, on: date | None) -> UnitOut:
    """Under its name of that day; under its last one without a day."""
    name = unit.name_on(on)
    return {
        "code": unit.code,
        "name_vi": name.name_vi,
        "short_vi": name.short_vi,
        "name_en": name.name_en,
        **unit_content(unit),  # type: ignore[typeddict-item]
    }
