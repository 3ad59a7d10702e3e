"""Exceptions: a unit may report on a period that is closed or not yet open, for a while.

It opens, and never makes a late report timely: late is counted by the due day (rule 22).
"""

from datetime import datetime

from sqlmodel import Session

from app.db import exceptions
from app.db.session import stamp
from app.domain.access import Actor, Answer, Right, can, require
from app.domain.errors import Fault, Invalid
from app.domain.periods import utc
from app.schemas.catalogue import ExceptionIn, ExceptionOut
from app.schemas.fields import Sent
from app.services import audit
from app.services.definitions import catalogue
from app.services.places import Place, period_of, programme_of, subject_of


def make_exception(
    session: Session, actor: Actor, programme: str, period: str, sent: Sent[ExceptionIn]
) -> ExceptionOut:
    """The latest exception of a unit counts: one with an earlier end shortens or ends it."""
    require(actor, Right.PERIOD_REVISE)
    defined = catalogue(session)
    within = programme_of(defined, programme)
    when = period_of(within, period)
    made = sent.judged()
    unit = defined.units.get(made.unit)
    if unit is None:
        raise Invalid([Fault("/unit", "unknown_unit", {"value": made.unit})])
    if not within.asked(unit, when.period):
        facts = {"unit": unit.code, "target": programme, "period": period}
        raise Invalid([Fault("/unit", "unit_not_expected", facts)])
    before = exceptions.until_of(session, when.id, unit.id)
    at = stamp(session).take()
    exceptions.add_exception(
        session,
        {
            "period_id": when.id,
            "unit_id": unit.id,
            "until": made.until,
            "reason": made.reason,
            "at": at,
            "account_id": actor.account_id,
        },
    )
    detail = {
        "unit": unit.code,
        "until": utc(made.until),
        "until_before": utc(before) if before else None,
        "reason": made.reason,
    }
    audit.record(session, actor, "period:except", f"periods/{programme}/{period}", detail)
    return read_exceptions(session, actor, programme, period)[-1]


def read_exceptions(
    session: Session, actor: Actor, programme: str, period: str
) -> list[ExceptionOut]:
    """In the order in which they were made; of units whose reports the caller may read."""
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    within = programme_of(defined, programme)
    when = period_of(within, period)
    rows = exceptions.exceptions_of(session, when.id)
    last = {row.unit_id: row.at for row in rows}
    return [
        {
            "unit": unit.code,
            "until": utc(row.until),
            "reason": row.reason,
            "at": utc(row.at),
            "by": row.by,
            "latest": row.at == last[row.unit_id],
        }
        for row in rows
        for unit in [defined.by_id[row.unit_id]]
        if can(actor, Right.REPORT_READ, subject_of(actor, Place(defined, within, when, unit)))
        is Answer.YES
    ]


def running(session: Session, period_id: int, known_at: datetime | None) -> dict[int, datetime]:
    """When the exception that counts ends, by unit; as known at an instant."""
    rows = exceptions.exceptions_of(session, period_id)
    return {row.unit_id: row.until for row in rows if known_at is None or row.at <= known_at}
