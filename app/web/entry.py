"""The entry form of a report: filled in, checked while it is typed, kept, and handed on."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import JSON, status_of, to_json
from app.bodies import FORM, fields_of, read_body
from app.deps import App, CurrentActor, Now, Service, from_elsewhere
from app.domain.access import Actor
from app.domain.errors import (
    Conflict,
    Fault,
    Invalid,
    PreconditionFailed,
    Refusal,
    TooLarge,
    WrongStatus,
)
from app.domain.periods import VIETNAM
from app.domain.workflow import WRITABLE
from app.i18n import explain
from app.render.words import period_name
from app.services import drafts
from app.services.definitions import catalogue
from app.services.drafts import Faults, Filling, Kept
from app.services.filing import Circumstances, Precondition
from app.services.places import ReportKey, programme_of
from app.services.preview import preview
from app.web import entry_merge
from app.web.entry_fields import FIELDS, Typed, is_blank, lines_of, typed_in
from app.web.entry_page import (
    NO_FAULTS,
    REASONS,
    live_of,
    sheet_of,
    speaker_of,
    typed_as_stored,
)
from app.web.paper import HTML, UNKEPT, PageRoute, csrf_field, language_of, page, render

# Several long texts, of whose letters each may be nine bytes of a form.
ENTRY_BYTES = 1_000_000
PLACE = "/reports/{programme}/{period}/{unit}/edit"
DONE = ("saved", "merged")
NOBODYS: Mapping[str, str] = {}
NOTHING_TOLD = {"reason": "nothing_to_submit"}


class EntryRoute(PageRoute):
    """Who is no longer signed in gets back what was typed, to be sent again after signing in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            found = await handle(request)
            led_away = found.status_code == 303 and "/login" in found.headers.get("location", "")
            if not led_away and found.status_code != 403:
                return found
            form = await _typed_here(request)
            own = form.get("csrf") == csrf_field(request) != ""
            if "version" not in form or (own and not led_away):
                return found
            status = 401 if led_away else 403
            return await run_in_threadpool(_given_back, request, form, status)

        return answer


async def _typed_here(request: Request) -> Mapping[str, str]:
    """The form that was sent; nothing of what another site's page sends: it was not typed here."""
    if not request.headers.get("content-type", "").startswith(FORM) or from_elsewhere(request):
        return {}
    try:
        return fields_of(await read_body(request, ENTRY_BYTES))
    except TooLarge:
        return {}


def _given_back(request: Request, form: Mapping[str, str], status: int) -> Response:
    """Not taken, and nothing lost: every field again. 403: signed in again, so that the form only
    has to be sent once more."""
    return page(
        request,
        "entry/given_back.html",
        status,
        fields={name: text for name, text in form.items() if name != "csrf"},
        typed=[(*_named(name), text) for name, text in form.items() if "/" in name and text],
        address=request.url.path,
        back=status,
    )


def _named(name: str) -> tuple[str, str]:
    """Code of the target, and the field below it."""
    code, *_, field = name.split("/")
    return code, field if field in FIELDS else "other"


router = APIRouter(route_class=EntryRoute, include_in_schema=False)


async def _key(programme: str, period: str, unit: str) -> ReportKey:
    return ReportKey(programme, period, unit)


async def _form(request: Request, actor: CurrentActor) -> dict[str, str]:
    """After it is known who sends it."""
    return fields_of(await read_body(request, ENTRY_BYTES))


Key = Annotated[ReportKey, Depends(_key)]
EntryForm = Annotated[dict[str, str], Depends(_form)]


class Desk(NamedTuple):
    """Who fills in which report, when, and in which language."""

    request: Request
    service: Service
    actor: Actor
    now: datetime
    key: ReportKey

    @property
    def language(self) -> str:
        return language_of(self.request)

    def given(self, version: int) -> Circumstances:
        seen = Precondition(frozenset({version})) if version else Precondition(must_be_new=True)
        return Circumstances(self.now, self.service.signer, seen, channel="page")

    def filling(self) -> Filling:
        with self.service.database.reading() as session:
            return drafts.to_fill(session, self.actor, self.key)

    def keep(self, filling: Filling, typed: Mapping[str, Typed], version: int) -> Kept:
        lines = lines_of(filling.targets, typed)
        with self.service.database.writing() as session:
            return drafts.keep(session, self.actor, self.key, lines, self.given(version))


async def _desk(request: Request, service: App, actor: CurrentActor, now: Now, key: Key) -> Desk:
    return Desk(request, service, actor, now, key)


AtDesk = Annotated[Desk, Depends(_desk)]


def _version(said: str | None) -> int:
    """The revision of the report that the page showed; 0: none was there. -1: no number."""
    text = said or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class Shown(NamedTuple):
    """A form that is shown again: as typed, with what is wrong. `refused`: why none of it was
    taken; `version` as it is after what could be kept."""

    typed: Mapping[str, Typed]
    version: int
    faults: Faults = NO_FAULTS
    refused: str = ""
    kept: bool = False


@router.get(PLACE)
def get_entry(desk: AtDesk) -> Response:
    """Where nothing can be written, in words why."""
    try:
        filling = desk.filling()
        with desk.service.database.reading() as session:
            drafts.check_takes(session, filling, desk.now)
    except (Conflict, Invalid) as refusal:
        defined = desk.service.database.kept("catalogue", catalogue)
        programme = programme_of(defined, desk.key.programme)
        when = programme.periods[desk.key.period].period
        return page(
            desk.request,
            "entry/shut.html",
            200,
            key=desk.key,
            programme=programme,
            when=period_name(when, desk.language),
            words=words_of(refusal, desk.language),
            handed_in=isinstance(refusal, WrongStatus),
        )
    return _entry(desk, filling)


def words_of(refusal: Refusal, language: str) -> str:
    fault = next(iter(refusal.faults), Fault("", refusal.code, refusal.facts))
    return explain(fault.code, language, fault.facts)


def _entry(desk: Desk, filling: Filling, shown: Shown | None = None, status: int = 200) -> Response:
    typed = typed_as_stored(filling) if shown is None else shown.typed
    with desk.service.database.reading() as session:
        lines = lines_of(filling.targets, typed)
        looked = preview(session, desk.actor, desk.key, lines, filling.last)
    faults = NO_FAULTS if shown is None else shown.faults
    done = desk.request.query_params.get("done")
    return page(
        desk.request,
        "entry/form.html",
        status,
        filling=filling,
        sheet=sheet_of(filling, looked, desk.language, typed, faults),
        path=f"/{desk.key.path}",
        version=filling.version if shown is None else shown.version,
        refused=shown.refused if shown else "",
        kept=shown.kept if shown else False,
        reasons=REASONS,
        done=done if done in DONE else None,
    )


@router.post(PLACE)
def post_entry(desk: AtDesk, form: EntryForm) -> Response:
    """Kept as a draft as far as it can be; `do` says what for: "check" keeps nothing, "submit"
    goes on to where the report is handed in, "merge" brings a choice between two."""
    filling = desk.filling()
    typed, version = typed_in(filling.targets, form), _version(form.get("version"))
    if form.get("do") == "check":
        lines = lines_of(filling.targets, typed)
        with desk.service.database.reading() as session:
            faults = drafts.faults_in(session, desk.actor, desk.key, lines)
        return _entry(desk, filling, Shown(typed, version, faults))
    if form.get("do") == "merge":
        return _merge(desk, filling, typed, form)
    return _keep(desk, filling, typed, version, on=form.get("do") == "submit")


def _keep(
    desk: Desk, filling: Filling, typed: Mapping[str, Typed], version: int, *, on: bool
) -> Response:
    try:
        kept = desk.keep(filling, typed, version)
    except PreconditionFailed:
        return _differing(desk, typed, version)
    except (Conflict, Invalid) as refusal:
        shown = Shown(typed, version, refused=words_of(refusal, desk.language))
        return _entry(desk, filling, shown, status_of(refusal))
    nothing = on and all(is_blank(one) for one in typed.values())
    if kept.faults or nothing:
        refused = explain("invalid", desk.language, NOTHING_TOLD) if nothing else ""
        shown = Shown(typed, kept.version, kept.faults, refused, kept=kept.version > version)
        return _entry(desk, filling, shown, 422)
    return _to(f"/{desk.key.path}/submit" if on else f"/{desk.key.path}/edit?done=saved")


def _differing(
    desk: Desk,
    typed: Mapping[str, Typed],
    base: int,
    chosen: Mapping[str, str] = NOBODYS,
    status: int = 412,
) -> Response:
    """Somebody else has written since version `base`: to be chosen from, and nothing is dropped."""
    with desk.service.database.reading() as session:
        between = drafts.meanwhile(session, desk.actor, desk.key, base)
        filling = drafts.to_fill(session, desk.actor, desk.key)
    found = entry_merge.differences(between, filling.targets, typed, chosen, desk.language)
    return page(
        desk.request,
        "entry/merge.html",
        status,
        between=between,
        base=base,
        differences=found,
        fields={f"{code}/{name}": t for code, one in typed.items() for name, t in one.items() if t},
        when=sheet_of(filling, {}, desk.language).when,
        path=f"/{desk.key.path}",
        takes=between.status in WRITABLE,
        undecided=list(entry_merge.undecided(found)) if status == 422 else [],
    )


def _merge(
    desk: Desk, filling: Filling, typed: Mapping[str, Typed], form: Mapping[str, str]
) -> Response:
    base, version = _version(form.get("base")), _version(form.get("version"))
    prefix = "choose/"
    chosen = {name[len(prefix) :]: one for name, one in form.items() if name.startswith(prefix)}
    with desk.service.database.reading() as session:
        between = drafts.meanwhile(session, desk.actor, desk.key, base)
    if between.version != version:
        return _differing(desk, typed, base, chosen)
    found = entry_merge.differences(between, filling.targets, typed, chosen, desk.language)
    if any(entry_merge.undecided(found)):
        return _differing(desk, typed, base, chosen, 422)
    whole = entry_merge.merged(between, typed, found)
    answer = _keep(desk, filling, whole, version, on=False)
    if answer.status_code == 303:
        return _to(f"/{desk.key.path}/edit?done=merged")
    return answer


@router.post(f"{PLACE}/check")
def post_check(desk: AtDesk, form: EntryForm) -> Response:
    """What one card makes, while it is typed: a piece of the page."""
    filling = desk.filling()
    target = next((one for one in filling.targets if one.code == form.get("card")), None)
    if target is None:
        raise Invalid([Fault("/card", "unknown_target", {"target": form.get("card", "")[:60]})])
    typed = typed_in([target], form)
    with desk.service.database.reading() as session:
        lines = lines_of([target], typed)
        looked = preview(session, desk.actor, desk.key, lines, filling.last)[target.code]
    blank = is_blank(typed.get(target.code, {}))
    live = live_of(speaker_of(filling, desk.language), target, looked, blank=blank)
    body = render("entry/live.html", desk.language, live=live, quiet=False)
    return Response(body, 200, UNKEPT, HTML)


@router.post(f"{PLACE}/draft")
def post_draft(desk: AtDesk, form: EntryForm) -> Response:
    """Kept while it is typed, for the page's script: the version as it is now, when, and the lines
    that could not be kept yet. 412: somebody else has written; 409, 422: in words why not."""
    filling, version = desk.filling(), _version(form.get("version"))
    try:
        kept = desk.keep(filling, typed_in(filling.targets, form), version)
    except (PreconditionFailed, Conflict, Invalid) as refusal:
        words = words_of(refusal, desk.language)
        return _json({"message": words}, status_of(refusal))
    at = f"{desk.now.astimezone(VIETNAM):%H:%M}"
    return _json({"version": kept.version, "at": at, "left": list(kept.faults)}, 200)


def _json(content: Any, status: int) -> Response:
    return Response(to_json(content), status, UNKEPT, JSON)


def _to(address: str) -> Response:
    return Response(status_code=303, headers={"location": address, **UNKEPT})
