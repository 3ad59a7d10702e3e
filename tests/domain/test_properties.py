"""What holds whatever is told: totals, bounds, least numbers, and what is shown."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import Percent, half_away_from_zero
from app.domain.targets import Comparator, Level
from app.domain.units import Succession
from app.domain.values import Value
from app.domain.yardstick import yardstick
from tests.domain.figures import POOLED, YEAR, against, counts
from tests.domain.worlds import DAYS, ENDS, Lives, World, engine, tries, worlds


@tries(250)
@given(worlds(POOLED, whole=True))
def test_merging_and_splitting_units_keeps_the_totals(world: World) -> None:
    seen = engine(world)
    rows = [seen.unit(world.target, code) for code in seen.units(world.target)]
    if any(row.verdict == "not_restatable" for row in rows):
        assert world.on is not None
        assert world.on < world.end
        return
    national = seen.national(world.target)
    for name in ("numerator", "denominator"):
        total = sum((getattr(row, name) or Fraction(0) for row in rows), Fraction(0))
        assert total == (getattr(national, name) or 0), (name, world)


def test_a_unit_that_was_split_and_put_together_again_is_whole() -> None:
    # A gave 0.6 of 50/100 to B and 0.4 to C; B and C became D: 30 + 20 of 60 + 40.
    split = Succession(DAYS[0], ("A",), ("B", "C"), shares=(Fraction(3, 5), Fraction(2, 5)))
    again = Succession(DAYS[1], ("B", "C"), ("D",))
    lives: Lives = {"A": (None, date(2025, 6, 30)), "D": (DAYS[1], None)}
    lives |= dict.fromkeys("BC", (DAYS[0], date(2026, 6, 30)))
    said = {"A": counts(50, 100)}
    row = engine(World(lives, [split, again], ENDS[0], DAYS[1], said=said)).unit(POOLED, "D")
    assert [row.numerator, row.denominator] == [50, 100]


fractions = st.fractions(0, 200, max_denominator=20_000)


@tries(400)
@given(fractions, st.integers(0, 10_000))
def test_what_is_shown_never_crosses_the_threshold_0_or_100(
    figure: Fraction, hundredths: int
) -> None:
    level = Percent(hundredths * 10**4, 2)
    held = yardstick(replace(POOLED, threshold=Level(percent=level)), YEAR)
    shown = held.shown(figure.numerator, figure.denominator)
    seen, decimals = Fraction(shown), -int(shown.as_tuple().exponent)
    guards = (Fraction(0), Fraction(100), level.points)
    for guard in guards:
        assert (seen > guard, seen < guard) == (figure > guard, figure < guard)
    assert decimals >= 2
    assert abs(seen - figure) <= Fraction(1, 2 * 10**decimals)
    if decimals > 2:  # never more decimals than are needed
        fewer = half_away_from_zero(figure.numerator, figure.denominator, decimals - 1)
        shorter = Fraction(fewer, 10 ** (decimals - 1))
        assert any((shorter > one, shorter < one) != (figure > one, figure < one) for one in guards)


@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 100), st.integers(1, 12))
def test_needed_and_excess_are_the_least_that_put_it_right(
    numerator: int, denominator: int, points: int, parts: int
) -> None:
    n, d = Fraction(min(numerator, denominator), parts), Fraction(denominator, parts)
    for comparator, sign in ((Comparator.AT_LEAST, 1), (Comparator.AT_MOST, -1)):
        level = Level(percent=Percent(points * 10**6, 0))
        held = yardstick(replace(POOLED, comparator=comparator, threshold=level), YEAR)
        least = held.needed(n, d) if sign > 0 else held.excess(n, d)
        other = held.excess(n, d) if sign > 0 else held.needed(n, d)
        assert least is not None
        assert other is None

        def met(step: int, sign: int = sign) -> bool:
            return 100 * sign * (n + sign * step) >= sign * points * d

        assert met(least)
        assert least == 0 or not met(least - 1)


TRUTHS = st.lists(
    st.tuples(
        st.integers(1, 500).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d))),
        st.sampled_from(["counts", "percent", "alone", "silent"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


@tries(300)
@given(TRUTHS, st.integers(0, 100))
def test_bounds_contain_the_truth_behind_rounded_percents_and_silence(
    truths: list[tuple[tuple[int, int], str, int]], points: int
) -> None:
    """Percents are rounded from true counts; a percent alone and silence hide theirs."""
    world = World(lives={f"U{place}": (None, None) for place in range(len(truths))})
    level = Level(percent=Percent(points * 10**6, 0))
    world.target = replace(POOLED, due_on=None, threshold=level)
    for code, ((n, d), form, decimals) in zip(world.lives, truths, strict=True):
        rounded = half_away_from_zero(100 * n, d, decimals) * 10 ** (6 - decimals)
        if form == "counts":
            world.said[code] = counts(n, d)
        elif form != "silent":
            world.said[code] = Value(percent_micro=rounded, percent_decimals=decimals)
        (world.registered if form == "percent" else world.last)[code] = d
    row = engine(world).national(world.target)
    truth = Fraction(100 * sum(n for (n, _), _, _ in truths), sum(d for (_, d), _, _ in truths))
    assert row.bounds.low is not None
    assert row.bounds.high is not None
    assert row.bounds.low <= truth <= row.bounds.high
    if row.verdict in ("met", "not_met"):
        assert row.verdict == ("met" if truth >= points else "not_met")


def test_a_unit_that_was_absorbed_is_not_its_heir_s_whole_figure() -> None:
    taken_in = Succession(DAYS[0], ("B",), ("A",))
    lives: Lives = {"A": (None, None), "B": (None, date(2025, 6, 30))}
    # What A told of 2025 is B's too; nobody can tell them apart on the last day of 2024.
    world = World(lives, [taken_in], ENDS[1], ENDS[0], said={"A": counts(40, 60)})
    seen = engine(world)
    assert {code: seen.unit(POOLED, code).verdict for code in "AB"} == {
        "A": "not_restatable",
        "B": "not_restatable",
    }


def test_a_merged_unit_that_is_dispersed_keeps_the_past_it_had() -> None:
    merger = Succession(DAYS[0], ("A", "B"), ("C",))
    gone = Succession(DAYS[1], ("C",), ())
    lives: Lives = {"A": (None, date(2025, 6, 30)), "B": (None, date(2025, 6, 30))}
    lives["C"] = (DAYS[0], date(2026, 6, 30))
    said = {"A": counts(1, 4), "B": counts(2, 4)}
    seen = engine(World(lives, [merger, gone], ENDS[0], DAYS[1], said=said))
    assert seen.units(POOLED) == ["C"]
    row = seen.unit(POOLED, "C")
    assert [row.numerator, row.denominator] == [3, 8]


def test_an_exact_threshold_out_of_reach_is_settled() -> None:
    target = against(8, comparator=Comparator.EXACTLY, due_on=None)
    world = World({"A": (None, None), "B": (None, None)}, target=target)
    world.said, world.registered = {"A": counts(0, 12)}, {"B": 1}
    row = engine(world).national(target)
    # 0/13 to 1/13 = 7.69: it differs nowhere between the bounds (rule 16).
    assert (row.verdict, row.bounds.high) == ("not_met", Fraction(100, 13))
