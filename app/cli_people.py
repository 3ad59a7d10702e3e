"""chitieu user, chitieu token: who is let in, from the operator's door."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from app import cli_ground
from app.domain.access import Role, Scope
from app.schemas.fields import Sent, checked
from app.schemas.tokens import RotationIn, TokenIn, TokenOut
from app.schemas.users import UserIn, UserOut, UserPatch
from app.services import tokens, users
from app.services.accounts import called
from app.services.users import Handover, UserQuery
from app.services.vault import Vault

user_cli = typer.Typer(no_args_is_help=True, help="People: who may sign in, and as what.")
token_cli = typer.Typer(no_args_is_help=True, help="Tokens for people and services.")


def _now() -> datetime:
    return datetime.now(UTC)


def _handover() -> Handover:
    """Into the operator's own hands, whether there is a mail server or not."""
    known = cli_ground.settings()
    return Handover(known.public_url, Vault(known.secret()), by_mail=False)


def _line(*cells: object) -> None:
    """One line a thing, tabs between its cells, as other programs like to read it."""
    typer.echo("\t".join("-" if cell is None or cell == "" else str(cell) for cell in cells))


def _as(role: str, unit: str | None) -> str:
    return f"{role} {unit or ''}".strip()


@user_cli.command(name="add")
def add_user(
    name: str,
    role: Annotated[Role, typer.Option()],
    unit: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Invite a person; the one-time link to choose a password stands alone on the last line."""
    asked = {"name": name, "role": role, "unit": unit, "email": email}
    handover = _handover()
    with cli_ground.database().writing() as session:
        contract, actor = Sent(checked(UserIn, asked)), tokens.system(session)
        made = users.invite(session, actor, contract, handover=handover, now=_now())
    typer.echo(f"user {made['id']} ({_as(role, unit)}); the link opens once, within 7 days:")
    typer.echo(made["link"])


@user_cli.command(name="list")
def list_users() -> None:
    """Number, name, e-mail, state, and the roles that hold today."""
    database = cli_ground.database()
    with database.writing() as session:
        actor = tokens.system(session)
    with database.reading() as session:
        found = users.read_users(session, actor, UserQuery(None, [], []), _now())
    for user in found:
        held = [_as(one["role"], one["unit"]) for one in user["grants"] if one["valid"]]
        _line(user["id"], user["name"], user["email"], _state(user), ", ".join(held))


def _state(user: UserOut) -> str:
    if user["pseudonymised_at"]:
        return "pseudonymised"
    return "active" if user["active"] else "deactivated"


@user_cli.command(name="link")
def make_link(name: str) -> None:
    """A new link for a person to choose a password, by name or e-mail; it is the last line."""
    handover = _handover()
    with cli_ground.database().writing() as session:
        actor, id_ = tokens.system(session), called(session, name)
        made = users.send_link(session, actor, id_, handover=handover, now=_now())
    typer.echo(f"user {made['id']}; the link opens once:")
    typer.echo(made["link"])


@user_cli.command(name="deactivate")
def deactivate_user(name: str) -> None:
    """From the next request on nothing of the account opens; by name or e-mail."""
    with cli_ground.database().writing() as session:
        actor, id_ = tokens.system(session), called(session, name)
        contract = Sent(checked(UserPatch, {"active": False}))
        users.revise_user(session, actor, id_, contract, now=_now())
    typer.echo(f"user {id_}: deactivated")


@token_cli.command(name="create")
def create_token(
    name: str,
    role: Annotated[Role, typer.Option()],
    unit: Annotated[str | None, typer.Option()] = None,
    expires: Annotated[int, typer.Option(help="days")] = 365,
    scope: Annotated[
        list[Scope], typer.Option(help="repeatable; all that the role may without one")
    ] = [],  # noqa: B006 - typer copies it
) -> None:
    """Make a token for the person or service called NAME; it stands alone on the last line."""
    asked: dict[str, Any] = {"name": name, "role": role, "unit": unit, "expires_days": expires}
    asked["scopes"] = scope or None
    with cli_ground.database().writing() as session:
        contract = Sent(checked(TokenIn, asked))
        made = tokens.create_token(session, tokens.system(session), contract)
    _show(made)


def _show(made: TokenOut) -> None:
    until = _as(made["role"], made["unit"])
    typer.echo(f"token {made['id']} ({until}), valid until {made['expires_at']}:")
    typer.echo(made["token"])


@token_cli.command(name="rotate")
def rotate_token(
    id: str,
    overlap: Annotated[int, typer.Option(help="hours for which the old one still opens")] = 24,
) -> None:
    """A new token in place of an old one; it stands alone on the last line."""
    with cli_ground.database().writing() as session:
        contract = Sent(checked(RotationIn, {"overlap_hours": overlap}))
        made = tokens.rotate_token(session, tokens.system(session), id, contract, now=_now())
    _show(made)


@token_cli.command(name="revoke")
def revoke_token(id: str) -> None:
    """From the next request on the token opens nothing."""
    with cli_ground.database().writing() as session:
        tokens.revoke_token(session, tokens.system(session), id)


@token_cli.command(name="list")
def list_tokens() -> None:
    """Id, holder, role, scopes, expiry, last use and, where it is revoked, when."""
    database = cli_ground.database()
    with database.writing() as session:
        actor = tokens.system(session)
    with database.reading() as session:
        found = tokens.read_tokens(session, actor)
    for token in found:
        held, scopes = _as(token["role"], token["unit"]), ",".join(token["scopes"] or [])
        times = token["expires_at"], token["last_used_at"], token["revoked_at"]
        _line(token["id"], token["name"], held, scopes, *times)
