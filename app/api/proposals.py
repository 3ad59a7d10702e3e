"""Changes of the rules over JSON, and the second administrator who confirms them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import (
    Cursor,
    Limit,
    Made,
    Page,
    answered_once,
    creation,
    page,
    refusals,
    takes,
)
from app.deps import App, CurrentActor, Db, Idempotency, Now, Once, Service, sent_as
from app.domain.access import Actor
from app.domain.proposals import ProposalState
from app.schemas.fields import Sent
from app.schemas.proposals import ProposalLine, ProposalOut
from app.schemas.reports import CommentIn
from app.services import proposals
from app.services.proposals import Change

router = APIRouter(prefix="/proposals", tags=["proposals"], responses=refusals(403))
WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": ProposalLine, "description": "Waits for a second administrator (by a setting)"}
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a door to a change of the rules knows of the request. `two`: it needs two people."""

    app: Service
    actor: Actor
    now: datetime
    idempotency: Idempotency

    @property
    def two(self) -> bool:
        return bool(self.app.settings.two_administrators)


async def _asked(app: App, actor: CurrentActor, now: Now, idempotency: Once) -> Asked:
    return Asked(app, actor, now, idempotency)


RuleAsked = Annotated[Asked, Depends(_asked)]


def change_rules(asked: Asked, change: Change, where: Callable[[Any], str]) -> Response:
    """201 with what was made and `where` it is; 202 with a proposal where that needs two people."""
    if asked.two:
        return proposed(asked, change)

    def make(session: Any) -> tuple[Any, str]:
        made = proposals.carry_out(session, asked.actor, change, asked.now)
        return made, where(made)

    return creation(asked.app, asked.actor, asked.idempotency, make)


def proposed(asked: Asked, change: Change) -> Response:
    """202; 200 with what there is where nothing would change."""

    def make(session: Any) -> Made:
        answer, waits = proposals.propose(session, asked.actor, change, asked.now)
        return Made(answer, answer["links"]["self"], 202) if waits else Made(answer, "", 200)

    return answered_once(asked.app, asked.actor, asked.idempotency, make)


@router.get("", response_model=Page[ProposalLine], responses=refusals(400))
def get_proposals(
    request: Request,
    db: Db,
    actor: CurrentActor,
    state: Annotated[list[ProposalState], Query()] = [],  # noqa: B006 - FastAPI copies it
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """Newest first."""
    with db.reading() as session:
        return page(request, proposals.read_proposals(session, actor, state), cursor, limit)


@router.get("/{id}", response_model=ProposalOut)
def get_proposal(request: Request, db: Db, actor: CurrentActor, id: str) -> Response:
    """With what was sent, and what it would have changed when it was proposed."""
    with db.reading() as session:
        return reply(request, to_json(proposals.read_proposal(session, actor, id)))


_DECIDED: dict[str, Any] = {
    "response_model": ProposalLine,
    "responses": refusals(409, 413),
    "openapi_extra": takes(CommentIn, required=False),
}
Comment = Annotated[Sent[CommentIn], sent_as(CommentIn, optional=True)]


@router.post("/{id}/confirm", **_DECIDED)
def post_confirm(
    request: Request, db: Db, actor: CurrentActor, now: Now, id: str, sent: Comment
) -> Response:
    """It takes effect, in the name of who proposed it. What no longer fits is refused, and goes on
    waiting."""
    with db.writing() as session:
        confirmed = proposals.confirm(session, actor, id, sent, now=now)
    return reply(request, to_json(confirmed))


@router.post("/{id}/refuse", **_DECIDED)
def post_refuse(request: Request, db: Db, actor: CurrentActor, id: str, sent: Comment) -> Response:
    """It never takes effect; the comment says why."""
    with db.writing() as session:
        refused = proposals.refuse(session, actor, id, sent)
    return reply(request, to_json(refused))


@router.post("/{id}/withdraw", **_DECIDED)
def post_withdraw(
    request: Request, db: Db, actor: CurrentActor, id: str, sent: Comment
) -> Response:
    """By whoever proposed it."""
    with db.writing() as session:
        withdrawn = proposals.withdraw(session, actor, id, sent)
    return reply(request, to_json(withdrawn))
