"""Why a figure is what it is: the formula, every value behind it, and where each was written."""

from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from app.deps import CurrentActor
from app.domain.access import Actor
from app.domain.targets import Target
from app.i18n import say, titled
from app.render.bullets import bullet
from app.render.explanation import ExplanationSpeaker
from app.render.words import period_name
from app.schemas.attainment import ExplanationOut
from app.services import explanation
from app.services.attainment import AttainmentQuery
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of
from app.services.scene import View
from app.web.links import cell_link, explain_link, report_link, target_link, unit_link, view_query
from app.web.looking import Looking
from app.web.paper import PageLanguage, PageRoute, kept_fragment, kept_page, render

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Code = Annotated[str, Query(min_length=1, max_length=40)]
LOADS = ("charts.css", "drill.css")


class Figure(NamedTuple):
    """What is asked about, and in which order the values behind it are shown."""

    programme: str
    period: str
    target: str
    unit: str
    own: bool
    view: View
    sort: str | None

    def address(self, sort: str | None = None) -> str:
        scope = "own" if self.own else None
        here = explain_link(
            self.programme, self.period, self.target, self.unit, scope=scope, view=self.view
        )
        return f"{here}&sort={sort}" if sort else here


@router.get("/explain")
def get_explanation_page(  # noqa: PLR0913 - what names one figure
    request: Request,
    actor: CurrentActor,
    view: Looking,
    language: PageLanguage,
    programme: Code,
    period: Code,
    target: Code,
    unit: Code,
    scope: Literal["national", "own", "unit"] | None = None,
    sort: Literal["size", "name"] | None = None,
) -> Response:
    """The page; for a script that shows it in the page of the figure, its inside alone."""
    figure = Figure(programme, period, target, unit, scope in ("own", "unit"), view, sort)
    alone = request.headers.get("hx-request") == "true"
    key = ("explain", figure, alone)

    def build(session: Any) -> bytes:
        return _inside(session, actor, figure, (language, alone))

    shown = (
        kept_fragment(request, actor, key, build)
        if alone
        else kept_page(request, actor, key, build, LOADS)
    )
    shown.headers["vary"] = f"{shown.headers['vary']}, hx-request"
    return shown


def _inside(session: Any, actor: Actor, figure: Figure, how: tuple[str, bool]) -> bytes:
    language, alone = how
    asked = AttainmentQuery(
        figure.programme, [figure.period], [figure.target], [figure.unit], figure.own, figure.view
    )
    found = explanation.explain(session, actor, asked)
    defined = catalogue(session, figure.view.known_at)
    within = programme_of(defined, figure.programme)
    when = period_of(within, figure.period).period
    target = within.target(figure.target, when.ends_on)
    assert target is not None  # noqa: S101 - it was explained
    speaker = ExplanationSpeaker(defined, within, when, language)
    inside = render(
        "drill/explain.html",
        language,
        actor=actor,
        alone=alone,
        figure=figure,
        found=found,
        target=target,
        unit=defined.units[figure.unit],
        period_name=period_name(when, language),
        opens=explanation.may_open(session, actor, found["inputs"]),
        report_link=report_link,
        cell_link=cell_link,
        target_at=target_link(figure.programme, figure.target, figure.period, figure.view),
        unit_at=unit_link(figure.unit, figure.programme, figure.period, figure.view),
        api_query=urlencode(_api(figure)),
        **_words(speaker, target, found, figure.sort),
    )
    return say("drill.why", language).encode() + b"\n" + inside


def _api(figure: Figure) -> dict[str, str]:
    codes = {
        "programme": figure.programme,
        "period": figure.period,
        "target": figure.target,
        "unit": figure.unit,
    }
    return codes | ({"scope": "own"} if figure.own else {}) | view_query(figure.view)


def _words(
    speaker: ExplanationSpeaker, target: Target, found: ExplanationOut, sort: str | None
) -> dict[str, Any]:
    row = found["result"]
    national = row["scope"] == "national"
    lines = speaker.lines(found, sort)
    return {
        "title": titled(target, "title", speaker.language),
        "name": speaker.drill("all_units") if national else speaker.unit(row["unit"]),
        "national": national,
        "line": speaker.line(target, row),
        "bar": Markup(bullet(row)),  # noqa: S704
        "details": speaker.details(target, row),
        "formula": speaker.formula(found),
        "inputs": lines,
        "columns": [
            one
            for one in ("numerator", "denominator", "percent", "said")
            if any(getattr(line, one) for line in lines)
        ],
        "sum": speaker.sum(target, found),
        "excluded": speaker.units_with(found["excluded"]),
        "outside": speaker.units_with(found["not_applicable"]),
        "missing": [speaker.unit(one) for one in found["missing"]],
    }
