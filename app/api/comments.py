"""Comments on reports over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.api.reports import Key
from app.deps import App, CurrentActor, Db, Now, Once, sent_as
from app.schemas.comments import RemarkIn, RemarkOut
from app.schemas.fields import Sent
from app.services import comments

router = APIRouter(prefix="/reports", tags=["reports"], responses=refusals(403))
PLACE = "/{programme}/{period}/{unit}/comments"


@router.get(PLACE, response_model=Page[RemarkOut], responses=refusals(400))
def get_comments(
    request: Request,
    db: Db,
    actor: CurrentActor,
    key: Key,
    target: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """The thread of the report with the words of its decisions, or of one value with `target`."""
    with db.reading() as session:
        return page(request, comments.read_comments(session, actor, key, target), cursor, limit)


@router.post(
    PLACE,
    status_code=201,
    response_model=RemarkOut,
    responses=refusals(409, 413),
    openapi_extra=takes(RemarkIn),
)
def post_comment(
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    key: Key,
    sent: Annotated[Sent[RemarkIn], sent_as(RemarkIn)],
) -> Response:
    def make(session: Any) -> tuple[Any, str]:
        made = comments.add_comment(session, actor, key, sent, now)
        return made, f"/api/v1/{key.path}/comments"

    return creation(app, actor, idempotency, make)
