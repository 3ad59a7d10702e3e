"""Access: tokens, and who the caller is."""

from typing import Annotated

from pydantic import Field, StrictInt
from typing_extensions import TypedDict

from app.domain.access import Role
from app.schemas.fields import Code, Contract, Title


class TokenIn(Contract):
    """`name` is the person or service that answers for what is done with the token."""

    name: Annotated[Title, Field(max_length=200)]
    role: Role
    unit: Code | None = None
    expires_days: Annotated[StrictInt, Field(ge=1, le=396)] = 365


class TokenLine(TypedDict):
    id: str
    name: str
    role: str
    unit: str | None
    created_at: str
    expires_at: str
    revoked_at: str | None


class TokenOut(TokenLine):
    """The only answer that ever carries the secret."""

    token: str


class Me(TypedDict):
    name: str
    role: str
    unit: str | None
    reports_for: list[str]
