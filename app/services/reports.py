"""Reports: file, read, and take a decision on."""

from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import queries
from app.db.queries import Head
from app.db.session import stamp
from app.domain import workflow
from app.domain.access import Actor, Right
from app.domain.errors import Fault, Invalid, NotFound, PreconditionRequired
from app.domain.workflow import Action, Status
from app.schemas.fields import Sent
from app.schemas.reports import CommentIn, ReceiptOut, ReportOut, ReportSent
from app.services import places
from app.services.filing import Circumstances, Precondition, Step, carry_out, digest
from app.services.judging import judged
from app.services.places import Place, ReportKey
from app.services.report_views import as_report, head_seen, receipt_of, sight


class Filed(NamedTuple):
    report: ReportOut
    version: int
    created: bool


class Decided(NamedTuple):
    """A report with a decision taken on it, before it is written out for anybody."""

    place: Place
    head: Head
    rows: list[dict[str, Any]]
    receipt: ReceiptOut | None


def put_report(
    session: Session, actor: Actor, key: ReportKey, sent: ReportSent, given: Circumstances
) -> Filed:
    """Replace the whole report. The same content in the same status again changes nothing."""
    place = places.to_do(session, actor, key, Right.REPORT_DRAFT)
    places.check_unit_lives(place)
    rows = judged(place, sent)
    sha256 = digest(place, rows)
    action = Action.SUBMIT if sent.submit else Action.DRAFT
    head = queries.head_of(session, place.period.id, place.unit.id)
    same = False
    if head is not None:
        same = sha256 == queries.revision_sha256(session, head.id, head.revision)
        wanted = Status.SUBMITTED if sent.submit else Status.DRAFT
        if same and head.status == wanted:
            report = as_report(session, place, head, rows, receipt_of(session, head))
            return Filed(report, head.version, created=False)
        if given.precondition == Precondition():
            raise PreconditionRequired()
    given.precondition.check(head.version if head else None)
    status = workflow.after(head.status if head else Status.DRAFT, action)
    places.check_open(session, place, given.now)
    at = stamp(session).take()
    step = Step(action, status, None, given, sha256, at, None if same else rows)
    after, receipt = carry_out(session, actor, place, head, step)
    report = as_report(session, place, after, rows, receipt)
    return Filed(report, after.version, created=head is None)


def decide(  # noqa: PLR0913 - who, what, to which report, with what words
    session: Session,
    actor: Actor,
    key: ReportKey,
    action: Action,
    sent: Sent[CommentIn],
    *,
    given: Circumstances,
) -> Filed:
    """Submit, withdraw, endorse, approve, return or reopen a report as it stands."""
    place, head, rows, receipt = take_decision(session, actor, key, action, sent, given=given)
    receipt = receipt or receipt_of(session, head)
    return Filed(as_report(session, place, head, rows, receipt), head.version, created=False)


def take_decision(  # noqa: PLR0913 - who, what, to which report, with what words
    session: Session,
    actor: Actor,
    key: ReportKey,
    action: Action,
    sent: Sent[CommentIn],
    *,
    given: Circumstances,
) -> Decided:
    """The same without writing the report out: many at once would cost too much."""
    place = places.to_read(session, actor, key)
    head = queries.head_of(session, place.period.id, place.unit.id)
    seen = None if head is None else sight(actor, head)
    if head is None or seen is None:
        raise NotFound(what=key.path)
    own = queries.wrote_revision(session, head.id, seen.revision, actor.account_id)
    places.to_do(session, actor, key, Right(f"report:{action}"), own=own)
    comment = sent.judged().comment
    workflow.check_comment(action, comment)
    given.precondition.check(seen.version)
    # Where the unit has a draft in hand, the report is still with the unit for the centre.
    workflow.after(seen.status, action)
    status = workflow.after(head.status, action)
    rows = queries.values_of(session, head.id, head.revision)
    if action in (Action.SUBMIT, Action.WITHDRAW):
        places.check_unit_lives(place)
        places.check_open(session, place, given.now)
    if action is Action.SUBMIT and not rows:
        raise Invalid([Fault("/values", "invalid", {"reason": "nothing_to_submit"})])
    sha256 = queries.revision_sha256(session, head.id, head.revision)
    step = Step(action, status, comment, given, sha256, stamp(session).take())
    after, receipt = carry_out(session, actor, place, head, step)
    return Decided(place, after, rows, receipt)


def read_report(session: Session, actor: Actor, key: ReportKey) -> Filed:
    """As the caller may see it: its unit's people with their draft, the centre without."""
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    rows = queries.values_of(session, seen.id, seen.revision)
    receipt = receipt_of(session, seen)
    return Filed(as_report(session, place, seen, rows, receipt), seen.version, created=False)
