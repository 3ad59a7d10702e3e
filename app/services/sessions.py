"""Sessions of people at browsers: kept here, opened by a secret of which only the hash is kept."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from app.db import accounts, people
from app.db.people import KnownSession
from app.db.people_tables import WebSession
from app.db.session import Database, stamp
from app.domain.access import Actor, Role
from app.domain.errors import NotFound, RoleNeeded, SecondFactorNeeded, Unauthenticated
from app.domain.periods import day_in_vietnam
from app.services import audit
from app.services.grants import is_valid, valid_grants
from app.services.tokens import actor_of_token

SEEN_EVERY = timedelta(minutes=1)


class Visitor(NamedTuple):
    """Somebody at the door, as an author of events; `account_id` None: nobody who is known."""

    account_id: int | None
    request_id: str | None
    address: str | None
    agent: str | None
    session: str | None = None
    token: str | None = None


class Visit(NamedTuple):
    """A request, as far as sessions and the audit know it: when, and where from."""

    now: datetime
    request_id: str | None = None
    address: str | None = None
    agent: str | None = None

    def by(self, account_id: int | None) -> Visitor:
        return Visitor(account_id, self.request_id, self.address, self.agent)


class Person(NamedTuple):
    """Whose session it is, before a second factor or a role is asked for.

    `enrolled`: the account has a confirmed second factor. May stand as the author of an event.
    """

    account_id: int
    name: str
    session_id: str
    second_factor: bool
    grant_id: int | None
    token_id: str | None
    enrolled: bool
    request_id: str | None
    address: str | None
    agent: str | None

    @property
    def session(self) -> str:
        return self.session_id

    @property
    def token(self) -> str | None:
        return self.token_id


def begin(  # noqa: PLR0913 - what a session is
    session: Session,
    account_id: int,
    *,
    grant_id: int | None = None,
    token_id: str | None = None,
    second_factor: bool = False,
    now: datetime,
    address: str | None,
    agent: str | None,
    hours: int,
    request_id: str | None = None,
) -> str:
    """The secret for the cookie; audited. Who has one role only acts in it at once."""
    if grant_id is None and token_id is None:
        held = valid_grants(session, account_id, day_in_vietnam(now))
        grant_id = held[0].id if len(held) == 1 else None
    secret, id_ = secrets.token_urlsafe(32), secrets.token_hex(8)
    people.add_session(
        session,
        WebSession(
            id=id_,
            secret_sha256=_digest(secret),
            account_id=account_id,
            grant_id=grant_id,
            token_id=token_id,
            second_factor=second_factor,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=hours),
            address=address,
            agent=agent,
        ),
    )
    author = Visitor(account_id, request_id, address, agent, id_, token_id)
    detail = {"grant": grant_id, "second_factor": second_factor}
    audit.record(session, author, "session:begin", f"sessions/{id_}", detail)
    return secret


def person_of(database: Database, secret: str, visit: Visit, idle: timedelta) -> Person:
    """Unauthenticated when the session is unknown, ended, idle for too long, or expired."""
    with database.reading() as session:
        known = people.session_by_secret(session, _digest(secret))
    if known is None or not _is_open(known, visit.now, idle):
        raise Unauthenticated()
    if visit.now - known.seen_at >= SEEN_EVERY:
        people.saw(database, known.id, visit.now)
    return Person(
        known.account_id,
        known.name,
        known.id,
        known.second_factor,
        known.grant_id,
        known.token_id,
        bool(known.enrolled),
        visit.request_id,
        visit.address,
        visit.agent,
    )


def actor_of(
    database: Database,
    secret: str,
    visit: Visit,
    idle: timedelta,
    second_factor_for: Collection[Role],
) -> Actor:
    """Who acts, and in which role: asked anew at every request.

    SecondFactorNeeded, RoleNeeded where the session alone is not enough. A session that was opened
    with a token acts as the token, as long as that is valid.
    """
    person = person_of(database, secret, visit, idle)
    if person.token_id is not None:
        held = actor_of_token(database, person.token_id, visit.now, visit.request_id)
        return replace(held, session=person.session_id, address=visit.address, agent=visit.agent)
    if person.enrolled and not person.second_factor:
        raise SecondFactorNeeded(enrolled=True)
    grants = database.kept("grants", accounts.grants)
    grant = next((one for one in grants if one.id == person.grant_id), None)
    if grant is None or not is_valid(grant, day_in_vietnam(visit.now)):
        raise RoleNeeded()
    if grant.role in second_factor_for and not person.second_factor:
        raise SecondFactorNeeded(enrolled=False)
    return Actor(
        person.account_id,
        person.name,
        grant.role,
        grant.unit,
        request_id=visit.request_id,
        session=person.session_id,
        address=visit.address,
        agent=visit.agent,
    )


def choose(session: Session, person: Person, grant_id: int, now: datetime) -> None:
    """Act in another of one's own roles from the next request on; NotFound when it is not."""
    held = valid_grants(session, person.account_id, day_in_vietnam(now))
    grant = next((one for one in held if one.id == grant_id), None)
    if grant is None or person.token_id is not None:
        raise NotFound(what=str(grant_id))
    people.act_in(session, person.session_id, grant.id)
    detail = {"grant": grant.id, "role": grant.role, "unit": grant.unit}
    audit.record(session, person, "session:choose", f"sessions/{person.session_id}", detail)


def end(session: Session, id: str) -> bool:
    """It opens nothing from the next request on; whether it was open."""
    return people.end_session(session, id, stamp(session).at)


def end_all(session: Session, account_id: int, *, but: str | None = None) -> int:
    """How many of the account's sessions were ended: all `but` the one named."""
    return people.end_sessions(session, account_id, stamp(session).at, but)


def sign_out(session: Session, secret: str, visit: Visit) -> None:
    """Whatever state it is in, the secret opens nothing from the next request on; audited."""
    known = people.session_by_secret(session, _digest(secret))
    if known is not None and end(session, known.id):
        author = visit.by(known.account_id)._replace(session=known.id, token=known.token_id)
        audit.record(session, author, "session:end", f"sessions/{known.id}")


def _is_open(known: KnownSession, now: datetime, idle: timedelta) -> bool:
    if known.ended_at is not None or known.deactivated_at is not None:
        return False
    return now < known.expires_at and now - known.seen_at < idle


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()
