"""Many reports approved at once: each as if it were alone, and none hinders another."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from app.db.session import undone_unless_kept
from app.domain.access import Actor, Right, require
from app.domain.errors import NotFound, Refusal
from app.domain.workflow import Action
from app.schemas.bulk import ApprovalIn, ApprovalsIn
from app.schemas.fields import Sent
from app.schemas.reports import CommentIn
from app.services.filing import Circumstances, Precondition
from app.services.places import ReportKey
from app.services.report_views import status_seen
from app.services.reports import take_decision


def approve_all(
    session: Session, actor: Actor, sent: Sent[ApprovalsIn], given: Circumstances
) -> dict[str, Any]:
    """What became of each, in the order in which they were named; with the facts of a refusal
    where the door puts its sentence."""
    require(actor, Right.REPORT_APPROVE)
    asked = sent.judged()
    comment = Sent(CommentIn(comment=asked.comment))
    items = [_approve(session, actor, one, comment, given) for one in asked.reports]
    approved = sum(item["code"] is None for item in items)
    return {
        "items": items,
        "counts": {"approved": approved, "refused": len(items) - approved},
    }


def _approve(
    session: Session,
    actor: Actor,
    one: ApprovalIn,
    comment: Sent[CommentIn],
    given: Circumstances,
) -> dict[str, Any]:
    key = ReportKey(one.programme, one.period, one.unit)
    versions = None if one.version is None else frozenset({one.version})
    given = replace(given, precondition=Precondition(versions))
    item: dict[str, Any] = {**key._asdict(), "status": None, "code": None, "facts": {}}
    try:
        with undone_unless_kept(session) as outcome:
            decided = take_decision(session, actor, key, Action.APPROVE, comment, given=given)
            outcome.kept = True
        return item | {"status": decided.head.status.value}
    except Refusal as refusal:
        facts = {name: str(fact) for name, fact in refusal.facts.items()}
        return item | {"status": _status(session, actor, key), "code": refusal.code, "facts": facts}


def _status(session: Session, actor: Actor, key: ReportKey) -> str | None:
    try:
        return status_seen(session, actor, key).value
    except NotFound:
        return None
