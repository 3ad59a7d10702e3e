"""What waits to be approved: in which order, and by whom it may be."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import queries
from app.db.queries import Head, ReportFilter
from app.domain.access import Actor, Answer, Right, can, require
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.domain.workflow import Status
from app.services import places
from app.services.definitions import catalogue
from app.services.places import Place, ReportKey, subject_of
from app.services.report_views import as_centre_sees, head_seen

WAITING = (Status.SUBMITTED, Status.ENDORSED)
MOST_WAITING = 10_000


class Waiting(NamedTuple):
    """A report as the centre has it. `may_approve` False: who asks wrote it (four eyes)."""

    place: Place
    version: int
    status: Status
    submitted_at: datetime | None
    late: bool
    may_approve: bool


def waiting(session: Session, actor: Actor) -> list[Waiting]:
    """What came in first comes first."""
    require(actor, Right.REPORT_APPROVE)
    defined = catalogue(session)
    found = _periods(defined)
    heads = _heads(session, list(found))
    wrote = queries.revisions_written_by(session, [one.id for one in heads], actor.account_id)
    listed = []
    for head in heads:
        place = Place(defined, *found[head.period_id], defined.by_id[head.unit_id])
        subject = subject_of(actor, place, own=(head.id, head.revision) in wrote)
        may = can(actor, Right.REPORT_APPROVE, subject) is Answer.YES
        listed.append(Waiting(place, head.version, head.status, head.submitted_at, head.late, may))
    return listed


def places_waiting(session: Session) -> list[Place]:
    """Of all programmes and periods, whoever asks."""
    defined = catalogue(session)
    found = _periods(defined)
    return [
        Place(defined, *found[head.period_id], defined.by_id[head.unit_id])
        for head in _heads(session, list(found))
    ]


def to_review(session: Session, actor: Actor, key: ReportKey) -> Place:
    """The place of a report that the centre has, for whoever decides on reports."""
    place = places.to_read(session, actor, key)
    head_seen(session, actor, place)
    require(actor, Right.REPORT_APPROVE, subject_of(actor, place))
    return place


def may_approve(session: Session, actor: Actor, place: Place) -> bool:
    """False where the one who asks wrote what is to be approved (four eyes)."""
    head = head_seen(session, actor, place)
    own = queries.wrote_revision(session, head.id, head.revision, actor.account_id)
    subject = subject_of(actor, place, own=own)
    return can(actor, Right.REPORT_APPROVE, subject) is Answer.YES


def _heads(session: Session, period_ids: list[int]) -> list[Head]:
    """As the centre has them, oldest first."""
    wanted = ReportFilter(period_ids, None, WAITING, (), after_id=0, limit=MOST_WAITING)
    seen = [as_centre_sees(head) for head in queries.heads(session, wanted)]
    heads = [head for head in seen if head is not None]
    return sorted(heads, key=lambda one: (one.submitted_at is None, one.submitted_at, one.id))


def _periods(defined: Catalogue) -> dict[int, tuple[Programme, ProgrammePeriod]]:
    return {
        period.id: (programme, period)
        for programme in defined.programmes.values()
        for period in programme.periods.values()
    }
