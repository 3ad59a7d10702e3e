"""Who has reported, and who in time: counted over the expected reports (rule 22)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.i18n import say
from app.render import board
from app.render.overview import kinds_of, periods_of, programmes_of
from app.render.words import Speaker, period_name
from app.services import dashboards
from app.services.definitions import catalogue
from app.services.scene import View
from app.web.links import address, report_link
from app.web.looking import Board, Wanted, chosen_instead, linked, looked, named
from app.web.paper import PageLanguage, PageRoute, kept_page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWS = ("missing", "returned", "waiting", "late")
SORTS = ("urgency", "name")
LOADS = ("board.css", "vendor/htmx/htmx.min.js", "board.js")
Kind = Annotated[str, Query(max_length=40)]


async def _listed(
    show: Literal["", "missing", "returned", "waiting", "late"] = "",
    sort: Literal["", "urgency", "name"] = "",
    kind: Kind = "",
) -> board.Listed:
    return board.Listed(show or None, sort or SORTS[0], kind or None)


@router.get("/completeness")
def get_completeness_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    language: PageLanguage,
    wanted: Board,
    listed: Annotated[board.Listed, Depends(_listed)],
) -> Response:
    """Of a unit's people the counts, and their own line."""
    try:
        return kept_page(
            request,
            actor,
            ("completeness", wanted, listed),
            lambda session: _inside(session, actor, wanted, listed, language),
            LOADS,
        )
    except NotFound:
        here = wanted.address("/completeness", **listed.in_address())
        answer = chosen_instead(request, service, actor, wanted, here)
        if answer is None:
            raise
        return answer


def _inside(
    session: Any, actor: Actor, wanted: Wanted, listed: board.Listed, language: str
) -> bytes:
    wanted = named(session, actor, wanted)
    codes, known_at = (str(wanted.programme), str(wanted.period)), wanted.view.known_at
    found = dashboards.completeness(session, actor, *codes, known_at)
    defined = catalogue(session, known_at)
    programme = defined.programmes[codes[0]]
    speaker = Speaker(defined, programme, programme.periods[codes[1]].period, language)
    kinds = kinds_of(speaker, found["units"])
    if listed.kind and listed.kind not in dict(kinds):
        raise NotFound(what=listed.kind)
    title = _title(speaker, wanted, language)
    inside = render(
        "board/completeness.html",
        language,
        here="/completeness",
        found=found,
        actor=actor,
        wanted=wanted,
        listed=listed,
        title=title,
        period_name=period_name(speaker.period, language),
        lines=board.listed(
            found["units"], listed, language, board.overdue_days(found, wanted.today)
        ),
        programmes=programmes_of(speaker),
        periods=periods_of(speaker),
        kinds=kinds,
        shows=[(one, say(f"board.completeness.show.{one}", language)) for one in SHOWS],
        sorts=[(one, say(f"board.completeness.sort.{one}", language)) for one in SORTS],
        now_at=address("/completeness", programme=codes[0], period=codes[1], **listed.in_address()),
        report_link=lambda unit: report_link(*codes, unit),
        **_looked(wanted),
        **linked(wanted),
    )
    return title.encode() + b"\n" + inside


def _title(speaker: Speaker, wanted: Wanted, language: str) -> str:
    facts = {
        "programme": dict(programmes_of(speaker))[str(wanted.programme)],
        "period": period_name(speaker.period, language),
    }
    return say("board.completeness.title", language, facts)


def _looked(wanted: Wanted) -> dict[str, Any]:
    """Reports are counted as they are: neither on another basis nor by what is approved."""
    as_known = wanted._replace(view=View(known_at=wanted.view.known_at))
    return looked(as_known)
