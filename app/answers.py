"""Answers: the status of a refusal, exact JSON, strong ETags, what is ready until data change."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import Headers

from app.db.session import Database, Version
from app.domain import errors
from app.domain.access import Actor
from app.domain.errors import Refusal
from app.domain.text import search_key

JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ADDRESSES = 10_000
VARY = "accept-encoding, accept-language, authorization, cookie"


STATUS: dict[type[Refusal], int] = {
    errors.Unauthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.BadCursor: 400,
    errors.TooSlow: 408,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.Refusal: 422,
}


def status_of(refusal: Refusal) -> int:
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        text = str(value)
        return orjson.Fragment(f"{value:f}" if "E" in text else text)
    raise TypeError(type(value).__name__)


def to_json(content: Any) -> bytes:
    """JSON with every Decimal as the number it shows: 96.80, not a float near it."""
    return orjson.dumps(content, default=_exact)


def etag_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def matches(asked: Headers, tag: str) -> bool:
    """Whether If-None-Match names this representation, compressed or not."""
    given = asked.get("if-none-match")
    if given is None:
        return False
    tags = {
        one.strip().removeprefix("W/").strip('"').removesuffix("-gz") for one in given.split(",")
    }
    return tag in tags or "*" in tags


def reply(
    request: Request,
    body: bytes,
    *,
    status: int = 200,
    tag: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer with its ETag, or 304 when the caller has it; GETs only are looked at."""
    tag = tag or etag_of(body)
    sent = {
        "etag": f'"{tag}"',
        "cache-control": "private, no-cache",
        "vary": VARY,
        **(headers or {}),
    }
    if request.method in ("GET", "HEAD") and matches(request.headers, tag):
        return Response(status_code=304, headers=sent)
    return Response(body, status, sent, JSON)


def file_reply(request: Request, body: bytes, name: str, media_type: str) -> Response:
    """A file to be kept under a name; 304 when the caller has it. Never shown in the page."""
    plain = search_key(name).replace(" ", "-").encode("ascii", "ignore").decode()
    plain = "".join(c for c in plain if c.isalnum() or c in "._-") or "file"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    answer = reply(request, body, headers={"content-disposition": disposition})
    if answer.status_code == 200:
        answer.headers["content-type"] = media_type
    return answer


@dataclass(slots=True)
class _Kept:
    version: int
    body: bytes
    tag: str
    media_type: str
    packed: bytes | None = None

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed or b"")


@dataclass
class Ready:
    """Answers worked out once per data version and kept as bytes, up to `limit` bytes in all.

    Whoever calls has decided before that the caller may have the answer; whatever the rights
    change in it is part of the key. `known` remembers, by address, which key was given to callers
    of a role and unit: for them it can be answered before routing (`at_hand`).
    """

    database: Database
    limit: int = 64_000_000
    known: dict[Hashable, dict[Hashable, Hashable]] = field(default_factory=dict)
    _kept: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(
        self,
        request: Request,
        key: Hashable,
        build: Callable[[Session], bytes],
        media_type: str = JSON,
    ) -> Response:
        if media_type == JSON:  # a page depends on the language as well
            self._remember(request, key)
        return _given(self._current(key, build, media_type), request.headers)

    def body(self, key: Hashable, build: Callable[[Session], bytes]) -> bytes:
        """What is put into something else: the inside of a page."""
        return self._current(key, build, "text/html").body

    def _current(self, key: Hashable, build: Callable[[Session], bytes], media_type: str) -> _Kept:
        version = self.database.version().data
        kept = self._kept.get(key)
        if kept is None or kept.version != version:
            kept = self._build(key, version, build, media_type)
        return kept

    def at_hand(
        self, address: Hashable, caller: Hashable, asked: Headers, version: Version
    ) -> Response | None:
        """The answer to an address that callers of this role and unit were given before, if it is
        of the data version that holds now."""
        kept = self._kept.get(self.known.get(address, {}).get(caller))
        if kept is None or kept.version != version.data:
            return None
        return _given(kept, asked)

    def _remember(self, request: Request, key: Hashable) -> None:
        actor: Actor | None = request.scope.get("actor")
        if actor is None:
            return
        if len(self.known) > MOST_ADDRESSES:
            self.known.clear()
        address = (request.scope["path"], request.scope["query_string"])
        self.known.setdefault(address, {})[actor.role, actor.unit] = key

    def _build(
        self, key: Hashable, version: int, build: Callable[[Session], bytes], media_type: str
    ) -> _Kept:
        # One at a time: whoever asks for the same meanwhile finds it ready.
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.version >= version:
                return kept
            with self.database.reading() as session:
                body = build(session)
                kept = _Kept(session.info["version"].data, body, etag_of(body), media_type)
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(one.size for one in self._kept.values()) > self.limit:
                self._kept.popitem(last=False)
            return kept


def _given(kept: _Kept, asked: Headers) -> Response:
    headers = {"etag": f'"{kept.tag}"', "vary": VARY, "cache-control": "private, no-cache"}
    if matches(asked, kept.tag):
        return Response(status_code=304, headers=headers)
    body = kept.body
    if len(body) > 2000 and kept.media_type != XLSX and "gzip" in asked.get("accept-encoding", ""):
        body = kept.packed = kept.packed or gzip.compress(body, 6, mtime=0)
        headers |= {"content-encoding": "gzip", "etag": f'"{kept.tag}-gz"'}
    return Response(body, 200, headers, kept.media_type)
