"""The audit trail: written in the same transaction as the change it describes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from sqlmodel import Session

from app.db.session import stamp


class Author(Protocol):
    """Who did something, as the audit knows it: an actor, or somebody still at the door."""

    @property
    def account_id(self) -> int | None: ...
    @property
    def token(self) -> str | None: ...
    @property
    def session(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def agent(self) -> str | None: ...


def record(  # noqa: PLR0913 - who did what to what, and what is to be known of it
    session: Session,
    actor: Author | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """`action` is noun:verb (`report:submit`), `subject` the resource's path below /api/v1.

    `detail` is kept for good, and holds no names, e-mails or addresses: those go to `personal`,
    which can be erased. `actor` None: nobody who is known.
    """
    mark = stamp(session)
    where = {} if actor is None else {"address": actor.address, "agent": actor.agent}
    mark.events.append(
        (
            {
                "at": mark.at,
                "account_id": actor and actor.account_id,
                "token": actor and actor.token,
                "session": actor and actor.session,
                "action": action,
                "subject": subject,
                "detail": detail,
                "request_id": actor and actor.request_id,
            },
            {name: known for name, known in {**where, **(personal or {})}.items() if known},
        )
    )


@contextmanager
def saying(session: Session, **more: Any) -> Iterator[None]:
    """Every event recorded within says this as well."""
    events = stamp(session).events
    first = len(events)
    yield
    for event, _ in events[first:]:
        event["detail"] = {**(event["detail"] or {}), **more}
