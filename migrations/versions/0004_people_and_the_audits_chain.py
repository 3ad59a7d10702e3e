"""People: grants, passwords, second factors, sessions; and the audit as a chain of hashes

Revises: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from app.domain.chain import FIRST, event_sha256

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLES = ("reporter", "unit_approver", "reviewer", "viewer", "auditor", "admin")
AS_TEXT: dict[str, Any] = {"native_enum": False, "create_constraint": True, "length": 20}
GUARDS = {
    "sqlite": [
        *[
            f"""
            CREATE TRIGGER audit_event_keeps_on_{verb} BEFORE {verb} ON audit_event
            BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
            """
            for verb in ("UPDATE", "DELETE")
        ],
        """
        CREATE TRIGGER audit_event_keeps_on_REPLACE BEFORE INSERT ON audit_event
        WHEN EXISTS (SELECT 1 FROM audit_event AS old WHERE old.id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
        """,
    ],
    "postgresql": [
        """
        CREATE TRIGGER audit_event_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """,
    ],
}


def _audit_event(*columns: sa.Column[Any], number: sa.Column[Any]) -> sa.Table:
    """The table, made anew; columns of the chain in addition, or without them as it was."""
    table: sa.Table = op.create_table(
        "audit_event",
        number,
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=bool(columns)),
        sa.Column("token", sa.String(length=20), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        *columns,
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_event_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_subject"), "audit_event", ["subject"])
    for guard in GUARDS[op.get_context().dialect.name]:
        op.execute(guard)
    return table


def _events() -> list[dict[str, Any]]:
    kept = sa.table(
        "audit_event",
        sa.column("id", sa.Integer()),
        sa.column("at", UTCDateTime()),
        sa.column("account_id", sa.Integer()),
        sa.column("token", sa.String()),
        sa.column("action", sa.String()),
        sa.column("subject", sa.String()),
        sa.column("detail", sa.JSON(none_as_null=True)),
        sa.column("request_id", sa.String()),
    )
    rows = op.get_bind().execute(sa.select(kept).order_by(kept.c.id))
    return [dict(row) for row in rows.mappings()]


def _drop_events() -> None:
    op.drop_index(op.f("ix_audit_event_subject"), "audit_event")
    op.drop_table("audit_event")


def upgrade() -> None:
    _account()
    _sign_in()
    _audit()


def _account() -> None:
    op.add_column("account", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column(
        "account", sa.Column("language", sa.String(length=2), server_default="vi", nullable=False)
    )
    op.add_column(
        "account", sa.Column("digest", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("account", sa.Column("deactivated_at", UTCDateTime(), nullable=True))
    op.add_column("account", sa.Column("pseudonymised_at", UTCDateTime(), nullable=True))
    op.create_index(op.f("ix_account_email"), "account", ["email"], unique=True)
    op.create_table(
        "account_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Enum(*ROLES, name="role", **AS_TEXT), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("granted_at", UTCDateTime(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        *[
            sa.ForeignKeyConstraint([name], ["account.id"], name=op.f(f"fk_account_grant_{name}"))
            for name in ("account_id", "granted_by", "revoked_by")
        ],
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_account_grant_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_grant")),
    )
    for name in ("account_id", "unit"):
        op.create_index(op.f(f"ix_account_grant_{name}"), "account_grant", [name])


def _of_account(table: str, *columns: sa.Column[Any], key: tuple[str, ...]) -> None:
    """A table of what an account signs in with."""
    op.create_table(
        table,
        *columns,
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def _account_id() -> sa.Column[Any]:
    return sa.Column("account_id", sa.Integer(), nullable=False)


def _sign_in() -> None:
    _of_account(
        "account_password",
        _account_id(),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        key=("account_id",),
    )
    _of_account(
        "second_factor",
        _account_id(),
        sa.Column("secret", sa.String(length=300), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        key=("account_id",),
    )
    _of_account(
        "recovery_code",
        _account_id(),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        key=("account_id", "code_sha256"),
    )
    _of_account(
        "one_time_link",
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        _account_id(),
        sa.Column(
            "purpose",
            sa.Enum("invitation", "reset", name="linkpurpose", **AS_TEXT),
            nullable=False,
        ),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        key=("secret_sha256",),
    )
    _of_account(
        "external_identity",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        _account_id(),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        key=("issuer", "subject"),
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        _account_id(),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("token_id", sa.String(), nullable=True),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_web_session_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["account_grant.id"], name=op.f("fk_web_session_grant_id")
        ),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("fk_web_session_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_web_session_secret_sha256")),
    )
    for table in ("one_time_link", "external_identity", "web_session"):
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"])
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.add_column("token", sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("token", sa.Column("replaces", sa.String(length=20), nullable=True))
    op.create_table(
        "token_use",
        sa.Column("token_id", sa.String(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name=op.f("fk_token_use_token_id")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_token_use")),
    )


def _audit() -> None:
    """The events that are there are numbered without a gap, and chained."""
    op.add_column(
        "data_version",
        sa.Column("audit_number", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "data_version",
        sa.Column("audit_sha256", sa.String(length=64), server_default=FIRST, nullable=False),
    )
    events, last = _events(), FIRST
    _drop_events()
    table = _audit_event(
        sa.Column("session", sa.String(length=20), nullable=True),
        sa.Column("personal_sha256", sa.String(length=64), nullable=True),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        number=sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
    )
    op.create_index(op.f("ix_audit_event_account_id"), "audit_event", ["account_id"])
    for number, event in enumerate(events, 1):
        event |= {"id": number, "session": None, "personal_sha256": None, "previous_sha256": last}
        event["sha256"] = last = event_sha256(event)
    if events:
        op.bulk_insert(table, events)
    version = sa.table("data_version", sa.column("audit_number"), sa.column("audit_sha256"))
    op.execute(version.update().values(audit_number=len(events), audit_sha256=last))
    op.create_table(
        "audit_personal",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["audit_event.id"], name=op.f("fk_audit_personal_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_personal")),
    )


def downgrade() -> None:
    op.drop_table("audit_personal")
    events = [event for event in _events() if event["account_id"] is not None]
    op.drop_index(op.f("ix_audit_event_account_id"), "audit_event")
    _drop_events()
    table = _audit_event(number=sa.Column("id", sa.Integer(), nullable=False))
    if events:
        op.bulk_insert(table, events)
    for name in ("audit_number", "audit_sha256"):
        op.drop_column("data_version", name)
    for table_name in (
        *("token_use", "throttle", "web_session", "external_identity", "one_time_link"),
        *("recovery_code", "second_factor", "account_password", "account_grant"),
    ):
        op.drop_table(table_name)
    for name in ("scopes", "replaces"):
        op.drop_column("token", name)
    op.drop_index(op.f("ix_account_email"), "account")
    for name in ("email", "language", "digest", "deactivated_at", "pseudonymised_at"):
        op.drop_column("account", name)
