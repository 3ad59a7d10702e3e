"""Reporting periods over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.api.proposals import WAITS, RuleAsked, change_rules
from app.deps import App, CurrentActor, Db, Once, sent_as
from app.domain.access import Right
from app.schemas.catalogue import (
    DecisionIn,
    ExceptionIn,
    ExceptionOut,
    PeriodOut,
    PeriodPatch,
)
from app.schemas.fields import Sent
from app.services import exceptions, periods
from app.services.proposals import Change

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
    responses={**WAITS, **refusals(413)},
    openapi_extra=takes(DecisionIn),
)
def post_decision(
    asked: RuleAsked,
    programme: str,
    period: str,
    sent: Annotated[Sent[DecisionIn], sent_as(DecisionIn)],
) -> Response:
    """The board judges the period on what was reported (rule 16)."""
    change = Change(Right.PERIOD_REVISE, {"programme": programme, "period": period}, sent)
    return change_rules(asked, change, lambda _: f"/api/v1/periods/{programme}/{period}")


@router.get(
    "/{programme}/{period}/exceptions", response_model=Page[ExceptionOut], responses=refusals(400)
)
def get_exceptions(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: str,
    period: str,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    with db.reading() as session:
        found = exceptions.read_exceptions(session, actor, programme, period)
        return page(request, found, cursor, limit)


@router.post(
    "/{programme}/{period}/exceptions",
    status_code=201,
    response_model=ExceptionOut,
    responses=refusals(413),
    openapi_extra=takes(ExceptionIn),
)
def post_exception(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    programme: str,
    period: str,
    sent: Annotated[Sent[ExceptionIn], sent_as(ExceptionIn)],
) -> Response:
    """Let a unit report though the period is closed or not yet open. Late stays late."""

    def make(session: Any) -> tuple[Any, str]:
        made = exceptions.make_exception(session, actor, programme, period, sent)
        return made, f"/api/v1/periods/{programme}/{period}/exceptions"

    return creation(app, actor, idempotency, make)
