"""The pages of figures. They show the reading that the JSON gives, in people's words."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.i18n import say
from app.render.overview import page_of
from app.services import dashboards
from app.services.dashboards import Shown
from app.web.paper import PageLanguage, PageRoute, kept_page, remember_choices, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Code = Annotated[str | None, Query(max_length=40)]


@router.get("/")
def get_overview_page(  # noqa: PLR0913 - filters
    request: Request,
    service: App,
    actor: CurrentActor,
    language: PageLanguage,
    programme: Code = None,
    period: Code = None,
) -> Response:
    """Targets and units of one programme in one period; approved figures."""
    try:
        answer = kept_page(
            request,
            actor,
            ("overview", programme, period),
            lambda session: _inside(
                dashboards.shown(session, actor, programme, period), actor, language
            ),
        )
    except NotFound:
        # Another programme was chosen, and it does not have the period shown before.
        with service.database.reading() as session:
            here = dashboards.choice(session, actor, programme, period)
        answer = Response(status_code=303, headers={"location": _address(*here)})
        return remember_choices(request, answer)
    return answer


def _address(programme: str, period: str) -> str:
    return f"/?{urlencode({'programme': programme, 'period': period})}"


def _inside(shown: Shown, actor: Actor, language: str) -> bytes:
    found = shown.overview
    programme = shown.catalogue.programmes[found["programme"]]
    page = page_of(shown.catalogue, found, shown.completeness, actor, language)
    facts = {"programme": page.title, "period": page.period_name}
    title = say("page.title", language, facts)
    inside = render(
        "overview.html",
        language,
        page=page,
        found=found,
        programme=programme,
        period=programme.periods[found["period"]],
    )
    return title.encode() + b"\n" + inside
