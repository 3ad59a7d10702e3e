"""The board's weekly digest: how far each programme has come, and who is missing.

Figures are those of the dashboards, counted there; nothing is averaged (rule 14).
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.db import accounts
from app.domain.access import Actor, Answer, Right, can
from app.domain.periods import VIETNAM, day_in_vietnam
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.services import outbox
from app.services.dashboards import completeness, overview
from app.services.definitions import catalogue
from app.services.grants import valid_grants
from app.services.notices import Occasion
from app.services.places import iso
from app.services.reminders import FROM, READER
from app.services.scene import View

MONDAY = 0
YEAR = timedelta(days=366)


def digests(session: Session, now: datetime) -> list[Occasion]:
    """On Mondays from seven, to those who want it and read all figures; nothing once told."""
    here = now.astimezone(VIETNAM)
    if here.weekday() != MONDAY or here.time() < FROM:
        return []
    today = day_in_vietnam(now)
    key = f"digest/{today}"
    untold = outbox.untold(session, key, _readers(session, today))
    if not untold:
        return []
    defined = catalogue(session)
    found = [_of_programme(session, defined, one, today) for one in defined.programmes.values()]
    facts = {
        "today_on": iso(today),
        "demonstration": defined.demonstration,
        "programmes": [one for one in found if one is not None],
        "path": "/",
    }
    return [Occasion("digest", key, untold, facts)]


def _readers(session: Session, on: date) -> list[int]:
    return [
        one.id or 0
        for one in accounts.accounts(session)
        if one.digest and one.deactivated_at is None and _reads_all(session, one.id or 0, on)
    ]


def _reads_all(session: Session, account_id: int, on: date) -> bool:
    return any(
        can(Actor(account_id, one.name, one.role, one.unit), Right.FIGURES_READ_SUBMITTED)
        is Answer.YES
        for one in valid_grants(session, account_id, on)
    )


def current(programme: Programme, today: date) -> ProgrammePeriod | None:
    """The period whose due day is nearest; of two, the one still to come."""
    due = [(one.due_on, one) for one in programme.periods.values() if one.due_on is not None]
    if not due:
        return None
    nearest = min(due, key=lambda one: (abs(one[0] - today), one[0] < today, one[1].code))
    return nearest[1]


def _of_programme(
    session: Session, defined: Catalogue, programme: Programme, today: date
) -> dict[str, Any] | None:
    when = current(programme, today)
    if when is None or when.due_on is None:
        return None
    shown = overview(session, READER, programme.code, when.code, View())
    reports = completeness(session, READER, programme.code, when.code, missing=True)
    percent = reports["completeness"]
    return {
        "programme": programme.code,
        "title_vi": programme.title_vi,
        "title_en": programme.title_en,
        "period": when.code,
        "due_on": iso(when.due_on),
        "is_overdue": when.due_on < today,
        "summary": shown["summary"],
        "known_at": shown["known_at"],
        "expected": reports["expected"],
        "received": reports["received"],
        "timely": reports["timely"],
        "completeness": None if percent is None else str(percent),
        "missing": [_name(defined, code, when) for code in reports["missing"]],
        "older": _older(session, programme, when, today),
    }


def _name(defined: Catalogue, code: str, when: ProgrammePeriod) -> dict[str, str]:
    name = defined.units[code].name_on(when.period.ends_on)
    return {"vi": name.short_vi, "en": name.name_en}


def _older(
    session: Session, programme: Programme, current: ProgrammePeriod, today: date
) -> list[dict[str, Any]]:
    """The other periods that fell due within a year, are open still, and have units missing."""
    found = []
    for when in programme.periods.values():
        past = when.due_on is not None and timedelta(0) < today - when.due_on <= YEAR
        if when is current or when.is_shut_on(today) or not past:
            continue
        missing = completeness(session, READER, programme.code, when.code, missing=True)["missing"]
        if missing:
            line = {"period": when.code, "due_on": iso(when.due_on), "missing": len(missing)}
            found.append(line)
    return found
