"""One report: what it says and where that came from, what was done with it, what can be done."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import status_of, to_json
from app.bodies import Upload, read_upload
from app.deps import App, CurrentActor, Db, Now, Service
from app.domain.access import Actor
from app.domain.errors import (
    CommentRequired,
    Conflict,
    Fault,
    Invalid,
    NotFound,
    PreconditionFailed,
    Refusal,
    TooLarge,
)
from app.domain.workflow import Action
from app.i18n import decimal, explain
from app.render.words import period_name
from app.schemas.attachments import read_evidence
from app.schemas.comments import RemarkIn
from app.schemas.fields import Sent, read
from app.schemas.reports import CommentIn
from app.services import attachments, comments, due, one_report, places, reports
from app.services.filing import Circumstances, Precondition
from app.services.idempotency import Answer, once
from app.services.one_report import UNIT_ACTIONS
from app.services.places import ReportKey
from app.web.forms import WordsForm, once_key, why
from app.web.paper import UNKEPT, PageRoute, language_of, page
from app.web.report_words import told_of
from app.web.reports import in_days

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PLACE = "/reports/{programme}/{period}/{unit}"
DONE = ("submit", "withdraw", "endorse", "comment", "attach", "detach", "draft")
MOST_FIELD_BYTES = 10_000
# What a form is shown again for, with the words why.
REFUSED = (Conflict, CommentRequired, Invalid, PreconditionFailed)


class Trouble(NamedTuple):
    """Why a form was not taken: `form` is which one, `said` what was typed into it."""

    form: str
    wrong: Mapping[str, str]
    said: Mapping[str, str]


NOTHING = Trouble("", {}, {})


async def _key(programme: str, period: str, unit: str) -> ReportKey:
    return ReportKey(programme, period, unit)


Key = Annotated[ReportKey, Depends(_key)]


@router.get(PLACE)
def get_report_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    key: Key,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    try:
        return _report(request, service, actor, key, now, revision=revision)
    except NotFound:
        if revision is not None:
            raise
        return _not_begun(request, service, actor, key, now)


def _not_begun(
    request: Request, service: Service, actor: Actor, key: ReportKey, now: datetime
) -> Response:
    """Where it is expected: that nothing has come yet, and the way to begin for who may."""
    language = language_of(request)
    with service.database.reading() as session:
        one = due.not_begun(session, actor, key, now)
    shut = None if one.until else places.why_shut(one.place.period, now)
    period = one.place.period.period
    return page(
        request,
        "reports/not_begun.html",
        one=one,
        path=f"/{key.path}",
        unit=one.place.unit.name_on(period.ends_on).short_vi,
        when=period_name(period, language),
        days=in_days(one, language),
        shut=words_of(shut, language) if shut else "",
    )


def _report(
    request: Request,
    service: Service,
    actor: Actor,
    key: ReportKey,
    now: datetime,
    *,
    revision: int | None = None,
    status: int = 200,
    trouble: Trouble = NOTHING,
) -> Response:
    with service.database.reading() as session:
        seen = one_report.look_into(session, actor, key, revision, now)
    done, language = request.query_params.get("done"), language_of(request)
    most = Decimal(service.settings.attachment_limit) / 1_000_000
    return page(
        request,
        "reports/report.html",
        status,
        seen=seen,
        path=f"/{key.path}",
        told=told_of(seen, language),
        trouble=trouble,
        about=request.query_params.get("about", ""),
        once=secrets.token_hex(12),
        done=done if done in DONE else None,
        megabytes=decimal(most, language),
    )


def _decision(action: Action) -> None:
    """A page to confirm, and what it sends: nothing is done by following a link."""

    @router.get(f"{PLACE}/{action}", name=f"confirm {action}")
    def get_confirmation(
        request: Request, service: App, actor: CurrentActor, now: Now, key: Key
    ) -> Response:
        return _confirm(request, service, actor, (key, action, now))

    @router.post(f"{PLACE}/{action}", name=f"{action} a report")
    def post_decision(
        request: Request, service: App, actor: CurrentActor, now: Now, key: Key, form: WordsForm
    ) -> Response:
        """Done only to what the page showed: whatever came in between is told first."""
        shown = form.get("version", "")
        version = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else -1
        given = Circumstances(now, service.signer, Precondition(frozenset({version})))
        sent = read(CommentIn, Sent({"comment": form.get("comment") or None}))
        try:
            with service.database.writing() as session:
                reports.decide(session, actor, key, action, sent, given=given)
        except REFUSED as refusal:
            return _confirm(request, service, actor, (key, action, now), (refusal, version, form))
        return _to(key, f"?done={action}")


for _action in UNIT_ACTIONS:
    _decision(_action)


def _confirm(
    request: Request,
    service: Service,
    actor: Actor,
    what: tuple[ReportKey, Action, datetime],
    refused: tuple[Refusal, int, Mapping[str, str]] | None = None,
) -> Response:
    """What is about to be done, or why it was not, with what has happened since."""
    (key, action, now), language = what, language_of(request)
    since, why_not, comment = [], "", ""
    with service.database.reading() as session:
        seen = one_report.look_into(session, actor, key, None, now)
        if refused is not None:
            refusal, version, form = refused
            comment, why_not = form.get("comment", ""), words_of(refusal, language)
            if isinstance(refusal, PreconditionFailed):
                since = one_report.steps_since(session, actor, key, version)
    return page(
        request,
        "reports/confirm.html",
        200 if refused is None else status_of(refused[0]),
        seen=seen,
        path=f"/{key.path}",
        action=action.value,
        told=told_of(seen, language),
        why_not=why_not,
        since=since,
        comment=comment,
    )


def words_of(refusal: Refusal, language: str) -> str:
    """One sentence; that of the first fault where there are several."""
    fault = next(iter(refusal.faults), Fault("", refusal.code, refusal.facts))
    return explain(fault.code, language, fault.facts)


@router.post(f"{PLACE}/comments")
def post_comment(
    request: Request, service: App, actor: CurrentActor, now: Now, key: Key, form: WordsForm
) -> Response:
    content: dict[str, Any] = {"text": form.get("text", "").replace("\r\n", "\n")}
    content["target"] = form.get("target") or None
    content["internal"] = form.get("internal") == "1"
    sent = read(RemarkIn, Sent(content))
    digest = f"comment {key.path} {content}".encode("utf-8", "backslashreplace")
    try:
        with service.database.writing() as session:

            def carry_out() -> Answer:
                return Answer(201, to_json(comments.add_comment(session, actor, key, sent, now)))

            key_once = once_key(form.get("once", ""), digest)
            once(session, actor, key_once, digest, carry_out)
    except Invalid as refusal:
        trouble = Trouble("comment", why(request, refusal.faults), form)
        return _report(request, service, actor, key, now, status=422, trouble=trouble)
    return _to(key, "?done=comment#talk")


async def _attacher(db: Db, actor: CurrentActor, key: Key) -> Actor:
    """Refused before the first byte of a file is read."""

    def ask() -> None:
        with db.reading() as session:
            attachments.may_attach(session, actor, key)

    await run_in_threadpool(ask)
    return actor


Attacher = Annotated[Actor, Depends(_attacher)]


async def _evidence(request: Request, service: App, actor: Attacher) -> Upload | Refusal:
    try:
        return await read_upload(
            request,
            service.settings.attachment_limit,
            fields=("csrf", "target", "once"),
            most_field_bytes=MOST_FIELD_BYTES,
        )
    except (Invalid, TooLarge) as refusal:
        return refusal


@router.post(f"{PLACE}/attachments")
def post_attachment(
    request: Request,
    service: App,
    actor: Attacher,
    now: Now,
    key: Key,
    upload: Annotated[Upload | Refusal, Depends(_evidence)],
) -> Response:
    said: Mapping[str, str] = {}
    try:
        if isinstance(upload, Refusal):
            raise upload
        said = upload.fields
        if not upload.content:
            raise Invalid([Fault("/file", "invalid", {"reason": "no_file"})])
        sent = read_evidence(upload.name, upload.content, said.get("target") or None)
        with service.database.writing() as session:

            def carry_out() -> Answer:
                return Answer(201, to_json(attachments.attach(session, actor, key, sent)))

            digest = f"attach {key.path} {upload.name} {said}".encode() + upload.content
            once(session, actor, once_key(said.get("once", ""), digest), digest, carry_out)
    except (Invalid, TooLarge) as refusal:
        faults = refusal.faults or [Fault("/file", refusal.code, refusal.facts)]
        trouble = Trouble("attach", why(request, faults), said)
        answer = status_of(refusal)
        return _report(request, service, actor, key, now, status=answer, trouble=trouble)
    return _to(key, "?done=attach#files")


@router.post(f"{PLACE}/attachments/{{id}}/withdraw")
def post_withdrawal(service: App, actor: CurrentActor, key: Key, id: str) -> Response:
    with service.database.writing() as session:
        attachments.withdraw(session, actor, key, id)
    return _to(key, "?done=detach#files")


def _to(key: ReportKey, rest: str) -> Response:
    return Response(status_code=303, headers={"location": f"/{key.path}{rest}", **UNKEPT})
