"""The picture that goes with the digest: the overview's, of the very figures that it tells."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.render.overview import page_of
from app.render.paper_overview import Reading, brief, overview_paper
from app.render.press import set_in_type, written
from app.services import dashboards
from app.services.exports import background
from app.services.reminders import READER
from app.services.scene import View


def picture(session: Session, told: dict[str, Any], language: str) -> bytes:
    """Of one programme as the digest tells it: a PNG."""
    programme, period = told["programme"], told["period"]
    known_at = datetime.fromisoformat(told["known_at"])
    view = View(known_at=known_at)
    shown = dashboards.shown(session, READER, programme, period, view)
    behind = background(session, READER, programme, [period], view)
    page = page_of(*shown, READER, language)
    paper = overview_paper(Reading(*shown, None), page, behind, language)
    return set_in_type(written(brief(paper)).decode(), "png", known_at)
