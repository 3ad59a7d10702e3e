"""A programme told by hand: who said what of which target, in which period."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from app.domain.evidence import Evidence
from app.domain.gathering import gather
from app.domain.periods import PeriodKind, period
from app.domain.rollup import Reported
from app.domain.scene import Scene, scene
from app.domain.targets import Catalogue, Decision, PeriodRule, Programme, ProgrammePeriod, Target
from app.domain.units import Succession, Unit, UnitKind, UnitName
from app.domain.values import Value
from tests.domain.figures import MEMBERS, POOLED, filled, number

T = TypeVar("T")
Told = Mapping[str, Mapping[str, Mapping[str, T]]]  # by period, then target, then unit

JULY, EVE = date(2025, 7, 1), date(2025, 6, 30)
QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
PERIODS = ("2024", "2025-Q1", "2025-Q2", "2025-H1", "2025-Q3", "2025-9M", "2025-Q4", "2025")
BY_QUARTER = frozenset({PeriodKind.QUARTER})
NAME = UnitName("u", "u", "u")
CENTRE = Unit(0, "VGCL", UnitKind.CENTRE, (NAME,))


def unit(
    code: str,
    first: date | None = None,
    last: date | None = None,
    kind: UnitKind = UnitKind.PROVINCE_FEDERATION,
) -> Unit:
    """`code`: one letter."""
    return Unit(ord(code), code, kind, (NAME,), first, last)


A, B = unit("A"), unit("B")
# A and B until June 2025, then C.
MERGED = (unit("A", None, EVE), unit("B", None, EVE), unit("C", JULY))
MERGER = Succession(JULY, ("A", "B"), ("C",))


def quarterly(base: Target, rule: PeriodRule, **changes: Any) -> Target:
    return replace(base, period_rule=rule, periods=BY_QUARTER, **changes)


def over_quarters(unit: str, *values: Value | None) -> dict[str, dict[str, dict[str, Value]]]:
    """What one unit said of target T, quarter by quarter; None: nothing."""
    said = zip(QUARTERS, values, strict=False)
    return {when: {"T": {unit: one}} for when, one in said if one is not None}


def together(*told: Told[T]) -> dict[str, dict[str, dict[str, T]]]:
    """Several tellings of different units, targets or periods as one."""
    whole: dict[str, dict[str, dict[str, T]]] = {}
    for one in told:
        for when, targets in one.items():
            for target, said in targets.items():
                whole.setdefault(when, {}).setdefault(target, {}).update(said)
    return whole


def evidence(
    told: Told[Value],
    *targets: Target,
    units: Sequence[Unit] = (A, B),
    steps: Sequence[Succession] = (),
    periods: Sequence[str] = PERIODS,
    registered: Told[int] | None = None,
    parts: Told[Any] | None = None,
    decided: Mapping[str, Decision] | None = None,
) -> Evidence:
    """`targets`: revisions of one target in their order; POOLED when none is given."""
    known = {one.code: one for one in (CENTRE, *units)}
    whens = {
        code: ProgrammePeriod(id_, "P", period(code), decision=(decided or {}).get(code))
        for id_, code in enumerate(periods, 1)
    }
    revisions: dict[str, tuple[Target, ...]] = {}
    for one in targets or (POOLED,):
        revisions[one.code] = (*revisions.get(one.code, ()), one)
    made = Programme("P", "p", "p", None, None, {}, (), revisions, whens)

    def by_target(said: Told[T]) -> dict[int, dict[int, dict[int, T]]]:
        return {
            whens[when].id: {
                revisions[target][0].id: {known[unit].id: one for unit, one in units.items()}
                for target, units in targets.items()
            }
            for when, targets in said.items()
        }

    def by_unit(said: Told[T]) -> dict[int, dict[int, dict[int, T]]]:
        turned: dict[int, dict[int, dict[int, T]]] = {}
        for when, asked in by_target(said).items():
            for target, told_by in asked.items():
                for unit, one in told_by.items():
                    turned.setdefault(when, {}).setdefault(unit, {})[target] = one
        return turned

    return Evidence(
        Catalogue({"P": made}, known, tuple(steps)),
        made,
        by_unit(told),
        by_target(registered or {}),
        {},
        by_unit(parts or {}),
    )


def seen(rests_on: Evidence, when: str, on: date | None = None) -> Scene:
    return scene(rests_on, rests_on.programme.periods[when], on)


SUM = quarterly(MEMBERS, PeriodRule.SUM)
LATEST = quarterly(MEMBERS, PeriodRule.LATEST)
RUNNING = quarterly(MEMBERS, PeriodRule.RUNNING_TOTAL)
HIGHEST = quarterly(MEMBERS, PeriodRule.MAX)
# Told as totals since January in June, in September and at the year's end.
RUNNING_KINDS = frozenset({PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR})
TOTAL = replace(MEMBERS, period_rule=PeriodRule.RUNNING_TOTAL, periods=RUNNING_KINDS)
FOUR = over_quarters("A", number(10), number(40), number(20), number(30))


def said(rests_on: Evidence, when: str = "2025", code: str = "T") -> Reported:
    """What was said of one target in a period, shorter periods put together."""
    return gather(rests_on, rests_on.programme.periods[when]).reported[code]


def own(scene: Scene, code: str) -> dict[str, Any]:
    found = filled(scene.unit(scene.targets["T"], code))
    assert (found.pop("unit"), found.pop("scope")) == (code, "unit")
    return found


def national(scene: Scene) -> dict[str, Any]:
    found = filled(scene.national(scene.targets["T"]))
    assert (found.pop("unit"), found.pop("scope")) == ("VGCL", "national")
    return found
