"""Population registers: how many there are to count of, known to the centre before any report."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session

from app.db import memory, registers
from app.db.registers import Entry, Key
from app.db.session import stamp
from app.domain.access import Actor, Right, require
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.periods import utc
from app.domain.targets import Catalogue, Programme, ProgrammePeriod, Target, ValueKind
from app.domain.units import Unit
from app.schemas.registers import (
    RegisterCounts,
    RegisterRow,
    RegisterRowIn,
    RegistersPut,
    RegistersSent,
)
from app.services import audit, places
from app.services.definitions import catalogue


class RegisterQuery(NamedTuple):
    """Filters by code; an empty one lets everything through."""

    programmes: Sequence[str]
    targets: Sequence[str]
    periods: Sequence[str]
    units: Sequence[str]


def read_registers(session: Session, actor: Actor, wanted: RegisterQuery) -> list[RegisterRow]:
    """What is in force. NotFound for a code that names nothing, rather than an empty list."""
    require(actor, Right.FIGURES_READ)
    defined = catalogue(session)
    units = {places.unit_of(defined, code).id for code in wanted.units}
    codes = wanted.programmes or list(defined.programmes)
    programmes = [places.programme_of(defined, code) for code in codes]
    _check_known(wanted.targets, [set(programme.targets) for programme in programmes])
    _check_known(wanted.periods, [set(programme.periods) for programme in programmes])
    targets = {
        revisions[0].id
        for programme in programmes
        for code, revisions in programme.targets.items()
        if not wanted.targets or code in wanted.targets
    }
    periods = [
        period.id
        for programme in programmes
        for code, period in programme.periods.items()
        if not wanted.periods or code in wanted.periods
    ]
    entries = {
        key: entry
        for key, entry in registers.last_entries(session, periods).items()
        if key.target_id in targets and (not units or key.unit_id in units)
    }
    return _in_force(defined, entries)


def _check_known(codes: Sequence[str], there: Sequence[set[str]]) -> None:
    for code in codes:
        if not any(code in known for known in there):
            raise NotFound(what=code)


def put_registers(session: Session, actor: Actor, sent: RegistersSent) -> RegistersPut:
    """Add, revise and withdraw populations, all of them or none. Nothing is overwritten: a change
    is a new revision; a row that says what is in force already changes nothing."""
    require(actor, Right.REGISTER_PUT)
    defined = catalogue(session)
    wanted = _judged(defined, sent)
    period_ids = {key.period_id for key in wanted}
    before = registers.last_entries(session, period_ids)
    steps = [_Step(key, before.get(key), denominator) for key, denominator in wanted.items()]
    after = before
    if any(step.changes for step in steps):
        _store(session, actor, defined, steps, sent.reason)
        after = registers.last_entries(session, period_ids)
    items = _in_force(defined, {key: after[key] for key in wanted if key in after})
    return {"counts": _counts(steps), "items": items}


class _Step(NamedTuple):
    """What is asked of one population. `last` None: it was never registered; `denominator` None:
    it shall be withdrawn."""

    key: Key
    last: Entry | None
    denominator: int | None

    @property
    def before(self) -> int | None:
        return self.last.denominator if self.last else None

    @property
    def changes(self) -> bool:
        return self.denominator != self.before

    @property
    def outcome(self) -> str:
        if not self.changes:
            return "unchanged"
        if self.before is None:
            return "created"
        return "cleared" if self.denominator is None else "updated"


def _counts(steps: Sequence[_Step]) -> RegisterCounts:
    counted = Counter(step.outcome for step in steps)
    return {
        "read": len(steps),
        "created": counted["created"],
        "updated": counted["updated"],
        "cleared": counted["cleared"],
        "unchanged": counted["unchanged"],
    }


def _store(
    session: Session,
    actor: Actor,
    defined: Catalogue,
    steps: Sequence[_Step],
    reason: str | None,
) -> None:
    changed = [step for step in steps if step.changes]
    common = {"reason": reason, "at": stamp(session).take(), "account_id": actor.account_id}
    memory.add_register_entries(
        session,
        [
            {
                **step.key._asdict(),
                "revision": step.last.revision + 1 if step.last else 1,
                "denominator": step.denominator,
                **common,
            }
            for step in changed
        ],
    )
    name = _namer(defined)
    rows = [
        {**name(step.key)._asdict(), "before": step.before, "after": step.denominator}
        for step in changed
    ]
    detail = {"reason": reason, "counts": _counts(steps), "rows": rows}
    audit.record(session, actor, "register:put", "registers", detail)


class _Names(NamedTuple):
    programme: str
    period: str
    target: str
    unit: str


def _namer(defined: Catalogue) -> Callable[[Key], _Names]:
    periods = {
        period.id: (programme, period.code)
        for programme in defined.programmes.values()
        for period in programme.periods.values()
    }

    def name(key: Key) -> _Names:
        programme, period = periods[key.period_id]
        unit = defined.by_id[key.unit_id].code
        return _Names(programme.code, period, programme.code_of[key.target_id], unit)

    return name


def _in_force(defined: Catalogue, entries: Mapping[Key, Entry]) -> list[RegisterRow]:
    """The entries as they are shown; withdrawn ones are not."""
    name = _namer(defined)
    rows: list[RegisterRow] = []
    for key, entry in entries.items():
        if entry.denominator is not None:
            names = name(key)
            rows.append(
                {
                    "programme": names.programme,
                    "unit": names.unit,
                    "target": names.target,
                    "period": names.period,
                    "denominator": entry.denominator,
                    "revision": entry.revision,
                    "at": utc(entry.at),
                    "by": entry.by,
                    "reason": entry.reason,
                }
            )
    return rows


class _Found(NamedTuple):
    """What the codes of a row name; None for what they do not."""

    row: RegisterRowIn
    place: str
    period: ProgrammePeriod | None
    target: Target | None
    unit: Unit | None


def _judged(defined: Catalogue, sent: RegistersSent) -> dict[Key, int | None]:
    """The denominator asked for each population; Invalid with every fault of every row at once."""
    faults, wanted = list(sent.faults), dict[Key, int | None]()
    for place, row in sent.rows:
        found, wrong = _found(defined, place, row)
        faults += wrong + _misfits(found)
        if found.period is not None and found.target is not None and found.unit is not None:
            key = Key(found.period.id, found.target.id, found.unit.id)
            if key in wanted:
                said = f"{found.target.programme}/{row.period}/{row.target}/{row.unit}"
                faults.append(Fault(place, "duplicate_row", {"value": said}))
            wanted[key] = row.denominator
    if faults:
        raise Invalid(sorted(faults, key=_row_of))
    return wanted


def _row_of(fault: Fault) -> int:
    """Faults come in the order of the rows that they stand in."""
    steps = fault.place.split("/")
    return int(steps[2]) if len(steps) > 2 and steps[1] == "rows" else -1


def _found(defined: Catalogue, place: str, row: RegisterRowIn) -> tuple[_Found, list[Fault]]:
    """What the row names, and a fault for each code that names nothing."""
    faults, period, target = [], None, None
    unit = defined.units.get(row.unit)
    if unit is None:
        faults.append(Fault(f"{place}/unit", "unknown_unit", {"value": row.unit}))
    programme = _programme_of(defined, place, row)
    if isinstance(programme, Fault):
        faults.append(programme)
    else:
        period = programme.periods.get(row.period)
        target = programme.target(row.target, period.period.ends_on if period else None)
        if period is None:
            what = f"{programme.code}/{row.period}"
            faults.append(Fault(f"{place}/period", "not_found", {"what": what}))
        if target is None:
            facts = {"target": row.target, "programme": programme.code}
            faults.append(Fault(f"{place}/target", "unknown_target", facts))
    return _Found(row, place, period, target, unit), faults


def _programme_of(defined: Catalogue, place: str, row: RegisterRowIn) -> Programme | Fault:
    """The programme a row names, or the only one with its target and period."""
    if row.programme is not None:
        named = defined.programmes.get(row.programme)
        return named or Fault(f"{place}/programme", "not_found", {"what": row.programme})
    having = [one for one in defined.programmes.values() if row.target in one.targets]
    fitting = [one for one in having if row.period in one.periods] or having
    if not fitting:
        facts = {"reason": "nowhere", "target": row.target}
        return Fault(f"{place}/target", "unknown_target", facts)
    if len(fitting) > 1:
        candidates = ", ".join(one.code for one in fitting)
        facts = {"reason": "which_programme", "target": row.target, "programmes": candidates}
        return Fault(f"{place}/programme", "invalid", facts, candidates)
    return fitting[0]


def _misfits(found: _Found) -> list[Fault]:
    """Why what a row names, in so far as it is known, can have no population."""
    row, place, period, target, unit = found
    if target is None:
        return []
    faults, facts = [], {"target": row.target, "period": row.period, "unit": row.unit}
    if target.value_kind is not ValueKind.RATIO:
        told = facts | {"reason": "register_for_shares"}
        faults.append(Fault(f"{place}/target", "invalid", told))
    if period is not None and not target.asked_in(period.period):
        told = facts | {"reason": "period_not_asked"}
        faults.append(Fault(f"{place}/period", "invalid", told))
    elif period is not None and unit is not None and not target.expected(unit, period.period):
        faults.append(Fault(f"{place}/unit", "unit_not_expected", facts))
    return faults
