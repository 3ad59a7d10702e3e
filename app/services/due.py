"""What a unit's people have to report, by when, and how far it has come."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session

from app.db import exceptions, queries
from app.db.queries import EventRow, Head, ReportFilter
from app.domain.access import Actor, Answer, Right, can, require
from app.domain.errors import NotFound
from app.domain.periods import day_in_vietnam
from app.domain.targets import Catalogue
from app.domain.workflow import NEEDS_COMMENT, WRITABLE, Status
from app.services import places
from app.services.definitions import catalogue
from app.services.places import Place, ReportKey, subject_of
from app.services.report_views import sight

MOST_REPORTS = 10_000
# As the centre has it, whatever the unit has drafted since.
SENT_BACK = (Status.RETURNED, Status.REOPENED)


class Stage(StrEnum):
    """Whose turn it is. BACK: sent back to be mended; TO_CONFIRM: held until the unit's approver
    has confirmed; SHUT: not handed in, and no longer accepted."""

    BACK = "back"
    TO_DO = "to_do"
    TO_CONFIRM = "to_confirm"
    COMING = "coming"
    HANDED_IN = "handed_in"
    APPROVED = "approved"
    SHUT = "shut"


class DueReport(NamedTuple):
    """One report that is asked of a unit. `told` of `asked` values stand in its latest revision;
    `sent_back` is the step that says why; `until`: how long an exception of the unit runs."""

    place: Place
    stage: Stage
    status: Status | None
    told: int
    asked: int
    late: bool
    submitted_at: datetime | None
    days_left: int | None
    until: datetime | None
    sent_back: EventRow | None
    may_write: bool


def due(session: Session, actor: Actor, now: datetime) -> list[DueReport]:
    """Every report asked of the caller's unit, and of those it came from; nothing at the centre.
    The one whose due day is nearest comes first, before or after it."""
    require(actor, Right.REPORT_READ)
    if actor.unit is None:
        return []
    found = list(_asked(session, actor, now))
    return sorted(found, key=lambda one: (one.days_left is None, abs(one.days_left or 0)))


def not_begun(session: Session, actor: Actor, key: ReportKey, now: datetime) -> DueReport:
    """A report that is asked of its unit, and of which the caller has nothing to see yet: at the
    centre a draft is not told from none. NotFound for any other."""
    place = places.to_read(session, actor, key)
    asked = place.programme.asked(place.unit, place.period.period)
    head = queries.head_of(session, place.period.id, place.unit.id)
    if not asked or (head is not None and sight(actor, head) is not None):
        raise NotFound(what=key.path)
    until = exceptions.until_of(session, place.period.id, place.unit.id)
    return _line(session, actor, place, (None, (0, asked), until), now)


def _asked(session: Session, actor: Actor, now: datetime) -> Iterator[DueReport]:
    defined = catalogue(session)
    codes = [code for code in (actor.unit, *places.predecessors_of(defined, actor.unit)) if code]
    heads = _heads(session, defined, codes)
    told = queries.values_in_revisions(session, heads.values())
    until = exceptions.until_of_units(session, [defined.units[code].id for code in codes])
    for programme in defined.programmes.values():
        for period in programme.periods.values():
            for code in codes:
                unit = defined.units[code]
                if asked := programme.asked(unit, period.period):
                    place, key = Place(defined, programme, period, unit), (period.id, unit.id)
                    head = heads.get(key)
                    counted = (told.get(head.id, 0) if head else 0, asked)
                    yield _line(session, actor, place, (head, counted, until.get(key)), now)


def _heads(session: Session, defined: Catalogue, codes: list[str]) -> dict[tuple[int, int], Head]:
    """The units' reports as they have them, drafts as well, by period and unit."""
    units = [defined.units[code].id for code in codes]
    periods = [period.id for one in defined.programmes.values() for period in one.periods.values()]
    wanted = ReportFilter(periods, units, (), units, after_id=0, limit=MOST_REPORTS)
    return {(head.period_id, head.unit_id): head for head in queries.heads(session, wanted)}


def _line(
    session: Session,
    actor: Actor,
    place: Place,
    held: tuple[Head | None, tuple[int, int], datetime | None],
    now: datetime,
) -> DueReport:
    head, (told, asked), until = held
    period, today = place.period, day_in_vietnam(now)
    excepted = until is not None and now < until
    shut = None if excepted else places.why_shut(period, now)
    is_open, begun = shut is None, period.period.starts_on <= today
    begun = begun and (shut is None or shut.facts["reason"] != "not_open")
    stage = _stage(head, is_open=is_open, begun=begun)
    sent_back = None
    if head is not None and stage is Stage.BACK:
        steps = queries.events_of(session, head.id)
        sent_back = next((one for one in steps[::-1] if one.action in NEEDS_COMMENT), None)
    may = can(actor, Right.REPORT_DRAFT, subject_of(actor, place)) is Answer.YES
    return DueReport(
        place=place,
        stage=stage,
        status=head.status if head else None,
        told=told,
        asked=asked,
        late=bool(head and head.late),
        submitted_at=head.submitted_at if head else None,
        days_left=_days(period.due_on, today),
        until=until if excepted else None,
        sent_back=sent_back,
        may_write=may and is_open and (head is None or head.status in WRITABLE),
    )


def _stage(head: Head | None, *, is_open: bool, begun: bool) -> Stage:
    if head is None or head.status in WRITABLE:
        if head is not None and head.centre_status in SENT_BACK:
            return Stage.BACK
        if is_open and (begun or head is not None):
            return Stage.TO_DO
        return Stage.SHUT if begun else Stage.COMING
    if head.status is Status.APPROVED:
        return Stage.APPROVED
    return Stage.TO_CONFIRM if head.held else Stage.HANDED_IN


def _days(due_on: date | None, today: date) -> int | None:
    return None if due_on is None else (due_on - today).days
