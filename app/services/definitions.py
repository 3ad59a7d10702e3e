"""The catalogue: programmes, targets, periods, units and successions, read from their revisions.

Nothing here is overwritten: a change adds a revision with who, when and why (rule 19).
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.db import setup
from app.db.session import per_setup, stamp
from app.db.tables import Definition, DefinitionKind
from app.domain.access import Actor
from app.domain.periods import period
from app.domain.targets import (
    Bands,
    Baseline,
    Breakdown,
    Catalogue,
    Category,
    Decision,
    Group,
    Level,
    Milestone,
    OpenQuestion,
    Programme,
    ProgrammePeriod,
    Source,
    SucceededBy,
    Target,
    parts_by_parent,
)
from app.domain.units import Succession, Unit, UnitName
from app.schemas.catalogue import PeriodDefinition, ProgrammeFacts
from app.schemas.targets import BaselineIn, BreakdownIn, TargetIn
from app.schemas.units import SuccessionIn, UnitDefinition
from app.services import audit


def catalogue(session: Session, known_at: datetime | None = None) -> Catalogue:
    """Everything that is defined now, kept in memory until a definition changes; or as it was
    known at an instant (rule 19)."""
    if known_at is None:
        return per_setup(session, "catalogue", _latest)
    return _load(session, known_at)


def define(  # noqa: PLR0913 - a definition is who, what, since when and why
    session: Session,
    actor: Actor,
    kind: DefinitionKind,
    subject: str,
    content: dict[str, Any],
    *,
    reason: str | None = None,
    effective_on: date | None = None,
) -> None:
    """Add a revision; the one before, if any, goes to the audit beside it."""
    before = setup.last_definition(session, kind, subject)
    at = stamp(session).take(setup=True)
    session.add(
        Definition(
            kind=kind,
            subject=subject,
            revision=before.revision + 1 if before else 1,
            effective_on=effective_on,
            content=content,
            reason=reason,
            at=at,
            account_id=actor.account_id,
        )
    )
    session.flush()
    verb = "revise" if before else "create"
    detail = {"reason": reason, "before": before.content if before else None, "after": content}
    audit.record(session, actor, f"{kind.value}:{verb}", _path(kind, subject), detail)


# Where what is defined is found below /api/v1.
_ROOMS = {
    DefinitionKind.PROGRAMME: "programmes/",
    DefinitionKind.PERIOD: "periods/",
    DefinitionKind.UNIT: "units/",
    DefinitionKind.SUCCESSION: "successions/",
    DefinitionKind.SITE: "",
}


def _path(kind: DefinitionKind, subject: str) -> str:
    if kind is DefinitionKind.TARGET:
        programme, _, code = subject.partition("/")
        return f"programmes/{programme}/targets/{code}"
    return f"{_ROOMS[kind]}{subject}"


def _latest(session: Session) -> Catalogue:
    """Definitions are only ever added: as long as the last one is the same, so are all. Whoever
    gets or loses access changes the setup too, and much oftener."""
    return per_setup(session, "definitions", _load, since=setup.last_definition_id(session))


Definitions = dict[DefinitionKind, dict[str, list[Definition]]]


def _load(session: Session, known_at: datetime | None = None) -> Catalogue:
    by_kind: Definitions = {kind: defaultdict(list) for kind in DefinitionKind}
    for definition in setup.definitions(session):
        if known_at is None or definition.at <= known_at:
            by_kind[definition.kind][definition.subject].append(definition)
    units = [
        unit_from(code, id_, by_kind[DefinitionKind.UNIT][code][-1].content)
        for code, id_ in setup.unit_ids(session).items()
        if code in by_kind[DefinitionKind.UNIT]
    ]
    site = by_kind[DefinitionKind.SITE].get("site")
    return Catalogue(
        programmes=_programmes(session, by_kind),
        units={unit.code: unit for unit in sorted(units, key=lambda unit: unit.order)},
        successions=tuple(
            succession_from(SuccessionIn.model_validate(rows[-1].content))
            for rows in by_kind[DefinitionKind.SUCCESSION].values()
        ),
        demonstration=bool(site and site[-1].content.get("demonstration")),
    )


def _programmes(session: Session, by_kind: Definitions) -> dict[str, Programme]:
    facts = {
        code: ProgrammeFacts.model_validate(rows[-1].content)
        for code, rows in sorted(by_kind[DefinitionKind.PROGRAMME].items())
    }
    starts = {code: kept.starts_on for code, kept in facts.items()}
    targets: dict[str, dict[str, list[Target]]] = defaultdict(dict)
    for (programme, code), id_ in setup.target_ids(session).items():
        if rows := by_kind[DefinitionKind.TARGET].get(f"{programme}/{code}"):
            starts_on = starts.get(programme)
            kept = [(TargetIn.model_validate(row.content), row.effective_on) for row in rows]
            targets[programme][code] = [
                target_from(id_, programme, content, starts_on, on) for content, on in kept
            ]
    periods: dict[str, list[ProgrammePeriod]] = defaultdict(list)
    for (programme, code), id_ in setup.period_ids(session).items():
        if rows := by_kind[DefinitionKind.PERIOD].get(f"{programme}/{code}"):
            periods[programme].append(period_from(id_, programme, code, rows[-1].content))
    return {
        code: programme_from(code, kept, targets[code], periods[code])
        for code, kept in facts.items()
    }


def unit_from(code: str, id_: int, content: dict[str, Any]) -> Unit:
    kept = UnitDefinition.model_validate(content)
    return Unit(
        id=id_,
        code=code,
        kind=kept.kind,
        names=tuple(UnitName(**dict(name)) for name in kept.names),
        valid_from=kept.valid_from,
        valid_to=kept.valid_to,
        gso_code=kept.gso_code,
        aliases=tuple(kept.aliases),
        dates=kept.dates,
        legally_continuous=kept.legally_continuous,
        note=kept.note,
        endorsement=kept.endorsement,
    )


# Fields of the contract that the rules know in another shape.
_RESHAPED = (
    "threshold_percent",
    "threshold_count",
    "baseline_percent",
    "baseline_count",
    "baseline_on",
)


def target_from(
    id_: int,
    programme: str,
    kept: TargetIn,
    starts_on: date | None,
    effective_on: date | None = None,
) -> Target:
    """A target as the rules know it; a baseline without a day is of the programme's start."""
    fields = {name: value for name, value in kept if name not in _RESHAPED}
    return Target(
        **fields
        | {
            "id": id_,
            "programme": programme,
            "reported_by": frozenset(kept.reported_by),
            "periods": frozenset(kept.periods),
            "threshold": Level(kept.threshold_percent, kept.threshold_count),
            "assigned": {
                (one.unit, one.year): Level(one.threshold_percent, one.threshold_count)
                for one in kept.assigned
            },
            "baseline": _baseline(kept, starts_on),
            "baselines": {one.unit: _baseline(one, starts_on) for one in kept.baselines},
            "milestones": tuple(
                Milestone(one.on, Level(one.percent, one.count)) for one in kept.milestones
            ),
            "bands": Bands(kept.bands.on_track, kept.bands.at_risk),
            "succeeded_by": kept.succeeded_by and SucceededBy(**dict(kept.succeeded_by)),
            "breakdown": kept.breakdown and _breakdown(kept.breakdown),
            "source": Source(**dict(kept.source)),
            "open_questions": tuple(OpenQuestion(**dict(one)) for one in kept.open_questions),
            "effective_on": effective_on,
        }
    )


def _baseline(kept: TargetIn | BaselineIn, starts_on: date | None) -> Baseline | None:
    level = Level(kept.baseline_percent, kept.baseline_count)
    if level.value is None:
        return None
    return Baseline(level, kept.baseline_on or starts_on)


def _breakdown(kept: BreakdownIn) -> Breakdown:
    categories = tuple(Category(**dict(one)) for one in kept.categories)
    return Breakdown(kept.title_vi, kept.title_en, categories)


def period_from(id_: int, programme: str, code: str, content: dict[str, Any]) -> ProgrammePeriod:
    kept = PeriodDefinition.model_validate(content)
    decision = Decision(**dict(kept.decision)) if kept.decision else None
    return ProgrammePeriod(
        id_,
        programme,
        period(code),
        kept.opens_at,
        kept.due_on,
        kept.due_status,
        kept.closed,
        decision,
        kept.closes_on,
        tuple(kept.reminder_days),
    )


def programme_from(
    code: str,
    kept: ProgrammeFacts,
    targets: dict[str, list[Target]],
    periods: list[ProgrammePeriod],
) -> Programme:
    in_order = sorted(targets.values(), key=lambda revisions: revisions[0].id)
    parts = parts_by_parent(revisions[-1] for revisions in in_order)
    return Programme(
        code=code,
        title_vi=kept.title_vi,
        title_en=kept.title_en,
        starts_on=kept.starts_on,
        ends_on=kept.ends_on,
        facts=kept.model_dump(mode="json", exclude={"groups"}),
        groups=tuple(Group(**dict(group)) for group in kept.groups),
        targets={
            revisions[0].code: tuple(
                replace(revision, parts=parts.get(revision.code, ())) for revision in revisions
            )
            for revisions in in_order
        },
        periods={one.code: one for one in sorted(periods, key=lambda p: (p.period.ends_on, p.id))},
    )


def succession_from(kept: SuccessionIn) -> Succession:
    return Succession(
        kept.effective_on,
        tuple(kept.predecessors),
        tuple(kept.successors),
        kept.act,
        tuple(kept.shares) if kept.shares else None,
        kept.yes_no,
    )
