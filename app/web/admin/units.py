"""Units: added, renamed and ended with dates; their past stays as it was."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from app.domain.access import Right, require
from app.domain.errors import Fault, Invalid, Refusal
from app.domain.periods import day_in_vietnam
from app.domain.units import UnitKind
from app.schemas.fields import Day, Sent, read
from app.schemas.units import UnitIn, UnitNameIn, UnitPatch
from app.services import units
from app.services.successions import read_lineage
from app.services.units import UnitQuery
from app.web.admin.answers import REFUSED, go, sent_as
from app.web.admin.changing import (
    AtDesk,
    Desk,
    Large,
    differing,
    filled,
    refuse_unchanged,
    refuse_unless,
)
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/units"
NAMES = ("name_vi", "short_vi", "name_en")
FACTS = ("gso_code", "note", "aliases")
KINDS = [kind for kind in UnitKind if kind is not UnitKind.CENTRE]


@router.get(LIST)
def get_units_admin(desk: AtDesk, q: str = "", kind: str = "", ended: str = "") -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    kinds = [UnitKind(kind)] if kind in set(UnitKind) else []
    with desk.service.database.reading() as session:
        found = units.read_units(
            session, desk.actor, UnitQuery(None, kinds, q.strip()[:200] or None)
        )
    today = day_in_vietnam(desk.now).isoformat()
    shown = [one for one in found if ended or q or (one["valid_to"] or today) >= today]
    chosen = {"q": q, "kind": kind, "ended": ended}
    return desk.shown("units.html", typed=chosen, units=shown, kinds=[*UnitKind], today=today)


@router.get(f"{LIST}/new")
def get_unit_new(desk: AtDesk) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    return desk.shown("unit_new.html", kinds=KINDS)


@router.post(LIST)
def post_unit_new(desk: AtDesk, form: Large) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    try:
        with desk.service.database.writing() as session:
            made = units.create_unit(session, desk.actor, _made(form))
    except REFUSED as refusal:
        return desk.shown("unit_new.html", _told(refusal), typed=form, kinds=KINDS)
    return go(f"{LIST}/{made['code']}?done=1")


def _made(form: Mapping[str, str]) -> Sent[UnitIn]:
    name = {one: form[one] for one in NAMES if form.get(one)}
    said: dict[str, Any] = {one: form.get(one, "") for one in ("code", "kind", "gso_code", "note")}
    said |= {"valid_from": form.get("valid_from", ""), "names": [name]}
    said["dates"] = "confirmed" if said["valid_from"] else "unknown"
    return sent_as(UnitIn, {**said, "endorsement": "endorsement" in form})


def _told(refusal: Refusal) -> Refusal:
    """What is wrong with the one name that a form has stands beside its fields."""
    steps = [(one, one.place.split("/")) for one in refusal.faults]
    if not steps:
        return refusal
    return Invalid(
        [
            one._replace(place=f"/{at[3]}") if at[1] == "names" and len(at) > 3 else one
            for one, at in steps
        ]
    )


@router.get(f"{LIST}/{{unit}}")
def get_unit_admin(desk: AtDesk, unit: str) -> Response:
    return _unit(desk, unit, "", {})


@router.post(f"{LIST}/{{unit}}/rename")
def post_unit_rename(desk: AtDesk, form: Large, unit: str) -> Response:
    """From a day on; reports of before keep the name of then."""
    require(desk.actor, Right.CATALOGUE_REVISE)
    there = _read(desk, unit)
    return _patched(desk, unit, "rename", form, lambda: {"names": _renamed(form, there)})


@router.post(f"{LIST}/{{unit}}/end")
def post_unit_end(desk: AtDesk, form: Large, unit: str) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    _read(desk, unit)
    return _patched(desk, unit, "end", form, lambda: _needed(form, "valid_to"))


@router.post(f"{LIST}/{{unit}}/revise")
def post_unit_revise(desk: AtDesk, form: Large, unit: str) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    there = _read(desk, unit)
    return _patched(desk, unit, "revise", form, lambda: _revised(form, there))


def _read(desk: Desk, unit: str) -> Any:
    with desk.service.database.reading() as session:
        return units.read_unit(session, desk.actor, unit, None)


def _needed(form: Mapping[str, str], *names: str) -> dict[str, Any]:
    refuse_unless(form, ("reason", *names))
    return {name: form[name] for name in names}


def _renamed(form: Mapping[str, str], there: Any) -> list[dict[str, Any]]:
    """The names so far, the last of them until the day before, and the new one."""
    _needed(form, *NAMES, "since")
    new = {**{name: form[name] for name in NAMES}, "valid_from": form["since"]}
    since = read(UnitNameIn, Sent(new))
    if since.contract is None:
        places = [
            one._replace(place=one.place.replace("valid_from", "since")) for one in since.faults
        ]
        raise Invalid(places)
    *before, last = there["names"]
    first: Day | None = since.contract.valid_from
    if first is None or (last["valid_from"] and last["valid_from"] >= form["since"]):
        raise Invalid([Fault("/since", "invalid", {"reason": "ends_before_start"})])
    eve = first.fromordinal(first.toordinal() - 1).isoformat()
    return [*before, {**last, "valid_to": min(last["valid_to"] or eve, eve)}, new]


def _revised(form: Mapping[str, str], there: Any) -> dict[str, Any]:
    _needed(form)
    endorsed = {"endorsement": form.get("endorsement", "")}
    said: dict[str, Any] = dict(differing({**form, **endorsed}, _facts(there)))
    if "aliases" in said:
        said["aliases"] = [
            one.strip() for one in (said["aliases"] or "").split("\n") if one.strip()
        ]
    if "endorsement" in said:
        said["endorsement"] = bool(said["endorsement"])
    refuse_unchanged(said)
    return said


def _facts(there: Any) -> dict[str, str]:
    return {
        "gso_code": there["gso_code"] or "",
        "note": there["note"] or "",
        "aliases": "\n".join(there["aliases"]),
        "endorsement": "1" if there["endorsement"] else "",
    }


def _patched(desk: Desk, unit: str, what: str, form: Mapping[str, str], said: Any) -> Response:
    try:
        sent = read(UnitPatch, Sent({**said(), "reason": form.get("reason", "")}))
        with desk.service.database.writing() as session:
            units.revise_unit(session, desk.actor, unit, sent)
    except REFUSED as refusal:
        return _unit(desk, unit, what, form, refusal)
    return go(f"{LIST}/{unit}?done=1")


def _unit(
    desk: Desk, code: str, what: str, form: Mapping[str, str], refusal: Refusal | None = None
) -> Response:
    """`what` was asked for and refused: its form stands as it was typed."""
    require(desk.actor, Right.CATALOGUE_REVISE)
    with desk.service.database.reading() as session:
        unit = units.read_unit(session, desk.actor, code, None)
        lineage = read_lineage(session, desk.actor, code)
    there = _facts(unit)
    mine = filled({"endorsement": "", **form}, there) if what == "revise" else there
    return desk.shown(
        "unit.html",
        refusal,
        typed=form,
        unit=unit,
        lineage=lineage,
        what=what,
        there=there,
        facts=mine,
    )
