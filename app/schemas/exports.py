"""What an export says beside its figures: what defines them, and how they were looked at."""

from collections.abc import Mapping
from typing import NamedTuple

from app.schemas.catalogue import PeriodOut, ProgrammeOut
from app.schemas.targets import TargetOut


class UnitNamed(NamedTuple):
    """A unit under its name of the day that the figures are told for."""

    code: str
    kind: str
    short_vi: str
    name_vi: str
    name_en: str


class PeriodDefined(NamedTuple):
    """A period, with the targets under the rule in force in it and the units of its figures."""

    period: PeriodOut
    targets: Mapping[str, TargetOut]
    units: Mapping[str, UnitNamed]


class Background(NamedTuple):
    """`periods` by code, in the order asked for. `restated_on` None: as reported."""

    programme: ProgrammeOut
    periods: Mapping[str, PeriodDefined]
    include: str
    restated_on: str | None
    known_at: str
    data_version: str
    rule_version: str
    demonstration: bool
