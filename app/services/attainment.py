"""Attainment as it is asked for and written: the contract's words for the domain's results."""

from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlmodel import Session

from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.attainment import ZERO_OF_ZERO, Attainment, share
from app.domain.breakdown import Part
from app.domain.errors import Fault, Invalid
from app.domain.numbers import number, shown
from app.domain.pace import why_no_line
from app.domain.periods import utc
from app.domain.scene import Scene
from app.domain.targets import Decision, Target, ValueKind
from app.domain.values import Grade
from app.domain.workflow import Standing
from app.schemas.attainment import AttainmentList, AttainmentOut
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of, unit_of
from app.services.scene import Seen, View, look_at, looks_ahead


def may_see(actor: Actor, standing: Standing) -> None:
    """Published figures are for every signed-in caller; what is not approved, for the centre."""
    submitted = standing is Standing.SUBMITTED
    require(actor, Right.FIGURES_READ_SUBMITTED if submitted else Right.FIGURES_READ)


class AttainmentQuery(NamedTuple):
    """Codes; empty lists let everything through. `own`: the centre's own row (scope=own)."""

    programme: str
    periods: list[str]
    targets: list[str]
    units: list[str]
    own: bool
    view: View = View()


def attainments(session: Session, actor: Actor, wanted: AttainmentQuery) -> AttainmentList:
    """For each target asked for: the national figure, then the units' own, in official order."""
    may_see(actor, wanted.view.standing)
    version = session.info["version"]
    known_at = known(session, wanted.view)
    items: list[AttainmentOut] = []
    demonstration = False
    for code in dict.fromkeys(wanted.periods):
        seen = look_for(session, wanted, code)
        demonstration = seen.catalogue.demonstration
        _check_codes(seen, wanted)
        for target in seen.scene.targets.values():
            if not wanted.targets or target.code in wanted.targets:
                rows = _rows(seen.scene, target, wanted)
                items += [write(seen, row, known_at, ahead=True) for row in rows]
    return {"items": items, "data_version": str(version.data), "demonstration": demonstration}


def look_for(session: Session, wanted: AttainmentQuery, period: str) -> Seen:
    """What the figures asked for rest on; with earlier periods where any may be foreseen."""
    defined = catalogue(session, wanted.view.known_at)
    programme = programme_of(defined, wanted.programme)
    when = period_of(programme, period)
    ahead = looks_ahead(programme, when, wanted.targets)
    return look_at(session, defined, when, wanted.view, back=ahead)


def known(session: Session, view: View) -> str:
    """The instant that figures are known at: the one asked for, else that of the last change."""
    return utc(view.known_at or session.info["version"].at)


def _check_codes(seen: Seen, wanted: AttainmentQuery) -> None:
    for code in wanted.targets:
        if code not in seen.programme.targets:
            facts = {"target": code, "programme": seen.programme.code}
            raise Invalid([Fault("target", "unknown_target", facts)])
    for code in wanted.units:
        unit_of(seen.catalogue, code)


def _rows(seen: Scene, target: Target, wanted: AttainmentQuery) -> list[Attainment]:
    if not wanted.units:
        units = seen.units(target)
        return [seen.national(target), *(seen.unit(target, unit) for unit in units)]
    rows = []
    for unit in wanted.units:
        if unit == seen.centre and not wanted.own:
            rows.append(seen.national(target))
        else:
            rows.append(seen.unit(target, unit))
    return rows


def write(seen: Seen, row: Attainment, known_at: str, *, ahead: bool = False) -> AttainmentOut:
    """One attainment in the contract's words; with a forecast if one is to look `ahead`."""
    target, held = row.target, row.held
    scope = "own" if row.scope == "unit" and row.unit == seen.scene.centre else row.scope
    gap_closed, why_not = row.gap_closed
    if why_not is not None:
        row.reasons["gap_closed"] = why_not
    threshold = target.threshold.percent
    out: dict[str, Any] = {
        "programme": target.programme,
        "target": target.code,
        "unit": row.unit,
        "scope": scope,
        "period": row.period.code,
        "basis": "as_reported" if row.restated_on is None else "restated",
        "known_at": known_at,
        "numerator": number(row.numerator) if held.in_percent else None,
        "denominator": number(row.denominator),
        "percent": row.percent,
        "comparator": target.comparator,
        "threshold_percent": None if threshold is None else Decimal(str(threshold)),
        "verdict": row.verdict,
        "met": row.met,
        "gap_pp": row.gap_pp,
        "needed": row.needed,
        "gap_closed": gap_closed,
        "ratio_to_threshold": row.ratio_to_threshold,
        **_behind(row),
        "rule_version": RULE_VERSION,
        "explain": _explain_address(seen, row, scope),
        "reasons": row.reasons,
        **_where_it_applies(row),
        **_pace(row),
        **_by_parts(row),
    }
    if held.threshold is not None:
        out |= _outlook(seen.scene, row, ahead=ahead)
    return out  # type: ignore[return-value]


def _behind(row: Attainment) -> dict[str, Any]:
    """Who and what stands behind a figure, and what it can still become."""
    units = {"reported": row.coverage.reported, "expected": row.coverage.expected}
    return {
        "coverage": {"units": units, "population": share(row.coverage.population)},
        "bounds": {"low": _bound(row, row.bounds.low), "high": _bound(row, row.bounds.high)},
        "grades": {grade.value: row.grades.get(grade, 0) for grade in Grade},
        "excluded": [one._asdict() for one in row.excluded],
        "missing": list(row.missing),
    }


def _bound(row: Attainment, end: Fraction | None) -> Decimal | None:
    """On its own side of the threshold, as every figure (rule 7)."""
    return None if end is None else row.held.shown(end.numerator, end.denominator)


def _explain_address(seen: Seen, row: Attainment, scope: str) -> str:
    query = {
        "programme": row.target.programme,
        "target": row.target.code,
        "period": row.period.code,
        "unit": row.unit,
    }
    if scope == "own":
        query["scope"] = "own"
    if seen.view.standing is Standing.SUBMITTED:
        query["include"] = "submitted"
    if seen.view.known_at is not None:
        query["known_at"] = utc(seen.view.known_at)
    if seen.view.restated_on is not None:
        query |= {"basis": "restated", "on": seen.view.restated_on.isoformat()}
    return f"/api/v1/attainment/explain?{urlencode(query)}"


def _where_it_applies(row: Attainment) -> dict[str, Any]:
    """The contract's fields that only some attainments have."""
    target, value = row.target, row.value
    counted = target.value_kind is ValueKind.COUNT and row.figure is not None
    ends_on = target.population_ends_on
    questions = [one.code for one in target.open_questions]
    if target.counts_twice and "counts_twice" not in questions:
        questions.append("counts_twice")
    frozen, heir = row.frozen_in, target.succeeded_by
    extra = {
        "on": row.restated_on.isoformat() if row.restated_on else None,
        "threshold_count": target.threshold.count,
        "excess": row.excess,
        "value": number(row.figure) if counted else None,
        "done": value.done if value else None,
        "text": value.text if value else None,
        "not_applicable": _not_applicable(row),
        "partial": list(row.partial) or None,
        "estimated": row.estimated or None,
        "population_ends_on": ends_on.isoformat() if ends_on else None,
        "last_result": frozen and {"period": frozen.code, "on": frozen.ends_on.isoformat()},
        "succeeded_by": heir and {**heir._asdict(), "decided_on": heir.decided_on.isoformat()},
        "warnings": list(row.warnings) or None,
        "decision": decision_out(row.decision) if row.decision else None,
        "assigned": _assigned(row),
        "open_questions": questions or None,
    }
    return {name: field for name, field in extra.items() if field is not None}


def _not_applicable(row: Attainment) -> str | list[dict[str, str]] | None:
    """One unit's reason, or the units of a roll-up with theirs."""
    if row.scope == "national":
        return [one._asdict() for one in row.not_applicable] or None
    if row.value is None or row.value.applies:
        return None
    return row.value.not_applicable or ZERO_OF_ZERO


def decision_out(decision: Decision) -> dict[str, str]:
    return {
        "act": decision.act,
        "reason": decision.reason,
        "decided_on": decision.decided_on.isoformat(),
    }


def _assigned(row: Attainment) -> dict[str, Any] | None:
    """Beside the national threshold and verdict."""
    if row.assigned is None:
        return None
    threshold, verdict = row.assigned
    return {"threshold": number(threshold), "verdict": verdict}


def _pace(row: Attainment) -> dict[str, Any]:
    """Where it began, where it should be by now, and the part of that way behind it (rule 11)."""
    pace = row.held.pace
    if pace is None:
        return {}
    found: dict[str, Any] = {"baseline": number(pace.baseline)}
    if row.held.due:
        return found
    found["expected_now"] = _bound(row, pace.expected)
    if row.figure is not None and (ratio := pace.ratio(row.figure)) is not None:
        guards = tuple((band.numerator, band.denominator) for band in pace.bands)
        found["pace"] = shown(ratio.numerator, ratio.denominator, guards)
    return found


def _by_parts(row: Attainment) -> dict[str, Any]:
    """The figure by category, and how many units told any; nothing where none did."""
    if row.told is None:
        return {}
    parts = {code: _part(part) for code, part in row.told.parts.items()}
    return {"breakdown": parts, "breakdown_units": row.told.units}


def _part(part: Part) -> dict[str, Any]:
    if part.denominator is None:
        return {"value": number(part.numerator)}
    return {
        "numerator": number(part.numerator),
        "denominator": number(part.denominator),
        "percent": share(part.percent),
    }


def _outlook(seen: Scene, row: Attainment, *, ahead: bool) -> dict[str, Any]:
    """The forecast, if one is asked for; or, under `reasons`, why there can be none."""
    if reason := why_no_line(row.target, row.period.ends_on):
        row.reasons["forecast"] = reason
    found = ahead_of(seen, row) if ahead and not reason else {}
    if "reason" in found:
        row.reasons["forecast"] = found.pop("reason")
    return found


def ahead_of(seen: Scene, row: Attainment) -> dict[str, Any]:
    """Where the figure is heading (rule 11), as `forecast`; or as `reason` why that cannot be
    said."""
    ahead = seen.forecast(row)
    if isinstance(ahead, str):
        return {"reason": ahead}
    return {
        "forecast": {
            "value": row.held.shown(ahead.figure.numerator, ahead.figure.denominator),
            "on": ahead.on.isoformat(),
            "met": row.held.met(ahead.figure.numerator, ahead.figure.denominator),
            "per_year": share(ahead.per_year),
            "required_per_year": share(ahead.required_per_year),
            "points": ahead.points,
            "same_reporters": ahead.same_reporters,
        }
    }
