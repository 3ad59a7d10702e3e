"""Signing in with a password or a token, choosing a role, and signing out."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from app.deps import App, CurrentPerson, CurrentVisit, session_secret
from app.domain.errors import NotFound, SecondFactorNeeded, Unauthenticated
from app.domain.text import control_character
from app.services import own_account, sessions, sign_in
from app.services.sessions import Person
from app.web.forms import Form, attempt, in_turn, local_path, own_form
from app.web.paper import (
    UNKEPT,
    PageRoute,
    forget_session,
    page,
    remember_choices,
    remember_session,
    service_of,
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DONE = ("password", "signed_out")


def _ask(
    request: Request, status: int, then: str, failed: str | None = None, said: str = ""
) -> Response:
    done = request.query_params.get("done")
    return page(
        request,
        "sign_in.html",
        status,
        then=then,
        failed=failed,
        said=said,
        done=done if done in DONE else None,
        sso=bool(service_of(request).settings.oidc_issuer),
    )


@router.get("/login")
def get_sign_in(request: Request) -> Response:
    return _ask(request, 200, local_path(request.query_params.get("next")))


@router.post("/login", dependencies=[Depends(own_form), Depends(attempt)])
async def post_sign_in(request: Request, service: App, visit: CurrentVisit, form: Form) -> Response:
    """A new session, whatever session was there before. Why somebody is refused is not said."""
    database, hours, then = service.database, service.settings.session_hours, form.get("next")
    before = session_secret(request)

    def enter() -> str:
        if "token" in form:
            secret = sign_in.by_token(database, form["token"].strip(), visit, hours)
        else:
            said, password = form.get("username", ""), form.get("password", "")
            secret = sign_in.by_password(database, said, password, visit, hours)
        if before:
            with database.writing() as session:
                sessions.sign_out(session, before, visit)
        return secret

    try:
        secret = await in_turn(request, enter)
    except Unauthenticated:
        failed = "token" if "token" in form else "password"
        said = form.get("username", "")[:254]
        said = "" if control_character(said) else said
        return await in_turn(request, lambda: _ask(request, 401, local_path(then), failed, said))
    answer = Response(status_code=303, headers={"location": local_path(then), **UNKEPT})
    remember_session(request, answer, secret)
    return remember_choices(request, answer)


@router.post("/logout", dependencies=[Depends(own_form)])
def sign_out(
    request: Request, service: App, visit: CurrentVisit, person: CurrentPerson
) -> Response:
    with service.database.writing() as session:
        sessions.sign_out(session, session_secret(request) or "", visit)
    answer = Response(status_code=303, headers={"location": "/login", **UNKEPT})
    forget_session(request, answer)
    return answer


@router.get("/login/role")
def get_roles(
    request: Request, service: App, visit: CurrentVisit, person: CurrentPerson
) -> Response:
    """The roles to choose from, or that there is none."""
    then = local_path(request.query_params.get("next"))
    if person.token_id is not None:
        return Response(status_code=303, headers={"location": then, **UNKEPT})
    _need_second_factor(person)
    with service.database.reading() as session:
        roles = own_account.roles(session, person, visit)
    facts: dict[str, Any] = {"person": person, "roles": roles, "then": then}
    return page(request, "role.html", 200, **facts)


@router.post("/login/role")
def post_role(
    request: Request, service: App, visit: CurrentVisit, person: CurrentPerson, form: Form
) -> Response:
    _need_second_factor(person)
    said = form.get("grant", "")
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        raise NotFound(what=said)
    with service.database.writing() as session:
        sessions.choose(session, person, int(said), visit.now)
    return Response(status_code=303, headers={"location": local_path(form.get("next")), **UNKEPT})


def _need_second_factor(person: Person) -> None:
    if person.enrolled and not person.second_factor:
        raise SecondFactorNeeded(enrolled=True)
