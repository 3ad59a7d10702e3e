"""The schema of the database: brought up to date, and asked whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app.db.session import Database

ROOT = Path(__file__).parents[2]


def config(database: Database) -> Config:
    """Alembic's, for one database, whatever the working directory is."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.attributes["database"] = database
    return made


def migrate(database: Database, revision: str = "head") -> None:
    command.upgrade(config(database), revision)


def unmigrate(database: Database, revision: str = "base") -> None:
    command.downgrade(config(database), revision)


def behind(database: Database) -> str | None:
    """Why the database cannot be used by this version; None when it can."""
    newest = ScriptDirectory.from_config(config(database)).get_current_head()
    try:
        with database.read.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return "the database does not answer"
    if current != newest:
        return f"the schema is at {current or 'nothing'}, this version needs {newest}: run migrate"
    return None
