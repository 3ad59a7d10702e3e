"""Why a figure is what it is: the formula, and every value it rests on (rule 23)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session

from app.db import figures, imports
from app.db.figures import Origin
from app.domain import RULE_VERSION
from app.domain.access import Actor, Answer, Right, can, require
from app.domain.attainment import Attainment, grade_of
from app.domain.breakdown import written
from app.domain.errors import NotFound
from app.domain.numbers import number
from app.domain.scene import Scene, Source
from app.domain.values import Grade, Value
from app.schemas.attainment import ExplanationOut, InputOut
from app.services.attainment import AttainmentQuery, known, look_for, may_see, write
from app.services.definitions import catalogue
from app.services.places import Place, ReportKey, period_of, programme_of, subject_of, unit_of
from app.services.scene import Seen


def explain(session: Session, actor: Actor, wanted: AttainmentQuery) -> ExplanationOut:
    """One figure: `wanted` names one period, one target and one unit (the centre: national)."""
    require(actor, Right.FIGURES_READ)
    may_see(actor, wanted.view.standing)
    (period,), (code,), (unit,) = wanted.periods, wanted.targets, wanted.units
    seen = look_for(session, wanted, period)
    target = seen.scene.targets.get(code)
    if target is None:
        raise NotFound(what=f"{wanted.programme}/{code}")
    unit_of(seen.catalogue, unit)
    national = unit == seen.scene.centre and not wanted.own
    row = seen.scene.national(target) if national else seen.scene.unit(target, unit)
    judged = seen.scene.judged_in(target)
    sources = judged.national_sources(target) if national else judged.sources(target, [unit])
    result = write(seen, row, known(session, wanted.view), ahead=True)
    return {
        "formula": formulas(seen.scene, row),
        "inputs": _inputs(session, seen, sources),
        "excluded": result["excluded"],
        "not_applicable": [{"unit": one.unit, "reason": one.reason} for one in row.not_applicable],
        "missing": result["missing"],
        "result": result,
        "rule_version": RULE_VERSION,
    }


def formulas(seen: Scene, row: Attainment) -> list[str]:
    """Keys, which the door has the words for: one unit's own figure or the target's way of rolling
    up; then, where they are at work, successions, the period rule and an ended population."""
    target, national = row.target, row.scope == "national"
    keys = [f"unit.{target.value_kind}"]
    if national and target.unit_rule:
        keys = [f"national.{target.unit_rule}"]
    if row.restated_on is not None and (not national or target.unit_rule == "share_of_units"):
        keys.append("basis.restated")
    if not target.asked_in(seen.judged_in(target).period.period):
        keys.append(f"period.{target.period_rule}")
    return keys if row.frozen_in is None else [*keys, "frozen"]


def _inputs(session: Session, seen: Seen, sources: list[Source]) -> list[InputOut]:
    """Of the values that a figure rests on, those that were told and apply."""
    reports = {(one.period_id, one.unit_id): one for one in seen.found}
    told = (reports.get((one.period.id, seen.catalogue.units[one.unit].id)) for one in sources)
    report_ids = {one.report_id for one in told if one is not None}
    made_by, cells = figures.origins(session, report_ids), imports.cells_of(session, report_ids)
    found = []
    for source in sources:
        unit_id = seen.catalogue.units[source.unit].id
        report = reports.get((source.period.id, unit_id))
        value = report.values.get(source.target.id) if report else None
        if report is None or value is None or not value.applies:
            continue
        key = ReportKey(seen.programme.code, source.period.code, source.unit)
        origin = made_by[report.report_id, report.revision]
        line = _input(source, value, (key, report.revision), origin)
        cell = cells.get((report.report_id, report.revision, source.target.id))
        if cell is not None:
            line |= {"file_sha256": cell.file_sha256, "sheet": cell.sheet, "cell": cell.cell}
        if parts := seen.scene.evidence.parts_of(source.period.id, unit_id, source.target.id):
            line["breakdown"] = written(parts)  # type: ignore[typeddict-item]
        found.append(line)
    return found


def _input(
    source: Source, value: Value, of_report: tuple[ReportKey, int], origin: Origin
) -> InputOut:
    """With a registered denominator a percent stands there as the counts it was taken for."""
    (key, revision), grade = of_report, grade_of(value, source.registered)
    counts: tuple[Fraction | int | None, int | None] = (value.numerator, value.denominator)
    if grade is Grade.REGISTERED and value.percent and source.registered:
        counts = (value.percent.points * source.registered / 100, source.registered)
    line: InputOut = {
        "target": source.target.code,
        "period": key.period,
        "unit": key.unit,
        "numerator": number(counts[0]),
        "denominator": counts[1],
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
    if source.share != 1:
        line["share"] = None if source.share is None else str(source.share)
    return line


def may_open(session: Session, actor: Actor, inputs: Sequence[InputOut]) -> set[str]:
    """The reports of the inputs that the caller may read, by their path; figures are everybody's,
    another unit's report is not."""
    defined = catalogue(session)
    found = set()
    for path in {one["report"] for one in inputs}:
        programme, period, unit = path.split("/")[-3:]
        within = programme_of(defined, programme)
        place = Place(defined, within, period_of(within, period), unit_of(defined, unit))
        if can(actor, Right.REPORT_READ, subject_of(actor, place)) is Answer.YES:
            found.add(path)
    return found
