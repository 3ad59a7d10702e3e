"""The administrator's first page: what waits, what closes soon, and the way to everything."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from app.domain.access import Right, require
from app.domain.periods import day_in_vietnam, utc
from app.domain.proposals import ProposalState
from app.domain.targets import ProgrammePeriod
from app.render.words import period_name
from app.services import exceptions, proposals
from app.services.definitions import catalogue
from app.web.admin.changing import AtDesk, Desk
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SOON_DAYS = 30


class Closing(NamedTuple):
    """A period whose reports are due soon, or that closes soon."""

    period: ProgrammePeriod
    name: str
    due_on: date | None
    closes_on: date | None


class Running(NamedTuple):
    """A unit that may report though its period is closed."""

    period: ProgrammePeriod
    name: str
    unit: str
    until: str  # a UTC instant


@router.get("/admin")
def get_admin_page(desk: AtDesk) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    with desk.service.database.reading() as session:
        waiting = proposals.read_proposals(session, desk.actor, [ProposalState.OPEN])
        closing = [*_closing(session, desk)]
        running = [*_running(session, desk)]
    return desk.shown("home.html", waiting=waiting, closing=closing, running=running)


def _every(session: Any) -> list[ProgrammePeriod]:
    programmes = catalogue(session).programmes.values()
    return [when for programme in programmes for when in programme.periods.values()]


def _closing(session: Any, desk: Desk) -> list[Closing]:
    today = day_in_vietnam(desk.now)
    until = today + timedelta(days=SOON_DAYS)
    found = []
    for when in _every(session):
        due, closes = (
            day if day and today <= day <= until else None for day in (when.due_on, when.closes_on)
        )
        if (due or closes) and not when.closed:
            found.append(Closing(when, period_name(when.period, desk.language), due, closes))
    return found


def _running(session: Any, desk: Desk) -> list[Running]:
    found, now = [], utc(desk.now)
    for when in _every(session):
        for one in exceptions.read_exceptions(session, desk.actor, when.programme, when.code):
            if one["latest"] and one["until"] > now:
                name = period_name(when.period, desk.language)
                found.append(Running(when, name, one["unit"], one["until"]))
    return found
