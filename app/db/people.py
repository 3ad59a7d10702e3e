"""Who signs in: passwords, sessions of browsers, one-time links, failures to be let in."""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from app.db.people_tables import (
    ACCOUNT,
    ONE_TIME_LINK,
    PASSWORD,
    SECOND_FACTOR,
    THROTTLE,
    WEB_SESSION,
    LinkPurpose,
    OneTimeLink,
    Password,
    Throttle,
    WebSession,
)
from app.db.session import Database
from app.domain.errors import Conflict


class KnownSession(NamedTuple):
    """A session, with what its account says about it today."""

    id: str
    account_id: int
    name: str
    deactivated_at: datetime | None
    grant_id: int | None
    token_id: str | None
    second_factor: bool
    enrolled: bool
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def session_by_secret(session: Session, sha256: str) -> KnownSession | None:
    confirmed = SECOND_FACTOR.c.confirmed_at.is_not(None)
    row = session.execute(
        select(
            WEB_SESSION.c.id,
            WEB_SESSION.c.account_id,
            ACCOUNT.c.name,
            ACCOUNT.c.deactivated_at,
            WEB_SESSION.c.grant_id,
            WEB_SESSION.c.token_id,
            WEB_SESSION.c.second_factor,
            confirmed.label("enrolled"),
            WEB_SESSION.c.seen_at,
            WEB_SESSION.c.expires_at,
            WEB_SESSION.c.ended_at,
        )
        .join(ACCOUNT, ACCOUNT.c.id == WEB_SESSION.c.account_id)
        .outerjoin(SECOND_FACTOR, SECOND_FACTOR.c.account_id == WEB_SESSION.c.account_id)
        .where(WEB_SESSION.c.secret_sha256 == sha256)
    ).one_or_none()
    return None if row is None else KnownSession(*row)


def open_sessions(
    session: Session, account_id: int, seen_since: datetime, at: datetime
) -> list[WebSession]:
    """Neither ended nor expired, and seen since then; the one seen last first."""
    return list(
        session.scalars(
            select(WebSession)
            .where(
                WEB_SESSION.c.account_id == account_id,
                WEB_SESSION.c.ended_at.is_(None),
                WEB_SESSION.c.expires_at > at,
                WEB_SESSION.c.seen_at > seen_since,
            )
            .order_by(WEB_SESSION.c.seen_at.desc(), WEB_SESSION.c.id)
        )
    )


def has_come_from(session: Session, account_id: int, address: str) -> bool:
    """Whether the account had a session there that is still remembered."""
    own = WEB_SESSION.c.account_id == account_id, WEB_SESSION.c.address == address
    return session.execute(select(WEB_SESSION.c.id).where(*own).limit(1)).first() is not None


def is_of(session: Session, id: str, account_id: int) -> bool:
    """Whether there is such a session, and it is the account's."""
    of = select(WEB_SESSION.c.account_id).where(WEB_SESSION.c.id == id)
    return session.execute(of).scalar_one_or_none() == account_id


def end_session(session: Session, id: str, at: datetime) -> bool:
    """Whether it was open."""
    own = WEB_SESSION.c.id == id, WEB_SESSION.c.ended_at.is_(None)
    ended = session.connection().execute(update(WEB_SESSION).where(*own).values(ended_at=at))
    return ended.rowcount == 1


def end_sessions(session: Session, account_id: int, at: datetime, but: str | None) -> int:
    open_ = WEB_SESSION.c.account_id == account_id, WEB_SESSION.c.ended_at.is_(None)
    ended = session.connection().execute(
        update(WEB_SESSION).where(*open_, WEB_SESSION.c.id != (but or "")).values(ended_at=at)
    )
    return ended.rowcount


def act_in(session: Session, id: str, grant_id: int) -> None:
    own = WEB_SESSION.c.id == id
    session.connection().execute(update(WEB_SESSION).where(own).values(grant_id=grant_id))


def saw(database: Database, id: str, at: datetime) -> None:
    """Best effort: nobody is turned away because a long import is writing."""
    with suppress(DBAPIError, PoolTimeout, Conflict), database.writing() as session:
        session.connection().execute(
            update(WEB_SESSION)
            .where(WEB_SESSION.c.id == id, WEB_SESSION.c.seen_at < at)
            .values(seen_at=at)
        )


def password_hash(session: Session, account_id: int) -> str | None:
    statement = select(PASSWORD.c.hash).where(PASSWORD.c.account_id == account_id)
    return session.execute(statement).scalar_one_or_none()


def put_password(session: Session, account_id: int, hash_: str, at: datetime) -> None:
    session.merge(Password(account_id=account_id, hash=hash_, changed_at=at))


def add_link(session: Session, link: OneTimeLink) -> None:
    """Those of the account for the same purpose that were not used open nothing any more."""
    session.connection().execute(
        update(ONE_TIME_LINK)
        .where(
            ONE_TIME_LINK.c.account_id == link.account_id,
            ONE_TIME_LINK.c.purpose == link.purpose,
            ONE_TIME_LINK.c.used_at.is_(None),
        )
        .values(used_at=link.created_at)
    )
    session.add(link)
    session.flush()


def link_holder(session: Session, sha256: str, at: datetime) -> tuple[int, LinkPurpose] | None:
    """Whose it is, and what for; None when it opens nothing."""
    row = session.execute(
        select(ONE_TIME_LINK.c.account_id, ONE_TIME_LINK.c.purpose)
        .join(ACCOUNT, ACCOUNT.c.id == ONE_TIME_LINK.c.account_id)
        .where(
            ONE_TIME_LINK.c.secret_sha256 == sha256,
            ONE_TIME_LINK.c.used_at.is_(None),
            ONE_TIME_LINK.c.expires_at > at,
            ACCOUNT.c.deactivated_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def use_links(session: Session, account_id: int, at: datetime) -> None:
    """None of the account's opens anything any more."""
    session.connection().execute(
        update(ONE_TIME_LINK)
        .where(ONE_TIME_LINK.c.account_id == account_id, ONE_TIME_LINK.c.used_at.is_(None))
        .values(used_at=at)
    )


def failures(session: Session, key: str) -> Throttle | None:
    return session.get(Throttle, key, populate_existing=True)


def count_failure(session: Session, key: str, at: datetime, since: datetime) -> None:
    """One more in a row; what lies before `since` is forgotten, of everybody."""
    connection = session.connection()
    connection.execute(delete(THROTTLE).where(THROTTLE.c.last_at < since))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(
        dialect.insert(THROTTLE)
        .values(key=key, failures=1, last_at=at)
        .on_conflict_do_update(
            index_elements=[THROTTLE.c.key],
            set_={"failures": THROTTLE.c.failures + 1, "last_at": at},
        )
    )


def forget_failures(session: Session, key: str) -> None:
    session.connection().execute(delete(THROTTLE).where(THROTTLE.c.key == key))


def add_session(session: Session, opened: WebSession) -> None:
    session.connection().execute(insert(WEB_SESSION), opened.model_dump())
