"""Tables of people: accounts, what they were granted, how they sign in, and the audit of it all.

Accounts and what they sign in with are changed in place, and the audit keeps what they were; the
audit itself is never updated, and each of its events carries the hash of the one before.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from app.db.tables import choice, core
from app.domain.access import Role


class LinkPurpose(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


class Account(SQLModel, table=True):
    """A person or a service. Four eyes are counted by account, not by token.

    `email` in lower case. `deactivated_at`: nothing of the account opens any more. `digest`: the
    board's weekly message is wanted. Once `pseudonymised_at`, `name` is a pseudonym and there is no
    `email`; what the account did stays.
    """

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=200)
    created_at: datetime
    email: str | None = Field(default=None, unique=True, index=True, max_length=254)
    language: str = Field(default="vi", max_length=2, sa_column_kwargs={"server_default": "vi"})
    digest: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    deactivated_at: datetime | None = None
    pseudonymised_at: datetime | None = None


class Grant(SQLModel, table=True):
    """A role that an account has in a unit (None: at the centre) from one day through another.

    `ends_on` None: until further notice. Revoked, never deleted.
    """

    __tablename__ = "account_grant"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    unit: str | None = Field(default=None, foreign_key="unit.code", index=True)
    starts_on: date
    ends_on: date | None = None
    reason: str | None = None
    granted_at: datetime
    granted_by: int = Field(foreign_key="account.id")
    revoked_at: datetime | None = None
    revoked_by: int | None = Field(default=None, foreign_key="account.id")


class Password(SQLModel, table=True):
    """An argon2id hash."""

    __tablename__ = "account_password"

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    hash: str = Field(max_length=200)
    changed_at: datetime


class SecondFactor(SQLModel, table=True):
    """A TOTP secret, encrypted under CHITIEU_SECRET_KEY. `last_step`: a code counts once."""

    __tablename__ = "second_factor"

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    secret: str = Field(max_length=300)
    created_at: datetime
    confirmed_at: datetime | None = None
    last_step: int = Field(default=0, sa_type=BigInteger)


class RecoveryCode(SQLModel, table=True):
    """Opens once where the second factor is lost; by its SHA-256."""

    __tablename__ = "recovery_code"

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    code_sha256: str = Field(primary_key=True, max_length=64)
    used_at: datetime | None = None


class OneTimeLink(SQLModel, table=True):
    """Lets a person choose a password, once; by the SHA-256 of its secret."""

    __tablename__ = "one_time_link"

    secret_sha256: str = Field(primary_key=True, max_length=64)
    account_id: int = Field(foreign_key="account.id", index=True)
    purpose: LinkPurpose = Field(sa_type=choice(LinkPurpose))
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class ExternalIdentity(SQLModel, table=True):
    """Whom an OpenID provider means by a subject."""

    __tablename__ = "external_identity"

    issuer: str = Field(primary_key=True, max_length=300)
    subject: str = Field(primary_key=True, max_length=300)
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime


class WebSession(SQLModel, table=True):
    """A person at a browser; the cookie's secret is kept by its SHA-256.

    Of `grant_id` and `token_id` one at most is set: the role that is acted in, or the token that
    was shown instead of signing in. Neither: signed in, and no role chosen yet. `second_factor`:
    passed. `expires_at` is the absolute end; `seen_at` is exact to a minute.
    """

    __tablename__ = "web_session"

    id: str = Field(primary_key=True, max_length=20)
    secret_sha256: str = Field(unique=True, max_length=64)
    account_id: int = Field(foreign_key="account.id", index=True)
    grant_id: int | None = Field(default=None, foreign_key="account_grant.id")
    token_id: str | None = Field(default=None, foreign_key="token.id")
    second_factor: bool = False
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    address: str | None = Field(default=None, max_length=64)
    agent: str | None = Field(default=None, max_length=300)


class Throttle(SQLModel, table=True):
    """Failures in a row of one account or address to be let in, by a hash of who it is."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True, max_length=64)
    failures: int
    last_at: datetime


class Token(SQLModel, table=True):
    """A bearer token: only the SHA-256 of its secret is kept. `scopes` None: all of its role.
    `replaces`: the token that it was rotated from."""

    __tablename__ = "token"

    id: str = Field(primary_key=True, max_length=20)
    account_id: int = Field(foreign_key="account.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    unit: str | None = Field(default=None, foreign_key="unit.code")
    secret_sha256: str = Field(max_length=64)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    scopes: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    replaces: str | None = Field(default=None, max_length=20)


class TokenUse(SQLModel, table=True):
    """When a token was used last, exact to five minutes."""

    __tablename__ = "token_use"

    token_id: str = Field(primary_key=True, foreign_key="token.id")
    last_used_at: datetime
    address: str | None = Field(default=None, max_length=64)


class AuditEvent(SQLModel, table=True):
    """Who did what to what, when and through what. Never updated.

    `id` counts without a gap. `sha256` is of the event with `previous_sha256`, which is that of the
    event before (64 zeros for the first). What is personal in it stands in `audit_personal`, and
    here only as `personal_sha256`. `account_id` None: nobody who is known.
    """

    __tablename__ = "audit_event"

    id: int = Field(primary_key=True)
    at: datetime
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    token: str | None = Field(default=None, max_length=20)
    action: str = Field(max_length=40)
    subject: str = Field(max_length=200, index=True)
    detail: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    request_id: str | None = Field(default=None, max_length=64)
    session: str | None = Field(default=None, max_length=20)
    personal_sha256: str | None = Field(default=None, max_length=64)
    previous_sha256: str = Field(max_length=64)
    sha256: str = Field(max_length=64)


class AuditPersonal(SQLModel, table=True):
    """What is personal in an event: address, program, names and e-mails before and after.

    Erased when its time is over (`content` and `salt` None); the event's hash stays valid, as it is
    of `personal_sha256` alone: of canonical JSON {"content": …, "salt": …}.
    """

    __tablename__ = "audit_personal"

    event_id: int = Field(primary_key=True, foreign_key="audit_event.id")
    salt: str | None = Field(default=None, max_length=32)
    content: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    erased_at: datetime | None = None


class IdempotentAnswer(SQLModel, table=True):
    """The answer once given to an Idempotency-Key, kept in the transaction that made it."""

    __tablename__ = "idempotent_answer"

    account_id: int = Field(primary_key=True, foreign_key="account.id")
    key: str = Field(primary_key=True, max_length=200)
    request_sha256: str = Field(max_length=64)
    status: int
    body: str
    created_at: datetime


ACCOUNT = core(Account)
GRANT = core(Grant)
PASSWORD = core(Password)
SECOND_FACTOR = core(SecondFactor)
RECOVERY_CODE = core(RecoveryCode)
ONE_TIME_LINK = core(OneTimeLink)
EXTERNAL_IDENTITY = core(ExternalIdentity)
WEB_SESSION = core(WebSession)
THROTTLE = core(Throttle)
TOKEN = core(Token)
TOKEN_USE = core(TokenUse)
AUDIT = core(AuditEvent)
AUDIT_PERSONAL = core(AuditPersonal)
IDEMPOTENT_ANSWER = core(IdempotentAnswer)
