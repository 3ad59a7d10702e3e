"""Attainment and dashboards over JSON."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import ready, refusals
from app.deps import CurrentActor, Db, Language, Now
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid
from app.domain.periods import day_in_vietnam
from app.domain.workflow import Standing
from app.i18n import say
from app.schemas.attainment import AttainmentList, DifferenceOut, ExplanationOut
from app.schemas.dashboards import BoardOut, CompletenessOut, OverviewOut
from app.schemas.fields import Day, Instant
from app.services import boards, dashboards
from app.services.attainment import AttainmentQuery, attainments, may_see
from app.services.boards import BoardQuery
from app.services.difference import difference
from app.services.explanation import explain
from app.services.scene import View

router = APIRouter(tags=["attainment"], responses=refusals(403))
Include = Annotated[Standing, Query(description="approved, or also what is submitted")]
KnownAt = Annotated[Instant | None, Query(description="figures as they were known then")]

Basis = Annotated[
    Literal["as_reported", "restated"],
    Query(description="the units of the time, or those of a later day made of them"),
]
RestatedOn = Annotated[Day | None, Query(description="the day restated on; today without one")]


def past(name: str, at: datetime | None, now: datetime) -> None:
    """What will be known cannot be said: Invalid for an instant to come."""
    if at is not None and at > now:
        raise Invalid([Fault(f"/query/{name}", "invalid", {"reason": "in_future"})])


async def _view(
    now: Now,
    include: Include = Standing.APPROVED,
    known_at: KnownAt = None,
    basis: Basis = "as_reported",
    on: RestatedOn = None,
) -> View:
    past("known_at", known_at, now)
    if basis == "restated":
        return View(include, known_at, on or day_in_vietnam(now))
    if on is not None:
        raise Invalid([Fault("/query/on", "invalid", {"reason": "on_without_restated"})])
    return View(include, known_at)


Seen = Annotated[View, Depends(_view)]


async def _wanted(
    actor: CurrentActor,
    view: Seen,
    programme: str,
    period: Annotated[list[str], Query(min_length=1, max_length=40)],
    target: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
    unit: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006
    scope: Literal["national", "own", "unit"] | None = None,
) -> AttainmentQuery:
    may_see(actor, view.standing)
    return AttainmentQuery(programme, period, target, unit, scope in ("own", "unit"), view)


Wanted = Annotated[AttainmentQuery, Depends(_wanted)]


@router.get("/attainment", response_model=AttainmentList)
def get_attainment(request: Request, actor: CurrentActor, wanted: Wanted) -> Response:
    """Without `unit`: the national figure and every expected unit's own."""
    return ready(request).answer(
        request,
        ("attainment", str(wanted)),
        lambda session: to_json(attainments(session, actor, wanted)),
    )


@router.get("/attainment/explain", response_model=ExplanationOut)
def get_explanation(
    request: Request,
    db: Db,
    actor: CurrentActor,
    language: Language,
    view: Seen,
    programme: str,
    period: str,
    target: str,
    unit: str,
    scope: Literal["national", "own", "unit"] | None = None,
) -> Response:
    """The formula in words, every value the figure rests on, and what is left out."""
    own = scope in ("own", "unit")
    wanted = AttainmentQuery(programme, [period], [target], [unit], own, view)
    with db.reading() as session:
        found = explain(session, actor, wanted)
    words = " ".join(say(f"formula.{key}", language) for key in found["formula"])
    return reply(request, to_json(found | {"formula": words}))


@router.get("/attainment/diff", response_model=DifferenceOut)
def get_difference(
    request: Request,
    db: Db,
    actor: CurrentActor,
    now: Now,
    from_: Annotated[Instant, Query(alias="from")],
    to: Instant,
    programme: str,
    period: str,
) -> Response:
    """Each approved value that changed between two instants, and its effect on each figure."""
    past("from", from_, now)
    past("to", to, now)
    with db.reading() as session:
        found = difference(session, actor, programme, period, (from_, to))
    return reply(request, to_json(found))


def audience(actor: Actor) -> str:
    """Who sees the same: the centre, or the people of one unit."""
    return "centre" if actor.at_centre else f"unit {actor.unit}"


@router.get("/dashboards/overview", response_model=OverviewOut)
def get_overview(
    request: Request, actor: CurrentActor, view: Seen, programme: str, period: str
) -> Response:
    """Targets by units: national figures, and a column of percents and verdicts for each target."""
    may_see(actor, view.standing)
    return ready(request).answer(
        request,
        ("overview", programme, period, view, audience(actor)),
        lambda session: to_json(dashboards.overview(session, actor, programme, period, view)),
    )


@router.get("/dashboards/completeness", response_model=CompletenessOut)
def get_completeness(
    request: Request,
    actor: CurrentActor,
    now: Now,
    programme: str,
    period: str,
    known_at: KnownAt = None,
    missing: bool = False,
) -> Response:
    """Who has reported, and who in time; over the expected reports. With `missing` only the lines
    of units that have not."""
    may_see(actor, Standing.APPROVED)
    past("known_at", known_at, now)
    return ready(request).answer(
        request,
        ("completeness", programme, period, known_at, missing, audience(actor)),
        lambda session: to_json(
            dashboards.completeness(session, actor, programme, period, known_at, missing=missing)
        ),
    )


def _board_query(view: Seen, programme: str, period: str) -> BoardQuery:
    return BoardQuery(programme, period, view)


Board = Annotated[BoardQuery, Depends(_board_query)]


@router.get("/dashboards/target/{code}", response_model=BoardOut)
def get_target_board(request: Request, actor: CurrentActor, wanted: Board, code: str) -> Response:
    """One target: national, every unit, and the national trend on one basis."""
    may_see(actor, wanted.view.standing)
    return ready(request).answer(
        request,
        ("target", code, wanted),
        lambda session: to_json(boards.target_board(session, actor, wanted, code)),
    )


@router.get("/dashboards/unit/{code}", response_model=BoardOut)
def get_unit_board(request: Request, actor: CurrentActor, wanted: Board, code: str) -> Response:
    """One unit: every target it is asked for, each with its trend on one basis."""
    may_see(actor, wanted.view.standing)
    return ready(request).answer(
        request,
        ("unit", code, wanted),
        lambda session: to_json(boards.unit_board(session, actor, wanted, code)),
    )
