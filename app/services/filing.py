"""How a report moves on: its head, its revisions, what counts now, the event, the audit, a receipt.

Every door comes here: a report put as JSON or by workbook, and every decision on one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import memory, queries
from app.db.queries import Head
from app.domain import workflow
from app.domain.access import Actor
from app.domain.errors import PreconditionFailed
from app.domain.periods import is_late, utc
from app.domain.workflow import Action, Standing, Status
from app.schemas.reports import ReceiptOut
from app.services import audit, notices
from app.services.places import Place
from app.services.receipts import Signer, content_sha256
from app.services.report_views import as_content


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


class Step(NamedTuple):
    """One event in a report's life: what is done, and what it leads to. `rows` None: the content
    stays as it is and makes no revision."""

    action: Action
    status: Status
    comment: str | None
    given: Circumstances
    sha256: str
    at: datetime
    rows: list[dict[str, Any]] | None = None


class Written(NamedTuple):
    """The head as it is now; a receipt for what was handed in."""

    head: Head
    receipt: ReceiptOut | None


def digest(place: Place, rows: Sequence[Mapping[str, Any]]) -> str:
    """Of a report's whole content: equal for reports that say the same."""
    values = [as_content(place, row) for row in rows]
    return content_sha256({"report": place.key.path, "values": values})


def carry_out(
    session: Session, actor: Actor, place: Place, head: Head | None, step: Step
) -> Written:
    """Take a step that the workflow allows. `head` None: the first report on the place."""
    before = head or queries.no_head(place.period.id, place.unit.id)
    held = _held(actor, place, before, step.action)
    revised = before._replace(revision=before.revision + (step.rows is not None))
    after = _after(place, revised, step, held=held)
    if head is None:
        after = after._replace(id=memory.add_report(session, after))
    else:
        memory.move_head(session, head, after)
    if step.rows is not None:
        _add_revision(session, actor, after, step.rows, step)
    if not held:
        _put_in_force(session, before, after, step.action)
    receipt = _record(session, actor, place, after, step, held=held)
    notices.of_step(session, place, after, (step.action, step.comment), step.given.now)
    return Written(after, receipt)


def _held(actor: Actor, place: Place, head: Head, action: Action) -> bool:
    """Whether a step of submitting, or of taking that back, stays inside the unit until its own
    approver endorses. What the centre brings in itself is the centre's at once."""
    if action is Action.SUBMIT:
        return place.unit.endorsement and not actor.at_centre
    return action is Action.WITHDRAW and head.held


def _after(place: Place, head: Head, step: Step, *, held: bool) -> Head:
    version = head.version + 1
    after = head._replace(version=version, status=step.status)
    if step.action is Action.SUBMIT and head.submitted_at is None:
        late = is_late(step.given.now, place.period.due_on)
        after = after._replace(submitted_at=step.at, late=late)
    if workflow.forgets_day(step.action, head.centre_status, held=held):
        after = after._replace(submitted_at=None, late=False)
    if step.action is not Action.DRAFT and not held:
        after = after._replace(
            centre_version=version, centre_status=step.status, centre_revision=head.revision
        )
    if step.action is Action.APPROVE:
        after = after._replace(approved_revision=head.revision)
    return after


def _add_revision(
    session: Session, actor: Actor, head: Head, rows: list[dict[str, Any]], step: Step
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


def _record(  # noqa: PLR0913 - who did what where, what it led to, and who is told
    session: Session, actor: Actor, place: Place, after: Head, step: Step, *, held: bool
) -> ReceiptOut | None:
    """The event and the audit; a receipt for what was handed in."""
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
            "held": held,
            "receipt_sha256": step.sha256 if receipt else None,
            "receipt_signature": receipt["signature"] if receipt else None,
        },
    )
    detail = {"revision": after.revision, "version": after.version, "status": step.status.value}
    if step.comment:
        detail["comment"] = step.comment
    if held:
        detail["held"] = True
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
