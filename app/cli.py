"""chitieu: the operator's door."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from app import logs
from app.cli_check import check, receipt_cli
from app.cli_files import ImportOrder, import_file
from app.cli_ground import database as _database
from app.cli_ground import settings as _settings
from app.cli_people import token_cli, user_cli
from app.cli_post import post_cli
from app.domain.errors import Refusal
from app.i18n import explain
from app.schemas.imports import Mode, Wish
from app.services import attainment as figures
from app.services import dashboards, schema, seed, snapshots, tokens
from app.services.definitions import catalogue
from app.services.exports import background
from app.services.receipts import Signer
from app.services.scene import View
from app.services.templates import TemplateQuery, template_for
from app.sheets.export import overview_book
from app.sheets.flat import csv_bytes, overview_table
from app.sheets.intake import Asked
from app.sheets.template import written
from app.tables import attainment_table

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(user_cli, name="user")
cli.add_typer(token_cli, name="token")
cli.add_typer(receipt_cli, name="receipt")
cli.add_typer(post_cli, name="post")
cli.command()(check)
snapshot_cli = typer.Typer(no_args_is_help=True, help="Frozen results of a period.")
cli.add_typer(snapshot_cli, name="snapshot")
console = Console()


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
        log_config=logs.CONFIG,
        log_level="warning",
        server_header=False,
        ws="none",  # nothing here speaks it, and the gate counts requests
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
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
    from app import demo as demonstration  # noqa: PLC0415 - the other commands need no doors

    demonstration.run(port)


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


@cli.command()
def template(
    programme: str,
    period: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="the .xlsx to be written")],
    unit: Annotated[
        list[str], typer.Option(help="repeatable; every unit expected to report without one")
    ] = [],  # noqa: B006 - typer copies it
    language: Annotated[str, typer.Option()] = "vi",
) -> None:
    """Write the workbook that units fill in: a form for one unit, a wide table for several."""
    database = _database()
    with database.writing() as session:
        actor = tokens.system(session)
    with database.reading() as session:
        model = template_for(session, actor, TemplateQuery(programme, period, unit))
    output.write_bytes(written(model, language))
    typer.echo(f"{output}: {model.id}, {len(model.units)} units, {len(model.targets)} targets")


@cli.command()
def export(
    programme: str,
    period: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="a .xlsx or a .csv to be written")],
    language: Annotated[str, typer.Option()] = "vi",
) -> None:
    """Write the overview of a period: a workbook with notes and chart, or the bare table."""
    if output.suffix not in (".xlsx", ".csv"):
        raise typer.BadParameter("a .xlsx or a .csv", param_hint="--output")
    database = _database()
    with database.writing() as session:
        actor = tokens.system(session)
    with database.reading() as session:
        found = dashboards.overview(session, actor, programme, period, View())
        behind = background(session, actor, programme, [period], View())
    if output.suffix == ".csv":
        output.write_bytes(csv_bytes(overview_table(found)))
    else:
        output.write_bytes(overview_book(found, behind, language))
    typer.echo(f"{output}: {len(found['targets'])} targets, {len(found['units'])} units")


@cli.command(name="import")
def import_workbook(  # noqa: PLR0913, PLR0917 - a command's options are its contract
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    mode: Annotated[Mode, typer.Option(help="all values or none, or the good ones")] = Mode.ATOMIC,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="judge all, store nothing")] = False,
    submit: Annotated[bool, typer.Option("--submit", help="hand in the reports as well")] = False,
    unit: Annotated[str | None, typer.Option(help="as this unit; else as the centre")] = None,
    programme: Annotated[str | None, typer.Option(help="of a sheet that is not ours")] = None,
    period: Annotated[str | None, typer.Option(help="of a sheet that is not ours")] = None,
    mapping: Annotated[Path | None, typer.Option(help="JSON: how to read such a sheet")] = None,
    annotated: Annotated[Path | None, typer.Option(help="where the marked copy goes")] = None,
    language: Annotated[str, typer.Option()] = "vi",
) -> None:
    """Bring in a workbook; what is wrong with it is listed, and marked in a copy beside it.

    Large files of the centre as well: up to 100 MB and 200,000 rows.
    """
    asked, wish = Asked(programme, period, unit), Wish(mode, dry_run, submit)
    order = ImportOrder(file, asked, wish, mapping, annotated, language)
    summary = import_file(_database(), Signer(_settings().secret()), order)
    counts = ", ".join(f"{name} {number}" for name, number in summary["counts"].items())
    typer.echo(f"{summary['status']} {summary['id']}: {counts}")
    if summary["status"] == "refused":
        raise typer.Exit(1)


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
