"""Snapshots for who is signed in: which there are, their figures, whether they hold, and what has
changed since."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from app.deps import App, CurrentActor
from app.i18n import say
from app.render.words import Speaker, period_name
from app.schemas.attainment import FigureOut
from app.schemas.snapshots import SnapshotLine
from app.services import snapshots
from app.services.attainment import known
from app.services.definitions import catalogue
from app.services.difference import difference
from app.services.scene import View
from app.web.links import explain_link
from app.web.paper import PageLanguage, PageRoute, kept_page, language_of, page
from app.web.public import figures

router = APIRouter(route_class=PageRoute, include_in_schema=False)
CHECKS = ("digest", "chain", "signature", "figures")


def titles(request: Request, session: Any) -> Any:
    """What a snapshot is of, in words: `programme` and `period` of its line."""
    defined, language = catalogue(session), language_of(request)

    def title(line: SnapshotLine) -> str:
        programme = defined.programmes[line["programme"]]
        when = programme.periods[line["period"]]
        said = programme.title_vi if language == "vi" else programme.title_en
        facts = {"programme": said, "period": period_name(when.period, language)}
        return say("page.title", language, facts)

    return title


@router.get("/snapshots")
def get_snapshots_page(request: Request, service: App, actor: CurrentActor) -> Response:
    with service.database.reading() as session:
        found = snapshots.read_snapshots(session, actor)
        title = titles(request, session)
    return page(request, "public/snapshots.html", 200, lines=found[::-1], title_of=title)


@router.get("/snapshots/{id}")
def get_snapshot_page(
    request: Request, actor: CurrentActor, language: PageLanguage, id: str
) -> Response:
    """The frozen figures; each leads to what it rested on then."""

    def build(session: Any) -> bytes:
        opened = snapshots.open_snapshot(session, actor, id)
        line, view = opened.line, View(known_at=datetime.fromisoformat(opened.known_at))

        def where(target: str, unit: str | None) -> str:
            place = line["programme"], line["period"], target, unit or opened.centre
            scope = "own" if unit == opened.centre else None
            return explain_link(*place, scope=scope, view=view)

        return figures(opened, language, where)

    return kept_page(request, actor, ("snapshot", id), build, loads=("public.css",))


@router.get("/snapshots/{id}/verify")
def get_verification_page(request: Request, service: App, actor: CurrentActor, id: str) -> Response:
    """Digest, chain and signature, and every figure worked out again from the frozen inputs."""
    with service.database.reading() as session:
        found = snapshots.verify_snapshot(session, actor, id, service.signer)
        line = snapshots.read_snapshot(session, actor, id)
        title = titles(request, session)(line)
    facts: dict[str, Any] = {"found": found, "line": line, "title": title, "checks": CHECKS}
    return page(request, "public/verify.html", 200, **facts)


@router.get("/snapshots/{id}/changes")
def get_changes_page(request: Request, service: App, actor: CurrentActor, id: str) -> Response:
    """What is not as it was frozen: each figure then and now."""
    with service.database.reading() as session:
        opened = snapshots.open_snapshot(session, actor, id)
        line, now = opened.line, known(session, View())
        between = datetime.fromisoformat(opened.known_at), datetime.fromisoformat(now)
        found = difference(session, actor, line["programme"], line["period"], between)
        title = titles(request, session)(line)
        defined = catalogue(session)
    programme = defined.programmes[line["programme"]]
    when = programme.periods[line["period"]].period
    speaker = Speaker(defined, programme, when, language_of(request))

    def told(figure: FigureOut | None) -> str:
        if figure is None or figure["percent"] is None:
            counted = None if figure is None else figure["numerator"]
            return "–" if counted is None else speaker.number(counted)
        return speaker.percent(figure["percent"])

    rows = found["figures"]
    return page(
        request,
        "public/changes.html",
        200,
        line=line,
        title=title,
        found=found,
        national=[row for row in rows if row["scope"] == "national"],
        of_units=[row for row in rows if row["scope"] != "national"],
        told=told,
        targets={one.code: one for one in programme.targets_on(when.ends_on)},
    )
