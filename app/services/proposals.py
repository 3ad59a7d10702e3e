"""The second pair of eyes: a change of the rules waits until another administrator confirms it.

It is carried out in full, so that everything wrong with it is told at once, then undone and kept;
confirming carries the same use case out again. The operator's command line and the seeding of the
catalogue do not come here: who holds the machine holds the database.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import proposals as kept
from app.db.proposals import ProposalRow
from app.db.session import stamp, undone_unless_kept
from app.domain.access import MAY, Actor, Right, Role, Subject, require
from app.domain.chain import content_sha256
from app.domain.errors import CommentRequired, NotFound, WrongStatus
from app.domain.periods import day_in_vietnam, utc
from app.domain.proposals import PROPOSED, ProposalState
from app.schemas.catalogue import DecisionIn
from app.schemas.fields import Contract, Sent, read
from app.schemas.proposals import ProposalLine, ProposalOut, ProposedChange
from app.schemas.registers import RegistersIn, RegistersSent, read_rows
from app.schemas.reports import CommentIn
from app.schemas.targets import TargetRevisionIn
from app.schemas.units import SuccessionIn
from app.services import audit, outbox
from app.services.grants import is_valid, known_grants
from app.services.periods import decide_period
from app.services.registers import put_registers
from app.services.successions import create_succession
from app.services.targets import revise_target


class Change(NamedTuple):
    """A change of the rules: the right it needs, where (codes of the path), and what was sent."""

    kind: Right
    place: Mapping[str, str]
    sent: Any


class _Rule(NamedTuple):
    """What a kind of change is. `subject` is the path below /api/v1, with codes of the place and
    the content; `contract` what is sent."""

    subject: str
    contract: type[Contract]
    use_case: Callable[[Session, Actor, Change, datetime], Any]


def _target(session: Session, actor: Actor, change: Change, _now: datetime) -> Any:
    place = change.place
    return revise_target(session, actor, place["programme"], place["target"], change.sent)


def _registers(session: Session, actor: Actor, change: Change, _now: datetime) -> Any:
    return put_registers(session, actor, change.sent)


def _succession(session: Session, actor: Actor, change: Change, _now: datetime) -> Any:
    return create_succession(session, actor, change.sent, dry_run=False)


def _decision(session: Session, actor: Actor, change: Change, now: datetime) -> Any:
    place = change.place
    return decide_period(session, actor, place["programme"], place["period"], change.sent, now=now)


RULES: dict[Right, _Rule] = {
    Right.CATALOGUE_REVISE: _Rule(
        "programmes/{programme}/targets/{target}", TargetRevisionIn, _target
    ),
    Right.REGISTER_PUT: _Rule("registers", RegistersIn, _registers),
    Right.SUCCESSION_CREATE: _Rule("successions/{effective_on}", SuccessionIn, _succession),
    Right.PERIOD_REVISE: _Rule("periods/{programme}/{period}/decision", DecisionIn, _decision),
}


def carry_out(session: Session, actor: Actor, change: Change, now: datetime) -> Any:
    return RULES[change.kind].use_case(session, actor, change, now)


class Carried(NamedTuple):
    """`answer` is the proposal; where nothing would change, what the use case says to that."""

    answer: Any
    waits: bool


class Rehearsed(NamedTuple):
    """What the use case answers, and what the audit would say of it."""

    answer: Any
    changes: list[ProposedChange]


def rehearse(session: Session, actor: Actor, change: Change, now: datetime) -> Rehearsed:
    """What the change would do; nothing of it stays. Refused where it does not fit."""
    mark = stamp(session)
    first = len(mark.events)
    with undone_unless_kept(session):
        answer = carry_out(session, actor, change, now)
        changes: list[ProposedChange] = [
            {"action": event["action"], "subject": event["subject"], "detail": event["detail"]}
            for event, _ in mark.events[first:]
        ]
    return Rehearsed(answer, changes)


def propose(session: Session, actor: Actor, change: Change, now: datetime) -> Carried:
    """Keep the change for a second administrator, once it is known to fit; refused as it would be
    at once where it does not."""
    answer, changes = rehearse(session, actor, change, now)
    if not changes:
        return Carried(answer, waits=False)
    content = _kept(change.sent)
    id_ = secrets.token_hex(8)
    subject = RULES[change.kind].subject.format(**{**content, **change.place})
    row = {
        "id": id_,
        "kind": change.kind.value,
        "subject": subject,
        "place": dict(change.place),
        "content": content,
        "changes": changes,
        "at": stamp(session).at,
        "account_id": actor.account_id,
        "state": ProposalState.OPEN,
    }
    kept.add_proposal(session, row)
    sha256 = content_sha256({name: row[name] for name in PROPOSED})
    detail = {"kind": change.kind.value, "changes": subject, "content_sha256": sha256}
    audit.record(session, actor, "proposal:create", f"proposals/{id_}", detail)
    proposal = _found(session, id_)
    others = _deciders(session, now) - {actor.account_id}
    outbox.tell(session, "proposal", f"proposal/{id_}", sorted(others), _facts(proposal))
    return Carried(_line(proposal), waits=True)


def _kept(sent: Sent[Contract] | RegistersSent) -> dict[str, Any]:
    """What was said and nothing else: a revision leaves out what stays as it was."""
    if isinstance(sent, RegistersSent):
        rows = [row.model_dump(mode="json") for _, row in sent.rows]
        return {"rows": rows, "reason": sent.reason}
    return sent.judged().model_dump(mode="json", exclude_unset=True)


def _sent(kind: Right, content: dict[str, Any]) -> Any:
    if kind is Right.REGISTER_PUT:
        return read_rows(Sent(content))
    return read(RULES[kind].contract, Sent(content))


def confirm(
    session: Session, actor: Actor, id_: str, sent: Sent[CommentIn], *, now: datetime
) -> ProposalLine:
    """It takes effect, in the name of who proposed it. What no longer fits is refused as it would
    be for anybody, and goes on waiting."""
    proposal = _to_decide(session, actor, id_)
    comment = sent.judged().comment
    _decide(session, actor, proposal, ProposalState.CONFIRMED, comment)
    there, kind = kept.proposed(session, id_), Right(proposal.kind)
    author = Actor(proposal.account_id, proposal.by, Role.ADMIN, request_id=actor.request_id)
    change = Change(kind, there.place, _sent(kind, there.content))
    with audit.saying(session, confirmed_by=actor.account_id, proposal=id_):
        carry_out(session, author, change, now)
    facts = _facts(proposal) | {"comment": comment}
    outbox.tell(session, "confirmed", f"confirmed/{id_}", [proposal.account_id], facts)
    return _line(_found(session, id_))


def refuse(session: Session, actor: Actor, id_: str, sent: Sent[CommentIn]) -> ProposalLine:
    """It never takes effect; the comment says why."""
    proposal = _to_decide(session, actor, id_)
    comment = sent.judged().comment
    if not (comment or "").strip():
        raise CommentRequired(action="refuse")
    return _decide(session, actor, proposal, ProposalState.REFUSED, comment)


def withdraw(session: Session, actor: Actor, id_: str, sent: Sent[CommentIn]) -> ProposalLine:
    """Whoever proposed it thinks better of it."""
    require(actor, Right.PROPOSAL_READ)
    proposal = _found(session, id_)
    own = proposal.account_id == actor.account_id
    require(actor, Right.PROPOSAL_WITHDRAW, Subject(own=own))
    comment = sent.judged().comment
    return _decide(session, actor, proposal, ProposalState.WITHDRAWN, comment)


def read_proposals(
    session: Session, actor: Actor, states: Sequence[ProposalState]
) -> list[ProposalLine]:
    """Newest first; of every state when none is named."""
    require(actor, Right.PROPOSAL_READ)
    return [_line(one) for one in kept.proposals(session, states)]


def read_proposal(session: Session, actor: Actor, id_: str) -> ProposalOut:
    require(actor, Right.PROPOSAL_READ)
    found = _found(session, id_)
    there = kept.proposed(session, id_)
    changes: Any = there.changes
    return {**_line(found), "content": there.content, "changes": changes}


def _to_decide(session: Session, actor: Actor, id_: str) -> ProposalRow:
    """For another administrator than who proposed it (four eyes)."""
    require(actor, Right.PROPOSAL_READ)
    proposal = _found(session, id_)
    own = proposal.account_id == actor.account_id
    require(actor, Right.PROPOSAL_DECIDE, Subject(own=own))
    return proposal


def _found(session: Session, id_: str) -> ProposalRow:
    found = kept.proposal_of(session, id_)
    if found is None:
        raise NotFound(what=f"proposals/{id_}")
    return found


_VERB = {
    ProposalState.CONFIRMED: "confirm",
    ProposalState.REFUSED: "refuse",
    ProposalState.WITHDRAWN: "withdraw",
}


def _decide(
    session: Session,
    actor: Actor,
    proposal: ProposalRow,
    state: ProposalState,
    comment: str | None,
) -> ProposalLine:
    """WrongStatus (409) when it waits no longer."""
    decided = {"decided_at": stamp(session).at, "decided_by": actor.account_id}
    if not kept.decide(session, proposal.id, state=state, comment=comment, **decided):
        raise WrongStatus(reason="proposal_decided")
    detail = {"kind": proposal.kind, "changes": proposal.subject, "comment": comment}
    path = f"proposals/{proposal.id}"
    audit.record(session, actor, f"proposal:{_VERB[state]}", path, detail)
    return _line(_found(session, proposal.id))


def _deciders(session: Session, now: datetime) -> set[int]:
    """The accounts that hold a role today which may confirm."""
    roles, _ = MAY[Right.PROPOSAL_DECIDE]
    today = day_in_vietnam(now)
    held = [one for one in known_grants(session) if one.role in roles and is_valid(one, today)]
    return {one.account_id for one in held}


def _facts(proposal: ProposalRow) -> dict[str, Any]:
    """What letters quote."""
    line = _line(proposal)
    names = ("id", "kind", "subject", "by")
    return {name: line[name] for name in names}  # type: ignore[literal-required]


def _line(row: ProposalRow) -> ProposalLine:
    path = f"/api/v1/proposals/{row.id}"
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "state": row.state.value,
        "at": utc(row.at),
        "by": row.by,
        "decided_at": utc(row.decided_at) if row.decided_at else None,
        "decided_by": row.decided_by,
        "comment": row.comment,
        "links": {"self": path} | {verb: f"{path}/{verb}" for verb in _VERB.values()},
    }
