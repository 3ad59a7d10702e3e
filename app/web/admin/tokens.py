"""Access tokens of machines: listed with their last use, made, rotated, revoked."""

from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor, Right, Role, Scope, require
from app.domain.errors import Refusal
from app.domain.periods import utc
from app.schemas.tokens import RotationIn, TokenIn, TokenLine
from app.services import tokens
from app.web.admin.answers import REFUSED, formed, go, sent_as, unit_choices, whole
from app.web.forms import WordsForm
from app.web.paper import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/tokens"


@router.get(LIST)
def get_tokens_page(request: Request, service: App, actor: CurrentActor, now: Now) -> Response:
    return _list(request, service, actor, utc(now))


class Rotation(NamedTuple):
    """What was typed to rotate a token, and why it was not done."""

    id: str
    form: dict[str, str]
    refusal: Refusal


def _list(
    request: Request, service: Service, actor: Actor, now: str, asked: Rotation | None = None
) -> Response:
    """The newest first; `now` tells those that open something from the others."""
    with service.database.reading() as session:
        found = tokens.read_tokens(session, actor)
    newest = sorted(found, key=lambda line: line["created_at"], reverse=True)

    def is_open(line: TokenLine) -> bool:
        return line["revoked_at"] is None and line["expires_at"] > now

    everything = request.query_params.get("all") == "1"
    return formed(
        request,
        "admin/people/tokens.html",
        asked.refusal if asked else None,
        rotated=asked.id if asked else None,
        typed=asked.form if asked else {},
        lines=[one for one in newest if everything or is_open(one)],
        everything=everything,
        ended=sum(not is_open(one) for one in found),
        is_open=is_open,
        done=request.query_params.get("done") == "revoked",
    )


@router.get(f"{LIST}/new")
def get_new_token(request: Request, service: App, actor: CurrentActor) -> Response:
    require(actor, Right.TOKEN_MANAGE)
    return _new(request, service, {"expires_days": "365"})


def _new(
    request: Request, service: Service, typed: dict[str, str], refusal: Refusal | None = None
) -> Response:
    facts: dict[str, Any] = {"roles": [*Role], "scopes": [*Scope]}
    units = unit_choices(request, service)
    return formed(
        request, "admin/people/token_new.html", refusal, typed=typed, units=units, **facts
    )


@router.post(LIST)
def post_new_token(
    request: Request, service: App, actor: CurrentActor, form: WordsForm
) -> Response:
    """The secret is on this one page only."""
    said: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "role", "unit")}
    said["expires_days"] = whole(form.get("expires_days", ""))
    said["scopes"] = [one.value for one in Scope if f"scope_{one}" in form] or None
    try:
        with service.database.writing() as session:
            made = tokens.create_token(session, actor, sent_as(TokenIn, said))
    except REFUSED as refusal:
        return _new(request, service, form, refusal)
    return page(request, "admin/people/token.html", 200, made=made)


@router.post(f"{LIST}/{{id}}/rotate")
def post_token_rotate(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request, service: App, actor: CurrentActor, now: Now, form: WordsForm, id: str
) -> Response:
    """The new secret is on this one page only; the old token opens a while longer."""
    said = {name: whole(form.get(name, "")) for name in ("overlap_hours", "expires_days")}
    try:
        with service.database.writing() as session:
            sent = sent_as(RotationIn, said)
            made = tokens.rotate_token(session, actor, id, sent, now=now)
    except REFUSED as refusal:
        return _list(request, service, actor, utc(now), Rotation(id, form, refusal))
    return page(request, "admin/people/token.html", 200, made=made)


@router.post(f"{LIST}/{{id}}/revoke")
def post_token_revoke(service: App, actor: CurrentActor, id: str) -> Response:
    with service.database.writing() as session:
        tokens.revoke_token(session, actor, id)
    return go(f"{LIST}?done=revoked")
