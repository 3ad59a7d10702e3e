"""The outbox: what waits to be delivered."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.post_tables import MESSAGE, PostState


class Letter(NamedTuple):
    """A message with what its account says now. `email` None: it has none, or is deactivated."""

    id: int
    key: str
    template: str
    account_id: int
    facts: dict[str, Any]
    at: datetime
    state: PostState
    attempts: int
    next_at: datetime
    error: str | None
    name: str
    email: str | None
    language: str


_LETTERS = select(
    *[MESSAGE.c[name] for name in Letter._fields[:10]],
    ACCOUNT.c.name,
    ACCOUNT.c.email,
    ACCOUNT.c.language,
    ACCOUNT.c.deactivated_at,
).join(ACCOUNT, ACCOUNT.c.id == MESSAGE.c.account_id)
WAITING = (PostState.QUEUED, PostState.SENDING)
STUCK = (PostState.UNCERTAIN, PostState.GIVEN_UP)


def _letter(row: Any) -> Letter:
    *known, deactivated_at = row
    letter = Letter(*known)
    return letter if deactivated_at is None else letter._replace(email=None)


def reachable(session: Session, accounts: Collection[int]) -> list[int]:
    """Those that a letter can be sent to, in the order given."""
    question = select(ACCOUNT.c.id).where(
        ACCOUNT.c.id.in_(accounts),
        ACCOUNT.c.email.is_not(None),
        ACCOUNT.c.deactivated_at.is_(None),
    )
    found = set(session.scalars(question))
    return [account for account in accounts if account in found]


def add_messages(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many were new: a message for an occasion that has one is left out."""
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(MESSAGE).on_conflict_do_nothing(index_elements=[MESSAGE.c.key])
    return sum(connection.execute(statement, row).rowcount for row in rows)


def keys_known(session: Session, keys: Collection[str]) -> set[str]:
    """Of these occasions, those that have a message."""
    question = select(MESSAGE.c.key).where(MESSAGE.c.key.in_(keys))
    return set(session.execute(question).scalars())


def next_letter(session: Session, now: datetime) -> Letter | None:
    """Of those whose time has come, the one that has waited longest."""
    due = _LETTERS.where(MESSAGE.c.state.in_(WAITING), MESSAGE.c.next_at <= now)
    row = session.execute(due.order_by(MESSAGE.c.next_at, MESSAGE.c.id).limit(1)).one_or_none()
    return None if row is None else _letter(row)


def letter_of(session: Session, id_: int) -> Letter | None:
    row = session.execute(_LETTERS.where(MESSAGE.c.id == id_)).one_or_none()
    return None if row is None else _letter(row)


def stuck(session: Session) -> list[Letter]:
    """What waits for the operator, oldest first."""
    question = _LETTERS.where(MESSAGE.c.state.in_(STUCK)).order_by(MESSAGE.c.id)
    return [_letter(row) for row in session.execute(question)]


def change(session: Session, letter: Letter, **columns: Any) -> None:
    """Nothing happens where another attempt has been made meanwhile."""
    same = (MESSAGE.c.id == letter.id, MESSAGE.c.attempts == letter.attempts)
    session.connection().execute(update(MESSAGE).where(*same).values(**columns))


def give_up_before(session: Session, before: datetime, error: str) -> None:
    old = (MESSAGE.c.state == PostState.QUEUED, MESSAGE.c.at < before)
    columns = {"state": PostState.GIVEN_UP, "error": error}
    session.connection().execute(update(MESSAGE).where(*old).values(**columns))


def drop_before(session: Session, before: datetime) -> None:
    """What was settled, one way or another, and is that old."""
    old = (MESSAGE.c.state.not_in(WAITING), MESSAGE.c.at < before)
    session.connection().execute(delete(MESSAGE).where(*old))
