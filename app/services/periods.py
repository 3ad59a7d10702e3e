"""Reporting periods: when they open, when reports are due, and what the board decided."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.db.tables import DefinitionKind
from app.domain.access import Actor, Right, require
from app.domain.periods import day_in_vietnam, end_of, utc
from app.domain.targets import ProgrammePeriod
from app.schemas.catalogue import (
    DecisionIn,
    PeriodDefinition,
    PeriodIn,
    PeriodOut,
    PeriodPatch,
)
from app.schemas.fields import Sent, checked
from app.services.attainment import decision_out
from app.services.definitions import catalogue, define
from app.services.places import iso, period_of, programme_of


def read_periods(session: Session, actor: Actor, programmes: list[str]) -> list[PeriodOut]:
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    for code in programmes:
        programme_of(defined, code)
    return [
        period_out(period)
        for programme in defined.programmes.values()
        if not programmes or programme.code in programmes
        for period in programme.periods.values()
    ]


def read_period(session: Session, actor: Actor, programme: str, period: str) -> PeriodOut:
    require(actor, Right.FIGURES_READ)
    return period_out(period_of(programme_of(catalogue(session), programme), period))


def revise_period(
    session: Session, actor: Actor, programme: str, period: str, sent: Sent[PeriodPatch]
) -> PeriodOut:
    require(actor, Right.PERIOD_REVISE)
    found = period_of(programme_of(catalogue(session), programme), period)
    patch = sent.judged()
    changed = patch.model_dump(exclude_unset=True, exclude={"reason"})
    for name in ("closed", "reminder_days"):
        if name in changed and changed[name] is None:
            del changed[name]
    if "due_on" in changed:
        changed["due_status"] = "stated"
    if changed.keys() & {"opens_at", "due_on", "closes_on"}:
        days = {**period_content(found), **changed, "code": period}
        checked(PeriodIn, {name: days[name] for name in PeriodIn.model_fields})
    _define(session, actor, found, changed, patch.reason)
    return read_period(session, actor, programme, period)


def decide_period(  # noqa: PLR0913 - who decides what of which period, and when
    session: Session,
    actor: Actor,
    programme: str,
    period: str,
    sent: Sent[DecisionIn],
    *,
    now: datetime,
) -> PeriodOut:
    """Record that the board judges the period on what was reported (rule 16)."""
    require(actor, Right.PERIOD_REVISE)
    found = period_of(programme_of(catalogue(session), programme), period)
    made = sent.judged()
    decision = {**made.model_dump(), "decided_on": day_in_vietnam(now)}
    _define(session, actor, found, {"decision": decision}, made.reason)
    return read_period(session, actor, programme, period)


def _define(
    session: Session,
    actor: Actor,
    found: ProgrammePeriod,
    changed: dict[str, Any],
    reason: str | None,
) -> None:
    content = checked(PeriodDefinition, {**period_content(found), **changed})
    subject = f"{found.programme}/{found.code}"
    define(
        session,
        actor,
        DefinitionKind.PERIOD,
        subject,
        content.model_dump(mode="json"),
        reason=reason,
    )


def period_content(period: ProgrammePeriod) -> dict[str, Any]:
    """A period as the contract that made it."""
    return {
        "opens_at": period.opens_at.isoformat() if period.opens_at else None,
        "due_on": iso(period.due_on),
        "due_status": period.due_status,
        "closes_on": iso(period.closes_on),
        "reminder_days": list(period.reminder_days),
        "closed": period.closed,
        "decision": decision_out(period.decision) if period.decision else None,
    }


def _end(day: date | None) -> str | None:
    return utc(end_of(day)) if day else None


def period_out(period: ProgrammePeriod) -> PeriodOut:
    """`due_at` is the first instant that is late, `closes_at` the first at which nothing is
    accepted."""
    return {
        "programme": period.programme,
        "code": period.code,
        "kind": period.period.kind.value,
        "starts_on": period.period.starts_on.isoformat(),
        "ends_on": period.period.ends_on.isoformat(),
        "opens_at": utc(period.opens_at) if period.opens_at else None,
        "due_on": iso(period.due_on),
        "due_at": _end(period.due_on),
        "due_status": period.due_status,
        "closes_on": iso(period.closes_on),
        "closes_at": _end(period.closes_on),
        "reminder_days": list(period.reminder_days),
        "closed": period.closed,
        "decision": decision_out(period.decision) if period.decision else None,
    }
