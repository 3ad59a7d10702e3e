"""What may be recorded as a succession, and of whom a unit of today was made (rule 20)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from app.domain.errors import Fault
from app.domain.units import Succession, Unit, UnitKind, lineage

WHOLE = Fraction(1)


def faults(
    made: Succession, units: Mapping[str, Unit], known: Sequence[Succession]
) -> Iterator[Fault]:
    """Everything that forbids recording `made` after those `known`."""
    yield from _of_names(made, units)
    for name, codes in (("predecessors", made.predecessors), ("successors", made.successors)):
        for place, code in _each(codes, name, units):
            if units[code].kind is UnitKind.CENTRE:
                yield Fault(place, "invalid", {"reason": "centre_stays", "value": code})
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


def ended_on(code: str, known: Sequence[Succession]) -> date | None:
    """The day of the succession in which the unit ended; None for one that went on."""
    for one in known:
        if code in one.predecessors and code not in one.successors:
            return one.effective_on
    return None


def _why_no_predecessor(unit: Unit, made: Succession, known: Sequence[Succession]) -> str | None:
    """It must have lived on the day before, and must not have begun that very day; what ends here
    takes part in nothing later."""
    eve, goes_on = made.effective_on - timedelta(days=1), unit.code in made.successors
    ended = ended_on(unit.code, known)
    if ended is not None and (not goes_on or ended <= made.effective_on):
        return "ended_in_succession"
    if unit.valid_to is not None and unit.valid_to < eve:
        return "unit_ended_before"
    if unit.valid_from is not None and unit.valid_from > eve:
        return "unit_begins_later"
    for one in known:
        if unit.code in (*one.successors, *one.predecessors):
            if one.effective_on == made.effective_on:
                return "twice_on_one_day"
            if one.effective_on > made.effective_on and not goes_on:
                return "lives_on_later"
    return None


def _why_no_successor(unit: Unit, made: Succession, known: Sequence[Succession]) -> str | None:
    """It must live on the day, and must not be a forebear that has ended."""
    ended, goes_on = ended_on(unit.code, known), unit.code in made.predecessors
    if ended is not None and ended <= made.effective_on:
        forebears = {one for code in made.predecessors for one in lineage(code, known).predecessors}
        return "cycle" if unit.code in forebears else "ended_in_succession"
    if unit.valid_to is not None and unit.valid_to < made.effective_on and not goes_on:
        return "unit_ended_before"
    if unit.valid_from is not None and unit.valid_from > made.effective_on:
        return "unit_begins_later"
    return None


def contradicts(unit: Unit, known: Sequence[Succession]) -> str | None:
    """Why a unit's days cannot be as they are, given the successions it took part in."""
    for one in known:
        eve = one.effective_on - timedelta(days=1)
        ends = unit.code in one.predecessors and unit.code not in one.successors
        if ends and unit.valid_to != eve:
            return "ended_in_succession"
        if unit.code in one.successors and not unit.valid_on(one.effective_on):
            return "begins_in_succession"
        if unit.code in one.predecessors and not unit.valid_on(eve):
            return "begins_in_succession"
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


@dataclass(frozen=True)
class Ancestry:
    """A unit as it was made: of `parents` that lived before, or (without any) itself.

    `share` is the part of its counts that goes to the unit it stands below; None: a split
    that declared none. `done_when` says when a yes is a yes after the merger: "all" or "any".
    """

    unit: str
    parents: tuple["Ancestry", ...] = ()
    done_when: str = "all"
    share: Fraction | None = WHOLE

    def origins(self) -> Mapping[str, Fraction | None]:
        """The units at the root, each with the part of its counts that came down to here; parts
        that came down on two ways meet again."""
        return self._origins

    @cached_property
    def _origins(self) -> dict[str, Fraction | None]:
        if not self.parents:
            return {self.unit: self.share}
        found: dict[str, Fraction | None] = {}
        for parent in self.parents:
            for unit, share in parent.origins().items():
                part = None if share is None or self.share is None else share * self.share
                known = found.get(unit, Fraction(0))
                found[unit] = None if part is None or known is None else known + part
        return found


def made_of(
    unit: str, on: date, since: date, there: Collection[str], successions: Sequence[Succession]
) -> Ancestry | None:
    """Of which of the units `there` on the day `since` a unit of the later day `on` was made,
    through every generation between. None: of none of them.

    A successor that already existed is one of its own parents.
    """
    known: dict[tuple[str, date], Ancestry | None] = {}

    def walk(code: str, day: date) -> Ancestry | None:
        # Ways that part and meet again are walked once.
        if (code, day) not in known:
            known[code, day] = _step_back(code, (since, day), there, successions, walk)
        return known[code, day]

    return walk(unit, on)


def _step_back(
    unit: str,
    between: tuple[date, date],
    there: Collection[str],
    successions: Sequence[Succession],
    walk: Callable[[str, date], Ancestry | None],
) -> Ancestry | None:
    since, on = between
    steps = [s for s in successions if unit in s.successors and since < s.effective_on <= on]
    if not steps:
        return Ancestry(unit) if unit in there else None
    day = max(step.effective_on for step in steps)
    steps = [step for step in steps if step.effective_on == day]
    shares = {code: step.share_of(unit) for step in steps for code in step.predecessors}
    shares.setdefault(unit, WHOLE)
    parents = []
    for code, share in shares.items():
        parent = walk(code, day - timedelta(days=1))
        if parent is not None:
            parents.append(replace(parent, share=share))
    if not parents:
        return None
    done_when = "all" if any(step.yes_no == "all" for step in steps) else "any"
    return Ancestry(unit, tuple(parents), done_when)


def unmixed(
    units: Collection[str],
    between: tuple[date, date],
    later: Iterable[str],
    successions: Sequence[Succession],
) -> dict[str, str]:
    """Which of the units of a day are whole and alone one of the units of a `later` day: itself,
    or one that took its place. Those that were merged or split since are not in it."""
    on, until = between
    found = {}
    for code in later:
        made = made_of(code, until, on, units, successions)
        origins = made.origins() if made else {}
        if len(origins) == 1 and WHOLE in origins.values():
            found[next(iter(origins))] = code
    return found
