"""The catalogue's verbs: programmes with their groups and targets, revised, never overwritten."""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session

from app.db.tables import DefinitionKind, Period, Programme
from app.domain import targets as rules
from app.domain.access import Actor, Right, require
from app.domain.errors import AlreadyThere, Fault, Invalid
from app.schemas.catalogue import (
    PeriodDefinition,
    PeriodIn,
    ProgrammeFacts,
    ProgrammeIn,
    ProgrammeLine,
    ProgrammeOut,
    ProgrammePatch,
)
from app.schemas.fields import Sent, checked
from app.services.definitions import catalogue, define
from app.services.places import iso, programme_of
from app.services.targets import add_target, check_targets, target_out

FACTS = set(ProgrammeFacts.model_fields)


def create_programme(session: Session, actor: Actor, sent: Sent[ProgrammeIn]) -> ProgrammeOut:
    require(actor, Right.CATALOGUE_REVISE)
    made = sent.judged()
    if made.code in catalogue(session).programmes:
        raise AlreadyThere(value=made.code)
    groups = {group.number for group in made.groups}
    check_targets(made.targets, groups, {}, set(catalogue(session).units))
    session.add(Programme(code=made.code))
    session.flush()
    facts = made.model_dump(mode="json", include=FACTS)
    define(session, actor, DefinitionKind.PROGRAMME, made.code, facts)
    for target in made.targets:
        add_target(session, actor, made.code, target)
    for period in made.periods:
        add_period(session, actor, made.code, period)
    return programme_out(programme_of(catalogue(session), made.code))


def revise_programme(
    session: Session, actor: Actor, code: str, sent: Sent[ProgrammePatch]
) -> ProgrammeOut:
    """What is given changes; targets and periods come in addition to those that are there."""
    require(actor, Right.CATALOGUE_REVISE)
    programme = programme_of(catalogue(session), code)
    patch = sent.judged()
    _refuse_twins("targets", [one.code for one in patch.targets], programme.targets)
    _refuse_twins("periods", [one.code for one in patch.periods], programme.periods)
    changed = patch.model_dump(
        mode="json", exclude_unset=True, exclude={"reason", "targets", "periods"}
    )
    facts = {**programme.facts, "groups": _groups(programme), **changed}
    groups = {group["number"] for group in facts["groups"]}
    there = {target.code: target for target in programme.targets_on(None)}
    check_targets(patch.targets, groups, there, set(catalogue(session).units))
    if lost := {target.group for target in there.values()} - groups:
        raise Invalid(
            [Fault("/groups", "invalid", {"reason": "unknown_group", "value": min(lost)})]
        )
    if changed:
        content = checked(ProgrammeFacts, facts).model_dump(mode="json")
        define(session, actor, DefinitionKind.PROGRAMME, code, content, reason=patch.reason)
    for target in patch.targets:
        add_target(session, actor, code, target)
    for period in patch.periods:
        add_period(session, actor, code, period)
    return programme_out(programme_of(catalogue(session), code))


def _refuse_twins(name: str, codes: list[str], there: Collection[str]) -> None:
    faults = [
        Fault(f"/{name}/{place}/code", "duplicate_row", {"value": code})
        for place, code in enumerate(codes)
        if code in there
    ]
    if faults:
        raise Invalid(faults)


def add_period(session: Session, actor: Actor, programme: str, made: PeriodIn) -> None:
    session.add(Period(programme=programme, code=made.code))
    session.flush()
    content = PeriodDefinition(**made.model_dump(exclude={"code"}))
    subject = f"{programme}/{made.code}"
    define(session, actor, DefinitionKind.PERIOD, subject, content.model_dump(mode="json"))


def read_programmes(session: Session, actor: Actor) -> list[ProgrammeLine]:
    require(actor, Right.FIGURES_READ)
    return [programme_line(one) for one in catalogue(session).programmes.values()]


def read_programme(session: Session, actor: Actor, code: str) -> ProgrammeOut:
    require(actor, Right.FIGURES_READ)
    return programme_out(programme_of(catalogue(session), code))


def _groups(programme: rules.Programme) -> list[dict[str, Any]]:
    return [
        {"number": one.number, "title_vi": one.title_vi, "title_en": one.title_en}
        for one in programme.groups
    ]


def programme_line(programme: rules.Programme) -> ProgrammeLine:
    path = f"/api/v1/programmes/{programme.code}"
    return {
        "code": programme.code,
        "title_vi": programme.title_vi,
        "title_en": programme.title_en,
        "starts_on": iso(programme.starts_on),
        "ends_on": iso(programme.ends_on),
        "links": {"self": path, "targets": f"/api/v1/targets?programme={programme.code}"},
    }


def programme_out(programme: rules.Programme) -> ProgrammeOut:
    out: dict[str, Any] = {
        **programme.facts,
        **programme_line(programme),
        "groups": _groups(programme),
        "targets": [target_out(programme, one) for one in programme.targets_on(None)],
        "periods": list(programme.periods),
    }
    return out  # type: ignore[return-value]
