"""The audit over JSON."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, make_cursor, read_cursor, refusals
from app.deps import CurrentActor, Db, Now
from app.domain.access import Actor, Right, require
from app.schemas.audit import AuditEventOut
from app.schemas.fields import Instant
from app.services import audit_trail
from app.services.audit_trail import Wanted

router = APIRouter(tags=["audit"], responses=refusals(400, 403))
Action = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}:([a-z_]{1,30}|\*)$")]
Said = Annotated[str, StringConstraints(min_length=1, max_length=200)]


async def _reader(actor: CurrentActor) -> Actor:
    """Asked before the filters are judged."""
    require(actor, Right.AUDIT_READ)
    return actor


@router.get("/audit", response_model=Page[AuditEventOut])
def get_audit(
    request: Request,
    db: Db,
    actor: Annotated[Actor, Depends(_reader)],
    now: Now,
    subject: Annotated[list[Said], Query()] = [],  # noqa: B006 - FastAPI copies it
    actor_: Annotated[list[Said], Query(alias="actor")] = [],  # noqa: B006
    action: Annotated[list[Action], Query()] = [],  # noqa: B006
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    until: Instant | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Newest first. `subject` comes with what is below it, `action` may be `report:*`, `actor` is
    a name or a number; `until` is not included."""
    wanted = Wanted(subject, actor_, action, from_, until, read_cursor(cursor), limit)
    with db.reading() as session:
        found = audit_trail.read_events(session, actor, wanted)
    audit_trail.note_reading(db, actor, now)
    following = make_cursor(found.next) if found.next else None
    return reply(request, to_json({"items": found.items, "next": following}))
