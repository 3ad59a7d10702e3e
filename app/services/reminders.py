"""Reminders before and after due days, to the people of units that have not reported."""

from collections.abc import Iterator
from datetime import datetime, time

from sqlmodel import Session

from app.domain.access import Actor, Role
from app.domain.periods import VIETNAM, day_in_vietnam, reminders_due, utc
from app.domain.targets import Catalogue, ProgrammePeriod
from app.services import outbox
from app.services.dashboards import completeness
from app.services.definitions import catalogue
from app.services.notices import Occasion, facts_of, people_of
from app.services.places import Place, iso

# Nobody is woken.
FROM = time(7)
# As whom the worker reads what it tells.
READER = Actor(0, "chitieu", Role.VIEWER)


def reminders(session: Session, now: datetime) -> list[Occasion]:
    """What is to be told today and has not been: once a period, reminder day and unit.

    A unit that was let off until later is left in peace until then.
    """
    if now.astimezone(VIETNAM).time() < FROM:
        return []
    defined = catalogue(session)
    return [
        occasion
        for programme in defined.programmes.values()
        for when in programme.periods.values()
        for occasion in _of_period(session, defined, when, now)
    ]


def _of_period(
    session: Session, defined: Catalogue, when: ProgrammePeriod, now: datetime
) -> Iterator[Occasion]:
    today = day_in_vietnam(now)
    if when.due_on is None or when.is_shut_on(today):
        return
    come = reminders_due(when.due_on, when.reminder_days, today)
    if not come:
        return
    day, programme = come[-1], defined.programmes[when.programme]
    found = completeness(session, READER, when.programme, when.code, missing=True)
    for line in found["units"]:
        if (line["exception_until"] or "") > utc(now):
            continue
        place = Place(defined, programme, when, defined.units[line["unit"]])
        key = f"remind/{place.key.path}/{day}"
        people = people_of(session, defined, line["unit"], today)
        untold = outbox.untold(session, key, people) if people else []
        if untold:
            template = "overdue" if day > 0 else "due_soon"
            yield Occasion(template, key, untold, {**facts_of(place), "due_on": iso(when.due_on)})
