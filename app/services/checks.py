"""`chitieu check`: whatever is stored, held against what it must follow from.

A check tells its faults one by one, each as where and what; `seen` is called for each thing it
looked at. None of them writes, and none holds more in memory than some reports.
"""

import hashlib
from collections.abc import Iterator

from sqlmodel import Session

from app.db import checks as memory
from app.db import snapshots as kept_snapshots
from app.db.checks import Kept, Place, Row
from app.db.figures import VALUE_FIELDS
from app.db.queries import Head, no_head
from app.domain import workflow
from app.domain.chain import content_sha256
from app.domain.periods import utc
from app.domain.workflow import Action, Standing
from app.services import audited_rows, places, snapshots
from app.services.audit_trail import verify_chain
from app.services.definitions import catalogue
from app.services.filing import digest
from app.services.findings import Check, Fault, Given, Seen
from app.services.places import ReportKey
from app.services.receipts import signed_by, statement


def _database(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    for said in memory.broken_pages(session):
        yield Fault("integrity_check", said)
    seen()
    for said in memory.broken_references(session):
        yield Fault("foreign_key_check", said)
    seen()


def _audit(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    broken = verify_chain(session, given.shown, seen).broken
    if broken is not None:
        yield Fault(f"audit/{broken.number}", broken.what)


def _definitions(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """The revisions of definitions are those that the audit has, by instant and content."""
    told: dict[tuple[str, str], list[int]] = {}
    for event in memory.audited_definitions(session):
        content = (event["detail"] or {}).get("after") or {}
        told.setdefault((utc(event["at"]), content_sha256(content)), []).append(event["id"])
    last: dict[tuple[str, str], int] = {}
    for row in memory.definitions(session):
        name = row["kind"], row["subject"]
        where = f"definition/{row['id']} ({row['kind']} {row['subject']})"
        if row["revision"] != last.get(name, 0) + 1:
            yield Fault(where, f"revision {row['revision']} after {last.get(name, 0)}")
        last[name] = row["revision"]
        events = told.get((utc(row["at"]), content_sha256(row["content"])))
        if events:
            events.pop()
        else:
            yield Fault(where, "the audit has no such change")
        seen()
    for number in sorted(number for events in told.values() for number in events):
        yield Fault(f"audit/{number}", "no definition has this change")


def _registers(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """The revisions of populations are those that the audit has."""
    told = {
        (utc(event["at"]), *(row[name] for name in _POPULATION)): row["after"]
        for event in memory.audited(session, "registers")
        for row in (event["detail"] or {}).get("rows", ())
    }
    for row in memory.register_entries(session):
        where = "/".join(["registers", *(row[name] for name in _POPULATION)])
        name = utc(row["at"]), *(row[name] for name in _POPULATION)
        if name not in told or told.pop(name) != row["denominator"]:
            yield Fault(f"{where}, revision {row['revision']}", "the audit has no such change")
        seen()
    for _, *names in told:
        yield Fault("/".join(["registers", *names]), "a change that the audit has is missing")


_POPULATION = ("programme", "period", "target", "unit")


def _key(place: Place) -> ReportKey:
    return ReportKey(*place)


def _revisions(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """The content's hash of every revision of every report, from its values."""
    defined = catalogue(session)
    for report in memory.reports_with_revisions(session):
        key = _key(report.place)
        programme = places.programme_of(defined, key.programme)
        place = places.Place(
            defined,
            programme,
            places.period_of(programme, key.period),
            places.unit_of(defined, key.unit),
        )
        values = memory.values_of(session, report.head.id)
        for number, row in enumerate(report.rows, 1):
            where = f"{key.path}, revision {row['revision']}"
            if row["revision"] != number:
                yield Fault(where, f"revision {number} is missing")
            elif digest(place, values[number]) != row["content_sha256"]:
                yield Fault(where, "its values are not those that were sent")
            seen()


def _receipts(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """Every receipt's signature, and that it is of the revision it was given for."""
    keys = given.signer.public_keys()
    for report in memory.reports_with_events(session):
        path, digests = _key(report.place).path, memory.digests_of(session, report.head.id)
        for row in report.rows:
            if row["action"] is not Action.SUBMIT:
                continue
            where = f"{path}, version {row['version']}"
            text = statement(row["receipt_sha256"], utc(row["at"]), path)
            if row["receipt_sha256"] != digests.get(row["revision"]):
                yield Fault(where, "the receipt is of another content")
            elif signed_by(keys, text, row["receipt_signature"] or "") is None:
                yield Fault(where, "the receipt is signed with no key of this service")
            seen()


def _history(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """The steps in the life of each report are those that the audit has."""
    missing = memory.audited_reports(session)
    for report in memory.reports_with_events(session):
        path = _key(report.place).path
        missing.discard(path)
        told = {
            (event["detail"] or {}).get("version"): event
            for event in memory.audited(session, path)
            if event["action"].removeprefix("report:") in _ACTIONS
        }
        for number, row in enumerate(report.rows, 1):
            where = f"{path}, version {row['version']}"
            if row["version"] != number:
                yield Fault(where, f"version {number} is missing")
            elif number not in told or _step(row) != _told(told[number]):
                yield Fault(where, "the audit has no such step")
            seen()
        if len(told) > len(report.rows):
            yield Fault(path, f"{len(report.rows)} steps, and by the audit {len(told)}")
    for path in sorted(missing):
        yield Fault(path, "a report that the audit has is missing")


_ACTIONS = frozenset(action.value for action in Action)


def _step(row: Row) -> tuple[object, ...]:
    what = f"report:{row['action']}", row["status"].value, row["revision"], row["comment"] or None
    return row["at"], row["account_id"], row["held"], *what


def _told(event: Row) -> tuple[object, ...]:
    detail = event["detail"]
    what = event["action"], detail.get("status"), detail.get("revision"), detail.get("comment")
    return event["at"], event["account_id"], detail.get("held", False), *what


def _heads(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """Every report's head, from its events."""
    for report in memory.reports_with_events(session):
        expected = _replayed(report)
        for name in Head._fields:
            held, right = getattr(report.head, name), getattr(expected, name)
            if held != right:
                where = f"{_key(report.place).path}, {name}"
                yield Fault(where, f"{held}, and by its history {right}")
        seen()


def _replayed(report: Kept) -> Head:
    """The head that the events lead to, by the rules that moved it."""
    head = no_head(report.head.period_id, report.head.unit_id, report.head.id)
    for row in report.rows:
        action, held = row["action"], row["held"]
        now = {name: row[name] for name in ("version", "status", "revision")}
        if action is Action.SUBMIT:
            submitted_at = head.submitted_at or row["at"]
            head = head._replace(submitted_at=submitted_at, late=bool(row["late"]))
        if workflow.forgets_day(action, head.centre_status, held=held):
            head = head._replace(submitted_at=None, late=False)
        head = head._replace(**now)
        if action is not Action.DRAFT and not held:
            head = head._replace(**{f"centre_{name}": fact for name, fact in now.items()})
        if action is Action.APPROVE:
            head = head._replace(approved_revision=row["revision"])
    return head


def _in_force(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """The figures that count, from the revisions that count (rule 17)."""
    for report in memory.reports_with_figures(session):
        head, values = report.head, memory.values_of(session, report.head.id)
        counting = {
            standing: workflow.counting(
                standing, head.centre_status, head.centre_revision, head.approved_revision
            )
            for standing in Standing
        }
        right = {
            (head.period_id, standing, head.unit_id, row["target_id"]): _figure(row)
            for standing, revision in counting.items()
            for row in values.get(revision or 0, ())
        }
        held = {
            (row["period_id"], row["standing"], row["unit_id"], row["target_id"]): _figure(row)
            for row in report.rows
        }
        for key in sorted(k for k in right.keys() | held.keys() if right.get(k) != held.get(k)):
            where = f"{_key(report.place).path}, target {key[3]}, {key[1].value}"
            yield Fault(where, "what counts is not what was reported")
        seen()


def _figure(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in (*VALUE_FIELDS, "report_id", "revision"))


def _snapshots(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    """Digest, chain, signature, and every figure worked out again."""
    previous, keys = None, given.signer.public_keys()
    for kept in kept_snapshots.snapshots(session):
        found = snapshots.verify(snapshots.given_out(session, kept), keys, previous)
        for name in ("digest", "chain", "signature", "figures"):
            if not found[name]:
                yield Fault(f"snapshots/{kept.id}", "; ".join([name, *found["differences"][:3]]))
                break
        previous = kept.sha256
        seen()


def _files(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
    for where, sha256, content in memory.files(session):
        if hashlib.sha256(content).hexdigest() != sha256:
            yield Fault(where, "its bytes are not those that were sent")
        seen()


CHECKS: dict[str, Check] = {
    "database": _database,
    "audit": _audit,
    "definitions": _definitions,
    "registers": _registers,
    "access": audited_rows.access,
    "revisions": _revisions,
    "receipts": _receipts,
    "history": _history,
    "heads": _heads,
    "figures": _in_force,
    "work": audited_rows.work,
    "snapshots": _snapshots,
    "files": _files,
}


def uncertain(session: Session) -> tuple[int, int]:
    """How many messages and webhook deliveries may or may not have arrived."""
    return memory.uncertain(session)
