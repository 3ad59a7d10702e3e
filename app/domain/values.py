"""One line of a report: what a unit says of one target, and what it may not say (rules 1-6)."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.domain.errors import Fault
from app.domain.numbers import MICRO, Percent, shown
from app.domain.targets import Target, ValueKind


class Grade(StrEnum):
    """Evidence behind a value (rule 6)."""

    COUNTS = "A"
    REGISTERED = "B"
    PERCENT = "C"
    STATEMENT = "D"


class Value(NamedTuple):
    """What was reported, exactly as reported. All None: nothing was.

    `numerator`, `denominator` and `value` are counts of the target's own unit; `percent_micro` is
    in millionths of a percent point beside the decimals written; `not_applicable` is the reason.
    """

    numerator: int | None = None
    denominator: int | None = None
    percent_micro: int | None = None
    percent_decimals: int | None = None
    done: bool | None = None
    value: int | None = None
    text: str | None = None
    not_applicable: str | None = None
    estimated: bool = False

    @property
    def percent(self) -> Percent | None:
        if self.percent_micro is None:
            return None
        return Percent(self.percent_micro, self.percent_decimals or 0)

    @property
    def applies(self) -> bool:
        """False when declared not applicable, and for 0 of 0, never 0 % (rule 2)."""
        return self.not_applicable is None and not (self.numerator == 0 and self.denominator == 0)

    @property
    def grade(self) -> Grade | None:
        """Grade without a register; None for what does not apply."""
        return self.evidence if self.applies else None

    @property
    def evidence(self) -> Grade:
        """The grade of a value that applies."""
        if self.denominator is not None or self.value is not None:
            return Grade.COUNTS
        return Grade.STATEMENT if self.percent_micro is None else Grade.PERCENT


# The fields that make a value of each kind; `percent` may stand beside the two counts.
FORMS: dict[ValueKind, tuple[frozenset[str], ...]] = {
    ValueKind.RATIO: (
        frozenset({"numerator", "denominator"}),
        frozenset({"numerator", "denominator", "percent"}),
        frozenset({"percent"}),
    ),
    ValueKind.YES_NO: (frozenset({"done"}),),
    ValueKind.COUNT: (frozenset({"value"}),),
    ValueKind.NARRATIVE: (frozenset({"text"}),),
    ValueKind.ALL_OF: (),
}
NOT_APPLICABLE = frozenset({"not_applicable"})


def form_of(value: Value) -> frozenset[str]:
    """The names of the fields that were filled, in the contract's words."""
    filled = {
        name
        for name in ("numerator", "denominator", "done", "value", "text", "not_applicable")
        if getattr(value, name) is not None
    }
    return frozenset(filled | ({"percent"} if value.percent_micro is not None else set()))


def faults(target: Target, value: Value, place: str) -> Iterator[Fault]:
    """Every rule that the value breaks, each at the field that breaks it below `place`."""
    form = form_of(value)
    wanted = FORMS[target.value_kind]
    if target.value_kind is ValueKind.ALL_OF:
        parts = ", ".join(target.parts)
        yield Fault(f"{place}/target", "invalid", {"reason": "computed", "parts": parts})
    elif form != NOT_APPLICABLE and form not in wanted:
        yield from misshapen(target, form, wanted, place)
    elif form == NOT_APPLICABLE:
        if not (value.not_applicable or "").strip():
            yield Fault(f"{place}/not_applicable", "invalid", {"reason": "reason_required"})
    else:
        yield from of_counts(target, value, place)
        yield from _of_percent(target, value, place)


def misshapen(
    target: Target, form: frozenset[str], right: Sequence[frozenset[str]], place: str
) -> Iterator[Fault]:
    """The nearest `right` form decides what is missing and what is too much."""
    best = max(right, key=lambda wanted: len(wanted & form) - len(wanted - form))
    forms = " | ".join("+".join(sorted(wanted)) for wanted in right)
    facts = {"target": target.code, "forms": forms}
    for name in sorted(best - form):
        yield Fault(f"{place}/{name}", "invalid", {"reason": "missing_field", **facts}, forms)
    for name in sorted(form - best):
        yield Fault(f"{place}/{name}", "invalid", {"reason": "wrong_field", **facts}, forms)


def of_counts(target: Target, value: Value, place: str) -> Iterator[Fault]:
    numerator, denominator = value.numerator, value.denominator
    if numerator is None or denominator is None:
        return
    facts = {"numerator": numerator, "denominator": denominator}
    if denominator == 0 and numerator > 0:
        yield Fault(f"{place}/denominator", "denominator_zero", facts, "> 0")
    elif numerator > denominator and not target.may_exceed_100:
        expected = f"≤ {denominator}"
        yield Fault(f"{place}/numerator", "numerator_exceeds_denominator", facts, expected)


def _of_percent(target: Target, value: Value, place: str) -> Iterator[Fault]:
    percent = value.percent
    if percent is None:
        return
    if percent.micro < 0 or (percent.micro > 100 * MICRO and not target.may_exceed_100):
        facts = {"value": str(percent)}
        yield Fault(f"{place}/percent", "percent_out_of_range", facts, "0–100")
    elif not agrees(value):
        numerator, denominator = value.numerator or 0, value.denominator or 0
        right = str(shown(100 * numerator, denominator, ())) if denominator else "not_applicable"
        facts = {"value": str(percent), "expected": right}
        if not denominator:
            facts["reason"] = "percent_of_nothing"
        yield Fault(f"{place}/percent", "percent_mismatch", facts, right)


def agrees(value: Value) -> bool:
    """A percent beside both counts is right within half a unit of its last decimal (rule 4).

    A percent beside 0 of 0 never agrees: there is nothing that it could be a percent of.
    """
    percent = value.percent
    if percent is None or value.numerator is None or value.denominator is None:
        return True
    if value.denominator == 0:
        return value.numerator > 0  # refused already, as denominator_zero
    exact = Fraction(100 * value.numerator, value.denominator)
    off = abs(exact - percent.points)
    return off <= Fraction(1, 2 * 10**percent.decimals)
