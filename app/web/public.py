"""What a public link shows: one snapshot's frozen figures, to whoever has the link.

No session, no name of a person, no way into the rest of the site; and a link that has expired, was
revoked or never was answers alike.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from app.deps import App, Buckets, Now, sender
from app.domain.errors import NotFound, TooManyRequests
from app.i18n import say
from app.render.bullets import bullet
from app.render.frozen import frozen_page
from app.services import public_links, snapshots
from app.services.snapshots import Opened
from app.web.paper import PageLanguage, PageRoute, page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
VIEWS_PER_MINUTE = 30  # from one address
# Neither found by search engines nor told to the sites that the page links to.
HIDDEN = {"x-robots-tag": "noindex, nofollow, noarchive", "referrer-policy": "no-referrer"}


@router.get("/public/{secret}")
def get_public(
    request: Request, service: App, now: Now, language: PageLanguage, secret: str
) -> Response:
    views: Buckets = request.app.state.public_views
    try:
        views.take(sender(request))
        id_ = public_links.opened(service.database, secret, now)
    except TooManyRequests as refusal:
        answer = _answer(request, 429, opened=None, seconds=refusal.retry_after_seconds)
        answer.headers["retry-after"] = str(refusal.retry_after_seconds)
        return answer
    except NotFound:
        return _answer(request, 404, opened=None, seconds=None)

    def build(session: Any) -> bytes:
        return figures(snapshots.open_to_anybody(session, id_), language)

    ready = request.app.state.ready
    body = ready.body(("public", id_, language), build).decode()
    title, _, inside = body.partition("\n")
    return _answer(request, 200, opened=title, inside=Markup(inside))  # noqa: S704


def _answer(request: Request, status: int, **facts: Any) -> Response:
    answer = page(request, "public/page.html", status, actor=None, **facts)
    answer.headers.update(HIDDEN)
    return answer


def _nowhere(_target: str, _unit: str | None) -> str | None:
    """What a figure rests on is for who is signed in."""
    return None


def figures(
    opened: Opened,
    language: str,
    where: Callable[[str, str | None], str | None] = _nowhere,
) -> bytes:
    """The title on the first line, and the figures below. `where`: the page that explains a
    target's figure, of a unit or (None) of the country."""
    shown = frozen_page(opened.catalogue, opened.programme, opened.period, opened.results, language)
    inside = render(
        "public/figures.html",
        language,
        page=shown,
        line=opened.line,
        opened=opened,
        programme=opened.programme,
        where=where,
        signed_in=where is not _nowhere,
        bullet=lambda row: Markup(bullet(row)),  # noqa: S704 - our own SVG
    )
    facts = {"programme": shown.title, "period": shown.period_name}
    return say("page.title", language, facts).encode() + b"\n" + inside
