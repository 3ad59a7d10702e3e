"""Who the caller is, and tokens, over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Now, Once, sent_as
from app.schemas.fields import Sent
from app.schemas.tokens import Me, RotationIn, TokenIn, TokenLine, TokenOut
from app.services import tokens

router = APIRouter(tags=["access"], responses=refusals(403))


@router.get("/me", response_model=Me)
def get_me(request: Request, db: Db, actor: CurrentActor, now: Now) -> Response:
    with db.reading() as session:
        return reply(request, to_json(tokens.me(session, actor, now)))


@router.get("/tokens", response_model=Page[TokenLine], responses=refusals(400))
def get_tokens(
    request: Request, db: Db, actor: CurrentActor, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    with db.reading() as session:
        return page(request, tokens.read_tokens(session, actor), cursor, limit)


@router.post(
    "/tokens",
    status_code=201,
    response_model=TokenOut,
    responses=refusals(409, 413),
    openapi_extra=takes(TokenIn),
)
def post_token(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    sent: Annotated[Sent[TokenIn], sent_as(TokenIn)],
) -> Response:
    """The secret is in this one answer only; a replay of it comes without."""

    def make(session: Any) -> tuple[Any, str]:
        made = tokens.create_token(session, actor, sent)
        return made, f"/api/v1/tokens/{made['id']}"

    return creation(app, actor, idempotency, make, secret="token")  # noqa: S106 - a field's name


@router.post(
    "/tokens/{id}/rotate",
    status_code=201,
    response_model=TokenOut,
    responses=refusals(409, 413),
    openapi_extra=takes(RotationIn, required=False),
)
def post_rotation(
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    id: str,
    sent: Annotated[Sent[RotationIn], sent_as(RotationIn, optional=True)],
) -> Response:
    """A new token for the same account, role, unit and scopes; the old one opens a while longer."""

    def make(session: Any) -> tuple[Any, str]:
        made = tokens.rotate_token(session, actor, id, sent, now=now)
        return made, f"/api/v1/tokens/{made['id']}"

    return creation(app, actor, idempotency, make, secret="token")  # noqa: S106 - a field's name


@router.delete("/tokens/{id}", status_code=204)
def delete_token(db: Db, actor: CurrentActor, id: str) -> Response:
    """Revoked: from the next request on it opens nothing."""
    with db.writing() as session:
        tokens.revoke_token(session, actor, id)
    return Response(status_code=204)
