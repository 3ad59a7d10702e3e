"""Two periods of a programme side by side."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.schemas.attainment import AttainmentOut


class UnitMove(NamedTuple):
    """A unit with a figure in both periods; `gain` in percent points or in the unit of count."""

    before: AttainmentOut
    after: AttainmentOut
    gain: Decimal | int


class TargetCompared(NamedTuple):
    """A target's national results; None where the period does not ask for it. `gain` None: one of
    them has no figure."""

    target: str
    before: AttainmentOut | None
    after: AttainmentOut | None
    gain: Decimal | int | None
    rose: int
    fell: int
    stayed: int
    risers: list[UnitMove]
    fallers: list[UnitMove]


class Compared(NamedTuple):
    """`before` is the earlier period, whichever was named first. `restated_on` is set as well
    where nobody asked for it: the periods' units are not the same (rule 20)."""

    programme: str
    before: str
    after: str
    restated_on: date | None
    of_itself: bool
    include: str
    known_at: str
    data_version: str
    targets: list[TargetCompared]
