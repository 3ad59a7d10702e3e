"""What a request brings with it: the database, its actor, its language, its time, its body.

These are `async def` so that they run in place; only use cases go to a worker thread. The actor is
known before the first byte of a body is read.
"""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar, get_origin
from urllib.parse import urlsplit

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool

from app.db.session import Database
from app.domain.access import Actor
from app.domain.errors import (
    Fault,
    Invalid,
    NotAllowed,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
)
from app.domain.text import control_character
from app.i18n import best_language
from app.import_worker import ImportWorker
from app.schemas.fields import Sent, parse_json, read
from app.services.filing import Precondition
from app.services.receipts import Signer
from app.services.tokens import actor_of_token, authenticate
from app.services.vault import Vault
from app.settings import Settings
from app.sheets.fence import Fence

T = TypeVar("T")
SESSION_COOKIE = "chitieu_session"
SESSION_SECONDS = 12 * 3600


@dataclass
class Buckets:
    """A token bucket a key: `per_minute` refills it up to `burst`. per_minute 0: no limit."""

    per_minute: int
    burst: int
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str) -> None:
        """TooManyRequests, with the seconds to wait, when the bucket is empty."""
        if not self.per_minute or not self.burst:
            return
        now, rate = time.monotonic(), self.per_minute / 60
        with self._lock:
            if len(self._levels) > 10_000:
                self._levels.clear()
            level, at = self._levels.get(key, (float(self.burst), now))
            level = min(self.burst, level + (now - at) * rate)
            if level < 1:
                self._levels[key] = (level, now)
                raise TooManyRequests(int((1 - level) / rate) + 1)
            self._levels[key] = (level - 1, now)


@dataclass(frozen=True)
class Service:
    """What is made once at start and shared by every request."""

    settings: Settings
    database: Database
    signer: Signer
    cookies: URLSafeTimedSerializer
    buckets: Buckets
    fence: Fence
    worker: ImportWorker
    vault: Vault
    clock: Callable[[], datetime]


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _database(request: Request) -> Database:
    return (await _service(request)).database


async def _now(request: Request) -> datetime:
    """When the request was received; deadlines are counted from here."""
    return (await _service(request)).clock()


async def _language(accept_language: Annotated[str, Header()] = "") -> str:
    return best_language(accept_language)


async def _actor(request: Request) -> Actor:
    """By `Authorization: Bearer`, or by the page's session cookie; never by both (401)."""
    service = await _service(request)
    header, cookie = request.headers.get("authorization"), request.cookies.get(SESSION_COOKIE)
    if header and cookie:
        raise Unauthenticated()
    if cookie and request.method not in ("GET", "HEAD") and from_elsewhere(request):
        # A browser adds its cookie to what another site makes it send.
        raise NotAllowed(reason="elsewhere")
    now, request_id = service.clock(), request.scope.get("request_id")

    def look_up() -> Actor:
        if cookie:
            id_ = read_session(service, cookie)
            return actor_of_token(service.database, id_, now, request_id)
        scheme, _, bearer = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        return authenticate(service.database, bearer.strip(), now, request_id)

    # One indexed read of a local file is cheaper than a change of thread; a network is not.
    local = service.database.is_sqlite
    actor = look_up() if local else await run_in_threadpool(look_up)
    service.buckets.take(actor.token or actor.name)
    request.scope["actor"] = actor
    return actor


def from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent it. Browsers say so; other clients say nothing."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    return site not in (None, "same-origin", "none")


def read_session(service: Service, cookie: str) -> str:
    """The id of the token that opened the page; Unauthenticated when forged or too old."""
    try:
        id_: str = service.cookies.loads(cookie, max_age=SESSION_SECONDS)
    except BadSignature:
        raise Unauthenticated() from None
    return id_


async def _body(request: Request) -> bytes:
    """The body, counted while it streams; TooLarge at once when it goes over the limit."""
    limit = (await _service(request)).settings.body_limit
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:18]) > limit:
        raise TooLarge(limit=limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit=limit)
        chunks.append(chunk)
    return b"".join(chunks)


async def _json(actor: "CurrentActor", body: Annotated[bytes, Depends(_body)]) -> Sent[Any]:
    return parse_json(body)


def sent_as(contract: type[T], *, optional: bool = False) -> Any:
    """A dependency: the body as `contract`, read but not judged (who may is decided first).

    `optional`: no body at all is an empty object.
    """

    async def contract_of(parsed: "Json", body: Annotated[bytes, Depends(_body)]) -> Sent[T]:
        return read(contract, parsed if body or not optional else Sent({}))

    return Depends(contract_of)


async def only_known_query(request: Request, actor: "CurrentActor") -> None:
    """An unknown parameter is refused: a filter that is silently ignored gives a wrong figure.

    So is a second value where one is taken, and a control character anywhere.
    """
    if not request.url.query:
        return
    repeatable, faults, seen = _query_names(request.scope["route"]), [], set()
    for name, value in request.query_params.multi_items():
        place = f"/query/{name[:60]}"
        if name not in repeatable:
            faults.append(Fault(place, "invalid", {"reason": "unknown_field"}))
        elif name in seen and not repeatable[name]:
            faults.append(Fault(place, "duplicate_row", {"value": name}))
        found = control_character(name + value)
        if found and name != "cursor":  # a bad cursor is an answer of its own
            faults.append(Fault(place, "invalid", {"reason": "control_character", "value": found}))
        seen.add(name)
    if faults:
        raise Invalid(faults)


_known_queries: dict[Callable[..., Any], dict[str, bool]] = {}


def _query_names(route: APIRoute) -> dict[str, bool]:
    """The parameters an endpoint takes, and whether each may be repeated."""
    known = _known_queries.get(route.endpoint)
    if known is None:
        known, waiting = {}, [route.dependant]
        while waiting:
            dependant = waiting.pop()
            for param in dependant.query_params:
                known[param.alias] = get_origin(param.field_info.annotation) is list
            waiting += dependant.dependencies
        _known_queries[route.endpoint] = known
    return known


async def _precondition(
    if_match: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Precondition:
    """Versions out of ETags: ours begin with the version; another's never matches."""
    versions: frozenset[int] | None = None
    if if_match is not None:
        tags = [tag.strip().strip('"').partition(".")[0] for tag in if_match.split(",")]
        numbers = {int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 10}
        versions = frozenset() if if_match.strip() == "*" else frozenset(numbers or {-1})
    return Precondition(versions, must_be_new=if_none_match == "*")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key (None: it gave none, or a faulty one) and a digest of what it asks for."""

    key: str | None
    request: bytes
    faults: Sequence[Fault] = ()


async def _idempotency(
    request: Request,
    actor: "CurrentActor",
    body: Annotated[bytes, Depends(_body)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Idempotency:
    asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).digest()
    if idempotency_key is not None and not re.fullmatch("[!-~]{1,200}", idempotency_key):
        fault = Fault("/header/Idempotency-Key", "invalid", {"reason": "not_a_key"})
        return Idempotency(None, asked, [fault])
    return Idempotency(idempotency_key, asked)


App = Annotated[Service, Depends(_service)]
Db = Annotated[Database, Depends(_database)]
CurrentActor = Annotated[Actor, Depends(_actor)]
Now = Annotated[datetime, Depends(_now)]
Language = Annotated[str, Depends(_language)]
Json = Annotated[Sent[Any], Depends(_json)]
IfMatch = Annotated[Precondition, Depends(_precondition)]
Once = Annotated[Idempotency, Depends(_idempotency)]
