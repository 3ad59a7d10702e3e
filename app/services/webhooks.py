"""Webhooks: who asked to be told, and the events written for them in the transaction they tell of.

An event says what happened to which report and where to read it; no figures, no names.
"""

import base64
import secrets
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from app.db import hooks
from app.db.hooks import Hook, Parcel
from app.db.post_tables import PostState
from app.db.session import per_setup, stamp
from app.domain.access import Actor, Right, require
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.periods import utc
from app.domain.receivers import receiver
from app.schemas.fields import Sent
from app.schemas.webhooks import (
    DeliveryLine,
    Replayed,
    ReplayIn,
    WebhookIn,
    WebhookLine,
    WebhookOut,
)
from app.services import audit
from app.services.receivers import address_of
from app.services.vault import Vault

MOST_WEBHOOKS, MOST_DELIVERIES = 50, 2000
SECRET_BYTES = 32


def announce(session: Session, action: str, data: Mapping[str, Any]) -> None:
    """One delivery for each webhook that asked for the action."""
    known = per_setup(session, "webhooks", hooks.hooks)
    asked = [one.id for one in known if one.actions is None or action in one.actions]
    if asked:
        _put(session, asked, action, data)


def _put(session: Session, asked: list[str], action: str, data: Mapping[str, Any]) -> None:
    at = stamp(session).at
    message_id = f"msg_{secrets.token_hex(16)}"
    payload = {"type": action, "timestamp": utc(at), "data": dict(data)}
    row = {
        "message_id": message_id,
        "action": action,
        "payload": payload,
        "at": at,
        "state": PostState.QUEUED,
        "attempts": 0,
        "next_at": at,
    }
    hooks.add_parcels(session, [{**row, "webhook_id": id_} for id_ in asked])


def look_up(actor: Actor, sent: Sent[WebhookIn], hosts: Collection[str]) -> list[Fault]:
    """What is wrong with the receiver's address. Before the transaction: a name server may take
    its time."""
    require(actor, Right.WEBHOOK_MANAGE)
    if sent.contract is None:
        return []
    found = receiver(sent.contract.url, hosts)
    if found is None:
        return [Fault("/url", "invalid", {"reason": "not_a_receiver"})]
    if address_of(found) is None:
        return [Fault("/url", "invalid", {"reason": "not_public", "value": found.host})]
    return []


def create_webhook(
    session: Session, actor: Actor, sent: Sent[WebhookIn], faults: list[Fault], vault: Vault
) -> WebhookOut:
    """`faults`: what `look_up` found. The secret is in this answer only; it is kept sealed."""
    require(actor, Right.WEBHOOK_MANAGE)
    made = sent.judged()
    if len(hooks.hooks(session)) >= MOST_WEBHOOKS:
        faults = [*faults, Fault("", "invalid", {"reason": "most", "value": MOST_WEBHOOKS})]
    if faults:
        raise Invalid(faults)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    hook = Hook(
        id=secrets.token_hex(6),
        url=made.url,
        secret=vault.seal(secret),
        actions=None if made.actions is None else [*map(str, made.actions)],
        created_at=stamp(session).take(setup=True),
        by=actor.name,
    )
    row = hook._asdict() | {"account_id": actor.account_id, "removed_at": None}
    del row["by"]
    hooks.add_hook(session, row)
    # The host alone: the whole address may be a secret between the two.
    detail = {"host": urlsplit(hook.url).hostname, "actions": hook.actions}
    audit.record(session, actor, "webhook:create", f"webhooks/{hook.id}", detail)
    return {**_line(hook), "secret": secret}


def read_webhooks(session: Session, actor: Actor) -> list[WebhookLine]:
    require(actor, Right.WEBHOOK_MANAGE)
    return [_line(one) for one in hooks.hooks(session)]


def remove_webhook(session: Session, actor: Actor, id_: str) -> None:
    """Nothing more goes there, nor what waits."""
    require(actor, Right.WEBHOOK_MANAGE)
    _hook(session, id_)
    hooks.remove_hook(session, id_, stamp(session).take(setup=True), "removed")
    audit.record(session, actor, "webhook:remove", f"webhooks/{id_}")


def try_webhook(session: Session, actor: Actor, id_: str) -> DeliveryLine:
    """An event of no consequence, to see whether it arrives."""
    require(actor, Right.WEBHOOK_MANAGE)
    _hook(session, id_)
    _put(session, [id_], "webhook:test", {"links": {"self": f"/api/v1/webhooks/{id_}"}})
    audit.record(session, actor, "webhook:test", f"webhooks/{id_}")
    return _delivery(hooks.parcels(session, id_, 1)[0])


def read_deliveries(session: Session, actor: Actor, id_: str) -> list[DeliveryLine]:
    """The newest, newest first; as long as messages are kept."""
    require(actor, Right.WEBHOOK_MANAGE)
    _hook(session, id_)
    return [_delivery(one) for one in hooks.parcels(session, id_, MOST_DELIVERIES)]


def replay(session: Session, actor: Actor, id_: str, sent: Sent[ReplayIn]) -> Replayed:
    """Send again what was delivered or given up, under the same message ids."""
    require(actor, Right.WEBHOOK_MANAGE)
    _hook(session, id_)
    wanted = sent.judged()
    at = stamp(session).at
    queued = hooks.requeue(session, id_, at, wanted.since, wanted.delivery)
    if wanted.delivery is not None and not queued:
        raise NotFound(what=f"webhooks/{id_}/deliveries/{wanted.delivery}")
    audit.record(session, actor, "webhook:replay", f"webhooks/{id_}", {"queued": queued})
    return {"queued": queued}


def _hook(session: Session, id_: str) -> Hook:
    for one in hooks.hooks(session):
        if one.id == id_:
            return one
    raise NotFound(what=f"webhooks/{id_}")


def _line(hook: Hook) -> WebhookLine:
    return {
        "id": hook.id,
        "url": hook.url,
        "actions": hook.actions,
        "by": hook.by,
        "created_at": utc(hook.created_at),
    }


def _delivery(parcel: Parcel) -> DeliveryLine:
    waits = parcel.state in hooks.WAITING
    return {
        "id": parcel.id,
        "message": parcel.message_id,
        "action": parcel.action,
        "at": utc(parcel.at),
        "status": parcel.state.value,
        "attempts": parcel.attempts,
        "next_at": utc(parcel.next_at) if waits else None,
        "sent_at": utc(parcel.sent_at) if parcel.sent_at else None,
        "answered": parcel.status,
        "error": parcel.error,
    }
