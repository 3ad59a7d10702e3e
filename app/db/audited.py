"""Rows whose facts the audit tells, and the events that tell of them, both in portions."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, Table, select
from sqlmodel import Session

from app.db.checks import ROWS_AT_ONCE, Row
from app.db.people_tables import ACCOUNT, AUDIT, AUDIT_PERSONAL, GRANT, TOKEN
from app.db.post_tables import WEBHOOK
from app.db.public_tables import PUBLIC_LINK
from app.db.tables import PERIOD, REPORT, TARGET, UNIT
from app.db.work_tables import ATTACHMENT, COMMENT, PERIOD_EXCEPTION, PROPOSAL


class Held(NamedTuple):
    """Rows of a table with the codes of where they belong. `key`: what an event tells one by."""

    question: Select[Any]
    id: Column[Any]
    key: Column[Any]


def _plain(table: Table) -> Held:
    return Held(select(*table.c), table.c.id, table.c.id)


def _of_reports(table: Table) -> Held:
    codes = PERIOD.c.programme, PERIOD.c.code.label("period"), UNIT.c.code.label("unit")
    question = (
        select(*table.c, *codes, TARGET.c.code.label("target"))
        .outerjoin(REPORT, REPORT.c.id == table.c.report_id)
        .outerjoin(PERIOD, PERIOD.c.id == REPORT.c.period_id)
        .outerjoin(UNIT, UNIT.c.id == REPORT.c.unit_id)
        .outerjoin(TARGET, TARGET.c.id == table.c.target_id)
    )
    return Held(question, table.c.id, table.c.id)


ACCOUNTS, GRANTS, TOKENS = _plain(ACCOUNT), _plain(GRANT), _plain(TOKEN)
WEBHOOKS, PROPOSALS = _plain(WEBHOOK), _plain(PROPOSAL)
PUBLIC_LINKS = _plain(PUBLIC_LINK)
COMMENTS, ATTACHMENTS = _of_reports(COMMENT), _of_reports(ATTACHMENT)
# Each is made in a transaction of its own, so the instant names it.
EXCEPTIONS = Held(
    select(
        *PERIOD_EXCEPTION.c,
        PERIOD.c.programme,
        PERIOD.c.code.label("period"),
        UNIT.c.code.label("unit"),
    )
    .outerjoin(PERIOD, PERIOD.c.id == PERIOD_EXCEPTION.c.period_id)
    .outerjoin(UNIT, UNIT.c.id == PERIOD_EXCEPTION.c.unit_id),
    PERIOD_EXCEPTION.c.id,
    PERIOD_EXCEPTION.c.at,
)
# With what is personal in it, as long as that is not erased.
_EVENTS = select(*AUDIT.c, AUDIT_PERSONAL.c.content.label("personal")).outerjoin(
    AUDIT_PERSONAL, AUDIT_PERSONAL.c.event_id == AUDIT.c.id
)


def rows(session: Session, held: Held) -> Iterator[list[Row]]:
    return _portions(session, held.question, held.id)


def events(session: Session, actions: Collection[str]) -> Iterator[list[Row]]:
    return _portions(session, _EVENTS.where(AUDIT.c.action.in_(actions)), AUDIT.c.id)


def _portions(session: Session, question: Select[Any], id_: Column[Any]) -> Iterator[list[Row]]:
    last = None
    while True:
        more = question if last is None else question.where(id_ > last)
        found = session.execute(more.order_by(id_).limit(ROWS_AT_ONCE)).mappings()
        portion: list[Row] = [dict(row) for row in found]
        yield portion
        if len(portion) < ROWS_AT_ONCE:
            return
        last = portion[-1]["id"]


def events_of(
    session: Session, actions: Collection[str], subjects: Collection[str]
) -> Iterator[Row]:
    """Oldest first."""
    wanted = AUDIT.c.subject.in_(subjects), AUDIT.c.action.in_(actions)
    question = _EVENTS.where(*wanted).order_by(AUDIT.c.id)
    yield from (dict(row) for row in session.execute(question).mappings())


def there(session: Session, held: Held, keys: Iterable[object]) -> set[object]:
    """Which of the keys have a row."""
    return set(session.execute(select(held.key).where(held.key.in_(list(keys)))).scalars())


def replacing(session: Session, tokens: Collection[str]) -> list[str]:
    """The tokens that these were rotated to."""
    return list(session.execute(select(TOKEN.c.id).where(TOKEN.c.replaces.in_(tokens))).scalars())
