"""Answers as flat tables, named as the JSON names its fields; and tables as CSV.

A field inside another is named with a dot (`coverage.units.reported`). A list of texts stands with
"; " between them; what is keyed by codes, or is a list of more than texts, as JSON.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, get_args, get_type_hints

import orjson
from typing_extensions import is_typeddict

from app.domain.values import Grade
from app.schemas.attainment import AttainmentList, AttainmentOut
from app.schemas.dashboards import BoardOut, CompletenessOut, CompletenessUnit, OverviewOut

BOM = "\ufeff"
# A spreadsheet reads a text that begins so as a formula or a command; behind blanks, too.
_SIGNS = "=+@＝＋－＠﹢﹣﹦﹫-"  # noqa: RUF001 - full-width and small variants
_BEGINS = re.compile(rf"[\t\r\n]|[\s\ufeff\u200b\u2060]*[{_SIGNS}]")
# One that takes another mark for the separator begins a cell in the middle of a text.
_BEGINS_INSIDE = re.compile(rf"(?<=[;,\t\r\n])(?=\"?[{_SIGNS}])")
Row = Mapping[str, Any]


class Table(NamedTuple):
    """Rows by column name; `columns` are all there can be, whatever the rows hold."""

    columns: Sequence[str]
    rows: Iterable[Row]


class Dialect(NamedTuple):
    delimiter: str
    decimal_mark: str


# A Vietnamese Excel takes the comma for the decimal mark.
DIALECTS = {None: Dialect(",", "."), "vi": Dialect(";", ",")}


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might carry out the text instead of showing it."""
    return _BEGINS.match(text) is not None


def inert(text: str) -> str:
    """With an apostrophe wherever a cell could begin that is taken for a formula: a reader sees
    it, and nothing is carried out, whichever separator the reader's spreadsheet expects."""
    return ("'" if is_formula(text) else "") + _BEGINS_INSIDE.sub("'", text)


def columns_of(contract: type, prefix: str = "") -> list[str]:
    """The names of all flat fields of a contract (a TypedDict), in its order."""
    names: list[str] = []
    for field, hint in get_type_hints(contract).items():
        inner = next((one for one in (hint, *get_args(hint)) if is_typeddict(one)), None)
        if inner is not None and not _repeats(hint):
            names += columns_of(inner, f"{prefix}{field}.")
        elif field == "grades":
            names += [f"{prefix}{field}.{grade}" for grade in Grade]
        else:
            names.append(f"{prefix}{field}")
    return names


def _repeats(hint: Any) -> bool:
    return getattr(hint, "__origin__", None) in (list, dict)


def field_of(row: Row, name: str) -> Any:
    """A flat field of a nested answer; None where the row does not have it."""
    found: Any = row
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def flattened(rows: Iterable[Row], columns: Sequence[str], **constant: Any) -> Iterator[Row]:
    """Each row by flat names, with what is the same in all of them."""
    plain = [name for name in columns if "." not in name]
    dotted = [name for name in columns if "." in name]
    for row in rows:
        flat = {name: row.get(name) for name in plain}
        flat |= {name: field_of(row, name) for name in dotted}
        yield flat | constant


ATTAINMENT = columns_of(AttainmentOut)
TAIL = ("data_version", "demonstration")


def attainment_table(found: AttainmentList | BoardOut) -> Table:
    """The figures of a list or of a board, one row each."""
    tail = {name: found[name] for name in TAIL}  # type: ignore[literal-required]
    return Table([*ATTAINMENT, *TAIL], flattened(found["items"], ATTAINMENT, **tail))


def completeness_table(found: CompletenessOut) -> Table:
    """One row a unit; `missing` where nothing is handed in."""
    columns = [*columns_of(CompletenessUnit), "missing", "known_at", *TAIL]
    tail = {name: found[name] for name in ("known_at", *TAIL)}  # type: ignore[literal-required]
    missing = set(found["missing"])
    rows = ({**one, "missing": one["unit"] in missing, **tail} for one in found["units"])
    return Table(columns, rows)


_PLACE = ("unit", "scope", "kind", "short_vi", "name_vi", "name_en", "status", "late")


def overview_table(found: OverviewOut) -> Table:
    """One row a unit under that of the nation; two columns a target."""
    codes = [one["target"] for one in found["targets"]]
    cells = [f"{code}.{field}" for code in codes for field in ("percent", "verdict")]
    return Table([*_PLACE, *cells, "known_at", *TAIL], places(found))


def places(found: OverviewOut) -> Iterator[Row]:
    """The nation, then every unit in official order, each with `<target>.percent` and
    `<target>.verdict` of all targets."""
    tail = {name: found[name] for name in ("known_at", *TAIL)}  # type: ignore[literal-required]
    if found["targets"]:
        nation: dict[str, Any] = {"unit": found["targets"][0]["national"]["unit"]}
        for one in found["targets"]:
            row = one["national"]
            nation[f"{one['target']}.percent"] = row["percent"]
            nation[f"{one['target']}.verdict"] = row["verdict"]
        yield nation | {"scope": "national"} | tail
    for place, unit in enumerate(found["units"]):
        cells: dict[str, Any] = {}
        for one in found["targets"]:
            cells[f"{one['target']}.percent"] = one["percents"][place]
            cells[f"{one['target']}.verdict"] = one["verdicts"][place]
        yield {**unit, "scope": "own" if unit["kind"] == "centre" else "unit", **cells, **tail}


def csv_chunks(table: Table, dialect: str | None = None) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, in pieces of some hundred rows; None: comma and decimal
    point."""
    said = DIALECTS[dialect]
    text = io.StringIO(BOM)
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, delimiter=said.delimiter, lineterminator="\r\n")
    writer.writerow(table.columns)
    for number, row in enumerate(table.rows, 1):
        writer.writerow([_cell(row.get(name), said) for name in table.columns])
        if number % 500 == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def csv_bytes(table: Table, dialect: str | None = None) -> bytes:
    whole = io.BytesIO()
    whole.writelines(csv_chunks(table, dialect))
    return whole.getvalue()


def _cell(value: Any, said: Dialect) -> str:
    """A number as it is: only text is looked at for formulas."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"{Decimal(value):f}".replace(".", said.decimal_mark)
        case str():
            return inert(value)
        case [*codes] if all(isinstance(one, str) for one in codes):
            return inert("; ".join(codes))
    return _BEGINS_INSIDE.sub("'", orjson.dumps(value, default=_exact).decode())


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(type(value).__name__)
