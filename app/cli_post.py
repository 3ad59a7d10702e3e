"""The operator's look at mail that was not delivered."""

import typer

from app.cli_ground import database
from app.domain.periods import utc
from app.services import outbox, tokens

post_cli = typer.Typer(no_args_is_help=True, help="Mail that is uncertain or was given up.")


@post_cli.command(name="list")
def list_stuck() -> None:
    """Number, state, time, account, letter, occasion and reason, of each."""
    with database().writing() as session:
        letters = outbox.read_stuck(session, tokens.system(session))
    for one in letters:
        line = (one.id, one.state, utc(one.at), one.account_id, one.template, one.key, one.error)
        typer.echo("\t".join(map(str, line)))


@post_cli.command()
def retry(id: int) -> None:
    """One more attempt, made by a server that runs. What is uncertain may arrive a second time."""
    with database().writing() as session:
        outbox.retry(session, tokens.system(session), id)
