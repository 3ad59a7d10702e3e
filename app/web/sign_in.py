"""Signing in with a token, and out, until people have accounts of their own."""

import ipaddress
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response

from app.deps import SESSION_COOKIE, SESSION_SECONDS, App, Buckets, Now, from_elsewhere
from app.domain.errors import TooLarge, Unauthenticated
from app.services.tokens import authenticate
from app.web.paper import (
    UNKEPT,
    PageRoute,
    error_page,
    is_demonstration,
    is_secure,
    remember_language,
    small_page,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FORM_BYTES = 8192


def attempts() -> Buckets:
    """Twenty attempts a minute from one address; a person needs one or two."""
    return Buckets(per_minute=20, burst=20)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form, the first of each name."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise TooLarge(limit=FORM_BYTES)
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(_form)]


def _refuse_elsewhere(request: Request) -> Response:
    return error_page(request, 403, "elsewhere")


def local_path(said: str | None) -> str:
    """Where to go after signing in: a path of this site, never another site."""
    path = said or "/"
    plain = path.isascii() and path.isprintable() and "\\" not in path
    plain = plain and path[:1] == "/" and path[:2] != "//"
    return path if plain and not path.startswith(("/login", "/logout")) else "/"


def _sender(request: Request) -> str:
    """The address attempts are counted for; of IPv6 the network that one customer has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def _ask(request: Request, status: int, then: str, *, failed: bool = False) -> Response:
    return small_page(
        request,
        "sign_in.html",
        status,
        demonstration=is_demonstration(request),
        then=then,
        failed=failed,
    )


@router.get("/login")
def get_sign_in(request: Request) -> Response:
    return _ask(request, 200, local_path(request.query_params.get("next")))


@router.post("/login")
def sign_in(request: Request, service: App, now: Now, form: Form) -> Response:
    """A session for who shows a valid token. Why one is not valid is not said."""
    if from_elsewhere(request):
        return _refuse_elsewhere(request)
    bucket: Buckets = request.app.state.sign_in_attempts
    bucket.take(_sender(request))
    then = local_path(form.get("next"))
    bearer = form.get("token", "").strip()
    try:
        actor = authenticate(service.database, bearer, now, request.scope.get("request_id"))
    except Unauthenticated:
        return _ask(request, 401, then, failed=True)
    answer = Response(status_code=303, headers={"location": then, **UNKEPT})
    answer.set_cookie(
        SESSION_COOKIE,
        service.cookies.dumps(actor.token),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return remember_language(request, answer)


@router.post("/logout")
def sign_out(request: Request) -> Response:
    if from_elsewhere(request):
        return _refuse_elsewhere(request)
    answer = Response(status_code=303, headers={"location": "/login", **UNKEPT})
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=is_secure(request))
    return answer
