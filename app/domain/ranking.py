"""The order of units by their results: places with ties, and whose place hangs on one person."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from app.domain.targets import Comparator, Target

# Below this many, one person more or less moves a percentage by more than one point.
SMALL = 100


class Place(NamedTuple):
    """`tied`: how many stand on it, itself included."""

    number: int
    tied: int


def merit(target: Target, figure: Fraction) -> Fraction:
    """The higher the better: what is to stay low counts downwards, what is to be hit exactly by
    its distance."""
    if target.comparator is Comparator.AT_MOST:
        return -figure
    if target.comparator is Comparator.EXACTLY and target.height is not None:
        return -abs(figure - target.height)
    return figure


def places(merits: Mapping[str, Fraction]) -> dict[str, Place]:
    """Competition ranking of exact figures: 1, 2, 2, 4. What is shown alike in two decimals may
    still stand on two places."""
    held = Counter(merits.values())
    first: dict[Fraction, int] = {}
    passed = 0
    for merit_ in sorted(held, reverse=True):
        first[merit_] = passed + 1
        passed += held[merit_]
    return {unit: Place(first[one], held[one]) for unit, one in merits.items()}


def is_small(denominator: Fraction | int | None) -> bool:
    return denominator is not None and 0 < denominator < SMALL
