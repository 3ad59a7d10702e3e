"""Public links over JSON: made, listed, revoked. What they show is a page."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Now, Once, sent_as
from app.schemas.fields import Sent
from app.schemas.public_links import PublicLinkIn, PublicLinkLine, PublicLinkOut
from app.services import public_links

router = APIRouter(prefix="/public-links", tags=["snapshots"], responses=refusals(403))


@router.get("", response_model=Page[PublicLinkLine], responses=refusals(400))
def get_public_links(
    request: Request,
    db: Db,
    actor: CurrentActor,
    now: Now,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """Newest first."""
    with db.reading() as session:
        return page(request, public_links.read_links(session, actor, now), cursor, limit)


@router.post(
    "",
    status_code=201,
    response_model=PublicLinkOut,
    responses=refusals(409, 413),
    openapi_extra=takes(PublicLinkIn),
)
def post_public_link(
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    sent: Annotated[Sent[PublicLinkIn], sent_as(PublicLinkIn)],
) -> Response:
    """The address is in this one answer only; a replay of it comes without."""
    where = app.settings.public_url

    def make(session: Any) -> tuple[Any, str]:
        made = public_links.create_link(session, actor, sent, where, now=now)
        return made, f"/api/v1/public-links/{made['id']}"

    return creation(app, actor, idempotency, make, secret="url")  # noqa: S106 - a field's name


@router.delete("/{id}", status_code=204)
def delete_public_link(db: Db, actor: CurrentActor, now: Now, id: str) -> Response:
    """Revoked: from the next request on it opens nothing."""
    with db.writing() as session:
        public_links.revoke_link(session, actor, id, now)
    return Response(status_code=204)
