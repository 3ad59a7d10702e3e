"""Dashboards as .pdf and as one picture (.png), beside .xlsx and .csv: the page's reading."""

from collections.abc import Callable, Hashable
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from fastapi import APIRouter, Depends, Request, Response

from app.answers import reply
from app.api.attainment import Board, KnownAt, Seen, audience, past
from app.api.contract import ready, refusals
from app.deps import CurrentActor, Language, Now
from app.domain.workflow import Standing
from app.render.overview import page_of
from app.render.paper import Part
from app.render.paper_boards import OneTarget, target_paper, unit_paper
from app.render.paper_overview import Reading, completeness_paper, overview_paper
from app.render.press import Press, written
from app.render.target import TargetSpeaker
from app.render.unit import UnitSpeaker
from app.render.words import Speaker
from app.services import boards, dashboards, ranking
from app.services.attainment import may_see
from app.services.boards import BoardQuery
from app.services.definitions import catalogue
from app.services.exports import background
from app.services.places import unit_of
from app.services.scene import View

PDF, PNG = "application/pdf", "image/png"
S = TypeVar("S", bound=Speaker)
router = APIRouter(tags=["exports"], responses=refusals(403, 503))
press = Press()  # one for the process: what it bounds is the machine's work


class Paper(NamedTuple):
    """One reading to be printed. `key` is all that it depends on, but for the language."""

    name: str
    key: Hashable
    words: Callable[[Any, str], Part]


async def _overview(actor: CurrentActor, view: Seen, programme: str, period: str) -> Paper:
    may_see(actor, view.standing)

    def words(session: Any, language: str) -> Part:
        shown = dashboards.shown(session, actor, programme, period, view)
        drawn = boards.national_trend(session, actor, BoardQuery(programme, period, view))
        behind = background(session, actor, programme, [period], view)
        page = page_of(*shown, actor, language)
        return overview_paper(Reading(*shown, drawn), page, behind, language)

    key = (programme, period, view, audience(actor))
    return Paper(f"{programme}_{period}_overview", key, words)


async def _completeness(
    actor: CurrentActor, now: Now, programme: str, period: str, known_at: KnownAt = None
) -> Paper:
    may_see(actor, Standing.APPROVED)
    past("known_at", known_at, now)

    def words(session: Any, language: str) -> Part:
        found = dashboards.completeness(session, actor, programme, period, known_at)
        behind = background(session, actor, programme, [period], View(known_at=known_at))
        return completeness_paper(
            found, behind, _speaker(Speaker, session, (programme, period, known_at), language)
        )

    key = (programme, period, known_at, audience(actor))
    return Paper(f"{programme}_{period}_completeness", key, words)


async def _target(actor: CurrentActor, wanted: Board, code: str) -> Paper:
    may_see(actor, wanted.view.standing)
    programme, period, view = wanted

    def words(session: Any, language: str) -> Part:
        seen = ranking.look_at_target(session, actor, wanted, code)
        overview = dashboards.overview(session, actor, programme, period, view)
        behind = background(session, actor, programme, [period], view)
        speaker = TargetSpeaker(seen.catalogue, seen.programme, seen.period.period, language)
        read = OneTarget(seen.target, seen.national, seen.trend, seen.units, overview)
        return target_paper(read, speaker, behind)

    return Paper(f"{programme}_{period}_{code}", (code, wanted, audience(actor)), words)


async def _unit(actor: CurrentActor, wanted: Board, code: str) -> Paper:
    may_see(actor, wanted.view.standing)
    programme, period, view = wanted

    def words(session: Any, language: str) -> Part:
        found = boards.unit_board(session, actor, wanted, code)
        behind = background(session, actor, programme, [period], view)
        speaker = _speaker(UnitSpeaker, session, (programme, period, view.known_at), language)
        return unit_paper(speaker, unit_of(speaker.defined, code), found, behind)

    return Paper(f"{programme}_{period}_{code}", (code, wanted), words)


def _printed(
    request: Request, path: str, wanted: Paper, language: str, form: Literal["pdf", "png"]
) -> Response:
    """The words are worked out once per data version; what is set in type has its own bounds."""
    key = (path, "paper", wanted.key, language)
    told = ready(request).body(key, lambda session: written(wanted.words(session, language)))
    headers = {
        "content-disposition": f'attachment; filename="{wanted.name}.{form}"',
        "content-language": language,
    }
    answer = reply(request, press.printed(told, form), headers=headers)
    if answer.status_code == 200:
        answer.headers["content-type"] = PDF if form == "pdf" else PNG
    return answer


def _doors(path: str, asked: Callable[..., Any]) -> None:
    """The .pdf and the .png beside a JSON answer, which take its parameters."""
    words = path.replace("{code}", "").strip("/").replace("/", " ")

    @router.get(
        f"{path}.pdf",
        name=f"{words} on paper",
        operation_id=f"{words.replace(' ', '_')}_pdf",
        response_class=Response,
        responses=_gives(PDF),
    )
    def get_pdf(
        request: Request, wanted: Annotated[Paper, Depends(asked)], language: Language
    ) -> Response:
        return _printed(request, path, wanted, language, "pdf")

    @router.get(
        f"{path}.png",
        name=f"{words} as a picture",
        operation_id=f"{words.replace(' ', '_')}_png",
        response_class=Response,
        responses=_gives(PNG),
    )
    def get_png(
        request: Request, wanted: Annotated[Paper, Depends(asked)], language: Language
    ) -> Response:
        return _printed(request, path, wanted, language, "png")


def _gives(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The file", "content": {media_type: {}}}}


def _speaker(kind: type[S], session: Any, where: Any, language: str) -> S:
    programme, period, known_at = where
    defined = catalogue(session, known_at)
    within = defined.programmes[programme]
    return kind(defined, within, within.periods[period].period, language)


_doors("/dashboards/overview", _overview)
_doors("/dashboards/completeness", _completeness)
_doors("/dashboards/target/{code}", _target)
_doors("/dashboards/unit/{code}", _unit)
