"""Tables of imported files: what was sent, what waits to be read, where each value came from."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, LargeBinary
from sqlmodel import Field, SQLModel

from app.db.tables import choice, core
from app.domain.access import Role


class ImportRecord(SQLModel, table=True):
    """A file that was sent, byte for byte, and what became of it. Never updated.

    `summary` is JSON. `taught`: what the sender confirmed of a foreign sheet; None: nothing.
    `expires_at` None: kept for good. A file of which nothing was stored goes after a while.
    """

    __tablename__ = "import_record"

    id: str = Field(primary_key=True, max_length=20)
    at: datetime
    account_id: int = Field(foreign_key="account.id", index=True)
    unit: str | None = Field(default=None, foreign_key="unit.code")
    file_name: str = Field(max_length=255)
    file_sha256: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
    summary: str
    taught: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    expires_at: datetime | None = None


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"


class ImportJob(SQLModel, table=True):
    """A file that waits to be read, or is being read; once taken in, it is an `ImportRecord` of
    the same id and the job is gone. `order` holds what was asked for, `refusal` why it failed;
    `received_at` is what deadlines are counted from, `attempts` how often it was begun."""

    __tablename__ = "import_job"

    id: str = Field(primary_key=True, max_length=20)
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    role: Role = Field(sa_type=choice(Role))
    unit: str | None = Field(default=None, foreign_key="unit.code")
    token: str | None = Field(default=None, max_length=20)
    request_id: str | None = Field(default=None, max_length=64)
    file_name: str = Field(max_length=255)
    content: bytes = Field(sa_type=LargeBinary)
    order: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    state: JobState = Field(sa_type=choice(JobState))
    rows_read: int = 0
    attempts: int = 0
    received_at: datetime
    touched_at: datetime
    refusal: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))


class ValueOrigin(SQLModel, table=True):
    """The cell of a file that a value of a revision came from. Never updated."""

    __tablename__ = "value_origin"
    __table_args__ = (
        ForeignKeyConstraint(
            ["report_id", "revision", "target_id"],
            ["report_value.report_id", "report_value.revision", "report_value.target_id"],
        ),
        {"sqlite_with_rowid": False},
    )

    report_id: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    target_id: int = Field(primary_key=True)
    import_id: str = Field(foreign_key="import_record.id", max_length=20)
    sheet: str = Field(max_length=255)
    cell: str = Field(max_length=20)


IMPORT = core(ImportRecord)
IMPORT_JOB = core(ImportJob)
ORIGIN = core(ValueOrigin)
