"""The box in the head of every page: units and targets by name or code."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor, Now
from app.domain.periods import day_in_vietnam
from app.services import search
from app.web.links import target_link, unit_link
from app.web.paper import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/search")
def get_search_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    with service.database.reading() as session:
        found = search.search(session, actor, q)
    return page(
        request,
        "drill/search.html",
        200,
        q=q,
        found=found,
        today=day_in_vietnam(now),
        target_link=target_link,
        unit_link=unit_link,
    )
