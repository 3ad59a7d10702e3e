"""One cell of a workbook: for whoever sent it, with what stands around it; for whoever may read the
report that was filled from it, with what that report tells."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor, Now
from app.domain.errors import NotFound
from app.incoming import apart
from app.render.words import period_name
from app.services import one_report
from app.sheets.around import Told, Window
from app.sheets.marks import place as cell_at
from app.sheets.summary import told
from app.web.imports import Sender, kept_file
from app.web.links import report_link
from app.web.paper import PageRoute, language_of, page
from app.web.report import Key
from app.workbooks import File, seen_at

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/imports/{id}/cell")
async def get_cell(
    request: Request,
    service: App,
    actor: Sender,
    now: Now,
    id: str,
    sheet: Annotated[str, Query(max_length=255)] = "",
    cell: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """Where a figure or a fault stands, with the rows and headings around it."""
    at = cell_at(cell)
    if at is None:
        raise NotFound(what=cell)

    def work() -> Response:
        file, summary = kept_file(service, actor, id, now)
        window = seen_at(service.fence, file, sheet, at)
        if window is None:
            raise NotFound(what=sheet)
        faults = [
            one
            for one in told(summary, language_of(request))["errors"]
            if (one["sheet"], one["cell"]) == (sheet, cell)
        ]
        return _page(request, (file.name, sheet, cell), window, import_id=id, faults=faults)

    return await apart(request, work)


@router.get("/reports/{programme}/{period}/{unit}/cell")
async def get_cell_of_report(  # noqa: PLR0913 - what names one value of one revision
    request: Request,
    service: App,
    actor: CurrentActor,
    key: Key,
    target: Annotated[str, Query(max_length=40)] = "",
    revision: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """Where a value of a report was read; what else the file holds is its sender's."""

    def work() -> Response:
        with service.database.reading() as session:
            found = one_report.origin_of(session, actor, key, target, revision)
        at, places = cell_at(found.cell), _places(found.taken)
        if at is None:
            raise NotFound(what=found.cell)
        first = min(row for row, _ in places), min(column for _, column in places)
        only = Told(_places(found.own), found.figures, first)
        file = File(found.file_name, found.content)
        window = seen_at(service.fence, file, found.sheet, at, only)
        if window is None:
            raise NotFound(what=found.sheet)
        when = period_name(found.place.period.period, language_of(request))
        report = report_link(key.programme, key.period, key.unit, target, revision)
        facts = {"unit": key.unit, "when": when, "report": report}
        return _page(request, (file.name, found.sheet, found.cell), window, **facts)

    return await apart(request, work)


def _places(cells: Iterable[str]) -> set[tuple[int, int]]:
    return {at for at in map(cell_at, cells) if at}


def _page(request: Request, of: tuple[str, str, str], window: Window, **facts: Any) -> Response:
    file, sheet, cell = of
    given = {"import_id": None, "faults": [], "report": None, **facts}
    return page(
        request,
        "reports/cell.html",
        200,
        file=file,
        sheet=sheet,
        cell=cell,
        at_cell=cell_at(cell),
        window=window,
        **given,
    )
