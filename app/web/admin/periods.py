"""Reporting periods: when they open and are due, exceptions, and what the board decided."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from app.domain.access import Right, require
from app.domain.errors import Invalid, Refusal
from app.domain.periods import VIETNAM, period, utc
from app.render.words import period_name
from app.schemas.catalogue import DecisionIn, ExceptionIn, PeriodOut, PeriodPatch, ProgrammePatch
from app.schemas.fields import Sent, read
from app.services import exceptions, periods, programmes
from app.services.definitions import catalogue
from app.services.places import programme_of
from app.services.proposals import Change
from app.web.admin.answers import REFUSED, go, sent_as, unit_choices
from app.web.admin.changing import (
    AtDesk,
    Desk,
    Large,
    differing,
    filled,
    needing,
    refuse_unchanged,
    refuse_unless,
)
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/periods"


@router.get(LIST)
def get_periods_page(desk: AtDesk, programme: str = "") -> Response:
    return _periods(desk, programme, {})


def _periods(
    desk: Desk, programme: str, typed: Mapping[str, str], refusal: Refusal | None = None
) -> Response:
    require(desk.actor, Right.PERIOD_REVISE)
    with desk.service.database.reading() as session:
        wanted = [programme] if programme else []
        found = periods.read_periods(session, desk.actor, wanted)
        defined = catalogue(session)
    by_programme = [
        (one, [_named(desk, line) for line in found if line["programme"] == one.code])
        for one in defined.programmes.values()
        if not programme or one.code == programme
    ]
    return desk.shown(
        "periods.html",
        refusal,
        typed=typed,
        by_programme=by_programme,
        every=[*defined.programmes.values()],
        programme=programme,
    )


def _named(desk: Desk, one: PeriodOut) -> tuple[PeriodOut, str]:
    return one, period_name(period(one["code"]), desk.language)


@router.post(LIST)
def post_period_new(desk: AtDesk, form: Large) -> Response:
    """A further period of a programme."""
    require(desk.actor, Right.PERIOD_REVISE)
    code = form.get("programme", "")
    try:
        refuse_unless(form, ("programme", "code"))
        said = {name: form[name] for name in ("code", "due_on", "closes_on") if form.get(name)}
        if form.get("opens_at"):
            said["opens_at"] = _instant(form["opens_at"])
        sent = read(ProgrammePatch, Sent({"periods": [said]}))
        with desk.service.database.writing() as session:
            programmes.revise_programme(session, desk.actor, code, sent)
    except REFUSED as refusal:
        return _periods(desk, "", form, _first_row(refusal))
    return go(f"{LIST}/{code}/{said['code']}?done=1")


def _first_row(refusal: Refusal) -> Refusal:
    """Of the one period that the form has."""
    faults = [one._replace(place=one.place.removeprefix("/periods/0")) for one in refusal.faults]
    return Invalid(faults) if faults else refusal


@router.get(f"{LIST}/{{programme}}/{{period}}")
def get_period_admin(desk: AtDesk, programme: str, period: str) -> Response:
    return _period(desk, (programme, period), "", {})


@router.post(f"{LIST}/{{programme}}/{{period}}/revise")
def post_period_revise(desk: AtDesk, form: Large, programme: str, period: str) -> Response:
    def revise() -> Response:
        there = _stands(_read(desk, programme, period))
        sent = _revised(form, there)
        with desk.service.database.writing() as session:
            periods.revise_period(session, desk.actor, programme, period, sent)
        return go(f"{LIST}/{programme}/{period}?done=1")

    return _tried(desk, (programme, period), "revise", form, revise)


@router.post(f"{LIST}/{{programme}}/{{period}}/except")
def post_period_except(desk: AtDesk, form: Large, programme: str, period: str) -> Response:
    def make() -> Response:
        said = {name: form.get(name, "") for name in ("unit", "until", "reason")}
        sent = sent_as(ExceptionIn, said)
        with desk.service.database.writing() as session:
            exceptions.make_exception(session, desk.actor, programme, period, sent)
        return go(f"{LIST}/{programme}/{period}?done=1")

    return _tried(desk, (programme, period), "except", form, make)


@router.post(f"{LIST}/{{programme}}/{{period}}/decide")
def post_period_decide(desk: AtDesk, form: Large, programme: str, period: str) -> Response:
    def decide() -> Response:
        sent = sent_as(DecisionIn, {name: form.get(name, "") for name in ("act", "reason")})
        place = {"programme": programme, "period": period}
        change = Change(Right.PERIOD_REVISE, place, sent)
        return desk.carry(change, f"{LIST}/{programme}/{period}")

    return _tried(desk, (programme, period), "decide", form, decide)


def _tried(
    desk: Desk, where: tuple[str, str], what: str, form: Mapping[str, str], do: Callable[[], Any]
) -> Response:
    require(desk.actor, Right.PERIOD_REVISE)
    _read(desk, *where)
    try:
        done: Response = do()
    except REFUSED as refusal:
        return _period(desk, where, what, form, refusal)
    return done


def _read(desk: Desk, programme: str, code: str) -> PeriodOut:
    with desk.service.database.reading() as session:
        return periods.read_period(session, desk.actor, programme, code)


def _period(
    desk: Desk,
    where: tuple[str, str],
    what: str,
    form: Mapping[str, str],
    refusal: Refusal | None = None,
) -> Response:
    """`what` was asked for and refused: its form stands as it was typed."""
    require(desk.actor, Right.PERIOD_REVISE)
    with desk.service.database.reading() as session:
        found = periods.read_period(session, desk.actor, *where)
        made = exceptions.read_exceptions(session, desk.actor, *where)
        programme = programme_of(catalogue(session), where[0])
    when = programme.periods[where[1]].period
    asked = [one for one in catalogue_units(desk) if programme.asked(one, when)]
    choices = dict(unit_choices(desk.request, desk.service))
    there = _stands(found)
    return desk.shown(
        "period.html",
        refusal,
        typed=form,
        what=what,
        period=found,
        name=period_name(when, desk.language),
        there=there,
        facts=filled({"closed": "", **form}, there) if what == "revise" else there,
        made=[*reversed(made)],
        units=[(one.code, choices[one.code]) for one in asked],
        now=utc(desk.now),
    )


def catalogue_units(desk: Desk) -> list[Any]:
    return [*desk.service.database.kept("catalogue", catalogue).units.values()]


def _stands(found: PeriodOut) -> dict[str, str]:
    """As the form shows it: instants by the clock of Viet Nam."""
    opens = found["opens_at"]
    local = datetime.fromisoformat(opens).astimezone(VIETNAM) if opens else None
    return {
        "opens_at": local.strftime("%Y-%m-%dT%H:%M") if local else "",
        "due_on": found["due_on"] or "",
        "closes_on": found["closes_on"] or "",
        "reminder_days": ", ".join(map(str, found["reminder_days"])),
        "closed": "1" if found["closed"] else "",
    }


def _revised(form: Mapping[str, str], there: Mapping[str, str]) -> Sent[PeriodPatch]:
    typed = {**form, "closed": form.get("closed", "")}
    said: dict[str, Any] = dict(differing(typed, there))
    if said.get("opens_at"):
        said["opens_at"] = _instant(said["opens_at"])
    if "reminder_days" in said:
        said["reminder_days"] = [
            *map(_day, (said["reminder_days"] or "").replace(",", " ").split())
        ]
    if "closed" in said:
        said["closed"] = bool(said["closed"])
    if "stated" in form and form.get("due_on"):
        said["due_on"] = form["due_on"]
    refuse_unchanged(said)
    sent = read(PeriodPatch, Sent({**said, "reason": form.get("reason") or None}))
    return needing(sent, form, ("reason",))


def _day(text: str) -> Any:
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdigit() and len(plain) < 4 else text


def _instant(local: str) -> str:
    """What the field of a browser says, by the clock of Viet Nam."""
    return f"{local}+07:00"
