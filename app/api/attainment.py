"""Attainment and dashboards over JSON."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import ready, refusals
from app.deps import CurrentActor, Db, Language
from app.domain.access import Actor
from app.domain.workflow import Standing
from app.i18n import say
from app.schemas.attainment import AttainmentList, CompletenessOut, ExplanationOut, OverviewOut
from app.services import dashboards
from app.services.attainment import AttainmentQuery, attainments, may_see
from app.services.explanation import explain

router = APIRouter(tags=["attainment"], responses=refusals(403))
Include = Annotated[Standing, Query(description="approved, or also what is submitted")]


@router.get("/attainment", response_model=AttainmentList)
def get_attainment(
    request: Request,
    actor: CurrentActor,
    programme: str,
    period: Annotated[list[str], Query(min_length=1, max_length=40)],
    target: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
    unit: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006
    scope: Literal["national", "own", "unit"] | None = None,
    basis: Literal["as_reported"] = "as_reported",
    include: Include = Standing.APPROVED,
) -> Response:
    """Without `unit`: the national figure and every expected unit's own."""
    may_see(actor, include)
    wanted = AttainmentQuery(programme, period, target, unit, scope in ("own", "unit"), include)
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
    programme: str,
    period: str,
    target: str,
    unit: str,
    scope: Literal["national", "own", "unit"] | None = None,
    basis: Literal["as_reported"] = "as_reported",
    include: Include = Standing.APPROVED,
) -> Response:
    """The formula in words, every value the figure rests on, and what is left out."""
    own = scope in ("own", "unit")
    wanted = AttainmentQuery(programme, [period], [target], [unit], own, include)
    with db.reading() as session:
        found = explain(session, actor, wanted)
    found["formula"] = say(f"formula.{found['formula']}", language)
    return reply(request, to_json(found))


def _audience(actor: Actor) -> str:
    """Who sees the same: the centre, or the people of one unit."""
    return "centre" if actor.at_centre else f"unit {actor.unit}"


@router.get("/dashboards/overview", response_model=OverviewOut)
def get_overview(
    request: Request,
    actor: CurrentActor,
    programme: str,
    period: str,
    include: Include = Standing.APPROVED,
) -> Response:
    """Targets by units: national figures, and a column of percents and verdicts for each target."""
    may_see(actor, include)
    return ready(request).answer(
        request,
        ("overview", programme, period, include, _audience(actor)),
        lambda session: to_json(dashboards.overview(session, actor, programme, period, include)),
    )


@router.get("/dashboards/completeness", response_model=CompletenessOut)
def get_completeness(
    request: Request, actor: CurrentActor, programme: str, period: str
) -> Response:
    """Who has reported, and who in time; over the expected reports."""
    return ready(request).answer(
        request,
        ("completeness", programme, period, _audience(actor)),
        lambda session: to_json(dashboards.completeness(session, actor, programme, period)),
    )
