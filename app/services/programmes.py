"""The catalogue's verbs: programmes with their groups and targets, revised, never overwritten."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from app.db.tables import DefinitionKind, Period, Programme, Target
from app.domain import targets as rules
from app.domain.access import Actor, Role
from app.domain.errors import AlreadyThere, Fault, Invalid, NotFound
from app.schemas.catalogue import (
    PeriodDefinition,
    PeriodIn,
    ProgrammeFacts,
    ProgrammeIn,
    ProgrammeLine,
    ProgrammeOut,
    ProgrammePatch,
    TargetIn,
    TargetOut,
    TargetRevisionIn,
)
from app.schemas.fields import Sent, checked
from app.services.definitions import catalogue, define
from app.services.places import programme_of

FACTS = set(ProgrammeFacts.model_fields)


def create_programme(session: Session, actor: Actor, sent: Sent[ProgrammeIn]) -> ProgrammeOut:
    actor.require(Role.ADMIN)
    made = sent.judged()
    if made.code in catalogue(session).programmes:
        raise AlreadyThere(value=made.code)
    groups = {group.number for group in made.groups}
    _check_targets(made.targets, groups, {}, set(catalogue(session).units))
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
    actor.require(Role.ADMIN)
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
    _check_targets(patch.targets, groups, there, set(catalogue(session).units))
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


def _check_targets(
    targets: list[TargetIn], groups: set[int], there: Mapping[str, rules.Target], units: set[str]
) -> None:
    """Groups, units and parents that targets name must exist; a parent is made of its parts."""
    kinds = {code: target.value_kind for code, target in there.items()}
    kinds |= {target.code: target.value_kind for target in targets}
    faults = []
    for index, target in enumerate(targets):
        place = f"/targets/{index}"
        if target.group not in groups:
            facts = {"reason": "unknown_group", "value": target.group}
            faults.append(Fault(f"{place}/group", "invalid", facts))
        if target.parent is not None and target.parent not in kinds:
            facts = {"target": target.parent, "programme": ""}
            faults.append(Fault(f"{place}/parent", "unknown_target", facts))
        elif target.parent is not None and (
            kinds[target.parent] is not rules.ValueKind.ALL_OF
            or target.value_kind is not rules.ValueKind.YES_NO
        ):
            faults.append(Fault(f"{place}/parent", "invalid", {"reason": "parent_for_kind"}))
        faults += _check_assigned(target, units, f"{place}/assigned")
    if faults:
        raise Invalid(faults)


def _check_assigned(
    target: TargetIn | TargetRevisionIn, units: set[str], place: str
) -> list[Fault]:
    return [
        Fault(f"{place}/{index}/unit", "unknown_unit", {"value": one.unit})
        for index, one in enumerate(target.assigned or ())
        if one.unit not in units
    ]


def add_target(session: Session, actor: Actor, programme: str, made: TargetIn) -> None:
    session.add(Target(programme=programme, code=made.code))
    session.flush()
    subject = f"{programme}/{made.code}"
    define(session, actor, DefinitionKind.TARGET, subject, made.model_dump(mode="json"))


def add_period(session: Session, actor: Actor, programme: str, made: PeriodIn) -> None:
    session.add(Period(programme=programme, code=made.code))
    session.flush()
    content = PeriodDefinition(**made.model_dump(exclude={"code"}))
    subject = f"{programme}/{made.code}"
    define(session, actor, DefinitionKind.PERIOD, subject, content.model_dump(mode="json"))


def revise_target(
    session: Session, actor: Actor, programme: str, code: str, sent: Sent[TargetRevisionIn]
) -> TargetOut:
    """A new rule from `effective_on` on; periods that end before keep theirs (rule 19)."""
    actor.require(Role.ADMIN)
    before = _target(programme_of(catalogue(session), programme), code, None)
    patch = sent.judged()
    if faults := _check_assigned(patch, set(catalogue(session).units), "/assigned"):
        raise Invalid(faults)
    changed = patch.model_dump(exclude_unset=True, exclude={"effective_on", "reason"})
    if "threshold_percent" in changed:
        changed.setdefault("threshold_count", None)
    elif "threshold_count" in changed:
        changed.setdefault("threshold_percent", None)
    content = checked(TargetIn, {**target_content(before), **changed})
    define(
        session,
        actor,
        DefinitionKind.TARGET,
        f"{programme}/{code}",
        content.model_dump(mode="json"),
        reason=patch.reason,
        effective_on=patch.effective_on,
    )
    return target_out(_target(programme_of(catalogue(session), programme), code, None))


def read_programmes(session: Session, actor: Actor) -> list[ProgrammeLine]:
    actor.require(*Role)
    return [programme_line(one) for one in catalogue(session).programmes.values()]


def read_programme(session: Session, actor: Actor, code: str) -> ProgrammeOut:
    actor.require(*Role)
    return programme_out(programme_of(catalogue(session), code))


def read_targets(session: Session, actor: Actor, programmes: list[str]) -> list[TargetOut]:
    actor.require(*Role)
    defined = catalogue(session)
    for code in programmes:
        programme_of(defined, code)
    return [
        target_out(target)
        for programme in defined.programmes.values()
        if not programmes or programme.code in programmes
        for target in programme.targets_on(None)
    ]


def read_target(
    session: Session, actor: Actor, programme: str, code: str, on: date | None
) -> TargetOut:
    actor.require(*Role)
    return target_out(_target(programme_of(catalogue(session), programme), code, on))


def read_target_revisions(
    session: Session, actor: Actor, programme: str, code: str
) -> list[TargetOut]:
    """In the order in which they were recorded."""
    actor.require(*Role)
    found = programme_of(catalogue(session), programme)
    _target(found, code, None)
    return [target_out(revision) for revision in found.targets[code]]


def _target(programme: rules.Programme, code: str, on: date | None) -> rules.Target:
    target = programme.target(code, on)
    if target is None:
        raise NotFound(what=f"{programme.code}/{code}")
    return target


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
        "targets": [target_out(target) for target in programme.targets_on(None)],
        "periods": list(programme.periods),
    }
    return out  # type: ignore[return-value]


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def target_content(target: rules.Target) -> dict[str, Any]:
    """A target as the contract that made it."""
    plain = TargetIn.model_fields.keys() - {
        "threshold_percent",
        "threshold_count",
        "assigned",
        "source",
        "open_questions",
        "reported_by",
        "periods",
    }
    return {
        **{name: getattr(target, name) for name in plain},
        "reported_by": sorted(target.reported_by),
        "periods": sorted(target.periods),
        "threshold_percent": target.threshold.percent and f"{target.threshold.percent}%",
        "threshold_count": target.threshold.count,
        "assigned": [
            {
                "unit": unit,
                "year": year,
                "threshold_percent": threshold.percent and f"{threshold.percent}%",
                "threshold_count": threshold.count,
            }
            for (unit, year), threshold in target.assigned.items()
        ],
        "source": {
            "quote": target.source.quote,
            "quote_start": target.source.quote_start,
            "quote_end": target.source.quote_end,
            "status": target.source.status,
        },
        "open_questions": [
            {"code": one.code, "text_vi": one.text_vi, "text_en": one.text_en}
            for one in target.open_questions
        ],
    }


def target_out(target: rules.Target) -> TargetOut:
    path = f"/api/v1/programmes/{target.programme}/targets/{target.code}"
    out = target_content(target)
    for threshold in (out, *out["assigned"]):
        written = threshold["threshold_percent"]
        threshold["threshold_percent"] = written and Decimal(written.rstrip("%"))
    out |= {
        "programme": target.programme,
        "parts": list(target.parts),
        "due_on": iso(target.due_on),
        "population_ends_on": iso(target.population_ends_on),
        "effective_on": iso(target.effective_on),
        "links": {"self": path, "revisions": f"{path}/revisions"},
    }
    return out  # type: ignore[return-value]
