"""Imports: a workbook's lines go where a report put as JSON goes, all of them or the good ones.

In one transaction: what a dry run says is what the same steps did before they were taken back.
"""

import json
import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import imports as kept_imports
from app.db.imports import KeptImport
from app.db.session import stamp, undone_unless_kept
from app.domain.access import Actor, Right, Subject, require
from app.domain.errors import NotFound
from app.schemas.imports import ImportSent, Mode, Wish
from app.services import audit, webhooks
from app.services.filing import Circumstances
from app.services.import_units import take_unit
from app.services.places import ReportKey
from app.services.tally import Tally

DRY_RUN_KEPT = timedelta(days=1)
# How long a file is kept of which nothing was stored; one that stored something stays for good.
KEPT = {"dry_run": DRY_RUN_KEPT, "refused": timedelta(days=30)}
MOST_KEPT = (20, 50_000_000)  # of those, by sender: files, and bytes
MOST_REMEMBERED = 50


class Taken(NamedTuple):
    """`summary` is the contract's, with the facts of each fault instead of its sentence, and what
    was `said` beside the file."""

    id: str
    summary: dict[str, Any]


def may_import(actor: Actor) -> None:
    """Asked before the first byte of a file is read."""
    require(actor, Right.IMPORT_CREATE)


def remembered(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """What the sender has confirmed of foreign sheets before, oldest first."""
    may_import(actor)
    return kept_imports.taught_by(session, actor.account_id, actor.unit, MOST_REMEMBERED)


def take_in(  # noqa: PLR0913 - who brings in what, how, when
    session: Session,
    actor: Actor,
    sent: ImportSent,
    wish: Wish,
    given: Circumstances,
    *,
    id_: str | None = None,
) -> Taken:
    """Judge every line, keep what may be kept, and keep the file with what was said of it.

    `id_`: what it was called while it waited.
    """
    may_import(actor)
    id_ = id_ or secrets.token_hex(8)
    tally = Tally()
    tally.add_file(sent)
    with undone_unless_kept(session) as outcome:
        if sent.programme is not None and sent.period is not None:
            for unit, lines in sent.units:
                key = ReportKey(sent.programme, sent.period, unit)
                tally.add(take_unit(session, actor, key, lines, (wish.submit, given)))
        refused = wish.mode is Mode.ATOMIC and bool(tally.errors)
        outcome.kept = not refused and not wish.dry_run
    if refused:
        tally = tally.nothing_kept()
    status = "dry_run" if wish.dry_run else "refused" if refused else "stored"
    summary = _summary(id_, sent, wish, status, tally)
    _keep(session, actor, given, (sent, summary))
    if outcome.kept:
        _stored(session, sent, tally, id_)
    audit.record(
        session, actor, f"import:{status}", f"imports/{id_}", {"counts": summary["counts"]}
    )
    return Taken(id_, summary)


def _stored(session: Session, sent: ImportSent, tally: Tally, id_: str) -> None:
    """Where each value came from, and the event for whoever asked to be told."""
    if tally.origins:
        rows = [{**row, "import_id": row["import_id"] or id_} for row in tally.origins]
        kept_imports.add_origins(session, rows)
    links = {"self": f"/api/v1/imports/{id_}"}
    where = {"programme": sent.programme, "period": sent.period, "links": links}
    webhooks.announce(session, "import:stored", where)


def _summary(id_: str, sent: ImportSent, wish: Wish, status: str, tally: Tally) -> dict[str, Any]:
    return {
        "id": id_,
        "status": status,
        "mode": wish.mode.value,
        "programme": sent.programme,
        "period": sent.period,
        "file": {
            "name": sent.file.name,
            "sha256": sent.file.sha256,
            "template": sent.file.template,
        },
        **tally.told(),
        "mapping": sent.mapping,
        "said": dict(sent.said),
    }


def _keep(
    session: Session,
    actor: Actor,
    given: Circumstances,
    what: tuple[ImportSent, dict[str, Any]],
) -> None:
    sent, summary = what
    kept_imports.drop_expired(session, given.now)
    kept = KEPT.get(summary["status"])
    kept_imports.add_import(
        session,
        {
            "id": summary["id"],
            "at": stamp(session).at,
            "account_id": actor.account_id,
            "unit": actor.unit,
            "file_name": sent.file.name,
            "file_sha256": summary["file"]["sha256"],
            "content": sent.file.content,
            "summary": json.dumps(summary, ensure_ascii=False),
            "taught": dict(sent.taught) or None if summary["status"] == "stored" else None,
            "expires_at": given.now + kept if kept else None,
        },
    )
    kept_imports.drop_beyond(session, actor.account_id, actor.unit, MOST_KEPT)


def summary_of(session: Session, actor: Actor, id_: str, given: Circumstances) -> dict[str, Any]:
    """NotFound for another sender's, and for a file that is kept no longer."""
    summary: dict[str, Any] = json.loads(_own(session, actor, id_, given).summary)
    return summary


def imports_of(session: Session, actor: Actor, given: Circumstances, most: int) -> list[KeptImport]:
    """What the caller sent, and a unit's people together; newest first."""
    require(actor, Right.IMPORT_READ, Subject(actor.unit, own=True))
    return kept_imports.imports_of(session, actor.account_id, actor.unit, given.now, most)


def file_of(session: Session, actor: Actor, id_: str, given: Circumstances) -> bytes:
    """The bytes that were sent."""
    return kept_imports.bytes_of(session, _own(session, actor, id_, given).id)


def _own(session: Session, actor: Actor, id_: str, given: Circumstances) -> KeptImport:
    """A unit's people see what any of them sent; at the centre everybody sees their own."""
    require(actor, Right.IMPORT_READ, Subject(own=True))
    kept = kept_imports.import_of(session, id_)
    if kept is None or (kept.expires_at is not None and kept.expires_at <= given.now):
        raise NotFound(what=f"imports/{id_}")
    own = kept.account_id == actor.account_id
    require(actor, Right.IMPORT_READ, Subject(kept.unit, own=own, name=f"imports/{id_}"))
    return kept
