"""Dashboards and attainment as .xlsx and .csv, and the feeds: the readings of the JSON door."""

import io
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers import XLSX, to_json
from app.api.attainment import Board, KnownAt, Seen, Wanted, audience, past
from app.api.contract import ready, refusals
from app.deps import CurrentActor, Language, Now
from app.domain.access import Actor
from app.domain.workflow import Standing
from app.schemas.dashboards import BoardOut
from app.schemas.exports import Background
from app.schemas.feeds import FeedOut, ReportRow, UnitRow, ValueRow
from app.services import boards, dashboards, feeds
from app.services.attainment import attainments, may_see
from app.services.boards import BoardQuery
from app.services.exports import background
from app.services.feeds import FeedQuery
from app.services.scene import View
from app.sheets import export, flat
from app.sheets.flat import Table

CSV = "text/csv; charset=utf-8"
router = APIRouter(tags=["exports"], responses=refusals(403))
Dialect = Annotated[
    Literal["vi"] | None,
    Query(description="vi: semicolons and decimal commas, for a Vietnamese Excel"),
]


class Export(NamedTuple):
    """One reading to be sent as a file. `key` is all that it depends on, but for the language."""

    name: str
    key: Hashable
    workbook: Callable[[Any, str], bytes]
    table: Callable[[Any], Table]


async def _overview(actor: CurrentActor, view: Seen, programme: str, period: str) -> Export:
    may_see(actor, view.standing)

    def read(session: Any) -> Any:
        return dashboards.overview(session, actor, programme, period, view)

    def workbook(session: Any, language: str) -> bytes:
        behind = background(session, actor, programme, [period], view)
        return export.overview_book(read(session), behind, language)

    return Export(
        f"{programme}_{period}_overview",
        (programme, period, view, audience(actor)),
        workbook,
        lambda session: flat.overview_table(read(session)),
    )


async def _completeness(
    actor: CurrentActor,
    now: Now,
    programme: str,
    period: str,
    known_at: KnownAt = None,
    missing: bool = False,
) -> Export:
    may_see(actor, Standing.APPROVED)
    past("known_at", known_at, now)

    def read(session: Any) -> Any:
        return dashboards.completeness(session, actor, programme, period, known_at, missing=missing)

    def workbook(session: Any, language: str) -> bytes:
        behind = background(session, actor, programme, [period], View(known_at=known_at))
        return export.completeness_book(read(session), behind, language)

    return Export(
        f"{programme}_{period}_completeness",
        (programme, period, known_at, missing, audience(actor)),
        workbook,
        lambda session: flat.completeness_table(read(session)),
    )


def _board(
    actor: Actor,
    wanted: BoardQuery,
    code: str,
    read: Callable[[Any, Actor, BoardQuery, str], BoardOut],
    book: Callable[[BoardOut, Background, str, str], bytes],
) -> Export:
    may_see(actor, wanted.view.standing)

    def workbook(session: Any, language: str) -> bytes:
        behind = background(session, actor, wanted.programme, [wanted.period], wanted.view)
        return book(read(session, actor, wanted, code), behind, language, code)

    return Export(
        f"{wanted.programme}_{wanted.period}_{code}",
        (code, wanted),
        workbook,
        lambda session: flat.attainment_table(read(session, actor, wanted, code)),
    )


async def _target(actor: CurrentActor, wanted: Board, code: str) -> Export:
    return _board(actor, wanted, code, boards.target_board, export.target_book)


async def _unit(actor: CurrentActor, wanted: Board, code: str) -> Export:
    return _board(actor, wanted, code, boards.unit_board, export.unit_book)


async def _attainment(actor: CurrentActor, wanted: Wanted) -> Export:
    def workbook(session: Any, language: str) -> bytes:
        periods = dict.fromkeys(wanted.periods)
        behind = background(session, actor, wanted.programme, periods, wanted.view)
        return export.attainment_book(attainments(session, actor, wanted), behind, language)

    return Export(
        f"{wanted.programme}_{'_'.join(dict.fromkeys(wanted.periods))}_attainment"[:120],
        str(wanted),
        workbook,
        lambda session: flat.attainment_table(attainments(session, actor, wanted)),
    )


def _file(answer: Response, name: str) -> Response:
    answer.headers["content-disposition"] = f'attachment; filename="{name}"'
    return answer


def _gives(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The file", "content": {media_type: {}}}}


def _doors(path: str, asked: Callable[..., Any]) -> None:
    """The .xlsx and the .csv beside a JSON answer, which take its parameters."""
    words = path.replace("{code}", "").strip("/").replace("/", " ")

    @router.get(
        f"{path}.xlsx",
        name=f"{words} as a workbook",
        operation_id=f"{words.replace(' ', '_')}_xlsx",
        response_class=Response,
        responses=_gives(XLSX),
    )
    def get_workbook(
        request: Request, wanted: Annotated[Export, Depends(asked)], language: Language
    ) -> Response:
        answer = ready(request).answer(
            request,
            (path, "xlsx", wanted.key, language),
            lambda session: wanted.workbook(session, language),
            XLSX,
        )
        answer.headers["content-language"] = language
        return _file(answer, f"{wanted.name}.xlsx")

    @router.get(
        f"{path}.csv",
        name=f"{words} as CSV",
        operation_id=f"{words.replace(' ', '_')}_csv",
        response_class=Response,
        responses=_gives("text/csv"),
    )
    def get_csv(
        request: Request, wanted: Annotated[Export, Depends(asked)], dialect: Dialect = None
    ) -> Response:
        answer = ready(request).answer(
            request,
            (path, "csv", wanted.key, dialect),
            lambda session: flat.csv_bytes(wanted.table(session), dialect),
            CSV,
        )
        return _file(answer, f"{wanted.name}.csv")


_doors("/dashboards/overview", _overview)
_doors("/dashboards/completeness", _completeness)
_doors("/dashboards/target/{code}", _target)
_doors("/dashboards/unit/{code}", _unit)
_doors("/attainment", _attainment)


class Feed(NamedTuple):
    """One feed as asked for; `key` is all that it depends on."""

    key: Hashable
    rows: Callable[[Any], Iterable[Mapping[str, Any]]]


Periods = Annotated[list[str], Query(min_length=1, max_length=40)]


def _of_periods(
    read: Callable[[Any, Actor, FeedQuery], Iterable[Mapping[str, Any]]],
) -> Callable[..., Any]:
    async def asked(actor: CurrentActor, programme: str, period: Periods) -> Feed:
        may_see(actor, Standing.APPROVED)
        wanted = FeedQuery(programme, tuple(dict.fromkeys(period)))
        return Feed((wanted, audience(actor)), lambda session: read(session, actor, wanted))

    return asked


async def _units(
    actor: CurrentActor, programme: str | None = None, period: str | None = None
) -> Feed:
    may_see(actor, Standing.APPROVED)
    return Feed(
        (programme, period), lambda session: feeds.unit_rows(session, actor, programme, period)
    )


def _as_json(session: Any, columns: list[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Row by row: a feed may be long."""
    whole, mark = io.BytesIO(b'{"items":['), b""
    whole.seek(0, io.SEEK_END)
    for row in flat.flattened(rows, columns):
        whole.write(mark + to_json(row))
        mark = b","
    whole.write(b"]," + to_json(feeds.told(session)._asdict())[1:])
    return whole.getvalue()


def _feed(name: str, columns: list[str], asked: Callable[..., Any]) -> None:
    @router.get(
        f"/feeds/{name}.csv",
        name=f"{name} as CSV",
        operation_id=f"feed_{name}_csv",
        response_class=Response,
        responses=_gives("text/csv"),
    )
    def get_csv(
        request: Request, wanted: Annotated[Feed, Depends(asked)], dialect: Dialect = None
    ) -> Response:
        def build(session: Any) -> bytes:
            tail = feeds.told(session)._asdict()
            rows = flat.flattened(wanted.rows(session), columns, **tail)
            return flat.csv_bytes(Table([*columns, *tail], rows), dialect)

        key = ("feed", name, "csv", wanted.key, dialect)
        return _file(ready(request).answer(request, key, build, CSV), f"{name}.csv")

    @router.get(
        f"/feeds/{name}.json",
        name=f"{name} as JSON",
        operation_id=f"feed_{name}_json",
        response_model=FeedOut,
    )
    def get_json(request: Request, wanted: Annotated[Feed, Depends(asked)]) -> Response:
        return ready(request).answer(
            request,
            ("feed", name, "json", wanted.key),
            lambda session: _as_json(session, columns, wanted.rows(session)),
        )


_feed("values", flat.columns_of(ValueRow), _of_periods(feeds.value_rows))
_feed("attainment", flat.ATTAINMENT, _of_periods(feeds.attainment_rows))
_feed("reports", flat.columns_of(ReportRow), _of_periods(feeds.report_rows))
_feed("units", flat.columns_of(UnitRow), _units)
