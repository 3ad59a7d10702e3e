"""A programme in a period, as reported or restated: every figure that follows.

Pure: the same evidence gives the same digits, whenever and wherever it is worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from app.domain.attainment import Attainment
from app.domain.breakdown import Part, discord, pooled
from app.domain.evidence import Evidence, Sizes, before, last_told, lived_through
from app.domain.gathering import gather
from app.domain.longer_periods import sources
from app.domain.pace import Forecast, Point, forecast, why_no_line
from app.domain.restatement import done, not_restatable, restated
from app.domain.rollup import Reported, of_one, of_units, tally, with_counts
from app.domain.successions import Ancestry, made_of, unmixed
from app.domain.targets import ProgrammePeriod, Target, UnitRule
from app.domain.units import Succession, Unit
from app.domain.values import Value
from app.domain.verdict import Verdict


class Source(NamedTuple):
    """Where a value that a figure rests on was told, the part of its counts that is in the figure
    (None: not known), and the registered denominator, if any."""

    target: Target
    period: ProgrammePeriod
    unit: str
    share: Fraction | int | None
    registered: int | None


@dataclass(frozen=True)
class Scene:
    """One programme in one period; as reported, or `restated_on` a day (rule 20).

    `expected` are the units of the time, in official order; `reported` what they said, by target.
    """

    evidence: Evidence
    period: ProgrammePeriod
    restated_on: date | None
    targets: dict[str, Target]
    expected: dict[str, list[Unit]]
    reported: dict[str, Reported]
    _made: dict[object, dict[str, Ancestry | None]] = field(default_factory=dict)
    _scenes: dict[int, "Scene"] = field(default_factory=dict)

    def restate(self, on: date | None) -> "Scene":
        """The same for the units of another day; None: those of the time."""
        return replace(self, restated_on=on, _made={}, _scenes={})

    @cached_property
    def centre(self) -> str:
        return self.evidence.catalogue.centre.code

    def units(self, target: Target) -> list[str]:
        """Whose own rows there are: the units of the time, or of the day restated on."""
        if self.restated_on is not None:
            return list(self.made(target))
        return [unit.code for unit in self.expected[target.code]]

    def made(self, target: Target) -> dict[str, Ancestry | None]:
        """The units of the day restated on, each as made of units of the time; None: it has been
        merged or split since. A unit that ended without successor keeps its past (rule 20)."""
        asked = (target.reported_by, target.lives_in(self.period.period))
        if asked not in self._made:
            there = {unit.code: unit for unit in self.expected[target.code]}
            self._made[asked] = self._ancestries(target, there)
        return self._made[asked]

    @property
    def _looks_back(self) -> bool:
        return self.restated_on is not None and self.restated_on < self.period.period.ends_on

    def _ancestries(self, target: Target, there: Mapping[str, Unit]) -> dict[str, Ancestry | None]:
        on, end = self.restated_on or date.max, self.period.period.ends_on
        units = self.evidence.catalogue.units.values()
        steps = self.evidence.catalogue.successions
        asked = [unit for unit in units if unit.kind in target.reported_by]
        if self._looks_back:
            now = unmixed([one.code for one in units if one.valid_on(on)], (on, end), there, steps)
            return {
                unit.code: Ancestry(unit.code, (Ancestry(now[unit.code]),))
                if unit.code in now
                else None
                for unit in asked
                if unit.valid_on(on)
            }
        lived = {unit.code: _last_day(unit, (end, on), steps) for unit in asked}
        made = {
            code: made_of(code, last, end, there, steps)
            for code, last in lived.items()
            if last is not None
        }
        return {code: one for code, one in made.items() if one is not None}

    def national(self, target: Target) -> Attainment:
        if frozen := self._frozen(target):
            return self._kept(target, frozen.national(frozen.targets[target.code]), frozen)
        said = self.reported[target.code]
        if self.restated_on is not None and target.unit_rule is UnitRule.SHARE_OF_UNITS:
            row = self._share_restated(target)
        else:
            row = of_units(target, self.period.period, self.centre, said, self.period.decision)
        row.warnings = sorted(set().union(*said.warnings.values()))
        row.restated_on = self.restated_on
        self._tell_by_parts(row, dict.fromkeys(said.expected, 1))
        return row

    def _share_restated(self, target: Target) -> Attainment:
        """Units of the day restated on that are done, of all of them (rules 15, 20); who has told
        is counted in the units of the time."""
        period, made, decision = self.period.period, self.made(target), self.period.decision
        if None in made.values():
            row = not_restatable(target, period, self.centre, "merged_since")
            row.scope = "national"
            return row
        values: dict[str, Value] = {}
        partial = []
        for code, one in made.items():
            value, partly = None, False
            if one is not None:
                value, partly = done(target, one, self.reported, among_said=decision is not None)
            if value is not None:
                values[code] = value
            if partly:
                partial.append(code)
        said = Reported(list(made), values, partial=partial)
        row = of_units(target, period, self.centre, said, decision)
        tally(row, replace(self.reported[target.code], partial=partial))
        return row

    def unit(self, target: Target, unit: str) -> Attainment:
        """One unit's own row, `unit` being a code of the basis looked at."""
        if frozen := self._frozen(target):
            return self._kept(target, frozen.unit(frozen.targets[target.code], unit), frozen)
        period, said = self.period.period, self.reported[target.code]
        if self.restated_on is None:
            row = of_one(target, period, unit, said)
        else:
            made = self.made(target)
            one = made.get(unit)
            if one is None:
                reason = "merged_since" if unit in made else "unit_not_there"
                row = not_restatable(target, period, unit, reason)
            else:
                row = restated(target, period, one, self.reported, self.period.decision)
        shares = self._shares(target, unit)
        row.warnings = sorted(set().union(*(said.warnings.get(one, ()) for one in shares)))
        row.restated_on = self.restated_on
        self._tell_by_parts(row, shares)
        return row

    def sources(self, target: Target, units: Sequence[str]) -> list[Source]:
        """The values that the own rows of some units rest on; of an all_of target its parts'."""
        parts = [self.targets[code] for code in target.parts if code in self.targets]
        return [
            Source(one, period, teller, share, self._registered(one, period, teller))
            for one in parts or [target]
            for unit in units
            for origin, share in self._shares(one, unit).items()
            for period, teller in sources(self.evidence, self.period, one, origin)
        ]

    def national_sources(self, target: Target) -> list[Source]:
        """Those of the national figure: of the units of the time, whatever the basis."""
        codes = [unit.code for unit in self.expected[target.code]]
        return self.restate(None).sources(target, [*codes, *self.reported[target.code].gone])

    def _registered(self, target: Target, period: ProgrammePeriod, unit: str) -> int | None:
        sizes = self.evidence.registered.get(period.id, {}).get(target.id, {})
        return sizes.get(self.evidence.catalogue.units[unit].id)

    def _shares(self, target: Target, unit: str) -> dict[str, Fraction | int | None]:
        """The units whose reports a unit's own row rests on, each with the part of its counts that
        is the unit's (rule 20)."""
        if self.restated_on is None:
            return {unit: 1}
        one = self.made(target).get(unit)
        return {} if one is None else dict(one.origins())

    def _tell_by_parts(self, row: Attainment, shares: Mapping[str, Fraction | int | None]) -> None:
        """Put on the row what the units behind its figure told by parts, and flag it when that
        does not add up. Nothing where there is no figure, where none of them told any, or where
        the figure comes from the periods inside this one: their parts are not put together."""
        target, when, evidence = row.target, self.period, self.evidence
        breakdown = target.breakdown if target.asked_in(when.period) else None
        if breakdown is None or when.id not in evidence.parts or row.numerator is None:
            return
        ids = evidence.catalogue.units
        each = [
            (evidence.parts_of(when.id, ids[unit].id, target.id), shares[unit] or 0)
            for unit in with_counts(self.reported[target.code], shares)
        ]
        told = pooled(breakdown, each)
        if told.units:
            row.told = told
            flag = discord(Part(row.numerator, row.denominator), told)
            row.warnings = sorted({*row.warnings, flag} if flag else row.warnings)

    def judged_in(self, target: Target) -> "Scene":
        """Where the target's figures come from: an earlier period once its population ended."""
        return self._frozen(target) or self

    def _frozen(self, target: Target) -> "Scene | None":
        """The last period that a population lived through and of which anything was reported,
        once it has ended (rule 12). None: it lives, or nothing ever was."""
        if target.lives_in(self.period.period):
            return None
        for one in reversed(self.evidence.programme.periods.values()):
            said = self.evidence.said.get(one.id, {})
            if lived_through(target, one, self.period) and any(
                target.id in values for values in said.values()
            ):
                return self._earlier(one)
        return None

    def _earlier(self, when: ProgrammePeriod) -> "Scene":
        found = self._scenes.get(when.id)
        if found is None:
            evidence = replace(self.evidence, last=last_told(self.evidence, when))
            found = scene(evidence, when, self.restated_on)
            self._scenes[when.id] = found
        return found

    def earlier(self) -> list["Scene"]:
        """Of the periods of the same kind before this one, oldest first. The evidence must hold
        what they use."""
        return [self._earlier(one) for one in before(self.evidence.programme, self.period)]

    def _kept(self, target: Target, row: Attainment, frozen: "Scene") -> Attainment:
        return replace(
            row,
            target=target,
            period=self.period.period,
            verdict=Verdict.POPULATION_ENDED,
            frozen_in=frozen.period.period,
            missing=(),
            restated_on=self.restated_on,
        )

    def forecast(self, row: Attainment) -> Forecast | str:
        """Where the row is heading, from earlier periods of the same kind on the same basis; or
        the reason why that cannot be said."""
        if row.frozen_in is not None:
            return Verdict.POPULATION_ENDED
        if reason := why_no_line(row.target, row.period.ends_on):
            return reason
        if row.figure is None:
            return "no_data"
        points, same = [], True
        for then in self.earlier():
            target = then.targets.get(row.target.code)
            if target is not None:
                if self._counts_other_units(row, then):
                    return "units_changed"
                point = then.again(row)
                if point.figure is not None and point.coverage.reported:
                    points.append(Point(then.period.period.ends_on, point.figure))
                    same = same and _told_by(then, target) == _told_by(self, row.target)
        points.append(Point(row.period.ends_on, row.figure))
        return forecast(row.target, points, same_reporters=same or row.scope == "unit")

    def on_one_basis(self) -> "Scene":
        """For a trend: the units of the period's last day, unless another day was asked for, so
        that a merger draws no step (rule 20)."""
        return self if self.restated_on else self.restate(self.period.period.ends_on)

    def again(self, row: Attainment) -> Attainment:
        """The row of the same target and unit, in this scene."""
        target, national = self.targets[row.target.code], row.scope == "national"
        return self.national(target) if national else self.unit(target, row.unit)

    def _counts_other_units(self, row: Attainment, then: "Scene") -> bool:
        """A share of 63 units and a share of 34 lie on no line."""
        by_units = row.target.unit_rule is UnitRule.SHARE_OF_UNITS and row.scope == "national"
        same = then.expected[row.target.code] == self.expected[row.target.code]
        return by_units and self.restated_on is None and not same

    def unheard(self) -> dict[int, set[int]]:
        """Units by target (ids) whose last denominator the bounds need: silent, or without
        counts."""
        ids = self.evidence.catalogue.units
        found: dict[int, set[int]] = {}
        for code, said in self.reported.items():
            if self.targets[code].unit_rule is UnitRule.POOLED:
                silent = {unit for unit in said.expected if unit not in said.values}
                silent |= {u for u, v in said.values.items() if v.applies and v.denominator is None}
                if silent:
                    found[self.targets[code].id] = {ids[unit].id for unit in silent}
        return found

    def knowing(self, last: Sizes, sizes: Mapping[int, Sizes] | None = None) -> "Scene":
        """The same, with the denominators last reported before (rule 16); `sizes` those of single
        periods that they were taken from."""
        by_id = self.evidence.catalogue.by_id
        reported = {}
        for code, said in self.reported.items():
            by_unit = last.get(self.targets[code].id, {})
            reported[code] = replace(said, last={by_id[u].code: n for u, n in by_unit.items()})
        evidence = replace(self.evidence, last=last, sizes=sizes or self.evidence.sizes)
        return replace(self, evidence=evidence, reported=reported)


def _told_by(seen: Scene, target: Target) -> set[str]:
    return set(seen.reported[target.code].values)


def _last_day(unit: Unit, between: tuple[date, date], steps: Sequence[Succession]) -> date | None:
    """The last day on which a unit that nobody succeeded lived, up to the later of two days; None
    for one that has successors then, had not begun, or had ended before the earlier."""
    end, on = between
    if unit.valid_on(on):
        return on
    if unit.valid_to is None or not end <= unit.valid_to < on:
        return None
    succeeded = any(
        step.successors and unit.code in step.predecessors and unit.code not in step.successors
        for step in steps
    )
    return None if succeeded else unit.valid_to


def scene(evidence: Evidence, when: ProgrammePeriod, restated_on: date | None = None) -> Scene:
    """The scene of a period; `evidence` holds what `periods_used` names of it."""
    made = Scene(evidence, when, restated_on, *gather(evidence, when))
    return made.knowing(evidence.last) if evidence.last else made
