"""Attainment: what was reported, gathered for the rules of the domain; their results, written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlmodel import Session

from app.db import queries
from app.db.queries import InForce
from app.domain import RULE_VERSION
from app.domain.access import Actor
from app.domain.attainment import (
    Attainment,
    Reported,
    all_of,
    of_unit,
    of_units,
    over_periods,
    share,
)
from app.domain.errors import Fault, Invalid, NotAllowed
from app.domain.periods import utc
from app.domain.targets import (
    Catalogue,
    Programme,
    ProgrammePeriod,
    Target,
    UnitRule,
    ValueKind,
)
from app.domain.units import Unit
from app.domain.values import Value
from app.domain.workflow import Standing
from app.domain.yardstick import yardstick
from app.schemas.attainment import AttainmentList, AttainmentOut
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of, unit_of


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the rules need of one programme in one period; read once, used for every figure."""

    catalogue: Catalogue
    programme: Programme
    period: ProgrammePeriod
    standing: Standing
    centre: str
    targets: dict[str, Target]
    expected: dict[str, list[Unit]]
    reported: dict[str, Reported]

    def national(self, target: Target) -> Attainment:
        return of_units(
            target,
            self.period.period,
            self.centre,
            self.reported[target.code],
            self.period.decision,
        )

    def unit(self, target: Target, unit: str) -> Attainment:
        said = self.reported[target.code]
        row = of_unit(target, self.period.period, unit, said.values.get(unit))
        if unit in said.partial:
            row.partial = (unit,)
        if unit in said.unusable:
            row.reasons["percent"] = said.unusable[unit]
        return row


def may_see(actor: Actor, standing: Standing) -> None:
    """Published figures are for every signed-in caller; what is not approved yet, for the centre."""
    if standing is Standing.SUBMITTED and not actor.at_centre:
        raise NotAllowed(role=actor.role)


def scene(session: Session, programme: str, period: str, standing: Standing) -> Scene:
    defined = catalogue(session)
    within = programme_of(defined, programme)
    when = period_of(within, period)
    targets = {one.code: one for one in within.targets_on(when.period.ends_on)}
    inner = _periods_used(within, when, targets.values())
    found = queries.values_in_force(session, [one.id for one in inner], standing)
    expected = {
        target.code: [unit for unit in defined.units.values() if target.expected(unit, when.period)]
        for target in targets.values()
    }
    gathered = Scene(defined, within, when, standing, defined.centre.code, targets, expected, {})
    gathered.reported.update(_gather(session, gathered, inner, found))
    return gathered


def _periods_used(
    programme: Programme, when: ProgrammePeriod, targets: Iterable[Target]
) -> list[ProgrammePeriod]:
    """The period itself, and those inside it that some target is reported in instead."""
    kinds = {kind for one in targets if not one.asked_in(when.period) for kind in one.periods}
    return [
        one
        for one in programme.periods.values()
        if one is when or (one.period.kind in kinds and when.period.contains(one.period))
    ]


def _gather(
    session: Session, scene: Scene, inner: list[ProgrammePeriod], found: list[InForce]
) -> dict[str, Reported]:
    by_period: dict[int, dict[int, dict[int, Value]]] = defaultdict(lambda: defaultdict(dict))
    for period_id, target_id, unit_id, value in found:
        by_period[period_id][target_id][unit_id] = value
    reported: dict[str, Reported] = {}
    for target in scene.targets.values():
        units = scene.expected[target.code]
        codes = [unit.code for unit in units]
        if target.asked_in(scene.period.period):
            said = by_period[scene.period.id][target.id]
            values = {unit.code: said[unit.id] for unit in units if unit.id in said}
            reported[target.code] = Reported(codes, values)
        else:
            within = [by_period[one.id][target.id] for one in inner if target.asked_in(one.period)]
            reported[target.code] = _put_together(target, units, within)
    for target in scene.targets.values():
        if target.value_kind is ValueKind.ALL_OF:
            reported[target.code] = _from_parts(target, scene.expected[target.code], reported)
    return _with_last(session, scene, reported)


def _put_together(
    target: Target, units: list[Unit], within: Sequence[dict[int, Value]]
) -> Reported:
    values: dict[str, Value] = {}
    unusable: dict[str, str] = {}
    for unit in units:
        value, reason = over_periods(target, [said[unit.id] for said in within if unit.id in said])
        if value is not None:
            values[unit.code] = value
        elif reason is not None:
            unusable[unit.code] = reason
    return Reported([unit.code for unit in units], values, unusable)


def _from_parts(target: Target, units: list[Unit], reported: dict[str, Reported]) -> Reported:
    values: dict[str, Value] = {}
    partial: list[str] = []
    for unit in units:
        value, partly = all_of([reported[part].values.get(unit.code) for part in target.parts])
        if value is not None:
            values[unit.code] = value
        if partly:
            partial.append(unit.code)
    return Reported([unit.code for unit in units], values, partial=partial)


def _with_last(
    session: Session, scene: Scene, reported: dict[str, Reported]
) -> dict[str, Reported]:
    """Denominators that silent units reported last, for the bounds (rule 16)."""
    unheard: dict[str, set[str]] = {}
    for code, said in reported.items():
        if scene.targets[code].unit_rule is UnitRule.POOLED:
            silent = {u for u in said.expected if u not in said.values}
            silent |= {u for u, v in said.values.items() if v.applies and v.denominator is None}
            unheard[code] = silent
    wanted = {unit for units in unheard.values() for unit in units}
    earlier = [
        one
        for one in scene.programme.periods.values()
        if one.id != scene.period.id and one.period.ends_on <= scene.period.period.ends_on
    ]
    if not wanted or not earlier:
        return reported
    rank = {one.id: place for place, one in enumerate(earlier)}
    rows = queries.denominators(
        session,
        list(rank),
        [scene.targets[code].id for code, units in unheard.items() if units],
        [scene.catalogue.units[unit].id for unit in wanted],
    )
    last: dict[int, dict[str, int]] = defaultdict(dict)
    for _, target_id, unit_id, denominator in sorted(rows, key=lambda row: rank[row[0]]):
        last[target_id][scene.catalogue.by_id[unit_id].code] = denominator
    return {
        code: Reported(
            said.expected,
            said.values,
            said.unusable,
            said.partial,
            said.registered,
            last.get(scene.targets[code].id, {}),
        )
        for code, said in reported.items()
    }


class AttainmentQuery(NamedTuple):
    """Codes; empty lists let everything through. `own`: the centre's own row (scope=own)."""

    programme: str
    periods: list[str]
    targets: list[str]
    units: list[str]
    own: bool
    standing: Standing


def attainments(session: Session, actor: Actor, wanted: AttainmentQuery) -> AttainmentList:
    """For each target asked for: the national figure, then the units' own, in official order."""
    may_see(actor, wanted.standing)
    version = session.info["version"]
    items: list[AttainmentOut] = []
    demonstration = False
    for code in wanted.periods:
        seen = scene(session, wanted.programme, code, wanted.standing)
        demonstration = seen.catalogue.demonstration
        _check_codes(seen, wanted)
        for target in seen.targets.values():
            if not wanted.targets or target.code in wanted.targets:
                items += [write(seen, row, utc(version.at)) for row in _rows(seen, target, wanted)]
    return {"items": items, "data_version": str(version.data), "demonstration": demonstration}


def _check_codes(seen: Scene, wanted: AttainmentQuery) -> None:
    for code in wanted.targets:
        if code not in seen.targets:
            facts = {"target": code, "programme": seen.programme.code}
            raise Invalid([Fault("target", "unknown_target", facts)])
    for code in wanted.units:
        unit_of(seen.catalogue, code)


def _rows(seen: Scene, target: Target, wanted: AttainmentQuery) -> list[Attainment]:
    if not wanted.units:
        units = [unit.code for unit in seen.expected[target.code]]
        return [seen.national(target), *(seen.unit(target, unit) for unit in units)]
    rows = []
    for unit in wanted.units:
        if unit == seen.centre and not wanted.own:
            rows.append(seen.national(target))
        else:
            rows.append(seen.unit(target, unit))
    return rows


def number(exact: Fraction | None) -> int | Decimal | None:
    """A count as JSON shows it: an integer, or with the decimals a registered percent gave it."""
    if exact is None:
        return None
    if exact.denominator == 1:
        return exact.numerator
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def write(seen: Scene, row: Attainment, known_at: str) -> AttainmentOut:
    """One attainment in the contract's words."""
    target, held = row.target, row.held
    scope = "own" if row.scope == "unit" and row.unit == seen.centre else row.scope
    query = {
        "programme": target.programme,
        "target": target.code,
        "period": row.period.code,
        "unit": row.unit,
    }
    if scope == "own":
        query["scope"] = "own"
    if seen.standing is Standing.SUBMITTED:
        query["include"] = "submitted"
    threshold = target.threshold
    row.reasons.setdefault("gap_closed", "no_baseline")
    out: dict[str, Any] = {
        "programme": target.programme,
        "target": target.code,
        "unit": row.unit,
        "scope": scope,
        "period": row.period.code,
        "basis": "as_reported",
        "known_at": known_at,
        "numerator": number(row.numerator) if held.in_percent else None,
        "denominator": row.denominator,
        "percent": row.percent,
        "comparator": target.comparator,
        "threshold_percent": None if threshold.percent is None else Decimal(str(threshold.percent)),
        "verdict": row.verdict,
        "met": row.met,
        "gap_pp": row.gap_pp,
        "needed": row.needed,
        "gap_closed": None,
        "ratio_to_threshold": row.ratio_to_threshold,
        "coverage": {
            "units": {"reported": row.coverage.reported, "expected": row.coverage.expected},
            "population": share(row.coverage.population),
        },
        "bounds": {"low": share(row.bounds.low), "high": share(row.bounds.high)},
        "grades": {grade: row.grades.get(grade, 0) for grade in "ABCD"},
        "excluded": [one._asdict() for one in row.excluded],
        "missing": list(row.missing),
        "rule_version": RULE_VERSION,
        "explain": f"/api/v1/attainment/explain?{urlencode(query)}",
        "reasons": row.reasons,
        **_where_it_applies(row),
    }
    return out  # type: ignore[return-value]


def _where_it_applies(row: Attainment) -> dict[str, Any]:
    target, value, extra = row.target, row.value, {}
    if target.threshold.count is not None:
        extra["threshold_count"] = target.threshold.count
    if row.excess is not None:
        extra["excess"] = row.excess
    if target.value_kind is ValueKind.COUNT and row.figure is not None:
        extra["value"] = number(row.figure)
    if value is not None and value.done is not None:
        extra["done"] = value.done
    if value is not None and value.text is not None:
        extra["text"] = value.text
    if row.scope == "national" and row.not_applicable:
        extra["not_applicable"] = [one._asdict() for one in row.not_applicable]
    elif value is not None and not value.applies:
        extra["not_applicable"] = value.not_applicable or "zero_of_zero"
    if row.partial:
        extra["partial"] = list(row.partial)
    if row.estimated:
        extra["estimated"] = True
    if target.population_ends_on is not None:
        extra["population_ends_on"] = target.population_ends_on.isoformat()
    if row.decision is not None:
        extra["decision"] = decision_out(row.decision)
    extra |= _assigned(row)
    questions = [one.code for one in target.open_questions]
    if target.counts_twice and "counts_twice" not in questions:
        questions.append("counts_twice")
    if questions:
        extra["open_questions"] = questions
    return extra


def decision_out(decision: Any) -> dict[str, str]:
    return {
        "act": decision.act,
        "reason": decision.reason,
        "decided_on": decision.decided_on.isoformat(),
    }


def _assigned(row: Attainment) -> dict[str, Any]:
    """The threshold given to this unit alone, and the verdict against it beside the national."""
    threshold = row.target.assigned_to(row.unit, row.period)
    if threshold is None or threshold.value is None or row.scope == "national":
        return {}
    held = yardstick(row.target, row.period, threshold)
    verdict = row.verdict
    if row.figure is not None:
        verdict = held.verdict(row.figure.numerator, row.figure.denominator)
    return {"assigned": {"threshold": number(threshold.value), "verdict": verdict}}
