"""Files that came in: what each held, what is wrong where, and what to do with it next."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from app.answers import XLSX, file_reply
from app.bodies import fields_of, read_body
from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor, Right, Subject, require
from app.domain.errors import NotFound
from app.i18n import explain
from app.incoming import Order, apart
from app.render.words import period_name
from app.schemas.imports import Mode, Wish
from app.services import import_jobs, imports
from app.services.definitions import catalogue
from app.services.filing import Circumstances
from app.sheets.intake import Asked
from app.sheets.summary import told
from app.web.mapping import corrected, doubts, has_doubtful_occasion, units_said
from app.web.paper import PageRoute, language_of, page
from app.web.upload import TRY, carried_out, places_for
from app.workbooks import File

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_LINES, MOST_FAULTS = 100, 300
MAPPING_BYTES = 400_000
CHANGED = ("created", "updated", "cleared")
SAFE = {"content-security-policy": "sandbox; default-src 'none'", "cache-control": "no-store"}


async def _sender(actor: CurrentActor) -> Actor:
    require(actor, Right.IMPORT_READ, Subject(own=True))
    return actor


Sender = Annotated[Actor, Depends(_sender)]


class Line(NamedTuple):
    """A file in the list."""

    id: str
    name: str
    by: str
    at: Any
    status: str
    counts: Mapping[str, int]


@router.get("/imports")
def get_imports(request: Request, service: App, actor: Sender, now: Now) -> Response:
    given = Circumstances(now, service.signer)
    with service.database.reading() as session:
        jobs = import_jobs.jobs_of(session, actor)
        kept = imports.imports_of(session, actor, given, MOST_LINES)
    lines = [Line(one.id, one.file_name, one.by, one.received_at, one.state, {}) for one in jobs]
    for one in kept:
        summary = json.loads(one.summary)
        counts = summary["counts"]
        lines.append(Line(one.id, one.file_name, one.by, one.at, summary["status"], counts))
    return page(request, "reports/imports.html", 200, files=lines)


@router.get("/imports/{id}")
def get_import_page(request: Request, service: App, actor: Sender, now: Now, id: str) -> Response:
    return _import(request, service, actor, now, id)


def _import(
    request: Request,
    service: Service,
    actor: Actor,
    now: datetime,
    id: str,
    refused: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Response:
    """`refused`: what was said of its doubts, and what of that is wrong, by field."""
    language, given = language_of(request), Circumstances(now, service.signer)
    with service.database.reading() as session:
        defined = catalogue(session)
        try:
            summary = imports.summary_of(session, actor, id, given)
        except NotFound:
            return _waiting(request, import_jobs.progress_of(session, actor, id))
        places = places_for(session, actor, now, language) if has_doubtful_occasion(summary) else []
    found = told(summary, language)
    programme = defined.programmes.get(found["programme"] or "")
    period = programme.periods.get(found["period"] or "") if programme else None
    counts = found["counts"]
    return page(
        request,
        "reports/import.html",
        422 if refused[1] else 200,
        said=refused[0],
        wrong=refused[1],
        found=found,
        programme=programme,
        when=period_name(period.period, language) if period else "",
        changed=sum(counts[name] for name in CHANGED),
        faults=found["errors"][:MOST_FAULTS],
        more=max(0, len(found["errors"]) - MOST_FAULTS),
        doubts=doubts(summary) if summary["status"] != "stored" else [],
        targets=_targets(defined, programme, period),
        places=places,
        units=[(one.code, one.names[-1].short_vi) for one in defined.units.values()],
        path_of=_path_of,
    )


def _targets(defined: Any, programme: Any, period: Any) -> list[str]:
    """What a heading may be said to mean; of every programme until one is chosen."""
    chosen = [programme] if programme else list(defined.programmes.values())
    on = period.period.ends_on if period else None
    return [target.code for one in chosen for target in one.targets_on(on)]


def _path_of(report: Mapping[str, str]) -> str:
    """The page of a report that the summary names."""
    return report["self"].removeprefix("/api/v1")


def _waiting(request: Request, job: Mapping[str, Any]) -> Response:
    refusal = job["refusal"]
    why = explain(refusal["code"], language_of(request), refusal["facts"]) if refusal else ""
    return page(request, "reports/waiting.html", 200, job=job, why=why)


async def _form(request: Request) -> dict[str, str]:
    """Of many fields: one file may have hundreds of headings."""
    return fields_of(await read_body(request, MAPPING_BYTES))


LongForm = Annotated[dict[str, str], Depends(_form)]


def kept_file(
    service: Service, actor: Actor, id: str, now: datetime
) -> tuple[File, dict[str, Any]]:
    """The bytes as they came, and what is known of them."""
    given = Circumstances(now, service.signer)
    with service.database.reading() as session:
        summary = imports.summary_of(session, actor, id, given)
        content = imports.file_of(session, actor, id, given)
    return File(summary["file"]["name"], content), summary


@router.post("/imports/{id}/store")
async def post_store(
    request: Request, service: App, actor: Sender, now: Now, id: str, form: LongForm
) -> Response:
    """Everything, or what has no fault, of a file that was tried; pressed twice, stored once."""
    mode = Mode.PARTIAL if form.get("mode") == Mode.PARTIAL else Mode.ATOMIC
    wish = Wish(mode, submit=form.get("submit") == "1")

    def work() -> Response:
        file, summary = kept_file(service, actor, id, now)
        said = summary.get("said") or {}
        asked = Asked.again(said, actor.unit, language_of(request))
        return carried_out(service, actor, Order(file, asked, wish), now, f"store {id} {wish}")

    return await apart(request, work)


@router.post("/imports/{id}/mapping")
async def post_mapping(
    request: Request, service: App, actor: Sender, now: Now, id: str, form: LongForm
) -> Response:
    """The same file, read as its sender says: tried again."""

    def work() -> Response:
        file, summary = kept_file(service, actor, id, now)
        with service.database.reading() as session:
            known = catalogue(session).units
        if wrong := {name: code for name, code in units_said(summary, form) if code not in known}:
            language = language_of(request)
            words = {n: explain("unknown_unit", language, {"value": c}) for n, c in wrong.items()}
            return _import(request, service, actor, now, id, (form, words))
        said = corrected(summary, form)
        asked = Asked.again(said, actor.unit, language_of(request))
        return carried_out(service, actor, Order(file, asked, TRY), now, f"mapping {id} {said}")

    return await apart(request, work)


@router.get("/imports/{id}/file")
def get_file(request: Request, service: App, actor: Sender, now: Now, id: str) -> Response:
    """Byte for byte as it was sent; to be kept, never shown in the page."""
    file, _ = kept_file(service, actor, id, now)
    answer = file_reply(request, file.content, file.name, XLSX)
    answer.headers.update(SAFE)
    return answer
