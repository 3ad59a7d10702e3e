"""A person's own password: forgotten, chosen with a one-time link, changed."""

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session

from app.db import accounts, people
from app.db.people_tables import LinkPurpose
from app.db.session import Database
from app.domain.access import Actor
from app.domain.errors import Conflict, Fault, Invalid
from app.domain.periods import utc
from app.services import audit, links, outbox, passwords, sessions, throttle
from app.services.audit import Author
from app.services.own_account import require_person
from app.services.sessions import Visit
from app.services.sign_in import as_typed
from app.services.vault import Vault


class Holder(NamedTuple):
    """Whom a link is for."""

    name: str
    email: str | None
    purpose: LinkPurpose


def forgotten(database: Database, said: str, visit: Visit, vault: Vault, public_url: str) -> None:
    """A link by e-mail to an active account that has one; otherwise nothing, and nobody is told.

    TooManyRequests when it is asked for too often, for names nobody has as well.
    """
    said = as_typed(said)
    key = throttle.key_of("forgotten", said)
    with database.writing() as session:
        throttle.check(session, key, visit.now)
        throttle.failed(session, key, visit.now)
        audit.record(
            session, visit.by(None), "password:forget", "sessions", personal={"name": said}
        )
        account = accounts.account_by_sign_in(session, said)
        if account and account.id and account.email and account.deactivated_at is None:
            secret = links.make(session, account.id, LinkPurpose.RESET, visit.now)
            sealed = vault.seal(links.address(public_url, secret))
            occasion = throttle.key_of("reset", secret)
            outbox.tell(
                session, "reset", f"reset/{occasion}", [account.id], {"link_sealed": sealed}
            )


def holder(session: Session, secret: str, visit: Visit) -> Holder:
    """For the page that asks for the password; NotFound when the link opens nothing."""
    account_id, purpose = links.holder(session, secret, visit.now)
    account = accounts.account(session, account_id)
    assert account is not None  # noqa: S101 - a foreign key
    return Holder(account.name, account.email, purpose)


def choose(database: Database, secret: str, password: str, visit: Visit) -> None:
    """The link is used up, and whoever was signed in to the account is not any more."""
    with database.reading() as session:
        known = holder(session, secret, visit)
    passwords.check(password, (known.name, known.email))
    hash_ = passwords.hashed(password)
    with database.writing() as session:
        account_id = links.redeem(session, secret, visit.now)
        _put(session, account_id, hash_, visit.by(account_id), visit, by=known.purpose.value)
        sessions.end_all(session, account_id)


def change(database: Database, actor: Actor, old: str, new: str, visit: Visit) -> None:
    """With the old one; every other session of the account ends."""
    require_person(actor)
    key = throttle.key_of("own password", actor.account_id)
    with database.reading() as session:
        throttle.check(session, key, visit.now)
        names = _names(session, actor.account_id)
        known = people.password_hash(session, actor.account_id)
    if not passwords.is_right(old, known):
        with database.writing() as session:
            throttle.failed(session, key, visit.now)
            audit.record(session, actor, "password:refuse", f"users/{actor.account_id}")
        raise Invalid([Fault("/old", "invalid", {"reason": "password_wrong"})])
    passwords.check(new, names)
    hash_ = passwords.hashed(new)
    with database.writing() as session:
        if people.password_hash(session, actor.account_id) != known:
            raise Conflict()
        throttle.succeeded(session, key)
        _put(session, actor.account_id, hash_, actor, visit, by="self")
        sessions.end_all(session, actor.account_id, but=actor.session)


def _names(session: Session, account_id: int) -> Collection[str | None]:
    account = accounts.account(session, account_id)
    return () if account is None else (account.name, account.email)


def _put(  # noqa: PLR0913 - whose, which, by whom, when and how
    session: Session, account_id: int, hash_: str, author: Author, visit: Visit, *, by: str
) -> None:
    people.put_password(session, account_id, hash_, visit.now)
    audit.record(session, author, "password:change", f"users/{account_id}", {"by": by})
    occasion = f"password_changed/{account_id}/{utc(visit.now)}"
    outbox.tell(session, "password_changed", occasion, [account_id], {"at": utc(visit.now)})
