"""A programme in a period, as reported or restated: every figure that follows.

Pure: the same evidence gives the same digits, whenever and wherever it is worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from app.domain.attainment import Attainment
from app.domain.evidence import Evidence, Sizes, before, gather, lived_through
from app.domain.pace import Forecast, Point, forecast
from app.domain.restatement import done, not_restatable, restated
from app.domain.rollup import Reported, of_one, of_units
from app.domain.successions import Ancestry, made_of, still_is
from app.domain.targets import ProgrammePeriod, Target, UnitRule
from app.domain.units import Unit
from app.domain.values import Value
from app.domain.verdict import Verdict


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
        asked = target.reported_by
        if asked not in self._made:
            there = {unit.code: unit for unit in self.expected[target.code]}
            found = self._ancestries(target, there)
            if not self._looks_back:
                reached = {o for one in found.values() if one for o, _ in one.origins()}
                found |= {code: Ancestry(code) for code in there if code not in reached}
            self._made[asked] = found
        return self._made[asked]

    @property
    def _looks_back(self) -> bool:
        return self.restated_on is not None and self.restated_on < self.period.period.ends_on

    def _ancestries(self, target: Target, there: Mapping[str, Unit]) -> dict[str, Ancestry | None]:
        on, end = self.restated_on or date.max, self.period.period.ends_on
        steps = self.evidence.catalogue.successions
        found: dict[str, Ancestry | None] = {}
        for unit in self.evidence.catalogue.units.values():
            if unit.kind not in target.reported_by or not unit.valid_on(on):
                continue
            if self._looks_back:
                now = still_is(unit.code, on, end, steps)
                kept = now if now in there else None
                found[unit.code] = Ancestry(unit.code, (Ancestry(kept),)) if kept else None
            elif one := made_of(unit.code, on, end, there, steps):
                found[unit.code] = one
        return found

    def national(self, target: Target) -> Attainment:
        if frozen := self._frozen(target):
            return self._kept(target, frozen.national(frozen.targets[target.code]), frozen)
        said = self.reported[target.code]
        if self.restated_on is not None and target.unit_rule is UnitRule.SHARE_OF_UNITS:
            row = self._share_restated(target)
        else:
            row = of_units(target, self.period.period, self.centre, said, self.period.decision)
        row.warnings = sorted(set(said.warnings.values()))
        row.restated_on = self.restated_on
        return row

    def _share_restated(self, target: Target) -> Attainment:
        """Units of the day restated on that are done, of all of them (rules 15, 20)."""
        period, made = self.period.period, self.made(target)
        if None in made.values():
            row = not_restatable(target, period, self.centre, "merged_since")
            row.scope = "national"
            return row
        values: dict[str, Value] = {}
        partial = []
        for code, one in made.items():
            value, partly = done(target, one, self.reported) if one else (None, False)
            if value is not None:
                values[code] = value
            if partly:
                partial.append(code)
        said = Reported(list(made), values, partial=partial)
        row = of_units(target, period, self.centre, said, self.period.decision)
        row.missing = self.reported[target.code].missing
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
                row = restated(target, period, one, self.reported)
        row.warnings = sorted({w for w in map(said.warnings.get, self.origins(target, unit)) if w})
        row.restated_on = self.restated_on
        return row

    def origins(self, target: Target, unit: str) -> list[str]:
        """The units whose reports a unit's own row rests on."""
        if self.restated_on is None:
            return [unit]
        one = self.made(target).get(unit)
        return [] if one is None else [origin for origin, _ in one.origins()]

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
        return scene(replace(self.evidence, last={}), when, self.restated_on)

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
        points, expected = [], self.expected[row.target.code]
        for one in before(self.evidence.programme, self.period):
            if one.id in self.evidence.said:
                then = self._earlier(one)
                target = then.targets.get(row.target.code)
                if target is None:
                    continue
                if self._counts_other_units(row, then, expected):
                    return "units_changed"
                figure = _again(then, target, row).figure
                if figure is not None:
                    points.append(Point(one.period.ends_on, figure))
        if row.figure is None:
            return "no_data"
        points.append(Point(row.period.ends_on, row.figure))
        return forecast(row.target, points)

    def _counts_other_units(self, row: Attainment, then: "Scene", expected: Sequence[Unit]) -> bool:
        """A share of 63 units and a share of 34 lie on no line."""
        by_units = row.target.unit_rule is UnitRule.SHARE_OF_UNITS and row.scope == "national"
        same = then.expected[row.target.code] == list(expected)
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

    def knowing(self, last: Sizes) -> "Scene":
        """The same, with the denominators last reported before (rule 16)."""
        by_id = self.evidence.catalogue.by_id
        reported = {}
        for code, said in self.reported.items():
            sizes = last.get(self.targets[code].id, {})
            reported[code] = replace(said, last={by_id[u].code: n for u, n in sizes.items()})
        evidence = replace(self.evidence, last=last)
        return replace(self, evidence=evidence, reported=reported)


def _again(seen: Scene, target: Target, row: Attainment) -> Attainment:
    national = row.scope == "national"
    return seen.national(target) if national else seen.unit(target, row.unit)


def scene(evidence: Evidence, when: ProgrammePeriod, restated_on: date | None = None) -> Scene:
    """The scene of a period; `evidence` holds what `periods_used` names of it."""
    made = Scene(evidence, when, restated_on, *gather(evidence, when))
    return made.knowing(evidence.last) if evidence.last else made
