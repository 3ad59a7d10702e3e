"""Webhooks: who is told of what happens, what was delivered, and delivering it again."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor, Service
from app.domain.access import Actor, Right, require
from app.domain.errors import Refusal
from app.domain.receivers import Happening
from app.schemas.webhooks import ReplayIn, WebhookIn
from app.services import webhooks
from app.web.admin.answers import REFUSED, formed, go, sent_as, whole
from app.web.forms import WordsForm
from app.web.paper import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/webhooks"
LINES = 50
DONE = ("test", "replay", "remove")
LOOKS = {
    "queued": ("busy", "●"),
    "sending": ("busy", "◉"),
    "sent": ("good", "✓"),
    "given_up": ("bad", "▼"),
    "uncertain": ("warn", "?"),
}


def _done(request: Request) -> str | None:
    said = request.query_params.get("done")
    return said if said in DONE else None


@router.get(LIST)
def get_webhooks_page(request: Request, service: App, actor: CurrentActor) -> Response:
    return _list(request, service, actor, {})


def _list(
    request: Request,
    service: Service,
    actor: Actor,
    typed: dict[str, str],
    refusal: Refusal | None = None,
) -> Response:
    with service.database.reading() as session:
        found = webhooks.read_webhooks(session, actor)
    facts: dict[str, Any] = {"lines": found, "happenings": [*Happening], "done": _done(request)}
    return formed(request, "admin/people/webhooks.html", refusal, typed=typed, **facts)


@router.post(LIST)
def post_new_webhook(
    request: Request, service: App, actor: CurrentActor, form: WordsForm
) -> Response:
    """The secret that deliveries are signed with is on this one page only."""
    require(actor, Right.WEBHOOK_MANAGE)
    actions = [one.value for one in Happening if f"tell_{one}" in form]
    sent = sent_as(WebhookIn, {"url": form.get("url", "").strip(), "actions": actions or None})
    try:
        faults = webhooks.look_up(actor, sent, service.settings.webhook_hosts)
        with service.database.writing() as session:
            made = webhooks.create_webhook(session, actor, sent, faults, service.vault)
    except REFUSED as refusal:
        return _list(request, service, actor, form, refusal)
    return page(request, "admin/people/webhook_secret.html", 200, made=made)


@router.get(f"{LIST}/{{id}}")
def get_webhook_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    id: str,
    number: Annotated[int, Query(alias="page", ge=1, le=999)] = 1,
) -> Response:
    with service.database.reading() as session:
        deliveries = webhooks.read_deliveries(session, actor, id)
        (hook,) = (one for one in webhooks.read_webhooks(session, actor) if one["id"] == id)
    first = (number - 1) * LINES
    more = first + LINES < len(deliveries)
    return page(
        request,
        "admin/people/webhook.html",
        200,
        hook=hook,
        lines=deliveries[first : first + LINES],
        looks=LOOKS,
        before=f"{LIST}/{id}?page={number - 1}" if first else None,
        following=f"{LIST}/{id}?page={number + 1}" if more else None,
        done=_done(request),
    )


@router.post(f"{LIST}/{{id}}/test")
def post_webhook_test(service: App, actor: CurrentActor, id: str) -> Response:
    with service.database.writing() as session:
        webhooks.try_webhook(session, actor, id)
    return go(f"{LIST}/{id}?done=test")


@router.post(f"{LIST}/{{id}}/replay")
def post_webhook_replay(service: App, actor: CurrentActor, form: WordsForm, id: str) -> Response:
    """One delivery, by its number."""
    sent = sent_as(ReplayIn, {"delivery": whole(form.get("delivery", ""))})
    with service.database.writing() as session:
        webhooks.replay(session, actor, id, sent)
    return go(f"{LIST}/{id}?done=replay")


@router.post(f"{LIST}/{{id}}/remove")
def post_webhook_remove(service: App, actor: CurrentActor, id: str) -> Response:
    with service.database.writing() as session:
        webhooks.remove_webhook(session, actor, id)
    return go(f"{LIST}?done=remove")
