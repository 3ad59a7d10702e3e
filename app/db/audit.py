"""The audit as it is kept: read in pages, by number, and what is personal in it erased."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlmodel import Session

from app.db.people_tables import ACCOUNT, AUDIT, AUDIT_PERSONAL
from app.db.tables import VERSION

AT_ONCE = 500


class Head(NamedTuple):
    """The last event of the chain: its number (0: there is none), hash and instant."""

    number: int
    sha256: str
    at: datetime


class Line(NamedTuple):
    """An event with the name of who did it, and what of its personal part is not erased."""

    event: Mapping[str, Any]
    name: str | None
    personal: dict[str, Any] | None


class Chosen(NamedTuple):
    """Which events a reader wants; empty: all. `actors` by name or number. `before` is a number.

    A subject comes with what lies below it; an action may be of a noun alone (`report:`).
    """

    subjects: Collection[str] = ()
    actors: Collection[str] = ()
    actions: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


_EVENT = tuple(AUDIT.c)
_KEPT = (
    *(AUDIT_PERSONAL.c[name].label(f"kept_{name}") for name in ("event_id", "salt", "erased_at")),
    AUDIT_PERSONAL.c.content.label("kept_content"),
)
_WHOLE = select(*_EVENT, *_KEPT).outerjoin(AUDIT_PERSONAL, AUDIT_PERSONAL.c.event_id == AUDIT.c.id)


def head(session: Session) -> tuple[int, str]:
    """The number and the hash of the last event, as the chain's own row has them."""
    question = select(VERSION.c.audit_number, VERSION.c.audit_sha256)
    found = session.execute(question).one()
    return int(found[0]), str(found[1])


def last_event(session: Session) -> Head | None:
    question = select(AUDIT.c.id, AUDIT.c.sha256, AUDIT.c.at).order_by(AUDIT.c.id.desc()).limit(1)
    row = session.execute(question).one_or_none()
    return None if row is None else Head._make(row)


def events(session: Session) -> Iterator[Mapping[str, Any] | None]:
    """Every event with its personal part (`kept_…`), in the order of their numbers, some hundred
    in memory at a time. None, and the end: the next one cannot be read."""
    last, size = None, AT_ONCE
    while True:
        question = _WHOLE if last is None else _WHOLE.where(AUDIT.c.id > last)
        try:
            rows = session.execute(question.order_by(AUDIT.c.id).limit(size)).mappings().all()
        except (ValueError, TypeError):
            if size == 1:
                yield None
                return
            # One of them is no event at all: those before it are read one by one.
            size = 1
            continue
        yield from (dict(row) for row in rows)
        if len(rows) < size:
            return
        last = rows[-1]["id"]


def chosen(session: Session, wanted: Chosen) -> list[Line]:
    """Newest first."""
    question = (
        select(*_EVENT, ACCOUNT.c.name.label("name"), *_KEPT)
        .outerjoin(ACCOUNT, ACCOUNT.c.id == AUDIT.c.account_id)
        .outerjoin(AUDIT_PERSONAL, AUDIT_PERSONAL.c.event_id == AUDIT.c.id)
        .where(*_conditions(wanted))
        .order_by(AUDIT.c.id.desc())
        .limit(wanted.limit)
    )
    return [_line(row) for row in session.execute(question)]


def _line(row: Row[Any]) -> Line:
    found = row._mapping
    return Line({c.name: found[c.name] for c in _EVENT}, found["name"], found["kept_content"])


def _conditions(wanted: Chosen) -> Iterator[ColumnElement[bool]]:
    if wanted.subjects:
        yield or_(
            *[
                or_(AUDIT.c.subject == subject, _begins(AUDIT.c.subject, f"{subject}/"))
                for subject in wanted.subjects
            ]
        )
    if wanted.actors:
        numbers = [int(said) for said in wanted.actors if _is_number(said)]
        known = or_(ACCOUNT.c.name.in_(wanted.actors), ACCOUNT.c.id.in_(numbers))
        yield AUDIT.c.account_id.in_(select(ACCOUNT.c.id).where(known))
    if wanted.actions:
        whole = AUDIT.c.action.in_([said for said in wanted.actions if said[-1] != ":"])
        nouns = [_begins(AUDIT.c.action, said) for said in wanted.actions if said[-1] == ":"]
        yield or_(whole, *nouns)
    if wanted.since is not None:
        yield AUDIT.c.at >= wanted.since
    if wanted.until is not None:
        yield AUDIT.c.at < wanted.until
    if wanted.before is not None:
        yield AUDIT.c.id < wanted.before


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 10


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """LIKE would take small letters for large ones on SQLite."""
    return func.substr(column, 1, len(prefix)) == prefix


def last_of(session: Session, account_id: int, action: str, subject: str) -> datetime | None:
    """When an account did something to a subject last."""
    question = (
        select(AUDIT.c.at)
        .where(
            AUDIT.c.subject == subject, AUDIT.c.account_id == account_id, AUDIT.c.action == action
        )
        .order_by(AUDIT.c.id.desc())
        .limit(1)
    )
    return session.execute(question).scalar_one_or_none()


def erase_personal(session: Session, before: datetime, at: datetime, most: int) -> int:
    """Erase what is personal in the oldest events of before an instant; how many had something."""
    old = (
        select(AUDIT_PERSONAL.c.event_id)
        .join(AUDIT, AUDIT.c.id == AUDIT_PERSONAL.c.event_id)
        .where(and_(AUDIT.c.at < before, AUDIT_PERSONAL.c.erased_at.is_(None)))
        .order_by(AUDIT_PERSONAL.c.event_id)
        .limit(most)
    )
    numbers = list(session.execute(old).scalars())
    erased = update(AUDIT_PERSONAL).values(content=None, salt=None, erased_at=at)
    session.connection().execute(erased.where(AUDIT_PERSONAL.c.event_id.in_(numbers)))
    return len(numbers)
