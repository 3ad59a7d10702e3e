"""Successions: what became of units, recorded once it is known what it does to the figures."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from app.db.tables import DefinitionKind
from app.domain import units as rules
from app.domain.access import Actor, Right, require
from app.domain.errors import Invalid
from app.domain.successions import faults
from app.domain.targets import Catalogue
from app.schemas.fields import Sent, checked
from app.schemas.units import (
    FiguresChangedOut,
    LineageOut,
    SuccessionIn,
    SuccessionMade,
    SuccessionOut,
    UnitDefinition,
)
from app.services.definitions import catalogue, define, succession_from
from app.services.difference import figures_changed
from app.services.places import unit_of
from app.services.scene import View, look_at
from app.services.units import unit_content


def read_lineage(session: Session, actor: Actor, code: str) -> LineageOut:
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    unit_of(defined, code)
    found = rules.lineage(code, defined.successions)
    return {
        "unit": code,
        "predecessors": list(found.predecessors),
        "successors": list(found.successors),
        "successions": [succession_out(step) for step in found.successions],
    }


def read_successions(session: Session, actor: Actor) -> list[SuccessionOut]:
    require(actor, Right.FIGURES_READ)
    return [succession_out(one) for one in catalogue(session).successions]


def create_succession(
    session: Session, actor: Actor, sent: Sent[SuccessionIn], *, dry_run: bool
) -> SuccessionMade:
    """Record what became of units, and close those that ended with it; or, in a dry run, only say
    what that would do to every figure. Invalid with everything that forbids it (rule 20)."""
    require(actor, Right.SUCCESSION_CREATE)
    contract = sent.judged()
    made, defined = succession_from(contract), catalogue(session)
    if wrong := list(faults(made, defined.units, defined.successions)):
        raise Invalid(wrong)
    if dry_run:
        return {
            **succession_out(made),
            "dry_run": True,
            "effects": list(_effects(session, defined, _with(defined, made), made)),
        }
    add_succession(session, actor, contract)
    for unit in _ended(defined, made).values():
        define(
            session,
            actor,
            DefinitionKind.UNIT,
            unit.code,
            checked(UnitDefinition, unit_content(unit)).model_dump(mode="json"),
            reason=made.act or f"succession on {made.effective_on}",
        )
    return {**succession_out(made), "dry_run": False}  # type: ignore[typeddict-item]


def _ended(defined: Catalogue, made: rules.Succession) -> dict[str, rules.Unit]:
    """The units that end with the succession, closed on the day before it."""
    eve = made.effective_on - timedelta(days=1)
    units = [defined.units[code] for code in made.predecessors if code not in made.successors]
    return {one.code: replace(one, valid_to=eve) for one in units if one.valid_to != eve}


def _with(defined: Catalogue, made: rules.Succession) -> Catalogue:
    """The catalogue as it would be."""
    return replace(
        defined,
        units={**defined.units, **_ended(defined, made)},
        successions=(*defined.successions, made),
    )


def _effects(
    session: Session, before: Catalogue, after: Catalogue, made: rules.Succession
) -> Iterator[FiguresChangedOut]:
    """Period by period, on both bases; periods without any change are left out."""
    views = {"as_reported": View(), "restated": View(restated_on=made.effective_on)}
    for programme in before.programmes.values():
        for when in programme.periods.values():
            for basis, view in views.items():
                if basis == "restated" and when.period.ends_on >= made.effective_on:
                    continue
                old, new = (look_at(session, one, when, view).scene for one in (before, after))
                if changed := figures_changed(old, new):
                    yield {
                        "programme": programme.code,
                        "period": when.code,
                        "basis": basis,
                        "figures": changed,
                    }


def add_succession(session: Session, actor: Actor, made: SuccessionIn) -> None:
    subject = f"{made.effective_on}/{'+'.join(made.predecessors)}"[:100]
    define(session, actor, DefinitionKind.SUCCESSION, subject, made.model_dump(mode="json"))


def succession_out(one: rules.Succession) -> SuccessionOut:
    return {
        "effective_on": one.effective_on.isoformat(),
        "predecessors": list(one.predecessors),
        "successors": list(one.successors),
        "act": one.act,
        "shares": [str(share) for share in one.shares] if one.shares else None,
        "yes_no": one.yes_no,
    }
