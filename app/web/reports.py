"""Reports in lists: for a unit's people what is due, at the centre what has come in."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor
from app.domain.targets import Catalogue
from app.domain.workflow import Status
from app.i18n import say, titled
from app.render.words import period_name
from app.schemas.reports import ReportLine
from app.services import due, report_views, units
from app.services.definitions import catalogue
from app.services.due import DueReport, Stage
from app.services.report_views import ReportPage, ReportQuery
from app.services.units import UnitQuery
from app.web.paper import PageRoute, language_of, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LINES = 50
# What stands together, and whether it lies open; the rest is history.
NOW = (Stage.BACK, Stage.TO_CONFIRM, Stage.TO_DO)
LATER = {"handed_in": (Stage.HANDED_IN,), "coming": (Stage.COMING,)}
PAST = (Stage.APPROVED, Stage.SHUT)
Said = Annotated[str, Query(max_length=60)]


class Asked(NamedTuple):
    """The filters as they stand in the address; empty: none."""

    programme: str
    period: str
    unit: str
    status: str

    def address(self, **other: str) -> str:
        query = {name: said for name, said in (self._asdict() | other).items() if said}
        return f"/reports?{urlencode(query)}" if query else "/reports"


class Row(NamedTuple):
    """A report in the centre's list, in words."""

    line: ReportLine
    unit: str
    programme: str
    period: str

    @property
    def path(self) -> str:
        return f"{self.line['programme']}/{self.line['period']}/{self.line['unit']}"


async def _asked(
    programme: Said = "", period: Said = "", unit: Said = "", status: Said = ""
) -> Asked:
    known = status if status in list(Status) else ""
    return Asked(programme, period, " ".join(unit.split()), known)


@router.get("/reports")
def get_reports_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    asked: Annotated[Asked, Depends(_asked)],
    after: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    if actor.at_centre:
        return _at_centre(request, service, actor, asked, after)
    with service.database.reading() as session:
        found = due.due(session, actor, now)
    groups = {name: [one for one in found if one.stage in of] for name, of in LATER.items()}
    past = [one for one in found if one.stage in PAST]
    language = language_of(request)
    return page(
        request,
        "reports/due.html",
        200,
        to_do=_in_turn(found),
        groups=groups,
        past=sorted(past, key=_newest, reverse=True),
        days=lambda one: in_days(one, language),
        when=lambda one: period_name(one.place.period.period, language),
    )


def _in_turn(found: Sequence[DueReport]) -> list[DueReport]:
    """What was sent back comes first, then what only has to be confirmed."""
    return [one for stage in NOW for one in found if one.stage is stage]


def _newest(one: DueReport) -> tuple[date, date]:
    return one.place.period.period.ends_on, one.place.period.period.starts_on


def in_days(one: DueReport, language: str) -> str:
    """How much time is left, as people say it; empty where there is no due day."""
    left = one.days_left
    if left is None:
        return ""
    if left == 0:
        return say("reports.due_today", language)
    key = "reports.days_left" if left > 0 else "reports.days_over"
    return say(key, language, {"count": abs(left)})


def _at_centre(
    request: Request, service: Service, actor: Actor, asked: Asked, after: str | None
) -> Response:
    """What has come in of all units, in the order in which it first came."""
    language = language_of(request)
    with service.database.reading() as session:
        defined = catalogue(session)
        found = _found(session, actor, asked, after)
    return page(
        request,
        "reports/list.html",
        200,
        asked=asked,
        rows=[_row(defined, one, language) for one in found.items],
        following=asked.address(after=found.next) if found.next else None,
        first=asked.address() if after else None,
        programmes=[
            (one.code, titled(one, "title", language) or "") for one in defined.programmes.values()
        ],
        periods=_periods(defined, asked.programme, language),
        statuses=[(one.value, say(f"status.{one}", language)) for one in Status],
    )


def _found(session: Any, actor: Actor, asked: Asked, after: str | None) -> ReportPage:
    """A unit is looked for as people type it; one that there is not has no reports."""
    codes: list[str] = []
    if asked.unit:
        sought = UnitQuery(on=None, kinds=[], q=asked.unit)
        codes = [one["code"] for one in units.read_units(session, actor, sought)]
        if not codes:
            return ReportPage([], None)
    statuses = [Status(asked.status)] if asked.status else []
    programmes = [asked.programme] if asked.programme else []
    periods = [asked.period] if asked.period else []
    wanted = ReportQuery(programmes, periods, codes, statuses, after, LINES)
    return report_views.reports(session, actor, wanted)


def _row(defined: Catalogue, line: ReportLine, language: str) -> Row:
    programme = defined.programmes[line["programme"]]
    period = programme.periods[line["period"]].period
    unit = defined.units[line["unit"]].name_on(period.ends_on).short_vi
    title = titled(programme, "title", language) or programme.code
    return Row(line, unit, title, period_name(period, language))


def _periods(defined: Catalogue, programme: str, language: str) -> list[tuple[str, str]]:
    """Of the programme chosen, or of all of them; newest first."""
    found = {
        period.code: period.period
        for one in defined.programmes.values()
        if programme in ("", one.code)
        for period in one.periods.values()
    }
    newest = sorted(found.values(), key=lambda one: (one.ends_on, one.starts_on), reverse=True)
    return [(one.code, period_name(one, language)) for one in newest]
