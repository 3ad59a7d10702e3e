"""What is kept about one person, wherever it is; and what of it is forgotten."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Table,
    Text,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    update,
)
from sqlmodel import Session

from app.db.import_tables import IMPORT, IMPORT_JOB
from app.db.people_tables import (
    ACCOUNT,
    AUDIT,
    AUDIT_PERSONAL,
    EXTERNAL_IDENTITY,
    GRANT,
    IDEMPOTENT_ANSWER,
    ONE_TIME_LINK,
    PASSWORD,
    RECOVERY_CODE,
    SECOND_FACTOR,
    TOKEN,
    TOKEN_USE,
    WEB_SESSION,
)
from app.db.post_tables import MESSAGE, WEBHOOK, PostState
from app.db.public_tables import PUBLIC_LINK
from app.db.tables import EVENT, REGISTER, REVISION, SNAPSHOT, Definition, core
from app.db.work_tables import ATTACHMENT, COMMENT, PERIOD_EXCEPTION, PROPOSAL
from app.domain.periods import utc

# Every table with an account in it, by what its rows are called in an export.
RECORDS: dict[str, Table] = {
    "grants": GRANT,
    "passwords": PASSWORD,
    "second_factors": SECOND_FACTOR,
    "recovery_codes": RECOVERY_CODE,
    "links": ONE_TIME_LINK,
    "identities": EXTERNAL_IDENTITY,
    "sessions": WEB_SESSION,
    "tokens": TOKEN,
    "messages": MESSAGE,
    "comments": COMMENT,
    "attachments": ATTACHMENT,
    "revisions": REVISION,
    "steps": EVENT,
    "imports": IMPORT,
    "import_jobs": IMPORT_JOB,
    "definitions": core(Definition),
    "registers": REGISTER,
    "exceptions": PERIOD_EXCEPTION,
    "proposals": PROPOSAL,
    "snapshots": SNAPSHOT,
    "public_links": PUBLIC_LINK,
    "webhooks": WEBHOOK,
    "answers": IDEMPOTENT_ANSWER,
}
# What opens something, and what is no longer about a person but about the work.
_LEFT_OUT = {
    *("secret", "secret_sha256", "hash", "code_sha256", "last_step", "facts"),
    *("body", "request_sha256", "content", "summary", "taught", "order", "refusal"),
}


class Told(NamedTuple):
    """An event, with what is personal in it as far as it is not erased."""

    id: int
    at: datetime
    action: str
    subject: str
    detail: Any
    content: dict[str, Any] | None


def account_row(session: Session, id_: int) -> dict[str, Any]:
    (row,) = _rows(session, ACCOUNT, ACCOUNT.c.id == id_)
    return row


def records(session: Session, id_: int) -> dict[str, list[dict[str, Any]]]:
    """By name; the oldest first, as the keys count."""
    return {
        **{name: _rows(session, one, one.c.account_id == id_) for name, one in RECORDS.items()},
        "token_uses": _rows(session, TOKEN_USE, TOKEN_USE.c.token_id.in_(_tokens(id_))),
    }


def _tokens(id_: int) -> Any:
    return select(TOKEN.c.id).where(TOKEN.c.account_id == id_)


def _rows(session: Session, table: Table, own: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = [
        column
        for column in table.c
        if column.name not in _LEFT_OUT and not isinstance(column.type, LargeBinary)
    ]
    found = session.execute(select(*columns).where(own).order_by(*table.primary_key))
    return [{name: _plain(fact) for name, fact in row.items()} for row in found.mappings()]


def _plain(fact: Any) -> Any:
    return utc(fact) if isinstance(fact, datetime) else fact


def deeds(session: Session, id_: int) -> list[Told]:
    """What the account did, in order."""
    return _events(session, AUDIT.c.account_id == id_)


def told(session: Session, id_: int) -> list[Told]:
    """What others did to it."""
    return _events(session, AUDIT.c.account_id.is_distinct_from(id_) & _about(session, id_))


def _events(session: Session, which: ColumnElement[bool]) -> list[Told]:
    events = [AUDIT.c[name] for name in Told._fields[:5]]
    rows = session.execute(
        select(*events, AUDIT_PERSONAL.c.content)
        .outerjoin(AUDIT_PERSONAL, AUDIT_PERSONAL.c.event_id == AUDIT.c.id)
        .where(which)
        .order_by(AUDIT.c.id)
    )
    return [Told(*row) for row in rows]


def _about(session: Session, id_: int) -> ColumnElement[bool]:
    path = f"users/{id_}"
    tokens = [f"tokens/{token}" for token in session.scalars(_tokens(id_))]
    return or_(
        AUDIT.c.subject == path,
        AUDIT.c.subject.startswith(f"{path}/", autoescape=True),
        AUDIT.c.subject.in_(tokens),
    )


def revoke_tokens(session: Session, id_: int, at: datetime) -> int:
    """How many were not revoked before; where they were used from is forgotten."""
    connection = session.connection()
    connection.execute(
        update(TOKEN_USE).where(TOKEN_USE.c.token_id.in_(_tokens(id_))).values(address=None)
    )
    open_ = TOKEN.c.account_id == id_, TOKEN.c.revoked_at.is_(None)
    return connection.execute(update(TOKEN).where(*open_).values(revoked_at=at)).rowcount


def called(session: Session, id_: int) -> set[str]:
    """Every name and e-mail that the account has, or is known to have had."""
    known = account_row(session, id_)
    parts = [known]
    for event in _events(session, _about(session, id_)):
        content = event.content or {}
        parts += [content, content.get("before") or {}, content.get("after") or {}]
    return {part[name] for part in parts for name in ("name", "email") if part.get(name)}


def erase_events(session: Session, id_: int, called: Collection[str], at: datetime) -> None:
    """What is personal in events of the account, in those about it, and wherever one of the names
    and addresses stands that it was `called` by. The events stay, and so do their hashes."""
    own = select(AUDIT.c.id).where(or_(AUDIT.c.account_id == id_, _about(session, id_)))
    content = func.lower(cast(AUDIT_PERSONAL.c.content, Text))
    named = [content.contains(json.dumps(one).lower(), autoescape=True) for one in called]
    session.connection().execute(
        update(AUDIT_PERSONAL)
        .where(AUDIT_PERSONAL.c.erased_at.is_(None))
        .where(or_(AUDIT_PERSONAL.c.event_id.in_(own), *named))
        .values(content=null(), salt=null(), erased_at=at)
    )


def drop_sign_in(session: Session, id_: int) -> None:
    """Whatever the account signed in with, and where it is signed in."""
    for table in (
        *(PASSWORD, RECOVERY_CODE, SECOND_FACTOR, ONE_TIME_LINK),
        *(EXTERNAL_IDENTITY, WEB_SESSION),
    ):
        session.connection().execute(delete(table).where(table.c.account_id == id_))


def rename_in_messages(session: Session, before: str, after: str) -> None:
    """What others are to be told of the account calls it by its new name."""
    connection, facts = session.connection(), cast(MESSAGE.c.facts, Text)
    naming = facts.contains(json.dumps(before), autoescape=True)
    for id_, kept in session.execute(select(MESSAGE.c.id, MESSAGE.c.facts).where(naming)).all():
        renamed = {name: after if fact == before else fact for name, fact in kept.items()}
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == id_).values(facts=renamed))


def silence(session: Session, id_: int) -> None:
    """Nothing more is sent to it, and what was to be said is forgotten."""
    own, waiting = MESSAGE.c.account_id == id_, MESSAGE.c.state == PostState.QUEUED
    connection = session.connection()
    connection.execute(update(MESSAGE).where(own).values(facts={}))
    given_up = {"state": PostState.GIVEN_UP, "error": "pseudonymised"}
    connection.execute(update(MESSAGE).where(own, waiting).values(**given_up))
