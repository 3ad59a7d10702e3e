"""Workbooks in: a file goes through the fence, its lines through the use case that JSON uses."""

import hashlib
import re
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import anyio
import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.formparsers import MultiPartException, MultiPartParser

from app.answers import XLSX, etag_of, file_reply, reply, to_json
from app.api.contract import PROBLEM_REF, refusals
from app.deps import App, CurrentActor, Language, Now, Service
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid, NotFound, TooLarge, Unavailable
from app.domain.text import control_character, nfc
from app.i18n import explain
from app.schemas.fields import parse_json, read
from app.schemas.imports import FileSent, ImportJobOut, ImportOut, MappingIn, Mode, Wish
from app.services import import_jobs, imports
from app.services.filing import Circumstances
from app.services.idempotency import Answer, once
from app.sheets.fence import INTERACTIVE
from app.sheets.intake import Asked
from app.sheets.summary import told
from app.workbooks import File, annotated, read_in

router = APIRouter(prefix="/imports", tags=["imports"], responses=refusals(403))
MOST_FORM_BYTES = 1_000_000  # what a form may hold beside the file: a mapping
STATUS = {"dry_run": 200, "stored": 201, "refused": 422}
T = TypeVar("T")


class Upload(NamedTuple):
    """A file with what came beside it; `mapping` is JSON that nobody has read yet."""

    name: str
    content: bytes
    mapping: bytes | None


async def _importer(actor: CurrentActor) -> Actor:
    """Refused before the first byte of a file is read."""
    imports.may_import(actor)
    return actor


Importer = Annotated[Actor, Depends(_importer)]


async def _upload(request: Request, actor: Importer) -> Upload:
    """The one file of a multipart form, counted while it streams."""
    limit = INTERACTIVE.most_bytes + MOST_FORM_BYTES
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:18]) > limit:
        raise TooLarge(limit=INTERACTIVE.most_bytes)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})])

    async def counted() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=INTERACTIVE.most_bytes)
            yield chunk

    parser = MultiPartParser(
        request.headers, counted(), max_files=1, max_fields=1, max_part_size=MOST_FORM_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})]) from None
    try:
        file, mapping = form.get("file"), form.get("mapping")
        if file is None or isinstance(file, str):
            raise Invalid([Fault("/file", "invalid", {"reason": "missing"})])
        content = await file.read()
        if len(content) > INTERACTIVE.most_bytes:
            raise TooLarge(limit=INTERACTIVE.most_bytes)
        said = mapping.encode() if isinstance(mapping, str) else None
        return Upload(_plain_name(file.filename or ""), content, said)
    finally:
        await form.close()


def _plain_name(name: str) -> str:
    """Without a path and without what cannot be shown: a name is only ever shown."""
    bare = re.split(r"[\\/]", nfc(name))[-1]
    kept = "".join(character for character in bare if not control_character(character))
    return kept[:255] or "file"


def _corrections(upload: Upload) -> MappingIn | None:
    if upload.mapping is None:
        return None
    return read(MappingIn, parse_json(upload.mapping), "/mapping").judged()


async def _apart(request: Request, work: Callable[[], T]) -> T:
    """Away from the threads that answer everybody else; Unavailable when too many files wait."""
    places: CapacityLimiter = request.app.state.uploads
    if places.statistics().tasks_waiting >= 8:
        raise Unavailable()
    return await anyio.to_thread.run_sync(work, limiter=places)


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
    said = Asked(programme, period, actor.unit, _corrections(upload))
    asked = said._replace(language=language)
    wish, given = Wish(mode, dry_run, submit), Circumstances(now, app.signer, channel="workbook")
    if "respond-async" in prefer.lower():
        return await _apart(
            request, lambda: _queue(app, actor, (upload, asked, wish), now, idempotency_key)
        )

    def work() -> Response:
        answer = _take_in(app, actor, (upload, asked), (wish, given), idempotency_key)
        summary = orjson.loads(answer.body)
        return _answered(to_json(told(summary, language)), answer, summary["id"])

    return await _apart(request, work)


def _answered(body: bytes, answer: Answer, id_: str) -> Response:
    headers = {"etag": f'"{etag_of(body)}"', "cache-control": "no-store"}
    if answer.status in (201, 202):
        headers["location"] = f"/api/v1/imports/{id_}"
    if answer.status == 202:
        headers |= {"preference-applied": "respond-async", "retry-after": "1"}
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    return Response(body, answer.status, headers, "application/json")


def _queue(
    app: Service,
    actor: Actor,
    what: tuple[Upload, Asked, Wish],
    now: datetime,
    key: str | None,
) -> Response:
    upload, asked, wish = what
    corrections = asked.corrections
    order = {
        "programme": asked.programme,
        "period": asked.period,
        "mapping": None if corrections is None else corrections.model_dump(exclude_unset=True),
        "language": asked.language,
        **wish._asdict(),
    }
    file = FileSent(upload.name, upload.content)
    with app.database.writing() as session:

        def carry_out() -> Answer:
            job = import_jobs.queue(session, actor, (file.name, file.content), order, now)
            return Answer(202, to_json(job))

        answer = once(session, actor, key, _digest("queue", wish, asked, file), carry_out)
    app.worker.wake()
    job = orjson.loads(answer.body)
    return _answered(_job(job, asked.language), answer, job["id"])


def _digest(verb: str, wish: Wish, asked: Asked, file: FileSent) -> bytes:
    """What an Idempotency-Key stands for: the file and all that was asked beside it."""
    return hashlib.sha256(f"{verb} {wish} {asked} {file.sha256}".encode()).digest()


def _job(job: dict[str, Any], language: str) -> bytes:
    told = {name: fact for name, fact in job.items() if name != "refusal"}
    if refusal := job["refusal"]:
        message = explain(refusal["code"], language, refusal["facts"])
        told["problem"] = {"code": refusal["code"], "detail": message}
    return to_json(told)


def _take_in(
    app: Service,
    actor: Actor,
    what: tuple[Upload, Asked],
    how: tuple[Wish, Circumstances],
    key: str | None,
) -> Answer:
    (upload, asked), (wish, given) = what, how
    file = File(upload.name, upload.content)
    sent = read_in(app.database, app.fence, actor, file, asked)

    def carry_out() -> Answer:
        summary = imports.take_in(session, actor, sent, wish, given).summary
        return Answer(STATUS[summary["status"]], to_json(summary))

    digest = _digest("take", wish, asked, sent.file)
    with app.database.writing() as session:
        return once(session, actor, key, digest, carry_out)


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

    name, body = await _apart(request, work)
    return file_reply(request, body, f"{Path(name).stem}-loi.xlsx", XLSX)
