"""Access: tokens, and who the caller is."""

from typing import Annotated, NotRequired

from pydantic import Field, StrictInt
from typing_extensions import TypedDict

from app.domain.access import Role, Scope
from app.schemas.fields import Code, Contract, Title

Lifetime = Annotated[StrictInt, Field(ge=1, le=396)]


class TokenIn(Contract):
    """`name` is the person or service that answers for what is done with the token. `scopes`
    narrows it; null is all that its role may."""

    name: Annotated[Title, Field(max_length=200)]
    role: Role
    unit: Code | None = None
    expires_days: Lifetime = 365
    scopes: Annotated[frozenset[Scope], Field(min_length=1)] | None = None


class RotationIn(Contract):
    """`overlap_hours`: for how long the old token still opens. `expires_days` null: the new one
    lasts as long as the old one was made for."""

    overlap_hours: Annotated[StrictInt, Field(ge=0, le=168)] = 24
    expires_days: Lifetime | None = None


class TokenLine(TypedDict):
    """`last_used_at` is exact to five minutes; `replaces` is the token it was rotated from."""

    id: str
    name: str
    role: str
    unit: str | None
    scopes: list[str] | None
    created_at: str
    expires_at: str
    revoked_at: str | None
    last_used_at: str | None
    replaces: str | None


class TokenOut(TokenLine):
    """The only answer that ever carries the secret."""

    token: str


class GrantLine(TypedDict):
    """A role in a unit from one day through another, in Vietnam's days; `ends_on` null: until
    further notice."""

    role: str
    unit: str | None
    starts_on: str
    ends_on: str | None


class Me(TypedDict):
    """`grants` are a person's, as they hold today: one of them is acted in."""

    name: str
    role: str
    unit: str | None
    reports_for: list[str]
    grants: NotRequired[list[GrantLine]]
