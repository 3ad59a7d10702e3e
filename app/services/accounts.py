"""Which account is meant, and whose access may be changed by whom."""

from sqlmodel import Session

from app.db import accounts
from app.db.people_tables import Account
from app.domain.access import Actor
from app.domain.errors import Conflict, NotFound


def account_of(session: Session, said: str) -> Account:
    """By its number, as an address has it."""
    plain = said.isascii() and said.isdigit() and len(said) < 10
    account = accounts.account(session, int(said)) if plain else None
    if account is None:
        raise NotFound(what=said)
    return account


def called(session: Session, said: str) -> str:
    """The number of the account with this e-mail or name."""
    account = accounts.account_by_sign_in(session, said)
    if account is None:
        raise NotFound(what=said)
    return str(account.id)


def person(session: Session, said: str) -> Account:
    """Whose account may still be changed: Conflict once only a pseudonym is left."""
    account = account_of(session, said)
    if account.pseudonymised_at is not None:
        raise Conflict(reason="pseudonymised")
    return account


def somebody_else(session: Session, actor: Actor, said: str) -> Account:
    """Nobody changes what opens the system to themselves: Conflict.

    So the last administrator is not shut out by mistake, none takes a role by a slip, and a
    browser that was left open opens nothing new.
    """
    account = person(session, said)
    if account.id == actor.account_id:
        raise Conflict(reason="own_account")
    return account
