"""Webhooks over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Once, sent_as
from app.schemas.fields import Sent
from app.schemas.webhooks import (
    DeliveryLine,
    Replayed,
    ReplayIn,
    WebhookIn,
    WebhookLine,
    WebhookOut,
)
from app.services import webhooks

router = APIRouter(prefix="/webhooks", tags=["webhooks"], responses=refusals(403))


@router.get("", response_model=Page[WebhookLine], responses=refusals(400))
def get_webhooks(
    request: Request, db: Db, actor: CurrentActor, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    with db.reading() as session:
        return page(request, webhooks.read_webhooks(session, actor), cursor, limit)


@router.post(
    "",
    status_code=201,
    response_model=WebhookOut,
    responses=refusals(409, 413),
    openapi_extra=takes(WebhookIn),
)
def post_webhook(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    sent: Annotated[Sent[WebhookIn], sent_as(WebhookIn)],
) -> Response:
    """The secret is in this one answer only; a replay of it comes without."""
    faults = webhooks.look_up(actor, sent, app.settings.webhook_hosts)

    def make(session: Any) -> tuple[Any, str]:
        made = webhooks.create_webhook(session, actor, sent, faults, app.vault)
        return made, f"/api/v1/webhooks/{made['id']}/deliveries"

    return creation(app, actor, idempotency, make, secret="secret")  # noqa: S106 - a field's name


@router.delete("/{id}", status_code=204)
def delete_webhook(db: Db, actor: CurrentActor, id: str) -> Response:
    """Nothing more goes there, nor what waits."""
    with db.writing() as session:
        webhooks.remove_webhook(session, actor, id)
    return Response(status_code=204)


@router.post(
    "/{id}/test", status_code=201, response_model=DeliveryLine, responses=refusals(409, 413)
)
def post_test(app: App, actor: CurrentActor, idempotency: Once, id: str) -> Response:
    """An event of no consequence, to see whether it arrives."""

    def make(session: Any) -> tuple[Any, str]:
        return webhooks.try_webhook(session, actor, id), f"/api/v1/webhooks/{id}/deliveries"

    return creation(app, actor, idempotency, make)


@router.get("/{id}/deliveries", response_model=Page[DeliveryLine], responses=refusals(400))
def get_deliveries(
    request: Request,
    db: Db,
    actor: CurrentActor,
    id: str,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Newest first."""
    with db.reading() as session:
        return page(request, webhooks.read_deliveries(session, actor, id), cursor, limit)


@router.post(
    "/{id}/replay",
    response_model=Replayed,
    responses=refusals(413),
    openapi_extra=takes(ReplayIn),
)
def post_replay(
    request: Request,
    db: Db,
    actor: CurrentActor,
    id: str,
    sent: Annotated[Sent[ReplayIn], sent_as(ReplayIn)],
) -> Response:
    """Send again what was delivered or given up: one delivery, or all since an instant."""
    with db.writing() as session:
        replayed = webhooks.replay(session, actor, id, sent)
    return reply(request, to_json(replayed))
