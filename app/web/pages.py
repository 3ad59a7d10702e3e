"""The board's overview: the reading that the JSON gives, in people's words."""

from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app.deps import App, CurrentActor
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.domain.workflow import Status
from app.i18n import say, titled
from app.render import board
from app.render.bullets import bullet
from app.render.overview import Chosen, page_of
from app.render.tiles import Tile, tile_map
from app.render.trends import trend
from app.render.words import Speaker
from app.services import boards, dashboards
from app.services.boards import BoardQuery, National
from app.services.dashboards import Shown
from app.services.scene import View
from app.web import links
from app.web.heat import CELLS_AT_ONCE, cells_of, heat_facts
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
from app.web.paper import PageLanguage, PageRoute, kept_page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_REMINDERS = 8


@router.get("/")
def get_overview_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    language: PageLanguage,
    wanted: Board,
    chosen: ChosenHere,
) -> Response:
    """Targets and units of one programme in one period."""
    try:
        return kept_page(
            request,
            actor,
            ("overview", wanted, chosen),
            lambda session: _inside(session, actor, wanted, chosen, language),
            LOADS,
        )
    except NotFound:
        here = wanted.address("/", **own(chosen))
        answer = chosen_instead(request, service, actor, wanted, here)
        if answer is None:
            raise
        return answer


def _inside(session: Any, actor: Actor, wanted: Wanted, chosen: Chosen, language: str) -> bytes:
    shown = dashboards.shown(session, actor, wanted.programme, wanted.period, wanted.view)
    found = shown.overview
    wanted = wanted._replace(programme=found["programme"], period=found["period"])
    page = page_of(shown.catalogue, found, shown.completeness, actor, language, chosen=chosen)
    check(chosen, page)
    query = BoardQuery(found["programme"], found["period"], wanted.view)
    drawn = boards.national_trend(session, actor, query, chosen.target)
    programme = shown.catalogue.programmes[found["programme"]]
    title = say("page.title", language, {"programme": page.title, "period": page.period_name})
    inside = render(
        "overview.html",
        language,
        here="/",
        page=page,
        found=found,
        programme=programme,
        period=programme.periods[found["period"]],
        actor=actor,
        rows={one["target"]: one["national"] for one in found["targets"]},
        wanted=wanted,
        chosen=chosen,
        bullet=lambda row: Markup(bullet(row)),  # noqa: S704 - drawn by us
        now_at=wanted._replace(view=View()).address("/", **own(chosen)),
        **looked(wanted),
        **linked(wanted),
        **_state(shown, wanted, chosen, language),
        **_pictures(shown, drawn, wanted, chosen, language),
        **heat_facts(page, wanted, chosen, language),
        later=None if cells_of(page) <= CELLS_AT_ONCE else wanted.address("/heat", **own(chosen)),
    )
    return title.encode() + b"\n" + inside


def _state(shown: Shown, wanted: Wanted, chosen: Chosen, language: str) -> dict[str, Any]:
    """In a sentence, in what has to be done, and in whom to remind."""
    reports = shown.completeness
    targets = [one for one in shown.overview["targets"] if chosen.group in (None, one["group"])]
    units = [
        one
        for one in reports["units"]
        if chosen.kind in (None, one["kind"]) and one["status"] != Status.APPROVED
    ]
    days = board.overdue_days(reports, wanted.today)
    return {
        "lead": board.lead(targets, language),
        "received": board.received(reports, language),
        "attention": board.attention(reports, targets, language, wanted.today),
        "reminders": board.reminders(units, language, days)[:MOST_REMINDERS],
        "completeness": reports,
    }


def _pictures(
    shown: Shown, drawn: National | None, wanted: Wanted, chosen: Chosen, language: str
) -> dict[str, Any]:
    """The map, unless units of other kinds are asked for; and the trend, if there is one."""
    found = shown.overview
    programme = shown.catalogue.programmes[found["programme"]]
    speaker = Speaker(
        shown.catalogue, programme, programme.periods[found["period"]].period, language
    )

    def href(unit: str) -> str:
        return links.unit_link(unit, wanted.programme, wanted.period, wanted.view)

    tiles: list[Tile] = []
    names = {one["unit"]: one["short_vi"] for one in found["units"]}
    held = speaker.programme.target(drawn.row["target"], speaker.period.ends_on) if drawn else None
    title = titled(held, "title", language) if held else ""
    if chosen.kind in (None, board.PROVINCE):
        tiles = board.tiles(found, language, chosen.target, href, chosen.group)
    return {
        "tiles": len(tiles),
        "map": Markup(tile_map(tiles, names, language)) if tiles else "",  # noqa: S704
        "drawn": drawn,
        "drawn_title": title,
        "trend": Markup(trend(drawn.trend, speaker, drawn.row)) if drawn else "",  # noqa: S704
        "points": board.points(drawn.trend, speaker) if drawn else [],
    }
