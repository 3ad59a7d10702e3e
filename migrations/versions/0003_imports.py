"""Imported files, and the cell that each value came from

Revises: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLES = ("reporter", "unit_approver", "reviewer", "viewer", "auditor", "admin")
STATES = ("queued", "running", "failed")
AS_TEXT: dict[str, Any] = {"native_enum": False, "create_constraint": True, "length": 20}

# Nothing is overwritten or deleted there, whoever tries, but the file of a dry run once its day has
# passed: it was never data. `value_origin` has no rowid.
GUARDS = {
    "sqlite": [
        *[
            f"""
            CREATE TRIGGER {table}_keeps_on_UPDATE BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for table in ("import_record", "value_origin")
        ],
        """
        CREATE TRIGGER import_record_keeps_on_DELETE BEFORE DELETE ON import_record
        WHEN OLD.expires_at IS NULL
        BEGIN SELECT RAISE(ABORT, 'import_record is append-only'); END
        """,
        """
        CREATE TRIGGER value_origin_keeps_on_DELETE BEFORE DELETE ON value_origin
        BEGIN SELECT RAISE(ABORT, 'value_origin is append-only'); END
        """,
        """
        CREATE TRIGGER import_record_keeps_on_REPLACE BEFORE INSERT ON import_record
        WHEN EXISTS (SELECT 1 FROM import_record AS old
                     WHERE old.id = NEW.id OR old.rowid = NEW.rowid)
        BEGIN SELECT RAISE(ABORT, 'import_record is append-only'); END
        """,
        """
        CREATE TRIGGER value_origin_keeps_on_REPLACE BEFORE INSERT ON value_origin
        WHEN EXISTS (SELECT 1 FROM value_origin AS old
                     WHERE old.report_id = NEW.report_id AND old.revision = NEW.revision
                       AND old.target_id = NEW.target_id)
        BEGIN SELECT RAISE(ABORT, 'value_origin is append-only'); END
        """,
    ],
    "postgresql": [
        """
        CREATE TRIGGER value_origin_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON value_origin
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """,
        """
        CREATE TRIGGER import_record_keeps BEFORE UPDATE OR TRUNCATE ON import_record
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """,
        """
        CREATE TRIGGER import_record_keeps_for_good BEFORE DELETE ON import_record
        FOR EACH ROW WHEN (OLD.expires_at IS NULL) EXECUTE FUNCTION refuse()
        """,
    ],
}


def upgrade() -> None:
    op.create_table(
        "import_record",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("taught", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_import_record_account_id")
        ),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_import_record_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_record")),
    )
    op.create_index(op.f("ix_import_record_account_id"), "import_record", ["account_id"])
    op.create_table(
        "import_job",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Enum(*ROLES, name="role", **AS_TEXT), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("token", sa.String(length=20), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("order", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="jobstate", **AS_TEXT), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("touched_at", UTCDateTime(), nullable=False),
        sa.Column("refusal", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_import_job_account_id")
        ),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_import_job_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_table(
        "value_origin",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.String(length=20), nullable=False),
        sa.Column("sheet", sa.String(length=255), nullable=False),
        sa.Column("cell", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_record.id"], name=op.f("fk_value_origin_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id", "revision", "target_id"],
            ["report_value.report_id", "report_value.revision", "report_value.target_id"],
            name=op.f("fk_value_origin_report_id_revision_target_id"),
        ),
        sa.PrimaryKeyConstraint("report_id", "revision", "target_id", name=op.f("pk_value_origin")),
        sqlite_with_rowid=False,
    )
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(guard)


def downgrade() -> None:
    op.drop_table("value_origin")
    op.drop_table("import_job")
    op.drop_index(op.f("ix_import_record_account_id"), "import_record")
    op.drop_table("import_record")
