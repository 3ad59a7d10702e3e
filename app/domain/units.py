"""Organisation units, dated: who existed when, under which name, and what became of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from app.domain.errors import AmbiguousUnit, NameDisagrees, NotFound
from app.domain.text import name_key, sort_key


class UnitKind(StrEnum):
    CENTRE = "centre"
    PROVINCE_FEDERATION = "province_federation"
    SECTOR_UNION = "sector_union"
    CORPORATION_UNION = "corporation_union"


@dataclass(frozen=True, slots=True)
class UnitName:
    """What a unit is called between two inclusive days; None is unknown or open."""

    name_vi: str
    short_vi: str
    name_en: str
    valid_from: date | None = None
    valid_to: date | None = None


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit between two inclusive days; None is unknown or open. `gso_code` is the state's code,
    which may name another unit at another time; `code` never does (rule 21). `endorsement`: its
    reports are the centre's only once its own approver has endorsed them."""

    id: int
    code: str
    kind: UnitKind
    names: tuple[UnitName, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    gso_code: str | None = None
    aliases: tuple[str, ...] = ()
    dates: str = "unknown"
    legally_continuous: bool | None = None
    note: str | None = None
    endorsement: bool = False

    def valid_on(self, day: date) -> bool:
        return _within(day, self.valid_from, self.valid_to)

    def name_on(self, day: date | None) -> UnitName:
        """Its name on that day; its last name without one, or on a day that no name covers."""
        for name in self.names:
            if day is not None and _within(day, name.valid_from, name.valid_to):
                return name
        return self.names[-1]

    def answers_to(self, key: str, on: date | None) -> bool:
        """Whether `key` (a name_key) is one of its names, on that day if given (rule 25)."""
        spoken = [
            spelling
            for name in self.names
            if on is None or _within(on, name.valid_from, name.valid_to)
            for spelling in (name.name_vi, name.short_vi, name.name_en)
        ]
        return any(name_key(spelling) == key for spelling in (*spoken, *self.aliases))

    @property
    def order(self) -> tuple[object, ...]:
        """The official order of lists: the centre, then kind by kind, by Vietnamese letters."""
        return (
            list(UnitKind).index(self.kind),
            sort_key(self.names[-1].short_vi),
            self.valid_from or date.min,
            self.code,
        )


def reading(unit: Unit) -> str:
    """A unit named so that it cannot be taken for another: code, name, days."""
    first, last = unit.valid_from or "", unit.valid_to or ""
    return f"{unit.code} ({unit.names[-1].short_vi}, {first}…{last})"


def resolve(
    units: Collection[Unit], *, name: str | None, code: str | None, on: date | None
) -> Unit:
    """The one unit that a bare name or code means, on that day if given (rule 21).

    `code` is the project's own or the state's. NotFound for none, AmbiguousUnit for several,
    NameDisagrees when name and code are those of two (rule 25).
    """
    key = name_key(name) if name else None
    found = [
        unit
        for unit in units
        if (on is None or unit.valid_on(on))
        and (code is None or code in (unit.code, unit.gso_code))
        and (key is None or unit.answers_to(key, on))
    ]
    said = name or code or ""
    if not found and key is not None and code is not None:
        coded = [one for one in units if code in (one.code, one.gso_code)]
        coded = [one for one in coded if on is None or one.valid_on(on)] or coded
        named = [one for one in units if one.answers_to(key, on)]
        if coded and named:
            raise NameDisagrees(name=reading(named[0]), unit=reading(coded[0]))
    own = [unit for unit in found if unit.code == code]
    if own:
        return own[0]
    if not found:
        raise NotFound(what=said)
    if len(found) > 1:
        raise AmbiguousUnit(said, [reading(unit) for unit in found])
    return found[0]


@dataclass(frozen=True, slots=True)
class Succession:
    """What became of units on a day: predecessors ended the day before (rule 20).

    No successors: dispersed. `shares` are the parts of the predecessors' counts that go to each
    successor of a split, in their order; None: not declared. `yes_no` says when a yes/no is done
    after a merger: "all" or "any".
    """

    effective_on: date
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    act: str | None = None
    shares: tuple[Fraction, ...] | None = None
    yes_no: str = "all"

    def share_of(self, successor: str) -> Fraction | None:
        """1 for a single successor; None for one of several without declared shares."""
        if len(self.successors) == 1:
            return Fraction(1)
        return self.shares[self.successors.index(successor)] if self.shares else None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A unit's forebears and heirs, nearest first, with the successions between them."""

    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    successions: tuple[Succession, ...]


def lineage(code: str, successions: Sequence[Succession]) -> Lineage:
    """Through every generation, both ways. A unit that went on under its own code is no heir."""

    def walk(back: bool) -> tuple[list[str], list[Succession]]:
        found, passed, frontier = [], [], [code]
        while frontier:
            here = frontier.pop(0)
            for succession in successions:
                near, far = succession.successors, succession.predecessors
                if not back:
                    near, far = far, near
                if here in near:
                    passed.append(succession)
                    fresh = [one for one in far if one not in found and one != code]
                    found += fresh
                    frontier += fresh
        return found, passed

    predecessors, before = walk(back=True)
    successors, since = walk(back=False)
    steps = sorted({*before, *since}, key=lambda step: (step.effective_on, step.predecessors))
    return Lineage(tuple(predecessors), tuple(successors), tuple(steps))
