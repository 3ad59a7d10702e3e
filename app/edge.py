"""The outermost layer: a request id, the headers of every answer, and answers that are at hand."""

import re
import secrets

from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.answers import Ready
from app.deps import Service
from app.domain.errors import Refusal
from app.services.tokens import authenticate

_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; "
        b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Edge:
    """Plain ASGI: a wrapped request and response would cost more than the whole answer."""

    def __init__(self, app: ASGIApp, service: Service, ready: Ready) -> None:
        self.app = app
        self.service = service
        self.ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((v for k, v in scope["headers"] if k == b"x-request-id"), b"")
        request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8).encode()
        scope["request_id"] = request_id.decode()
        docs = scope["path"].startswith(("/docs", "/static-offline-docs"))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = HEADERS[1:] if docs else HEADERS
                message["headers"] = [*message["headers"], *own, (b"x-request-id", request_id)]
            await send(message)

        here = self._at_hand(scope) if scope["method"] == "GET" else None
        await (here or self.app)(scope, receive, answer)

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
            actor = authenticate(service.database, bearer.strip(), service.clock(), version=version)
            found = self.ready.at_hand(address, (actor.role, actor.unit), headers, version)
            if found is not None:
                service.buckets.take(actor.token or actor.name)
        except (Refusal, DBAPIError):
            return None
        return found
