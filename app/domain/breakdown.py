"""A value told by parts beside its total (sex, sector, award level): never a second threshold.

Each part keeps the rules of counts (rules 1-3). That parts do not add up to their total is
flagged, never refused, and no part is ever judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from app.domain.errors import Fault, step
from app.domain.targets import Breakdown, Target, ValueKind
from app.domain.values import Value, form_of, misshapen, of_counts

# The fields that make a part. Only counts can add up to something.
FORMS: dict[ValueKind, tuple[frozenset[str], ...]] = {
    ValueKind.RATIO: (frozenset({"numerator", "denominator"}),),
    ValueKind.COUNT: (frozenset({"value"}),),
}


class Part(NamedTuple):
    """The counts of one category, or of their total; a number has no denominator.

    Fractions where the shares of a split (rule 20) or a registered percent made them so.
    """

    numerator: Fraction | int
    denominator: Fraction | int | None = None

    @property
    def percent(self) -> Fraction | None:
        """None for a number, and for 0 of 0, which does not apply (rule 2)."""
        return Fraction(100 * self.numerator) / self.denominator if self.denominator else None

    def times(self, share: Fraction | int) -> "Part":
        denominator = None if self.denominator is None else self.denominator * share
        return Part(self.numerator * share, denominator)

    def exceeds(self, whole: "Part") -> bool:
        above = self.numerator > whole.numerator
        return above or (self.denominator or 0) > (whole.denominator or 0)


Parts = Mapping[str, Part]


class Told(NamedTuple):
    """What units told by parts, added category by category (add first, divide once).

    `units` are those that told any; `complete` says that each one behind the figure told all.
    """

    parts: Parts
    units: int
    complete: bool


def faults(target: Target, value: Value, sent: Mapping[str, Value], place: str) -> Iterator[Fault]:
    """Every rule that the parts sent beside a value break; `place` is that of the value."""
    place = f"{place}/breakdown"
    facts = {"target": target.code}
    if target.breakdown is None or target.value_kind not in FORMS:
        yield Fault(place, "invalid", {"reason": "no_breakdown", **facts})
        return
    if value.numerator is None and value.denominator is None and value.value is None:
        # Beside a percent alone, or beside "not applicable", nothing can be checked.
        yield Fault(place, "invalid", {"reason": "breakdown_without_total", **facts})
    codes = [category.code for category in target.breakdown.categories]
    for code, part in sent.items():
        if code in codes:
            yield from _of_part(target, part, f"{place}/{code}")
        else:
            unknown = {"reason": "unknown_category", "value": code[:60], **facts}
            yield Fault(f"{place}/{step(code)}", "invalid", unknown, ", ".join(codes))


def _of_part(target: Target, part: Value, place: str) -> Iterator[Fault]:
    form, forms = form_of(part), FORMS[target.value_kind]
    if form in forms:
        yield from of_counts(target, part, place)
    else:
        yield from misshapen(target, form, forms, place)


def counted(breakdown: Breakdown, sent: Mapping[str, Value]) -> Parts:
    """Parts without fault, in the order of the target's categories."""
    return {
        category.code: _part(sent[category.code])
        for category in breakdown.categories
        if category.code in sent
    }


def _part(sent: Value) -> Part:
    if sent.value is not None:
        return Part(sent.value)
    return Part(sent.numerator or 0, sent.denominator or 0)


def total_of(value: Value) -> Part | None:
    """What the parts of a value should add up to; None where it has no counts."""
    if value.value is None and value.denominator is None:
        return None
    return _part(value)


def written(parts: Parts) -> dict[str, dict[str, Any]]:
    """In the contract's words, as they are kept and hashed."""
    return {
        code: {"value": part.numerator} if part.denominator is None else part._asdict()
        for code, part in parts.items()
    }


def read(kept: Mapping[str, Mapping[str, int]]) -> Parts:
    """`written`, undone."""
    return {
        code: Part(part["value"])
        if "value" in part
        else Part(part["numerator"], part["denominator"])
        for code, part in kept.items()
    }


def pooled(breakdown: Breakdown, each: Iterable[tuple[Parts, Fraction | int]]) -> Told:
    """`each`: of every unit behind a figure, the parts it told (empty: none) and the share of its
    counts that goes into the figure. Categories that the target no longer has are left out."""
    codes = [category.code for category in breakdown.categories]
    told = list(each)
    sums: dict[str, Part] = {}
    for code in codes:
        of_code = [parts[code].times(share) for parts, share in told if code in parts]
        if of_code:
            sums[code] = added(of_code)
    units = sum(any(code in parts for code in codes) for parts, _ in told)
    complete = all(code in parts for parts, _ in told for code in codes)
    return Told(sums, units, complete)


def added(parts: Iterable[Part]) -> Part:
    """Of one kind and at least one."""
    numerators, denominators = zip(*parts, strict=True)
    if None in denominators:
        return Part(sum(numerators))
    return Part(sum(numerators), sum(denominators))


def discord(whole: Part, told: Told) -> str | None:
    """The code of what should make a reader look twice; None when the parts add up.

    Parts above their total never fit. Below it they may still, while some are not told.
    """
    if not told.parts:
        return None
    total = added(told.parts.values())
    if total.exceeds(whole) or (told.complete and total != whole):
        return "breakdown_mismatch"
    return None if told.complete else "breakdown_incomplete"
