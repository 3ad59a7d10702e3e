"""What a change of the rules does to the figures, as an administrator looks at it first."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.targets import Catalogue
from app.render.words import period_name
from app.schemas.attainment import FigureChangeOut
from app.schemas.units import FiguresChangedOut


class Moved(NamedTuple):
    """The figures of one period, on one basis; the national ones apart."""

    programme: str
    period: str
    name: str
    basis: str
    national: list[FigureChangeOut]
    units: list[FigureChangeOut]


def effects_of(
    defined: Catalogue, effects: Sequence[FiguresChangedOut], language: str
) -> list[Moved]:
    found = []
    for one in effects:
        when = defined.programmes[one["programme"]].periods[one["period"]]
        national = [figure for figure in one["figures"] if figure["scope"] == "national"]
        others = [figure for figure in one["figures"] if figure["scope"] != "national"]
        name = period_name(when.period, language)
        found.append(Moved(one["programme"], one["period"], name, one["basis"], national, others))
    return found
