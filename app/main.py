"""The application, wired: settings, database, doors."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from app import __version__, api, problems, web
from app.answers import Ready
from app.api.contract import openapi_with_bodies
from app.db.session import Database
from app.deps import Buckets, Service
from app.edge import Edge
from app.import_worker import ImportWorker
from app.post.worker import PostWorker
from app.services.receipts import Signer
from app.services.token_uses import TokenUses
from app.services.vault import Vault
from app.settings import Settings
from app.sheets.fence import Fence

if TYPE_CHECKING:
    from app.sso import Provider

WORKBOOKS_AT_ONCE = 2
WRONG_KEYS_A_MINUTE = 30  # from one address; right ones are not counted


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None,
    clock: Callable[[], datetime] = _now,
    fence: Fence | None = None,
) -> FastAPI:
    """The service for one database. `clock` says when requests are received; `fence`: one that
    others share and close."""
    settings = settings or Settings()
    service = _service(settings, clock, fence or Fence(WORKBOOKS_AT_ONCE))
    app: FastAPI = FastAPIOffline(
        title="Chỉ tiêu",
        version=__version__,
        description="Targets, reports and attainment: exact, explainable, in history.",
        lifespan=_lifespan(service, shared=fence),
        docs_url=None,  # app/web/docs.py
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.ready = Ready(service.database)
    app.state.uploads = CapacityLimiter(WORKBOOKS_AT_ONCE)
    _open_doors(app, service)
    return app


def _lifespan(service: Service, *, shared: Fence | None) -> Lifespan[Starlette]:
    """What works beside the requests, from the start to the end."""
    post = PostWorker(
        service.database, service.settings, service.vault, service.clock, service.token_uses
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Four threads served 189 reports a second where forty served 92.
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = service.settings.threads
        service.worker.start()
        post.start()
        try:
            yield
        finally:
            post.close()
            service.worker.close()
            if shared is None:
                service.fence.close()
            with closing(service.database):
                service.token_uses.flush(service.database)

    return lifespan


def _service(settings: Settings, clock: Callable[[], datetime], fence: Fence) -> Service:
    secret, old = settings.secret(), settings.old_secrets()
    database, signer = Database(settings.database_url), Signer(secret, old)
    return Service(
        settings=settings,
        database=database,
        signer=signer,
        buckets=Buckets(settings.rate_per_minute, settings.rate_burst),
        strangers=Buckets(WRONG_KEYS_A_MINUTE, WRONG_KEYS_A_MINUTE),
        fence=fence,
        worker=ImportWorker(database, signer, clock),
        vault=Vault(secret, old),
        token_uses=TokenUses(),
        sso=_sso(settings) if settings.oidc_issuer else None,
        clock=clock,
    )


def _sso(settings: Settings) -> "Provider":
    from app.sso import Provider  # noqa: PLC0415 - an extra: passwords work without it

    return Provider(settings)


def _open_doors(app: FastAPI, service: Service) -> None:
    app.add_middleware(Edge, service=service, ready=app.state.ready)
    problems.install(app)
    app.router.routes.extend(_addresses())
    web.install(app)
    openapi_with_bodies(app)
    logging.getLogger("uvicorn.access").disabled = True


@cache
def _addresses() -> list[BaseRoute]:
    """What is worked out of an address when it is first asked for serves every application of the
    process: it takes a quarter of a second, and a suite of tests makes a thousand applications."""
    found = APIRouter()
    for router in (api.router, api.bare, web.router):
        found.include_router(router)
    return found.routes
