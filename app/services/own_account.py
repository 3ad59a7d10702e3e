"""What a person sees and ends of the own account."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlmodel import Session

from app.db import accounts, people
from app.db.accounts import KnownGrant
from app.db.people_tables import WebSession
from app.domain.access import Actor, Right, require
from app.domain.errors import NotAllowed, NotFound
from app.domain.periods import day_in_vietnam
from app.services import audit, sessions
from app.services.grants import known_grants, valid_grants
from app.services.sessions import Person, Visit


class OwnAccount(NamedTuple):
    """`sessions` are the open ones. Who came with a token sees none, and has no password here."""

    name: str
    email: str | None
    has_password: bool
    grants: Sequence[KnownGrant]
    sessions: Sequence[WebSession]


def own(session: Session, actor: Actor, visit: Visit, idle: timedelta) -> OwnAccount:
    """Grants of every time but the revoked ones."""
    require(actor, Right.ACCOUNT_OWN)
    account = accounts.account(session, actor.account_id)
    if account is None:
        raise NotFound(what=str(actor.account_id))
    if actor.token is not None:
        return OwnAccount(account.name, account.email, False, (), ())
    return OwnAccount(
        account.name,
        account.email,
        people.password_hash(session, actor.account_id) is not None,
        [
            grant
            for grant in known_grants(session)
            if grant.account_id == actor.account_id and grant.revoked_at is None
        ],
        people.open_sessions(session, actor.account_id, visit.now - idle, visit.now),
    )


def roles(session: Session, person: Person, visit: Visit) -> Sequence[KnownGrant]:
    """Those that a person may act in today; none for who came with a token."""
    if person.token_id is not None:
        return ()
    return valid_grants(session, person.account_id, day_in_vietnam(visit.now))


def end_session(session: Session, actor: Actor, id: str) -> None:
    """NotFound for another's; ending one again changes nothing."""
    require_person(actor)
    if not id.isalnum() or not people.is_of(session, id, actor.account_id):
        raise NotFound(what=id)
    if sessions.end(session, id):
        audit.record(session, actor, "session:end", f"sessions/{id}")


def end_other_sessions(session: Session, actor: Actor) -> None:
    require_person(actor)
    ended = sessions.end_all(session, actor.account_id, but=actor.session)
    if ended:
        subject = f"users/{actor.account_id}/sessions"
        audit.record(session, actor, "session:end", subject, {"count": ended})


def require_person(actor: Actor) -> None:
    """Whoever holds a token acts for its account, but is not let at the person's own things."""
    require(actor, Right.ACCOUNT_OWN)
    if actor.session is None or actor.token is not None:
        raise NotAllowed(reason="own_session")
