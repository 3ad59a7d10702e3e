"""The roll-ups a second time: naive, in plain fractions, against the engine on random worlds.

Nothing of the engine's rules is used here: a unit's past is pushed forward succession by
succession, where the engine looks back; sums are loops; verdicts are comparisons.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hypothesis import given

from app.domain.attainment import Attainment
from app.domain.targets import Comparator, Target, ValueKind
from app.domain.values import Grade, Value
from tests.domain.figures import MEMBERS, POOLED, SHARE
from tests.domain.worlds import World, engine, tries, worlds

Portions = list[tuple[str, Fraction | None]]  # of whom, and which part; None: not declared


def pushed(world: World, since: date, until: date) -> dict[str, Portions]:
    """Who holds which part of whose past, from the end of one day to another (rule 20)."""
    held: dict[str, Portions] = {code: [(code, Fraction(1))] for code in world.living(since)}
    for step in sorted(world.steps, key=lambda step: step.effective_on):
        if not since < step.effective_on <= until or not step.successors:
            continue
        moving = [part for code in step.predecessors for part in held.pop(code, [])]
        for place, code in enumerate(step.successors):
            one = Fraction(1) if len(step.successors) == 1 else None
            share = step.shares[place] if step.shares else one
            for origin, part in moving:
                both = None if part is None or share is None else part * share
                add(held.setdefault(code, []), origin, both)
    return held


def add(portions: Portions, origin: str, part: Fraction | None) -> None:
    """Two parts of one past that meet again are one larger part."""
    for place, (known, before) in enumerate(portions):
        if known == origin:
            together = None if before is None or part is None else before + part
            portions[place] = (origin, together)
            return
    portions.append((origin, part))


def tellable(world: World, unit: str, on: date) -> str | None:
    """Looking back: the unit of the period's end that is nothing but this one, if any."""
    held = pushed(world, on, world.end)
    where = [code for code, parts in held.items() if unit in (origin for origin, _ in parts)]
    alone = len(where) == 1 and held[where[0]] == [(unit, Fraction(1))]
    return where[0] if alone and where[0] in world.living(world.end) else None


def holders(world: World) -> dict[str, Portions | None]:
    """Whose rows there are, and of whose values each is made; None: it cannot be told."""
    if world.on is None:
        return {code: [(code, Fraction(1))] for code in world.living(world.end)}
    if world.on >= world.end:
        return {code: parts for code, parts in pushed(world, world.end, world.on).items() if parts}
    found = {code: tellable(world, code, world.on) for code in world.living(world.on)}
    return {code: [(end, Fraction(1))] if end else None for code, end in found.items()}


def compare(target: Target, figure: Fraction) -> str:
    height = target.threshold.value
    assert height is not None
    met = {
        Comparator.AT_LEAST: figure >= height,
        Comparator.AT_MOST: figure <= height,
        Comparator.EXACTLY: figure == height,
    }[target.comparator or Comparator.AT_LEAST]
    return "met" if met else "not_met"


@dataclass
class Naive:
    """What the rules say a row must show. `figure` None: nothing to judge."""

    verdict: str
    figure: Fraction | None = None
    numerator: Fraction | None = None
    bounds: tuple[Fraction | None, Fraction | None] = (None, None)
    grades: str = ""


def pool(world: World, portions: Portions) -> Naive:
    """Rules 14 and 16: add counts, leave percents out, let the unheard be 0 and all."""
    n = d = low = high = unheard = Fraction(0)
    unknown, excluded, asked, grades = False, False, 0, ""
    for code, part in portions:
        value, share = world.said.get(code), Fraction(1 if part is None else part)
        registered = world.registered.get(code)
        if value is not None and not value.applies:
            continue
        asked += 1
        if value is not None and value.denominator is not None and value.numerator is not None:
            n, d, grades = n + share * value.numerator, d + share * value.denominator, grades + "A"
        elif value is not None and registered and value.percent is not None:
            points, size = value.percent.points, share * registered
            n, d, grades = n + points * size / 100, d + size, grades + "B"
            low -= min(points, Fraction(1, 20)) * size / 100
            high += min(100 - points, Fraction(1, 20)) * size / 100
        else:
            excluded, grades = excluded or value is not None, grades + ("C" if value else "")
            known = world.registered.get(code, world.last.get(code))
            unknown = unknown or known is None
            unheard += share * (known or 0)
    if not asked:
        return Naive("not_applicable" if portions else "no_data")
    whole, grades = d + unheard, "".join(sorted(grades))
    bounds: tuple[Fraction | None, Fraction | None] = (None, None)
    if whole and not unknown:
        bounds = (100 * (n + low) / whole, 100 * (n + high + unheard) / whole)
    if not d:
        return Naive("undetermined" if excluded else "no_data", None, None, bounds, grades)
    verdict = compare(world.target, 100 * n / d)
    return Naive(settled(world.target, verdict, bounds), 100 * n / d, n, bounds, grades)


def settled(target: Target, said: str, bounds: tuple[Fraction | None, Fraction | None]) -> str:
    """The verdict, or undetermined while anything between the bounds could change it."""
    low, high = bounds
    if low is None or high is None:
        return "undetermined"
    inside = [low, high]
    height = target.threshold.value or Fraction(0)
    if low < height < high:
        inside.append(height)
    return said if {compare(target, one) for one in inside} == {said} else "undetermined"


def total(world: World, portions: Portions) -> Naive:
    """Counts added; what is missing may still add any number."""
    known = [(world.said.get(code), Fraction(part or 1)) for code, part in portions]
    applying = [(value, share) for value, share in known if value is None or value.applies]
    told = [(value.value or 0) * share for value, share in applying if value is not None]
    if not told:
        return Naive("no_data" if applying or not portions else "not_applicable")
    added, height = sum(told, Fraction(0)), world.target.threshold.value or Fraction(0)
    verdict = compare(world.target, added)
    over = added >= height if world.target.comparator is Comparator.AT_LEAST else added > height
    still_open = len(told) < len(applying) and not over
    return Naive("undetermined" if still_open else verdict, added, added)


def alone(world: World, code: str) -> Naive:
    """A unit's own value is judged as it was told, a percent alone too."""
    value, registered = world.said.get(code), world.registered.get(code)
    if value is None:
        return Naive("no_data")
    if not value.applies:
        return Naive("not_applicable")
    numerator: Fraction | None = Fraction(value.numerator or value.value or 0)
    figure = numerator
    if value.denominator:
        figure = 100 * Fraction(value.numerator or 0, value.denominator)
    elif value.percent is not None:
        figure = value.percent.points
        numerator = figure * registered / 100 if registered else None
    assert figure is not None
    return Naive(compare(world.target, figure), figure, numerator)


def row_of(world: World, portions: Portions | None) -> Naive:
    """One unit's row of a ratio or a count (rule 20)."""
    if portions is None:
        return Naive("not_restatable")
    if len(portions) == 1 and portions[0][1] == 1:
        return alone(world, portions[0][0])
    if any(part is None for _, part in portions):
        return Naive("not_restatable")
    if world.target.value_kind is ValueKind.COUNT:
        return total(world, portions)
    row = pool(world, portions)
    return Naive("not_restatable") if "C" in row.grades else row


def yes(world: World, unit: str, until: date) -> Value | None:
    """The unit's yes or no once everything until that day has happened; None: open, or silent."""
    states: dict[str, list[Value | None]] = {
        code: [world.said.get(code)] for code in world.living(world.end)
    }
    for step in sorted(world.steps, key=lambda step: step.effective_on):
        if world.end < step.effective_on <= until and step.successors:
            moving = [one for code in step.predecessors for one in states.pop(code, [])]
            for code in step.successors:
                both = moving + states.get(code, [])
                if both:
                    states[code] = [together(both, step.yes_no)]
    return states[unit][0]


def together(said: list[Value | None], policy: str) -> Value | None:
    asked = [one for one in said if one is None or one.applies]
    if not asked:
        return Value(not_applicable="x")
    answers = [None if one is None else one.done for one in asked]
    decides = policy == "any"
    if decides in answers:
        return Value(done=decides)
    return None if None in answers else Value(done=not decides)


def check(row: Attainment, wanted: Naive, context: object) -> None:
    assert (row.verdict, row.figure) == (wanted.verdict, wanted.figure), context
    if wanted.figure is not None:
        assert row.numerator == wanted.numerator, context
        assert row.met is (compare(row.target, wanted.figure) == "met"), context


@tries(400)
@given(worlds(POOLED))
def test_pools_are_what_the_naive_rules_say(world: World) -> None:
    seen = engine(world)
    national = pool(world, [(code, Fraction(1)) for code in world.living(world.end)])
    row = seen.national(world.target)
    check(row, national, world)
    assert (row.bounds.low, row.bounds.high) == national.bounds
    mix = {grade: national.grades.count(grade.value) for grade in Grade}
    assert {grade: row.grades.get(grade, 0) for grade in Grade} == mix
    wanted = {code: row_of(world, portions) for code, portions in holders(world).items()}
    assert set(seen.units(world.target)) == wanted.keys()
    for code, one in wanted.items():
        check(seen.unit(world.target, code), one, (code, world))


@tries(250)
@given(worlds(MEMBERS))
def test_sums_are_what_the_naive_rules_say(world: World) -> None:
    seen = engine(world)
    national = total(world, [(code, Fraction(1)) for code in world.living(world.end)])
    check(seen.national(world.target), national, world)
    for code, portions in holders(world).items():
        check(seen.unit(world.target, code), row_of(world, portions), (code, world))


@tries(400)
@given(worlds(SHARE))
def test_shares_of_units_are_what_the_naive_rules_say(world: World) -> None:
    seen, rows = engine(world), holders(world)
    until = max(world.on or world.end, world.end)
    answers: list[Value | None] = []
    for code, portions in rows.items():
        row = seen.unit(world.target, code)
        if portions is None:
            assert row.verdict == "not_restatable"
            continue
        back = world.on is not None and world.on < world.end
        answer = yes(world, portions[0][0] if back else code, until)
        answers.append(answer)
        told = [world.said.get(origin) for origin, _ in portions]
        spoke = any(one is not None and one.applies for one in told)
        wanted = "undetermined" if spoke else "no_data"
        if answer is not None:
            wanted = {True: "met", False: "not_met", None: "not_applicable"}[answer.done]
        assert row.verdict == wanted, (code, world)
    row = seen.national(world.target)
    if None in rows.values():
        assert row.verdict == "not_restatable"
        return
    asked = [one for one in answers if one is None or one.applies]
    done = sum(one is not None and one.done is True for one in asked)
    if asked:
        assert [row.numerator, row.denominator] == [done, len(asked)], world
        assert row.verdict == ("met" if done == len(asked) else "not_met")
