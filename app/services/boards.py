"""One target over all units, one unit over all targets; each with its trend on one basis."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import Session

from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.errors import NotFound
from app.domain.scene import Scene
from app.domain.targets import ValueKind
from app.schemas.dashboards import BoardOut, TrendOut, TrendPoint
from app.services.attainment import ahead_of, known, may_see, number, write
from app.services.places import iso, unit_of
from app.services.scene import Seen, View, look


class BoardQuery(NamedTuple):
    """Codes, and how one looks."""

    programme: str
    period: str
    view: View


def target_board(session: Session, actor: Actor, wanted: BoardQuery, code: str) -> BoardOut:
    """The national figure, every unit's own, and the national trend."""
    seen = _looked(session, actor, wanted)
    target = seen.scene.targets.get(code)
    if target is None:
        raise NotFound(what=f"{wanted.programme}/{code}")
    national = seen.scene.national(target)
    units = (seen.scene.unit(target, unit) for unit in seen.scene.units(target))
    return _board(session, seen, [national, *units], [national])


def unit_board(session: Session, actor: Actor, wanted: BoardQuery, code: str) -> BoardOut:
    """The unit's own figure of every target that it is asked for, with the trend of each; the
    centre's board has its own figures, not the national ones."""
    seen = _looked(session, actor, wanted)
    unit_of(seen.catalogue, code)
    targets = seen.scene.targets.values()
    # A population that has ended is asked of nobody, and keeps its last result.
    rows = [
        seen.scene.unit(one, code)
        for one in targets
        if code in seen.scene.judged_in(one).units(one)
    ]
    return _board(session, seen, rows, rows)


def _looked(session: Session, actor: Actor, wanted: BoardQuery) -> Seen:
    require(actor, Right.FIGURES_READ)
    may_see(actor, wanted.view.standing)
    return look(session, wanted.programme, wanted.period, wanted.view, back=True)


def _board(
    session: Session, seen: Seen, rows: list[Attainment], drawn: Iterable[Attainment]
) -> BoardOut:
    known_at, one_basis = known(session, seen.view), seen.scene.on_one_basis()
    return {
        "programme": seen.programme.code,
        "period": seen.period.code,
        "include": seen.view.standing.value,
        "basis": "as_reported" if seen.view.restated_on is None else "restated",
        "restated_on": iso(seen.view.restated_on),
        "known_at": known_at,
        "data_version": str(session.info["version"].data),
        "demonstration": seen.catalogue.demonstration,
        "rule_version": RULE_VERSION,
        "items": [write(seen, row, known_at, ahead=True) for row in rows],
        "trends": [_trend(one_basis, row) for row in drawn],
    }


def _trend(found: Scene, row: Attainment) -> TrendOut:
    code = row.target.code
    scenes = [one for one in (*found.earlier(), found) if code in one.targets]
    made = found.again(row)
    trend: TrendOut = {
        "target": code,
        "unit": row.unit,
        "basis": "restated",
        "on": str(iso(found.restated_on)),
        "points": [_point(one, one.again(row)) for one in scenes],
    }
    trend |= ahead_of(found, made)  # type: ignore[typeddict-item]
    return trend


def _point(found: Scene, row: Attainment) -> TrendPoint:
    counted = row.target.value_kind is ValueKind.COUNT
    return {
        "period": found.period.code,
        "on": found.period.period.ends_on.isoformat(),
        "numerator": None if counted else number(row.numerator),
        "denominator": number(row.denominator),
        "percent": row.percent,
        "value": number(row.figure) if counted else None,
        "verdict": row.verdict,
        "met": row.met,
    }
