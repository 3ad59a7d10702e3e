"""The pages of figures. They show the reading that the JSON gives, in people's words."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.answers import Ready
from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.domain.periods import VIETNAM
from app.i18n import LANGUAGES
from app.services import dashboards
from app.services.dashboards import Shown
from app.web.overview import page_of
from app.web.paper import HTML, PageLanguage, PageRoute, csrf_field, remember_language, render

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
    ready: Ready = request.app.state.ready
    # The page greets by name and role, shows a unit's people their own report's status, and has a
    # form to sign out with.
    csrf = csrf_field(request)
    reader = (actor.name, actor.role, actor.unit, csrf)
    try:
        answer = ready.answer(
            request,
            ("page", programme, period, language, reader),
            lambda session: _page(
                dashboards.shown(session, actor, programme, period), actor, language, csrf
            ),
            HTML,
        )
    except NotFound:
        # Another programme was chosen, and it does not have the period shown before.
        with service.database.reading() as session:
            here = dashboards.choice(session, actor, programme, period)
        answer = Response(status_code=303, headers={"location": _address(*here)})
    return remember_language(request, answer)


def _address(programme: str, period: str, **more: str) -> str:
    return f"/?{urlencode({'programme': programme, 'period': period, **more})}"


def _page(shown: Shown, actor: Actor, language: str, csrf: str) -> bytes:
    found = shown.overview
    programme = shown.catalogue.programmes[found["programme"]]
    when = programme.periods[found["period"]]
    unit = shown.catalogue.units.get(actor.unit or "")
    known_at = datetime.fromisoformat(found["known_at"]).astimezone(VIETNAM)
    clock = "%H:%M %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M"
    return render(
        "overview.html",
        language,
        page=page_of(shown, actor, language),
        found=found,
        programme=programme,
        period=when,
        actor=actor,
        csrf=csrf,
        unit=unit and unit.name_on(when.period.ends_on).short_vi,
        known_at=known_at.strftime(clock),
        demonstration=found["demonstration"],
        addresses={
            one: _address(found["programme"], found["period"], lang=one) for one in LANGUAGES
        },
    )
