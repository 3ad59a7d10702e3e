"""Everything that one report's page shows: what it says, where that came from, what was done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from app.db import exceptions, imports, queries
from app.db.figures import VALUE_FIELDS
from app.db.queries import EventRow, Head
from app.domain import scene as rules
from app.domain import workflow
from app.domain.access import Actor, Answer, Right, Subject, can
from app.domain.errors import NotFound
from app.domain.targets import Target, ValueKind
from app.domain.values import Value
from app.domain.workflow import WRITABLE, Action, Status
from app.schemas.attachments import AttachmentOut
from app.schemas.attainment import AttainmentOut
from app.schemas.comments import RemarkOut
from app.schemas.reports import ReportOut, RevisionOut, ValueOut
from app.services import attachments, comments, places, report_views
from app.services.attainment import known, write
from app.services.places import Place, ReportKey, subject_of
from app.services.report_views import head_seen, told
from app.services.reports import read_report
from app.services.scene import Seen, View, look_at

UNIT_ACTIONS = (Action.SUBMIT, Action.ENDORSE, Action.WITHDRAW)
# What a cell of a workbook may hold of a value besides words.
FIGURES = ("numerator", "denominator", "value")
OF_THE_CENTRE = (Status.SUBMITTED, Status.ENDORSED, Status.APPROVED)


class Cell(NamedTuple):
    """The cell of a file that a value came from; `import_id` where the reader may open the file."""

    file: str
    sheet: str
    cell: str
    import_id: str | None


class ReportSeen(NamedTuple):
    """`revision` is the one shown, `before` the one before it that the reader may see. `rows` are
    the unit's own results as that revision has them, `in_force` says that they count. `may` is what
    the reader may do now: "edit", "review", "comment", "attach", or an action."""

    place: Place
    report: ReportOut
    version: int
    targets: list[Target]
    revision: RevisionOut
    before: RevisionOut | None
    revisions: list[RevisionOut]
    rows: dict[str, AttainmentOut]
    cells: dict[str, Cell]
    in_force: bool
    steps: list[EventRow]
    remarks: list[RemarkOut]
    files: list[AttachmentOut]
    may: frozenset[str]


def look_into(
    session: Session, actor: Actor, key: ReportKey, revision: int | None, now: datetime
) -> ReportSeen:
    """NotFound for a report or a revision that the caller may not see."""
    filed = read_report(session, actor, key)
    place = places.to_read(session, actor, key)
    head = head_seen(session, actor, place)
    listed = report_views.revisions(session, actor, key)
    number = head.revision if revision is None else revision
    at = next((i for i, one in enumerate(listed) if one["revision"] == number), None)
    if at is None:
        raise NotFound(what=f"{key.path}, {number}")
    values = {
        row["target_id"]: Value(*[row[name] for name in VALUE_FIELDS])
        for row in queries.values_of(session, head.id, number)
    }
    return ReportSeen(
        place=place,
        report=filed.report,
        version=filed.version,
        targets=asked_of(place),
        revision=listed[at],
        before=listed[at - 1] if at else None,
        revisions=listed,
        rows=results(session, place, values),
        cells=_cells(session, actor, place, (head.id, number)),
        in_force=head.approved_revision == number,
        steps=told(actor, head, queries.events_of(session, head.id)),
        remarks=comments.read_comments(session, actor, key),
        files=attachments.read_attachments(session, actor, key),
        may=_may(session, actor, place, head, now),
    )


class Origin(NamedTuple):
    """Where a value of a revision was read: the file, the sheet, the cell; with the other cells of
    that sheet that the revision was read from, the figures that it tells, and all cells of the
    sheet that anybody's values were taken from."""

    place: Place
    file_name: str
    content: bytes
    sheet: str
    cell: str
    own: Collection[str]
    figures: Collection[int]
    taken: Collection[str]


def origin_of(
    session: Session, actor: Actor, key: ReportKey, target: str, revision: int | None
) -> Origin:
    """For whoever may read the revision. NotFound where the value did not come by a workbook."""
    place = places.to_read(session, actor, key)
    head = head_seen(session, actor, place)
    number = head.revision if revision is None else revision
    listed = report_views.revisions(session, actor, key)
    if number not in [one["revision"] for one in listed]:
        raise NotFound(what=f"{key.path}, {number}")
    origins = imports.origins_of(session, head.id, number)
    told_of = next((one for one in origins if place.programme.code_of[one] == target), None)
    if told_of is None:
        raise NotFound(what=f"{key.path}, {target}")
    at = origins[told_of]
    kept = imports.import_of(session, at.import_id)
    same = {o.cell for o in origins.values() if (o.import_id, o.sheet) == (at.import_id, at.sheet)}
    figures = {
        row[name]
        for row in queries.values_of(session, head.id, number)
        for name in FIGURES
        if row[name] is not None
    }
    return Origin(
        place,
        kept.file_name if kept else "",
        imports.bytes_of(session, at.import_id),
        at.sheet,
        at.cell,
        same,
        figures,
        imports.cells_in(session, at.import_id, at.sheet),
    )


def asked_of(place: Place) -> list[Target]:
    """The targets that the unit reports on in the period, in order; with those made of parts."""
    when = place.period.period
    asked = [
        one
        for one in place.programme.targets_on(when.ends_on)
        if one.asked_in(when) and one.expected(place.unit, when)
    ]
    told_by_parts = {one.parent for one in asked if one.parent}
    return [
        one
        for one in place.programme.targets_on(when.ends_on)
        if one in asked or (one.value_kind is ValueKind.ALL_OF and one.code in told_by_parts)
    ]


def results(
    session: Session, place: Place, values: Mapping[int, Value]
) -> dict[str, AttainmentOut]:
    """The unit's own rows as they would be if these values, by target id, were in force: what the
    rules say of a draft, of what waits to be approved, and of what was replaced since."""
    seen = look_at(session, place.catalogue, place.period, View())
    evidence, unit = seen.scene.evidence, place.unit.id
    said = {
        period: {unit: by_unit[unit]}
        for period, by_unit in evidence.said.items()
        if unit in by_unit
    }
    said[place.period.id] = {unit: dict(values)}
    scene = rules.scene(replace(evidence, said=said), place.period, None)
    theirs = Seen(scene, seen.view, seen.heads, seen.found)
    known_at = known(session, seen.view)
    return {
        one.code: write(theirs, scene.unit(scene.targets[one.code], place.unit.code), known_at)
        for one in asked_of(place)
        if one.code in scene.targets
    }


def _cells(session: Session, actor: Actor, place: Place, of: tuple[int, int]) -> dict[str, Cell]:
    """By target code, of values that came by workbook."""
    found: dict[str, Cell] = {}
    names: dict[str, tuple[str, bool]] = {}
    for target_id, one in imports.origins_of(session, *of).items():
        if one.import_id not in names:
            kept = imports.import_of(session, one.import_id)
            own = kept is not None and kept.account_id == actor.account_id
            of_file = Subject(kept.unit if kept else None, own=own)
            may = can(actor, Right.IMPORT_READ, of_file) is Answer.YES
            names[one.import_id] = (kept.file_name if kept else "", may)
        name, may = names[one.import_id]
        code = place.programme.code_of[target_id]
        found[code] = Cell(name, one.sheet, one.cell, one.import_id if may else None)
    return found


def _may(session: Session, actor: Actor, place: Place, head: Head, now: datetime) -> frozenset[str]:
    """What the caller is offered; whether it is so is decided when it is done."""
    subject = subject_of(actor, place)
    right_to = {
        one: can(actor, Right(f"report:{one}"), subject) is Answer.YES
        for one in (*UNIT_ACTIONS, Action.DRAFT, Action.APPROVE)
    }
    until = exceptions.until_of(session, place.period.id, place.unit.id)
    is_open = places.why_shut(place.period, now) is None or (until is not None and now < until)
    found = {
        one.value
        for one in UNIT_ACTIONS
        if right_to[one]
        and (head.status, one) in workflow.NEXT
        and (is_open or _needs_no_door(one))
    }
    if not place.unit.endorsement:
        found.discard(Action.ENDORSE.value)
    if right_to[Action.DRAFT] and is_open and head.status in WRITABLE:
        found.add("edit")
    for name in ("comment", "attach"):
        if can(actor, Right(f"report:{name}"), subject) is Answer.YES:
            found.add(name)
    if right_to[Action.APPROVE] and head.centre_status in OF_THE_CENTRE:
        found.add("review")
    return frozenset(found)


def _needs_no_door(action: Action) -> bool:
    """What was handed in is confirmed also in a closed period."""
    return action is Action.ENDORSE


def steps_since(session: Session, actor: Actor, key: ReportKey, version: int) -> list[EventRow]:
    """What was done with a report after a version of it, as far as the caller may know."""
    head = head_seen(session, actor, places.to_read(session, actor, key))
    steps = told(actor, head, queries.events_of(session, head.id))
    return [one for one in steps if one.version > version]


def differences(
    before: Sequence[ValueOut], after: Sequence[ValueOut]
) -> list[tuple[str, ValueOut | None, ValueOut | None]]:
    """The targets whose values are not the same in two revisions, with what each says."""
    old = {one["target"]: one for one in before}
    new = {one["target"]: one for one in after}
    codes = dict.fromkeys([*new, *old])
    return [
        (code, old.get(code), new.get(code)) for code in codes if old.get(code) != new.get(code)
    ]
