"""What a report comes to while it is being filled in, line by line. Nothing is stored."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sqlmodel import Session

from app.db.figures import VALUE_FIELDS
from app.domain.access import Actor, Right
from app.domain.attainment import figure_of
from app.domain.comparison import shown_gain
from app.domain.errors import Fault
from app.domain.hints import JUMP_POINTS, JUMP_TIMES
from app.domain.targets import ValueKind
from app.domain.values import Value
from app.schemas.attainment import AttainmentOut
from app.schemas.templates import LastFigure
from app.services import places
from app.services.cautions import cautions
from app.services.drafts import Lines, faults_of
from app.services.judging import judge
from app.services.one_report import results
from app.services.places import ReportKey


class Question(NamedTuple):
    """What may be a slip of the pen: a code, and what its sentence may quote."""

    code: str
    facts: Mapping[str, Decimal | int | None] = {}


class Looked(NamedTuple):
    """One line: the unit's result as it would be, what is wrong, what its sender is told (codes of
    warnings) and what is asked back."""

    row: AttainmentOut
    faults: Sequence[Fault]
    warnings: list[str]
    questions: list[Question]


def preview(
    session: Session,
    actor: Actor,
    key: ReportKey,
    lines: Lines,
    last: Mapping[str, LastFigure],
) -> dict[str, Looked]:
    """By target, for all that the unit is asked; `last` are its figures of the period before."""
    place = places.to_do(session, actor, key, Right.REPORT_DRAFT)
    faults = faults_of(place, lines)
    rows = {}
    for code, sent in lines.items():
        if sent.contract is not None and code not in faults:
            judged = judge(place, sent.contract, "")
            rows[code] = judged.row or {}
    values = {
        code: Value(*[row[name] for name in VALUE_FIELDS]) for code, row in rows.items() if row
    }
    warned = cautions(session, place, list(rows.values()))
    codes = list(rows)
    found = results(session, place, {rows[code]["target_id"]: values[code] for code in values})
    return {
        code: Looked(
            row,
            faults.get(code, []),
            [w["code"] for w in warned if codes[int(w["pointer"].split("/")[2])] == code],
            _questions(values[code], last.get(code)) if code in values else [],
        )
        for code, row in found.items()
    }


def _questions(value: Value, last: LastFigure | None) -> list[Question]:
    """Against the period before, on one basis (rule 20); from exact figures, never from shown ones.
    Nobody is refused for them."""
    if last is None:
        return []
    found = []
    if last.denominator and value.denominator == last.denominator:
        found.append(Question("same_denominator", {"denominator": last.denominator}))
    now, before = _percent(value), last.figure
    if now is not None and before is not None and last.percent is not None:
        gain = abs(now - before)
        if gain >= JUMP_POINTS:
            points = shown_gain(gain, in_percent=True)
            found.append(Question("step", {"points": points, "before": last.percent}))
    counted = value.value
    if counted is not None and before and last.value is not None:
        low, high = sorted((before, Fraction(counted)))
        if high > JUMP_TIMES * low:
            found.append(Question("times", {"before": last.value}))
    return found


def _percent(value: Value) -> Fraction | None:
    """As it was said, exactly; None for what is no percent, a yes or no too, and for 0 of 0."""
    told = value.applies and value.done is None
    figure = figure_of(value, ValueKind.RATIO) if told else None
    return None if figure is None else Fraction(*figure)
