"""Units: the list with its search, and each one's page: lineage, figures, trends, reports."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from app.deps import App, CurrentActor, Now
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.domain.periods import day_in_vietnam
from app.domain.units import UnitKind, lineage
from app.i18n import titled
from app.render.unit import UnitSpeaker
from app.render.words import period_name
from app.schemas.fields import Contract, Day, checked
from app.services import boards, dashboards, units
from app.services.boards import BoardQuery
from app.services.definitions import catalogue
from app.services.places import programme_of, unit_of
from app.services.report_views import ReportQuery, reports
from app.services.scene import View
from app.services.units import UnitQuery
from app.web.links import address, report_link, unit_link, view_query
from app.web.looking import LOADS, Board, Said, Wanted, chosen_instead, linked, looked
from app.web.paper import PageLanguage, PageRoute, kept_page, page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_REPORTS = 60


class _On(Contract):
    on: Day | None


@router.get("/units")
def get_units_page(  # noqa: PLR0913 - filters
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Said = "",
    on: Said = "",
) -> Response:
    """The units of a day, in the official order; what is looked for is found on any day."""
    day = checked(_On, {"on": on or None}).on or day_in_vietnam(now)
    kinds = [UnitKind(kind)] if kind in set(UnitKind) else []
    with service.database.reading() as session:
        found = units.read_units(session, actor, UnitQuery(None, kinds, q or None))
    there = [one for one in found if _valid(one, day)]
    others = [one for one in found if q and not _valid(one, day)]
    by_kind: dict[str, list[Any]] = {}
    for one in there:
        by_kind.setdefault(one["kind"], []).append(one)
    return page(
        request,
        "drill/units.html",
        200,
        q=q,
        kind=kind if kinds else "",
        kinds=[str(one) for one in UnitKind],
        on=day,
        by_kind=by_kind,
        others=others,
        unit_link=unit_link,
    )


def _valid(one: Any, day: date) -> bool:
    first, last = one["valid_from"], one["valid_to"]
    return (first is None or first <= day.isoformat()) and (last is None or day.isoformat() <= last)


@router.get("/units/{unit}")
def get_unit_page(  # noqa: PLR0913 - filters
    request: Request,
    service: App,
    actor: CurrentActor,
    wanted: Board,
    language: PageLanguage,
    unit: str,
) -> Response:
    path = unit_link(unit)
    if wanted.programme is None or wanted.period is None:
        with service.database.reading() as session:
            unit_of(catalogue(session), unit)
            here = dashboards.choice(session, actor, wanted.programme, wanted.period)
        wanted = wanted._replace(programme=here[0], period=here[1])
    try:
        return kept_page(
            request,
            actor,
            ("unit", unit, wanted),
            lambda session: _inside(session, actor, (wanted, unit), language),
            LOADS,
        )
    except NotFound:
        answer = chosen_instead(request, service, actor, wanted, wanted.address(path))
        if answer is None:
            raise
        return answer


def _inside(session: Any, actor: Actor, asked: tuple[Wanted, str], language: str) -> bytes:
    wanted, code = asked
    programme, period = str(wanted.programme), str(wanted.period)
    found = boards.unit_board(session, actor, BoardQuery(programme, period, wanted.view), code)
    defined = catalogue(session, wanted.view.known_at)
    within = programme_of(defined, programme)
    when, unit = within.periods[period].period, unit_of(defined, code)
    speaker = UnitSpeaker(defined, within, when, language)
    path = unit_link(code)
    inside = render(
        "drill/unit.html",
        language,
        actor=actor,
        unit=unit,
        path=path,
        found=found,
        name=speaker.unit_name(unit, when.ends_on),
        days=speaker.days(unit),
        lines=speaker.lines(found["items"], found["trends"]),
        steps=speaker.steps(lineage(code, defined.successions).successions),
        there=unit.valid_on(when.ends_on),
        period_name=period_name(when, language),
        reports=_reports(session, actor, code, speaker),
        wanted=wanted,
        markup=Markup,
        now_at=address(path, programme=programme, period=period),
        restated_at=_restated(path, wanted, unit.valid_from),
        programmes=[
            (one.code, titled(one, "title", language) or "") for one in defined.programmes.values()
        ],
        periods=[(one.code, period_name(one.period, language)) for one in within.periods.values()],
        national_at=address("/", programme=programme, period=period, **view_query(wanted.view)),
        report_link=report_link,
        **looked(wanted),
        **linked(wanted),
    )
    title = unit.name_on(when.ends_on)
    return (title.name_vi if language == "vi" else title.name_en).encode() + b"\n" + inside


def _restated(path: str, wanted: Wanted, first: date | None) -> str:
    """The same for a unit that came later: its predecessors' figures made into its own."""
    if first is None:
        return ""
    view = View(wanted.view.standing, wanted.view.known_at, first)
    return address(path, programme=wanted.programme, period=wanted.period, **view_query(view))


def _reports(
    session: Any, actor: Actor, unit: str, speaker: UnitSpeaker
) -> list[tuple[Any, str, str]]:
    """Those that the reader may see, the newest period first."""
    query = ReportQuery([], [], [unit], [], None, MOST_REPORTS)
    told = []
    for one in reports(session, actor, query).items:
        programme = speaker.defined.programmes[one["programme"]]
        when = programme.periods[one["period"]].period
        told.append((when.ends_on, one, programme, when))
    told.sort(key=lambda line: line[0], reverse=True)
    return [
        (
            one,
            titled(programme, "title", speaker.language) or "",
            period_name(when, speaker.language),
        )
        for _, one, programme, when in told
    ]
