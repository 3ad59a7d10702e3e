"""People over JSON: invited, granted roles, shut out; and what is kept about them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Now, Once, Service, sent_as
from app.domain.access import Role
from app.schemas.fields import Sent
from app.schemas.users import (
    GrantIn,
    GrantOut,
    LinkOut,
    PersonalData,
    PseudonymiseIn,
    UserIn,
    UserMade,
    UserOut,
    UserPatch,
)
from app.services import grants, personal_data, users
from app.services.users import Handover, UserQuery

router = APIRouter(tags=["users"], responses=refusals(403))
# A kept answer would outlive the name it holds: it says which account was made.
SHOWN_ONCE = ("link", "name", "email")
UNKEPT = {"cache-control": "no-store"}


def _handover(app: Service) -> Handover:
    return Handover(app.settings.public_url, app.vault, by_mail=bool(app.settings.smtp_host))


@router.get("/users", response_model=Page[UserOut], responses=refusals(400))
def get_users(  # noqa: PLR0913, PLR0917 - the filters are the contract
    request: Request,
    db: Db,
    actor: CurrentActor,
    now: Now,
    q: Annotated[str | None, Query(max_length=200)] = None,
    unit: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    role: Annotated[list[Role], Query()] = [],  # noqa: B006 - FastAPI copies it
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """`q` without diacritics in names, e-mails; `unit` and `role` of a grant that holds today."""
    with db.reading() as session:
        found = users.read_users(session, actor, UserQuery(q, unit, role), now)
    return page(request, found, cursor, limit)


@router.post(
    "/users",
    status_code=201,
    response_model=UserMade,
    responses=refusals(409, 413),
    openapi_extra=takes(UserIn),
)
def post_user(
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    sent: Annotated[Sent[UserIn], sent_as(UserIn)],
) -> Response:
    """An invitation: by e-mail, or by the `link` of this one answer where that cannot be."""

    def make(session: Any) -> tuple[Any, str]:
        made = users.invite(session, actor, sent, handover=_handover(app), now=now)
        return made, f"/api/v1/users/{made['id']}"

    return creation(app, actor, idempotency, make, secret=SHOWN_ONCE)


@router.get("/users/{id}", response_model=UserOut)
def get_user(request: Request, db: Db, actor: CurrentActor, now: Now, id: str) -> Response:
    with db.reading() as session:
        return reply(request, to_json(users.read_user(session, actor, id, now)))


@router.patch(
    "/users/{id}",
    response_model=UserOut,
    responses=refusals(409, 413),
    openapi_extra=takes(UserPatch),
)
def patch_user(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request,
    db: Db,
    actor: CurrentActor,
    now: Now,
    id: str,
    sent: Annotated[Sent[UserPatch], sent_as(UserPatch)],
) -> Response:
    """`active` false: nothing of the account opens any more, from the next request on."""
    with db.writing() as session:
        revised = users.revise_user(session, actor, id, sent, now=now)
    return reply(request, to_json(revised))


@router.post(
    "/users/{id}/grants",
    status_code=201,
    response_model=GrantOut,
    responses=refusals(409, 413),
    openapi_extra=takes(GrantIn),
)
def post_grant(  # noqa: PLR0913, PLR0917 - what a request brings with it
    app: App,
    actor: CurrentActor,
    now: Now,
    idempotency: Once,
    id: str,
    sent: Annotated[Sent[GrantIn], sent_as(GrantIn)],
) -> Response:
    def make(session: Any) -> tuple[Any, str]:
        return grants.grant_to(session, actor, id, sent, now=now), f"/api/v1/users/{id}"

    return creation(app, actor, idempotency, make)


@router.delete("/users/{id}/grants/{grant}", status_code=204, responses=refusals(409))
def delete_grant(db: Db, actor: CurrentActor, id: str, grant: str) -> Response:
    """Revoked: it opens nothing more, and stays as what was."""
    with db.writing() as session:
        grants.revoke_grant(session, actor, id, grant)
    return Response(status_code=204)


@router.post(
    "/users/{id}/invitation", status_code=201, response_model=LinkOut, responses=refusals(409, 413)
)
def post_invitation(
    app: App, actor: CurrentActor, now: Now, idempotency: Once, id: str
) -> Response:
    """A new link to choose a password; the one before opens nothing any more."""

    def make(session: Any) -> tuple[Any, str]:
        made = users.send_link(session, actor, id, handover=_handover(app), now=now)
        return made, f"/api/v1/users/{id}"

    return creation(app, actor, idempotency, make, secret="link")  # noqa: S106 - a field's name


@router.post("/users/{id}/reset-second-factor", status_code=204, responses=refusals(409))
def post_reset(db: Db, actor: CurrentActor, id: str) -> Response:
    """For who has lost it; the person sets up a new one after signing in."""
    with db.writing() as session:
        users.reset_second_factor(session, actor, id)
    return Response(status_code=204)


@router.delete("/users/{id}/sessions", status_code=204)
def delete_sessions(db: Db, actor: CurrentActor, id: str) -> Response:
    """Signed out everywhere."""
    with db.writing() as session:
        users.end_sessions(session, actor, id)
    return Response(status_code=204)


@router.get("/users/{id}/personal-data", response_model=PersonalData)
def get_personal_data(request: Request, db: Db, actor: CurrentActor, id: str) -> Response:
    """Everything that is kept about one person; that it was read is audited."""
    with db.writing() as session:
        found = personal_data.export(session, actor, id)
    return reply(request, to_json(found), headers=UNKEPT)


@router.get("/me/personal-data", response_model=PersonalData)
def get_own_data(request: Request, db: Db, actor: CurrentActor) -> Response:
    """Everything that is kept about who asks."""
    with db.writing() as session:
        found = personal_data.export_own(session, actor)
    return reply(request, to_json(found), headers=UNKEPT)


@router.post(
    "/users/{id}/pseudonymise",
    response_model=UserOut,
    responses=refusals(409, 413),
    openapi_extra=takes(PseudonymiseIn),
)
def post_pseudonymise(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request,
    db: Db,
    actor: CurrentActor,
    now: Now,
    id: str,
    sent: Annotated[Sent[PseudonymiseIn], sent_as(PseudonymiseIn)],
) -> Response:
    """For good: what the person did stays, under a pseudonym; who it was is forgotten."""
    with db.writing() as session:
        veiled = personal_data.pseudonymise(session, actor, id, sent, now=now)
    return reply(request, to_json(veiled))
