"""What a request brings with it: the database, its actor, its language, its time, its body.

These are `async def` so that they run in place; only use cases go to a worker thread. The actor is
known before the first byte of a body is read.
"""

import hashlib
import ipaddress
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_origin
from urllib.parse import urlsplit

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.bodies import FILES, FORM, fields_of, proof_of, read_body
from app.db.session import Database
from app.domain.access import Actor
from app.domain.errors import (
    Fault,
    Invalid,
    NotAllowed,
    TooManyRequests,
    Unauthenticated,
)
from app.domain.text import control_character
from app.i18n import best_language
from app.import_worker import ImportWorker
from app.schemas.fields import Sent, parse_json, read
from app.services import sessions
from app.services.filing import Precondition
from app.services.receipts import Signer
from app.services.sessions import Person, Visit
from app.services.token_uses import TokenUses
from app.services.tokens import authenticate
from app.services.vault import Vault
from app.settings import Settings
from app.sheets.fence import Fence

if TYPE_CHECKING:
    from app.sso import Provider  # an extra

T = TypeVar("T")
SESSION_COOKIE = "sid"
# A browser keeps it to this host and to https, whatever another host of the domain says.
SECURE_SESSION_COOKIE = "__Host-sid"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass
class Buckets:
    """A token bucket a key: `per_minute` refills it up to `burst`. per_minute 0: no limit.

    Of `most` keys the one that was not heard of for longest is forgotten first: whoever comes with
    ever new ones wins nothing for the others.
    """

    per_minute: int
    burst: int
    most: int = 10_000
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str) -> None:
        """TooManyRequests, with the seconds to wait, when the bucket is empty."""
        if not self.per_minute or not self.burst:
            return
        now, rate = time.monotonic(), self.per_minute / 60
        with self._lock:
            level, at = self._levels.pop(key, (float(self.burst), now))
            level = min(self.burst, level + (now - at) * rate)
            self._levels[key] = (level - 1 if level >= 1 else level, now)
            while len(self._levels) > self.most:
                self._levels.popitem(last=False)
        if level < 1:
            raise TooManyRequests(int((1 - level) / rate) + 1)


@dataclass(frozen=True)
class Service:
    """What is made once at start and shared by every request."""

    settings: Settings
    database: Database
    signer: Signer
    buckets: Buckets
    strangers: Buckets
    fence: Fence
    worker: ImportWorker
    vault: Vault
    token_uses: TokenUses
    sso: "Provider | None"
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
    header, cookie = request.headers.get("authorization"), session_secret(request)
    if header and cookie:
        raise Unauthenticated(reason="both")
    visit = await _visit(request)
    if cookie:
        actor = await _at_page(request, cookie, visit)
    else:
        actor = await _with_token(request, header or "", visit)
    service.buckets.take(actor.token or actor.name)
    if actor.token is not None:
        service.token_uses.saw(actor.token, visit.now, visit.address)
    request.scope["actor"] = actor
    return actor


async def _with_token(request: Request, header: str, visit: Visit) -> Actor:
    service = await _service(request)

    def look_up() -> Actor:
        scheme, _, bearer = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        try:
            known = authenticate(service.database, bearer.strip(), visit.now, visit.request_id)
        except Unauthenticated:
            service.strangers.take(sender(request))
            raise
        return replace(known, address=visit.address, agent=visit.agent)

    # One indexed read of a local file is cheaper than a change of thread; a network is not.
    local = service.database.is_sqlite
    return look_up() if local else await run_in_threadpool(look_up)


async def _at_page(request: Request, cookie: str, visit: Visit) -> Actor:
    """In a thread on every database: that the session was seen may have to be written."""
    service = await _service(request)
    asked_for = service.settings.second_factor_for or frozenset()
    found = await run_in_threadpool(
        sessions.actor_of, service.database, cookie, visit, _idle(service), asked_for
    )
    await _refuse_forged(request, cookie)
    return found


async def _person(request: Request) -> Person:
    """Whose session it is, before a second factor or a role is asked for."""
    service, cookie = await _service(request), session_secret(request)
    if not cookie or "authorization" in request.headers:
        raise Unauthenticated()
    visit = await _visit(request)
    found = await run_in_threadpool(
        sessions.person_of, service.database, cookie, visit, _idle(service)
    )
    await _refuse_forged(request, cookie)
    return found


def _idle(service: Service) -> timedelta:
    return timedelta(minutes=service.settings.session_idle_minutes)


async def _visit(request: Request) -> Visit:
    """When it was received, and where from; a proxy's word counts where it is trusted."""
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())[:300]
    host = request.client.host[:64] if request.client else None
    now = (await _service(request)).clock()
    return Visit(now, request.scope.get("request_id"), host, agent or None)


def is_secure(request: Request) -> bool:
    service: Service = request.app.state.service
    return bool(service.settings.secure_cookies) or request.url.scheme == "https"


def session_cookie(request: Request) -> str:
    """The name of the cookie that holds a session's secret."""
    return SECURE_SESSION_COOKIE if is_secure(request) else SESSION_COOKIE


def session_secret(request: Request) -> str | None:
    return request.cookies.get(session_cookie(request))


def csrf_of(secret: str) -> str:
    """What forms of a session's pages carry: nobody else's page knows it."""
    return hashlib.sha256(f"csrf {secret}".encode("utf-8", "backslashreplace")).hexdigest()


async def _refuse_forged(request: Request, cookie: str) -> None:
    """A browser adds its cookie to what another site makes it send: NotAllowed."""
    if request.method in SAFE:
        return
    if from_elsewhere(request):
        raise NotAllowed(reason="elsewhere")
    said, sent_as = request.headers.get("x-csrf-token"), request.headers.get("content-type", "")
    if said is None and sent_as.startswith(FORM):
        limit = (await _service(request)).settings.body_limit
        said = fields_of(await read_body(request, limit)).get("csrf")
    elif said is None and sent_as.startswith(FILES):
        said = await proof_of(request)
    known = csrf_of(cookie).encode()
    if not compare_digest((said or "").encode("utf-8", "backslashreplace"), known):
        raise NotAllowed(reason="csrf")


def sender(request: Request) -> str:
    """The address attempts are counted for; of IPv6 the network that one customer has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped:  # as a socket that listens for both writes it
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent it. Browsers say so; other clients say nothing."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    return site not in (None, "same-origin", "none")


async def _body(request: Request) -> bytes:
    return await read_body(request, (await _service(request)).settings.body_limit)


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
CurrentPerson = Annotated[Person, Depends(_person)]
CurrentVisit = Annotated[Visit, Depends(_visit)]
Now = Annotated[datetime, Depends(_now)]
Language = Annotated[str, Depends(_language)]
Json = Annotated[Sent[Any], Depends(_json)]
IfMatch = Annotated[Precondition, Depends(_precondition)]
Once = Annotated[Idempotency, Depends(_idempotency)]
