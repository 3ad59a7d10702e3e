"""Threads of comments on a report and on each of its values."""

from datetime import datetime

from sqlmodel import Session

from app.db import comments, queries
from app.db.comments import Said
from app.db.queries import EventRow, Head
from app.db.session import stamp
from app.domain.access import Actor, Right
from app.domain.chain import text_sha256
from app.domain.errors import Fault, Invalid
from app.domain.periods import day_in_vietnam, utc
from app.domain.workflow import BY_THE_CENTRE
from app.schemas.comments import RemarkIn, RemarkOut
from app.schemas.fields import Sent
from app.services import audit, outbox, places
from app.services.notices import facts_of, people_of
from app.services.places import Place, ReportKey
from app.services.report_views import head_seen, told


def read_comments(
    session: Session, actor: Actor, key: ReportKey, target: str | None = None
) -> list[RemarkOut]:
    """Oldest first, with what was said when the report was returned or reopened; of one value with
    `target`. The centre sees what was said of the report up to where it has it."""
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    wanted = None if target is None else target_of(place, target, "/query/target")
    said = [
        (one.at, _as_remark(place, one))
        for one in comments.said_of(session, seen.id)
        if _shown(actor, seen, one) and wanted in (None, one.target_id)
    ]
    if wanted is None:
        steps = told(actor, seen, queries.events_of(session, seen.id))
        said += [(one.at, _as_step(one)) for one in steps if one.comment]
    return [remark for _, remark in sorted(said, key=lambda one: one[0])]


def target_of(place: Place, code: str, pointer: str) -> int:
    """The id of a target of the programme in the report's period; Invalid for another."""
    target = place.programme.target(code, place.period.period.ends_on)
    if target is None:
        facts = {"target": code, "programme": place.programme.code}
        raise Invalid([Fault(pointer, "unknown_target", facts)])
    return target.id


def _shown(actor: Actor, seen: Head, one: Said) -> bool:
    """What the unit says while it has the report in hand reaches the centre with the report."""
    return (
        not actor.at_centre or one.at_centre or (not one.internal and one.version <= seen.version)
    )


def _as_remark(place: Place, one: Said) -> RemarkOut:
    return {
        "id": one.id,
        "action": None,
        "target": None if one.target_id is None else place.programme.code_of[one.target_id],
        "text": one.text,
        "internal": one.internal,
        "by": one.by,
        "side": "centre" if one.at_centre else "unit",
        "revision": one.revision,
        "at": utc(one.at),
    }


def _as_step(one: EventRow) -> RemarkOut:
    return {
        "id": None,
        "action": one.action.value,
        "target": None,
        "text": one.comment or "",
        "internal": False,
        "by": one.by,
        "side": "centre" if one.action in BY_THE_CENTRE else "unit",
        "revision": one.revision,
        "at": utc(one.at),
    }


def add_comment(
    session: Session, actor: Actor, key: ReportKey, sent: Sent[RemarkIn], now: datetime
) -> RemarkOut:
    """Of the report as the speaker sees it; the other side is told, unless it is internal or of
    what it has not been given."""
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    places.to_do(session, actor, key, Right.REPORT_COMMENT)
    remark = sent.judged()
    if remark.internal and actor.at_centre:
        raise Invalid([Fault("/internal", "invalid", {"reason": "internal_for_unit"})])
    about = None if remark.target is None else target_of(place, remark.target, "/target")
    row = {
        "report_id": seen.id,
        "revision": seen.revision,
        "version": seen.version,
        "target_id": about,
        "internal": remark.internal,
        "at_centre": actor.at_centre,
        "text": remark.text,
        "at": stamp(session).at,
        "account_id": actor.account_id,
    }
    said = Said(
        id=comments.add(session, row),
        by=actor.name,
        **{name: row[name] for name in Said._fields if name in row},  # type: ignore[arg-type]
    )
    detail = {name: row[name] for name in ("revision", "version", "internal", "at_centre")}
    detail |= {"id": said.id, "target": remark.target, "text_sha256": text_sha256(said.text)}
    audit.record(session, actor, "report:comment", key.path, detail)
    _tell(session, actor, place, seen, (said, now))
    return _as_remark(place, said)


def _tell(
    session: Session, actor: Actor, place: Place, seen: Head, what: tuple[Said, datetime]
) -> None:
    said, now = what
    if said.at_centre:
        accounts = people_of(session, place.catalogue, place.unit.code, day_in_vietnam(now))
    elif said.internal or seen.centre_version is None or said.version > seen.centre_version:
        return
    else:
        accounts = comments.at_centre(session, seen.id)
    others = [account for account in accounts if account != actor.account_id]
    facts = {**facts_of(place), "comment": said.text}
    outbox.tell(session, "commented", f"comment/{said.id}", others, facts)
