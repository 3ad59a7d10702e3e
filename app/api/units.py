"""Organisation units and successions over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.api.proposals import WAITS, RuleAsked, change_rules
from app.deps import App, CurrentActor, Db, Once, sent_as
from app.domain.access import Right
from app.domain.units import UnitKind
from app.schemas.fields import Day, Sent
from app.schemas.units import (
    LineageOut,
    SuccessionIn,
    SuccessionMade,
    SuccessionOut,
    UnitIn,
    UnitOut,
    UnitPatch,
)
from app.services import successions, units
from app.services.proposals import Change
from app.services.units import UnitQuery

router = APIRouter(tags=["units"], responses=refusals(403))


@router.get("/units", response_model=Page[UnitOut], responses=refusals(400))
def get_units(
    request: Request,
    db: Db,
    actor: CurrentActor,
    on: Day | None = None,
    kind: Annotated[list[UnitKind], Query()] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """In the official Vietnamese order; `q` is looked for without diacritics."""
    with db.reading() as session:
        return page(
            request, units.read_units(session, actor, UnitQuery(on, kind, q)), cursor, limit
        )


@router.post(
    "/units",
    status_code=201,
    response_model=UnitOut,
    responses=refusals(409, 413),
    openapi_extra=takes(UnitIn),
)
def post_unit(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    sent: Annotated[Sent[UnitIn], sent_as(UnitIn)],
) -> Response:
    def make(session: Any) -> tuple[Any, str]:
        made = units.create_unit(session, actor, sent)
        return made, f"/api/v1/units/{made['code']}"

    return creation(app, actor, idempotency, make)


@router.get("/units/resolve", response_model=UnitOut, responses=refusals(409))
def get_resolved(
    request: Request,
    db: Db,
    actor: CurrentActor,
    name: Annotated[str | None, Query(max_length=200)] = None,
    code: Annotated[str | None, Query(max_length=40)] = None,
    on: Day | None = None,
) -> Response:
    """The one unit that a bare name or code means; 409 with both readings when there are two."""
    with db.reading() as session:
        found = units.resolve_unit(session, actor, name=name, code=code, on=on)
    return reply(request, to_json(found))


@router.get("/units/{code}", response_model=UnitOut)
def get_unit(
    request: Request, db: Db, actor: CurrentActor, code: str, on: Day | None = None
) -> Response:
    with db.reading() as session:
        return reply(request, to_json(units.read_unit(session, actor, code, on)))


@router.patch(
    "/units/{code}",
    response_model=UnitOut,
    responses=refusals(413),
    openapi_extra=takes(UnitPatch),
)
def patch_unit(
    request: Request,
    db: Db,
    actor: CurrentActor,
    code: str,
    sent: Annotated[Sent[UnitPatch], sent_as(UnitPatch)],
) -> Response:
    with db.writing() as session:
        revised = units.revise_unit(session, actor, code, sent)
    return reply(request, to_json(revised))


@router.get("/units/{code}/lineage", response_model=LineageOut)
def get_lineage(request: Request, db: Db, actor: CurrentActor, code: str) -> Response:
    with db.reading() as session:
        return reply(request, to_json(successions.read_lineage(session, actor, code)))


@router.get("/successions", response_model=Page[SuccessionOut], responses=refusals(400))
def get_successions(
    request: Request, db: Db, actor: CurrentActor, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    with db.reading() as session:
        return page(request, successions.read_successions(session, actor), cursor, limit)


@router.post(
    "/successions",
    status_code=201,
    response_model=SuccessionMade,
    responses={200: {"model": SuccessionMade}, **WAITS, **refusals(409, 413)},
    openapi_extra=takes(SuccessionIn),
)
def post_succession(
    request: Request,
    asked: RuleAsked,
    sent: Annotated[Sent[SuccessionIn], sent_as(SuccessionIn)],
    dry_run: bool = False,
) -> Response:
    """Record what became of units; with `dry_run` (200) only say what that does to the figures."""
    if dry_run:
        with asked.app.database.reading() as session:
            seen = successions.create_succession(session, asked.actor, sent, dry_run=True)
        return reply(request, to_json(seen))
    change = Change(Right.SUCCESSION_CREATE, {}, sent)
    return change_rules(
        asked, change, lambda made: f"/api/v1/units/{made['predecessors'][0]}/lineage"
    )
