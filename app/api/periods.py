"""Reporting periods over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Now, Once, sent_as
from app.schemas.catalogue import DecisionIn, PeriodOut, PeriodPatch
from app.schemas.fields import Sent
from app.services import periods

router = APIRouter(prefix="/periods", tags=["periods"], responses=refusals(403))


@router.get("", response_model=Page[PeriodOut], responses=refusals(400))
def get_periods(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    with db.reading() as session:
        return page(request, periods.read_periods(session, actor, programme), cursor, limit)


@router.get("/{programme}/{period}", response_model=PeriodOut)
def get_period(
    request: Request, db: Db, actor: CurrentActor, programme: str, period: str
) -> Response:
    with db.reading() as session:
        return reply(request, to_json(periods.read_period(session, actor, programme, period)))


@router.patch(
    "/{programme}/{period}",
    response_model=PeriodOut,
    responses=refusals(413),
    openapi_extra=takes(PeriodPatch),
)
def patch_period(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: str,
    period: str,
    sent: Annotated[Sent[PeriodPatch], sent_as(PeriodPatch)],
) -> Response:
    with db.writing() as session:
        revised = periods.revise_period(session, actor, programme, period, sent)
    return reply(request, to_json(revised))


@router.post(
    "/{programme}/{period}/decision",
    status_code=201,
    response_model=PeriodOut,
    responses=refusals(413),
    openapi_extra=takes(DecisionIn),
)
def post_decision(
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    programme: str,
    period: str,
    sent: Annotated[Sent[DecisionIn], sent_as(DecisionIn)],
) -> Response:
    """The board judges the period on what was reported (rule 16)."""

    def make(session: Any) -> tuple[Any, str]:
        made = periods.decide_period(session, actor, programme, period, sent, now=now)
        return made, f"/api/v1/periods/{programme}/{period}"

    return creation(app, actor, idempotency, make)
