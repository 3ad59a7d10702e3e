"""Every unit by every target: in the overview, or on a page of its own, from which the overview
fetches a table that is too large to wait for."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.domain.verdict import Verdict
from app.i18n import say
from app.render.overview import Chosen, Page, page_of
from app.services import dashboards
from app.services.scene import View
from app.web.links import explain_link
from app.web.looking import (
    LOADS,
    Board,
    ChosenHere,
    Wanted,
    check,
    chosen_instead,
    linked,
    looked,
    own,
)
from app.web.paper import PageLanguage, PageRoute, kept_fragment, kept_page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
# More than these come after the overview: its own figures are read before a browser has read
# thousands of cells.
CELLS_AT_ONCE = 1000
UNIT = "~"  # in no code, and written as it is in an address


@router.get("/heat")
def get_heat_page(  # noqa: PLR0913 - what a page is given, and what is chosen of it
    request: Request,
    service: App,
    actor: CurrentActor,
    language: PageLanguage,
    wanted: Board,
    chosen: ChosenHere,
) -> Response:
    """The page; for a script that puts the table into the overview, the table alone."""
    alone = request.headers.get("hx-request") == "true"
    key = ("heat", wanted, chosen, alone)

    def build(session: Any) -> bytes:
        return _inside(session, actor, wanted, chosen, (language, alone))

    try:
        shown = (
            kept_fragment(request, actor, key, build)
            if alone
            else kept_page(request, actor, key, build, LOADS)
        )
    except NotFound:
        here = wanted.address("/heat", **own(chosen))
        answer = chosen_instead(request, service, actor, wanted, here)
        if answer is None:
            raise
        return answer
    shown.headers["vary"] = f"{shown.headers['vary']}, hx-request"
    return shown


def _inside(
    session: Any, actor: Actor, wanted: Wanted, chosen: Chosen, how: tuple[str, bool]
) -> bytes:
    language, alone = how
    shown = dashboards.shown(session, actor, wanted.programme, wanted.period, wanted.view)
    found = shown.overview
    wanted = wanted._replace(programme=found["programme"], period=found["period"])
    page = page_of(shown.catalogue, found, shown.completeness, actor, language, chosen=chosen)
    check(chosen, page)
    inside = render(
        "heat.html" if alone else "board/heat.html",
        language,
        page=page,
        found=found,
        actor=actor,
        wanted=wanted,
        chosen=chosen,
        now_at=wanted._replace(view=View()).address("/heat", **own(chosen)),
        **looked(wanted),
        **linked(wanted),
        **heat_facts(page, wanted, chosen, language, "/" if alone else "/heat"),
    )
    return say("page.heat", language).encode() + b"\n" + inside


def cells_of(page: Page) -> int:
    return len(page.lines) * sum(len(units) for _, units in page.kinds)


def heat_facts(
    page: Page, wanted: Wanted, chosen: Chosen, language: str, path: str = "/"
) -> dict[str, Any]:
    """The addresses and words that stand in every cell; and, by column, where its order is
    changed: from the highest down, from the lowest up, and as it was."""
    codes = [line.target.code for line in page.lines]
    sort = chosen.sort
    orders = {one: {one: f"-{one}", f"-{one}": None}.get(sort or "", one) for one in codes}
    orders["name"] = None if sort == "name" else "name"
    return {
        "cells": [_explained(wanted, one) for one in codes],
        "sorts": {
            one: f"{wanted.address(path, **{**own(chosen), 'sort': order})}#heat"
            for one, order in orders.items()
        },
        "words": {str(one): say(f"verdict.{one}", language) for one in Verdict},
        "not_asked": say("page.not_asked", language),
    }


def _explained(wanted: Wanted, target: str) -> list[str]:
    """What stands before and after a unit's code in the addresses of a column's explanations."""
    programme, period = str(wanted.programme), str(wanted.period)
    return explain_link(programme, period, target, UNIT, view=wanted.view).split(UNIT)
