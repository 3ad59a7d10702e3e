"""CPU time, rounds in turns, medians."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]


def cpu_seconds_of(pid: int) -> float:
    """User and system time of all threads of a process, to the nanosecond (Linux)."""
    return time.clock_gettime(~pid << 3 | 2)


def own_cpu_seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


@dataclass(frozen=True)
class Line:
    """One comparison; `ours` and `floor` are CPU seconds of one request or transaction.

    `ratio` is ours over the floor, from the same round each. `most` is the goal's; None: no goal.
    `share`: shown the other way round, as the share of the floor's requests per CPU second.
    """

    what: str
    database: str
    ours: float
    floor: float
    ratio: float
    most: float | None = None
    share: bool = False

    @property
    def reached(self) -> bool | None:
        return None if self.most is None else self.ratio <= self.most


def in_turns(rounds: int, sides: Mapping[str, Measure]) -> dict[str, list[float]]:
    """Every side once a round, the order turning; the round before the first is not counted."""
    seen: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds + 1):
        for name in names if number % 2 else names[::-1]:
            cost = sides[name]()
            if number:
                seen[name].append(cost)
    return seen


def ratio(ours: list[float], floor: list[float]) -> float:
    return median(one / other for one, other in zip(ours, floor, strict=True))
