"""Progress reports over JSON."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers import etag_of, reply, to_json
from app.api.contract import (
    Cursor,
    Limit,
    Page,
    make_cursor,
    read_cursor,
    refusals,
    takes,
)
from app.deps import App, CurrentActor, Db, IfMatch, Json, Language, Now, sent_as
from app.domain.workflow import Action, Status
from app.i18n import say
from app.schemas.fields import Sent
from app.schemas.receipts import KeptReceipt
from app.schemas.reports import (
    CommentIn,
    ReportIn,
    ReportLine,
    ReportOut,
    RevisionOut,
    read_report,
)
from app.services import kept_receipts, report_views, reports
from app.services.filing import Circumstances
from app.services.places import ReportKey
from app.services.report_views import ReportQuery
from app.services.reports import Filed

router = APIRouter(prefix="/reports", tags=["reports"], responses=refusals(403))


async def _key(programme: str, period: str, unit: str) -> ReportKey:
    return ReportKey(programme, period, unit)


async def _given(app: App, now: Now, precondition: IfMatch) -> Circumstances:
    return Circumstances(now, app.signer, precondition)


Key = Annotated[ReportKey, Depends(_key)]
Given = Annotated[Circumstances, Depends(_given)]


def _answer(request: Request, filed: Filed, language: str) -> Response:
    """The report with its warnings in words. The ETag begins with the version for If-Match."""
    for warning in filed.report["warnings"]:
        warning["message"] = say(f"warning.{warning['code']}", language)
    body = to_json(filed.report)
    headers = {"location": filed.report["links"]["self"]} if filed.created else {}
    tag = f"{filed.version}.{etag_of(body)[:12]}"
    return reply(request, body, status=201 if filed.created else 200, tag=tag, headers=headers)


@router.get("", response_model=Page[ReportLine], responses=refusals(400))
def get_reports(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    period: Annotated[list[str], Query()] = [],  # noqa: B006
    unit: Annotated[list[str], Query()] = [],  # noqa: B006
    status: Annotated[list[Status], Query()] = [],  # noqa: B006
    estimated: bool | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    after = read_cursor(cursor)
    wanted = ReportQuery(programme, period, unit, status, after, limit, estimated)
    with db.reading() as session:
        found = report_views.reports(session, actor, wanted)
    following = make_cursor(found.next) if found.next else None
    return reply(request, to_json({"items": found.items, "next": following}))


@router.get("/{programme}/{period}/{unit}", response_model=ReportOut)
def get_report(
    request: Request, db: Db, actor: CurrentActor, language: Language, key: Key
) -> Response:
    with db.reading() as session:
        filed = reports.read_report(session, actor, key)
    return _answer(request, filed, language)


@router.put(
    "/{programme}/{period}/{unit}",
    response_model=ReportOut,
    responses={
        **refusals(409, 412, 413, 428),
        201: {"model": ReportOut, "description": "The first report of the unit on the period"},
    },
    openapi_extra=takes(ReportIn),
)
def put_report(
    request: Request,
    db: Db,
    actor: CurrentActor,
    language: Language,
    key: Key,
    parsed: Json,
    given: Given,
) -> Response:
    """Replace the whole report; the same content in the same status again changes nothing."""
    sent = read_report(parsed)
    with db.writing() as session:
        filed = reports.put_report(session, actor, key, sent, given)
    return _answer(request, filed, language)


@router.get("/{programme}/{period}/{unit}/revisions", response_model=Page[RevisionOut])
def get_revisions(request: Request, db: Db, actor: CurrentActor, key: Key) -> Response:
    with db.reading() as session:
        items = report_views.revisions(session, actor, key)
    return reply(request, to_json({"items": items, "next": None}))


@router.get("/{programme}/{period}/{unit}/receipt", response_model=KeptReceipt)
def get_receipt(request: Request, app: App, actor: CurrentActor, key: Key) -> Response:
    """To be kept by the unit: signed, and verifiable by anyone (docs/audit.md)."""
    with app.database.reading() as session:
        receipt = kept_receipts.kept_receipt(session, actor, key, app.signer)
    named = f'inline; filename="{kept_receipts.file_name(receipt)}"'
    return reply(request, to_json(receipt), headers={"content-disposition": named})


def _decision(action: Action) -> None:
    @router.post(
        f"/{{programme}}/{{period}}/{{unit}}/{action}",
        name=f"{action} a report",
        operation_id=f"{action}_report",
        response_model=ReportOut,
        responses=refusals(409, 412, 413),
        openapi_extra=takes(CommentIn, required=False),
    )
    def post_decision(
        request: Request,
        db: Db,
        actor: CurrentActor,
        language: Language,
        key: Key,
        sent: Annotated[Sent[CommentIn], sent_as(CommentIn, optional=True)],
        given: Given,
    ) -> Response:
        with db.writing() as session:
            filed = reports.decide(session, actor, key, action, sent, given=given)
        return _answer(request, filed, language)


for _action in Action:
    if _action is not Action.DRAFT:
        _decision(_action)
