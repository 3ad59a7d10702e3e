"""From a workbook that is being read to the contracts of an import, whoever's workbook it is."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, NamedTuple

from app.domain.errors import Fault
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
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
from app.sheets.marks import is_errors_sheet
from app.sheets.ours import LAST_KEY_ROW, Layout, Lines, Template, layout_in, template_of
from app.sheets.reading import NOWHERE, line_of
from app.sheets.roles import Known

ROWS_A_SIGN = 1000


class Asked(NamedTuple):
    """What the sender said beside the file, or is: `unit` is its own, None at the centre. A guess
    is explained in `language`."""

    programme: str | None = None
    period: str | None = None
    unit: str | None = None
    corrections: MappingIn | None = None
    known: Known = Known()
    language: str = "vi"


@dataclass
class _Read:
    """What was found on the way through a book."""

    lines: list[RawLine] = field(default_factory=list)
    layouts: dict[str, Layout] = field(default_factory=dict)
    grids: list[Grid] = field(default_factory=list)
    faults: list[PlacedFault] = field(default_factory=list)
    warnings: list[PlacedFault] = field(default_factory=list)


def take(
    book: Book,
    file: tuple[str, bytes],
    defined: Catalogue,
    asked: Asked,
    progress: Callable[[int], None] = lambda rows: None,
) -> ImportSent:
    """Read every sheet once. `progress` is told how many rows have been read."""
    found = _Read()
    for facts, rows in book.sheets:
        _take_sheet(found, facts, _counted(rows, progress))
    name, content = file
    if found.layouts:
        template = template_of(book.template) or _template_in(found.layouts.values())
        sent = FileSent(name, content, None if template is None else str(template))
        return _ours(found, sent, template, defined, asked)
    wanted = Wanted(asked.programme, asked.period, asked.unit, asked.language)
    proposal = propose(found.grids, defined, wanted, asked.known, asked.corrections)
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


def _take_sheet(found: _Read, facts: SheetFacts, rows: Iterator[Row]) -> None:
    first = list(islice(rows, LAST_KEY_ROW))
    said = [cell.value for row in first[:1] for _, cell in sorted(row.cells.items())[:1]]
    if said and is_errors_sheet(said[0]):
        return
    layout = layout_in(facts.title, first)
    if layout is None:
        if not found.layouts:
            found.grids.append(Grid(facts, (*first, *rows)))
        return
    found.grids.clear()
    found.layouts[facts.title] = layout
    lines = Lines(layout, _watched(found, facts, layout, chain(first, rows)))
    found.lines.extend(lines)
    found.faults += [*layout.unknown, *lines.faults]


def _watched(found: _Read, facts: SheetFacts, layout: Layout, rows: Iterable[Row]) -> Iterator[Row]:
    """What is hidden is read all the same, and said."""
    for row in rows:
        if (row.hidden or facts.hidden) and row.number > layout.key_row:
            filled = [column for column in layout.columns if column in row.cells]
            if filled:
                at = Where(facts.title, address(row.number, filled[0]))
                found.warnings.append(PlacedFault(at, Fault("", "hidden_row")))
        yield row


def _template_in(layouts: Iterable[Layout]) -> Template | None:
    return next((one.template for one in layouts if one.template is not None), None)


class _Place(NamedTuple):
    programme: Programme
    period: ProgrammePeriod


def _ours(
    found: _Read, file: FileSent, template: Template | None, defined: Catalogue, asked: Asked
) -> ImportSent:
    place, faults = _place_of(template, defined, asked)
    sheet = next(iter(found.layouts))
    placed = [PlacedFault(Where(sheet, ""), fault, str(template or "")) for fault in faults]
    sent = ImportSent(
        file=file,
        programme=place.programme.code if place else asked.programme,
        period=place.period.code if place else asked.period,
        units=(),
        faults=[*placed, *found.faults],
        warnings=found.warnings,
    )
    if place is None or faults:
        return replace(sent, uncertain=_filled(found.lines))
    return replace(sent, units=_by_unit(found.lines, place, found.layouts))


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


def _filled(lines: Sequence[RawLine]) -> int:
    """How many values lines that go nowhere fill."""
    return len({(one.unit, one.target) for one in lines if line_of(one, None) is not None})


def _by_unit(
    lines: Iterable[RawLine], place: _Place, layouts: Mapping[str, Layout]
) -> Iterator[tuple[str, list[LineSent]]]:
    """Each unit's lines together, made when they are asked for: a long file stays small."""
    units: dict[str, list[RawLine]] = {}
    for line in lines:
        units.setdefault(line.unit, []).append(line)
    targets = {one.code: one for one in place.programme.targets_on(place.period.period.ends_on)}
    for unit, raw in units.items():
        sent = []
        for one in raw:
            layout = layouts.get(one.sheet)
            columns = layout.columns_of(one.target) if layout else NOWHERE
            sent.append(line_of(one, targets.get(one.target), columns))
        told = _once_each([one for one in sent if one is not None])
        if told:
            yield unit, told


def _once_each(lines: list[LineSent]) -> list[LineSent]:
    """A unit's value that stands twice is not chosen between: both are refused."""
    times = Counter(line.target for line in lines)
    return [
        replace(line, value=None, faults=(*line.faults, _twice(line)))
        if times[line.target] > 1
        else line
        for line in lines
    ]


def _twice(line: LineSent) -> Fault:
    return Fault("/", "duplicate_row", {"value": f"{line.unit} · {line.target}"})


def _foreign(proposal: Proposal, file: FileSent, defined: Catalogue) -> ImportSent:
    mapping = proposal.mapping
    programme = defined.programmes.get(mapping["programme"] or "")
    period = programme.periods.get(mapping["period"] or "") if programme else None
    taught: Mapping[str, Any] = proposal.confirmed.as_json()
    sent = ImportSent(
        file=file,
        programme=mapping["programme"],
        period=mapping["period"],
        units=(),
        faults=proposal.faults,
        warnings=proposal.warnings,
        uncertain=_filled(proposal.uncertain),
        mapping=mapping,
        taught=taught,
    )
    if programme is None or period is None:
        return replace(sent, uncertain=_filled([*proposal.uncertain, *proposal.lines]))
    return replace(sent, units=_by_unit(proposal.lines, _Place(programme, period), {}))
