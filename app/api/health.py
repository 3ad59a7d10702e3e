"""For those who run the service: alive, ready, and the keys that it signs with."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.answers import reply, to_json
from app.deps import App
from app.services import schema

PUBLIC: dict[str, Any] = {"security": []}
router = APIRouter(tags=["operations"])


@router.get("/healthz", response_model=dict[str, str], openapi_extra=PUBLIC)
async def get_health() -> Response:
    """The process answers."""
    return Response(to_json({"status": "ok"}), media_type="application/json")


@router.get(
    "/readyz",
    response_model=dict[str, str],
    responses={503: {"description": "Not ready"}},
    openapi_extra=PUBLIC,
)
def get_ready(app: App) -> Response:
    """The database answers, and is of this version."""
    behind = schema.behind(app.database)
    body = {"status": "not ready", "reason": behind} if behind else {"status": "ok"}
    return Response(to_json(body), 503 if behind else 200, media_type="application/json")


@router.get(
    "/.well-known/chitieu-keys.json",
    response_model=dict[str, list[dict[str, str]]],
    openapi_extra=PUBLIC,
)
def get_keys(request: Request, app: App) -> Response:
    """A JSON Web Key Set: the public keys of receipts and snapshots."""
    return reply(request, to_json(app.signer.public_keys()))
