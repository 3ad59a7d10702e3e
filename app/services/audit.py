"""The audit trail: written in the same transaction as the change it describes."""

from typing import Any

from sqlmodel import Session

from app.db import memory
from app.db.session import stamp
from app.domain.access import Actor


def record(
    session: Session, actor: Actor, action: str, subject: str, detail: dict[str, Any] | None = None
) -> None:
    """`action` is noun:verb (`report:submit`), `subject` the resource's path below /api/v1."""
    memory.add_audit(
        session,
        {
            "at": stamp(session).take(),
            "account_id": actor.account_id,
            "token": actor.token,
            "action": action,
            "subject": subject,
            "detail": detail,
            "request_id": actor.request_id,
        },
    )
