"""Two periods of a programme side by side."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.i18n import say
from app.render.compared import Comparer
from app.render.overview import periods_of, programmes_of
from app.render.words import Speaker
from app.services.comparison import comparison
from app.services.definitions import catalogue
from app.web.links import address
from app.web.looking import LOADS, Board, Wanted, chosen_instead, linked, looked, named
from app.web.paper import PageLanguage, PageRoute, kept_page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Code = Annotated[str, Query(max_length=40, alias="with")]


@router.get("/compare")
def get_comparison_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    language: PageLanguage,
    wanted: Board,
    other: Code = "",
) -> Response:
    """Where the periods do not have the same units, on one basis."""
    try:
        return kept_page(
            request,
            actor,
            ("compare", wanted, other),
            lambda session: _inside(session, actor, wanted, other or None, language),
            LOADS,
        )
    except NotFound:
        here = wanted.address("/compare", **{"with": other})
        answer = chosen_instead(request, service, actor, wanted, here)
        if answer is None:
            raise
        return answer


def _inside(session: Any, actor: Actor, wanted: Wanted, other: str | None, language: str) -> bytes:
    wanted = named(session, actor, wanted)
    codes = str(wanted.programme), str(wanted.period)
    found = comparison(session, actor, codes[0], (codes[1], other), wanted.view)
    defined = catalogue(session, wanted.view.known_at)
    programme = defined.programmes[codes[0]]
    speaker = Speaker(defined, programme, programme.periods[codes[1]].period, language)
    said = Comparer(defined, found, language) if found else None
    before, after = said.names if said else ("–", "–")
    compared = {found.before, found.after} - {codes[1]} if found else {other}
    facts = {
        "programme": dict(programmes_of(speaker))[codes[0]],
        "before": before,
        "after": after,
    }
    title = say("board.compared.title", language, facts)
    shown_on = (
        wanted
        if found is None
        else wanted._replace(view=wanted.view._replace(restated_on=found.restated_on))
    )
    inside = render(
        "board/compare.html",
        language,
        here="/compare",
        found=found,
        lines=said.lines() if said else [],
        names=(before, after),
        actor=actor,
        wanted=wanted,
        other=next(iter(compared)),
        programmes=programmes_of(speaker),
        periods=periods_of(speaker),
        now_at=address("/compare", programme=codes[0], period=codes[1], **{"with": other}),
        **looked(wanted),
        **linked(shown_on),
    )
    return title.encode() + b"\n" + inside
