"""Many reports sent at once: an import without a file, all of them or the good ones."""

import secrets
from typing import Any

from sqlmodel import Session

from app.db import imports as kept_imports
from app.db.session import undone_unless_kept
from app.domain.access import Actor
from app.domain.errors import Fault
from app.domain.targets import Catalogue
from app.schemas.bulk import BulkSent, EntrySent
from app.schemas.fields import Sent
from app.schemas.imports import Mode
from app.services.definitions import catalogue
from app.services.filing import Circumstances
from app.services.import_units import UnitTaken, refuse, take_unit
from app.services.imports import may_import
from app.services.places import ReportKey
from app.services.tally import Tally


def take_reports(
    session: Session, actor: Actor, sent: Sent[BulkSent], given: Circumstances
) -> dict[str, Any]:
    """The import summary, with the facts of each fault instead of its sentence, and a JSON pointer
    for its cell. The rights and the merging are an import's: a target left out stays as it is."""
    may_import(actor)
    asked, tally = sent.judged(), Tally()
    with undone_unless_kept(session) as outcome:
        for entry in asked.reports:
            tally.add(_take(session, actor, entry, given))
        refused = asked.mode is Mode.ATOMIC and bool(tally.errors)
        outcome.kept = not refused and not asked.dry_run
        earlier = [one for one in tally.origins if one["import_id"] is not None]
        if outcome.kept and earlier:
            kept_imports.add_origins(session, earlier)
    if refused:
        tally = tally.nothing_kept()
    status = "dry_run" if asked.dry_run else "refused" if refused else "stored"
    summary = {"id": secrets.token_hex(8), "status": status, "mode": asked.mode.value, "file": None}
    return {**summary, **tally.told()}


def _take(session: Session, actor: Actor, entry: EntrySent, given: Circumstances) -> UnitTaken:
    taken = UnitTaken()
    if unknown := _unknown(catalogue(session), entry):
        refuse(taken, entry.lines, unknown)
        return taken
    key = ReportKey(entry.programme, entry.period, entry.unit)
    return take_unit(session, actor, key, entry.lines, (entry.submit, given))


def _unknown(defined: Catalogue, entry: EntrySent) -> Fault | None:
    programme = defined.programmes.get(entry.programme)
    if programme is None:
        return Fault("/programme", "not_found", {"what": entry.programme})
    if entry.period not in programme.periods:
        return Fault("/period", "not_found", {"what": f"{entry.programme}/{entry.period}"})
    return None
