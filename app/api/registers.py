"""Population registers over JSON."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply, to_json
from app.api.contract import Cursor, Limit, Page, page, refusals, takes
from app.api.proposals import WAITS, RuleAsked, proposed
from app.deps import CurrentActor, Db, Json
from app.domain.access import Right
from app.schemas.registers import RegisterRow, RegistersIn, RegistersPut, read_rows
from app.services import proposals, registers
from app.services.proposals import Change
from app.services.registers import RegisterQuery

router = APIRouter(prefix="/registers", tags=["registers"], responses=refusals(403))


@router.get("", response_model=Page[RegisterRow], responses=refusals(400))
def get_registers(
    request: Request,
    db: Db,
    actor: CurrentActor,
    programme: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    target: Annotated[list[str], Query()] = [],  # noqa: B006
    period: Annotated[list[str], Query()] = [],  # noqa: B006
    unit: Annotated[list[str], Query()] = [],  # noqa: B006
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    wanted = RegisterQuery(programme, target, period, unit)
    with db.reading() as session:
        return page(request, registers.read_registers(session, actor, wanted), cursor, limit)


@router.put(
    "",
    response_model=RegistersPut,
    responses={**WAITS, **refusals(409, 413)},
    openapi_extra=takes(RegistersIn),
)
def put_registers(request: Request, asked: RuleAsked, parsed: Json) -> Response:
    """Add, revise (with another denominator) or withdraw (with null) populations: all rows or
    none. What is not named stays; what is in force already changes nothing."""
    change = Change(Right.REGISTER_PUT, {}, read_rows(parsed))
    if asked.two:
        return proposed(asked, change)
    with asked.app.database.writing() as session:
        put = proposals.carry_out(session, asked.actor, change, asked.now)
    return reply(request, to_json(put))
