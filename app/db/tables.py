"""Tables. A table records; it does not decide.

Identities (programme, target, unit, period) never change and carry the foreign keys. What they
mean at a time stands in `definition`, revision by revision. Of reports, everything that was ever
sent or decided stays in `report_revision`, `report_value` and `report_event`; triggers of the
migration refuse to update or delete there. `report` is the head of each, and `value_in_force` the
figures that count now: both can be worked out again from the history.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Enum,
    ForeignKeyConstraint,
    MetaData,
    Table,
    false,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlmodel import Field, SQLModel

from app.domain.workflow import Action, Standing, Status

# Named constraints can be dropped by a migration on SQLite and PostgreSQL alike.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata

COUNTS = ("numerator", "denominator", "value", "percent_micro")


class DefinitionKind(StrEnum):
    PROGRAMME = "programme"
    TARGET = "target"
    PERIOD = "period"
    UNIT = "unit"
    SUCCESSION = "succession"
    SITE = "site"


def choice(kind: type[StrEnum], name: str | None = None) -> Enum:
    """A column that holds one of the values of `kind`, as text with a CHECK on every database.

    `name` is the CHECK's where a table has two columns of one kind.
    """
    return Enum(
        kind,
        name=name or kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def _value_checks() -> tuple[CheckConstraint, ...]:
    """What a figure can never be, whoever writes it. SQLite would keep "abc" in a BIGINT."""
    never_negative = [
        CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in COUNTS
    ]
    integers = " AND ".join(
        [
            *[f"typeof({name}) IN ('integer', 'null')" for name in COUNTS],
            "(done IS NULL OR done IN (0, 1))",
            "estimated IN (0, 1)",
        ]
    )
    only_sqlite = CheckConstraint(integers, name="integers").ddl_if(dialect="sqlite")
    return (
        *never_negative,
        CheckConstraint("numerator = 0 OR denominator > 0", name="nothing_over_zero"),
        CheckConstraint("percent_decimals BETWEEN 0 AND 6", name="percent_decimals_kept"),
        CheckConstraint(
            "(percent_micro IS NULL) = (percent_decimals IS NULL)", name="percent_with_decimals"
        ),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="both_counts"),
        only_sqlite,
    )


class DataVersion(SQLModel, table=True):
    """One row. `version` grows with every writing transaction, `setup_version` with those that
    change definitions or access; `at` is the instant of the last one, and never goes back.
    `audit_number` and `audit_sha256` are the last event's of the audit's chain."""

    __tablename__ = "data_version"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    version: int = Field(sa_type=BigInteger)
    setup_version: int = Field(sa_type=BigInteger)
    at: datetime
    audit_number: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    audit_sha256: str = Field(max_length=64, sa_column_kwargs={"server_default": "0" * 64})


class Programme(SQLModel, table=True):
    __tablename__ = "programme"

    code: str = Field(primary_key=True, max_length=40)


class Target(SQLModel, table=True):
    __tablename__ = "target"
    __table_args__ = (Unique("programme", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    programme: str = Field(foreign_key="programme.code")
    code: str = Field(max_length=40)


class Unit(SQLModel, table=True):
    __tablename__ = "unit"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=20)


class Period(SQLModel, table=True):
    __tablename__ = "period"
    __table_args__ = (Unique("programme", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    programme: str = Field(foreign_key="programme.code")
    code: str = Field(max_length=10)


class Definition(SQLModel, table=True):
    """A revision of what a programme, target, period, unit or succession is. Never updated.

    `subject` is the identity's code, within its programme where it has one ("NC-2024/NC2").
    `effective_on` None: from the beginning.
    """

    __tablename__ = "definition"
    __table_args__ = (Unique("kind", "subject", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: DefinitionKind = Field(sa_type=choice(DefinitionKind))
    subject: str = Field(max_length=100)
    revision: int
    effective_on: date | None = None
    content: dict[str, Any] = Field(sa_type=JSON(none_as_null=True))
    reason: str | None = None
    at: datetime
    account_id: int = Field(foreign_key="account.id")


class Report(SQLModel, table=True):
    """The head of one unit's report on one period. `version` grows with every change of it.

    The `centre_` columns are the report as the centre may see it: not a draft that came after.
    """

    __tablename__ = "report"
    __table_args__ = (Unique("period_id", "unit_id"),)

    id: int | None = Field(default=None, primary_key=True)
    period_id: int = Field(foreign_key="period.id")
    unit_id: int = Field(foreign_key="unit.id", index=True)
    version: int
    status: Status = Field(sa_type=choice(Status))
    revision: int
    centre_version: int | None = None
    centre_status: Status | None = Field(default=None, sa_type=choice(Status, "centre_status"))
    centre_revision: int | None = None
    approved_revision: int | None = None
    submitted_at: datetime | None = None
    late: bool = False


class ReportRevision(SQLModel, table=True):
    """What was sent, once: its values stand in `report_value`."""

    __tablename__ = "report_revision"

    report_id: int = Field(primary_key=True, foreign_key="report.id")
    revision: int = Field(primary_key=True)
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    channel: str = Field(max_length=20)
    content_sha256: str = Field(max_length=64)


class ReportValue(SQLModel, table=True):
    __tablename__ = "report_value"
    __table_args__ = (
        ForeignKeyConstraint(
            ["report_id", "revision"], ["report_revision.report_id", "report_revision.revision"]
        ),
        *_value_checks(),
    )

    report_id: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    target_id: int = Field(primary_key=True, foreign_key="target.id")
    numerator: int | None = Field(default=None, sa_type=BigInteger)
    denominator: int | None = Field(default=None, sa_type=BigInteger)
    percent_micro: int | None = Field(default=None, sa_type=BigInteger)
    percent_decimals: int | None = None
    done: bool | None = None
    value: int | None = Field(default=None, sa_type=BigInteger)
    text: str | None = None
    not_applicable: str | None = None
    estimated: bool = False
    note: str | None = None
    evidence: str | None = None
    breakdown: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))


class ReportEvent(SQLModel, table=True):
    """One step in the life of a report: who did what to which revision, when and why.

    `held`: a step inside the unit, of which the centre is told when the unit endorses, or never.
    """

    __tablename__ = "report_event"

    report_id: int = Field(primary_key=True, foreign_key="report.id")
    version: int = Field(primary_key=True)
    revision: int
    action: Action = Field(sa_type=choice(Action))
    status: Status = Field(sa_type=choice(Status))
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    comment: str | None = None
    late: bool | None = None
    receipt_sha256: str | None = Field(default=None, max_length=64)
    receipt_signature: str | None = Field(default=None, max_length=128)
    held: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class ValueInForce(SQLModel, table=True):
    """The figures that count now, by period, target and unit (rule 17)."""

    __tablename__ = "value_in_force"
    __table_args__ = (*_value_checks(), {"sqlite_with_rowid": False})

    period_id: int = Field(primary_key=True, foreign_key="period.id")
    standing: Standing = Field(primary_key=True, sa_type=choice(Standing))
    target_id: int = Field(primary_key=True, foreign_key="target.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    numerator: int | None = Field(default=None, sa_type=BigInteger)
    denominator: int | None = Field(default=None, sa_type=BigInteger)
    percent_micro: int | None = Field(default=None, sa_type=BigInteger)
    percent_decimals: int | None = None
    done: bool | None = None
    value: int | None = Field(default=None, sa_type=BigInteger)
    text: str | None = None
    not_applicable: str | None = None
    estimated: bool = False
    report_id: int = Field(foreign_key="report.id")
    revision: int


class RegisterEntry(SQLModel, table=True):
    """A revision of one population register: how many a target counts of, in a unit and period.

    Never updated. `denominator` None: the entry was withdrawn.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        CheckConstraint("denominator >= 0", name="denominator_not_negative"),
        CheckConstraint("typeof(denominator) IN ('integer', 'null')", name="integers").ddl_if(
            dialect="sqlite"
        ),
        {"sqlite_with_rowid": False},
    )

    period_id: int = Field(primary_key=True, foreign_key="period.id")
    target_id: int = Field(primary_key=True, foreign_key="target.id")
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    revision: int = Field(primary_key=True)
    denominator: int | None = Field(default=None, sa_type=BigInteger)
    reason: str | None = None
    at: datetime
    account_id: int = Field(foreign_key="account.id")


class Snapshot(SQLModel, table=True):
    """The frozen results of a period, signed. Never updated.

    `content` is the canonical JSON that `sha256` is the digest of; `previous_sha256` is the digest
    of the snapshot before it, None for the first.
    """

    __tablename__ = "snapshot"

    id: str = Field(primary_key=True, max_length=20)
    period_id: int = Field(foreign_key="period.id")
    at: datetime
    account_id: int = Field(foreign_key="account.id")
    rule_version: str = Field(max_length=20)
    content: str
    sha256: str = Field(unique=True, max_length=64)
    previous_sha256: str | None = Field(default=None, unique=True, max_length=64)
    signature: str = Field(max_length=128)
    key_id: str = Field(max_length=16)


def core(model: type[SQLModel]) -> Table:
    """The bare table of a model."""
    return metadata.tables[str(model.__tablename__)]


# The bare tables, for questions about many rows: no object is made of each.
PERIOD = core(Period)
REPORT = core(Report)
EVENT = core(ReportEvent)
REVISION = core(ReportRevision)
VALUE = core(ReportValue)
TARGET = core(Target)
UNIT = core(Unit)
IN_FORCE = core(ValueInForce)
VERSION = core(DataVersion)
REGISTER = core(RegisterEntry)
SNAPSHOT = core(Snapshot)
