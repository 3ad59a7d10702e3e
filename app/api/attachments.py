"""Evidence for reports: files in and out."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import file_reply
from app.api.contract import Cursor, Limit, Page, creation, page, refusals
from app.api.reports import Key
from app.bodies import Upload, read_upload
from app.deps import App, CurrentActor, Db, Idempotency
from app.domain.access import Actor
from app.schemas.attachments import AttachmentOut, read_evidence
from app.services import attachments

router = APIRouter(prefix="/reports", tags=["reports"], responses=refusals(403))
PLACE = "/{programme}/{period}/{unit}/attachments"
MOST_FIELD_BYTES = 10_000
# Somebody else's file: a browser that opens it all the same runs and loads nothing of it.
SAFE = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}
FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "target": {"type": "string", "description": "The value that it is evidence for"},
    },
}


async def _attacher(db: Db, actor: CurrentActor, key: Key) -> Actor:
    """Refused before the first byte of a file is read."""

    def ask() -> None:
        with db.reading() as session:
            attachments.may_attach(session, actor, key)

    await run_in_threadpool(ask)
    return actor


Attacher = Annotated[Actor, Depends(_attacher)]


async def _upload(request: Request, app: App, actor: Attacher) -> Upload:
    limit = app.settings.attachment_limit
    return await read_upload(request, limit, fields=["target"], most_field_bytes=MOST_FIELD_BYTES)


@router.get(PLACE, response_model=Page[AttachmentOut], responses=refusals(400))
def get_attachments(
    request: Request,
    db: Db,
    actor: CurrentActor,
    key: Key,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    with db.reading() as session:
        return page(request, attachments.read_attachments(session, actor, key), cursor, limit)


@router.post(
    PLACE,
    status_code=201,
    response_model=AttachmentOut,
    responses=refusals(409, 413),
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}
    },
)
def post_attachment(
    app: App,
    actor: Attacher,
    key: Key,
    upload: Annotated[Upload, Depends(_upload)],
    idempotency_key: Annotated[str | None, Header(pattern="^[!-~]{1,200}$")] = None,
) -> Response:
    """A PDF, an image (PNG, JPEG, WebP) or an office file without macros."""
    sent = read_evidence(upload.name, upload.content, upload.fields.get("target"))
    sha256 = hashlib.sha256(upload.content).hexdigest()
    asked = f"attach {key.path} {sha256} {upload.name} {upload.fields}"

    def make(session: Any) -> tuple[Any, str]:
        made = attachments.attach(session, actor, key, sent)
        return made, made["links"]["self"]

    once = Idempotency(idempotency_key, asked.encode())
    return creation(app, actor, once, make)


@router.get(f"{PLACE}/{{id}}", response_class=Response)
def get_attachment(request: Request, db: Db, actor: CurrentActor, key: Key, id: str) -> Response:
    """The file as it was sent, to be kept: never shown in the page."""
    with db.reading() as session:
        file = attachments.read_file(session, actor, key, id)
    answer = file_reply(request, file.content, file.name, file.media_type)
    answer.headers.update(SAFE)
    return answer


@router.delete(f"{PLACE}/{{id}}", status_code=204, responses=refusals(409))
def delete_attachment(db: Db, actor: CurrentActor, key: Key, id: str) -> Response:
    """Withdrawn: nobody is given it any more. What was handed in keeps its evidence (409)."""
    with db.writing() as session:
        attachments.withdraw(session, actor, key, id)
    return Response(status_code=204)
