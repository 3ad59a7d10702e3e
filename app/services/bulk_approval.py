"""Many reports decided on at once: each as if it were alone, and none hinders another."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from app.db.session import undone_unless_kept
from app.domain.access import Actor, Right, require
from app.domain.errors import NotFound, Refusal
from app.domain.workflow import Action, check_comment
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
    items = [_decide(session, actor, one, (Action.APPROVE, asked), given) for one in asked.reports]
    approved = sum(item["code"] is None for item in items)
    return {
        "items": items,
        "counts": {"approved": approved, "refused": len(items) - approved},
    }


def return_all(
    session: Session, actor: Actor, sent: Sent[ApprovalsIn], given: Circumstances
) -> list[dict[str, Any]]:
    """The same for sending back, with one comment that every unit is told: CommentRequired."""
    require(actor, Right.REPORT_RETURN)
    asked = sent.judged()
    check_comment(Action.RETURN, asked.comment)
    return [_decide(session, actor, one, (Action.RETURN, asked), given) for one in asked.reports]


def _decide(
    session: Session,
    actor: Actor,
    one: ApprovalIn,
    what: tuple[Action, ApprovalsIn],
    given: Circumstances,
) -> dict[str, Any]:
    key, (action, asked) = ReportKey(one.programme, one.period, one.unit), what
    versions = None if one.version is None else frozenset({one.version})
    given = replace(given, precondition=Precondition(versions))
    comment = Sent(CommentIn(comment=asked.comment))
    item: dict[str, Any] = {**key._asdict(), "status": None, "code": None, "facts": {}}
    try:
        with undone_unless_kept(session) as outcome:
            decided = take_decision(session, actor, key, action, comment, given=given)
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
