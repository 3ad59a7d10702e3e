"""Many reports in one request."""

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Response

from app.answers import etag_of, to_json
from app.api.contract import PROBLEM_REF, refusals, takes
from app.deps import App, CurrentActor, Idempotency, Json, Language, Now, Once, Service, sent_as
from app.domain.access import Actor
from app.domain.errors import Invalid
from app.i18n import explain
from app.schemas.bulk import ApprovalsIn, ApprovalsOut, BulkIn, BulkOut, read_bulk
from app.schemas.fields import Sent
from app.services import bulk_approval, bulk_reports
from app.services.filing import Circumstances
from app.services.idempotency import Answer, once
from app.sheets.summary import told

router = APIRouter(prefix="/reports", tags=["reports"], responses=refusals(403))
STATUS = {"dry_run": 200, "stored": 201, "refused": 422}


def _carry_out(
    app: Service,
    actor: Actor,
    idempotency: Idempotency,
    work: Callable[[Any], tuple[int, dict[str, Any]]],
) -> Answer:
    """Once per Idempotency-Key; kept without its sentences, so that a repeat may be read in another
    language."""
    with app.database.writing() as session:

        def make() -> Answer:
            status, made = work(session)
            return Answer(status, to_json(made))

        answer = once(session, actor, idempotency.key, idempotency.request, make)
        if idempotency.faults:
            raise Invalid(idempotency.faults)
    return answer


def _reply(answer: Answer, content: dict[str, Any]) -> Response:
    body = to_json(content)
    headers = {"etag": f'"{etag_of(body)}"', "cache-control": "no-store"}
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    return Response(body, answer.status, headers, "application/json")


@router.post(
    "/bulk-approve",
    response_model=ApprovalsOut,
    responses=refusals(409, 413),
    openapi_extra=takes(ApprovalsIn),
)
def post_approvals(
    app: App,
    actor: CurrentActor,
    now: Now,
    language: Language,
    idempotency: Once,
    sent: Annotated[Sent[ApprovalsIn], sent_as(ApprovalsIn)],
) -> Response:
    """Each report as if it were approved alone: one that cannot be hinders no other."""
    given = Circumstances(now, app.signer)
    answer = _carry_out(
        app,
        actor,
        idempotency,
        lambda session: (200, bulk_approval.approve_all(session, actor, sent, given)),
    )
    approvals = orjson.loads(answer.body)
    for item in approvals["items"]:
        facts = item.pop("facts")
        item["message"] = item["code"] and explain(item["code"], language, facts)
    return _reply(answer, approvals)


@router.post(
    "/bulk",
    status_code=201,
    response_model=BulkOut,
    responses={
        **refusals(409, 413),
        200: {"model": BulkOut, "description": "A dry run: nothing was stored"},
        422: {
            "model": BulkOut,
            "description": "Refused: nothing was stored; or the body has another shape (a problem)",
            "content": {"application/problem+json": {"schema": {"$ref": PROBLEM_REF}}},
        },
    },
    openapi_extra=takes(BulkIn),
)
def post_reports(
    app: App,
    actor: CurrentActor,
    now: Now,
    language: Language,
    idempotency: Once,
    parsed: Json,
) -> Response:
    """Many reports as JSON, with an import's semantics: a target left out stays as it is."""
    given, sent = Circumstances(now, app.signer), read_bulk(parsed)

    def work(session: Any) -> tuple[int, dict[str, Any]]:
        summary = bulk_reports.take_reports(session, actor, sent, given)
        return STATUS[summary["status"]], summary

    answer = _carry_out(app, actor, idempotency, work)
    summary = told(orjson.loads(answer.body), language) | {"annotated": None}
    for kind in ("errors", "warnings"):
        summary[kind] = [_at_pointer(one) for one in summary[kind]]
    return _reply(answer, summary)


def _at_pointer(entry: dict[str, Any]) -> dict[str, Any]:
    """The place of a fault, which an import names by sheet and cell."""
    rest = {name: said for name, said in entry.items() if name not in ("sheet", "cell")}
    return {"pointer": entry["cell"], **rest}
