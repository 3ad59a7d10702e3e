"""Templates: the workbook that a unit, or the centre, fills in."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.answers import XLSX, file_reply
from app.api.contract import refusals
from app.deps import CurrentActor, Db, Language
from app.i18n import say
from app.schemas.templates import TemplateModel
from app.services.templates import TemplateQuery, template_for
from app.sheets.template import written

router = APIRouter(prefix="/templates", tags=["templates"])


@router.get(
    "/{programme}/{period}.xlsx",
    response_class=Response,
    responses={
        **refusals(409),
        200: {
            "description": "The workbook, with what is stored already in it",
            "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
def get_template(
    request: Request,
    db: Db,
    actor: CurrentActor,
    language: Language,
    programme: str,
    period: str,
    unit: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """One unit: a row for each target. Several: a row for each unit. Without `unit`: all units that
    the caller may write, at the centre all that are expected to report."""
    with db.reading() as session:
        model = template_for(session, actor, TemplateQuery(programme, period, unit))
    return file_reply(request, written(model, language), _name(model, language), XLSX)


def _name(model: TemplateModel, language: str) -> str:
    name = f"{say('template.file', language)} {model.programme.code} {model.period.code}"
    if len(model.units) == 1:
        unit = model.units[0].unit
        name = f"{name} {unit.code} {unit.name_on(model.period.period.ends_on).short_vi}"
    return f"{name}.xlsx"
