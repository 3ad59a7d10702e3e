"""Population registers: shown, corrected one by one, and pasted from a sheet."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from app.domain.access import Right, require
from app.domain.errors import AmbiguousUnit, Fault, NotFound, Refusal
from app.domain.targets import ValueKind
from app.i18n import explain, say
from app.schemas.fields import Sent
from app.schemas.registers import read_rows
from app.services import registers, units
from app.services.definitions import catalogue
from app.services.proposals import Change
from app.services.registers import RegisterQuery
from app.sheets.reading import CLEARS
from app.web.admin.answers import REFUSED, unit_choices
from app.web.admin.changing import AtDesk, Desk, Large, count
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/registers"
LINES = 100
COLUMNS = ("unit", "target", "period", "denominator")
Said = Annotated[str, Query(max_length=40)]


class Asked(NamedTuple):
    """The filters as they stand in the address; empty: none."""

    programme: str
    target: str
    period: str
    unit: str

    def address(self, number: int = 1) -> str:
        query = {name: said for name, said in self._asdict().items() if said}
        query |= {"page": str(number)} if number > 1 else {}
        return f"{LIST}?{urlencode(query)}" if query else LIST


async def _asked(
    programme: Said = "", target: Said = "", period: Said = "", unit: Said = ""
) -> Asked:
    return Asked(programme, target, period, unit)


AskedFor = Annotated[Asked, Depends(_asked)]
Number = Annotated[int, Query(alias="page", ge=1, le=9999)]


@router.get(LIST)
def get_registers_page(desk: AtDesk, asked: AskedFor, number: Number = 1) -> Response:
    return _registers(desk, asked, number=number)


@router.get(f"{LIST}/row")
def get_register_row(desk: AtDesk, asked: AskedFor) -> Response:
    return _row(desk, asked._asdict())


@router.post(f"{LIST}/row")
def post_register_row(desk: AtDesk, form: Large) -> Response:
    """One population: added, revised or withdrawn."""
    require(desk.actor, Right.REGISTER_PUT)
    row: dict[str, Any] = {name: form.get(name, "") for name in ("programme", *COLUMNS)}
    row["denominator"] = None if "withdraw" in form else count(row["denominator"])
    try:
        change = _change([row], form)
        return desk.carry(change, LIST)
    except REFUSED as refusal:
        return _row(desk, form, _of_row(refusal))


def _of_row(refusal: Refusal) -> Refusal:
    refusal.faults = [
        one._replace(place=one.place.removeprefix("/rows/0")) for one in refusal.faults
    ]
    return refusal


def _row(desk: Desk, typed: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    require(desk.actor, Right.REGISTER_PUT)
    there = _in_force(desk, typed)
    if there and refusal is None:
        typed = {**typed, "denominator": str(there["denominator"])}
    return desk.shown("register_row.html", refusal, typed=typed, there=there, **_choices(desk))


def _in_force(desk: Desk, typed: Mapping[str, str]) -> Any:
    """The population that is named in full; None: there is none."""
    names = ("programme", "target", "period", "unit")
    if not all(typed.get(name) for name in names):
        return None
    wanted = RegisterQuery(*([typed[name]] for name in names))
    with desk.service.database.reading() as session:
        try:
            found = registers.read_registers(session, desk.actor, wanted)
        except NotFound:
            return None
    return found[0] if found else None


@router.post(LIST)
def post_registers(desk: AtDesk, form: Large) -> Response:
    """Many at once, as a sheet has them; nothing is stored unless all are right."""
    require(desk.actor, Right.REGISTER_PUT)
    rows, faults = _pasted(desk, form)
    try:
        return desk.carry(_change(rows, form, faults), LIST)
    except REFUSED as refusal:
        return _registers(desk, Asked("", "", "", ""), refusal, form)


def _change(
    rows: Sequence[Mapping[str, Any]], form: Mapping[str, str], unread: Sequence[Fault] = ()
) -> Change:
    """`unread`: what is wrong with names and columns; nothing else is said of those rows."""
    said = [{name: one for name, one in row.items() if one != ""} for row in rows]
    sent = read_rows(Sent({"rows": said, "reason": form.get("reason") or None}))
    places = {one.place.removesuffix("/unit") for one in unread}
    sent.rows[:] = [row for row in sent.rows if row[0] not in places]
    sent.faults[:] = [one for one in sent.faults if one.place.rpartition("/")[0] not in places]
    sent.faults.extend(unread)
    return Change(Right.REGISTER_PUT, {}, sent)


def _pasted(desk: Desk, form: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """One row a line, by tabs: unit (name or code), target, period, denominator. Only the word for
    it withdraws: an empty cell is nothing said."""
    rows: list[dict[str, Any]] = []
    faults: list[Fault] = []
    with desk.service.database.reading() as session:
        for _, line in _filled(form):
            cells = [cell.strip() for cell in line.split("\t")]
            row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=False))
            try:
                row["unit"] = _code_of(session, desk, row)
            except (AmbiguousUnit, NotFound) as refusal:
                known = isinstance(refusal, AmbiguousUnit)
                facts = refusal.facts if known else {"value": row["unit"]}
                place = f"/rows/{len(rows)}/unit"
                faults.append(Fault(place, refusal.code if known else "unknown_unit", facts))
            said = row.get("denominator", "")
            row["denominator"] = None if said == CLEARS else count(said)
            if any(cells[len(COLUMNS) :]):
                facts = {"reason": "most_columns", "value": len(COLUMNS)}
                faults.append(Fault(f"/rows/{len(rows)}", "invalid", facts))
            rows.append({"programme": form.get("programme", ""), **row})
    return rows, faults


def _filled(form: Mapping[str, str]) -> list[tuple[int, str]]:
    """The lines with something in them, by their numbers."""
    lines = enumerate(form.get("rows", "").split("\n"), 1)
    return [(number, line) for number, line in lines if line.strip()]


def _code_of(session: Any, desk: Desk, row: Mapping[str, str]) -> str:
    """The unit of the period's last day."""
    said, defined = row.get("unit", ""), catalogue(session)
    if not said or said in defined.units:
        return said
    whens = [one.periods.get(row.get("period", "")) for one in defined.programmes.values()]
    on = next((one.period.ends_on for one in whens if one), None)
    asked = {"code": said, "name": None} if said.isdigit() else {"code": None, "name": said}
    return units.resolve_unit(session, desk.actor, **asked, on=on)["code"]


def _registers(
    desk: Desk,
    asked: Asked,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
    number: int = 1,
) -> Response:
    require(desk.actor, Right.REGISTER_PUT)
    wanted = RegisterQuery(
        *([one] if one else [] for one in (asked.programme, asked.target, asked.period, asked.unit))
    )
    with desk.service.database.reading() as session:
        found = registers.read_registers(session, desk.actor, wanted)
    first = (number - 1) * LINES
    return desk.shown(
        "registers.html",
        refusal,
        typed=typed or {},
        asked=asked,
        faults=_by_line(refusal, typed or {}, desk.language),
        lines=found[first : first + LINES],
        total=len(found),
        before=asked.address(number - 1) if first else None,
        following=asked.address(number + 1) if first + LINES < len(found) else None,
        **_choices(desk),
    )


def _by_line(
    refusal: Refusal | None, form: Mapping[str, str], language: str
) -> list[tuple[int, str]]:
    """Every fault with the number of its line, and the column where it is of one."""
    steps = [(one, one.place.split("/")) for one in refusal.faults] if refusal else []
    numbers = [number for number, _ in _filled(form)]
    return [
        (numbers[int(at[2])], _told(one, at[3:], language))
        for one, at in steps
        if len(at) > 2 and at[1] == "rows"
    ]


def _told(fault: Fault, column: Sequence[str], language: str) -> str:
    said = explain(fault.code, language, fault.facts)
    return f"{say(f'admin.{column[0]}', language)}: {said}" if column else said


def _choices(desk: Desk) -> dict[str, Any]:
    """Only shares count of something (rule 6)."""
    programmes = desk.service.database.kept("catalogue", catalogue).programmes.values()
    targets = [
        (one.code, f"{one.code} · {one.title_vi if desk.language == 'vi' else one.title_en}")
        for programme in programmes
        for one in programme.targets_on(None)
        if one.value_kind is ValueKind.RATIO
    ]
    return {
        "programmes": [(one.code, one.code) for one in programmes],
        "targets": targets,
        "periods": [
            (code, code) for code in dict.fromkeys(c for p in programmes for c in p.periods)
        ],
        "units": [*unit_choices(desk.request, desk.service)],
    }
