"""Evidence attached to reports: added, read by whoever reads the report, withdrawn."""

import secrets
from typing import NamedTuple

from sqlmodel import Session

from app.db import attachments
from app.db.attachments import Kept
from app.db.queries import Head
from app.db.session import stamp
from app.domain.access import Actor, Right
from app.domain.errors import Fault, Invalid, NotFound, WrongStatus
from app.domain.periods import utc
from app.domain.workflow import WRITABLE
from app.schemas.attachments import AttachmentOut, EvidenceSent
from app.schemas.fields import Sent
from app.services import audit, places
from app.services.comments import target_of
from app.services.places import Place, ReportKey
from app.services.report_views import head_seen

MOST_FILES = 20  # of a report
MOST_BYTES = 200_000_000  # of a unit


class FileGiven(NamedTuple):
    name: str
    media_type: str
    content: bytes


def may_attach(session: Session, actor: Actor, key: ReportKey) -> None:
    """Asked before the first byte of a file is read."""
    place = places.to_do(session, actor, key, Right.REPORT_ATTACH)
    head_seen(session, actor, place)


def attach(
    session: Session, actor: Actor, key: ReportKey, sent: Sent[EvidenceSent]
) -> AttachmentOut:
    """In any status: the file says when it was added. Invalid when the report or the unit has
    enough."""
    place = places.to_do(session, actor, key, Right.REPORT_ATTACH)
    head = head_seen(session, actor, place)
    file = sent.judged()
    about = None if file.target is None else target_of(place, file.target, "/target")
    _check_room(session, place, head, file)
    at = stamp(session).at
    kept = Kept(
        id=secrets.token_hex(8),
        revision=head.revision,
        version=head.version,
        target_id=about,
        sha256=file.sha256,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        at=at,
        withdrawn_at=None,
        by=actor.name,
    )
    row = {name: fact for name, fact in kept._asdict().items() if name != "by"}
    row |= {"report_id": head.id, "account_id": actor.account_id}
    attachments.add(session, row, file.content)
    told = ("id", "sha256", "revision", "version", "media_type", "size")
    detail = {**{name: row[name] for name in told}, "target": file.target}
    audit.record(session, actor, "report:attach", key.path, detail, personal={"file": file.name})
    return _as_attachment(place, kept)


def _check_room(session: Session, place: Place, head: Head, file: EvidenceSent) -> None:
    there = [one for one in attachments.of_report(session, head.id) if one.withdrawn_at is None]
    if len(there) >= MOST_FILES:
        raise Invalid([Fault("/file", "invalid", {"reason": "most_files", "value": MOST_FILES})])
    if attachments.bytes_of_unit(session, place.unit.id) + len(file.content) > MOST_BYTES:
        megabytes = MOST_BYTES // 1_000_000
        raise Invalid([Fault("/file", "invalid", {"reason": "most_bytes", "value": megabytes})])


def read_attachments(session: Session, actor: Actor, key: ReportKey) -> list[AttachmentOut]:
    """Oldest first, without those that were withdrawn."""
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    return [
        _as_attachment(place, one)
        for one in attachments.of_report(session, seen.id)
        if _shown(actor, seen, one)
    ]


def _shown(actor: Actor, seen: Head, one: Kept) -> bool:
    """What is added while the report is with the unit, before a draft or beside one, is the
    centre's with the next submission."""
    if one.withdrawn_at is not None:
        return False
    with_unit = one.version == seen.version and seen.status in WRITABLE
    return not actor.at_centre or (one.version <= seen.version and not with_unit)


def read_file(session: Session, actor: Actor, key: ReportKey, id_: str) -> FileGiven:
    place = places.to_read(session, actor, key)
    seen = head_seen(session, actor, place)
    for one in attachments.of_report(session, seen.id):
        if one.id == id_ and _shown(actor, seen, one):
            return FileGiven(one.name, one.media_type, attachments.bytes_of(session, one.sha256))
    raise NotFound(what=id_)


def withdraw(session: Session, actor: Actor, key: ReportKey, id_: str) -> None:
    """From then on nobody is given it; the bytes and the record of it stay. Withdrawing again
    changes nothing. WrongStatus while the report is handed in: it stands with its evidence."""
    place = places.to_do(session, actor, key, Right.REPORT_ATTACH)
    head = head_seen(session, actor, place)
    kept = next((one for one in attachments.of_report(session, head.id) if one.id == id_), None)
    if kept is None:
        raise NotFound(what=id_)
    if kept.withdrawn_at is not None:
        return
    if head.status not in WRITABLE:
        raise WrongStatus(reason="evidence_stays", status=head.status)
    attachments.withdraw(session, id_, stamp(session).at, actor.account_id)
    audit.record(session, actor, "report:detach", key.path, {"id": id_, "sha256": kept.sha256})


def _as_attachment(place: Place, kept: Kept) -> AttachmentOut:
    return {
        "id": kept.id,
        "name": kept.name,
        "media_type": kept.media_type,
        "size": kept.size,
        "sha256": kept.sha256,
        "target": None if kept.target_id is None else place.programme.code_of[kept.target_id],
        "revision": kept.revision,
        "by": kept.by,
        "at": utc(kept.at),
        "links": {"self": f"/api/v1/{place.key.path}/attachments/{kept.id}"},
    }
