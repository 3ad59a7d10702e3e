"""One unit's lines of an import: judged as the same report would be as JSON, merged, filed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import imports as kept_imports
from app.db import queries
from app.db.imports import ValueCell
from app.db.queries import Head
from app.db.session import stamp
from app.domain import workflow
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid, NotFound, Refusal, WrongStatus
from app.domain.workflow import Action, Status
from app.schemas.imports import LineSent, Where
from app.services import places
from app.services.cautions import cautions
from app.services.definitions import catalogue
from app.services.filing import Circumstances, Step, carry_out, digest
from app.services.judging import in_order, judge
from app.services.places import Place, ReportKey
from app.services.report_views import as_content

# What the centre does not go on with unless it wrote it: a draft in hand, a report taken back.
UNITS_OWN = frozenset({Status.DRAFT, Status.WITHDRAWN})
LONGEST = 200  # what a fault quotes is quoted, not copied
MAIN_FIELDS = ("numerator", "percent", "done", "value", "text", "not_applicable")


class Outcome(StrEnum):
    """What became of a value, in the words of the summary's counts."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLEARED = "cleared"
    IGNORED = "ignored"
    ERROR = "errors"


@dataclass(frozen=True)
class UnitTaken:
    """`report`: what became of the unit's report; None when nothing was written."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    report: dict[str, Any] | None = None


def error_at(sheet: str, cell: str, fault: Fault, said: str = "") -> dict[str, Any]:
    """An entry of the summary's errors, with facts where its sentence will be."""
    facts = {name: str(fact)[:LONGEST] for name, fact in fault.facts.items()}
    entry: dict[str, Any] = {"sheet": sheet, "cell": cell, "unit": None, "target": None}
    entry |= {"code": fault.code, "value": said[:LONGEST], "facts": facts}
    return entry if fault.expected is None else entry | {"expected": fault.expected[:LONGEST]}


def _error(line: LineSent, fault: Fault) -> dict[str, Any]:
    name = fault.place.strip("/")
    at = line.cells.get(name) or line.cells[""]
    names = {"target": line.target, "unit": line.unit}
    said = line.said.get(name) or names.get(name, "")
    entry = error_at(at.sheet, at.cell, fault, said)
    return entry | {"unit": line.unit or None, "target": line.target or None}


class _Line(NamedTuple):
    """A line that may be kept: its row for `report_value`, None where it clears the value."""

    sent: LineSent
    target_id: int
    row: dict[str, Any] | None


class _Stored(NamedTuple):
    """The report as it is, and its values by target id."""

    head: Head | None
    rows: Mapping[int, dict[str, Any]]

    @property
    def status(self) -> Status:
        return self.head.status if self.head else Status.DRAFT


def take_unit(
    session: Session,
    actor: Actor,
    key: ReportKey,
    lines: Sequence[LineSent],
    how: tuple[bool, Circumstances],
) -> UnitTaken:
    """`how`: whether to submit, and when and by whom it is received. Faults never stop it: each is
    an entry of its own, and what is left is filed."""
    submit, given = how
    taken = UnitTaken()
    try:
        _check_is_there(session, actor, key)
        place = places.to_import(session, actor, key)
        places.check_unit_lives(place)
        stored = _stored(session, actor, place)
    except Refusal as refusal:
        refuse(taken, lines, _fault_of(refusal))
        return taken
    good = _judged(taken, place, stored, lines)
    changed = [line for line in good if _outcome(place, stored, line) is not Outcome.UNCHANGED]
    if taken.errors and submit:
        submit = False
        _warn(taken, lines[0], "left_as_draft")
    rows = _merged(stored, changed)
    step, no = _step(session, place, stored, (submit, bool(changed), given, rows))
    if no is not None:
        refused = changed or good
        refuse(taken, [line.sent for line in refused], _fault_of(no))
        good = [line for line in good if line not in refused]
    taken.counts.update(_outcome(place, stored, line) for line in good)
    if step is None:
        return taken
    return _filed(session, actor, place, (stored, step, changed), taken)


def _check_is_there(session: Session, actor: Actor, key: ReportKey) -> None:
    """A code that no unit has is told from another unit's, whose reports are not there for the
    sender: units are known to everybody."""
    defined = catalogue(session)
    if key.unit not in defined.units:
        raise Invalid([Fault("", "unknown_unit", {"value": key.unit})])
    theirs = {actor.unit, *places.predecessors_of(defined, actor.unit)}
    if not actor.at_centre and key.unit not in theirs:
        raise NotFound(what=key.unit, reason="another_unit")


def _stored(session: Session, actor: Actor, place: Place) -> _Stored:
    """WrongStatus for the centre where the unit has a draft in hand, took its report back or has
    not endorsed it yet: nobody's work is overwritten, and the centre does not see it."""
    head = queries.head_of(session, place.period.id, place.unit.id)
    if head is None:
        return _Stored(None, {})
    if actor.at_centre and (head.held or head.status in UNITS_OWN):
        mine = queries.wrote_revision(session, head.id, head.revision, actor.account_id)
        if head.held or not mine:
            raise WrongStatus(status=head.status, action="import", reason="with_the_unit")
    rows = {
        row["target_id"]: {
            name: fact for name, fact in row.items() if name not in ("report_id", "revision")
        }
        for row in queries.values_of(session, head.id, head.revision)
    }
    return _Stored(head, rows)


def refuse(taken: UnitTaken, lines: Sequence[LineSent], fault: Fault) -> None:
    """Every line of the unit has the fault: its report as a whole cannot take them."""
    taken.errors.extend(_error(line, fault) for line in lines)
    taken.counts[Outcome.ERROR] += len({line.target for line in lines})


def _fault_of(refusal: Refusal) -> Fault:
    fault = next(iter(refusal.faults), Fault("", refusal.code, refusal.facts))
    return fault._replace(place="/unit")


def _judged(
    taken: UnitTaken, place: Place, stored: _Stored, lines: Sequence[LineSent]
) -> list[_Line]:
    """The lines without a fault; every fault of the others, and their number, go to `taken`."""
    good, wrong = [], set()
    for sent in lines:
        target = place.programme.target(sent.target, place.period.period.ends_on)
        faults = list(sent.faults)
        row = None
        if target is None and (sent.target or not faults):
            facts = {"target": sent.target, "programme": place.programme.code}
            faults = [Fault("/target", "unknown_target", facts)]
        elif sent.value is not None:
            row, found = judge(place, sent.value, "")
            faults += found
        if faults or target is None:
            wrong.add(sent.target)
            taken.errors.extend(_error(sent, fault) for fault in faults)
        else:
            good.append(_Line(sent, target.id, _with_parts(row, stored.rows.get(target.id))))
    taken.counts[Outcome.ERROR] += len(wrong)
    return good


def _with_parts(
    row: dict[str, Any] | None, before: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """A workbook has no cells for a breakdown: the stored one stays while its total stays."""
    if row is None or before is None or row["breakdown"] is not None:
        return row
    same = all(row[name] == before[name] for name in ("numerator", "denominator", "value"))
    return {**row, "breakdown": before["breakdown"]} if same else row


def _outcome(place: Place, stored: _Stored, line: _Line) -> Outcome:
    before = stored.rows.get(line.target_id)
    if line.row is None:
        return Outcome.UNCHANGED if before is None else Outcome.CLEARED
    if before is None:
        return Outcome.CREATED
    same = as_content(place, before) == as_content(place, line.row)
    return Outcome.UNCHANGED if same else Outcome.UPDATED


def _merged(stored: _Stored, changed: Sequence[_Line]) -> list[dict[str, Any]]:
    """What a file leaves blank stays as it is."""
    rows = dict(stored.rows)
    for line in changed:
        if line.row is None:
            rows.pop(line.target_id, None)
        else:
            rows[line.target_id] = line.row
    return in_order(list(rows.values()))


def _step(
    session: Session,
    place: Place,
    stored: _Stored,
    asked: tuple[bool, bool, Circumstances, list[dict[str, Any]]],
) -> tuple[Step | None, Refusal | None]:
    """What is to be done with the report: nothing, a step, or nothing because it may not be."""
    submit, changed, given, rows = asked
    if not changed and not (submit and stored.head and stored.status in workflow.WRITABLE):
        return None, None
    action = Action.SUBMIT if submit else Action.DRAFT
    try:
        status = workflow.after(stored.status, action)
        places.check_open(session, place, given.now)
        if submit and not rows:
            raise Invalid([Fault("", "invalid", {"reason": "nothing_to_submit"})])
    except Refusal as refusal:
        return None, refusal
    at, kept = stamp(session).take(), rows if changed else None
    return Step(action, status, None, given, digest(place, rows), at, kept), None


def _filed(
    session: Session,
    actor: Actor,
    place: Place,
    what: tuple[_Stored, Step, list[_Line]],
    taken: UnitTaken,
) -> UnitTaken:
    stored, step, changed = what
    before = {}
    if stored.head is not None and step.rows is not None:
        before = kept_imports.origins_of(session, stored.head.id, stored.head.revision)
    after, _ = carry_out(session, actor, place, stored.head, step)
    if step.rows is not None:
        taken.origins.extend(_origins(after, step.rows, before, changed))
        _caution(session, place, step.rows, (stored, changed), taken)
    report = {"unit": place.unit.code, "status": after.status.value, "revision": after.revision}
    return replace(taken, report=report | {"self": f"/api/v1/{place.key.path}"})


def _origins(
    head: Head,
    rows: Sequence[Mapping[str, Any]],
    before: Mapping[int, ValueCell],
    changed: Sequence[_Line],
) -> Iterator[dict[str, Any]]:
    """Where each value of the revision came from: this file (import_id None), or an earlier one."""
    new = {line.target_id: _main_cell(line.sent) for line in changed}
    for row in rows:
        id_ = row["target_id"]
        key = {"report_id": head.id, "revision": head.revision, "target_id": id_}
        if id_ in new:
            yield {**key, "import_id": None, "sheet": new[id_].sheet, "cell": new[id_].cell}
        elif id_ in before:
            kept = before[id_]
            cell = {"import_id": kept.import_id, "sheet": kept.sheet, "cell": kept.cell}
            yield key | cell


def _main_cell(line: LineSent) -> Where:
    """The cell that a figure is looked up at: the numerator's, or whatever says it."""
    return line.cells[next((name for name in MAIN_FIELDS if name in line.said), "")]


def _caution(
    session: Session,
    place: Place,
    rows: list[dict[str, Any]],
    moved: tuple[_Stored, Sequence[_Line]],
    taken: UnitTaken,
) -> None:
    stored, changed = moved
    for one in changed:
        before = stored.rows.get(one.target_id)
        if one.row and before and before["breakdown"] and not one.row["breakdown"]:
            _warn(taken, one.sent, "breakdown_dropped")
    told = {line.target_id: line.sent for line in changed}
    for caution in cautions(session, place, rows):
        _, _, index, *name = caution["pointer"].split("/")
        line = told.get(rows[int(index)]["target_id"])
        if line is not None:
            _warn(taken, line, caution["code"], "/".join(name))


def _warn(taken: UnitTaken, line: LineSent, code: str, name: str = "") -> None:
    taken.warnings.append(_error(line, Fault(f"/{name}", code)))
