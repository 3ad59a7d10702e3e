"""Public links: one snapshot for whoever has the link, for a while."""

from typing import Annotated

from pydantic import Field, StrictInt
from typing_extensions import TypedDict

from app.schemas.fields import Code, Contract, Title


class PublicLinkIn(Contract):
    """`name` says whom or what the link is for; the page does not show it."""

    snapshot: Annotated[Code, Field(max_length=20)]
    name: Annotated[Title, Field(max_length=200)]
    expires_days: Annotated[StrictInt, Field(ge=1, le=90)] = 30


class PublicLinkLine(TypedDict):
    """`open`: it still shows its page. `views`: how often it did; to whom is not kept."""

    id: str
    snapshot: str
    name: str
    created_at: str
    by: str
    expires_at: str
    revoked_at: str | None
    open: bool
    views: int


class PublicLinkOut(PublicLinkLine):
    """The only answer that ever carries the address."""

    url: str
