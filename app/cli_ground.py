"""What every command stands on: the settings, and a database of this version."""

import typer
from pydantic import ValidationError

from app.db.session import Database
from app.services import schema
from app.settings import Settings


def settings() -> Settings:
    """Exit code 2 with what is wrong with them."""
    try:
        return Settings()
    except ValidationError as error:
        for one in error.errors():
            name = "CHITIEU_" + "_".join(str(part) for part in one["loc"]).upper()
            typer.echo(f"{name}: {one['msg']}", err=True)
        raise typer.Exit(2) from None


def database(*, ready: bool = True) -> Database:
    """Exit code 1 when it must be migrated first; `ready` False: whatever its version is."""
    found = Database(settings().database_url)
    behind = schema.behind(found) if ready else None
    if behind:
        typer.echo(behind, err=True)
        raise typer.Exit(1)
    return found
