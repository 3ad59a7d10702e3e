"""The rules of attainment for many units: expected, pooled, summed, shared out (rules 13-17)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from app.domain.attainment import (
    ZERO_OF_ZERO,
    Attainment,
    Bounds,
    Coverage,
    Excluded,
    grade_of,
    of_unit,
)
from app.domain.periods import Period
from app.domain.targets import Comparator, Decision, Target, UnitRule
from app.domain.values import Grade, Value
from app.domain.verdict import Verdict
from app.domain.yardstick import yardstick


@dataclass(frozen=True, slots=True)
class Reported:
    """What the expected units said of one target in one period.

    `values` by unit code (a unit that said nothing is not in it), `unusable` the reasons of units
    whose periods could not be put together, `partial` units of an all_of target on their way,
    `registered` population denominators, `last` the denominators last reported before, `shares`
    the parts of their counts that go into this figure (rule 20; not in it: all of them),
    `warnings` codes of what should make a reader look twice, `gone` units with values that ended
    without successor within the period: their past counts, and nobody expects more of them (rules
    13, 20).
    """

    expected: Sequence[str]
    values: Mapping[str, Value]
    unusable: Mapping[str, str] = field(default_factory=dict)
    partial: Sequence[str] = ()
    registered: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gone: Sequence[str] = ()

    def share(self, unit: str) -> Fraction | int:
        return self.shares.get(unit, 1) if self.shares else 1

    def size(self, unit: str) -> Fraction | int | None:
        """The known denominator of a unit that gave none: the registered, else its last one."""
        known = self.registered.get(unit, self.last.get(unit))
        return None if known is None else known * self.share(unit)

    def applying(self) -> list[tuple[str, Value]]:
        asked = (*self.expected, *self.gone) if self.gone else self.expected
        said = [(unit, self.values[unit]) for unit in asked if unit in self.values]
        return [(unit, value) for unit, value in said if value.applies]

    @property
    def missing(self) -> list[str]:
        return [u for u in self.expected if u not in self.values and u not in self.unusable]

    @property
    def not_applicable(self) -> list[Excluded]:
        return [
            Excluded(unit, self.values[unit].not_applicable or ZERO_OF_ZERO)
            for unit in self.expected
            if unit in self.values and not self.values[unit].applies
        ]


def of_one(
    target: Target, period: Period, unit: str, said: Reported, *, origin: str | None = None
) -> Attainment:
    """One unit's own row. `origin` where it reported under the code it had at the time."""
    source = origin or unit
    reason = said.unusable.get(source)
    row = of_unit(
        target,
        period,
        unit,
        said.values.get(source),
        registered=said.registered.get(source),
    )
    if reason is not None:
        # It reported; what it said of the periods inside this one cannot be put together.
        row.verdict, row.coverage, row.missing = Verdict.UNDETERMINED, Coverage(1, 1), ()
        row.excluded, row.reasons["percent"] = (Excluded(source, reason),), reason
    elif row.missing:
        asked = source in said.expected
        row.missing, row.coverage = ((source,) if asked else ()), Coverage(0, int(asked))
    if source in said.partial:
        row.partial = (source,)
    return row


def of_units(
    target: Target,
    period: Period,
    centre: str,
    said: Reported,
    decision: Decision | None = None,
) -> Attainment:
    """The national roll-up, by the target's unit rule (rules 13-16)."""
    if target.unit_rule is UnitRule.OWN:
        row = of_unit(target, period, centre, said.values.get(centre), scope="national")
        row.not_applicable = said.not_applicable
        return row
    held = yardstick(target, period)
    row = Attainment(target, period, centre, "national", held, Verdict.NO_DATA, decision=decision)
    roll_up(row, said, target.unit_rule)
    return row


def roll_up(row: Attainment, said: Reported, rule: UnitRule | None) -> None:
    """Fill the row of many units with what they said, put together by `rule`."""
    target, period = row.target, row.period
    if not target.lives_in(period):
        row.verdict = Verdict.POPULATION_ENDED
        row.reasons["percent"] = row.verdict
        return
    applying = tally(row, said)
    if not said.expected or not row.coverage.expected:
        row.verdict = Verdict.NOT_APPLICABLE if said.expected else Verdict.NO_DATA
        row.reasons["percent"] = row.verdict
    elif rule is UnitRule.SHARE_OF_UNITS:
        _share_of_units(row, applying)
    elif rule is UnitRule.SUM:
        _sum(row, said, applying)
    elif rule is UnitRule.POOLED:
        _pooled(row, said, applying)
    else:
        row.verdict = Verdict.NO_THRESHOLD


def tally(row: Attainment, said: Reported) -> list[tuple[str, Value]]:
    """Put on the row who is behind its figure and who is not; the values that apply."""
    row.missing, row.not_applicable = said.missing, said.not_applicable
    row.partial = said.partial
    applying = said.applying()
    row.grades = _grades(said, applying)
    row.estimated = any(value.estimated for _, value in applying)
    expected = len(said.expected) - len(row.not_applicable)
    gone = sum(unit in said.gone for unit, _ in applying) if said.gone else 0
    row.coverage = Coverage(len(applying) - gone + len(said.unusable), expected)
    return applying


def _grades(said: Reported, applying: Sequence[tuple[str, Value]]) -> dict[Grade, int]:
    mix = dict.fromkeys(Grade, 0)
    mix |= Counter([value.evidence for _, value in applying])
    if said.registered:
        better = sum(
            v.evidence is Grade.PERCENT and bool(said.registered.get(unit)) for unit, v in applying
        )
        mix[Grade.PERCENT] -= better
        mix[Grade.REGISTERED] += better
    return mix


def _judge(row: Attainment, numerator: Fraction, denominator: Fraction | int | None) -> Fraction:
    """Put a figure on the row: counts, exact result, met, and the verdict on what was reported."""
    figure = numerator if denominator is None else 100 * numerator / denominator
    row.numerator, row.denominator, row.figure = numerator, denominator, figure
    row.met = row.held.met(figure.numerator, figure.denominator)
    row.verdict = row.held.verdict(figure.numerator, figure.denominator)
    return figure


def _share_of_units(row: Attainment, applying: Sequence[tuple[str, Value]]) -> None:
    """Rule 15: units done of units expected; a silent unit is not done."""
    done = sum(value.done is True for _, value in applying)
    _judge(row, Fraction(done), row.coverage.expected)


def _sum(row: Attainment, said: Reported, applying: Sequence[tuple[str, Value]]) -> None:
    """Counts added. What is missing can only raise a sum: it stays open while that matters."""
    row.excluded = [Excluded(unit, reason) for unit, reason in said.unusable.items()]
    if not applying:
        row.verdict = Verdict.UNDETERMINED if row.excluded else Verdict.NO_DATA
        row.reasons["value"] = row.verdict
        return
    total = sum((value.value or 0) * said.share(unit) for unit, value in applying)
    _judge(row, Fraction(total), None)
    if (row.missing or row.excluded) and row.decision is None and not _sum_settled(row):
        row.verdict = Verdict.UNDETERMINED


def _sum_settled(row: Attainment) -> bool:
    """What is still to come adds to a sum and never takes from it."""
    held, figure = row.held, row.figure
    if held.threshold is None or figure is None:
        return True
    if held.comparator is Comparator.AT_LEAST:
        return figure >= held.threshold
    return figure > held.threshold


class _Pool(NamedTuple):
    """Sums over units. `low` and `high` differ from the numerator by rounded percents (grade B)."""

    numerator: Fraction
    low: Fraction
    high: Fraction
    denominator: Fraction | int


def without_counts(said: Reported, applying: Sequence[tuple[str, Value]]) -> list[Excluded]:
    """Who cannot enter a pool: a percent that no registered denominator stands behind, and
    periods that could not be put together."""
    excluded = [Excluded(unit, reason) for unit, reason in said.unusable.items()]
    for unit, value in applying:
        if value.denominator is None and not said.registered.get(unit):
            excluded.append(Excluded(unit, "percent_only"))
    return excluded


def with_counts(said: Reported, units: Iterable[str]) -> list[str]:
    """Those of the units who stand behind a pool or a sum: not a percent alone."""
    return [
        unit
        for unit in units
        if (value := said.values.get(unit)) is not None
        and value.applies
        and grade_of(value, said.registered.get(unit)) is not Grade.PERCENT
    ]


def _pool(said: Reported, applying: Sequence[tuple[str, Value]], most: Fraction | None) -> _Pool:
    """`most` is the highest that a percent can be; None: it may exceed 100."""
    numerator: Fraction | int = 0
    denominator: Fraction | int = 0
    rated = low = high = Fraction(0)
    shares = said.shares
    for unit, value in applying:
        share = shares.get(unit, 1) if shares else 1
        if value.numerator is not None and value.denominator is not None:
            numerator += value.numerator * share
            denominator += value.denominator * share
        elif value.percent is not None and said.registered.get(unit):
            population = said.registered[unit] * share
            denominator += population
            rated += value.percent.points * population / 100
            half = Fraction(1, 2 * 10**value.percent.decimals)
            low += max(Fraction(0), value.percent.points - half) * population / 100
            highest = value.percent.points + half
            high += (highest if most is None else min(most, highest)) * population / 100
    return _Pool(numerator + rated, numerator + low, numerator + high, denominator)


def _pooled(row: Attainment, said: Reported, applying: Sequence[tuple[str, Value]]) -> None:
    """Rules 14, 16: add first, divide once; then see what the silent ones could still change."""
    most = None if row.target.may_exceed_100 else Fraction(100)
    pool, row.excluded = _pool(said, applying, most), without_counts(said, applying)
    unheard = [*row.missing, *(unit for unit, _ in row.excluded)]
    sizes = [said.size(unit) for unit in unheard]
    unknown = None in sizes or (unheard and row.target.may_exceed_100)
    known = sum(size for size in sizes if size is not None)
    if pool.denominator:
        _judge(row, pool.numerator, pool.denominator)
    elif row.excluded:
        row.verdict = Verdict.UNDETERMINED
    if row.figure is None:
        row.reasons["percent"] = "percent_only" if row.excluded else row.verdict
    if unknown:
        row.reasons["bounds"] = row.reasons["population"] = "unknown_denominator"
    elif whole := pool.denominator + known:
        row.coverage = row.coverage._replace(population=Fraction(100 * pool.denominator, whole))
        row.bounds = Bounds(100 * pool.low / whole, 100 * (pool.high + known) / whole)
    if row.figure is not None and row.decision is None and not _settled(row):
        row.verdict = Verdict.UNDETERMINED


def _settled(row: Attainment) -> bool:
    """Whether silence can no longer change the verdict (rule 16)."""
    low, high = row.bounds
    if row.verdict is Verdict.NO_THRESHOLD:
        return True
    if low is None or high is None:
        return False
    verdicts = {row.held.verdict(end.numerator, end.denominator) for end in (low, high)}
    # An exact threshold may be met at neither end and still lie between them.
    level, exactly = row.held.threshold, row.held.comparator is Comparator.EXACTLY
    between = exactly and level is not None and low < level < high
    return verdicts == {row.verdict} and not between
