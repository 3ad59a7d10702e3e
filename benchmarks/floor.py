"""The floor: a bare Starlette route with ready bytes, served exactly as `chitieu serve` serves.

The bytes of `/name` are the file of that name in the folder BENCH_FLOOR.
"""

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import cli

_run = uvicorn.run


def create_app() -> Starlette:
    return Starlette(
        routes=[_route(path) for path in Path(os.environ["BENCH_FLOOR"]).iterdir()],
    )


def _route(path: Path) -> Route:
    body = path.read_bytes()

    async def ready(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Route(f"/{path.name}", ready)


def _run_floor(_app: str, **settings: Any) -> None:
    _run("benchmarks.floor:create_app", **settings)


def main() -> None:
    with patch("uvicorn.run", _run_floor):
        cli.main()


if __name__ == "__main__":
    main()
