"""Reports as they are shown: to their unit, to the centre, in lists and in their history."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import queries
from app.db.figures import VALUE_FIELDS
from app.db.queries import EventRow, Head, ReportFilter
from app.domain.access import Actor, Right, require
from app.domain.errors import BadCursor, NotFound
from app.domain.numbers import Percent
from app.domain.periods import utc
from app.domain.targets import Catalogue, Programme
from app.domain.values import Value
from app.domain.workflow import Action, Status
from app.schemas.reports import (
    EventOut,
    ReceiptOut,
    ReportLine,
    ReportOut,
    RevisionOut,
    ValueOut,
)
from app.services import places
from app.services.cautions import cautions
from app.services.definitions import catalogue
from app.services.places import Place, ReportKey


def sight(actor: Actor, head: Head) -> Head | None:
    """The head as the caller may see it: drafts are their unit's alone. None: nothing to see."""
    if not actor.at_centre:
        return head
    return as_centre_sees(head)


def as_centre_sees(head: Head) -> Head | None:
    if head.centre_version is None or head.centre_status is None or head.centre_revision is None:
        return None
    seen = head._replace(
        version=head.centre_version, status=head.centre_status, revision=head.centre_revision
    )
    if seen.status is Status.WITHDRAWN:  # it may have come in again, but not here
        return seen._replace(submitted_at=None, late=False)
    return seen


def head_seen(session: Session, actor: Actor, place: Place) -> Head:
    """NotFound where there is no report that the caller may see."""
    head = queries.head_of(session, place.period.id, place.unit.id)
    seen = None if head is None else sight(actor, head)
    if seen is None:
        raise NotFound(what=place.key.path)
    return seen


def status_seen(session: Session, actor: Actor, key: ReportKey) -> Status:
    return head_seen(session, actor, places.to_read(session, actor, key)).status


def as_content(place: Place, row: Mapping[str, Any]) -> dict[str, Any]:
    """A value as it is hashed: only what was said, percents as written text."""
    content = _said(row)
    if row["percent_micro"] is not None:
        content["percent"] = str(Percent(row["percent_micro"], row["percent_decimals"]))
    return {"target": place.programme.code_of[row["target_id"]], **content}


_PLAIN = (
    "numerator",
    "denominator",
    "done",
    "value",
    "text",
    "not_applicable",
    "note",
    "evidence",
    "breakdown",
)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in _PLAIN if row[name] is not None}
    if row["estimated"]:
        said["estimated"] = True
    return said


def as_value(programme: Programme, row: Mapping[str, Any]) -> ValueOut:
    value = Value(*[row[name] for name in VALUE_FIELDS])
    out: dict[str, Any] = {"target": programme.code_of[row["target_id"]], **_said(row)}
    if value.percent is not None:
        out["percent"] = Decimal(str(value.percent))
    if value.grade is not None:
        out["grade"] = value.grade.value
    return out  # type: ignore[return-value]


def receipt_of(session: Session, head: Head) -> ReceiptOut | None:
    """The receipt of the revision handed in; a draft and a report taken back have none."""
    if head.status in (Status.DRAFT, Status.WITHDRAWN):
        return None
    signed = queries.last_receipt(session, head)
    if signed is None:
        return None
    return {"hash": signed.sha256, "at": utc(signed.at), "signature": signed.signature}


def as_report(
    session: Session,
    place: Place,
    head: Head,
    rows: list[dict[str, Any]],
    receipt: ReceiptOut | None,
) -> ReportOut:
    line = as_line(place.key, head)
    return {
        "programme": line["programme"],
        "period": line["period"],
        "unit": line["unit"],
        "status": line["status"],
        "revision": line["revision"],
        "late": line["late"],
        "values": [as_value(place.programme, row) for row in rows],
        "warnings": cautions(session, place, rows),
        "submitted_at": line["submitted_at"],
        "receipt": receipt,
        "links": line["links"],
    }


def as_line(key: ReportKey, head: Head) -> ReportLine:
    path = f"/api/v1/{key.path}"
    query = f"programme={key.programme}&period={key.period}&unit={key.unit}"
    return {
        "programme": key.programme,
        "period": key.period,
        "unit": key.unit,
        "status": head.status.value,
        "revision": head.revision,
        "late": head.late,
        "submitted_at": utc(head.submitted_at) if head.submitted_at else None,
        "links": {
            "self": path,
            "revisions": f"{path}/revisions",
            "attainment": f"/api/v1/attainment?{query}",
        },
    }


def revisions(session: Session, actor: Actor, key: ReportKey) -> list[RevisionOut]:
    """Every revision with its values and what was done with it; oldest first.

    The centre sees those that were handed in.
    """
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    events = _events(told(actor, seen, queries.events_of(session, seen.id)))
    listed = [
        row
        for row in queries.revisions_of(session, seen.id)
        if not actor.at_centre or any(one["action"] != "draft" for one in events[row[0]])
    ]
    values: dict[int, list[ValueOut]] = defaultdict(list)
    for row in queries.all_values_of(session, seen.id):
        values[row["revision"]].append(as_value(place.programme, row))
    return [
        {
            "revision": revision,
            "at": utc(at),
            "by": by,
            "channel": channel,
            "content_sha256": sha256,
            "values": values[revision],
            "events": events[revision],
        }
        for revision, at, by, channel, sha256 in listed
    ]


def told(actor: Actor, seen: Head, steps: list[EventRow]) -> list[EventRow]:
    """The steps in a report's life that the caller may know of. The centre learns nothing of what
    came after what it was given last, nor of what stayed inside the unit: of a submission that the
    unit held back, only once it is endorsed."""
    if not actor.at_centre:
        return steps
    given = [one for one in steps if one.version <= seen.version]
    next_action = [*[one.action for one in given[1:]], None]
    return [
        one
        for one, following in zip(given, next_action, strict=True)
        if not one.held or (one.action is Action.SUBMIT and following is Action.ENDORSE)
    ]


def _events(steps: list[EventRow]) -> dict[int, list[EventOut]]:
    """What was done with each revision, oldest first."""
    events: dict[int, list[EventOut]] = defaultdict(list)
    for one in steps:
        events[one.revision].append(
            {
                "action": one.action.value,
                "status": one.status.value,
                "at": utc(one.at),
                "by": one.by,
                "comment": one.comment,
            }
        )
    return events


class ReportQuery(NamedTuple):
    """Filters by code; an empty one lets everything through. `after` is a cursor's content;
    `estimated` asks for reports with, or without, estimates in their current revision."""

    programmes: list[str]
    periods: list[str]
    units: list[str]
    statuses: list[Status]
    after: str | None
    limit: int
    estimated: bool | None = None


class ReportPage(NamedTuple):
    items: list[ReportLine]
    next: str | None


def reports(session: Session, actor: Actor, wanted: ReportQuery) -> ReportPage:
    """What the caller may see, in the order in which reports were first made."""
    require(actor, Right.REPORT_READ)
    defined = catalogue(session)
    own = [] if actor.at_centre else [actor.unit, *places.predecessors_of(defined, actor.unit)]
    visible = None if actor.at_centre else {code for code in own if code}
    keys = _periods_wanted(defined, wanted)
    heads = queries.heads(
        session,
        ReportFilter(
            period_ids=list(keys),
            unit_ids=_chosen_units(defined, wanted.units, visible),
            statuses=wanted.statuses,
            own_units=[defined.units[code].id for code in own if code],
            after_id=_after(wanted.after),
            limit=wanted.limit + 1,
            estimated=wanted.estimated,
        ),
    )
    page = heads[: wanted.limit]
    lines = []
    for head in page:
        seen = as_centre_sees(head) if actor.at_centre else head
        if seen is not None:
            unit = defined.by_id[head.unit_id].code
            lines.append(as_line(ReportKey(*keys[head.period_id], unit), seen))
    more = len(heads) > wanted.limit
    return ReportPage(lines, str(page[-1].id) if more else None)


def _periods_wanted(defined: Catalogue, wanted: ReportQuery) -> dict[int, tuple[str, str]]:
    """Programme and period by the period's id; NotFound for a programme that there is not."""
    for code in wanted.programmes:
        places.programme_of(defined, code)
    return {
        period.id: (programme.code, period.code)
        for programme in defined.programmes.values()
        for period in programme.periods.values()
        if (not wanted.programmes or programme.code in wanted.programmes)
        and (not wanted.periods or period.code in wanted.periods)
    }


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise BadCursor()
    return int(cursor)


def _chosen_units(
    defined: Catalogue, wanted: list[str], visible: set[str] | None
) -> list[int] | None:
    if visible is None and not wanted:
        return None
    codes = [code for code in (wanted or visible or ()) if visible is None or code in visible]
    return [defined.units[code].id for code in codes if code in defined.units]
