"""Targets: the list of them, and each one's page: figure, trend, order of the units, rule."""

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from app.deps import App, CurrentActor, Now
from app.domain.access import Actor, Right, require
from app.domain.periods import day_in_vietnam
from app.domain.targets import Catalogue, ValueKind
from app.domain.units import UnitKind
from app.domain.verdict import Verdict
from app.i18n import say, titled
from app.render import board
from app.render.bullets import bullet
from app.render.target import TargetSpeaker
from app.render.trends import trend
from app.render.words import period_name
from app.services import ranking
from app.services.boards import BoardQuery
from app.services.definitions import catalogue
from app.services.ranking import TargetSeen
from app.web.links import address, target_link, view_query
from app.web.looking import LOADS, Board, Looking, Wanted, linked, looked
from app.web.paper import PageLanguage, PageRoute, kept_page, page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Code = Annotated[str | None, Query(max_length=40)]
WORDS = (ValueKind.YES_NO, ValueKind.ALL_OF, ValueKind.NARRATIVE)
SORTS = ("rank", "name")


@router.get("/targets")
def get_targets_page(
    request: Request, service: App, actor: CurrentActor, wanted: Board, language: PageLanguage
) -> Response:
    """By programme and group, under the rules in force on the day."""
    with service.database.reading() as session:
        require(actor, Right.FIGURES_READ)
        defined = catalogue(session, wanted.view.known_at)
    return page(request, "drill/targets.html", 200, **_listed(defined, wanted, language))


def _listed(defined: Catalogue, wanted: Wanted, language: str) -> dict[str, Any]:
    shown = []
    for programme in defined.programmes.values():
        if wanted.programme in (None, programme.code) and programme.periods:
            period = next(iter(programme.periods.values())).period
            speaker = TargetSpeaker(defined, programme, period, language)
            held = programme.targets_on(wanted.today)
            groups = [
                (group, [(one, speaker.rule(one)) for one in held if one.group == group.number])
                for group in programme.groups
            ]
            shown.append((programme, [(group, lines) for group, lines in groups if lines]))
    programmes = [
        (one.code, titled(one, "title", language) or "") for one in defined.programmes.values()
    ]
    return {"shown": shown, "programmes": programmes, "wanted": wanted, "target_link": target_link}


class Order(NamedTuple):
    """Which units are shown, and in which order."""

    kind: UnitKind | None
    by_name: bool

    @property
    def query(self) -> dict[str, str | None]:
        return {"kind": self.kind and self.kind.value, "sort": "name" if self.by_name else None}


@router.get("/targets/{programme}/{target}")
def get_target_page(  # noqa: PLR0913 - filters
    request: Request,
    service: App,
    actor: CurrentActor,
    view: Looking,
    now: Now,
    language: PageLanguage,
    programme: str,
    target: str,
    period: Code = None,
    kind: Code = None,
    sort: Code = None,
) -> Response:
    chosen = UnitKind(kind) if kind in set(UnitKind) else None
    order = Order(chosen, sort == "name")
    with service.database.reading() as session:
        code = ranking.period_for(session, actor, BoardQuery(programme, period or "", view), target)
    wanted = Wanted(programme, code, view, day_in_vietnam(view.known_at or now))
    return kept_page(
        request,
        actor,
        ("target", target, wanted, order),
        lambda session: _inside(session, actor, (wanted, target, order), language),
        LOADS,
    )


def _inside(session: Any, actor: Actor, asked: tuple[Wanted, str, Order], language: str) -> bytes:
    wanted, code, order = asked
    query = BoardQuery(str(wanted.programme), str(wanted.period), wanted.view)
    seen = ranking.look_at_target(session, actor, query, code, order.kind)
    speaker = TargetSpeaker(seen.catalogue, seen.programme, seen.period.period, language)
    path = f"/targets/{seen.programme.code}/{seen.target.code}"

    def here(**changes: str | None) -> str:
        said = {"period": wanted.period, **view_query(wanted.view), **order.query}
        return address(path, **{**said, **changes})

    inside = render(
        "drill/target.html",
        language,
        actor=actor,
        seen=seen,
        target=seen.target,
        path=path,
        period_name=period_name(seen.period.period, language),
        order=order,
        here=here,
        now_at=address(path, period=wanted.period, **order.query),
        revisions=[
            (one, speaker.rule(one.target))
            for one in ranking.revisions(session, actor, seen.programme.code, code)
            if wanted.view.known_at is None or one.at <= wanted.view.known_at
        ],
        **_words(seen, speaker, order),
        **looked(wanted),
        **linked(wanted),
    )
    title = f"{code} · {titled(seen.target, 'title', language)}"
    return title.encode() + b"\n" + inside


def _drawn(seen: TargetSeen) -> bool:
    """One figure alone is no trend."""
    told = [one for one in seen.trend["points"] if one["verdict"] != Verdict.NO_DATA]
    return len(told) > 1


def _words(seen: TargetSeen, speaker: TargetSpeaker, order: Order) -> dict[str, Any]:
    target, row = seen.target, seen.national
    in_words = target.value_kind in WORDS
    alone = len(seen.units) == 1 and seen.units[0].row["unit"] == row["unit"]
    units = [] if alone else seen.units
    group = next((one for one in seen.programme.groups if one.number == target.group), None)
    codes = ranking.periods_of(seen.programme, target.code)
    return {
        "line": speaker.line(target, row),
        "bar": Markup(bullet(row)),  # noqa: S704
        "details": speaker.details(target, row),
        "parts": speaker.parts(target, row),
        "group": group,
        "trend": Markup(trend(seen.trend, speaker, row)),  # noqa: S704
        "points": board.points(seen.trend, speaker) if _drawn(seen) else [],
        "in_words": in_words,
        "ranks": [] if in_words else speaker.ranked(target, units, by_name=order.by_name),
        "heaps": speaker.heaps(target, units, words=in_words),
        "alone": alone,
        "rule": say(f"formula.national.{target.unit_rule}", speaker.language)
        if target.unit_rule
        else "",
        "reporters": [speaker.either("kind", one) for one in UnitKind if one in target.reported_by],
        "kinds": [(one.value, speaker.either("kind", one)) for one in seen.kinds],
        "periods": [
            (one, period_name(seen.programme.periods[one].period, speaker.language))
            for one in codes
        ],
    }
