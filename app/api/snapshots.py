"""Snapshots over JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, creation, page, refusals, takes
from app.deps import App, CurrentActor, Db, Once, sent_as
from app.schemas.fields import Sent
from app.schemas.snapshots import SnapshotIn, SnapshotLine, SnapshotOut, Verification
from app.services import snapshots

router = APIRouter(prefix="/snapshots", tags=["snapshots"], responses=refusals(403))


@router.get("", response_model=Page[SnapshotLine], responses=refusals(400))
def get_snapshots(
    request: Request, db: Db, actor: CurrentActor, limit: Limit = 500, cursor: Cursor = None
) -> Response:
    """In the order of their chain, without what they froze."""
    with db.reading() as session:
        return page(request, snapshots.read_snapshots(session, actor), cursor, limit)


@router.post(
    "",
    status_code=201,
    response_model=SnapshotLine,
    responses=refusals(409, 413),
    openapi_extra=takes(SnapshotIn),
)
def post_snapshot(
    app: App,
    actor: CurrentActor,
    idempotency: Once,
    sent: Annotated[Sent[SnapshotIn], sent_as(SnapshotIn)],
) -> Response:
    """Freeze a programme's period as it is approved now."""

    def make(session: Any) -> tuple[Any, str]:
        made = snapshots.take_snapshot(session, actor, sent, app.signer)
        return made, made["links"]["self"]

    return creation(app, actor, idempotency, make)


@router.get("/{id}", response_model=SnapshotOut)
def get_snapshot(request: Request, db: Db, actor: CurrentActor, id: str) -> Response:
    with db.reading() as session:
        return reply(request, to_json(snapshots.read_snapshot(session, actor, id)))


@router.get("/{id}/verify", response_model=Verification)
def get_verification(request: Request, app: App, actor: CurrentActor, id: str) -> Response:
    """Digest, chain and signature, and every figure worked out again from the frozen inputs."""
    with app.database.reading() as session:
        return reply(request, to_json(snapshots.verify_snapshot(session, actor, id, app.signer)))
