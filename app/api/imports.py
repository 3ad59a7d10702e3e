"""Workbooks in: a file goes through the fence, its lines through the use case that JSON uses."""

from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from app.answers import XLSX, etag_of, file_reply, reply, to_json
from app.api.contract import PROBLEM_REF, refusals
from app.bodies import Upload, read_upload
from app.deps import App, CurrentActor, Language, Now
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.i18n import explain
from app.incoming import Order, apart, queue, take_in
from app.schemas.fields import parse_json, read
from app.schemas.imports import ImportJobOut, ImportOut, MappingIn, Mode, Wish
from app.services import import_jobs, imports
from app.services.filing import Circumstances
from app.services.idempotency import Answer
from app.sheets.fence import INTERACTIVE
from app.sheets.intake import Asked
from app.sheets.summary import told
from app.workbooks import File, annotated

router = APIRouter(prefix="/imports", tags=["imports"], responses=refusals(403))
MOST_FORM_BYTES = 1_000_000  # what a form may hold beside the file: a mapping


async def _importer(actor: CurrentActor) -> Actor:
    """Refused before the first byte of a file is read."""
    imports.may_import(actor)
    return actor


Importer = Annotated[Actor, Depends(_importer)]


async def _upload(request: Request, actor: Importer) -> Upload:
    return await read_upload(
        request, INTERACTIVE.most_bytes, fields=["mapping"], most_field_bytes=MOST_FORM_BYTES
    )


def _corrections(upload: Upload) -> MappingIn | None:
    said = upload.fields.get("mapping")
    if said is None:
        return None
    return read(MappingIn, parse_json(said.encode()), "/mapping").judged()


@router.post(
    "",
    status_code=201,
    response_model=ImportOut,
    responses={
        **refusals(409, 413),
        200: {"model": ImportOut, "description": "A dry run: nothing was stored"},
        202: {"model": ImportJobOut, "description": "It is read in its turn (Prefer)"},
        422: {
            "model": ImportOut,
            "description": "Refused: nothing was stored; or the file cannot be read (a problem)",
            "content": {"application/problem+json": {"schema": {"$ref": PROBLEM_REF}}},
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            "mapping": {"type": "string", "description": "JSON: MappingIn"},
                        },
                    }
                }
            },
        }
    },
)
async def post_import(
    request: Request,
    app: App,
    actor: Importer,
    now: Now,
    language: Language,
    upload: Annotated[Upload, Depends(_upload)],
    mode: Mode = Mode.ATOMIC,
    dry_run: bool = False,
    submit: bool = False,
    programme: Annotated[str | None, Query(max_length=40)] = None,
    period: Annotated[str | None, Query(max_length=10)] = None,
    idempotency_key: Annotated[str | None, Header(pattern="^[!-~]{1,200}$")] = None,
    prefer: Annotated[str, Header()] = "",
) -> Response:
    """Take in a workbook: our template, the consolidated sheet, or any sheet with a mapping.

    With `Prefer: respond-async` (RFC 7240) a long file is answered 202 at once and read in its
    turn, under the limits for the centre; the same address then tells how far it has come.
    """
    asked = Asked(programme, period, actor.unit, _corrections(upload), language=language)
    file = File(upload.name, upload.content)
    order = Order(file, asked, Wish(mode, dry_run, submit))

    def wait() -> Response:
        answer = queue(app, actor, order, now, idempotency_key)
        job = orjson.loads(answer.body)
        return _answered(_job(job, language), answer, job["id"])

    def work() -> Response:
        answer = take_in(app, actor, order, now, idempotency_key)
        summary = orjson.loads(answer.body)
        return _answered(to_json(told(summary, language)), answer, summary["id"])

    return await apart(request, wait if "respond-async" in prefer.lower() else work)


def _answered(body: bytes, answer: Answer, id_: str) -> Response:
    headers = {"etag": f'"{etag_of(body)}"', "cache-control": "no-store"}
    if answer.status in (201, 202):
        headers["location"] = f"/api/v1/imports/{id_}"
    if answer.status == 202:
        headers |= {"preference-applied": "respond-async", "retry-after": "1"}
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    return Response(body, answer.status, headers, "application/json")


def _job(job: dict[str, Any], language: str) -> bytes:
    told = {name: fact for name, fact in job.items() if name != "refusal"}
    if refusal := job["refusal"]:
        message = explain(refusal["code"], language, refusal["facts"])
        told["problem"] = {"code": refusal["code"], "detail": message}
    return to_json(told)


@router.get("/{id}", response_model=ImportOut | ImportJobOut)
def get_import(
    request: Request, app: App, actor: Importer, now: Now, language: Language, id: str
) -> Response:
    given = Circumstances(now, app.signer)
    with app.database.reading() as session:
        try:
            summary = imports.summary_of(session, actor, id, given)
        except NotFound:
            job = import_jobs.progress_of(session, actor, id)
            return reply(request, _job(job, language), headers={"retry-after": "1"})
    return reply(request, to_json(told(summary, language)))


@router.get("/{id}/annotated.xlsx", response_class=Response)
async def get_annotated(
    request: Request, app: App, actor: Importer, now: Now, language: Language, id: str
) -> Response:
    """The sender's own file with every fault coloured, commented and listed."""

    def work() -> tuple[str, bytes]:
        given = Circumstances(now, app.signer)
        with app.database.reading() as session:
            summary = imports.summary_of(session, actor, id, given)
            file = File(summary["file"]["name"], imports.file_of(session, actor, id, given))
        return file.name, annotated(app.fence, file, summary, language)

    name, body = await apart(request, work)
    return file_reply(request, body, f"{Path(name).stem}-loi.xlsx", XLSX)
