"""Random worlds: units that merge, split and end, and what they told of one year."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from app.domain.evidence import Evidence
from app.domain.numbers import Percent
from app.domain.periods import period
from app.domain.scene import Scene, scene
from app.domain.targets import (
    Catalogue,
    Comparator,
    Level,
    Programme,
    ProgrammePeriod,
    Target,
    ValueKind,
)
from app.domain.units import Succession, Unit, UnitKind, UnitName
from app.domain.values import Value
from tests.domain.figures import POOLED, counts

DAYS = [date(year, 7, 1) for year in (2025, 2026, 2027)]
ENDS = [date(year, 12, 31) for year in (2024, 2025, 2026, 2027)]


def tries(number: int) -> settings:
    """So many examples; a part of them where the profile wants less than 100 (`make mutation`)."""
    return settings(max_examples=number * settings().max_examples // 100, deadline=None)


Lives = dict[str, tuple[date | None, date | None]]  # first and last day


@dataclass
class World:
    """Units by code with their days, what became of them, and what was told of one year."""

    lives: Lives = field(default_factory=dict)
    steps: list[Succession] = field(default_factory=list)
    end: date = ENDS[0]
    on: date | None = None
    target: Target = POOLED
    said: dict[str, Value] = field(default_factory=dict)
    registered: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def living(self, day: date) -> list[str]:
        return [
            code
            for code, (first, last) in self.lives.items()
            if (first is None or first <= day) and (last is None or day <= last)
        ]


def happen(draw: Any, world: World, day: date) -> None:
    """One to three successions on a day, each of units that nothing else happens to."""
    idle = world.living(day - timedelta(days=1))
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["merge", "absorb", "split", "spin_off", "disperse"]))
        wanted = {"merge": draw(st.integers(1, 3)), "absorb": 2}.get(kind, 1)
        if len(idle) < wanted:
            return
        taken = [idle.pop(draw(st.integers(0, len(idle) - 1))) for _ in range(wanted)]
        fresh = [f"{day.year}{number}{letter}" for letter in "ab"]
        old, new = {
            "merge": (taken, fresh[:1]),
            "absorb": (taken[1:], taken[:1]),
            "split": (taken, fresh),
            "spin_off": (taken, [taken[0], fresh[1]]),
            "disperse": (taken, []),
        }[kind]
        quarters = draw(st.integers(1, 3))
        shares = (Fraction(quarters, 4), Fraction(4 - quarters, 4))
        declared = shares if len(new) == 2 and draw(st.integers(0, 3)) else None
        policy = draw(st.sampled_from(["all", "any"]))
        world.steps.append(Succession(day, tuple(old), tuple(new), shares=declared, yes_no=policy))
        world.lives |= {code: (day, None) for code in new if code not in world.lives}
        for code in old:
            if code not in new:
                world.lives[code] = (world.lives[code][0], day - timedelta(days=1))


PERCENTS = st.integers(0, 1000).map(
    lambda tenths: Value(percent_micro=tenths * 10**5, percent_decimals=1)
)
SHARES = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: counts(*sorted(two)))
NOT_ASKED = st.just(Value(not_applicable="x"))
TOLD = {
    ValueKind.RATIO: st.one_of(SHARES, SHARES, PERCENTS, NOT_ASKED),
    ValueKind.COUNT: st.one_of(st.integers(0, 60).map(lambda n: Value(value=n)), NOT_ASKED),
    ValueKind.YES_NO: st.one_of(st.booleans().map(lambda yes: Value(done=yes)), NOT_ASKED),
}
COMPARED = [Comparator.AT_LEAST, Comparator.AT_MOST, Comparator.EXACTLY]


def judged(draw: Any, base: Target) -> Target:
    """A standing target of that kind: met or not met at the end of every period."""
    height = draw(st.integers(0, 100))
    by_count = base.value_kind is ValueKind.COUNT
    level = Level(count=height) if by_count else Level(percent=Percent(height * 10**6, 0))
    if base.value_kind is ValueKind.YES_NO:
        return replace(base, due_on=None)
    compared = draw(st.sampled_from(COMPARED))
    return replace(base, due_on=None, comparator=compared, threshold=level)


@st.composite
def worlds(draw: Any, base: Target, *, whole: bool = False) -> World:
    """`whole`: every unit has told counts, and every split has its shares."""
    world = World(lives={f"U{n}": (None, None) for n in range(draw(st.integers(1, 6)))})
    for day in DAYS:
        happen(draw, world, day)
    world.end, world.target = draw(st.sampled_from(ENDS)), judged(draw, base)
    world.on = draw(st.sampled_from([None, *DAYS, *ENDS, date(2028, 1, 1)]))
    told = SHARES if whole else TOLD[base.value_kind]
    sizes = st.integers(0, 60)
    for code in world.living(world.end):
        if whole or draw(st.integers(0, 3)):
            world.said[code] = draw(told)
        for known in (world.registered, world.last):
            if draw(st.booleans()) and not whole:
                known[code] = draw(sizes)
    if whole:
        half = (Fraction(1, 2), Fraction(1, 2))
        world.steps = [
            replace(one, shares=one.shares or half if len(one.successors) == 2 else None)
            for one in world.steps
        ]
    world.steps = draw(st.permutations(world.steps))
    return world


def engine(world: World) -> Scene:
    """The same world as the engine is given it."""
    ids = {code: number for number, code in enumerate(world.lives, 1)}
    units = {
        code: Unit(ids[code], code, UnitKind.PROVINCE_FEDERATION, (NAME,), *world.lives[code])
        for code in world.lives
    }
    units["VGCL"] = Unit(0, "VGCL", UnitKind.CENTRE, (NAME,))
    when = ProgrammePeriod(1, "P", period(str(world.end.year)))
    made = Programme("P", "p", "p", None, None, {}, (), {"T": (world.target,)}, {when.code: when})
    evidence = Evidence(
        Catalogue({"P": made}, units, tuple(world.steps)),
        made,
        {1: {ids[code]: {1: value} for code, value in world.said.items()}},
        {1: {1: {ids[code]: size for code, size in world.registered.items()}}},
        {1: {ids[code]: size for code, size in world.last.items()}},
    )
    return scene(evidence, when, world.on)


NAME = UnitName("u", "u", "u")
