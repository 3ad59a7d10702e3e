"""What changed between two instants, and what that did to each figure (rule 19)."""

from datetime import datetime

from sqlmodel import Session

from app.domain.access import Actor, Role
from app.domain.attainment import Attainment
from app.domain.periods import utc
from app.domain.targets import Target
from app.domain.values import Value
from app.domain.workflow import Standing
from app.schemas.attainment import (
    DifferenceOut,
    FigureChangeOut,
    FigureOut,
    ValueChangeOut,
)
from app.schemas.reports import ValueOut
from app.services.attainment import number
from app.services.places import ReportKey
from app.services.report_views import as_value
from app.services.scene import Scene, View, scene


def difference(
    session: Session, actor: Actor, programme: str, period: str, between: tuple[datetime, datetime]
) -> DifferenceOut:
    """Approved values that came, went or changed, and every figure that is not what it was: by a
    value, by a unit or by the rule."""
    actor.require(*Role)
    before, after = (
        scene(session, programme, period, View(Standing.APPROVED, at)) for at in between
    )
    return {
        "programme": programme,
        "period": period,
        "from": utc(between[0]),
        "to": utc(between[1]),
        "values": _values(before, after),
        "figures": _figures(before, after),
    }


def _said(seen: Scene) -> dict[tuple[int, int, int], Value]:
    """By period, target and unit."""
    return {
        (one.period_id, target_id, one.unit_id): value
        for one in seen.found
        for target_id, value in one.values.items()
    }


def _values(before: Scene, after: Scene) -> list[ValueChangeOut]:
    old, new = _said(before), _said(after)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    periods = {one.id: one.code for one in after.programme.periods.values()}
    rows: list[ValueChangeOut] = []
    for key in changed:
        period_id, target_id, unit_id = key
        unit = after.catalogue.by_id[unit_id].code
        path = ReportKey(after.programme.code, periods[period_id], unit).path
        rows.append(
            {
                "target": after.programme.code_of[target_id],
                "period": periods[period_id],
                "unit": unit,
                "report": f"/api/v1/{path}",
                "before": _value(after, target_id, old.get(key)),
                "after": _value(after, target_id, new.get(key)),
            }
        )
    return rows


def _value(seen: Scene, target_id: int, value: Value | None) -> ValueOut | None:
    if value is None:
        return None
    row = {**value._asdict(), "target_id": target_id, "note": None, "evidence": None}
    return as_value(seen.programme, row)


def _figures(before: Scene, after: Scene) -> list[FigureChangeOut]:
    rows: list[FigureChangeOut] = []
    for target in after.targets.values():
        earlier = before.targets.get(target.code)
        units = [unit.code for unit in after.expected[target.code]]
        gone = before.expected.get(target.code, [])
        units += [unit.code for unit in gone if unit.code not in units]
        for unit, scope in ((after.centre, "national"), *((unit, "unit") for unit in units)):
            old = None if earlier is None else _figure(before, earlier, unit, scope)
            new = _figure(after, target, unit, scope)
            if old != new:
                rows.append(
                    {
                        "target": target.code,
                        "unit": unit,
                        "scope": scope,
                        "before": old,
                        "after": new,
                    }
                )
    return rows


def _figure(seen: Scene, target: Target, unit: str, scope: str) -> FigureOut:
    row: Attainment = seen.national(target) if scope == "national" else seen.unit(target, unit)
    return {
        "numerator": number(row.numerator),
        "denominator": row.denominator,
        "percent": row.percent,
        "verdict": row.verdict,
        "met": row.met,
        "needed": row.needed,
    }
