"""Sheets as provinces send them, built from plain tables; and what a proposal made of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from app.db.session import Database
from app.domain.targets import Catalogue
from app.i18n import LANGUAGES, explain
from app.schemas.imports import MappingIn, PlacedFault
from app.services.definitions import catalogue
from app.sheets.cells import Cell, CellKind, Grid, RawLine, Row, SheetFacts
from app.sheets.foreign import Proposal, Wanted, propose
from app.sheets.roles import Known
from tests.conftest import prepare

Value = str | int | bool | Cell | None
Table = Sequence[Sequence[Value]]
NC = Wanted("NC-2024", "2024", None)
NOTHING = Known()


@cache
def defined() -> Catalogue:
    """The catalogue of the seed, made once."""
    with TemporaryDirectory() as folder:
        prepare(f"sqlite:///{folder}/seed.db")
        database = Database(f"sqlite:///{folder}/seed.db")
        with database.reading() as session:
            found = catalogue(session)
        database.close()
    return found


def read(
    *grids: Grid,
    wanted: Wanted = NC,
    known: Known = NOTHING,
    mapping: Mapping[str, Any] | None = None,
) -> Proposal:
    said = None if mapping is None else MappingIn.model_validate(mapping)
    return propose(grids, defined(), wanted, known, said)


def cell(value: Value, font: str | None = None) -> Cell | None:
    """What the fence makes of a typed value; a Cell is itself, "" and None are no cell."""
    if value is None or value == "":
        return None
    if isinstance(value, Cell):
        return value
    if isinstance(value, bool):
        return Cell(CellKind.YES_NO, str(value).lower())
    if isinstance(value, int):
        return Cell(CellKind.NUMBER, str(value))
    return Cell(CellKind.TEXT, value, font=font)


def percent(value: str) -> Cell:
    """A number cell shown as a percent: percent("0.75") is 75 %."""
    return Cell(CellKind.NUMBER, value, format="0%")


def grid(
    table: Table,
    *merged: str,
    title: str = "Sheet1",
    font: str | None = None,
    hidden: bool = False,
) -> Grid:
    """The table from A1 on, a row without anything in it left out as the fence does."""
    rows = []
    for number, values in enumerate(table, 1):
        cells = {c: made for c, value in enumerate(values, 1) if (made := cell(value, font))}
        if cells:
            rows.append(Row(number, cells))
    return Grid(SheetFacts(title, hidden=hidden, merged=tuple(merged)), tuple(rows))


def turned(table: Table) -> list[list[Value]]:
    """Rows become columns."""
    width = max(map(len, table))
    full = [[*row, *[None] * (width - len(row))] for row in table]
    return [list(column) for column in zip(*full, strict=True)]


Filled = dict[tuple[str, str], dict[str, str]]


def filled(lines: Sequence[RawLine]) -> Filled:
    """By unit and target, what each field says: {("P63-25", "NC2"): {"numerator": "300"}}."""
    found = {
        (line.unit, line.target): {name: one.cell.value for name, one in line.fields.items()}
        for line in lines
    }
    assert len(found) == len(lines) or any(unit == "" for unit, _ in found)
    return found


def faults(proposal: Proposal) -> list[tuple[str, str, str]]:
    """(cell, code, reason) of each; every one has its sentence in both languages."""
    return [told(one) for one in proposal.faults]


def warnings(proposal: Proposal) -> list[tuple[str, str, str]]:
    return [told(one) for one in proposal.warnings]


def told(one: PlacedFault) -> tuple[str, str, str]:
    for language in LANGUAGES:
        sentence = explain(one.fault.code, language, one.fault.facts)
        assert sentence
        assert "(?)" not in sentence, sentence
    return one.at.cell, one.fault.code, str(one.fault.facts.get("reason", ""))


def role(proposal: Proposal, line: str, sheet: int = 0) -> dict[str, Any]:
    """What a row or column is taken for."""
    lines = proposal.mapping["sheets"][sheet]["lines"]
    return next(dict(one) for one in lines if one["line"] == line)
