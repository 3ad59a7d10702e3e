"""The table of public links: who has a link's secret reads one snapshot, without signing in."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from app.db.tables import core


class PublicLink(SQLModel, table=True):
    """By the SHA-256 of its secret. Revoked, never deleted. `views`: how often its page was shown,
    to whom is not kept."""

    __tablename__ = "public_link"

    id: str = Field(primary_key=True, max_length=20)
    snapshot_id: str = Field(foreign_key="snapshot.id", index=True)
    name: str = Field(max_length=200)
    secret_sha256: str = Field(unique=True, max_length=64)
    created_at: datetime
    account_id: int = Field(foreign_key="account.id")
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: int | None = Field(default=None, foreign_key="account.id")
    views: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


PUBLIC_LINK = core(PublicLink)
