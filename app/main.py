"""The application, wired: settings, database, doors."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from itsdangerous import URLSafeTimedSerializer
from starlette.applications import Starlette

from app import __version__, api, problems, web
from app.answers import Ready
from app.api.contract import openapi_with_bodies
from app.db.session import Database
from app.deps import Buckets, Service
from app.edge import Edge
from app.import_worker import ImportWorker
from app.services.receipts import Signer
from app.services.vault import Vault
from app.settings import Settings
from app.sheets.fence import Fence

WORKBOOKS_AT_ONCE = 2


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

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Four threads served 189 reports a second where forty served 92.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
        service.worker.start()
        try:
            yield
        finally:
            service.worker.close()
            if fence is None:
                service.fence.close()
            service.database.close()

    app: FastAPI = FastAPIOffline(
        title="Chỉ tiêu",
        version=__version__,
        description="Targets, reports and attainment: exact, explainable, in history.",
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.ready = Ready(service.database)
    app.state.uploads = CapacityLimiter(WORKBOOKS_AT_ONCE)
    _open_doors(app, service)
    return app


def _service(settings: Settings, clock: Callable[[], datetime], fence: Fence) -> Service:
    secret, database = settings.secret(), Database(settings.database_url)
    signer = Signer(secret)
    return Service(
        settings=settings,
        database=database,
        signer=signer,
        cookies=URLSafeTimedSerializer(secret, salt="session"),
        buckets=Buckets(settings.rate_per_minute, settings.rate_burst),
        fence=fence,
        worker=ImportWorker(database, signer, clock),
        vault=Vault(secret),
        clock=clock,
    )


def _open_doors(app: FastAPI, service: Service) -> None:
    app.add_middleware(Edge, service=service, ready=app.state.ready)
    problems.install(app)
    app.include_router(api.router)
    app.include_router(api.bare)
    web.install(app)
    openapi_with_bodies(app)
    logging.getLogger("uvicorn.access").disabled = True
