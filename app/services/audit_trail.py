"""The audit read back: verified as a chain, listed for who may read it, its head told outside."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlmodel import Session

from app.db import audit as memory
from app.db.audit import Chosen
from app.db.session import Database
from app.domain.access import Actor, Right, require
from app.domain.chain import FIRST, event_sha256, personal_sha256
from app.domain.errors import BadCursor
from app.domain.periods import utc
from app.schemas.audit import AuditEventOut
from app.services import audit

HEAD_SECONDS = 60
READ = ("audit:read", "audit")
READING_NOTED_EACH = timedelta(hours=1)
log = logging.getLogger("chitieu.audit")
_told: WeakKeyDictionary[Database, tuple[float, int]] = WeakKeyDictionary()


class Broken(NamedTuple):
    """The first event that is not as it was chained, and what of it is not.

    `missing`, `changed`, `previous`, `personal`, `unreadable`, `head`, `shown` (its hash is not
    the one that was shown outside).
    """

    number: int
    what: str


class Verification(NamedTuple):
    """`events` were looked at; `sha256` is the last good one's. `broken` None: all is as it was."""

    events: int
    sha256: str
    broken: Broken | None


def verify_chain(
    session: Session,
    shown: Mapping[int, str] | None = None,
    seen: Callable[[], None] = lambda: None,
) -> Verification:
    """Work every hash out again from what is stored, first to last; erased personal data break
    nothing.

    `shown`: hashes by number that were kept outside: without one, whoever owns the machine could
    have chained everything anew. `seen` is called for each event.
    """
    number, last, shown = 0, FIRST, shown or {}
    for event in memory.events(session):
        wrong = _wrong(event, number + 1, last, shown.get(number + 1))
        if event is None or wrong is not None:
            return Verification(number, last, Broken(number + 1, wrong or "unreadable"))
        number, last = number + 1, event["sha256"]
        seen()
    if (number, last) != memory.head(session):
        return Verification(number, last, Broken(number + 1, "head"))
    beyond = [one for one in sorted(shown) if one > number]
    return Verification(number, last, Broken(beyond[0], "missing") if beyond else None)


def _wrong(
    event: Mapping[str, Any] | None, number: int, previous: str, shown: str | None
) -> str | None:
    if event is None:
        return "unreadable"
    try:
        faults = {
            "missing": event["id"] != number,
            "previous": event["previous_sha256"] != previous,
            "changed": event_sha256(event) != event["sha256"],
            "personal": not _personal_holds(event),
            "shown": shown not in (None, event["sha256"]),
        }
    except (TypeError, ValueError):
        return "unreadable"
    return next((what for what, found in faults.items() if found), None)


def _personal_holds(event: Mapping[str, Any]) -> bool:
    """Each part that is personal is there as it was chained, or erased with the day of it."""
    content, salt = event["kept_content"], event["kept_salt"]
    if event["personal_sha256"] is None:
        return event["kept_event_id"] is None
    if content is None and salt is None:
        return event["kept_erased_at"] is not None
    whole = content is not None and salt is not None and event["kept_erased_at"] is None
    return bool(whole and personal_sha256(content, salt) == event["personal_sha256"])


class Wanted(NamedTuple):
    """Filters; an empty one lets everything through. Subjects with what is below them, actors by
    name or number, actions whole or of one noun (`report:*`). `after` is a cursor's content."""

    subjects: list[str]
    actors: list[str]
    actions: list[str]
    since: datetime | None
    until: datetime | None
    after: str | None
    limit: int


class Read(NamedTuple):
    items: list[AuditEventOut]
    next: str | None


def read_events(session: Session, actor: Actor, wanted: Wanted) -> Read:
    """Newest first."""
    require(actor, Right.AUDIT_READ)
    question = Chosen(
        subjects=wanted.subjects,
        actors=wanted.actors,
        actions=[action.removesuffix("*") for action in wanted.actions],
        since=wanted.since,
        until=wanted.until,
        before=_number(wanted.after),
        limit=wanted.limit + 1,
    )
    found = memory.chosen(session, question)
    more = len(found) > wanted.limit
    items = [_as_event(line) for line in found[: wanted.limit]]
    return Read(items, str(items[-1]["id"]) if more else None)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 10:
        raise BadCursor()
    return int(cursor)


def _as_event(line: memory.Line) -> AuditEventOut:
    event = line.event
    id_ = event["account_id"]
    return {
        "id": event["id"],
        "at": utc(event["at"]),
        "actor": None if id_ is None else {"id": id_, "name": line.name or ""},
        "token": event["token"],
        "session": event["session"],
        "action": event["action"],
        "subject": event["subject"],
        "detail": event["detail"],
        "request_id": event["request_id"],
        "personal": line.personal,
        "personal_sha256": event["personal_sha256"],
        "previous_sha256": event["previous_sha256"],
        "sha256": event["sha256"],
    }


def note_reading(database: Database, actor: Actor, now: datetime) -> None:
    """Who reads what is personal in the audit stands in it too, once an hour."""
    require(actor, Right.AUDIT_READ)
    with database.reading() as session:
        last = memory.last_of(session, actor.account_id, *READ)
    if last is None or now - last >= READING_NOTED_EACH:
        with database.writing() as session:
            audit.record(session, actor, *READ)


def log_head(database: Database) -> None:
    """Say the chain's last number and hash to the log, at most once a minute when it has grown.

    A log that is kept off the machine is what proves the chain against who owns the machine.
    """
    told, now = _told.get(database), time.monotonic()
    if told is not None and now - told[0] < HEAD_SECONDS:
        return
    with database.reading() as session:
        head = memory.last_event(session)
    if head is not None and (told is None or head.number > told[1]):
        log.info("head number=%d sha256=%s at=%s", head.number, head.sha256, utc(head.at))
        _told[database] = (now, head.number)
