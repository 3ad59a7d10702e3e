"""Accounts, what they were granted, and when their tokens were used."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.db.people_tables import (
    ACCOUNT,
    GRANT,
    IDEMPOTENT_ANSWER,
    PASSWORD,
    SECOND_FACTOR,
    TOKEN,
    TOKEN_USE,
    Account,
    Grant,
)
from app.domain.access import Role
from app.domain.text import control_character, nfc


class KnownGrant(NamedTuple):
    """A grant with what its account says about it: `name`, and `deactivated_at`."""

    id: int
    account_id: int
    name: str
    role: Role
    unit: str | None
    starts_on: date
    ends_on: date | None
    revoked_at: datetime | None
    deactivated_at: datetime | None


def grants(session: Session) -> list[KnownGrant]:
    """All that ever were, in the order in which they were granted."""
    rows = session.execute(
        select(
            GRANT.c.id,
            GRANT.c.account_id,
            ACCOUNT.c.name,
            GRANT.c.role,
            GRANT.c.unit,
            GRANT.c.starts_on,
            GRANT.c.ends_on,
            GRANT.c.revoked_at,
            ACCOUNT.c.deactivated_at,
        )
        .join(ACCOUNT, ACCOUNT.c.id == GRANT.c.account_id)
        .order_by(GRANT.c.id)
    )
    return [KnownGrant(*row) for row in rows]


def account(session: Session, id: int) -> Account | None:
    return session.get(Account, id)


def account_by_sign_in(session: Session, said: str) -> Account | None:
    """By e-mail in any case, or by the account's exact name. An e-mail goes before a name."""
    if control_character(said):
        return None  # PostgreSQL has no text with a NUL in it, not even to look for
    said = nfc(said)
    by_email = select(Account).where(ACCOUNT.c.email == said.lower())
    by_name = select(Account).where(ACCOUNT.c.name == said)
    found = session.scalars(by_email).one_or_none()
    return found or session.scalars(by_name).one_or_none()


def accounts(session: Session) -> list[Account]:
    """In the order in which they were made."""
    return list(session.scalars(select(Account).order_by(ACCOUNT.c.id)))


def taken(session: Session, id: int | None, *, name: str, email: str | None) -> str | None:
    """Which of name and e-mail another account has already; `id` None: an account to be made."""
    others = ACCOUNT.c.id != (id or 0)
    if session.scalar(select(ACCOUNT.c.id).where(others, ACCOUNT.c.name == name)):
        return name
    if email and session.scalar(select(ACCOUNT.c.id).where(others, ACCOUNT.c.email == email)):
        return email
    return None


class Kept(NamedTuple):
    """An account, all its grants, and whether it has a password and a confirmed second factor."""

    account: Account
    grants: list[Grant]
    password: bool
    second_factor: bool


def kept(session: Session, id: int | None = None) -> list[Kept]:
    """Of one account, or of all, in the order in which they were made."""

    def own(column: Any) -> Any:
        return true() if id is None else column == id

    granted: dict[int, list[Grant]] = {}
    for grant in session.scalars(select(Grant).where(own(GRANT.c.account_id)).order_by(GRANT.c.id)):
        granted.setdefault(grant.account_id, []).append(grant)
    passwords = set(
        session.scalars(select(PASSWORD.c.account_id).where(own(PASSWORD.c.account_id)))
    )
    confirmed = SECOND_FACTOR.c.confirmed_at.is_not(None)
    factors = set(
        session.scalars(
            select(SECOND_FACTOR.c.account_id).where(own(SECOND_FACTOR.c.account_id), confirmed)
        )
    )
    accounts = session.scalars(select(Account).where(own(ACCOUNT.c.id)).order_by(ACCOUNT.c.id))
    return [
        Kept(one, granted.get(one.id or 0, []), one.id in passwords, one.id in factors)
        for one in accounts
    ]


def rename_in_answers(session: Session, before: str, after: str) -> None:
    """Answers kept for an Idempotency-Key call people by name: by the new one from now on."""
    connection, body = session.connection(), IDEMPOTENT_ANSWER.c.body
    for field in ("name", "by"):
        old, new = (f'"{field}":{json.dumps(one, ensure_ascii=False)}' for one in (before, after))
        connection.execute(
            update(IDEMPOTENT_ANSWER)
            .where(body.contains(old, autoescape=True))
            .values(body=func.replace(body, old, new))
        )


def last_uses(session: Session) -> dict[str, datetime]:
    rows = session.execute(select(TOKEN_USE.c.token_id, TOKEN_USE.c.last_used_at))
    return {row[0]: row[1] for row in rows}


def put_uses(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """When tokens were used last; an older instant never replaces a younger one. A token that is
    not there any more (its database was set up anew) has no use, and none is kept of who was
    forgotten since."""
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(TOKEN_USE)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[TOKEN_USE.c.token_id],
        set_={"last_used_at": new.last_used_at, "address": new.address},
        where=TOKEN_USE.c.last_used_at < new.last_used_at,
    )
    holder = ACCOUNT.c.id == TOKEN.c.account_id
    people = select(TOKEN.c.id).join(ACCOUNT, holder).where(ACCOUNT.c.pseudonymised_at.is_(None))
    known = set(session.scalars(people))
    for row in rows:
        if row["token_id"] in known:
            connection.execute(statement, row)
