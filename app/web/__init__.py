"""The HTML door: the same use cases, rendered as pages."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app.web import pages, sign_in

STATIC = Path(__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Put the pages and what they load into the application."""
    app.state.sign_in_attempts = sign_in.attempts()
    app.include_router(pages.router)
    app.include_router(sign_in.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
