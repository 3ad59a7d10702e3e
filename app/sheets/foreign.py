"""What provinces really send, as the contract's lines: a guess of what every row and column means.

Nothing uncertain becomes a line to be stored: it is shown with its confidence, to be confirmed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from app.domain.errors import Fault
from app.domain.periods import Period
from app.domain.targets import Catalogue, Programme
from app.schemas.imports import (
    MappingIn,
    MappingOut,
    PlacedFault,
    SheetMappingOut,
    Where,
)
from app.sheets.axes import Axes, Axis, Reader, axes, column_role, settle
from app.sheets.cells import Grid, RawLine
from app.sheets.corrections import Corrections
from app.sheets.gather import Gathering, Plan
from app.sheets.headers import Topics
from app.sheets.layout import SAMPLED_ROWS, TOP_ROWS, Sheet, Split, split
from app.sheets.occasion import said_periods
from app.sheets.places import Places
from app.sheets.roles import Known, Reading, Role, told
from app.sheets.rows import Rows
from app.sheets.subject import subject

MOST_VOTES = 4_000


class Wanted(NamedTuple):
    """What the caller said or is: `unit` the sender's own, None at the centre. Roles are explained
    in `language`."""

    programme: str | None
    period: str | None
    unit: str | None
    language: str = "vi"


@dataclass
class Proposal:
    """How a foreign workbook is read. `uncertain` are the lines that a guess has touched: counted,
    not stored; of these, `unit` is "" where the sheet's name for it is nobody's.

    `confirmed` is what the corrections taught, to be remembered for the sender.
    """

    mapping: MappingOut
    lines: list[RawLine] = field(default_factory=list)
    uncertain: list[RawLine] = field(default_factory=list)
    faults: list[PlacedFault] = field(default_factory=list)
    warnings: list[PlacedFault] = field(default_factory=list)
    confirmed: Known = field(default_factory=Known)


def propose(
    grids: Sequence[Grid],
    defined: Catalogue,
    wanted: Wanted,
    known: Known,
    corrections: MappingIn | None,
) -> Proposal:
    """The workbook as it is best understood, with the corrections, and with what stays in doubt."""
    said = corrections or MappingIn()
    wanted = wanted._replace(
        programme=said.programme or wanted.programme, period=said.period or wanted.period
    )
    sheets = [Sheet(grid) for grid in grids if grid.rows]
    occasion = _occasion(sheets, defined, wanted, known)
    made = Proposal({"programme": occasion.programme, "period": occasion.period, "sheets": []})
    told_by = Corrections(said, occasion.reader)
    told_by.check_sheets({grid.facts.title for grid in grids})
    for sheet in sheets if occasion.programme or said.sheets else ():
        _read(sheet, occasion.reader, wanted, told_by, made)
    _part_twins(made)
    made.faults[:0] = [*told_by.faults, *occasion.doubts]
    made.warnings[:0] = occasion.warnings
    if occasion.doubts:
        made.uncertain, made.lines = [*made.lines, *made.uncertain], []
    elif not made.lines and not made.uncertain and not made.faults:
        made.faults.append(_of_file(Fault("", "invalid", {"reason": "nothing_recognised"})))
    made.confirmed = told_by.taught()
    return made


class _Occasion(NamedTuple):
    """Programme and period of a workbook; `doubts` hold back all of it."""

    programme: str | None
    period: str | None
    reader: Reader
    doubts: list[PlacedFault]
    warnings: list[PlacedFault]


def _occasion(
    sheets: Sequence[Sheet], defined: Catalogue, wanted: Wanted, known: Known
) -> _Occasion:
    doubts: list[PlacedFault] = []
    warnings: list[PlacedFault] = []
    programme = defined.programmes.get(wanted.programme or "") or _programme(
        sheets, defined, wanted, known, doubts
    )
    period = _period(sheets, programme, wanted, doubts, warnings)
    chosen = [programme] if programme else list(defined.programmes.values())
    on = period.ends_on if period else None
    topics = Topics(target for one in chosen for target in one.targets_on(on))
    reader = Reader(Places(defined, period), topics, known, period)
    code = programme.code if programme else None
    return _Occasion(code, period.code if period else None, reader, doubts, warnings)


def _programme(
    sheets: Sequence[Sheet],
    defined: Catalogue,
    wanted: Wanted,
    known: Known,
    doubts: list[PlacedFault],
) -> Programme | None:
    """The one whose targets the sheets name; several that are named alike are to be told apart."""
    if wanted.programme:
        doubts.append(_of_file(Fault("", "not_found", {"what": wanted.programme})))
        return None
    outer = (text for sheet in sheets for text in _outer_texts(sheet))
    texts = set(islice(outer, MOST_VOTES))
    votes: list[tuple[int, str, str]] = []
    places = Places(defined, None)
    for code, programme in defined.programmes.items():
        topics = Topics(programme.targets_on(None))
        reader = Reader(places, topics, known, None)
        read = [one for one in map(reader.topic, texts) if one.target]
        weight = sum(10 if one.certain else 1 for one in read)
        votes.append((weight, code, ", ".join(sorted({one.target or "" for one in read}))))
    votes = sorted((one for one in votes if one[0]), reverse=True)
    if len(votes) == 1 or (votes and votes[0][0] > votes[1][0]):
        return defined.programmes[votes[0][1]]
    codes = ", ".join(code for _, code, _ in votes)
    facts = {"reason": "which_programme", "target": votes[0][2] if votes else ""}
    if not votes:
        facts = {"reason": "nothing_recognised"}
    doubts.append(_of_file(Fault("", "invalid", facts | {"programmes": codes}, codes or None)))
    return None


def _outer_texts(sheet: Sheet) -> Iterable[str]:
    """Texts of the first rows and the first columns."""
    for row in sheet.numbers[:SAMPLED_ROWS]:
        top = row <= sheet.numbers[min(TOP_ROWS, len(sheet.numbers)) - 1]
        for column in sheet.filled(row):
            if (top or column <= 4) and not sheet.is_number((row, column)):
                yield sheet.text((row, column))


def _period(
    sheets: Sequence[Sheet],
    programme: Programme | None,
    wanted: Wanted,
    doubts: list[PlacedFault],
    warnings: list[PlacedFault],
) -> Period | None:
    """The caller's, or what titles name: that is a suggestion, which holds back every line."""
    periods = programme.periods if programme else {}
    found = said_periods(sheets)
    if wanted.period and (stated := periods.get(wanted.period)):
        for sheet, at, one in found:
            if one != stated.period:
                facts = {"reason": "other_period", "value": one.code, "period": wanted.period}
                fault = Fault("", "invalid", facts, wanted.period)
                warnings.append(told(sheet.grid.facts.title, at, fault, sheet.text(at)))
        return stated.period
    here = [(sheet, at, one) for sheet, at, one in found if one.code in periods]
    expected = here[0][2].code if here else ", ".join(periods)
    facts = {"reason": "which_period", "value": wanted.period or "", "expected": expected}
    fault = Fault("", "invalid", facts, expected or None)
    for sheet, at, _ in here[:1] or found[:1]:
        doubts.append(told(sheet.grid.facts.title, at, fault, sheet.text(at)))
    if not found:
        doubts.append(_of_file(fault))
    return here[0][2] if here else None


def _of_file(fault: Fault) -> PlacedFault:
    return PlacedFault(Where("", ""), fault)


def _read(
    sheet: Sheet, reader: Reader, wanted: Wanted, corrections: Corrections, made: Proposal
) -> None:
    """One sheet, put to the proposal."""
    title = sheet.grid.facts.title
    said = corrections.of(title)
    out: SheetMappingOut = {"sheet": title, "lines": []}
    made.mapping["sheets"].append(out)
    if (said and said.skip) or (sheet.grid.facts.hidden and said is None):
        out["skip"] = True
        if not said:
            _warn_sheet(made, title, "hidden_sheet")
        return
    plan, warnings = _plan(sheet, reader, wanted, corrections)
    found = Gathering(plan).run()
    sure, unsure = found.lines(sure=True), found.lines(sure=False)
    made.lines += sure
    made.uncertain += unsure
    made.faults += found.faults
    if not (sure or unsure or found.faults):
        _warn_sheet(made, title, "nothing_in_sheet")
    else:
        made.warnings += [*warnings, *found.warnings]
    if plan.subject.unit:
        out["unit"] = plan.subject.unit
    roles = [role for side in (plan.columns, plan.rows) for _, role in sorted(side.items())]
    out["lines"] = [role.out(wanted.language) for role in roles if role.said or role.corrected]


def _warn_sheet(made: Proposal, title: str, reason: str) -> None:
    fault = Fault("", "invalid", {"reason": reason, "value": title[:60]})
    made.warnings.append(PlacedFault(Where(title, ""), fault, title))


def _plan(
    sheet: Sheet, reader: Reader, wanted: Wanted, corrections: Corrections
) -> tuple[Plan, list[PlacedFault]]:
    where = split(sheet, reader.weigh)
    found = axes(sheet, where, reader)
    about = subject(sheet, where, reader, found, wanted.unit)
    said = corrections.of(sheet.grid.facts.title)
    if found.targets is Axis.SHEET and about.target is None and said is None:
        # Nothing is recognised: its headings and first names are shown, to be said what they are.
        shown = dict(islice(Rows(sheet, where, reader, found), SAMPLED_ROWS))
        return Plan(sheet, reader, found, about, _columns(sheet, where, reader, found), shown), []
    columns = _columns(sheet, where, reader, found)
    listed = Rows(sheet, where, reader, found)
    rows = dict(listed)
    column_fields = any(role.reading.field for role in columns.values())
    for side, elsewhere in ((columns, found.row_fields), (rows, column_fields)):
        for role in side.values():
            settle(role, reader, elsewhere=elsewhere)
    if said is not None:
        corrections.apply(sheet, said, columns, rows)
        unit = corrections.unit_of(said, about.named)
        about = about.of(unit) if unit else about
    return Plan(sheet, reader, found, about, columns, rows), listed.warnings


def _columns(sheet: Sheet, where: Split, reader: Reader, found: Axes) -> dict[int, Role]:
    """Every column: of names, or of figures by what heads it."""
    columns = {c: column_role(sheet, where, reader, found, c) for c in sheet.columns}
    for column, held in found.labels.items():
        columns[column].reading = Reading(skip=True, why=f"holds_{held}")
    unread = [c for c in sheet.columns if not columns[c].reading.means]
    alone = len(columns) - len(found.labels) == len(unread) == 1
    if found.targets is Axis.ROWS and alone and not columns[unread[0]].said:
        # One column of figures needs no heading.
        columns[unread[0]].reading = Reading(why="only_column")
    return columns


def _part_twins(made: Proposal) -> None:
    """A value that two sheets fill is held back in both: neither is the right one by itself."""
    filled = Counter((line.unit, line.target) for line in [*made.lines, *made.uncertain])
    first: set[tuple[str, str]] = set()
    for line in [*made.lines, *made.uncertain]:
        key = (line.unit, line.target)
        if line.unit and filled[key] > 1 and key in first:
            fault = Fault("", "duplicate_row", {"value": f"{line.unit} {line.target}"})
            made.faults.append(told(line.sheet, line.at, fault, f"{line.unit} {line.target}"))
        first.add(key)
    twins = {key for key, n in filled.items() if n > 1 and key[0]}
    made.uncertain += [line for line in made.lines if (line.unit, line.target) in twins]
    made.lines = [line for line in made.lines if (line.unit, line.target) not in twins]
