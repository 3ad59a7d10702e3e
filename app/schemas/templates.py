"""A template: what is asked of whom in a period, with what is stored; ready to be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain.targets import Programme, ProgrammePeriod, Target, in_force
from app.domain.units import Unit
from app.domain.values import Value


def template_id(programme: Programme, period: ProgrammePeriod) -> str:
    """NC-2024/2024@1. The number goes up with every revision of a target that the period's last
    day is under: what was downloaded before it asks for something else."""
    later = 0
    for revisions in programme.targets.values():
        chosen = in_force(revisions, period.period.ends_on)
        later += next(place for place, one in enumerate(revisions) if one is chosen)
    return f"{programme.code}/{period.code}@{1 + later}"


class Said(NamedTuple):
    """One stored value, with the words beside it."""

    value: Value
    note: str | None = None
    evidence: str | None = None


class LastFigure(NamedTuple):
    """A unit's approved figure in an earlier period. `percent` is as shown; counts of a restated
    unit may have decimals. A yes or no has `done`, a number `value`; `figure` is exact."""

    period: str
    percent: Decimal | None = None
    numerator: Decimal | int | None = None
    denominator: Decimal | int | None = None
    value: Decimal | int | None = None
    done: bool | None = None
    figure: Fraction | None = None


@dataclass(frozen=True, slots=True)
class TemplateUnit:
    """One unit, the codes of the targets it is asked for, and what is stored of them, as the
    caller may see it."""

    unit: Unit
    asked: frozenset[str]
    said: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class TemplateModel:
    """`targets` are those that any of the units is asked for, in the programme's order. `last` are
    the figures of the period before, by target: of a single unit only."""

    id: str
    organisation: Unit
    programme: Programme
    period: ProgrammePeriod
    targets: tuple[Target, ...]
    units: tuple[TemplateUnit, ...]
    last: Mapping[str, LastFigure]
    demonstration: bool = False
