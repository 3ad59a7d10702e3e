"""A creating POST that is sent twice with one Idempotency-Key is carried out once."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from sqlmodel import Session

from app.db import setup
from app.db.people_tables import IdempotentAnswer
from app.db.session import stamp
from app.domain.access import Actor
from app.domain.errors import IdempotencyConflict


class Answer(NamedTuple):
    """`kept` is what a replay is given where the body holds a secret that may be shown once."""

    status: int
    body: bytes
    kept: bytes | None = None
    replayed: bool = False


def once(
    session: Session, actor: Actor, key: str | None, request: bytes, carry_out: Callable[[], Answer]
) -> Answer:
    """The stored answer for the same key and request; IdempotencyConflict for another request.

    The answer is stored in the transaction that makes it. Writers take their turns, so a second
    request with the key waits for the first and then finds its answer. In another role the same
    person is somebody else: what they may is asked again.
    """
    if key is None:
        return carry_out()
    key = hashlib.sha256(f"{actor.role}/{actor.unit}/{key}".encode()).hexdigest()
    sha256 = hashlib.sha256(request).hexdigest()
    stored = setup.answer_to(session, actor.account_id, key)
    if stored is not None:
        if stored.request_sha256 != sha256:
            raise IdempotencyConflict()
        return Answer(stored.status, stored.body.encode(), replayed=True)
    answer = carry_out()
    session.add(
        IdempotentAnswer(
            account_id=actor.account_id,
            key=key,
            request_sha256=sha256,
            status=answer.status,
            body=(answer.kept or answer.body).decode(),
            created_at=stamp(session).at,
        )
    )
    return answer
