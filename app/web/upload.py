"""Workbooks that people send from a page: tried first, then stored, and nothing is lost between."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers import status_of
from app.bodies import Upload, read_upload
from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid, NotFound, Refusal, TooManyRequests
from app.domain.targets import Catalogue
from app.i18n import explain, titled
from app.incoming import Order, apart, queue, take_in
from app.render.words import period_name
from app.schemas.imports import Mode, Wish
from app.services import due, imports
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of
from app.sheets.fence import INTERACTIVE
from app.sheets.intake import Asked
from app.web.forms import once_key
from app.web.paper import UNKEPT, PageRoute, language_of, page
from app.workbooks import File

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_FIELD_BYTES = 2_000
# From here on a file is read in its turn, and its sender sees how far that has come.
LONG_BYTES = 1_000_000
TRY = Wish(Mode.PARTIAL, dry_run=True)
Said = Annotated[str, Query(max_length=60)]
Places = list[tuple[str, list[tuple[str, str]]]]


async def _importer(actor: CurrentActor) -> Actor:
    """Refused before the first byte of a file is read."""
    imports.may_import(actor)
    return actor


Importer = Annotated[Actor, Depends(_importer)]


@router.get("/upload")
def get_upload(
    request: Request,
    service: App,
    actor: Importer,
    now: Now,
    programme: Said = "",
    period: Said = "",
    place: Said = "",
) -> Response:
    """`place` is both, as the list on the page says them."""
    chosen = place or (f"{programme}/{period}" if programme and period else "")
    return _upload(request, service, actor, now, chosen)


def _upload(
    request: Request,
    service: Service,
    actor: Actor,
    now: datetime,
    chosen: str,
    refused: Refusal | None = None,
) -> Response:
    language = language_of(request)
    with service.database.reading() as session:
        places = places_for(session, actor, now, language)
        if chosen:
            _check(catalogue(session), chosen)
    fault = next(iter(refused.faults), None) if refused else None
    why = ""
    if refused is not None:
        code, facts = (fault.code, fault.facts) if fault else (refused.code, refused.facts)
        why = explain(code, language, facts)
    return page(
        request,
        "reports/upload.html",
        status_of(refused) if refused else 200,
        places=places,
        chosen=chosen,
        wrong={"file": why} if why else {},
        once=secrets.token_hex(12),
        megabytes=INTERACTIVE.most_bytes // 1_000_000,
    )


def _check(defined: Catalogue, chosen: str) -> None:
    """NotFound for a programme or a period that there is not."""
    programme, _, period = chosen.partition("/")
    period_of(programme_of(defined, programme), period)


def places_for(session: Any, actor: Actor, now: datetime, language: str) -> Places:
    """Programmes, each with the periods that the sender may bring in: for a unit's people those
    that ask it, the most pressing first; at the centre all, the newest first."""
    defined = catalogue(session)
    pressing = [
        (one.place.programme.code, one.place.period) for one in due.due(session, actor, now)
    ]
    found: Places = []
    for programme in defined.programmes.values():
        asked = [period for code, period in pressing if code == programme.code]
        if actor.at_centre:
            asked = [*programme.periods.values()][::-1]
        options = {
            f"{programme.code}/{one.code}": period_name(one.period, language) for one in asked
        }
        if options:
            title = titled(programme, "title", language) or programme.code
            found.append((title, list(options.items())))
    return found


async def _sent(request: Request, actor: Importer) -> Upload | Refusal:
    try:
        return await read_upload(
            request,
            INTERACTIVE.most_bytes,
            fields=("csrf", "once", "place"),
            most_field_bytes=MOST_FIELD_BYTES,
        )
    except Refusal as refusal:
        return refusal


@router.post("/upload")
async def post_upload(
    request: Request,
    service: App,
    actor: Importer,
    now: Now,
    upload: Annotated[Upload | Refusal, Depends(_sent)],
) -> Response:
    """Tried, and kept for a day: the page that follows says what it holds and asks what to do."""

    def work() -> Response:
        chosen = ""
        try:
            if isinstance(upload, Refusal):
                raise upload
            chosen = upload.fields.get("place", "")
            if not upload.content:
                raise Invalid([Fault("/file", "invalid", {"reason": "no_file"})])
            asked = asked_for(chosen, actor, language_of(request))
            order = Order(File(upload.name, upload.content), asked, TRY)
            return carried_out(service, actor, order, now, upload.fields.get("once", ""))
        except (NotFound, TooManyRequests):
            raise
        except Refusal as refusal:
            return _upload(request, service, actor, now, chosen, refusal)

    return await apart(request, work)


def asked_for(chosen: str, actor: Actor, language: str) -> Asked:
    programme, _, period = chosen.partition("/")
    return Asked(programme or None, period or None, actor.unit, language=language)


def carried_out(service: Service, actor: Actor, order: Order, now: datetime, once: str) -> Response:
    """Read at once, or in its turn where it is long; sent twice, it is taken once. What was typed
    into another form of the same page is no repetition."""
    key = once_key(once, order.digest("form"))
    take = queue if len(order.file.content) >= LONG_BYTES else take_in
    answer = take(service, actor, order, now, key)
    told: Mapping[str, Any] = orjson.loads(answer.body)
    return Response(status_code=303, headers={"location": f"/imports/{told['id']}", **UNKEPT})
