"""The second factor's pages: asked for at sign-in, and set up in one's own account."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

import pyotp
import segno
from fastapi import APIRouter, Request, Response

from app.deps import App, CurrentPerson, Now, Service
from app.domain.access import Role
from app.domain.errors import NotFound
from app.i18n import say
from app.services import second_factor
from app.services.second_factor import Proof
from app.services.sessions import Person
from app.web.forms import Form, local_path
from app.web.paper import UNKEPT, PageRoute, language_of, page, remember_choices, remember_session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
OWN = "/account/second-factor"
DOT_PIXELS = 5


class Change(NamedTuple):
    """What a person asks for in their own account."""

    request: Request
    service: Service
    person: Person
    form: dict[str, str]
    now: datetime

    @property
    def proof(self) -> Proof:
        return Proof(self.form.get("code", "")[:100], self.now, self.service.vault)

    @property
    def then(self) -> str:
        return local_path(self.form.get("next"))


@router.get("/login/second-factor")
def ask_for_code(request: Request, person: CurrentPerson) -> Response:
    then = local_path(request.query_params.get("next"))
    if person.token_id is not None or person.second_factor:
        return _go(request, then)
    if not person.enrolled:
        return _go(request, f"{OWN}?{urlencode({'next': then})}")
    return page(request, "second_factor.html", 200, then=then, failed=False)


@router.post("/login/second-factor")
def pass_with_code(
    request: Request, service: App, person: CurrentPerson, form: Form, now: Now
) -> Response:
    """A session that has passed, in the place of the one that has not."""
    asked = Change(request, service, person, form, now)
    if person.token_id is not None or person.second_factor:
        return _go(request, asked.then)
    with service.database.writing() as session:
        hours = service.settings.session_hours
        secret = second_factor.let_in(session, person, asked.proof, hours)
    if secret is None:
        return page(request, "second_factor.html", 401, then=asked.then, failed=True)
    answer = _go(request, asked.then)
    remember_session(request, answer, secret)
    return answer


@router.get(OWN)
def get_own(request: Request, service: App, person: CurrentPerson, now: Now) -> Response:
    return _own(Change(request, service, person, dict(request.query_params), now))


@router.post(OWN)
def change_own(
    request: Request, service: App, person: CurrentPerson, form: Form, now: Now
) -> Response:
    """`do` says what; all but enrolling needs a code. A wrong one is said beside its form."""
    asked = Change(request, service, person, form, now)
    what = form.get("do", "")
    if what not in CHANGES:
        raise NotFound(what=what[:40])
    return CHANGES[what](asked) or _own(asked, failed=what)


def _enrol(asked: Change) -> Response:
    with asked.service.database.writing() as session:
        second_factor.enrol(session, asked.person, asked.service.vault)
    return _go(asked.request, f"{OWN}?{urlencode({'next': asked.then})}")


def _confirm(asked: Change) -> Response | None:
    hours = asked.service.settings.session_hours
    with asked.service.database.writing() as session:
        done = second_factor.confirm(session, asked.person, asked.proof, hours)
    if done is None:
        return None
    answer = _codes(asked, done.recovery_codes)
    remember_session(asked.request, answer, done.session_secret)
    return answer


def _renew(asked: Change) -> Response | None:
    with asked.service.database.writing() as session:
        codes = second_factor.renew_recovery_codes(session, asked.person, asked.proof)
    return None if codes is None else _codes(asked, codes)


def _remove(asked: Change) -> Response | None:
    required_for = _required_for(asked.service)
    with asked.service.database.writing() as session:
        gone = second_factor.give_up(session, asked.person, asked.proof, required_for)
    return _go(asked.request, OWN) if gone else None


CHANGES: dict[str, Callable[[Change], Response | None]] = {
    "enrol": _enrol,
    "confirm": _confirm,
    "renew": _renew,
    "remove": _remove,
}


def _own(asked: Change, failed: str = "") -> Response:
    service, person = asked.service, asked.person
    with service.database.reading() as session:
        found = second_factor.standing(
            session, person, asked.now, service.vault, _required_for(service)
        )
    return page(
        asked.request,
        "own_factor.html",
        422 if failed else 200,
        found=found,
        picture=_picture(asked.request, person, found.secret) if found.secret else None,
        then=asked.then,
        failed=failed,
    )


def _picture(request: Request, person: Person, secret: str) -> str:
    """What an app reads with the camera: a QR code, black on white whatever the page's colours."""
    issuer = say("page.service", language_of(request))
    address = pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name=issuer)
    code = segno.make_qr(address, error="m")
    return code.svg_data_uri(scale=DOT_PIXELS, dark="#000", light="#fff")


def _codes(asked: Change, codes: list[str]) -> Response:
    return page(asked.request, "recovery_codes.html", 200, codes=codes, then=asked.then)


def _required_for(service: Service) -> frozenset[Role]:
    return service.settings.second_factor_for or frozenset()


def _go(request: Request, path: str) -> Response:
    answer = Response(status_code=303, headers={"location": path, **UNKEPT})
    return remember_choices(request, answer)
