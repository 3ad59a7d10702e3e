"""Freezing a period's figures, and the public links through which anybody may read them."""

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor, Right, require
from app.domain.errors import NotFound, Refusal
from app.domain.periods import day_in_vietnam
from app.i18n import titled
from app.render.words import period_name
from app.schemas.public_links import PublicLinkIn
from app.schemas.snapshots import SnapshotIn
from app.services import public_links, snapshots
from app.services.definitions import catalogue
from app.web.admin.answers import REFUSED, formed, go, sent_as, whole
from app.web.forms import WordsForm
from app.web.paper import PageRoute, language_of, page
from app.web.snapshots import titles

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/snapshots"


@router.get(LIST)
def get_admin_snapshots(request: Request, service: App, actor: CurrentActor, now: Now) -> Response:
    require(actor, Right.SNAPSHOT_CREATE)
    with service.database.reading() as session:
        found = snapshots.read_snapshots(session, actor)
        links = public_links.read_links(session, actor, now)
        title = titles(request, session)
    open_links = {one["id"]: 0 for one in found}
    for link in links:
        open_links[link["snapshot"]] += link["open"]
    return formed(
        request,
        "admin/people/snapshots.html",
        lines=found[::-1],
        title_of=title,
        open_links=open_links,
        programmes=_programmes(request, service),
        done=request.query_params.get("done") == "taken",
    )


def _programmes(request: Request, service: Service) -> list[tuple[str, list[tuple[str, str]]]]:
    """What there may be figures of: each programme's periods that have begun, the newest first."""
    language, today, found = language_of(request), day_in_vietnam(service.clock()), []
    for one in service.database.kept("catalogue", catalogue).programmes.values():
        begun = [it for it in one.periods.values() if it.period.starts_on <= today]
        newest = sorted(begun, key=lambda it: it.period.ends_on, reverse=True)
        named = [
            (f"{one.code}/{it.code}", f"{period_name(it.period, language)} · {one.code}")
            for it in newest
        ]
        found.append((titled(one, "title", language) or one.code, named))
    return found


@router.post(LIST)
def post_snapshot_page(service: App, actor: CurrentActor, form: WordsForm) -> Response:
    """Freeze a period as it is approved now."""
    programme, _, period = form.get("what", "").partition("/")
    sent = sent_as(SnapshotIn, {"programme": programme, "period": period})
    with service.database.writing() as session:
        snapshots.take_snapshot(session, actor, sent, service.signer)
    return go(f"{LIST}?done=taken")


class Asked(NamedTuple):
    request: Request
    service: Service
    actor: Actor
    now: datetime
    id: str


async def _asked(request: Request, service: App, actor: CurrentActor, now: Now, id: str) -> Asked:
    return Asked(request, service, actor, now, id)


AboutOne = Annotated[Asked, Depends(_asked)]


@router.get(f"{LIST}/{{id}}")
def get_admin_snapshot(asked: AboutOne) -> Response:
    return _snapshot(asked, {"expires_days": "30"})


def _snapshot(asked: Asked, typed: dict[str, str], refusal: Refusal | None = None) -> Response:
    """One snapshot with its public links."""
    with asked.service.database.reading() as session:
        links = public_links.read_links(session, asked.actor, asked.now)
        found = snapshots.read_snapshots(session, asked.actor)
        line = next((one for one in found if one["id"] == asked.id), None)
        if line is None:
            raise NotFound(what=asked.id)
        title = titles(asked.request, session)(line)
    done = asked.request.query_params.get("done") == "revoked"
    return formed(
        asked.request,
        "admin/people/snapshot.html",
        refusal,
        line=line,
        title=title,
        links=[one for one in links if one["snapshot"] == asked.id],
        typed=typed,
        done=done,
    )


@router.post(f"{LIST}/{{id}}/links")
def post_public_link(asked: AboutOne, form: WordsForm) -> Response:
    """The address is on this one page only."""
    said = {
        "snapshot": asked.id,
        "name": form.get("name", "").strip(),
        "expires_days": whole(form.get("expires_days", "")),
    }
    where = asked.service.settings.public_url
    sent = sent_as(PublicLinkIn, said)
    try:
        with asked.service.database.writing() as session:
            made = public_links.create_link(session, asked.actor, sent, where, now=asked.now)
    except REFUSED as refusal:
        return _snapshot(asked, form, refusal)
    return page(asked.request, "admin/people/public_link.html", 200, made=made)


@router.post("/admin/public-links/{id}/revoke")
def post_public_link_revoke(asked: AboutOne) -> Response:
    with asked.service.database.writing() as session:
        gone = public_links.revoke_link(session, asked.actor, asked.id, asked.now)
    return go(f"{LIST}/{gone['snapshot']}?done=revoked")
