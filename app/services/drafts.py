"""A report while its unit fills it in: what stands there, what is kept of it, who came between."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import exceptions, queries
from app.db.queries import EventRow, Head
from app.domain.access import Actor, Right
from app.domain.errors import Fault, NotFound, WrongStatus
from app.domain.numbers import Percent
from app.domain.targets import Programme, Target
from app.domain.workflow import BY_THE_CENTRE, WRITABLE, Action, Status
from app.schemas.comments import RemarkOut
from app.schemas.fields import Sent, checked
from app.schemas.reports import ReportSent, ValueIn, ValueOut
from app.schemas.templates import LastFigure
from app.services import places
from app.services.comments import read_comments
from app.services.filing import Circumstances
from app.services.judging import judge
from app.services.one_report import asked_of
from app.services.places import Place, ReportKey
from app.services.report_views import as_value
from app.services.reports import Filed, put_report
from app.services.templates import TemplateQuery, template_for

# What was typed, target by target: a value, what is wrong with it, or neither for a blank one.
Lines = Mapping[str, Sent[ValueIn]]
Faults = Mapping[str, Sequence[Fault]]


class Filling(NamedTuple):
    """A report to be filled in. `version` 0: there is none yet. `values` and `last` (figures of the
    period before) by target; `saved` is the last step in its life, `sent_back` the one by which the
    centre asked for it again; `until` the end of the unit's exception."""

    place: Place
    version: int
    status: Status
    targets: list[Target]
    values: dict[str, ValueOut]
    last: Mapping[str, LastFigure]
    saved: EventRow | None
    sent_back: EventRow | None
    remarks: list[RemarkOut]
    until: datetime | None


class Kept(NamedTuple):
    """The draft's version as it is now (0: nothing is stored), and what is wrong with the lines
    that could not be kept: of their targets stands what stood there before."""

    version: int
    faults: Faults


class Meanwhile(NamedTuple):
    """What somebody else made of a report since a version of it was seen: by target, how it was
    then and how it is now, and who did that last."""

    place: Place
    version: int
    status: Status
    before: dict[str, ValueOut]
    now: dict[str, ValueOut]
    by: str
    at: datetime


def to_fill(session: Session, actor: Actor, key: ReportKey) -> Filling:
    """NotFound and NotAllowed as for a draft; UnitClosed, and Invalid where nothing is asked."""
    place = places.to_do(session, actor, key, Right.REPORT_DRAFT)
    asked = TemplateQuery(key.programme, key.period, (key.unit,))
    last = template_for(session, actor, asked).last
    head = queries.head_of(session, place.period.id, place.unit.id)
    steps = queries.events_of(session, head.id) if head else []
    return Filling(
        place=place,
        version=head.version if head else 0,
        status=head.status if head else Status.DRAFT,
        targets=asked_of(place),
        values=_values(session, place.programme, head, head.revision if head else 0),
        last=last,
        saved=steps[-1] if steps else None,
        sent_back=_sent_back(steps),
        remarks=read_comments(session, actor, key) if head else [],
        until=exceptions.until_of(session, place.period.id, place.unit.id),
    )


def check_takes(session: Session, filling: Filling, now: datetime) -> None:
    """WrongStatus or PeriodClosed where nothing can be written at present."""
    if filling.status not in WRITABLE:
        raise WrongStatus(status=filling.status, action=Action.DRAFT)
    places.check_open(session, filling.place, now)


def _sent_back(steps: list[EventRow]) -> EventRow | None:
    """The last time that the centre asked for the report again, until it is handed in again."""
    found = None
    for one in steps:
        if one.action is Action.SUBMIT:
            found = None
        elif one.action in BY_THE_CENTRE and one.action is not Action.APPROVE:
            found = one
    return found


def _values(
    session: Session, programme: Programme, head: Head | None, revision: int
) -> dict[str, ValueOut]:
    if head is None or not revision:
        return {}
    rows = queries.values_of(session, head.id, revision)
    return {programme.code_of[row["target_id"]]: as_value(programme, row) for row in rows}


def faults_of(place: Place, lines: Lines) -> Faults:
    """What is wrong with each line, of its shape or under the rules; each at its field."""
    found = {}
    for code, sent in lines.items():
        wrong = list(sent.faults)
        if sent.contract is not None:
            wrong += judge(place, sent.contract, "").faults
        if wrong:
            found[code] = wrong
    return found


def faults_in(session: Session, actor: Actor, key: ReportKey, lines: Lines) -> Faults:
    """Of a form that is only looked through."""
    return faults_of(places.to_do(session, actor, key, Right.REPORT_DRAFT), lines)


def keep(
    session: Session, actor: Actor, key: ReportKey, lines: Lines, given: Circumstances
) -> Kept:
    """A draft of every line without fault; refused as `put_report` refuses."""
    place = places.to_do(session, actor, key, Right.REPORT_DRAFT)
    faults = faults_of(place, lines)
    head = queries.head_of(session, place.period.id, place.unit.id)
    stored = _as_sent(session, place, head)
    whole = {code: one.contract for code, one in lines.items() if code not in faults}
    whole |= {code: stored[code] for code in faults if code in stored}
    values = [one for one in whole.values() if one is not None]
    if head is None and not values:
        return Kept(0, faults)
    sent = ReportSent([(f"/values/{number}", one) for number, one in enumerate(values)])
    filed: Filed = put_report(session, actor, key, sent, given)
    return Kept(filed.version, faults)


def _as_sent(session: Session, place: Place, head: Head | None) -> dict[str, ValueIn]:
    """What is stored, as it would be sent again."""
    rows = queries.values_of(session, head.id, head.revision) if head else []
    found = {}
    for row in rows:
        content: dict[str, Any] = {
            name: row[name] for name in ValueIn.model_fields if row.get(name) is not None
        }
        if row["percent_micro"] is not None:
            content["percent"] = Percent(row["percent_micro"], row["percent_decimals"])
        code = place.programme.code_of[row["target_id"]]
        found[code] = checked(ValueIn, {"target": code, **content})
    return found


def meanwhile(session: Session, actor: Actor, key: ReportKey, version: int) -> Meanwhile:
    """`version` 0: none was seen. NotFound where nobody has written a report."""
    place = places.to_do(session, actor, key, Right.REPORT_DRAFT)
    head = queries.head_of(session, place.period.id, place.unit.id)
    steps = queries.events_of(session, head.id) if head else []
    if not steps:
        raise NotFound(what=key.path)
    last = steps[-1]
    seen = next((one.revision for one in steps if one.version == version), 0)
    return Meanwhile(
        place=place,
        version=last.version,
        status=last.status,
        before=_values(session, place.programme, head, seen),
        now=_values(session, place.programme, head, last.revision),
        by=last.by,
        at=last.at,
    )
