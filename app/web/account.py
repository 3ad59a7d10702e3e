"""A person's own account: forgotten and new passwords, roles, sessions."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response

from app.deps import App, CurrentActor, CurrentVisit, Service
from app.domain.access import Actor
from app.domain.errors import Invalid, NotFound
from app.domain.periods import day_in_vietnam
from app.services import own_account, own_password
from app.services.sessions import Visit
from app.web.forms import Form, attempt, in_turn, not_twice, own_form, why
from app.web.paper import UNKEPT, PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
AT_DOOR = [Depends(own_form), Depends(attempt)]
DONE = ("password", "session", "sessions")


@router.get("/login/forgot")
def get_forgotten(request: Request) -> Response:
    return page(request, "forgotten.html", 200, sent=False)


@router.post("/login/forgot", dependencies=AT_DOOR)
def post_forgotten(request: Request, service: App, visit: CurrentVisit, form: Form) -> Response:
    """The same answer for everybody: whether there is such an account is not said."""
    said, where = form.get("username", ""), service.settings.public_url
    own_password.forgotten(service.database, said, visit, service.vault, where)
    return page(request, "forgotten.html", 200, sent=True)


@router.get("/welcome")
def get_welcome(request: Request, service: App, visit: CurrentVisit) -> Response:
    return _welcome(request, service, visit, request.query_params.get("link", ""))


@router.post("/welcome", dependencies=AT_DOOR)
async def post_welcome(request: Request, service: App, visit: CurrentVisit, form: Form) -> Response:
    """Whoever has the link chooses the password, and then signs in with it."""
    link, password = form.get("link", ""), form.get("password", "")

    def choose() -> Response:
        if password != form.get("again"):
            return _welcome(request, service, visit, link, not_twice(request))
        try:
            own_password.choose(service.database, link, password, visit)
        except NotFound:
            return _welcome(request, service, visit, "")
        except Invalid as refusal:
            return _welcome(request, service, visit, link, why(request, refusal.faults))
        return _to("/login?done=password")

    return await in_turn(request, choose)


def _welcome(
    request: Request, service: Service, visit: Visit, link: str, wrong: dict[str, str] | None = None
) -> Response:
    try:
        with service.database.reading() as session:
            holder = own_password.holder(session, link, visit)
    except NotFound:
        return page(request, "welcome.html", 404, holder=None)
    status = 422 if wrong else 200
    return page(request, "welcome.html", status, holder=holder, link=link, wrong=wrong or {})


@router.get("/account")
def get_account(
    request: Request, service: App, visit: CurrentVisit, actor: CurrentActor
) -> Response:
    return _account(request, service, visit, actor)


@router.post("/account/password", dependencies=[Depends(attempt)])
async def post_password(
    request: Request, service: App, visit: CurrentVisit, actor: CurrentActor, form: Form
) -> Response:
    def change() -> Response:
        if form.get("password", "") != form.get("again"):
            return _account(request, service, visit, actor, not_twice(request))
        old, new = form.get("old", ""), form.get("password", "")
        try:
            own_password.change(service.database, actor, old, new, visit)
        except Invalid as refusal:
            return _account(request, service, visit, actor, why(request, refusal.faults))
        return _to("/account?done=password")

    return await in_turn(request, change)


@router.post("/account/sessions/{id}/end")
def post_session_end(service: App, actor: CurrentActor, id: str) -> Response:
    with service.database.writing() as session:
        own_account.end_session(session, actor, id)
    return _to("/account?done=session")


@router.post("/account/sessions/end")
def post_sessions_end(service: App, actor: CurrentActor) -> Response:
    with service.database.writing() as session:
        own_account.end_other_sessions(session, actor)
    return _to("/account?done=sessions")


def _account(
    request: Request,
    service: Service,
    visit: Visit,
    actor: Actor,
    wrong: dict[str, str] | None = None,
) -> Response:
    idle = timedelta(minutes=service.settings.session_idle_minutes)
    with service.database.reading() as session:
        own = own_account.own(session, actor, visit, idle)
    done = request.query_params.get("done")
    return page(
        request,
        "account.html",
        422 if wrong else 200,
        own_account=own,
        today=day_in_vietnam(visit.now),
        wrong=wrong or {},
        done=done if done in DONE else None,
    )


def _to(address: str) -> Response:
    return Response(status_code=303, headers={"location": address, **UNKEPT})
