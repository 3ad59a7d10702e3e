"""Comments, evidence, exceptions from a period's end, and proposals for a second administrator

Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = ("open", "confirmed", "refused", "withdrawn")
AS_TEXT: dict[str, Any] = {"native_enum": False, "create_constraint": True, "length": 20}
APPEND_ONLY = {"report_comment": "id", "period_exception": "id", "stored_file": "sha256"}
GUARDS = {
    "sqlite": [
        *[
            f"""
            CREATE TRIGGER {table}_keeps_on_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for table in APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ],
        *[
            f"""
            CREATE TRIGGER {table}_keeps_on_REPLACE BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} AS old
                         WHERE old.{key} = NEW.{key} OR old.rowid = NEW.rowid)
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """  # noqa: S608 - names of our own tables
            for table, key in APPEND_ONLY.items()
        ],
    ],
    "postgresql": [
        f"""
        CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """
        for table in APPEND_ONLY
    ],
}


def _keys(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [there], name=op.f(f"fk_{table}_{name}"))
        for name, there in columns.items()
    ]


def upgrade() -> None:
    _endorsement()
    _reports()
    _rules()
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(guard)


def _endorsement() -> None:
    op.add_column(
        "report_event", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # What was taken back has no day on which it came in.
    op.execute(
        "UPDATE report SET submitted_at = NULL, late = FALSE WHERE centre_status = 'withdrawn'"
    )


def _reports() -> None:
    op.create_table(
        "report_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("at_centre", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        *_keys(
            "report_comment", report_id="report.id", target_id="target.id", account_id="account.id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_comment")),
    )
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_file")),
    )
    op.create_table(
        "report_attachment",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        *_keys(
            "report_attachment",
            report_id="report.id",
            target_id="target.id",
            sha256="stored_file.sha256",
            account_id="account.id",
            withdrawn_by="account.id",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_attachment")),
    )
    for table in ("report_comment", "report_attachment"):
        op.create_index(op.f(f"ix_{table}_report_id"), table, ["report_id"])


def _rules() -> None:
    op.create_table(
        "period_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        *_keys(
            "period_exception", period_id="period.id", unit_id="unit.id", account_id="account.id"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_exception")),
    )
    op.create_index(op.f("ix_period_exception_period_id"), "period_exception", ["period_id"])
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("place", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="proposalstate", **AS_TEXT), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        *_keys("proposal", account_id="account.id", decided_by="account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )


def downgrade() -> None:
    for table in (
        *("proposal", "period_exception", "report_attachment", "stored_file", "report_comment"),
    ):
        op.drop_table(table)
    op.drop_column("report_event", "held")
