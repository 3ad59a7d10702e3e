"""Bearer tokens: made, shown once, looked up by their hash, rotated, revoked."""

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import accounts, setup
from app.db.people_tables import Account, Token
from app.db.session import Database, Version, per_setup, stamp
from app.db.setup import KnownToken
from app.domain.access import Actor, Right, Role, Scope, require
from app.domain.chain import text_sha256
from app.domain.errors import Conflict, NotFound, Unauthenticated
from app.domain.periods import day_in_vietnam, utc
from app.schemas.fields import Sent
from app.schemas.tokens import Me, RotationIn, TokenIn, TokenLine, TokenOut
from app.services import audit
from app.services.definitions import catalogue
from app.services.grants import check_fits, grant_line, valid_grants
from app.services.places import predecessors_of

PREFIX = "chitieu"
# Publish this to secret scanners: the last eight digits are a CRC-32 of what stands before.
PATTERN = r"chitieu_[0-9a-f]{12}_[0-9a-f]{72}"
SYSTEM = "chitieu"
_WELL_FORMED = re.compile(PATTERN)


def authenticate(
    database: Database,
    bearer: str,
    now: datetime,
    request_id: str | None = None,
    *,
    version: Version | None = None,
) -> Actor:
    """Who sent the token. Unauthenticated when unknown, expired or revoked: never says which.

    That it was mistyped is said: its own checksum tells, and nothing is looked up for it.
    """
    prefix, _, rest = bearer.partition("_")
    if prefix != PREFIX:
        raise Unauthenticated()
    if not _WELL_FORMED.fullmatch(bearer) or bearer[-8:] != _checksum(rest[:-8]):
        raise Unauthenticated(reason="mistyped")
    id_, _, secret = rest.partition("_")
    token = database.kept("tokens", _by_id, version).get(id_)
    known = token.secret_sha256 if token else "0" * 64
    right = compare_digest(hashlib.sha256(secret.encode()).hexdigest(), known)
    if token is None or not right or not token.opens(now):
        raise Unauthenticated()
    return _actor(token, request_id)


def actor_of_token(database: Database, id_: str, now: datetime, request_id: str | None) -> Actor:
    """Who holds a token that was shown when its session began; asked anew at every request."""
    token = database.kept("tokens", _by_id).get(id_)
    if token is None or not token.opens(now):
        raise Unauthenticated()
    return _actor(token, request_id)


def _actor(token: KnownToken, request_id: str | None) -> Actor:
    return Actor(
        token.account_id, token.name, token.role, token.unit, token.id, request_id, token.scopes
    )


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _by_id(session: Session) -> dict[str, KnownToken]:
    return {token.id: token for token in setup.tokens(session)}


def system(session: Session) -> Actor:
    """The operator at the command line, who may everything an administrator may; no administrator
    shuts the operator out."""
    return Actor(_account(session, SYSTEM).id or 0, SYSTEM, Role.ADMIN)


class _Terms(NamedTuple):
    """What a token is made with."""

    account_id: int
    role: Role
    unit: str | None
    scopes: Iterable[Scope] | None
    lifetime: timedelta
    replaces: str | None = None


def create_token(session: Session, actor: Actor, sent: Sent[TokenIn]) -> TokenOut:
    """The secret is in this answer only; the database keeps its hash."""
    require(actor, Right.TOKEN_MANAGE)
    made = sent.judged()
    check_fits(session, made.role, made.unit)
    account = _account(session, made.name)
    if account.deactivated_at is not None:
        raise Conflict(reason="deactivated")
    account_id, lifetime = account.id or 0, timedelta(days=made.expires_days)
    terms = _Terms(account_id, made.role, made.unit, made.scopes, lifetime)
    token, secret = _add_token(session, terms)
    detail = {**_told(token), "expires_days": made.expires_days}
    personal = {"name": made.name}
    audit.record(session, actor, "token:create", f"tokens/{token.id}", detail, personal=personal)
    return {**_line_of(session, token.id), "token": secret}


def _told(token: Token) -> dict[str, Any]:
    """What the audit keeps of a token: nothing that opens, and what tells another in its place."""
    return {
        "account": token.account_id,
        "role": token.role.value,
        "unit": token.unit,
        "scopes": token.scopes,
        "expires_at": utc(token.expires_at),
        "kept_sha256": text_sha256(token.secret_sha256),
    }


def _add_token(session: Session, terms: _Terms) -> tuple[Token, str]:
    """A new token, and what its holder shows."""
    at = stamp(session).take(setup=True)
    id_, secret = secrets.token_hex(6), secrets.token_hex(32)
    secret += _checksum(f"{id_}_{secret}")
    token = Token(
        id=id_,
        account_id=terms.account_id,
        role=terms.role,
        unit=terms.unit,
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        created_at=at,
        expires_at=at + terms.lifetime,
        scopes=None if terms.scopes is None else sorted(terms.scopes),
        replaces=terms.replaces,
    )
    session.add(token)
    session.flush()
    return token, f"{PREFIX}_{id_}_{secret}"


def rotate_token(
    session: Session, actor: Actor, id_: str, sent: Sent[RotationIn], *, now: datetime
) -> TokenOut:
    """A new token in place of one that is valid, which still opens for the overlap.

    Never more than two are valid: Conflict while the token is half of a rotation already.
    """
    require(actor, Right.TOKEN_MANAGE)
    old = _found(session, id_)
    wanted = sent.judged()
    known = per_setup(session, "tokens", _by_id)
    if not known[id_].opens(now):
        raise Conflict(reason="token_ended")
    twins = [one for one in known.values() if one.replaces == id_ or one.id == old.replaces]
    if any(twin.opens(now) for twin in twins):
        raise Conflict(reason="token_rotating")
    lifetime = old.expires_at - old.created_at
    if wanted.expires_days is not None:
        lifetime = timedelta(days=wanted.expires_days)
    terms = _Terms(old.account_id, old.role, old.unit, known[id_].scopes, lifetime, replaces=old.id)
    token, secret = _add_token(session, terms)
    old.expires_at = min(old.expires_at, now + timedelta(hours=wanted.overlap_hours))
    session.flush()
    detail = {**_told(token), "replaces": old.id, "until": utc(old.expires_at)}
    audit.record(session, actor, "token:rotate", f"tokens/{token.id}", detail)
    return {**_line_of(session, token.id), "token": secret}


def read_tokens(session: Session, actor: Actor) -> list[TokenLine]:
    require(actor, Right.TOKEN_MANAGE)
    uses = accounts.last_uses(session)
    return [_line(token, uses.get(token.id)) for token in setup.tokens(session)]


def revoke_token(session: Session, actor: Actor, id_: str) -> None:
    """From the next request on it opens nothing. Revoking again changes nothing."""
    require(actor, Right.TOKEN_MANAGE)
    token = _found(session, id_)
    if token.revoked_at is None:
        token.revoked_at = stamp(session).take(setup=True)
        session.flush()
        audit.record(session, actor, "token:revoke", f"tokens/{id_}")


def _found(session: Session, id_: str) -> Token:
    # PostgreSQL has no text with a NUL in it, not even to look for.
    token = session.get(Token, id_) if id_.isalnum() else None
    if token is None:
        raise NotFound(what=id_)
    return token


def me(session: Session, actor: Actor, now: datetime) -> Me:
    own = [] if actor.unit is None else [actor.unit]
    before = predecessors_of(catalogue(session), actor.unit)
    said: Me = {
        "name": actor.name,
        "role": actor.role.value,
        "unit": actor.unit,
        "reports_for": [*own, *before],
    }
    if actor.token is None:
        held = valid_grants(session, actor.account_id, day_in_vietnam(now))
        said["grants"] = [grant_line(grant) for grant in held]
    return said


def _account(session: Session, name: str) -> Account:
    """Who answers for a token; made when there is nobody of that name."""
    account = setup.account_named(session, name)
    if account is None:
        account = Account(name=name, created_at=stamp(session).take(setup=True))
        session.add(account)
        session.flush()
    return account


def _line_of(session: Session, id_: str) -> TokenLine:
    return _line(_by_id(session)[id_], None)


def _line(token: KnownToken, last_used_at: datetime | None) -> TokenLine:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "unit": token.unit,
        "scopes": None if token.scopes is None else sorted(token.scopes),
        "created_at": utc(token.created_at),
        "expires_at": utc(token.expires_at),
        "revoked_at": utc(token.revoked_at) if token.revoked_at else None,
        "last_used_at": utc(last_used_at) if last_used_at else None,
        "replaces": token.replaces,
    }
