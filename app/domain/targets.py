"""Programmes and their targets: what is counted, against what, by when, and who reports it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from app.domain.numbers import Percent
from app.domain.periods import REMINDER_DAYS, Period, PeriodKind
from app.domain.units import Succession, Unit, UnitKind

DONE = Fraction(100)


class ValueKind(StrEnum):
    RATIO = "ratio"
    YES_NO = "yes_no"
    COUNT = "count"
    NARRATIVE = "narrative"
    ALL_OF = "all_of"


class Comparator(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"
    DONE = "done"


class UnitRule(StrEnum):
    """How units make a national figure (rules 14, 15)."""

    POOLED = "pooled"
    SUM = "sum"
    SHARE_OF_UNITS = "share_of_units"
    OWN = "own"


class PeriodRule(StrEnum):
    """How the periods inside a longer one make its figure (rule 18)."""

    LATEST = "latest"
    SUM = "sum"
    RUNNING_TOTAL = "running_total"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Level:
    """A height a figure can have: percent points, or a number of `unit_of_count`; never both.

    None of both: none was set.
    """

    percent: Percent | None = None
    count: int | None = None

    @property
    def value(self) -> Fraction | None:
        if self.percent is not None:
            return self.percent.points
        return None if self.count is None else Fraction(self.count)


class Baseline(NamedTuple):
    """Where a figure stood before the programme; `on` None: on a day that is not known."""

    level: Level
    on: date | None = None


class Milestone(NamedTuple):
    """What a figure should have come to by the end of a day (rule 11)."""

    on: date
    level: Level


class Bands(NamedTuple):
    """From which part of the way that should be behind it a figure is on track, or at risk."""

    on_track: Fraction = Fraction(1)
    at_risk: Fraction = Fraction(4, 5)


class SucceededBy(NamedTuple):
    """The target that follows one whose population has ended, and the act that made it."""

    target: str
    act: str
    decided_on: date


class Category(NamedTuple):
    code: str
    title_vi: str
    title_en: str


class Breakdown(NamedTuple):
    """Parts that a unit may tell a value by (sex, sector, award level); never a threshold."""

    title_vi: str
    title_en: str
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a target stands written: a short quote with its code-point range in the text."""

    quote: str | None = None
    quote_start: int | None = None
    quote_end: int | None = None
    status: str = "stated"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What the source leaves open, in the words a reader of the figure sees."""

    code: str
    text_vi: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Target:
    """A target with the rule in force. Everything a reader of its figures must know is here.

    `due_on` None: a standing duty, judged at the end of every period (rule 11). `assigned` holds
    thresholds given to single units, by (unit, year); `baselines` baselines of single units.
    `parts` are the codes that an all_of target is computed from. `population_ends_on` is the last
    day on which there was anyone to count.
    """

    id: int
    programme: str
    code: str
    group: int
    parent: str | None
    title_vi: str
    title_en: str
    value_kind: ValueKind
    unit_of_count: str | None
    reported_by: frozenset[UnitKind]
    unit_rule: UnitRule | None
    period_rule: PeriodRule
    periods: frozenset[PeriodKind]
    comparator: Comparator | None
    threshold: Level = Level()
    due_on: date | None = None
    baseline: Baseline | None = None
    baselines: dict[str, Baseline] = field(default_factory=dict)
    milestones: tuple[Milestone, ...] = ()
    bands: Bands = Bands()
    may_exceed_100: bool = False
    population_ends_on: date | None = None
    succeeded_by: SucceededBy | None = None
    breakdown: Breakdown | None = None
    numerator_vi: str | None = None
    numerator_en: str | None = None
    denominator_vi: str | None = None
    denominator_en: str | None = None
    source: Source = Source()
    interpretation_vi: str | None = None
    interpretation_en: str | None = None
    open_questions: tuple[OpenQuestion, ...] = ()
    assigned: dict[tuple[str, int | None], Level] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    effective_on: date | None = None

    @property
    def height(self) -> Fraction | None:
        """What a figure is held against, in its measure; done is 100 %. None: no threshold."""
        if self.threshold.value is None and self.comparator is Comparator.DONE:
            return DONE
        return self.threshold.value

    @property
    def counts_twice(self) -> bool:
        """A province and a sector union may both count one person (rule 6)."""
        both = {UnitKind.PROVINCE_FEDERATION, UnitKind.SECTOR_UNION}
        return self.unit_of_count == "persons" and both <= self.reported_by

    def asked_in(self, period: Period) -> bool:
        return period.kind in self.periods

    def lives_in(self, period: Period) -> bool:
        """False once its population has ended before the period's last day (rule 12)."""
        return self.population_ends_on is None or period.ends_on <= self.population_ends_on

    def expected(self, unit: Unit, period: Period) -> bool:
        """Rule 13: a unit of its kinds, valid on the period's last day. Nobody else."""
        return (
            unit.kind in self.reported_by
            and unit.valid_on(period.ends_on)
            and self.lives_in(period)
        )

    def baseline_of(self, unit: str) -> Baseline | None:
        """The unit's own, or else the one of all of them."""
        return self.baselines.get(unit, self.baseline)

    def assigned_to(self, unit: str, period: Period) -> Level | None:
        year = period.ends_on.year
        return self.assigned.get((unit, year)) or self.assigned.get((unit, None))


@dataclass(frozen=True, slots=True)
class Decision:
    """The board judged a period on what was reported: the act that says so, and its day."""

    act: str
    reason: str
    decided_on: date


@dataclass(frozen=True, slots=True)
class ProgrammePeriod:
    """A reporting period of one programme. Times None: unknown, so nothing is early or late.

    `due_status` says whether the due day is `stated` or `assumed`. `closes_on` is the last day on
    which reports are accepted; None: until `closed`. `reminder_days` count from the due day.
    """

    id: int
    programme: str
    period: Period
    opens_at: datetime | None = None
    due_on: date | None = None
    due_status: str = "assumed"
    closed: bool = False
    decision: Decision | None = None
    closes_on: date | None = None
    reminder_days: tuple[int, ...] = REMINDER_DAYS

    @property
    def code(self) -> str:
        return self.period.code

    def is_shut_on(self, day: date) -> bool:
        """Whether no report is accepted any more on a day in Viet Nam, but by an exception."""
        return self.closed or (self.closes_on is not None and day > self.closes_on)


@dataclass(frozen=True, slots=True)
class Group:
    number: int
    title_vi: str
    title_en: str


@dataclass(frozen=True)
class Programme:
    """A programme of the organisation. `targets` holds every revision of every target, by code."""

    code: str
    title_vi: str
    title_en: str
    starts_on: date | None
    ends_on: date | None
    facts: dict[str, object]
    groups: tuple[Group, ...]
    targets: dict[str, tuple[Target, ...]]
    periods: dict[str, ProgrammePeriod]

    @cached_property
    def code_of(self) -> dict[int, str]:
        return {revisions[0].id: code for code, revisions in self.targets.items()}

    def target(self, code: str, on: date | None = None) -> Target | None:
        """The target under the rule in force on that day, or its latest rule without one.

        Before its first revision's day the first one holds. None for an unknown code.
        """
        revisions = self.targets.get(code)
        return in_force(revisions, on) if revisions else None

    def targets_on(self, day: date | None) -> list[Target]:
        return [in_force(revisions, day) for revisions in self.targets.values()]

    def asked(self, unit: Unit, when: Period) -> int:
        """How many values a unit is asked for in a period (rule 13). 0: no report is expected."""
        return sum(
            one.asked_in(when) and one.expected(unit, when) and not one.parts
            for one in self.targets_on(when.ends_on)
        )


def in_force(revisions: Sequence[Target], on: date | None) -> Target:
    """Of one target's revisions, in the order recorded, the rule in force on `on` (rule 19).

    The one whose day came last; of two with the same day, the one recorded later.
    """
    chosen = revisions[0]
    for revision in revisions[1:]:
        begins = revision.effective_on or date.min
        if (on is None or begins <= on) and begins >= (chosen.effective_on or date.min):
            chosen = revision
    return chosen


def parts_by_parent(targets: Iterable[Target]) -> dict[str, tuple[str, ...]]:
    """The parts of each all_of target, in the order given."""
    parts: dict[str, tuple[str, ...]] = {}
    for target in targets:
        if target.parent is not None:
            parts[target.parent] = (*parts.get(target.parent, ()), target.code)
    return parts


@dataclass(frozen=True)
class Catalogue:
    """Everything that is defined: programmes, units, successions; as known at one moment."""

    programmes: dict[str, Programme]
    units: dict[str, Unit]
    successions: tuple[Succession, ...]
    demonstration: bool = False

    @property
    def centre(self) -> Unit:
        """The unit that national figures are written under."""
        return next(unit for unit in self.units.values() if unit.kind is UnitKind.CENTRE)

    @cached_property
    def by_id(self) -> dict[int, Unit]:
        return {unit.id: unit for unit in self.units.values()}
