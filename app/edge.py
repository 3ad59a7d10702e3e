"""The outermost layer: a request id, and the headers that every answer carries."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

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

        await self.app(scope, receive, answer)
