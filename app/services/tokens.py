"""Bearer tokens: made, shown once, looked up by their hash, revoked."""

import hashlib
import secrets
import zlib
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlmodel import Session

from app.db import setup
from app.db.people_tables import Account, Token
from app.db.session import Database, Version, stamp
from app.db.setup import KnownToken
from app.domain.access import UNIT_ROLES, Actor, Right, Role, require
from app.domain.errors import Fault, Invalid, NotFound, Unauthenticated
from app.domain.periods import utc
from app.schemas.fields import Sent
from app.schemas.tokens import Me, TokenIn, TokenLine, TokenOut
from app.services import audit
from app.services.definitions import catalogue
from app.services.places import predecessors_of

PREFIX = "chitieu"
# Publish this to secret scanners: the last eight digits are a CRC-32 of what stands before.
PATTERN = r"chitieu_[0-9a-f]{12}_[0-9a-f]{72}"
SYSTEM = "chitieu"


def authenticate(
    database: Database,
    bearer: str,
    now: datetime,
    request_id: str | None = None,
    *,
    version: Version | None = None,
) -> Actor:
    """Who sent the token. Unauthenticated when unknown, expired or revoked: never says which."""
    prefix, _, rest = bearer.partition("_")
    id_, _, secret = rest.partition("_")
    token = database.kept("tokens", _by_id, version).get(id_) if prefix == PREFIX else None
    known = token.secret_sha256 if token else "0" * 64
    right = compare_digest(hashlib.sha256(secret.encode()).hexdigest(), known)
    if token is None or not right or token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated()
    return Actor(token.account_id, token.name, token.role, token.unit, token.id, request_id)


def actor_of_token(database: Database, id_: str, now: datetime, request_id: str | None) -> Actor:
    """Who holds a token that was shown when its session began; asked anew at every request."""
    token = database.kept("tokens", _by_id).get(id_)
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        raise Unauthenticated()
    return Actor(token.account_id, token.name, token.role, token.unit, token.id, request_id)


def _by_id(session: Session) -> dict[str, KnownToken]:
    return {token.id: token for token in setup.tokens(session)}


def system(session: Session) -> Actor:
    """The operator at the command line, who may everything an administrator may."""
    return Actor(_account(session, SYSTEM), SYSTEM, Role.ADMIN)


def create_token(session: Session, actor: Actor, sent: Sent[TokenIn]) -> TokenOut:
    """The secret is in this answer only; the database keeps its hash."""
    require(actor, Right.TOKEN_MANAGE)
    made = sent.judged()
    if (made.role in UNIT_ROLES) != (made.unit is not None):
        raise Invalid([Fault("/unit", "invalid", {"reason": "unit_for_role", "role": made.role})])
    if made.unit is not None and made.unit not in catalogue(session).units:
        raise Invalid([Fault("/unit", "unknown_unit", {"value": made.unit})])
    at = stamp(session).take(setup=True)
    secret = secrets.token_hex(32)
    token = Token(
        id=secrets.token_hex(6),
        account_id=_account(session, made.name),
        role=made.role,
        unit=made.unit,
        secret_sha256="",
        created_at=at,
        expires_at=at + timedelta(days=made.expires_days),
    )
    secret += f"{zlib.crc32(f'{token.id}_{secret}'.encode()):08x}"
    token.secret_sha256 = hashlib.sha256(secret.encode()).hexdigest()
    session.add(token)
    session.flush()
    audit.record(session, actor, "token:create", f"tokens/{token.id}", made.model_dump(mode="json"))
    line = _line(next(one for one in setup.tokens(session) if one.id == token.id))
    return {**line, "token": f"{PREFIX}_{token.id}_{secret}"}


def read_tokens(session: Session, actor: Actor) -> list[TokenLine]:
    require(actor, Right.TOKEN_MANAGE)
    return [_line(token) for token in setup.tokens(session)]


def revoke_token(session: Session, actor: Actor, id_: str) -> None:
    """From the next request on it opens nothing. Revoking again changes nothing."""
    require(actor, Right.TOKEN_MANAGE)
    # PostgreSQL has no text with a NUL in it, not even to look for.
    token = session.get(Token, id_) if id_.isalnum() else None
    if token is None:
        raise NotFound(what=id_)
    if token.revoked_at is None:
        token.revoked_at = stamp(session).take(setup=True)
        session.flush()
        audit.record(session, actor, "token:revoke", f"tokens/{id_}")


def me(session: Session, actor: Actor) -> Me:
    own = [] if actor.unit is None else [actor.unit]
    before = predecessors_of(catalogue(session), actor.unit)
    return {
        "name": actor.name,
        "role": actor.role.value,
        "unit": actor.unit,
        "reports_for": [*own, *before],
    }


def _account(session: Session, name: str) -> int:
    account = setup.account_named(session, name)
    if account is None:
        account = Account(name=name, created_at=stamp(session).take(setup=True))
        session.add(account)
        session.flush()
    return account.id or 0


def _line(token: KnownToken) -> TokenLine:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "unit": token.unit,
        "created_at": utc(token.created_at),
        "expires_at": utc(token.expires_at),
        "revoked_at": utc(token.revoked_at) if token.revoked_at else None,
    }
