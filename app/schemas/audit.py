"""The audit, event by event."""

from typing import Any

from typing_extensions import TypedDict


class AuditActor(TypedDict):
    id: int
    name: str


class AuditEventOut(TypedDict):
    """`subject` is a path below /api/v1. `actor` None: nobody who is known (a failed sign-in) or
    the service itself. `personal` None: nothing is personal in it, or it was erased.

    `sha256` is of the canonical JSON of the event with `previous_sha256` (docs/audit.md).
    """

    id: int
    at: str
    actor: AuditActor | None
    token: str | None
    session: str | None
    action: str
    subject: str
    detail: dict[str, Any] | None
    request_id: str | None
    personal: dict[str, Any] | None
    personal_sha256: str | None
    previous_sha256: str
    sha256: str
