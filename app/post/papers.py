"""What goes with the digest: the overview's results on paper, of the very figures that it tells."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.db.post import Letter
from app.db.session import Database
from app.render.overview import page_of
from app.render.paper_overview import Reading, brief, overview_paper
from app.render.press import set_in_type, written
from app.services import dashboards
from app.services.exports import background
from app.services.reminders import READER
from app.services.scene import View

log = logging.getLogger(__name__)


def enclosed(database: Database, letter: Letter) -> dict[str, bytes]:
    """PDFs by name. A letter goes out without what cannot be made: its words say the same."""
    if letter.template != "digest":
        return {}
    try:
        with database.reading() as session:
            return dict(_each(session, letter))
    except Exception:
        log.exception("digest on paper")
        return {}


def _each(session: Session, letter: Letter) -> Iterator[tuple[str, bytes]]:
    for told in letter.facts["programmes"]:
        if "known_at" in told:
            name = f"{told['programme']}_{told['period']}.pdf"
            yield name, _printed(session, told, letter.language)


def _printed(session: Session, told: dict[str, Any], language: str) -> bytes:
    programme, period = told["programme"], told["period"]
    known_at = datetime.fromisoformat(told["known_at"])
    view = View(known_at=known_at)
    shown = dashboards.shown(session, READER, programme, period, view)
    behind = background(session, READER, programme, [period], view)
    page = page_of(*shown, READER, language)
    paper = overview_paper(Reading(*shown, None), page, behind, language)
    return set_in_type(written(brief(paper)).decode(), "pdf", known_at)
