"""Catalogue, reports and their history

Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


COUNTS = ("numerator", "denominator", "value", "percent_micro")
INTEGERS = " AND ".join(
    [
        *[f"typeof({name}) IN ('integer', 'null')" for name in COUNTS],
        "(done IS NULL OR done IN (0, 1))",
        "estimated IN (0, 1)",
    ]
)

# Nothing is overwritten or deleted there, whoever tries.
APPEND_ONLY = ("definition", "report_revision", "report_value", "report_event", "audit_event")

# What makes a new row collide with one that is there: SQLite's REPLACE deletes that one silently.
SAME = {
    "definition": ("kind", "subject", "revision"),
    "report_revision": ("report_id", "revision"),
    "report_value": ("report_id", "revision", "target_id"),
    "report_event": ("report_id", "version"),
    "audit_event": ("id",),
}
TAKEN = {
    table: "old.rowid = NEW.rowid OR " + " AND ".join(f"old.{name} = NEW.{name}" for name in key)
    for table, key in SAME.items()
}

# Four eyes, held by the database itself: nobody approves what they drafted or submitted.
OWN_REVISION = """
    SELECT 1 FROM report_event AS own
    WHERE own.report_id = NEW.report_id AND own.revision = NEW.revision
      AND own.account_id = NEW.account_id AND own.action IN ('draft', 'submit')
"""

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
            WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE {TAKEN[table]})
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """  # noqa: S608 - names of our own tables
            for table in APPEND_ONLY
        ],
        f"""
        CREATE TRIGGER four_eyes BEFORE INSERT ON report_event
        WHEN NEW.action = 'approve' AND EXISTS ({OWN_REVISION})
        BEGIN SELECT RAISE(ABORT, 'nobody approves their own revision'); END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$
        """,
        *[
            f"""
            CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse()
            """
            for table in APPEND_ONLY
        ],
        f"""
        CREATE FUNCTION four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.action = 'approve' AND EXISTS ({OWN_REVISION}) THEN
            RAISE EXCEPTION 'nobody approves their own revision' USING ERRCODE = '23514';
          END IF;
          RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER four_eyes BEFORE INSERT ON report_event
        FOR EACH ROW EXECUTE FUNCTION four_eyes()
        """,
    ],
}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "data_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("setup_version", sa.BigInteger(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_data_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
    )
    op.create_table(
        "programme",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_programme")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_event_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_subject"), ["subject"], unique=False)

    op.create_table(
        "definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "programme",
                "target",
                "period",
                "unit",
                "succession",
                "site",
                name="definitionkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_definition_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint(
            "kind", "subject", "revision", name=op.f("uq_definition_kind_subject_revision")
        ),
    )
    op.create_table(
        "idempotent_answer",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_idempotent_answer_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotent_answer")),
    )
    op.create_table(
        "period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme"], ["programme.code"], name=op.f("fk_period_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("programme", "code", name=op.f("uq_period_programme_code")),
    )
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme"], ["programme.code"], name=op.f("fk_target_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("programme", "code", name=op.f("uq_target_programme_code")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reporter",
                "unit_approver",
                "reviewer",
                "viewer",
                "auditor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_token_account_id")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_token_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "endorsed",
                "returned",
                "approved",
                "reopened",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("centre_version", sa.Integer(), nullable=True),
        sa.Column(
            "centre_status",
            sa.Enum(
                "draft",
                "submitted",
                "endorsed",
                "returned",
                "approved",
                "reopened",
                "withdrawn",
                name="centre_status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("centre_revision", sa.Integer(), nullable=True),
        sa.Column("approved_revision", sa.Integer(), nullable=True),
        sa.Column("submitted_at", UTCDateTime(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_report_period_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_report_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("period_id", "unit_id", name=op.f("uq_report_period_id_unit_id")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "report_event",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "draft",
                "submit",
                "endorse",
                "approve",
                "return",
                "reopen",
                "withdraw",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "submitted",
                "endorsed",
                "returned",
                "approved",
                "reopened",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=True),
        sa.Column("receipt_signature", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_report_event_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_event_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "version", name=op.f("pk_report_event")),
    )
    op.create_table(
        "report_revision",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_report_revision_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_revision_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_revision")),
    )
    op.create_table(
        "value_in_force",
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum(
                "approved",
                "submitted",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("percent_micro", sa.BigInteger(), nullable=True),
        sa.Column("percent_decimals", sa.Integer(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("not_applicable", sa.String(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            INTEGERS,
            name=op.f("ck_value_in_force_integers"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)",
            name=op.f("ck_value_in_force_both_counts"),
        ),
        sa.CheckConstraint(
            "(percent_micro IS NULL) = (percent_decimals IS NULL)",
            name=op.f("ck_value_in_force_percent_with_decimals"),
        ),
        sa.CheckConstraint(
            "denominator >= 0", name=op.f("ck_value_in_force_denominator_not_negative")
        ),
        sa.CheckConstraint(
            "numerator = 0 OR denominator > 0", name=op.f("ck_value_in_force_nothing_over_zero")
        ),
        sa.CheckConstraint("numerator >= 0", name=op.f("ck_value_in_force_numerator_not_negative")),
        sa.CheckConstraint(
            "percent_decimals BETWEEN 0 AND 6", name=op.f("ck_value_in_force_percent_decimals_kept")
        ),
        sa.CheckConstraint(
            "percent_micro >= 0", name=op.f("ck_value_in_force_percent_micro_not_negative")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_value_in_force_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["period_id"], ["period.id"], name=op.f("fk_value_in_force_period_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_value_in_force_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["target.id"], name=op.f("fk_value_in_force_target_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_value_in_force_unit_id")),
        sa.PrimaryKeyConstraint(
            "period_id", "standing", "target_id", "unit_id", name=op.f("pk_value_in_force")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "report_value",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("percent_micro", sa.BigInteger(), nullable=True),
        sa.Column("percent_decimals", sa.Integer(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("not_applicable", sa.String(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("breakdown", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            INTEGERS,
            name=op.f("ck_report_value_integers"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "(numerator IS NULL) = (denominator IS NULL)", name=op.f("ck_report_value_both_counts")
        ),
        sa.CheckConstraint(
            "(percent_micro IS NULL) = (percent_decimals IS NULL)",
            name=op.f("ck_report_value_percent_with_decimals"),
        ),
        sa.CheckConstraint(
            "denominator >= 0", name=op.f("ck_report_value_denominator_not_negative")
        ),
        sa.CheckConstraint(
            "numerator = 0 OR denominator > 0", name=op.f("ck_report_value_nothing_over_zero")
        ),
        sa.CheckConstraint("numerator >= 0", name=op.f("ck_report_value_numerator_not_negative")),
        sa.CheckConstraint(
            "percent_decimals BETWEEN 0 AND 6", name=op.f("ck_report_value_percent_decimals_kept")
        ),
        sa.CheckConstraint(
            "percent_micro >= 0", name=op.f("ck_report_value_percent_micro_not_negative")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_report_value_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["report_id", "revision"],
            ["report_revision.report_id", "report_revision.revision"],
            name=op.f("fk_report_value_report_id_revision"),
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["target.id"], name=op.f("fk_report_value_target_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "revision", "target_id", name=op.f("pk_report_value")),
    )
    op.execute(
        "INSERT INTO data_version (id, version, setup_version, at) "
        "VALUES (1, 0, 0, '2000-01-01 00:00:00.000000')"
    )
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(guard)


def downgrade() -> None:
    op.drop_table("report_value")
    op.drop_table("value_in_force")
    op.drop_table("report_revision")
    op.drop_table("report_event")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_unit_id"))

    op.drop_table("report")
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_token_account_id"))

    op.drop_table("token")
    op.drop_table("target")
    op.drop_table("period")
    op.drop_table("idempotent_answer")
    op.drop_table("definition")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_subject"))

    op.drop_table("audit_event")
    op.drop_table("unit")
    op.drop_table("programme")
    op.drop_table("data_version")
    op.drop_table("account")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse, four_eyes")
