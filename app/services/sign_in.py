"""Signing in: with a password, or with a token. Why somebody is not let in is never said."""

from sqlmodel import Session

from app.db import accounts, people
from app.db.session import Database
from app.domain.errors import TooManyRequests, Unauthenticated
from app.domain.text import control_character, nfc
from app.services import audit, passwords, sessions, throttle
from app.services.sessions import Visit
from app.services.tokens import authenticate

LONGEST_NAME = 254


def as_typed(said: str) -> str:
    """A name or an e-mail to look for; nobody's when it cannot be one."""
    return "" if control_character(said) else nfc(said).strip()[:LONGEST_NAME]


def by_password(database: Database, said: str, password: str, visit: Visit, hours: int) -> str:
    """The secret of a new session. `said` is an e-mail or the account's name.

    Unauthenticated, after the same work and in the same words, for an unknown name, a wrong
    password, a deactivated account and one that has no password yet. TooManyRequests after
    failures in a row, for names nobody has as well.
    """
    said = as_typed(said)
    with database.reading() as session:
        account_id, known = _known(session, said)
        key = _key(session, said, account_id, visit)
        waits = _waits(session, key, visit)
    if waits is not None:
        _refuse(database, said, visit, "throttled")
        raise waits
    right = passwords.is_right(password, known)
    if right and account_id is not None:
        with database.writing() as session:
            # Deactivated, or given another password, while the hash was worked out.
            if _known(session, said) == (account_id, known):
                throttle.succeeded(session, key)
                return _begin(session, account_id, visit, hours)
    _refuse(database, said, visit, "password", key)
    raise Unauthenticated()


def by_token(database: Database, bearer: str, visit: Visit, hours: int) -> str:
    """The secret of a new session that acts as the token does, as long as the token is valid."""
    try:
        actor = authenticate(database, bearer, visit.now, visit.request_id)
    except Unauthenticated:
        _refuse(database, "", visit, "token")
        raise
    with database.writing() as session:
        return _begin(session, actor.account_id, visit, hours, actor.token)


def _begin(
    session: Session, account_id: int, visit: Visit, hours: int, token_id: str | None = None
) -> str:
    return sessions.begin(
        session,
        account_id,
        token_id=token_id,
        now=visit.now,
        address=visit.address,
        agent=visit.agent,
        hours=hours,
        request_id=visit.request_id,
    )


def _known(session: Session, said: str) -> tuple[int | None, str | None]:
    """Whose name it is and the hash of their password, where that account may sign in."""
    account = accounts.account_by_sign_in(session, said)
    if account is None or account.id is None or account.deactivated_at is not None:
        return None, None
    return account.id, people.password_hash(session, account.id)


def _key(session: Session, said: str, account_id: int | None, visit: Visit) -> str:
    """What failures are counted for: the name; and for an address that the account has signed in
    from lately, name and address, so that nobody is kept out by what others try elsewhere."""
    if people.has_come_from(session, account_id or 0, visit.address or ""):
        return throttle.key_of("password", f"{said} at {visit.address}")
    return throttle.key_of("password", said)


def _waits(session: Session, key: str, visit: Visit) -> TooManyRequests | None:
    try:
        throttle.check(session, key, visit.now)
    except TooManyRequests as refusal:
        return refusal
    return None


def _refuse(database: Database, said: str, visit: Visit, how: str, key: str | None = None) -> None:
    with database.writing() as session:
        if key is not None:
            throttle.failed(session, key, visit.now)
        personal = {"name": said} if said else None
        detail = {"how": how}
        audit.record(
            session, visit.by(None), "session:refuse", "sessions", detail, personal=personal
        )
