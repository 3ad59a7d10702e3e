"""Targets: made, revised from a day on, never overwritten."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from app.db.tables import DefinitionKind, Target
from app.domain import targets as rules
from app.domain.access import Actor, Right, require
from app.domain.errors import Fault, Invalid, NotFound
from app.schemas.fields import Sent, checked
from app.schemas.targets import TargetIn, TargetOut, TargetRevisionIn
from app.schemas.units import FiguresChangedOut
from app.services.definitions import catalogue, define, target_from
from app.services.difference import figures_changed
from app.services.places import iso, programme_of
from app.services.scene import View, look_at


def check_targets(
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
        faults += _check_units(target, units, place)
        faults += _check_heir(target, kinds.keys() - {target.code}, place)
    if faults:
        raise Invalid(faults)


def _check_units(target: TargetIn | TargetRevisionIn, units: set[str], place: str) -> list[Fault]:
    """Whoever has a threshold or a baseline of its own must be a unit."""
    named = {
        "assigned": [one.unit for one in target.assigned or ()],
        "baselines": [one.unit for one in target.baselines or ()],
    }
    return [
        Fault(f"{place}/{name}/{index}/unit", "unknown_unit", {"value": unit})
        for name, codes in named.items()
        for index, unit in enumerate(codes)
        if unit not in units
    ]


def _check_heir(
    target: TargetIn | TargetRevisionIn, others: Collection[str], place: str
) -> list[Fault]:
    heir = target.succeeded_by
    if heir is None or heir.target in others:
        return []
    facts = {"target": heir.target, "programme": ""}
    return [Fault(f"{place}/succeeded_by/target", "unknown_target", facts)]


def add_target(session: Session, actor: Actor, programme: str, made: TargetIn) -> None:
    session.add(Target(programme=programme, code=made.code))
    session.flush()
    subject = f"{programme}/{made.code}"
    define(session, actor, DefinitionKind.TARGET, subject, made.model_dump(mode="json"))


def revise_target(
    session: Session, actor: Actor, programme: str, code: str, sent: Sent[TargetRevisionIn]
) -> TargetOut:
    """A new rule from `effective_on` on; periods that end before keep theirs (rule 19)."""
    require(actor, Right.CATALOGUE_REVISE)
    content = _revised(catalogue(session), programme, code, sent)
    patch = sent.judged()
    define(
        session,
        actor,
        DefinitionKind.TARGET,
        f"{programme}/{code}",
        content.model_dump(mode="json"),
        reason=patch.reason,
        effective_on=patch.effective_on,
    )
    found = programme_of(catalogue(session), programme)
    return target_out(found, _target(found, code, None))


def _revised(
    defined: rules.Catalogue, programme: str, code: str, sent: Sent[TargetRevisionIn]
) -> TargetIn:
    """The target as it would be; Invalid with everything that forbids it."""
    found = programme_of(defined, programme)
    before = _target(found, code, None)
    patch = sent.judged()
    faults = _check_units(patch, set(defined.units), "")
    faults += _check_heir(patch, found.targets.keys() - {code}, "")
    if faults:
        raise Invalid(faults)
    changed = patch.model_dump(exclude_unset=True, exclude={"effective_on", "reason"})
    for height in ("threshold", "baseline"):
        given = {f"{height}_percent", f"{height}_count"}
        if given & changed.keys():
            changed = dict.fromkeys(given) | changed
    return checked(TargetIn, {**target_content(found, before), **changed})


def effects_of_revision(
    session: Session, actor: Actor, programme: str, code: str, sent: Sent[TargetRevisionIn]
) -> list[FiguresChangedOut]:
    """What a revision would do to the figures, period by period; nothing is stored."""
    require(actor, Right.CATALOGUE_REVISE)
    defined = catalogue(session)
    found, content = programme_of(defined, programme), _revised(defined, programme, code, sent)
    old = found.targets[code]
    made = target_from(old[0].id, programme, content, found.starts_on, sent.judged().effective_on)
    targets = {**found.targets, code: (*old, replace(made, parts=old[-1].parts))}
    revised = replace(found, targets=targets)
    after = replace(defined, programmes={**defined.programmes, programme: revised})
    return list(_effects(session, (defined, after), found))


def _effects(
    session: Session, catalogues: Sequence[rules.Catalogue], programme: rules.Programme
) -> Iterator[FiguresChangedOut]:
    """Periods without any change are left out."""
    for when in programme.periods.values():
        old, new = (look_at(session, one, when, View()).scene for one in catalogues)
        if changed := figures_changed(old, new):
            yield {
                "programme": programme.code,
                "period": when.code,
                "basis": "as_reported",
                "figures": changed,
            }


def read_targets(session: Session, actor: Actor, programmes: list[str]) -> list[TargetOut]:
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    for code in programmes:
        programme_of(defined, code)
    return [
        target_out(programme, target)
        for programme in defined.programmes.values()
        if not programmes or programme.code in programmes
        for target in programme.targets_on(None)
    ]


def read_target(
    session: Session, actor: Actor, programme: str, code: str, on: date | None
) -> TargetOut:
    require(actor, Right.FIGURES_READ)
    found = programme_of(catalogue(session), programme)
    return target_out(found, _target(found, code, on))


def read_target_revisions(
    session: Session, actor: Actor, programme: str, code: str
) -> list[TargetOut]:
    """In the order in which they were recorded."""
    require(actor, Right.FIGURES_READ)
    found = programme_of(catalogue(session), programme)
    _target(found, code, None)
    return [target_out(found, revision) for revision in found.targets[code]]


def _target(programme: rules.Programme, code: str, on: date | None) -> rules.Target:
    target = programme.target(code, on)
    if target is None:
        raise NotFound(what=f"{programme.code}/{code}")
    return target


# Fields of a target that the contract writes in another shape than the rules.
_PLAIN = TargetIn.model_fields.keys() - {
    "threshold_percent",
    "threshold_count",
    "baseline_percent",
    "baseline_count",
    "baseline_on",
    "baselines",
    "milestones",
    "bands",
    "succeeded_by",
    "breakdown",
    "assigned",
    "source",
    "open_questions",
    "reported_by",
    "periods",
}


def target_content(programme: rules.Programme, target: rules.Target) -> dict[str, Any]:
    """A target as the contract that made it."""
    heir, parts = target.succeeded_by, target.breakdown
    return {
        **{name: getattr(target, name) for name in _PLAIN},
        "reported_by": sorted(target.reported_by),
        "periods": sorted(target.periods),
        **_height("threshold_", target.threshold),
        **_baseline(programme, target.baseline),
        "baselines": [
            {"unit": unit, **_baseline(programme, one)} for unit, one in target.baselines.items()
        ],
        "milestones": [{"on": iso(one.on), **_height("", one.level)} for one in target.milestones],
        "bands": {name: str(band) for name, band in target.bands._asdict().items()},
        "succeeded_by": heir and {**heir._asdict(), "decided_on": iso(heir.decided_on)},
        "breakdown": parts
        and {**parts._asdict(), "categories": [one._asdict() for one in parts.categories]},
        "assigned": [
            {"unit": unit, "year": year, **_height("threshold_", threshold)}
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


def _height(name: str, level: rules.Level) -> dict[str, Any]:
    return {
        f"{name}percent": level.percent and f"{level.percent}%",
        f"{name}count": level.count,
    }


def _baseline(programme: rules.Programme, baseline: rules.Baseline | None) -> dict[str, Any]:
    if baseline is None:
        return {**_height("baseline_", rules.Level()), "baseline_on": None}
    on = None if baseline.on == programme.starts_on else iso(baseline.on)
    return {**_height("baseline_", baseline.level), "baseline_on": on}


_HEIGHTS = ("threshold_percent", "baseline_percent", "percent")


def target_out(programme: rules.Programme, target: rules.Target) -> TargetOut:
    path = f"/api/v1/programmes/{target.programme}/targets/{target.code}"
    out = target_content(programme, target)
    for one in (out, *out["assigned"], *out["baselines"], *out["milestones"]):
        for name in _HEIGHTS:
            if one.get(name) is not None:
                one[name] = Decimal(one[name].rstrip("%"))
    out |= {
        "programme": target.programme,
        "parts": list(target.parts),
        "due_on": iso(target.due_on),
        "population_ends_on": iso(target.population_ends_on),
        "effective_on": iso(target.effective_on),
        "links": {"self": path, "revisions": f"{path}/revisions"},
    }
    return out  # type: ignore[return-value]
