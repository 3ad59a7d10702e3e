"""Reports: file, read, and take a decision on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import memory, queries
from app.db.queries import Head
from app.db.session import stamp
from app.domain import breakdown, workflow
from app.domain import values as rules
from app.domain.access import Actor
from app.domain.errors import (
    Fault,
    Invalid,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from app.domain.periods import is_late, utc
from app.domain.targets import Target, ValueKind
from app.domain.workflow import Action, Standing, Status
from app.schemas.fields import Sent
from app.schemas.reports import CommentIn, ReceiptOut, ReportOut, ReportSent, ValueIn
from app.services import audit, places
from app.services.places import Place, ReportKey
from app.services.receipts import Signer, content_sha256
from app.services.report_views import as_content, as_report, receipt_of, sight


class Precondition(NamedTuple):
    """What the caller believes is stored. `versions` None: it did not say; empty: any."""

    versions: frozenset[int] | None = None
    must_be_new: bool = False

    def check(self, version: int | None) -> None:
        """PreconditionFailed when `version` (None: nothing stored) is not what was believed."""
        if self.must_be_new and version is not None:
            raise PreconditionFailed()
        if self.versions is not None and (
            version is None or (self.versions and version not in self.versions)
        ):
            raise PreconditionFailed()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What comes with a report beside its content. `now` is when the request was received."""

    now: datetime
    signer: Signer
    precondition: Precondition = Precondition()
    channel: str = "api"


class Filed(NamedTuple):
    report: ReportOut
    version: int
    created: bool


def put_report(
    session: Session, actor: Actor, key: ReportKey, sent: ReportSent, given: Circumstances
) -> Filed:
    """Replace the whole report. The same content in the same status again changes nothing."""
    place = places.to_write(session, actor, key)
    places.check_unit_lives(place)
    rows = _judged(place, sent)
    sha256 = content_sha256({"report": key.path, "values": [as_content(place, r) for r in rows]})
    action = Action.SUBMIT if sent.submit else Action.DRAFT
    head = queries.head_of(session, place.period.id, place.unit.id)
    if head is not None:
        same = sha256 == queries.revision_sha256(session, head.id, head.revision)
        wanted = Status.SUBMITTED if sent.submit else Status.DRAFT
        if same and head.status == wanted:
            receipt = receipt_of(session, head)
            return Filed(
                as_report(session, place, head, rows, receipt), head.version, created=False
            )
        if given.precondition == Precondition():
            raise PreconditionRequired()
    else:
        same = False
    given.precondition.check(head.version if head else None)
    status = workflow.after(head.status if head else Status.DRAFT, action)
    places.check_open(place, given.now)
    before = head or _no_head(place)
    at = stamp(session).take()
    step = _Step(action, status, None, given, sha256, at)
    after = _after(place, before._replace(revision=before.revision + (not same)), step)
    if head is None:
        after = after._replace(id=memory.add_report(session, after))
    else:
        memory.move_head(session, head, after)
    if not same:
        _add_revision(session, actor, after, rows, step)
    receipt = _record(session, actor, place, (before, after), step)
    return Filed(
        as_report(session, place, after, rows, receipt), after.version, created=head is None
    )


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
    place = places.to_read(session, actor, key)
    head = queries.head_of(session, place.period.id, place.unit.id)
    seen = None if head is None else sight(actor, head)
    if head is None or seen is None:
        raise NotFound(what=key.path)
    actor.require(*workflow.MAY[action])
    if not actor.at_centre:
        places.to_write(session, actor, key)
    comment = sent.judged().comment
    workflow.check_comment(action, comment)
    given.precondition.check(seen.version)
    # Where the unit has a draft in hand, the report is still with the unit for the centre.
    workflow.after(seen.status, action)
    status = workflow.after(head.status, action)
    rows = queries.values_of(session, head.id, head.revision)
    if action in (Action.SUBMIT, Action.WITHDRAW):
        places.check_unit_lives(place)
        places.check_open(place, given.now)
    if action is Action.SUBMIT and not rows:
        raise Invalid([Fault("/values", "invalid", {"reason": "nothing_to_submit"})])
    if action is Action.APPROVE and queries.wrote_revision(
        session, head.id, head.revision, actor.account_id
    ):
        raise NotAllowed(role=actor.role, reason="four_eyes")
    sha256 = queries.revision_sha256(session, head.id, head.revision)
    step = _Step(action, status, comment, given, sha256, stamp(session).take())
    after = _after(place, head, step)
    memory.move_head(session, head, after)
    receipt = _record(session, actor, place, (head, after), step) or receipt_of(session, after)
    return Filed(as_report(session, place, after, rows, receipt), after.version, created=False)


def read_report(session: Session, actor: Actor, key: ReportKey) -> Filed:
    """As the caller may see it: its unit's people with their draft, the centre without."""
    place = places.to_read(session, actor, key)
    head = queries.head_of(session, place.period.id, place.unit.id)
    seen = None if head is None else sight(actor, head)
    if seen is None:
        raise NotFound(what=key.path)
    rows = queries.values_of(session, seen.id, seen.revision)
    receipt = receipt_of(session, seen)
    return Filed(as_report(session, place, seen, rows, receipt), seen.version, created=False)


def _judged(place: Place, sent: ReportSent) -> list[dict[str, Any]]:
    """Rows for `report_value`; Invalid with every fault of shape and of rule at once."""
    faults, rows, seen = list(sent.faults), [], set()
    for pointer, line in sent.lines:
        target = place.programme.target(line.target, place.period.period.ends_on)
        facts = {"target": line.target, "programme": place.programme.code}
        if target is None:
            faults.append(Fault(f"{pointer}/target", "unknown_target", facts))
            continue
        if line.target in seen:
            faults.append(Fault(f"{pointer}/target", "duplicate_row", {"value": line.target}))
        seen.add(line.target)
        computed = target.value_kind is ValueKind.ALL_OF
        if not computed and not target.expected(place.unit, place.period.period):
            facts |= {"unit": place.unit.code, "period": place.period.code}
            faults.append(Fault(f"{pointer}/target", "unit_not_expected", facts))
        elif not computed and not target.asked_in(place.period.period):
            facts |= {"reason": "period_not_asked", "period": place.period.code}
            faults.append(Fault(f"{pointer}/target", "invalid", facts))
        faults += rules.faults(target, line.as_value(), pointer)
        if (parts := line.as_parts()) is not None:
            faults += breakdown.faults(target, line.as_value(), parts, pointer)
        rows.append(_row(line, target))
    if sent.submit and not sent.lines and not faults:
        faults.append(Fault("/values", "invalid", {"reason": "nothing_to_submit"}))
    if faults:
        raise Invalid(sorted(faults, key=_line_of))
    return sorted(rows, key=lambda row: int(row["target_id"]))


def _line_of(fault: Fault) -> int:
    """The line of a report that a fault stands in: faults come in the order of what was sent."""
    steps = fault.place.split("/")
    return int(steps[2]) if len(steps) > 2 and steps[1] == "values" else -1


def _row(line: ValueIn, target: Target) -> dict[str, Any]:
    parts = line.as_parts()
    told = target.breakdown and parts and breakdown.counted(target.breakdown, parts)
    return {
        "target_id": target.id,
        **line.as_value()._asdict(),
        "note": line.note,
        "evidence": line.evidence,
        "breakdown": breakdown.written(told) if told else None,
    }


def _no_head(place: Place) -> Head:
    return Head(
        id=0,
        period_id=place.period.id,
        unit_id=place.unit.id,
        version=0,
        status=Status.DRAFT,
        revision=0,
        centre_version=None,
        centre_status=None,
        centre_revision=None,
        approved_revision=None,
        submitted_at=None,
        late=False,
    )


class _Step(NamedTuple):
    """One event in a report's life: what is done, and what it leads to."""

    action: Action
    status: Status
    comment: str | None
    given: Circumstances
    sha256: str
    at: datetime


def _after(place: Place, head: Head, step: _Step) -> Head:
    version = head.version + 1
    after = head._replace(version=version, status=step.status)
    if step.action is Action.SUBMIT:
        # A report sent back keeps the day on which it first came in; a withdrawn one does not.
        kept = head.submitted_at is not None and head.status is not Status.WITHDRAWN
        kept = kept and head.centre_status is not Status.WITHDRAWN
        late = head.late if kept else is_late(step.given.now, place.period.due_on)
        after = after._replace(submitted_at=head.submitted_at if kept else step.at, late=late)
    if step.action is not Action.DRAFT:
        after = after._replace(
            centre_version=version, centre_status=step.status, centre_revision=head.revision
        )
    if step.action is Action.APPROVE:
        after = after._replace(approved_revision=head.revision)
    return after


def _add_revision(
    session: Session, actor: Actor, head: Head, rows: list[dict[str, Any]], step: _Step
) -> None:
    memory.add_revision(
        session,
        {
            "report_id": head.id,
            "revision": head.revision,
            "at": step.at,
            "account_id": actor.account_id,
            "channel": step.given.channel,
            "content_sha256": step.sha256,
        },
        [{"report_id": head.id, "revision": head.revision, **row} for row in rows],
    )


def _record(
    session: Session, actor: Actor, place: Place, moved: tuple[Head, Head], step: _Step
) -> ReceiptOut | None:
    """The event, what counts now, the audit; a receipt for what was handed in."""
    before, after = moved
    receipt: ReceiptOut | None = None
    if step.action is Action.SUBMIT:
        signature = step.given.signer.sign(step.sha256, step.at, place.key.path)
        receipt = {"hash": step.sha256, "at": utc(step.at), "signature": signature}
    memory.add_event(
        session,
        {
            "report_id": after.id,
            "version": after.version,
            "revision": after.revision,
            "action": step.action,
            "status": step.status,
            "at": step.at,
            "account_id": actor.account_id,
            "comment": step.comment,
            "late": after.late if receipt else None,
            "receipt_sha256": step.sha256 if receipt else None,
            "receipt_signature": receipt["signature"] if receipt else None,
        },
    )
    _put_in_force(session, before, after, step.action)
    detail = {"revision": after.revision, "version": after.version, "status": step.status.value}
    if step.comment:
        detail["comment"] = step.comment
    audit.record(session, actor, f"report:{step.action}", place.key.path, detail)
    return receipt


def _put_in_force(session: Session, before: Head, after: Head, action: Action) -> None:
    """Rule 17: drafts never count; an approved revision counts until the next approval."""
    if action is Action.DRAFT:
        return
    if action is Action.APPROVE:
        memory.put_in_force(session, after, Standing.APPROVED, after.revision)
        return
    handed_in = workflow.counting(
        Standing.SUBMITTED, after.status, after.revision, after.approved_revision
    )
    held = before.centre_version is not None
    memory.put_in_force(session, after, Standing.SUBMITTED, handed_in, replaces=held)
