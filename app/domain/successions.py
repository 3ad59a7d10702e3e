"""What may be recorded as a succession, and of whom a unit of today was made (rule 20)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from app.domain.errors import Fault
from app.domain.units import Succession, Unit, lineage

WHOLE = Fraction(1)


def faults(
    made: Succession, units: Mapping[str, Unit], known: Sequence[Succession]
) -> Iterator[Fault]:
    """Everything that forbids recording `made` after those `known`."""
    yield from _of_names(made, units)
    for place, code in _each(made.predecessors, "predecessors", units):
        if reason := _why_no_predecessor(units[code], made, known):
            yield Fault(place, "invalid", {"reason": reason, "value": code})
    for place, code in _each(made.successors, "successors", units):
        if reason := _why_no_successor(units[code], made, known):
            yield Fault(place, "invalid", {"reason": reason, "value": code})
    if made.predecessors == made.successors:
        yield Fault("/successors", "invalid", {"reason": "no_change"})
    yield from _of_shares(made)


def _each(codes: Sequence[str], name: str, units: Mapping[str, Unit]) -> Iterator[tuple[str, str]]:
    return ((f"/{name}/{i}", code) for i, code in enumerate(codes) if code in units)


def _of_names(made: Succession, units: Mapping[str, Unit]) -> Iterator[Fault]:
    for name, codes in (("predecessors", made.predecessors), ("successors", made.successors)):
        for index, code in enumerate(codes):
            if code not in units:
                yield Fault(f"/{name}/{index}", "unknown_unit", {"value": code})
            elif code in codes[:index]:
                yield Fault(f"/{name}/{index}", "duplicate_row", {"value": code})


def ended_by(code: str, known: Sequence[Succession]) -> Succession | None:
    """The succession in which the unit ended; one that went on under its own code has not."""
    for one in known:
        if code in one.predecessors and code not in one.successors:
            return one
    return None


def _why_no_predecessor(unit: Unit, made: Succession, known: Sequence[Succession]) -> str | None:
    """It must have lived on the day before, and must not have ended, or begun that very day."""
    eve = made.effective_on - timedelta(days=1)
    if ended_by(unit.code, known) is not None:
        return "ended_in_succession"
    if unit.valid_to is not None and unit.valid_to < eve:
        return "unit_ended_before"
    if unit.valid_from is not None and unit.valid_from > eve:
        return "unit_begins_later"
    for one in known:
        same_day = one.effective_on == made.effective_on
        if same_day and unit.code in (*one.successors, *one.predecessors):
            return "twice_on_one_day"
    return None


def _why_no_successor(unit: Unit, made: Succession, known: Sequence[Succession]) -> str | None:
    """It must live on the day, and must not be a forebear that has ended."""
    ended = ended_by(unit.code, known)
    if ended is not None:
        forebears = {one for code in made.predecessors for one in lineage(code, known).predecessors}
        return "cycle" if unit.code in forebears else "ended_in_succession"
    if unit.valid_to is not None and unit.valid_to < made.effective_on:
        goes_on = unit.code in made.predecessors
        return None if goes_on else "unit_ended_before"
    if unit.valid_from is not None and unit.valid_from > made.effective_on:
        return "unit_begins_later"
    return None


def _of_shares(made: Succession) -> Iterator[Fault]:
    """One share a successor, none below 0, together 1; only a split has any."""
    if made.shares is None:
        return
    if len(made.successors) < 2:
        yield Fault("/shares", "invalid", {"reason": "shares_without_split"})
    elif len(made.shares) != len(made.successors):
        yield Fault("/shares", "invalid", {"reason": "share_for_each_successor"})
    elif min(made.shares) < 0 or sum(made.shares) != 1:
        total = sum(made.shares, Fraction(0))
        yield Fault("/shares", "invalid", {"reason": "shares_add_to_1", "value": str(total)}, "1")


@dataclass(frozen=True, slots=True)
class Ancestry:
    """A unit as it was made: of `parents` that lived before, or (without any) itself.

    `share` is the part of its counts that goes to the unit it stands below; None: a split
    that declared none. `done_when` says when a yes is a yes after the merger: "all" or "any".
    """

    unit: str
    parents: tuple["Ancestry", ...] = ()
    done_when: str = "all"
    share: Fraction | None = WHOLE

    def origins(self) -> Iterator[tuple[str, Fraction | None]]:
        """The units at the root, each with the part of its counts that came down to here."""
        if not self.parents:
            yield self.unit, self.share
        for parent in self.parents:
            for unit, share in parent.origins():
                yield unit, None if share is None or self.share is None else share * self.share


def made_of(
    unit: str, on: date, since: date, there: Collection[str], successions: Sequence[Succession]
) -> Ancestry | None:
    """Of which of the units `there` on the day `since` a unit of the later day `on` was made,
    through every generation between. None: of none of them.

    A successor that already existed is one of its own parents.
    """
    steps = [s for s in successions if unit in s.successors and since < s.effective_on <= on]
    if not steps:
        return Ancestry(unit) if unit in there else None
    day = max(step.effective_on for step in steps)
    steps = [step for step in steps if step.effective_on == day]
    shares = {code: step.share_of(unit) for step in steps for code in step.predecessors}
    shares.setdefault(unit, WHOLE)
    parents = []
    for code, share in shares.items():
        parent = made_of(code, day - timedelta(days=1), since, there, successions)
        if parent is not None:
            parents.append(replace(parent, share=share))
    if not parents:
        return None
    done_when = "all" if any(step.yes_no == "all" for step in steps) else "any"
    return Ancestry(unit, tuple(parents), done_when)


def still_is(unit: str, on: date, until: date, successions: Sequence[Succession]) -> str | None:
    """The unit of the later day `until` that is nothing but the unit of the day `on`: itself, or
    one that took its place alone. None: merged, split or gone since."""
    steps = sorted(
        (s for s in successions if on < s.effective_on <= until), key=lambda s: s.effective_on
    )
    for step in steps:
        if unit in step.predecessors:
            if len(step.predecessors) > 1 or len(step.successors) != 1:
                return None
            (unit,) = step.successors
        elif unit in step.successors:
            return None
    return unit
