"""Templates: the workbook that a unit, or the centre, fills in."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from app.answers import reply
from app.api.contract import refusals
from app.deps import CurrentActor, Db, Language
from app.i18n import say
from app.schemas.templates import TemplateModel
from app.services.templates import TemplateQuery, template_for
from app.sheets.template import written

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    headers = {"content-type": XLSX, "content-disposition": _named(model, language)}
    return reply(request, written(model, language), headers=headers)


def _named(model: TemplateModel, language: str) -> str:
    """A name that old clients read (codes are ASCII), and one with the unit's own name."""
    which = f"{model.programme.code} {model.period.code}"
    plain, full = f"bao-cao {which}", f"{say('template.file', language)} {which}"
    if len(model.units) == 1:
        unit = model.units[0].unit
        plain = f"{plain} {unit.code}"
        full = f"{full} {unit.name_on(model.period.period.ends_on).short_vi}"
    ascii_name = plain.replace(" ", "-") + ".xlsx"
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(full + '.xlsx')}"
