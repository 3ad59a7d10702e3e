"""What a report says, held against the rules: every fault at once, and the rows to be kept."""

from typing import Any, NamedTuple

from app.domain import breakdown
from app.domain import values as rules
from app.domain.errors import Fault, Invalid
from app.domain.targets import Target, ValueKind
from app.schemas.reports import ReportSent, ValueIn
from app.services.places import Place


class Judged(NamedTuple):
    """One line's row for `report_value`; None for a target that there is not."""

    row: dict[str, Any] | None
    faults: list[Fault]


def judge(place: Place, line: ValueIn, pointer: str) -> Judged:
    """Every rule that one value breaks, each at its field below `pointer`."""
    target = place.programme.target(line.target, place.period.period.ends_on)
    facts = {"target": line.target, "programme": place.programme.code}
    if target is None:
        return Judged(None, [Fault(f"{pointer}/target", "unknown_target", facts)])
    faults = []
    computed = target.value_kind is ValueKind.ALL_OF
    if not computed and not target.expected(place.unit, place.period.period):
        facts |= {"unit": place.unit.code, "period": place.period.code}
        faults.append(Fault(f"{pointer}/target", "unit_not_expected", facts))
    elif not computed and not target.asked_in(place.period.period):
        facts |= {"reason": "period_not_asked", "period": place.period.code}
        faults.append(Fault(f"{pointer}/target", "invalid", facts))
    faults += rules.faults(target, line.as_value(), pointer)
    if (parts := line.as_parts()) is not None:
        faults += breakdown.faults(target, line.as_value(), parts, pointer)
    return Judged(_row(line, target), faults)


def judged(place: Place, sent: ReportSent) -> list[dict[str, Any]]:
    """Rows for `report_value`; Invalid with every fault of shape and of rule at once."""
    faults, rows, seen = list(sent.faults), [], set()
    for pointer, line in sent.lines:
        row, wrong = judge(place, line, pointer)
        faults += wrong
        if row is not None:
            if line.target in seen:
                twice = {"value": line.target}
                faults.append(Fault(f"{pointer}/target", "duplicate_row", twice))
            seen.add(line.target)
            rows.append(row)
    if sent.submit and not sent.lines and not faults:
        faults.append(Fault("/values", "invalid", {"reason": "nothing_to_submit"}))
    if faults:
        raise Invalid(sorted(faults, key=_line_of))
    return in_order(rows)


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The order in which a report is hashed and shown, whatever order it was sent in."""
    return sorted(rows, key=lambda row: int(row["target_id"]))


def _line_of(fault: Fault) -> int:
    """The line of a report that a fault stands in: faults come in the order of what was sent."""
    steps = fault.place.split("/")
    return int(steps[2]) if len(steps) > 2 and steps[1] == "values" else -1


def _row(line: ValueIn, target: Target) -> dict[str, Any]:
    parts = line.as_parts()
    told = target.breakdown and parts and breakdown.counted(target.breakdown, parts)
    return {
        "target_id": target.id,
        **line.as_value()._asdict(),
        "note": line.note,
        "evidence": line.evidence,
        "breakdown": breakdown.written(told) if told else None,
    }
