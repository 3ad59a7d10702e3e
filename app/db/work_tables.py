"""Tables around a report: comments, evidence, exceptions from a period's end, and proposals that
wait for a second administrator."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from app.db.tables import choice, core
from app.domain.proposals import ProposalState


class Comment(SQLModel, table=True):
    """What was said about a report, or about one of its values (`target_id`). Never updated.

    `revision` is the one it was said of, `version` the report's then. `internal`: for the unit's
    own people. `at_centre`: said by the centre.
    """

    __tablename__ = "report_comment"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    revision: int
    target_id: int | None = Field(default=None, foreign_key="target.id")
    version: int
    internal: bool = False
    at_centre: bool = False
    text: str
    at: datetime
    account_id: int = Field(foreign_key="account.id")


class StoredFile(SQLModel, table=True):
    """A file's bytes, once, by their hash."""

    __tablename__ = "stored_file"

    sha256: str = Field(primary_key=True, max_length=64)
    content: bytes
    at: datetime


class Attachment(SQLModel, table=True):
    """Evidence for a report, or for one of its values. Withdrawn, never deleted.

    `revision` is the one it was added to, `version` the report's then.
    """

    __tablename__ = "report_attachment"

    id: str = Field(primary_key=True, max_length=20)
    report_id: int = Field(foreign_key="report.id", index=True)
    revision: int
    version: int
    target_id: int | None = Field(default=None, foreign_key="target.id")
    sha256: str = Field(foreign_key="stored_file.sha256", max_length=64)
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=100)
    size: int
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    withdrawn_at: datetime | None = None
    withdrawn_by: int | None = Field(default=None, foreign_key="account.id")


class PeriodException(SQLModel, table=True):
    """A unit may report on a period until `until` (an instant, exclusive), though it is closed or
    not yet open. Never updated; the latest counts."""

    __tablename__ = "period_exception"

    id: int | None = Field(default=None, primary_key=True)
    period_id: int = Field(foreign_key="period.id", index=True)
    unit_id: int = Field(foreign_key="unit.id")
    until: datetime
    reason: str
    at: datetime
    account_id: int = Field(foreign_key="account.id")


class Proposal(SQLModel, table=True):
    """A change of the rules that takes effect when a second administrator confirms it.

    `kind` is the right that it needs, `place` what it changes (path parameters), `content` what was
    sent, as the contract, `changes` what that did before it was undone, as the audit has it.
    """

    __tablename__ = "proposal"

    id: str = Field(primary_key=True, max_length=20)
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=200)
    place: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    content: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    changes: list[dict[str, Any]] = Field(sa_type=JSON(none_as_null=True))
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    state: ProposalState = Field(sa_type=choice(ProposalState))
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    comment: str | None = None


COMMENT = core(Comment)
STORED_FILE = core(StoredFile)
ATTACHMENT = core(Attachment)
PERIOD_EXCEPTION = core(PeriodException)
PROPOSAL = core(Proposal)
