"""chitieu: the operator's door."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console

from app import demo as demonstration
from app.db.session import Database
from app.domain.access import Role
from app.domain.errors import Refusal
from app.i18n import explain
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import attainment as figures
from app.services import schema, seed, snapshots, tokens
from app.services.definitions import catalogue
from app.settings import Settings
from app.tables import attainment_table

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
token_cli = typer.Typer(no_args_is_help=True, help="Tokens for people and services.")
cli.add_typer(token_cli, name="token")
snapshot_cli = typer.Typer(no_args_is_help=True, help="Frozen results of a period.")
cli.add_typer(snapshot_cli, name="snapshot")
console = Console()
PROXIES = "127.0.0.1"


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for one in error.errors():
            name = "CHITIEU_" + "_".join(str(part) for part in one["loc"]).upper()
            typer.echo(f"{name}: {one['msg']}", err=True)
        raise typer.Exit(2) from None


def _database(*, ready: bool = True) -> Database:
    database = Database(_settings().database_url)
    behind = schema.behind(database) if ready else None
    if behind:
        typer.echo(behind, err=True)
        raise typer.Exit(1)
    return database


@cli.command()
def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Answer requests until stopped. SQLite is served by one process, PostgreSQL by many."""
    settings, database = _settings(), _database()
    settings.secret()
    if database.is_sqlite and workers > 1:
        typer.echo("SQLite is served by one process; use PostgreSQL for more workers.", err=True)
        raise typer.Exit(2)
    database.close()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=PROXIES,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=15,
    )


@cli.command()
def migrate() -> None:
    """Bring the database to this version; safe to run again, also after being killed."""
    database = _database(ready=False)
    schema.migrate(database)
    typer.echo(f"schema: {schema.behind(database) or 'up to date'}")


@cli.command(name="seed")
def seed_catalogue() -> None:
    """Load programmes, targets, units and successions; what is there stays as it is."""
    with _database().writing() as session:
        loaded = seed.load(session)
    created, revised, unchanged = loaded
    typer.echo(f"catalogue: {created} created, {revised} revised, {unchanged} unchanged")


@cli.command()
def demo(port: int = 8000) -> None:
    """Send demonstration reports through the API, print the attainment, serve until Ctrl-C."""
    demonstration.run(port)


@token_cli.command(name="create")
def create_token(
    name: str,
    role: Annotated[Role, typer.Option()],
    unit: Annotated[str | None, typer.Option()] = None,
    expires: Annotated[int, typer.Option(help="days")] = 365,
) -> None:
    """Make a token for the person or service called NAME; it stands alone on the last line."""
    asked = {"name": name, "role": role, "unit": unit, "expires_days": expires}
    with _database().writing() as session:
        contract = Sent(checked(TokenIn, asked))
        made = tokens.create_token(session, tokens.system(session), contract)
    until = f"{made['role']} {made['unit'] or ''}".strip()
    typer.echo(f"token {made['id']} ({until}), valid until {made['expires_at']}:")
    typer.echo(made["token"])


@token_cli.command(name="revoke")
def revoke_token(id: str) -> None:
    """From the next request on the token opens nothing."""
    with _database().writing() as session:
        tokens.revoke_token(session, tokens.system(session), id)


@snapshot_cli.command(name="verify")
def verify_snapshots(
    files: Annotated[list[Path], typer.Argument(help="answers of GET /snapshots/{id}, in order")],
    keys: Annotated[Path, typer.Option(help="what /.well-known/chitieu-keys.json answered")],
) -> None:
    """Verify snapshots offline: digest, chain, signature, and every figure worked out again.

    The chain is followed through the files given; the first may name one that is not among them.
    """
    valid, previous = True, None
    for place, file in enumerate(files):
        try:
            published = json.loads(keys.read_text("utf-8"))
            snapshot = json.loads(file.read_text("utf-8"))
            previous = previous if place else snapshot["previous"]
            found = snapshots.verify(snapshot, published, previous)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            typer.echo(f"{file.name}: cannot be verified ({type(error).__name__}: {error})")
            raise typer.Exit(1) from None
        wrong = [name for name in ("digest", "chain", "signature", "figures") if not found[name]]
        typer.echo(f"{file.name}: {'wrong: ' + ', '.join(wrong) if wrong else 'valid'}")
        for difference in found["differences"]:
            typer.echo(f"  {difference}")
        valid, previous = valid and found["valid"], snapshot["sha256"]
    if not valid:
        raise typer.Exit(1)


@cli.command()
def attainment(
    programme: str,
    period: str,
    unit: Annotated[str | None, typer.Option(help="the national figures without one")] = None,
    language: Annotated[str, typer.Option()] = "vi",
) -> None:
    """Print the attainment of every target of a programme in a period."""
    database = _database()
    with database.writing() as session:
        actor = tokens.system(session)
    with database.reading() as session:
        centre = catalogue(session).centre.code
        units = [unit or centre]
        wanted = figures.AttainmentQuery(programme, [period], [], units, own=False)
        found = figures.attainments(session, actor, wanted)
    console.print(attainment_table(found, language))


def main() -> None:
    """Exit code 0, 1 on a refusal, 2 on wrong usage."""
    try:
        cli()
    except Refusal as refusal:
        for fault in refusal.faults:
            typer.echo(f"{fault.place} {explain(fault.code, 'en', fault.facts)}", err=True)
        typer.echo(explain(refusal.code, "en", refusal.facts), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
