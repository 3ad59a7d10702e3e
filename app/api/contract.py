"""What endpoints share: documented bodies and refusals, pages of lists, created things."""

import base64
import binascii
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, BeforeValidator
from pydantic.json_schema import models_json_schema
from typing_extensions import TypedDict

from app.answers import Ready, etag_of, reply, to_json
from app.deps import Idempotency, Service
from app.domain.access import Actor
from app.domain.errors import BadCursor, Invalid
from app.services.idempotency import Answer, once

T = TypeVar("T")
LAST_PLACE = 2**31 - 1


def _limit(value: object) -> object:
    """Plain digits: not 1_0, not 10.0, not " 10"."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("digits")
    return value


Limit = Annotated[int, Query(ge=1, le=500), BeforeValidator(_limit)]
Cursor = Annotated[str | None, Query(max_length=200)]

_bodies: list[type[BaseModel]] = []


class Page(TypedDict, Generic[T]):
    items: list[T]
    next: str | None


class ProblemError(TypedDict, total=False):
    pointer: str
    sheet: str
    cell: str
    code: str
    message: str
    expected: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[ProblemError]
    request_id: str | None


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documentation of the refusals that every endpoint, and this one in particular, can give."""
    shape = {"content": {"application/problem+json": {"schema": {"$ref": PROBLEM_REF}}}}
    named = (401, 404, 422, 429, 503, *statuses)
    return {status: {"description": "Problem details (RFC 9457)", **shape} for status in named}


PROBLEM_REF = "#/components/schemas/Problem"


def takes(contract: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Documentation of a body that a dependency reads, after it is known who asks."""
    _bodies.append(contract)
    schema = {"$ref": f"#/components/schemas/{contract.__name__}"}
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": required, "content": content}}


def openapi_with_bodies(app: FastAPI) -> None:
    """Let /openapi.json also hold the contracts of bodies, problems, and how to sign in."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            _, bodies = models_json_schema(
                [(body, "validation") for body in _bodies],
                ref_template="#/components/schemas/{model}",
            )
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update(bodies["$defs"])
            components["schemas"]["Problem"] = PROBLEM_SCHEMA
            components["schemas"].pop("HTTPValidationError", None)
            components["schemas"].pop("ValidationError", None)
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"token": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


_text = {"type": "string"}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "request_id"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "instance", "code"), _text),
        "status": {"type": "integer"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": dict.fromkeys(
                    ("pointer", "sheet", "cell", "code", "message", "expected"), _text
                ),
            },
        },
    },
}


def ready(request: Request) -> Ready:
    found: Ready = request.app.state.ready
    return found


def page(request: Request, items: Sequence[Any], cursor: str | None, limit: int) -> Response:
    """One page of a list that is whole in memory; the cursor is the place where it goes on."""
    start = int(read_cursor(cursor) or 0)
    end = start + limit
    following = make_cursor(str(end)) if end < len(items) else None
    return reply(request, to_json({"items": items[start:end], "next": following}))


def make_cursor(place: str) -> str:
    return base64.urlsafe_b64encode(f"c1:{place}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """The place a cursor stands for; BadCursor (400) when this service did not make it."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        version, _, place = base64.b64decode(padded, b"-_", validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise BadCursor() from None
    if (
        version != "c1"
        or not place.isascii()
        or not place.isdigit()
        or len(place) > 10
        or int(place) > LAST_PLACE
    ):
        raise BadCursor()
    return place


def creation(
    service: Service,
    actor: Actor,
    idempotency: Idempotency,
    make: Callable[[Any], tuple[Any, str]],
    secret: str | Collection[str] = (),
) -> Response:
    """201 with what `make` made and where it is; once per Idempotency-Key.

    `secret` names what is left out of the kept answer: a field, or several, shown this once.
    """
    return answered_once(service, actor, idempotency, lambda session: Made(*make(session)), secret)


class Made(NamedTuple):
    """What a creating use case answers, and where it is."""

    content: Any
    location: str
    status: int = 201


def answered_once(
    service: Service,
    actor: Actor,
    idempotency: Idempotency,
    make: Callable[[Any], Made],
    secret: str | Collection[str] = (),
) -> Response:
    """As `creation`, with the status that `make` says."""
    location = ""
    with service.database.writing() as session:

        def carry_out() -> Answer:
            nonlocal location
            made, location, status = make(session)
            hidden = {secret} if isinstance(secret, str) else secret
            kept = {k: v for k, v in made.items() if k not in hidden} if hidden else None
            return Answer(status, to_json(made), to_json(kept) if kept else None)

        answer = once(session, actor, idempotency.key, idempotency.request, carry_out)
        if idempotency.faults:
            # Only now: who may is decided before what was sent is judged.
            raise Invalid(idempotency.faults)
    headers = {"etag": f'"{etag_of(answer.body)}"', "cache-control": "no-store"}
    if location:
        headers["location"] = location
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    return Response(answer.body, answer.status, headers, "application/json")
