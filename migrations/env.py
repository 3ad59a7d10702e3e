"""Alembic: one history for SQLite and PostgreSQL, each revision in one explicit transaction.

A migration that is killed leaves the database as it was before, and can be run again.
"""

from alembic import context
from sqlalchemy import Connection

from app.db.session import Database
from app.db.tables import metadata
from app.settings import Settings

MIGRATIONS_LOCK = 4_711_202_600  # any number, as long as it stays the same


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run(database: Database) -> None:
    with database.write.connect() as connection:
        if database.is_sqlite:
            # Batch mode drops and renames tables; with the keys on, that deletes child rows.
            driver = connection.connection.dbapi_connection
            assert driver is not None  # noqa: S101 - connected just above
            driver.execute("PRAGMA foreign_keys=OFF")
            migrate(connection)
            broken = driver.execute("PRAGMA foreign_key_check").fetchall()
            driver.execute("PRAGMA foreign_keys=ON")
            if broken:
                raise RuntimeError(f"the migration left broken references: {broken[:5]}")
        else:
            connection.exec_driver_sql("SET lock_timeout = '4s'; SET statement_timeout = '600s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATIONS_LOCK})")
            connection.commit()
            migrate(connection)
            # The lock and the settings end with the connection.
            connection.invalidate()


given = context.config.attributes.get("database")
run(given if given is not None else Database(Settings().database_url))
