"""Workbooks that come in at a door: taken in while their sender waits, or in their turn."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

import anyio
from anyio import CapacityLimiter
from fastapi import Request

from app.answers import to_json
from app.deps import Service
from app.domain.access import Actor
from app.domain.errors import Unavailable
from app.schemas.imports import FileSent, Wish
from app.services import import_jobs, imports
from app.services.filing import Circumstances
from app.services.idempotency import Answer, once
from app.sheets.intake import Asked
from app.workbooks import File, read_in

STATUS = {"dry_run": 200, "stored": 201, "refused": 422}
MOST_WAITING = 8
T = TypeVar("T")


class Order(NamedTuple):
    """A file, what was said beside it, and what is to be done with it."""

    file: File
    asked: Asked
    wish: Wish

    def digest(self, verb: str) -> bytes:
        """What an Idempotency-Key stands for: the file and all that was asked beside it."""
        sha256 = FileSent(*self.file).sha256
        return hashlib.sha256(f"{verb} {self.wish} {self.asked} {sha256}".encode()).digest()


async def apart(request: Request, work: Callable[[], T]) -> T:
    """Away from the threads that answer everybody else; Unavailable when too many files wait."""
    places: CapacityLimiter = request.app.state.uploads
    if places.statistics().tasks_waiting >= MOST_WAITING:
        raise Unavailable()
    return await anyio.to_thread.run_sync(work, limiter=places)


def take_in(service: Service, actor: Actor, order: Order, now: datetime, key: str | None) -> Answer:
    """Read and judged at once; the body is the kept summary, with facts instead of sentences."""
    given = Circumstances(now, service.signer, channel="workbook")
    sent = read_in(service.database, service.fence, actor, order.file, order.asked)

    def carry_out() -> Answer:
        summary = imports.take_in(session, actor, sent, order.wish, given).summary
        return Answer(STATUS[summary["status"]], to_json(summary))

    with service.database.writing() as session:
        return once(session, actor, key, order.digest("take"), carry_out)


def queue(service: Service, actor: Actor, order: Order, now: datetime, key: str | None) -> Answer:
    """Read in its turn, under the limits for the centre; the body is the waiting job."""
    asked = order.asked
    kept = {**asked.said(), "language": asked.language, **order.wish._asdict()}
    with service.database.writing() as session:

        def carry_out() -> Answer:
            job = import_jobs.queue(session, actor, order.file, kept, now)
            return Answer(202, to_json(job))

        answer = once(session, actor, key, order.digest("queue"), carry_out)
    service.worker.wake()
    return answer
