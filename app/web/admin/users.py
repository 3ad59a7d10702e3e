"""People: who may sign in, in which roles, and what an administrator does to an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from app.deps import App, CurrentActor, Now, Service
from app.domain.access import UNIT_ROLES, Actor, Right, Role, require
from app.domain.errors import Fault, NotFound, Refusal
from app.schemas.fields import Sent, read
from app.schemas.users import GrantIn, PseudonymiseIn, UserIn, UserOut, UserPatch
from app.services import grants, personal_data, users
from app.services.users import Handover, UserQuery
from app.web.admin.answers import REFUSED, formed, go, sent_as, unit_choices
from app.web.forms import WordsForm
from app.web.paper import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/users"
LINES = 50
Fields = dict[str, str]


def state_of(user: UserOut) -> str:
    """ "service": it answers for tokens, and nobody was ever invited as it."""
    if user["pseudonymised_at"]:
        return "pseudonymised"
    if not user["active"]:
        return "deactivated"
    if user["password"]:
        return "active"
    return "invited" if user["grants"] else "service"


STATES = ("active", "invited", "deactivated", "pseudonymised", "service")
DONE = (
    *("invited", "revise", "grant", "revoke", "send-link", "reset-second-factor", "end-sessions"),
    *("deactivate", "reactivate", "pseudonymise"),
)


class Asked(NamedTuple):
    """The filters as they stand in the address; empty: none."""

    q: str
    role: str
    unit: str
    state: str

    def shows(self, state: str) -> bool:
        """Without a filter: people, not the names that only answer for a machine's token."""
        return state == self.state if self.state else state != "service"

    def address(self, number: int = 1) -> str:
        query = {name: said for name, said in self._asdict().items() if said}
        query |= {"page": str(number)} if number > 1 else {}
        return f"{LIST}?{urlencode(query)}" if query else LIST


async def _asked(
    q: Annotated[str, Query(max_length=200)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    unit: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
) -> Asked:
    return Asked(
        q.strip(), role if role in set(Role) else "", unit, state if state in STATES else ""
    )


@router.get(LIST)
def get_users_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    asked: Annotated[Asked, Depends(_asked)],
    number: Annotated[int, Query(alias="page", ge=1, le=9999)] = 1,
) -> Response:
    roles = [Role(asked.role)] if asked.role else []
    wanted = UserQuery(asked.q, [asked.unit] if asked.unit else [], roles)
    with service.database.reading() as session:
        found = users.read_users(session, actor, wanted, now)
    here = [one for one in found if asked.shows(state_of(one))]
    first = (number - 1) * LINES
    return page(
        request,
        "admin/people/users.html",
        200,
        asked=asked,
        lines=here[first : first + LINES],
        total=len(here),
        before=asked.address(number - 1) if first else None,
        following=asked.address(number + 1) if first + LINES < len(here) else None,
        state_of=state_of,
        states=STATES,
        roles=[*Role],
        units=unit_choices(request, service),
    )


@router.get(f"{LIST}/new")
def get_new_user(request: Request, service: App, actor: CurrentActor) -> Response:
    require(actor, Right.USER_MANAGE)
    return _new(request, service, {})


def _new(
    request: Request, service: Service, typed: Fields, refusal: Refusal | None = None
) -> Response:
    units, roles = unit_choices(request, service), [*Role]
    return formed(
        request, "admin/people/user_new.html", refusal, typed=typed, units=units, roles=roles
    )


@router.post(LIST)
def post_new_user(
    request: Request, service: App, actor: CurrentActor, now: Now, form: WordsForm
) -> Response:
    """The link for choosing a password goes by e-mail; where it cannot, it is shown this once."""
    names = ("name", "email", "language", "role", "unit", "starts_on", "ends_on", "reason")
    said: dict[str, Any] = {name: form.get(name, "").strip() for name in names}
    said["digest"] = "digest" in form
    try:
        with service.database.writing() as session:
            made = users.invite(
                session, actor, sent_as(UserIn, said), handover=_handover(service), now=now
            )
    except REFUSED as refusal:
        return _new(request, service, form, refusal)
    return _handed_over(request, made)


def _handover(service: Service) -> Handover:
    settings = service.settings
    return Handover(settings.public_url, service.vault, by_mail=bool(settings.smtp_host))


def _handed_over(request: Request, made: Any) -> Response:
    where = f"{LIST}/{made['id']}"
    if made["sent"]:
        return go(f"{where}?done=invited")
    return page(request, "admin/people/link.html", 200, link=made["link"], where=where)


@router.get(f"{LIST}/{{id}}")
def get_user_page(
    request: Request, service: App, actor: CurrentActor, now: Now, id: str
) -> Response:
    return _user(Change(request, service, actor, now, id, {}))


class Change(NamedTuple):
    """What an administrator asks for on the page of an account."""

    request: Request
    service: Service
    actor: Actor
    now: datetime
    id: str
    form: Fields

    def done(self, what: str) -> Response:
        return go(f"{LIST}/{self.id}?done={what}")


def _user(asked: Change, what: str = "", refusal: Refusal | None = None) -> Response:
    """`what` was asked for and refused: its form stands as it was typed."""
    with asked.service.database.reading() as session:
        user = users.read_user(session, asked.actor, asked.id, asked.now)
    done = asked.request.query_params.get("done")
    return formed(
        asked.request,
        "admin/people/user.html",
        refusal,
        user=user,
        state=state_of(user),
        is_own=user["id"] == asked.actor.account_id,
        what=what,
        typed=asked.form,
        units=unit_choices(asked.request, asked.service),
        roles=[*Role],
        unit_roles=UNIT_ROLES,
        done=done if done in DONE else None,
    )


@router.post(f"{LIST}/{{id}}/grants/{{grant}}/revoke")
def post_grant_revoke(
    request: Request, service: App, actor: CurrentActor, now: Now, id: str, grant: str
) -> Response:
    asked = Change(request, service, actor, now, id, {})
    try:
        with service.database.writing() as session:
            grants.revoke_grant(session, actor, id, grant)
    except REFUSED as refusal:
        return _user(asked, "revoke", refusal)
    return asked.done("revoke")


@router.post(f"{LIST}/{{id}}/{{deed}}")
def post_deed(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    form: WordsForm,
    id: str,
    deed: str,
) -> Response:
    require(actor, Right.USER_MANAGE)
    if deed not in DEEDS:
        raise NotFound(what=deed[:40])
    asked = Change(request, service, actor, now, id, form)
    try:
        with service.database.writing() as session:
            made = DEEDS[deed](session, asked)
    except REFUSED as refusal:
        return _user(asked, deed, refusal)
    return _handed_over(request, made) if deed == "send-link" else asked.done(deed)


def _revise(session: Any, asked: Change) -> Any:
    form = asked.form
    said: dict[str, Any] = {name: form.get(name, "").strip() for name in ("name", "language")}
    patch = {**said, "email": form.get("email", "").strip() or None, "digest": "digest" in form}
    return _patched(session, asked, patch)


def _active(*, active: bool) -> Callable[[Any, Change], Any]:
    return lambda session, asked: _patched(session, asked, {"active": active})


def _patched(session: Any, asked: Change, patch: dict[str, Any]) -> UserOut:
    sent = read(UserPatch, Sent(patch))
    return users.revise_user(session, asked.actor, asked.id, sent, now=asked.now)


def _grant(session: Any, asked: Change) -> Any:
    said = {name: asked.form.get(name, "").strip() for name in GrantIn.model_fields}
    sent = sent_as(GrantIn, said)
    return grants.grant_to(session, asked.actor, asked.id, sent, now=asked.now)


def _send_link(session: Any, asked: Change) -> Any:
    handover = _handover(asked.service)
    return users.send_link(session, asked.actor, asked.id, handover=handover, now=asked.now)


def _pseudonymise(session: Any, asked: Change) -> Any:
    sent = sent_as(PseudonymiseIn, {"reason": asked.form.get("reason", "").strip()})
    if "sure" not in asked.form:
        sent = Sent(None, [*sent.faults, Fault("/sure", "invalid", {"reason": "missing"})])
    return personal_data.pseudonymise(session, asked.actor, asked.id, sent, now=asked.now)


DEEDS: dict[str, Callable[[Any, Change], Any]] = {
    "revise": _revise,
    "grant": _grant,
    "send-link": _send_link,
    "reset-second-factor": lambda session, asked: users.reset_second_factor(
        session, asked.actor, asked.id
    ),
    "end-sessions": lambda session, asked: users.end_sessions(session, asked.actor, asked.id),
    "deactivate": _active(active=False),
    "reactivate": _active(active=True),
    "pseudonymise": _pseudonymise,
}
