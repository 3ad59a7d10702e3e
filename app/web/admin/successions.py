"""What became of units: tried first, with what it does to the figures, then stored (rule 20)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Response

from app.domain.access import Right, require
from app.domain.errors import AmbiguousUnit, Fault, Invalid, NotFound, Refusal
from app.schemas.fields import Day, Sent, read
from app.schemas.units import SuccessionIn
from app.services import successions, units
from app.services.definitions import catalogue
from app.services.proposals import Change
from app.web.admin.answers import REFUSED
from app.web.admin.changing import AtDesk, Desk, Large, refuse_unless
from app.web.admin.effects import effects_of
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/successions"
STATE_CODE = re.compile(r"[0-9]{1,3}")


@router.get(LIST)
def get_successions_page(desk: AtDesk) -> Response:
    require(desk.actor, Right.SUCCESSION_CREATE)
    with desk.service.database.reading() as session:
        found = successions.read_successions(session, desk.actor)
    newest = sorted(found, key=lambda one: one["effective_on"], reverse=True)
    return desk.shown("successions.html", successions=newest)


@router.get(f"{LIST}/new")
def get_succession_new(desk: AtDesk) -> Response:
    require(desk.actor, Right.SUCCESSION_CREATE)
    return desk.shown("succession_new.html", seen=None)


@router.post(f"{LIST}/new")
def post_succession(desk: AtDesk, form: Large) -> Response:
    require(desk.actor, Right.SUCCESSION_CREATE)
    try:
        with desk.service.database.reading() as session:
            sent = _succession(session, desk, form)
        if form.get("step") == "store":
            return desk.carry(Change(Right.SUCCESSION_CREATE, {}, sent), LIST)
        with desk.service.database.reading() as session:
            seen = successions.create_succession(session, desk.actor, sent, dry_run=True)
            effects = effects_of(catalogue(session), seen.get("effects", []), desk.language)
    except REFUSED as refusal:
        return desk.shown("succession_new.html", refusal, typed=form, seen=None)
    eve = (date.fromisoformat(seen["effective_on"]) - timedelta(days=1)).isoformat()
    ending = [one for one in seen["predecessors"] if one not in seen["successors"]]
    facts: dict[str, Any] = {"seen": seen, "effects": effects, "eve": eve, "ending": ending}
    return desk.shown("succession_new.html", typed=form, sent=form, **facts)


def _succession(session: Any, desk: Desk, form: Mapping[str, str]) -> Sent[SuccessionIn]:
    """Units by name or by code, of their days: the old ones of the day before."""
    refuse_unless(form, ("effective_on", "predecessors"))
    day = read(_Dated, Sent({"effective_on": form["effective_on"]})).judged().effective_on
    faults: list[Fault] = []
    said: dict[str, Any] = {"effective_on": form["effective_on"]}
    for name, on in (("predecessors", day - timedelta(days=1)), ("successors", day)):
        said[name] = []
        for index, line in enumerate(_lines(form, name)):
            try:
                said[name].append(_code_of(session, desk, line, on))
            except (NotFound, AmbiguousUnit) as refusal:
                faults += _of_name(refusal, f"/{name}/{index}", line)
    if faults:
        raise Invalid(faults)
    if shares := _lines(form, "shares"):
        said["shares"] = shares
    said |= {name: form[name] for name in ("act", "yes_no") if form.get(name)}
    return read(SuccessionIn, Sent(said))


class _Dated(SuccessionIn):
    """The day alone, before the units of that day are looked for."""

    predecessors: list[str] = []
    successors: list[str] = []


def _lines(form: Mapping[str, str], name: str) -> list[str]:
    return [line.strip() for line in form.get(name, "").split("\n") if line.strip()]


def _code_of(session: Any, desk: Desk, line: str, on: Day) -> str:
    """Of that day; else of any: a rule tells better than a name why that unit cannot be meant."""
    if line in catalogue(session).units:
        return line
    asked = (
        {"code": line, "name": None} if STATE_CODE.fullmatch(line) else {"code": None, "name": line}
    )
    try:
        return units.resolve_unit(session, desk.actor, **asked, on=on)["code"]
    except NotFound:
        return units.resolve_unit(session, desk.actor, **asked, on=None)["code"]


def _of_name(refusal: Refusal, place: str, line: str) -> Sequence[Fault]:
    if isinstance(refusal, AmbiguousUnit):
        return [Fault(place, refusal.code, refusal.facts)]
    return [Fault(place, "unknown_unit", {"value": line})]
