"""What a report may say but perhaps does not mean: accepted, and its sender is told."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from app.db import figures, queries
from app.db.figures import VALUE_FIELDS
from app.domain import breakdown
from app.domain.evidence import Evidence, earlier_in_year
from app.domain.longer_periods import fallen
from app.domain.targets import PeriodRule
from app.domain.values import Grade, Value
from app.domain.workflow import Standing
from app.schemas.reports import WarningOut
from app.services.places import Place
from app.services.scene import by_period


def cautions(session: Session, place: Place, rows: list[dict[str, Any]]) -> list[WarningOut]:
    """`rows` as `report_value` has them; the door adds the sentences."""
    found = _fallen(session, place, rows)
    for index, row in enumerate(rows):
        value = Value(*[row[name] for name in VALUE_FIELDS])
        if value.grade is Grade.PERCENT:
            pointer = f"/values/{index}/percent"
            found.append({"pointer": pointer, "code": "percent_only", "message": ""})
        elif value.not_applicable is None and not value.applies:
            pointer = f"/values/{index}/denominator"
            found.append({"pointer": pointer, "code": "zero_of_zero", "message": ""})
        if row["breakdown"] and (code := _flag(place, row, value)):
            pointer = f"/values/{index}/breakdown"
            found.append({"pointer": pointer, "code": code, "message": ""})
    return found


def _fallen(session: Session, place: Place, rows: list[dict[str, Any]]) -> list[WarningOut]:
    """Running totals that are lower than one handed in before in the year (rule 18)."""
    when = place.period.period
    running = {
        target.id: target
        for target in place.programme.targets_on(when.ends_on)
        if target.period_rule is PeriodRule.RUNNING_TOTAL
    }
    told = [(i, row) for i, row in enumerate(rows) if row["target_id"] in running]
    if not told:
        return []
    earlier = [one.id for one in earlier_in_year(place.programme, when)]
    heads = queries.heads_in(session, earlier)
    said = by_period(figures.values_in_force(session, heads, Standing.SUBMITTED))
    evidence = Evidence(place.catalogue, place.programme, said)
    found: list[WarningOut] = []
    for index, row in told:
        now = {place.unit.code: Value(*[row[name] for name in VALUE_FIELDS])}
        if fallen(evidence, when, (running[row["target_id"]], [place.unit]), now):
            found.append(
                {"pointer": f"/values/{index}", "code": "running_total_fell", "message": ""}
            )
    return found


def _flag(place: Place, row: Mapping[str, Any], value: Value) -> str | None:
    """The code of what is amiss with the parts of a value under the rule of the period's end."""
    code = place.programme.code_of[row["target_id"]]
    target = place.programme.target(code, place.period.period.ends_on)
    whole = breakdown.total_of(value)
    if target is None or target.breakdown is None or whole is None:
        return None
    told = breakdown.pooled(target.breakdown, [(breakdown.read(row["breakdown"]), 1)])
    return breakdown.discord(whole, told)
