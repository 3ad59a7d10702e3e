"""Population registers and snapshots

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# Nothing is overwritten or deleted there, whoever tries; and what makes a new row collide with one
# that is there, which SQLite's REPLACE would delete silently. `register_entry` has no rowid.
TAKEN = {
    "register_entry": " AND ".join(
        f"old.{name} = NEW.{name}" for name in ("period_id", "target_id", "unit_id", "revision")
    ),
    "snapshot": " OR ".join(
        f"old.{name} = NEW.{name}" for name in ("rowid", "id", "sha256", "previous_sha256")
    ),
}

GUARDS = {
    "sqlite": [
        *[
            f"""
            CREATE TRIGGER {table}_keeps_on_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for table in TAKEN
            for verb in ("UPDATE", "DELETE")
        ],
        *[
            f"""
            CREATE TRIGGER {table}_keeps_on_REPLACE BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE {taken})
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """  # noqa: S608 - names of our own tables
            for table, taken in TAKEN.items()
        ],
    ],
    "postgresql": [
        f"""
        CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """
        for table in TAKEN
    ],
}


def upgrade() -> None:
    op.create_table(
        "register_entry",
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "typeof(denominator) IN ('integer', 'null')", name=op.f("ck_register_entry_integers")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "denominator >= 0", name=op.f("ck_register_entry_denominator_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_register_entry_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["period.id"], name=op.f("fk_register_entry_period_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["target.id"], name=op.f("fk_register_entry_target_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_register_entry_unit_id")),
        sa.PrimaryKeyConstraint(
            "period_id", "target_id", "unit_id", "revision", name=op.f("pk_register_entry")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.String(length=20), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=True),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_snapshot_account_id")
        ),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_snapshot_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("previous_sha256", name=op.f("uq_snapshot_previous_sha256")),
        sa.UniqueConstraint("sha256", name=op.f("uq_snapshot_sha256")),
    )
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(guard)


def downgrade() -> None:
    op.drop_table("snapshot")
    op.drop_table("register_entry")
