"""Workbooks in and out, against the bare library doing the same cells; elapsed time."""

import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from openpyxl import load_workbook

from app.db.session import Database
from app.domain.access import Actor, Role
from app.schemas.templates import TemplateModel
from app.services import tokens
from app.services.templates import TemplateQuery, template_for
from app.sheets.fence import Fence
from app.sheets.intake import Asked
from app.sheets.template import written
from app.workbooks import File, read_in
from benchmarks.ground import FORTY
from benchmarks.measure import Line, in_turns, ratio
from benchmarks.servers import Place

ROUNDS, MOST_IN, MOST_OUT = 7, 2.0, 1.5
Cells = list[list[Any]]


def elapsed(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def workbooks(place: Place) -> Iterator[Line]:
    """The centre's consolidated sheet of 84 units by 40 targets, every cell filled."""
    database = Database(place.copy("workbooks"))
    with database.writing() as session:
        system = tokens.system(session)
    reviewer = Actor(system.account_id, system.name, Role.REVIEWER)
    with database.reading() as session:
        model = template_for(session, reviewer, TemplateQuery(*FORTY))
    fence = Fence(1)
    try:
        yield _in(place, database, fence, reviewer, written(model, "vi"))
        yield _out(place, model)
    finally:
        fence.close()
        database.close()


def _in(place: Place, database: Database, fence: Fence, actor: Actor, data: bytes) -> Line:
    """Read, screened, into judged contracts; against one read-only pass of the reader."""
    file = File("84x40.xlsx", data)

    def ours() -> float:
        return elapsed(lambda: list(read_in(database, fence, actor, file, Asked()).units))

    seen = in_turns(ROUNDS, {"ours": ours, "bare": lambda: elapsed(lambda: _pass(data))})
    return _line("workbook in, 84 x 40", place, seen, MOST_IN)


def _pass(data: bytes) -> int:
    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    cells = 0
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            cells += len(row)
    return cells


def _out(place: Place, model: TemplateModel) -> Line:
    """The template as it is handed out; against a loop that writes the same cells bare."""
    data = written(model, "vi")
    book = load_workbook(BytesIO(data))
    sheets = [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book]
    sides = {
        "ours": lambda: elapsed(lambda: written(model, "vi")),
        "bare": lambda: elapsed(lambda: _write(sheets)),
    }
    return _line("workbook out, 84 x 40", place, in_turns(ROUNDS, sides), MOST_OUT)


def _write(sheets: Sequence[Cells]) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(at, column, value)
    return out.getvalue()


def _line(what: str, place: Place, seen: dict[str, list[float]], most: float) -> Line:
    ours, bare = seen["ours"], seen["bare"]
    return Line(what, place.name, min(ours), min(bare), ratio(ours, bare), most)
