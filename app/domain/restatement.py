"""One unit of a later day, told from the reports of those it was made of (rule 20)."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from app.domain.attainment import Attainment, Bounds, added, all_of, of_unit
from app.domain.periods import Period
from app.domain.rollup import Reported, of_one, roll_up, tally, without_counts
from app.domain.successions import WHOLE, Ancestry
from app.domain.targets import Decision, Target, UnitRule, ValueKind
from app.domain.values import Value
from app.domain.verdict import Verdict
from app.domain.yardstick import yardstick

T = TypeVar("T")
ALL_PREDECESSORS = "all_predecessors"


def not_restatable(target: Target, period: Period, unit: str, reason: str) -> Attainment:
    held = yardstick(target, period, unit)
    row = Attainment(target, period, unit, "unit", held, Verdict.NOT_RESTATABLE)
    row.reasons["percent"] = reason
    return row


def restated(
    target: Target,
    period: Period,
    made: Ancestry,
    reported: Mapping[str, Reported],
    decision: Decision | None = None,
) -> Attainment:
    """The unit's row: counts of those it was made of added, each by its share; a yes by the policy
    of each succession. `reported` is what everyone said, by target. A `decision` to judge on what
    was reported holds for those who are silent here too (rule 16)."""
    said, origins = reported[target.code], made.origins()
    if len(origins) == 1 and WHOLE in origins.values():
        return of_one(target, period, made.unit, said, origin=next(iter(origins)))
    if target.value_kind in (ValueKind.YES_NO, ValueKind.ALL_OF):
        return _of_words(target, period, made, reported, decision)
    shares = {unit: share for unit, share in origins.items() if share is not None}
    if len(shares) < len(origins):
        return not_restatable(target, period, made.unit, "split_without_shares")
    if target.value_kind is ValueKind.NARRATIVE:
        return not_restatable(target, period, made.unit, "words_are_not_added")
    group = among(said, shares)
    held = yardstick(target, period, made.unit)
    row = Attainment(target, period, made.unit, "unit", held, Verdict.NO_DATA, decision=decision)
    by_ratio = target.value_kind is ValueKind.RATIO
    roll_up(row, group, UnitRule.POOLED if by_ratio else UnitRule.SUM)
    lost = without_counts(group, group.applying()) if by_ratio else row.excluded
    if not lost:
        return row
    # What a percent stands for cannot be added; the rest alone would be another unit's figure.
    refused = not_restatable(target, period, made.unit, lost[0].reason)
    refused.excluded, refused.missing = lost, row.missing
    refused.coverage, refused.grades = row.coverage, row.grades
    return refused


def among(said: Reported, shares: Mapping[str, Fraction]) -> Reported:
    """What some units said, each with the part of its counts that is wanted."""

    def of_those(facts: Mapping[str, T]) -> dict[str, T]:
        return {unit: fact for unit, fact in facts.items() if unit in shares}

    return replace(
        said,
        expected=[unit for unit in said.expected if unit in shares],
        values=of_those(said.values),
        unusable=of_those(said.unusable),
        partial=[unit for unit in said.partial if unit in shares],
        shares=shares,
    )


def merged(
    target: Target, made: Ancestry, said: Mapping[str, Value]
) -> tuple[Value | None, str | None]:
    """One value of a unit for a period before it was made; None with a reason when what its
    predecessors said cannot be added, without one when none of them spoke."""
    origins = made.origins()
    if len(origins) == 1 and WHOLE in origins.values():
        return said.get(next(iter(origins))), None
    if target.value_kind is ValueKind.YES_NO:
        return outcome(made, said), None
    values = [said[unit] for unit in origins if unit in said]
    applying = [value for value in values if value.applies]
    if not applying:
        return (Value(not_applicable=ALL_PREDECESSORS) if values else None), None
    if set(origins.values()) != {WHOLE}:
        return None, "split_in_period"
    return added(target, applying)


def outcome(made: Ancestry, said: Mapping[str, Value], *, among_said: bool = False) -> Value | None:
    """The yes or no of a unit made of others. None: still open, because of those who are silent;
    with `among_said` they are passed over.
    """
    known: dict[tuple[str, int], Value | None] = {}

    def walk(one: Ancestry) -> Value | None:
        if not one.parents:
            return said.get(one.unit)
        key = (one.unit, id(one.parents))
        if key not in known:
            known[key] = _together(one, [walk(parent) for parent in one.parents], among_said)
        return known[key]

    return walk(made)


def _together(made: Ancestry, parts: list[Value | None], among_said: bool) -> Value | None:
    if among_said:
        parts = [part for part in parts if part is not None]
    applying = [part for part in parts if part is None or part.applies]
    if parts and not applying:
        return Value(not_applicable=ALL_PREDECESSORS)
    estimated = any(part is not None and part.estimated for part in applying)
    decides = made.done_when == "any"
    if any(part is not None and part.done is decides for part in applying):
        return Value(done=decides, estimated=estimated)
    if None in applying or not applying:
        return None
    return Value(done=not decides, estimated=estimated)


def done(
    target: Target,
    made: Ancestry,
    reported: Mapping[str, Reported],
    *,
    among_said: bool = False,
) -> tuple[Value | None, bool]:
    """The unit's yes or no, and whether an all_of target is only partly done."""
    parts = [reported[code] for code in target.parts if code in reported]
    if target.value_kind is not ValueKind.ALL_OF:
        return outcome(made, reported[target.code].values, among_said=among_said), False
    return all_of([outcome(made, part.values, among_said=among_said) for part in parts])


def _of_words(
    target: Target,
    period: Period,
    made: Ancestry,
    reported: Mapping[str, Reported],
    decision: Decision | None,
) -> Attainment:
    said = among(reported[target.code], dict.fromkeys(made.origins(), WHOLE))
    value, partly = done(target, made, reported)
    is_open = value is None and bool(said.applying())
    if is_open:
        value, partly = done(target, made, reported, among_said=True)
    row = of_unit(target, period, made.unit, value)
    tally(row, said)
    row.partial = (made.unit,) if partly else ()
    row.decision = decision
    if is_open and decision is None:
        row.verdict, row.bounds = Verdict.UNDETERMINED, Bounds(Fraction(0), Fraction(100))
    return row
