"""Signing in at the organisation's OpenID provider: there, and back."""

import json

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from app.deps import App, CurrentVisit, Service, is_secure, session_secret
from app.domain.errors import NotAllowed, NotFound
from app.services import identities, sessions
from app.services.identities import Attempt, SignedIn
from app.web.forms import attempt, local_path
from app.web.paper import UNKEPT, PageRoute, page, remember_choices, remember_session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
COOKIE = "sso"
SECURE_COOKIE = "__Host-sso"
COOKIE_SECONDS = 600
LONGEST_PATH = 1500  # a browser keeps no cookie of more than 4096 bytes


@router.get("/login/sso", dependencies=[Depends(attempt)])
async def go_there(request: Request, service: App, visit: CurrentVisit) -> Response:
    if service.sso is None:
        raise NotFound(what="sso")
    then = local_path(request.query_params.get("next"))
    kept = then if len(then) <= LONGEST_PATH else "/"
    address, asked = await service.sso.begin(kept, visit.now)
    answer = Response(status_code=303, headers={"location": address, **UNKEPT})
    # Sealed: the nonce and the verifier are the browser's to carry and not to read. Lax, as the
    # provider's page sends the browser back.
    answer.set_cookie(
        _cookie(request),
        service.vault.seal(json.dumps(asked)),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


@router.get("/login/sso/callback", dependencies=[Depends(attempt)])
async def come_back(request: Request, service: App, visit: CurrentVisit) -> Response:
    if service.sso is None:
        raise NotFound(what="sso")
    before = session_secret(request)
    try:
        asked = _carried(request, service)
        identity = await service.sso.finish(asked, request.query_params, visit.now)
    except NotAllowed as refusal:
        return await run_in_threadpool(_refused, request, str(refusal.facts["reason"]))

    def enter() -> SignedIn:
        hours = service.settings.session_hours
        with service.database.writing() as session:
            done = identities.sign_in(session, identity, visit, hours)
            if done.secret is not None and before:
                sessions.sign_out(session, before, visit)
        return done

    found = await run_in_threadpool(enter)
    if found.secret is None:
        return await run_in_threadpool(_refused, request, found.reason or "sso_unknown")
    answer = Response(status_code=303, headers={"location": asked.then, **UNKEPT})
    remember_session(request, answer, found.secret)
    return _forget(request, remember_choices(request, answer))


def _carried(request: Request, service: Service) -> Attempt:
    """What this browser was sent away with; NotAllowed when it carries nothing of ours."""
    try:
        return Attempt(*json.loads(service.vault.open(request.cookies.get(_cookie(request), ""))))
    except (ValueError, TypeError):
        raise NotAllowed(reason="sso_expired") from None


def _refused(request: Request, reason: str) -> Response:
    return _forget(request, page(request, "sso_refused.html", 403, reason=reason))


def _forget(request: Request, answer: Response) -> Response:
    """An attempt is good for one return."""
    secure = is_secure(request)
    answer.delete_cookie(_cookie(request), httponly=True, samesite="lax", secure=secure)
    return answer


def _cookie(request: Request) -> str:
    return SECURE_COOKIE if is_secure(request) else COOKIE
