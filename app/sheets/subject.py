"""What a whole sheet is about when no row or column says it: its unit, its target."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.domain.errors import Fault
from app.domain.units import UnitKind, reading
from app.schemas.imports import PlacedFault
from app.sheets.axes import Axes, Axis, Reader
from app.sheets.headers import suggestion
from app.sheets.layout import At, Sheet, Split
from app.sheets.occasion import titles
from app.sheets.roles import Reading, told
from app.sheets.spelling import bare, loose
from app.sheets.words import is_scaled

_LABELLED = re.compile(
    r"^(?:tên\s+)?(?:đơn vị|tỉnh|liên đoàn lao động|lđlđ)(?:\s+(?:lập\s+)?báo cáo)?\s*:\s*",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(r"^\s*kính\s+gửi", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """`unit` and `target` of the sheet; `at` is the cell that names one of them, `named` the key
    of the unit's name if there is one. Doubts hold back every line of the sheet."""

    unit: str | None = None
    target: str | None = None
    at: At = (1, 1)
    named: str = ""
    unit_doubt: PlacedFault | None = None
    other_doubts: tuple[PlacedFault, ...] = ()

    @property
    def doubts(self) -> list[PlacedFault]:
        return [one for one in (self.unit_doubt, *self.other_doubts) if one is not None]

    def of(self, unit: str) -> "Subject":
        """About this unit, as the sender says."""
        return replace(self, unit=unit, unit_doubt=None)


def subject(sheet: Sheet, split: Split, reader: Reader, axes: Axes, sender: str | None) -> Subject:
    """`sender` is the caller's own unit: what names no unit is about it."""
    above = [(at, text) for at, text in titles(sheet) if at[0] <= split.below]
    found = _of_unit(sheet, reader, above, sender) if axes.units is Axis.SHEET else Subject()
    doubts = []
    if axes.targets is Axis.SHEET:
        named = list(_named_targets(sheet, reader, above))
        if named:
            at, read, text = max(named, key=lambda one: one[1].confidence)
            found = replace(found, target=read.target, at=at)
            if not read.certain:
                fault = read.doubt or suggestion(read, dict(reader.targets), text)
                doubts.append(told(sheet.grid.facts.title, at, fault, text))
    for at, text in above:
        if is_scaled(text):
            fault = Fault("", "invalid", {"reason": "scaled", "value": text[:60]})
            doubts.append(told(sheet.grid.facts.title, at, fault, text))
    return replace(found, other_doubts=tuple(doubts))


def _named_targets(
    sheet: Sheet, reader: Reader, above: list[tuple[At, str]]
) -> Iterator[tuple[At, Reading, str]]:
    title = sheet.grid.facts.title
    for at, text in [*above, ((1, 1), title)]:
        for line in text.split("\n"):
            read = reader.topics.read(line)
            if read.target:
                yield at, read, line


def _of_unit(
    sheet: Sheet, reader: Reader, above: list[tuple[At, str]], sender: str | None
) -> Subject:
    found = dict(_named_units(sheet, reader, above))
    units = reader.places.defined.units
    if len(found) > 1:
        # The letterhead names the centre above the unit that reports.
        found = {
            code: one for code, one in found.items() if units[code].kind is not UnitKind.CENTRE
        } or found
    certain = {code: one for code, one in found.items() if one[1].certain}
    if sender is not None and (sender in found or not found):
        return Subject(sender, at=found[sender][0] if sender in found else (1, 1))
    if sender is not None and certain:
        code, (at, _, text) = next(iter(certain.items()))
        facts = {"name": reading(units[code]), "unit": reading(units[sender])}
        fault = Fault("", "code_name_mismatch", facts)
        return _doubtful(sheet, code, at, fault, text)
    if len(certain) == 1 and len(found) == 1:
        code, (at, _, _) = next(iter(certain.items()))
        return Subject(code, at=at)
    if len(found) == 1:
        code, (at, read, text) = next(iter(found.items()))
        fault = read.doubt or _which(sheet, reader)
        return _doubtful(sheet, code, at, fault, text)
    return _doubtful(sheet, None, (1, 1), _which(sheet, reader, sorted(found)), "")


def _doubtful(sheet: Sheet, code: str | None, at: At, fault: Fault, text: str) -> Subject:
    placed = told(sheet.grid.facts.title, at, fault, text)
    return Subject(code, at=at, named=loose(bare(text)), unit_doubt=placed)


def _which(sheet: Sheet, reader: Reader, codes: "list[str] | None" = None) -> Fault:
    units = reader.places.defined.units
    readings = ", ".join(reading(units[code]) for code in codes or [])
    facts = {"reason": "which_unit", "sheet": sheet.grid.facts.title, "readings": readings}
    return Fault("", "invalid", facts, readings or None)


def _named_units(
    sheet: Sheet, reader: Reader, above: list[tuple[At, str]]
) -> Iterator[tuple[str, tuple[At, Reading, str]]]:
    """Units that stand alone in a line above the table, or else are the sheet's name.

    The centre's name alone is the letterhead of anybody's report, unless a label says "Đơn vị:".
    """
    met = False
    for at, text in above:
        for line in text.split("\n"):
            read = reader.unit(_LABELLED.sub("", line))
            code = read.unit
            if code is None or _ADDRESSED.match(line):
                continue
            centre = reader.places.defined.units[code].kind is UnitKind.CENTRE
            if centre and not _LABELLED.match(line):
                read = read._replace(confidence=0.5)
            else:
                met = True
            yield code, (at, read, line)
    title = sheet.grid.facts.title
    unit = reader.unit(title)
    if not met and unit.unit:
        yield unit.unit, ((1, 1), unit, title)
