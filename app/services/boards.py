"""One target over all units, one unit over all targets; each with its trend on one basis."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session

from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.errors import NotFound
from app.domain.numbers import number
from app.domain.scene import Scene
from app.domain.targets import ValueKind
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import BoardOut, TrendOut, TrendPoint
from app.services.attainment import ahead_of, known, may_see, write
from app.services.places import iso, unit_of
from app.services.scene import Seen, View, look


class BoardQuery(NamedTuple):
    """Codes, and how one looks."""

    programme: str
    period: str
    view: View


def target_board(session: Session, actor: Actor, wanted: BoardQuery, code: str) -> BoardOut:
    """The national figure, every unit's own, and the national trend."""
    seen = looked(session, actor, wanted)
    target = seen.scene.targets.get(code)
    if target is None:
        raise NotFound(what=f"{wanted.programme}/{code}")
    national = seen.scene.national(target)
    units = (seen.scene.unit(target, unit) for unit in seen.scene.units(target))
    return _board(session, seen, [national, *units], [national])


def unit_board(session: Session, actor: Actor, wanted: BoardQuery, code: str) -> BoardOut:
    """The unit's own figure of every target that it is asked for, with the trend of each; the
    centre's board has its own figures, not the national ones."""
    seen = looked(session, actor, wanted)
    unit_of(seen.catalogue, code)
    targets = seen.scene.targets.values()
    # A population that has ended is asked of nobody, and keeps its last result.
    rows = [
        seen.scene.unit(one, code)
        for one in targets
        if code in seen.scene.judged_in(one).units(one)
    ]
    return _board(session, seen, rows, rows)


class National(NamedTuple):
    row: AttainmentOut
    trend: TrendOut


def national_trend(
    session: Session, actor: Actor, wanted: BoardQuery, code: str | None = None
) -> National | None:
    """A target's national figure and its trend; without a code of the first target with two
    figures or more to draw. None where the period asks for no such target."""
    seen = looked(session, actor, wanted)
    known_at, one_basis = known(session, seen.view), seen.scene.on_one_basis()
    for target in seen.scene.targets.values():
        if code in (None, target.code) and target.comparator is not None:
            row = seen.scene.national(target)
            trend = trend_of(one_basis, row)
            told = [one for one in trend["points"] if _figure(one) is not None]
            if code is not None or len(told) > 1:
                return National(write(seen, row, known_at, ahead=True), trend)
    return None


def _figure(point: TrendPoint) -> Decimal | int | None:
    return point["percent"] if point["percent"] is not None else point["value"]


def looked(session: Session, actor: Actor, wanted: BoardQuery) -> Seen:
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
        "trends": [trend_of(one_basis, row) for row in drawn],
    }


def trend_of(found: Scene, row: Attainment) -> TrendOut:
    """`found` on one basis; the row may be of another."""
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
