"""What a reviewer may ask about a figure before approving it: questions with their numbers, never
verdicts. What they rest on, and what data may change in it: docs/review.md."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from app.domain.attainment import Attainment
from app.domain.comparison import gained
from app.domain.targets import ValueKind

# Below so many counted, one person more or less moves a percent by points: nothing is asked.
LEAST_COUNTED = 10
JUMP_POINTS = 20  # percent points up or down since the period before
JUMP_TIMES = 2  # a number at least so many times, or at most one part in so many of it
DENOMINATOR_MOVED = Fraction(1, 5)  # since the period before
REGISTER_MISSED = Fraction(1, 20)  # off the registered population
ROUND = 100  # a denominator that is a whole number of these looks estimated
MOST_NEIGHBOURS = 5


class Hint(NamedTuple):
    """`facts` are the exact numbers that raised it: counts whole, figures as fractions."""

    code: str
    facts: Mapping[str, Any]


class Beside(NamedTuple):
    """What one figure is held against: the same unit's in the period before on one basis, what the
    register says of its denominator, and all units' figures of the period."""

    before: Attainment | None
    registered: int | None
    others: Sequence[Attainment]


def hints(now: Attainment, beside: Beside) -> list[Hint]:
    """None for words, for a yes or no, and for what does not apply."""
    if now.figure is None or now.target.value_kind not in (ValueKind.RATIO, ValueKind.COUNT):
        return []
    found = [*_since(now, beside.before), *_at_threshold(now, beside.others)]
    return [*found, *_of_denominator(now, beside.registered)]


def _since(now: Attainment, before: Attainment | None) -> Iterator[Hint]:
    # A predecessor that was silent is no change of the unit.
    if before is None or before.missing or before.excluded:
        return
    if before.figure is None or now.figure is None:
        return
    gain = gained(before, now)
    if gain is not None and _jumped(now, before, gain):
        yield Hint("jump", {"before": before.figure, "now": now.figure, "gain": gain})
    if _same(now, before):
        yield Hint("same", {"before": before.figure})
    if before.denominator and now.denominator:
        moved = _off(now.denominator, before.denominator) / before.denominator
        large = max(before.denominator, now.denominator) >= LEAST_COUNTED
        if moved >= DENOMINATOR_MOVED and large:
            facts = {"before": before.denominator, "now": now.denominator}
            yield Hint("denominator_moved", facts)
    if before.denominator is not None and now.denominator is None and now.held.in_percent:
        yield Hint("percent_alone", {"numerator": before.numerator, "before": before.denominator})


def _jumped(now: Attainment, before: Attainment, gain: Fraction) -> bool:
    if now.held.in_percent:
        counted = [one.denominator for one in (now, before) if one.denominator is not None]
        return abs(gain) >= JUMP_POINTS and all(one >= LEAST_COUNTED for one in counted)
    low, high = sorted((now.figure or Fraction(0), before.figure or Fraction(0)))
    return high >= LEAST_COUNTED and high >= JUMP_TIMES * low


def _same(now: Attainment, before: Attainment) -> bool:
    """The same counts to the last one; all or none of a group is the same as before often enough,
    and so is a small one."""
    told = (now.numerator, now.denominator)
    if told != (before.numerator, before.denominator) or now.figure != before.figure:
        return False
    if now.denominator is None:
        figure = now.figure or Fraction(0)
        return 0 < figure < 100 if now.held.in_percent else figure >= LEAST_COUNTED
    return now.denominator >= LEAST_COUNTED and 0 < (now.numerator or 0) < now.denominator


def _at_threshold(now: Attainment, others: Sequence[Attainment]) -> Iterator[Hint]:
    """A figure that is the threshold to the last digit, and how many units stand there. None or
    all of something is no such coincidence: 100 % is asked about by its denominator."""
    level = now.held.threshold
    if level is None or now.figure != level or level == 0:
        return
    if level == 100 and now.held.in_percent:
        return
    told = [one for one in others if one.figure is not None]
    there = sum(one.figure == level for one in told)
    yield Hint("exactly", {"level": level, "there": there, "told": len(told)})


def _of_denominator(now: Attainment, registered: int | None) -> Iterator[Hint]:
    denominator = now.denominator
    if denominator is None:
        return
    whole = now.numerator == denominator and denominator > 0
    if whole and denominator % ROUND == 0:
        yield Hint("round_whole", {"now": denominator})
    # A percent alone was given its denominator by the register: the two agree.
    told = now.value is None or now.value.denominator is not None
    if registered and told and _off(denominator, registered) >= REGISTER_MISSED * registered:
        yield Hint("register", {"now": denominator, "registered": registered})


def neighbours(now: Attainment, alike: Sequence[Attainment]) -> list[Attainment]:
    """Of units of the same kind those whose denominators are nearest, the nearest first; of equally
    near ones in the order given. None where this figure has no denominator."""
    size = now.denominator
    if size is None or now.target.value_kind is not ValueKind.RATIO:
        return []
    counted = [one for one in alike if one.denominator is not None and one.unit != now.unit]
    return sorted(counted, key=lambda one: _off(one.denominator or 0, size))[:MOST_NEIGHBOURS]


def _off(one: Fraction | int, other: Fraction | int) -> Fraction:
    return abs(Fraction(one) - Fraction(other))
