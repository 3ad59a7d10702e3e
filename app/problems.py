"""Refusals and failures as problem details (RFC 9457), in the caller's language."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.answers import status_of, to_json
from app.domain import errors
from app.domain.errors import Fault, Refusal
from app.i18n import best_language, explain, say

PROBLEM = "application/problem+json"
log = logging.getLogger(__name__)


def _printable(facts: Mapping[str, Any]) -> dict[str, str]:
    return {k: str(v).encode("utf-8", "backslashreplace").decode() for k, v in facts.items()}


def _error(fault: Fault, language: str) -> dict[str, str]:
    facts = _printable(fault.facts)
    error = {
        "pointer": fault.place,
        "code": fault.code,
        "message": explain(fault.code, language, facts),
    }
    if fault.expected is not None:
        error["expected"] = fault.expected
    return error


def problem(
    request: Request,
    status: int,
    code: str,
    facts: Mapping[str, Any] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    language = best_language(request.headers.get("accept-language", ""))
    body = {
        "type": f"/problems/{code}",
        "title": say(f"problem.{code}", language),
        "status": status,
        "detail": explain(code, language, _printable(facts or {})),
        "instance": request.url.path,
        "code": code,
        "errors": [_error(fault, language) for fault in faults],
        "request_id": request.scope.get("request_id"),
    }
    headers = {"content-language": language}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="chitieu"'
    return Response(to_json(body), status, headers, PROBLEM)


async def _refused(request: Request, refusal: Refusal) -> Response:
    answer = problem(request, status_of(refusal), refusal.code, refusal.facts, refusal.faults)
    wait = getattr(refusal, "retry_after_seconds", None)
    if wait is not None:
        answer.headers["retry-after"] = str(wait)
    return answer


async def _misaddressed(request: Request, error: RequestValidationError) -> Response:
    """A path or query of the wrong shape. What was sent is never echoed."""
    faults = []
    for one in error.errors():
        place = "".join(f"/{part}" for part in one["loc"])
        faults.append(Fault(place, "invalid", {"reason": "wrong_type"}))
    return problem(request, 422, "invalid", {"count": len(faults)}, faults)


async def _http(request: Request, error: HTTPException) -> Response:
    code = {404: "not_found", 405: "not_allowed"}.get(error.status_code, "invalid")
    answer = problem(request, error.status_code, code, {"what": request.url.path})
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _of_database(request: Request, error: Exception) -> Response:
    """What the database cannot hold is the sender's fault; that it does not answer is ours."""
    if isinstance(error, DataError | OverflowError | UnicodeEncodeError):
        return problem(request, 422, "invalid")
    log.error("database unavailable", exc_info=error)
    return await _refused(request, errors.Unavailable())


def unforeseen(request: Request, error: Exception) -> Response:
    """The answer to what nobody thought of; the edge gives it, so that it has its headers."""
    log.error("unforeseen", exc_info=error)
    return problem(request, 500, "unavailable")


def install(app: FastAPI) -> None:
    handlers: dict[type[Exception], Any] = {
        Refusal: _refused,
        RequestValidationError: _misaddressed,
        HTTPException: _http,
        DBAPIError: _of_database,
        PoolTimeout: _of_database,
        OverflowError: _of_database,
        UnicodeEncodeError: _of_database,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
