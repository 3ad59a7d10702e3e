"""The commands that prove: everything stored, and receipts that were kept elsewhere."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DBAPIError

from app import cli_ground
from app.db.session import Database
from app.domain.errors import Refusal
from app.schemas.fields import parse_json
from app.services import checks, schema
from app.services.findings import Fault, Given
from app.services.kept_receipts import faults_of
from app.services.receipts import Signer

MOST_FAULTS = 20
receipt_cli = typer.Typer(no_args_is_help=True, help="Receipts that units keep.")
_progress = Console(stderr=True)


def check(
    audit_head: Annotated[
        list[str], typer.Option(help="NUMBER:SHA256 of the audit, as it was logged; repeatable")
    ] = [],  # noqa: B006 - typer copies it
) -> None:
    """Recompute and verify everything stored. Exit code 1 at the first kind of fault."""
    settings, database = cli_ground.settings(), cli_ground.database()
    typer.echo(f"schema: {schema.behind(database) or 'up to date'}")
    signer = Signer(settings.secret(), settings.old_secrets())
    given = Given(signer, dict(map(_shown, audit_head)))
    for name in checks.CHECKS:
        number, faults = _carry_out(database, name, given)
        if faults:
            typer.echo(f"{name}: {len(faults)}{'+' * (len(faults) == MOST_FAULTS)} faults")
            for fault in faults:
                typer.echo(f"  {fault}")
            raise typer.Exit(1)
        typer.echo(f"{name}: {number} right")
    with database.reading() as session:
        messages, deliveries = checks.uncertain(session)
    typer.echo(f"outbox: {messages} messages and {deliveries} deliveries uncertain")


def _shown(said: str) -> tuple[int, str]:
    number, _, sha256 = said.partition(":")
    if not (number.isascii() and number.isdigit() and len(sha256) == 64):
        raise typer.BadParameter("NUMBER:SHA256", param_hint="--audit-head")
    return int(number), sha256


def _carry_out(database: Database, name: str, given: Given) -> tuple[int, list[Fault]]:
    """How many things were looked at, and the first faults that were found."""
    columns = SpinnerColumn(), TextColumn("{task.description} {task.completed:.0f}")
    with (
        Progress(*columns, TimeElapsedColumn(), console=_progress, transient=True) as bar,
        database.reading() as session,
    ):
        task = bar.add_task(name, total=None)
        found = checks.CHECKS[name](session, given, lambda: bar.advance(task))
        faults = list(islice(readable(found), MOST_FAULTS))
        return int(_completed(bar, task)), faults


def _completed(bar: Progress, task: TaskID) -> float:
    return next(one.completed for one in bar.tasks if one.id == task)


def readable(found: Iterator[Fault]) -> Iterator[Fault]:
    """What cannot even be read is a fault as well; nothing after it is looked at."""
    try:
        yield from found
    except (ValueError, TypeError, LookupError, Refusal, DBAPIError) as error:
        yield Fault("unreadable", f"{type(error).__name__}: {error}")


@receipt_cli.command(name="verify")
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="what GET /reports/…/receipt answered")],
    keys: Annotated[Path, typer.Option(help="what /.well-known/chitieu-keys.json answered")],
    report: Annotated[
        Path | None, typer.Option(help="what GET /reports/… answered: is it what was handed in?")
    ] = None,
) -> None:
    """Verify a receipt offline, without a database."""
    try:
        receipt = _read(file)
        wrong = faults_of(receipt, _read(keys), _read(report) if report else None)
    except (OSError, Refusal, ValueError, KeyError, TypeError, AttributeError) as error:
        typer.echo(f"{file.name}: cannot be verified ({type(error).__name__}: {error})")
        raise typer.Exit(1) from None
    typer.echo(f"{file.name}: {'wrong: ' + ', '.join(wrong) if wrong else 'valid'}")
    if wrong:
        raise typer.Exit(1)
    typer.echo(f"  {receipt['report']}, {receipt['at']}, {receipt['content_sha256']}")


def _read(file: Path) -> Any:
    """JSON with its numbers as they were written."""
    return parse_json(file.read_bytes()).judged()
