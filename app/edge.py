"""The gate: the outermost layer, before a body is read and after an answer is made.

It bounds the work in flight, gives every request an id and every answer its headers, answers what
is at hand, and lets nobody make the service read what it does not want.
"""

import logging
import re
import secrets
import time

import anyio
from fastapi import Request
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems
from app.answers import Ready
from app.deps import Service
from app.domain import access
from app.domain.errors import Refusal, TooSlow, Unavailable
from app.services.tokens import authenticate
from app.web.paper import page

log = logging.getLogger(__name__)
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
# Cost next to nothing, and are asked for by who looks after the service or shows its pages.
FILES = ("/static/", "/static-offline-docs/")
FREE = ("/healthz", *FILES)
# For machines; all else is answered with pages.
MACHINES = ("/api/", "/openapi.json", "/readyz", "/metrics", "/.well-known/")
# A body may take so long, and a second longer for every so many bytes that have come.
BODY_SECONDS, BODY_BYTES_A_SECOND = 15, 16_000
# After an answer that did not wait for the body: how long and how much is still taken, so that the
# sender comes to read the answer before the connection ends.
LINGER_SECONDS, LINGER_BYTES = 1, 1_000_000


class Body:
    """A request's body on its way in. `whole`: there is nothing more to come."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        headers = Headers(scope=scope)
        self.whole = headers.get("content-length", "0") == "0" and (
            "transfer-encoding" not in headers
        )
        self._until = time.monotonic() + BODY_SECONDS

    async def receive(self) -> Message:
        """The next part; TooSlow when it lets the service wait for too long."""
        if self.whole:
            return await self._receive()
        with anyio.move_on_after(self._until - time.monotonic()) as waiting:
            message = await self._receive()
        if waiting.cancelled_caught:
            raise TooSlow()
        self._until += len(message.get("body", b"")) / BODY_BYTES_A_SECOND
        self.whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def linger(self) -> None:
        """Take in a little of what is still being sent, and forget it."""
        taken = 0
        with anyio.move_on_after(LINGER_SECONDS):
            while not self.whole and taken < LINGER_BYTES:
                message = await self._receive()
                taken += len(message.get("body", b""))
                self.whole = not message.get("more_body", False)


class Answer:
    """The way out. `ends`: the connection, because the body was not read."""

    def __init__(self, scope: Scope, send: Send, body: Body, *, secure: bool) -> None:
        self._scope, self._send, self._body, self._secure = scope, send, body, secure
        self.started = self.ends = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.ends = True, not self._body.whole
            self._add_headers(MutableHeaders(scope=message))
        elif self.ends:
            message = {**message, "more_body": True}
        await self._send(message)

    async def end(self) -> None:
        """The body stays unread beyond a little: a gigabyte is not worth an answer."""
        if self.ends:
            await self._body.linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _add_headers(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self._secure or self._scope["scheme"] == "https":
            headers["strict-transport-security"] = HSTS
        headers["x-request-id"] = self._scope["request_id"]
        # A page is meant for one pair of eyes, and others use the same browser.
        if headers.get("content-type", "").startswith("text/html"):
            headers["cache-control"] = "no-store"
        elif not self._scope["path"].startswith(FILES):
            headers.setdefault("cache-control", "no-store")
        if self.ends:
            headers["connection"] = "close"


class Edge:
    """Plain ASGI: a wrapped request and response would cost more than the whole answer."""

    def __init__(self, app: ASGIApp, service: Service, ready: Ready) -> None:
        self.app = app
        self.service = service
        self.ready = ready
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((v for k, v in scope["headers"] if k == b"x-request-id"), b"")
        known = _GIVEN.fullmatch(given)
        scope["request_id"] = given.decode() if known else secrets.token_hex(8)
        body = Body(scope, receive)
        secure = bool(self.service.settings.secure_cookies)
        answer = Answer(scope, send, body, secure=secure)
        await self._carry_out(scope, body, answer)
        await answer.end()

    async def _carry_out(self, scope: Scope, body: Body, answer: Answer) -> None:
        free = scope["path"].startswith(FREE)
        if self.in_flight >= self.service.settings.most_in_flight and not free:
            await _busy(scope)(scope, body.receive, answer.send)
            return
        self.in_flight += not free
        try:
            here = self._at_hand(scope) if scope["method"] == "GET" else None
            await (here or self.app)(scope, body.receive, answer.send)
        except ClientDisconnect:
            log.info("the client went away")
        except Exception as error:
            if answer.started:
                raise
            request = Request(scope, body.receive)
            await problems.unforeseen(request, error)(scope, body.receive, answer.send)
        finally:
            self.in_flight -= not free

    def _at_hand(self, scope: Scope) -> Response | None:
        """An answer that is ready for this address and this caller; None: ask the endpoint.

        Routing costs more than such an answer. Signing in and the rate are the same as there; who
        may not, or sends more than a token, is left to it.
        """
        address = (scope["path"], scope["query_string"])
        if address not in self.ready.known:
            return None
        headers, service = Headers(scope=scope), self.service
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or "cookie" in headers:
            return None
        try:
            version = service.database.version()
            now = service.clock()
            actor = authenticate(service.database, bearer.strip(), now, version=version)
            access.require(actor, access.Right.FIGURES_READ)
            found = self.ready.at_hand(address, (actor.role, actor.unit), headers, version)
            if found is not None:
                service.buckets.take(actor.token or actor.name)
                address_of_caller = scope["client"][0] if scope.get("client") else None
                service.token_uses.saw(actor.token or "", now, address_of_caller)
        except (Refusal, DBAPIError):
            return None
        return found


def _busy(scope: Scope) -> Response:
    """The clients that are told to wait come back at different times."""
    request, refusal = Request(scope), Unavailable()
    if scope["path"].startswith(MACHINES):
        answer = problems.problem(request, 503, refusal.code)
    else:
        words = {"code": refusal.code, "shown_status": 503, "demonstration": False}
        facts = {"request": scope["request_id"], "seconds": ""}
        answer = page(request, "error.html", 503, **words, facts=facts)
    answer.headers["retry-after"] = str(1 + secrets.randbelow(3))
    return answer
