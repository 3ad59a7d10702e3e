"""What changed between two instants, and what that did to each figure (rule 19)."""

from datetime import datetime

from sqlmodel import Session

from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.breakdown import Parts, written
from app.domain.errors import Fault, Invalid
from app.domain.numbers import number
from app.domain.periods import utc
from app.domain.scene import Scene
from app.domain.values import Value
from app.domain.workflow import Standing
from app.schemas.attainment import (
    DifferenceOut,
    FigureChangeOut,
    FigureOut,
    ValueChangeOut,
)
from app.schemas.reports import ValueOut
from app.services.places import ReportKey
from app.services.report_views import as_value
from app.services.scene import Seen, View, look


def difference(
    session: Session, actor: Actor, programme: str, period: str, between: tuple[datetime, datetime]
) -> DifferenceOut:
    """Approved values that came, went or changed, and every figure that is not what it was: by a
    value, by a unit or by the rule."""
    require(actor, Right.FIGURES_READ)
    if between[0] > between[1]:
        raise Invalid([Fault("/query/to", "invalid", {"reason": "ends_before_start"})])
    before, after = (
        look(session, programme, period, View(Standing.APPROVED, at)) for at in between
    )
    return {
        "programme": programme,
        "period": period,
        "from": utc(between[0]),
        "to": utc(between[1]),
        "values": _values(before, after),
        "figures": figures_changed(before.scene, after.scene),
    }


_Said = tuple[Value, Parts]


def _said(seen: Seen) -> dict[tuple[int, int, int], _Said]:
    """By period, target and unit."""
    evidence = seen.scene.evidence
    return {
        (one.period_id, target_id, one.unit_id): (
            value,
            evidence.parts_of(one.period_id, one.unit_id, target_id),
        )
        for one in seen.found
        for target_id, value in one.values.items()
    }


def _values(before: Seen, after: Seen) -> list[ValueChangeOut]:
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


def _value(seen: Seen, target_id: int, said: _Said | None) -> ValueOut | None:
    if said is None:
        return None
    value, parts = said
    row = {**value._asdict(), "target_id": target_id, "note": None, "evidence": None}
    return as_value(seen.programme, {**row, "breakdown": written(parts) if parts else None})


def figures_changed(before: Scene, after: Scene) -> list[FigureChangeOut]:
    """Every figure that is not what it was, target by target: the national one, then the units'."""
    rows: list[FigureChangeOut] = []
    for code in {**after.targets, **before.targets}:
        old, new = _figures(before, code), _figures(after, code)
        for scope, unit in {**new, **old}:
            was, is_ = old.get((scope, unit)), new.get((scope, unit))
            if was != is_:
                rows.append(
                    {"target": code, "unit": unit, "scope": scope, "before": was, "after": is_}
                )
    return rows


def _figures(seen: Scene, code: str) -> dict[tuple[str, str], FigureOut]:
    """By scope and unit, the national one first."""
    target = seen.targets.get(code)
    if target is None:
        return {}
    rows = [seen.national(target), *(seen.unit(target, unit) for unit in seen.units(target))]
    return {(row.scope, row.unit): _figure(row) for row in rows}


def _figure(row: Attainment) -> FigureOut:
    return {
        "numerator": number(row.numerator),
        "denominator": number(row.denominator),
        "percent": row.percent,
        "verdict": row.verdict,
        "met": row.met,
        "needed": row.needed,
    }
