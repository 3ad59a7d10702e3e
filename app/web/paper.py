"""What every page shares: its language, its templates, and refusals as a page of their own."""

import gzip
import hashlib
import logging
from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.answers import VARY, Ready, etag_of, matches, status_of
from app.deps import Service, csrf_of, is_secure, session_cookie, session_secret
from app.domain.access import Actor, Answer, Right, can
from app.domain.errors import Refusal, RoleNeeded, SecondFactorNeeded, Unauthenticated
from app.i18n import LANGUAGES, best_language, day, decimal, instant, say, titled, until
from app.render.looks import FAMILY, STATUS, SYMBOL
from app.services.definitions import catalogue
from app.services.queue import places_waiting

HTML = "text/html; charset=utf-8"
LANGUAGE_COOKIE = "chitieu_lang"
YEAR_SECONDS = 365 * 24 * 3600
# What is meant for one pair of eyes is not kept by a browser that others use too.
UNKEPT = {"cache-control": "no-store"}
# What a page says of a refusal, by its status; of any other, that the address asks for too much.
WORDS = {
    403: "not_allowed",
    404: "not_found",
    429: "too_many_requests",
    500: "unavailable",
    503: "unavailable",
}
# Why a form is not taken that is not from our own page of this session.
FORMS_REFUSED = ("elsewhere", "csrf")
THEME_COOKIE = "chitieu_theme"
THEMES = ("auto", "light", "dark")
PACKED_BYTES = 2000
# Where one can go: address, word, what one must be allowed to.
NAV = (
    ("/", "board", Right.FIGURES_READ),
    ("/targets", "targets", Right.FIGURES_READ),
    ("/units", "units", Right.FIGURES_READ),
    ("/reports", "reports", Right.REPORT_READ),
    ("/snapshots", "snapshots", Right.FIGURES_READ),
    ("/upload", "upload", Right.IMPORT_CREATE),
    ("/review", "review", Right.REPORT_APPROVE),
    ("/admin", "admin", Right.USER_MANAGE),
    ("/audit", "audit", Right.AUDIT_READ),
)
FOLDER = Path(__file__).parent
log = logging.getLogger(__name__)

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _may(actor: Actor, right: str) -> bool:
    """For links: what nobody may open is not offered."""
    return can(actor, Right(right)) is Answer.YES


_templates.globals["may"] = _may


def language_of(request: Request) -> str:
    """As asked for in the address, else as chosen before, else as the browser prefers."""
    for said in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if said in LANGUAGES:
            return said
    return best_language(request.headers.get("accept-language", ""))


async def _page_language(request: Request) -> str:
    return language_of(request)


PageLanguage = Annotated[str, Depends(_page_language)]


def remember_choices(request: Request, answer: Response) -> Response:
    """A language or theme chosen in the address is kept for the next visit; and every page names
    its language."""
    language, asked = language_of(request), request.query_params
    answer.headers["content-language"] = language
    for name, value, cookie in (
        ("lang", language, LANGUAGE_COOKIE),
        ("theme", theme_of(request), THEME_COOKIE),
    ):
        if asked.get(name) == value:
            answer.set_cookie(
                cookie,
                value,
                max_age=YEAR_SECONDS,
                httponly=True,
                samesite="lax",
                secure=is_secure(request),
            )
    return answer


def remember_session(request: Request, answer: Response, secret: str) -> None:
    """Scripts do not see the cookie, and other sites' forms do not bring it along."""
    answer.set_cookie(
        session_cookie(request),
        secret,
        max_age=service_of(request).settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def forget_session(request: Request, answer: Response) -> None:
    name, secure = session_cookie(request), is_secure(request)
    answer.delete_cookie(name, httponly=True, samesite="lax", secure=secure)


def csrf_field(request: Request) -> str:
    """What the hidden field `csrf` of this session's forms holds; empty without a session."""
    secret = session_secret(request)
    return csrf_of(secret) if secret else ""


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that none is kept too long."""
    content = (FOLDER / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:10]}"


def render(template: str, language: str, **facts: Any) -> bytes:
    """A page in one language. `t` says a sentence, `n` a number, `d` a day, `at` an instant,
    `until` when something ends, `own` what a thing has in both languages."""

    def sentence(key: str, **quoted: Any) -> str:
        return say(key, language, quoted)

    page = _templates.get_template(template).render(
        lang=language,
        languages=LANGUAGES,
        t=sentence,
        n=partial(decimal, language=language),
        d=partial(day, language=language),
        at=partial(instant, language=language),
        until=partial(until, language=language),
        asset=asset,
        own=partial(titled, language=language),
        family=FAMILY,
        symbol=SYMBOL,
        standing=STATUS,
        **facts,
    )
    return page.encode()


def is_demonstration(request: Request) -> bool:
    """Every screen says so, also those that nobody has signed in to."""
    kept = service_of(request).database.kept("catalogue", catalogue)
    return kept.demonstration


def unit_name(request: Request, code: str | None) -> str | None:
    """As it is called now; None at the centre."""
    known = service_of(request).database.kept("catalogue", catalogue).units.get(code or "")
    return known.names[-1].short_vi if known else code


def page(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """A page with the frame around it: where one is, who one is, language and theme. A template
    has `actor` (None: nobody has signed in), `csrf` for its forms, `unit_name(code)`, and `facts`.
    """
    if status == 200:
        facts["awaiting"] = _awaiting(request)
    return _answer(request, _rendered(request, template, facts), status)


def kept_page(
    request: Request,
    actor: Actor,
    key: Hashable,
    build: Callable[[Any], bytes],
    loads: Sequence[str] = (),
) -> Response:
    """A page whose inside is worked out once per data version for all who see the same.

    `key`: all that the inside depends on, but for the language and whose eyes see it. `build`
    gives the title on the first line and the inside below, without forms of a session. `loads`:
    the stylesheets and scripts of the page, as `asset` calls them.
    """
    title, inside = _kept(request, actor, key, build)
    facts = {"awaiting": _awaiting(request), "title": title, "loads": loads}
    facts["inside"] = Markup(inside)  # noqa: S704
    body = _rendered(request, "kept.html", facts)
    return _answer(request, body, 200)


def kept_fragment(
    request: Request, actor: Actor, key: Hashable, build: Callable[[Any], bytes]
) -> Response:
    """The inside of such a page alone, for a script that puts it into another page."""
    _, inside = _kept(request, actor, key, build)
    return _answer(request, inside.encode(), 200)


def _kept(
    request: Request, actor: Actor, key: Hashable, build: Callable[[Any], bytes]
) -> tuple[str, str]:
    ready: Ready = request.app.state.ready
    whose = (actor.role, actor.unit, actor.scopes, language_of(request))
    title, _, inside = ready.body(("page", key, whose), build).decode().partition("\n")
    return title, inside


def _rendered(request: Request, template: str, facts: dict[str, Any]) -> bytes:
    language, actor = language_of(request), request.scope.get("actor")
    if "demonstration" not in facts:
        facts["demonstration"] = is_demonstration(request)
    if "actor" not in facts:
        facts["actor"] = actor
    return render(
        template,
        language,
        **{
            "csrf": csrf_field(request),
            "awaiting": 0,
            "nav": [] if actor is None else _nav(actor, request.url.path),
            "own_unit": unit_name(request, actor.unit) if actor else None,
            "addresses": {one: _again(request, lang=one) for one in LANGUAGES},
            "theme": theme_of(request),
            "themes": {one: _again(request, theme=one) for one in THEMES},
            "unit_name": partial(unit_name, request),
            **facts,
        },
    )


def _awaiting(request: Request) -> int:
    """How many reports wait for whoever decides on them, counted once per data version."""
    actor = request.scope.get("actor")
    if actor is None or can(actor, Right.REPORT_APPROVE) is not Answer.YES:
        return 0
    ready: Ready = request.app.state.ready
    return int(ready.body("waiting", lambda found: str(len(places_waiting(found))).encode()))


def _nav(actor: Actor, path: str) -> list[tuple[str, str, bool]]:
    """Where this person may go: address, word, whether one is there."""
    return [
        (href, word, path == href or (href != "/" and path.startswith(f"{href}/")))
        for href, word, right in NAV
        if can(actor, right) is Answer.YES
    ]


def _again(request: Request, **other: str) -> str:
    """The same address with something else chosen."""
    return f"?{urlencode({**request.query_params, **other})}"


def theme_of(request: Request) -> str:
    """As asked for in the address, else as chosen before; "auto": as the machine prefers."""
    for said in (request.query_params.get("theme"), request.cookies.get(THEME_COOKIE)):
        if said in THEMES:
            return said
    return THEMES[0]


def _answer(request: Request, body: bytes, status: int) -> Response:
    """As `reply`, packed where the browser takes it; the choices in the address are remembered."""
    tag = etag_of(body)
    headers = {"etag": f'"{tag}"', "vary": VARY, **UNKEPT}
    if status == 200 and request.method == "GET" and matches(request.headers, tag):
        return Response(status_code=304, headers=headers)
    if len(body) > PACKED_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 4, mtime=0)
        headers |= {"content-encoding": "gzip", "etag": f'"{tag}-gz"'}
    return remember_choices(request, Response(body, status, headers, HTML))


def error_page(request: Request, status: int, code: str, **facts: Any) -> Response:
    try:
        demonstration = is_demonstration(request)
    except Exception:
        demonstration = False
    return page(
        request,
        "error.html",
        status,
        demonstration=demonstration,
        shown_status=status,
        code=code,
        facts={"request": request.scope.get("request_id", ""), "seconds": "", **facts},
    )


def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        status = 422
    elif isinstance(error, Refusal):
        status = status_of(error)
    else:
        log.error("unforeseen", exc_info=error)
        status = 500
    code = WORDS.get(status, "invalid")
    if isinstance(error, Refusal) and error.facts.get("reason") in FORMS_REFUSED:
        code = error.facts["reason"]
    wait = getattr(error, "retry_after_seconds", None)
    answer = error_page(request, status, code, **({} if wait is None else {"seconds": wait}))
    if wait is not None:
        answer.headers["retry-after"] = str(wait)
    return answer


def _to_sign_in(request: Request, missing: Unauthenticated) -> Response:
    """To where what is missing is asked for: who it is, the second factor, or a role."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asked_for = request.method == "GET" and here != "/"
    query = f"?{urlencode({'next': here})}" if asked_for else ""
    headers = {"location": f"{_door(missing)}{query}", **UNKEPT}
    answer = Response(status_code=303, headers=headers)
    if session_secret(request) and type(missing) is Unauthenticated:
        forget_session(request, answer)
    return remember_choices(request, answer)


def _door(missing: Unauthenticated) -> str:
    if isinstance(missing, SecondFactorNeeded):
        return "/login/second-factor" if missing.enrolled else "/account/second-factor"
    return "/login/role" if isinstance(missing, RoleNeeded) else "/login"


class PageRoute(APIRoute):
    """Answers people with pages: a refusal too, and who is not signed in is asked to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Unauthenticated as missing:
                return _to_sign_in(request, missing)
            except ClientDisconnect:
                raise  # nobody is left to answer
            except Exception as error:
                return await run_in_threadpool(_refused, request, error)

        return answer
