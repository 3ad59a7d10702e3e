"""Long imports: a file is accepted at once, read in its turn, and its progress can be asked for."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.db import import_jobs as jobs
from app.db.import_jobs import Job
from app.db.import_tables import JobState
from app.db.session import stamp
from app.domain.access import Actor, Right, Subject, require
from app.domain.errors import NotFound, Refusal, TooManyRequests, Unavailable
from app.services import audit
from app.services.imports import DRY_RUN_KEPT, may_import

MOST_WAITING, MOST_ATTEMPTS = 5, 3
SILENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that is this reader's now: whose it is, the file, and what was asked for."""

    id: str
    actor: Actor
    name: str
    content: bytes
    order: dict[str, Any]
    received_at: datetime


def queue(
    session: Session, actor: Actor, file: tuple[str, bytes], order: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """TooManyRequests when the sender has several waiting already."""
    may_import(actor)
    if jobs.waiting_of(session, actor.account_id) >= MOST_WAITING:
        raise TooManyRequests(10)
    jobs.drop_failed(session, now - DRY_RUN_KEPT)
    name, content = file
    row = {
        "id": secrets.token_hex(8),
        "at": stamp(session).at,
        "account_id": actor.account_id,
        "role": actor.role,
        "unit": actor.unit,
        "token": actor.token,
        "request_id": actor.request_id,
        "file_name": name,
        "content": content,
        "order": order,
        "state": JobState.QUEUED,
        "rows_read": 0,
        "attempts": 0,
        "received_at": now,
        "touched_at": now,
    }
    jobs.add(session, row)
    path = f"imports/{row['id']}"
    audit.record(session, actor, "import:queued", path, personal={"file": name})
    return _told(str(row["id"]), JobState.QUEUED, 0, None)


def progress_of(session: Session, actor: Actor, id_: str) -> dict[str, Any]:
    """NotFound once it is an import, and for another sender's."""
    may_import(actor)
    job = jobs.job_of(session, id_)
    if job is None:
        raise NotFound(what=f"imports/{id_}")
    own = job.account_id == actor.account_id
    require(actor, Right.IMPORT_READ, Subject(job.unit, own=own, name=f"imports/{id_}"))
    return _told(job.id, job.state, job.rows_read, job.refusal)


def jobs_of(session: Session, actor: Actor) -> list[Job]:
    """What of the caller's files waits to be read, or could not be."""
    require(actor, Right.IMPORT_READ, Subject(actor.unit, own=True))
    return jobs.jobs_of(session, actor.account_id, actor.unit)


def _told(id_: str, state: JobState, rows: int, refusal: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": id_, "status": state.value, "progress": {"rows": rows}, "refusal": refusal}


def is_due(session: Session, now: datetime) -> bool:
    return jobs.next_due(session, now - SILENT) is not None


def claim(session: Session, now: datetime) -> Due | None:
    """The next job, now this reader's. None: nothing waits."""
    job = jobs.next_due(session, now - SILENT)
    if job is None:
        return None
    if job.attempts >= MOST_ATTEMPTS:  # it may be what ended those who read it
        fail(session, job.id, Unavailable(), now)
        return None
    columns = {"state": JobState.RUNNING, "touched_at": now, "attempts": job.attempts + 1}
    jobs.change(session, job.id, rows_read=0, **columns)
    content = jobs.bytes_of(session, job.id)
    return Due(job.id, _actor(job), job.file_name, content, job.order, job.received_at)


def _actor(job: Job) -> Actor:
    return Actor(job.account_id, job.by, job.role, job.unit, job.token, job.request_id)


def tell(session: Session, id_: str, rows: int, now: datetime) -> None:
    """A sign of life, with how far the reader has come."""
    jobs.change(session, id_, rows_read=rows, touched_at=now)


def fail(session: Session, id_: str, refusal: Refusal, now: datetime) -> None:
    """Why it cannot be read; kept for a day."""
    facts = {name: str(fact) for name, fact in refusal.facts.items()}
    kept = {"code": refusal.code, "facts": facts}
    jobs.change(session, id_, state=JobState.FAILED, refusal=kept, touched_at=now)


def give_back(session: Session, id_: str) -> None:
    """It was no fault of the file's: it is read again."""
    jobs.change(session, id_, state=JobState.QUEUED)


def done(session: Session, id_: str) -> None:
    """In the transaction that takes the file in."""
    jobs.drop(session, id_)
