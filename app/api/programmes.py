"""Programmes and targets over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.api.proposals import WAITS, RuleAsked, change_rules
from app.deps import App, CurrentActor, Db, Once, sent_as
from app.domain.access import Right
from app.schemas.catalogue import (
    ProgrammeIn,
    ProgrammeLine,
    ProgrammeOut,
    ProgrammePatch,
)
from app.schemas.fields import Day, Sent
from app.schemas.targets import TargetOut, TargetRevisionIn
from app.services import programmes, targets
from app.services.proposals import Change

router = APIRouter(tags=["catalogue"], responses=refusals(403))


@router.get("/programmes", response_model=Page[ProgrammeLine], responses=refusals(400))
def get_programmes(
    request: Request, db: Db, actor: CurrentActor, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    with db.reading() as session:
        return page(request, programmes.read_programmes(session, actor), cursor, limit)


@router.post(
    "/programmes",
    status_code=201,
    response_model=ProgrammeOut,
    responses=refusals(409, 413),
    openapi_extra=takes(ProgrammeIn),
)
def post_programme(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    sent: Annotated[Sent[ProgrammeIn], sent_as(ProgrammeIn)],
) -> Response:
    def make(session: Any) -> tuple[Any, str]:
        made = programmes.create_programme(session, actor, sent)
        return made, made["links"]["self"]

    return creation(app, actor, idempotency, make)


@router.get("/programmes/{code}", response_model=ProgrammeOut)
def get_programme(request: Request, db: Db, actor: CurrentActor, code: str) -> Response:
    with db.reading() as session:
        return reply(request, to_json(programmes.read_programme(session, actor, code)))


@router.patch(
    "/programmes/{code}",
    response_model=ProgrammeOut,
    responses=refusals(409, 413),
    openapi_extra=takes(ProgrammePatch),
)
def patch_programme(
    request: Request,
    db: Db,
    actor: CurrentActor,
    code: str,
    sent: Annotated[Sent[ProgrammePatch], sent_as(ProgrammePatch)],
) -> Response:
    with db.writing() as session:
        revised = programmes.revise_programme(session, actor, code, sent)
    return reply(request, to_json(revised))


@router.get("/targets", response_model=Page[TargetOut], responses=refusals(400))
def get_targets(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    with db.reading() as session:
        return page(request, targets.read_targets(session, actor, programme), cursor, limit)


@router.get("/programmes/{code}/targets/{target}", response_model=TargetOut)
def get_target(
    request: Request,
    db: Db,
    actor: CurrentActor,
    code: str,
    target: str,
    on: Day | None = None,
) -> Response:
    """The rule in force on a day; without one, the latest."""
    with db.reading() as session:
        return reply(request, to_json(targets.read_target(session, actor, code, target, on)))


@router.get("/programmes/{code}/targets/{target}/revisions", response_model=Page[TargetOut])
def get_target_revisions(
    request: Request, db: Db, actor: CurrentActor, code: str, target: str
) -> Response:
    with db.reading() as session:
        revisions = targets.read_target_revisions(session, actor, code, target)
    return page(request, revisions, None, len(revisions))


@router.post(
    "/programmes/{code}/targets/{target}/revisions",
    status_code=201,
    response_model=TargetOut,
    responses={**WAITS, **refusals(409, 413)},
    openapi_extra=takes(TargetRevisionIn),
)
def post_target_revision(
    asked: RuleAsked,
    code: str,
    target: str,
    sent: Annotated[Sent[TargetRevisionIn], sent_as(TargetRevisionIn)],
) -> Response:
    place = {"programme": code, "target": target}
    change = Change(Right.CATALOGUE_REVISE, place, sent)
    return change_rules(asked, change, lambda made: str(made["links"]["revisions"]))
