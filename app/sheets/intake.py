"""From a workbook that is being read to the contracts of an import, whoever's workbook it is."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

from app.domain.errors import Fault
from app.domain.targets import Catalogue, Programme, ProgrammePeriod, Target
from app.domain.text import name_key, nfc
from app.schemas.fields import checked
from app.schemas.imports import (
    FileSent,
    ImportSent,
    LineSent,
    MappingIn,
    PlacedFault,
    Where,
)
from app.schemas.templates import template_id
from app.sheets.cells import Book, Grid, RawLine, Row, SheetFacts, address
from app.sheets.foreign import Proposal, Wanted, propose
from app.sheets.held import Held
from app.sheets.marks import is_errors_sheet
from app.sheets.ours import LAST_KEY_ROW, Layout, Lines, Template, layout_in, template_of
from app.sheets.reading import line_of
from app.sheets.roles import Known

ROWS_A_SIGN, LONGEST_NAME = 1000, 200


class Asked(NamedTuple):
    """What the sender said beside the file, or is: `unit` is its own, None at the centre. A guess
    is explained in `language`."""

    programme: str | None = None
    period: str | None = None
    unit: str | None = None
    corrections: MappingIn | None = None
    known: Known = Known()
    language: str = "vi"

    def said(self) -> dict[str, Any]:
        """What was said beside the file, as JSON, so that the file can be read again as it was."""
        mapping = self.corrections and self.corrections.model_dump(exclude_unset=True)
        return {"programme": self.programme, "period": self.period, "mapping": mapping}

    @classmethod
    def again(cls, said: Mapping[str, Any], unit: str | None, language: str) -> "Asked":
        mapping = said.get("mapping")
        corrections = None if mapping is None else checked(MappingIn, mapping)
        return cls(said.get("programme"), said.get("period"), unit, corrections, language=language)


class _Place(NamedTuple):
    programme: Programme
    period: ProgrammePeriod


@dataclass
class _Ours:
    """One of our workbooks on the way through: its lines become contracts as their rows come."""

    template: Template | None
    place: _Place | None
    faults: list[PlacedFault]
    warnings: list[PlacedFault]
    layouts: dict[str, Layout]
    held: Held


def take(
    book: Book,
    file: tuple[str, bytes],
    defined: Catalogue,
    asked: Asked,
    progress: Callable[[int], None] = lambda rows: None,
) -> ImportSent:
    """Read every sheet once. `progress` is told how many rows have been read."""
    grids: list[Grid] = []
    ours: _Ours | None = None
    for facts, all_rows in book.sheets:
        rows = _counted(all_rows, progress)
        first = list(islice(rows, LAST_KEY_ROW))
        if _is_list_of_errors(first):
            continue
        layout = layout_in(facts.title, first)
        if layout is not None:
            ours = ours or _begun(layout, book.template, defined, asked)
            _take_sheet(ours, layout, facts, chain(first, rows))
        elif ours is None:
            grids.append(Grid(facts, (*first, *rows)))
    name, content = file
    if ours is not None:
        said = None if ours.template is None else str(ours.template)
        return _sent(ours, FileSent(name, content, said), asked)
    wanted = Wanted(asked.programme, asked.period, asked.unit, asked.language)
    proposal = propose(grids, defined, wanted, asked.known, asked.corrections)
    return _foreign(proposal, FileSent(name, content), defined)


def _counted(rows: Iterable[Row], progress: Callable[[int], None]) -> Iterator[Row]:
    untold = 0
    for row in rows:
        untold += 1
        if untold == ROWS_A_SIGN:
            progress(untold)
            untold = 0
        yield row
    progress(untold)


def _is_list_of_errors(first: Sequence[Row]) -> bool:
    """The sheet "Lỗi" that we put there ourselves."""
    said = [cell.value for row in first[:1] for _, cell in sorted(row.cells.items())[:1]]
    return bool(said) and is_errors_sheet(said[0])


def _begun(layout: Layout, said: str | None, defined: Catalogue, asked: Asked) -> _Ours:
    template = template_of(said) or layout.template
    place, faults = _place_of(template, defined, asked)
    where = Where(layout.sheet, "")
    placed = [PlacedFault(where, fault, str(template or "")) for fault in faults]
    layouts: dict[str, Layout] = {}
    targets = _targets(place) if place else {}
    names = _names(defined, place) if place else {}

    @lru_cache(maxsize=256)  # the lines of a row have one name
    def meant_by(seen: str) -> str | None:
        return names.get(name_key(seen)) if len(seen) < LONGEST_NAME else None

    def made(raw: RawLine) -> LineSent | None:
        line = line_of(raw, targets.get(raw.target), layouts[raw.sheet].columns_of(raw.target))
        if line is None or raw.label is None:
            return line
        seen = nfc(raw.label.cell.value).strip()
        wide = layouts[raw.sheet].target_column is None
        other = meant_by(seen) if wide else targets.get(seen) and seen
        if other is None or other == (raw.unit if wide else raw.target):
            return line
        return _mislabelled(raw, line, seen, raw.unit if wide else raw.target)

    return _Ours(template, place, placed, [], layouts, Held(made))


def _names(defined: Catalogue, place: _Place) -> dict[str, str]:
    """Units of the period's last day by every name of theirs; a name of two is nobody's here."""
    on = place.period.period.ends_on
    named: dict[str, str | None] = {}
    for unit in defined.units.values():
        if unit.valid_on(on):
            name = unit.name_on(on)
            for spelling in (name.name_vi, name.short_vi, name.name_en, *unit.aliases):
                key = name_key(spelling)
                named[key] = unit.code if named.get(key, unit.code) == unit.code else None
    return {key: code for key, code in named.items() if code is not None}


def _mislabelled(raw: RawLine, line: LineSent, seen: str, code: str) -> LineSent:
    """Rule 25: sorting what is seen without the hidden codes must move no figure to another."""
    facts = {"reason": "hidden_code", "name": seen, "unit": code}
    fault = Fault("/", "code_name_mismatch", facts)
    return replace(line, value=None, clears=False, faults=(*line.faults, fault))


def _targets(place: _Place) -> dict[str, Target]:
    on = place.period.period.ends_on
    return {one.code: one for one in place.programme.targets_on(on)}


def _take_sheet(ours: _Ours, layout: Layout, facts: SheetFacts, rows: Iterable[Row]) -> None:
    ours.layouts[facts.title] = layout
    lines = Lines(layout, _watched(ours, facts, layout, rows))
    for line in lines:
        ours.held.add(line)
    ours.faults += [*layout.unknown, *lines.faults]
    ours.warnings += lines.warnings


def _watched(ours: _Ours, facts: SheetFacts, layout: Layout, rows: Iterable[Row]) -> Iterator[Row]:
    """What is hidden is read all the same, and said."""
    for row in rows:
        if (row.hidden or facts.hidden) and row.number > layout.key_row:
            filled = [column for column in layout.columns if column in row.cells]
            if filled and layout.unit_column in row.cells:
                at = Where(facts.title, address(row.number, filled[0]))
                ours.warnings.append(PlacedFault(at, Fault("", "hidden_row")))
        yield row


def _sent(ours: _Ours, file: FileSent, asked: Asked) -> ImportSent:
    place = ours.place
    outdated = any(one.at.cell == "" for one in ours.faults)
    doubtful = any(layout.doubtful for layout in ours.layouts.values())
    nowhere = place is None or outdated or doubtful
    return ImportSent(
        file=file,
        programme=place.programme.code if place else asked.programme,
        period=place.period.code if place else asked.period,
        units=() if nowhere else _told_once(ours.held),
        faults=ours.faults,
        warnings=ours.warnings,
        uncertain=_filled(ours.held) if nowhere else 0,
    )


def _place_of(
    template: Template | None, defined: Catalogue, asked: Asked
) -> tuple[_Place | None, list[Fault]]:
    """Programme and period by the template, which what the sender asked for may only repeat."""
    programme_code = template.programme if template else asked.programme
    period_code = template.period if template else asked.period
    for said, meant in ((asked.programme, programme_code), (asked.period, period_code)):
        if said is not None and said != meant:
            facts = {"reason": "other_template", "value": said, "template": str(template)}
            return None, [Fault("", "invalid", facts, meant)]
    programme = defined.programmes.get(programme_code or "")
    period = programme.periods.get(period_code or "") if programme else None
    if programme is None or period is None:
        said = str(template) if template else ""
        reason = "unknown" if template else "unnamed"
        return None, [Fault("", "template_outdated", {"reason": reason, "value": said})]
    place, current = _Place(programme, period), template_id(programme, period)
    if template is not None and str(template) != current:
        facts = {"value": str(template), "expected": current}
        return place, [Fault("", "template_outdated", facts, current)]
    return place, []


def _filled(held: Held) -> int:
    """How many values lines that go nowhere fill."""
    return sum(len({line.target for line in lines}) for _, lines in held.units())


def _told_once(held: Held) -> Iterator[tuple[str, list[LineSent]]]:
    """A unit's value that stands twice is not chosen between: both are refused."""
    for unit, lines in held.units():
        times = Counter(line.target for line in lines)
        yield (
            unit,
            [
                replace(line, value=None, faults=(*line.faults, _twice(line)))
                if times[line.target] > 1
                else line
                for line in lines
            ],
        )


def _twice(line: LineSent) -> Fault:
    return Fault("/", "duplicate_row", {"value": f"{line.unit} · {line.target}"})


def _foreign(proposal: Proposal, file: FileSent, defined: Catalogue) -> ImportSent:
    mapping = proposal.mapping
    programme = defined.programmes.get(mapping["programme"] or "")
    period = programme.periods.get(mapping["period"] or "") if programme else None
    targets = _targets(_Place(programme, period)) if programme and period else {}

    def held(lines: Iterable[RawLine]) -> Held:
        made = Held(lambda raw: line_of(raw, targets.get(raw.target)))
        for line in lines:
            made.add(line)
        return made

    doubtful = proposal.uncertain if targets else [*proposal.uncertain, *proposal.lines]
    return ImportSent(
        file=file,
        programme=mapping["programme"],
        period=mapping["period"],
        units=_told_once(held(proposal.lines)) if targets else (),
        faults=proposal.faults,
        warnings=proposal.warnings,
        uncertain=_filled(held(doubtful)),
        mapping=mapping,
        taught=proposal.confirmed.as_json(),
    )
