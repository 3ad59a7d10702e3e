"""Two periods side by side: what a figure gained or lost, from the exact fractions (rule 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.attainment import Attainment
from app.domain.numbers import shown
from app.domain.yardstick import ZERO


def gained(before: Attainment, after: Attainment) -> Fraction | None:
    """Percent points, or a number of the target's unit of count; negative: lost. None unless both
    have a figure of the same kind: a yes and a no are not subtracted."""
    if before.figure is None or after.figure is None:
        return None
    if any(one.value is not None and one.value.done is not None for one in (before, after)):
        return None
    alike = before.held.in_percent == after.held.in_percent
    return after.figure - before.figure if alike else None


def shown_gain(gain: Fraction, *, in_percent: bool) -> Decimal | int:
    """As people see it: percent points with two decimals, and 0.00 only where nothing changed; a
    number as a whole one, where it is one."""
    if not in_percent and gain.denominator == 1:
        return gain.numerator
    return shown(gain.numerator, gain.denominator, (ZERO,))


@dataclass(frozen=True, slots=True)
class Move:
    """One unit's figures of two periods, both of them there, and what lies between."""

    before: Attainment
    after: Attainment
    gain: Fraction


@dataclass(frozen=True, slots=True)
class Moves:
    """Units with figures in both periods: how many rose, fell and stayed; and the farthest."""

    rose: int
    fell: int
    stayed: int
    risers: list[Move]
    fallers: list[Move]


def moves(pairs: Iterable[tuple[Attainment, Attainment]], most: int) -> Moves:
    """`most` units each way, the farthest first; of equal ones in the order given."""
    found = [
        Move(before, after, gain)
        for before, after in pairs
        if (gain := gained(before, after)) is not None
    ]
    up = sorted((one for one in found if one.gain > 0), key=lambda one: -one.gain)
    down = sorted((one for one in found if one.gain < 0), key=lambda one: one.gain)
    return Moves(len(up), len(down), len(found) - len(up) - len(down), up[:most], down[:most])
