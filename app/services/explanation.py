"""Why a figure is what it is: the formula, and every value it rests on (rule 23)."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session

from app.db import figures
from app.db.figures import Counted, Origin
from app.domain import RULE_VERSION
from app.domain.access import Actor, Role
from app.domain.attainment import Attainment, over_periods
from app.domain.errors import NotFound
from app.domain.targets import ProgrammePeriod, Target
from app.domain.values import Grade, Value
from app.schemas.attainment import ExplanationOut, InputOut
from app.services.attainment import AttainmentQuery, known, may_see, write
from app.services.places import ReportKey, unit_of
from app.services.scene import Seen, look


def explain(session: Session, actor: Actor, wanted: AttainmentQuery) -> ExplanationOut:
    """One figure: `wanted` names one period, one target and one unit (the centre: national)."""
    actor.require(*Role)
    may_see(actor, wanted.view.standing)
    (period,), (code,), (unit,) = wanted.periods, wanted.targets, wanted.units
    seen = look(session, wanted.programme, period, wanted.view, back=True)
    target = seen.scene.targets.get(code)
    if target is None:
        raise NotFound(what=f"{wanted.programme}/{code}")
    unit_of(seen.catalogue, unit)
    national = unit == seen.scene.centre and not wanted.own
    row = seen.scene.national(target) if national else seen.scene.unit(target, unit)
    source = replace(seen, scene=seen.scene.judged_in(target))
    if national:
        units = [one.code for one in source.scene.expected[code]]
    else:
        units = source.scene.origins(target, unit)
    result = write(seen, row, known(session, wanted.view), ahead=True)
    return {
        "formula": formula(row),
        "inputs": _inputs(session, source, target, units),
        "excluded": result["excluded"],
        "not_applicable": [{"unit": one.unit, "reason": one.reason} for one in row.not_applicable],
        "missing": result["missing"],
        "result": result,
        "rule_version": RULE_VERSION,
    }


def formula(row: Attainment) -> str:
    """A key: the door has the words. One unit's own figure, or the target's way of rolling up."""
    if row.scope != "national":
        return f"unit.{row.target.value_kind}"
    return f"national.{row.target.unit_rule}" if row.target.unit_rule else "unit.narrative"


def _inputs(session: Session, seen: Seen, target: Target, units: list[str]) -> list[InputOut]:
    """In the order of targets, units and periods; the parts of an all_of target, not itself."""
    targets = [seen.scene.targets[part] for part in target.parts if part in seen.scene.targets] or [
        target
    ]
    periods = {one.id: one for one in seen.programme.periods.values()}
    codes = {one.id: one for one in targets}
    order = {seen.catalogue.units[unit].id: place for place, unit in enumerate(units)}
    said: dict[tuple[int, int], list[tuple[Counted, Value]]] = defaultdict(list)
    for one in sorted(seen.found, key=lambda one: periods[one.period_id].period.ends_on):
        if one.unit_id in order:
            for id_, value in one.values.items():
                if _counts(seen, codes.get(id_), periods[one.period_id]):
                    said[id_, one.unit_id].append((one, value))
    made_by = figures.origins(session, {one.report_id for rows in said.values() for one, _ in rows})
    found = []
    for target_id, unit_id in sorted(said, key=lambda pair: (pair[0], order[pair[1]])):
        code = codes[target_id].code
        unit = seen.catalogue.by_id[unit_id].code
        for one, value in _used(codes[target_id], said[target_id, unit_id]):
            key = ReportKey(seen.programme.code, periods[one.period_id].code, unit)
            origin = made_by[one.report_id, one.revision]
            found.append(_input(seen, (code, key, one.revision), value, origin))
    return found


def _counts(seen: Seen, target: Target | None, within: ProgrammePeriod) -> bool:
    """A period that is asked for itself takes nothing from those inside it."""
    if target is None or not target.asked_in(within.period):
        return False
    return within is seen.period or not target.asked_in(seen.period.period)


def _used(target: Target, rows: list[tuple[Counted, Value]]) -> list[tuple[Counted, Value]]:
    """Of what a unit said in the periods inside a longer one, what counts (rule 18)."""
    together, _ = over_periods(target, [value for _, value in rows])
    chosen = [row for row in rows if row[1] is together]
    return [row for row in chosen or rows if row[1].applies]


def _input(seen: Seen, place: tuple[str, ReportKey, int], value: Value, origin: Origin) -> InputOut:
    (target, key, revision), grade = place, value.grade
    if grade is Grade.PERCENT and key.unit in seen.scene.reported[target].registered:
        grade = Grade.REGISTERED
    return {
        "target": target,
        "period": key.period,
        "unit": key.unit,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "percent": None if value.percent is None else Decimal(str(value.percent)),
        "done": value.done,
        "value": value.value,
        "grade": grade,
        "report": f"/api/v1/{key.path}",
        "revision": revision,
        "by": origin.by,
        "channel": origin.channel,
        "file_sha256": None,
        "sheet": None,
        "cell": None,
    }
