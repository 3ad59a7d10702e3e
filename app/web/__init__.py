"""The HTML door: the same use cases, rendered as pages."""

from pathlib import Path

from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.deps import Buckets, Service
from app.web import (
    account,
    admin,
    audit,
    cell,
    compare_page,
    completeness_page,
    docs,
    entry,
    explain,
    heat,
    imports,
    pages,
    public,
    report,
    reports,
    review,
    search,
    second_factor,
    sign_in,
    snapshots,
    sso,
    targets,
    units,
    upload,
)
from app.web.forms import AT_ONCE

STATIC = Path(__file__).parent / "static"
router = APIRouter()
for door in (
    docs,
    pages,
    heat,
    completeness_page,
    compare_page,
    targets,
    units,
    explain,
    search,
    audit,
    sign_in,
    account,
    second_factor,
    sso,
    reports,
    report,
    review,
    entry,
    upload,
    imports,
    cell,
    admin,
    snapshots,
    public,
):
    router.include_router(door.router)


class Files(StaticFiles):
    """An address that holds the file's sum is kept for good; others for a day."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        kept = "31536000, immutable" if scope["query_string"] else "86400"
        answer.headers["cache-control"] = f"public, max-age={kept}"
        return answer


def install(app: FastAPI) -> None:
    """Put the pages and what they load into the application."""
    service: Service = app.state.service
    attempts = service.settings.sign_in_per_minute
    app.state.sign_in_attempts = Buckets(per_minute=attempts, burst=attempts)
    app.state.public_views = Buckets(public.VIEWS_PER_MINUTE, public.VIEWS_PER_MINUTE)
    app.state.hashing = CapacityLimiter(AT_ONCE)
    app.mount("/static", GZipMiddleware(Files(directory=STATIC), minimum_size=1000), name="static")
