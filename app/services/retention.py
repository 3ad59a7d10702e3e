"""Retention: what is personal is kept for the days that the settings say, and no longer."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from app.db import audit as events
from app.db import forgotten, import_jobs, imports
from app.db.session import stamp
from app.services import audit
from app.services.imports import DRY_RUN_KEPT
from app.settings import Settings

FAILURES_KEPT = timedelta(days=1)
# Nobody repeats a request after a quarter of a year.
ANSWERS_KEPT = timedelta(days=90)
# A sweep is one short transaction; what is left over goes with the next one.
MOST_EVENTS = 2000


class Swept(NamedTuple):
    """How many of each went."""

    events: int
    addresses: int
    sessions: int
    links: int
    failures: int
    files: int
    answers: int


def sweep(session: Session, settings: Settings, now: datetime) -> Swept:
    """Erase and delete what is older than its days; the audit tells how much, if anything.

    An event of the audit loses its personal part as a whole (address, program, names and e-mails
    before and after a change); the event and its hash stay.
    """
    of_addresses = now - timedelta(days=settings.address_days)
    of_sessions = now - timedelta(days=settings.session_days)
    swept = Swept(
        events=events.erase_personal(session, of_addresses, stamp(session).at, MOST_EVENTS),
        addresses=forgotten.erase_addresses(session, of_addresses),
        sessions=forgotten.drop_sessions(session, of_sessions),
        links=forgotten.drop_links(session, of_sessions),
        failures=forgotten.drop_failures(session, now - FAILURES_KEPT),
        files=imports.drop_expired(session, now)
        + import_jobs.drop_failed(session, now - DRY_RUN_KEPT),
        answers=forgotten.drop_answers(session, now - ANSWERS_KEPT),
    )
    if any(swept):
        audit.record(session, None, "retention:sweep", "retention", swept._asdict())
    return swept
