"""A filled cell as the contract's field: counts, percents, yes and no, words (rules 4 and 24)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any

from app.domain.errors import Fault
from app.domain.numbers import (
    LARGEST_COUNT,
    Percent,
    Unreadable,
    percent_of,
    read_count,
    read_percent,
    read_ratio,
    tells_nothing,
)
from app.domain.targets import Target
from app.domain.text import name_key, nfc
from app.schemas.fields import Sent, read
from app.schemas.imports import LineSent, Where
from app.schemas.reports import ValueIn
from app.sheets.cells import Cell, CellKind, Placed, RawLine, address

CLEARS = "(xóa)"
YES, NO = "Đã làm", "Chưa làm"
_YES = frozenset(map(name_key, (YES, "Có", "Đã thực hiện", "Done", "Yes")))
_NO = frozenset(map(name_key, (NO, "Không", "Chưa thực hiện", "Chưa", "Not done", "No")))
_ESTIMATED = frozenset(map(name_key, ("x", "ước", "ước tính", "có", "yes")))
_CLEARS = frozenset(map(name_key, (CLEARS, "(clear)")))
UNIT_WORDS = {
    "persons": ("người",),
    "attendances": ("lượt người", "lượt"),
    "products": ("sản phẩm",),
    "units": ("đơn vị",),
    "events": ("sự kiện", "cuộc"),
}
NUMBERS = frozenset({"numerator", "denominator", "percent", "value"})
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Excel itself shows no more digits than these; what a double holds beyond them nobody typed.
_TYPED = Context(prec=15, rounding=ROUND_HALF_UP)
MOST_DECIMALS = 6
PLAIN_DIGITS = 15  # a number of so many is never over the largest count


@dataclass(frozen=True, slots=True)
class Shown:
    """What a number format makes of a number. `decimals` None: General, as many as it likes."""

    percent: bool
    decimals: int | None


@cache
def shown_by(number_format: str) -> Shown:
    """By the format's first section, without what it quotes: "0.0%" is Shown(True, 1)."""
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", number_format.split(";", maxsplit=1)[0])
    digits = re.search(r"[0#?](?:\.([0#?]+))?(?=[^0#?.]*$)", bare)
    if digits is None:
        return Shown("%" in bare, None)
    return Shown("%" in bare, len(digits[1] or ""))


def is_blank(cell: Cell) -> bool:
    return cell.kind is CellKind.TEXT and not cell.value.strip()


def clears(cell: Cell) -> bool:
    if cell.kind is not CellKind.TEXT or "(" not in cell.value:
        return False
    return name_key(cell.value) in _CLEARS


def as_written(cell: Cell) -> str:
    """For a sentence: what the sender sees in the cell, as nearly as can be told."""
    if cell.kind is CellKind.NUMBER and shown_by(cell.format).percent:
        return f"{_typed(cell) * 100:f}%"
    if cell.kind is CellKind.DATE:
        day = cell.value[:10].split("-")
        return "/".join(reversed(day)) if len(day) == 3 else cell.value
    if cell.kind is CellKind.YES_NO:
        return cell.value.upper()
    return nfc(cell.value)[:200]


class _Cells(Mapping[str, Where]):
    """Addresses by field, worked out when a fault asks for one: most lines have none."""

    def __init__(self, raw: RawLine, columns: Mapping[str, int]) -> None:
        self._raw, self._columns = raw, columns

    def __getitem__(self, name: str) -> Where:
        filled = self._raw.fields.get(name)
        if filled is not None:
            return Where(self._raw.sheet, address(filled.row, filled.column))
        if name:
            return Where(self._raw.sheet, address(self._raw.at[0], self._columns[name]))
        return Where(self._raw.sheet, address(*self._raw.at))

    def __iter__(self) -> Iterator[str]:
        return iter({"": None, **self._columns, **dict.fromkeys(self._raw.fields)})

    def __len__(self) -> int:
        return len(list(iter(self)))


class _Said(Mapping[str, str]):
    """What stands in the filled cells, likewise."""

    def __init__(self, fields: Mapping[str, Placed]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return as_written(self._fields[name].cell)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


NOWHERE: Mapping[str, int] = {}


def line_of(
    raw: RawLine, target: Target | None, columns: Mapping[str, int] = NOWHERE
) -> LineSent | None:
    """One unit's value of a target as the contract; None when nothing in it tells anything.

    `target` None: there is none of that code; its figures are only counted. `columns` says by field
    where the line's row has its cells, also where nothing stands yet.
    """
    fields = {name: one for name, one in raw.fields.items() if not _silent(name, one.cell)}
    if not fields:
        return None
    clearing = [name for name, one in fields.items() if clears(one.cell)]
    value, faults = None, []
    if clearing and len(clearing) < len(fields):
        place = f"/{clearing[0]}"
        faults = [Fault(place, "invalid", {"reason": "clears_and_fills", "value": CLEARS})]
    elif not clearing:
        value, faults = _value(fields, raw.target, target)
    return LineSent(
        unit=raw.unit,
        target=raw.target,
        cells=_Cells(raw, columns),
        said=_Said(fields),
        value=value,
        clears=bool(clearing) and not faults,
        faults=tuple(faults),
    )


def _silent(name: str, cell: Cell) -> bool:
    """A blank, or what stands for nothing in a column of numbers; an unticked "ước" too."""
    if is_blank(cell):
        return True
    if cell.kind is not CellKind.TEXT:
        return False
    # A dash says nothing anywhere; "chưa tổng hợp" may be what a note has to say.
    dash = not any(character.isalnum() for character in cell.value)
    return (dash or name in (*NUMBERS, "done")) and tells_nothing(nfc(cell.value))


def _value(
    fields: Mapping[str, Placed], code: str, target: Target | None
) -> tuple[ValueIn | None, list[Fault]]:
    words = UNIT_WORDS.get(target.unit_of_count or "", ()) if target else ()
    content: dict[str, Any] = {"target": code}
    faults: list[Fault] = []
    counted = {"numerator", "denominator"} <= fields.keys()
    for name, one in fields.items():
        try:
            if name == "percent":
                content[name] = _percent(one.cell, beside_counts=counted)
            elif name == "numerator" and not counted and (both := _ratio(one.cell)):
                content |= {"numerator": both[0], "denominator": both[1]}
            elif name in NUMBERS:
                content[name] = _count(one.cell, words)
            else:
                content[name] = _READ.get(name, _text)(one.cell)
        except Unreadable as unreadable:
            faults.append(Fault(f"/{name}", unreadable.code, unreadable.facts))
    if faults:
        return None, faults
    sent = read(ValueIn, Sent(content))
    return sent.contract, list(sent.faults)


def _typed(cell: Cell) -> Decimal:
    """A number as it was typed: a double is cut to the digits that Excel itself shows."""
    return _TYPED.create_decimal(cell.value)


def _refuse_no_number(cell: Cell) -> None:
    """A date where a number should be is an error (12/12 typed by hand), and so is #DIV/0!."""
    if cell.kind is CellKind.UNCALCULATED:
        raise Unreadable("formula_without_value", value=cell.value[:60])
    if cell.kind is CellKind.DATE:
        raise Unreadable("not_a_number", reason="date", value=as_written(cell))
    if cell.kind is CellKind.ERROR:
        raise Unreadable("not_a_number", reason="error", value=cell.value[:60])
    if cell.kind is CellKind.YES_NO:
        raise Unreadable("not_a_number", value=as_written(cell))


def _count(cell: Cell, words: tuple[str, ...] = ()) -> int:
    plain = cell.kind is CellKind.NUMBER and "%" not in cell.format
    if plain and cell.value.isdecimal() and len(cell.value) <= PLAIN_DIGITS:
        return int(cell.value)
    _refuse_no_number(cell)
    if cell.kind is CellKind.TEXT:
        return read_count(nfc(cell.value), words)
    number = _typed(cell)
    if shown_by(cell.format).percent:
        raise Unreadable("not_an_integer", value=as_written(cell))
    if number < 0:
        raise Unreadable("invalid", reason="negative", value=str(number))
    if number > LARGEST_COUNT:
        raise Unreadable("invalid", reason="too_large", value=str(LARGEST_COUNT))
    if number != number.to_integral_value():
        raise Unreadable("not_an_integer", value=f"{number:f}")
    return int(number)


def _ratio(cell: Cell) -> tuple[int, int] | None:
    return read_ratio(nfc(cell.value)) if cell.kind is CellKind.TEXT else None


def _percent(cell: Cell, *, beside_counts: bool) -> Percent:
    """Percent points. A number is told as its format shows it where counts stand beside it (rule
    4: the double behind it is not what the sender wrote); alone it is kept with up to six decimals,
    so that no rounding carries it over a threshold."""
    _refuse_no_number(cell)
    if cell.kind is CellKind.TEXT:
        return read_percent(nfc(cell.value))
    number, form = _typed(cell), shown_by(cell.format)
    if form.percent:
        number *= 100
    elif form.decimals is None and 0 < number <= 1:
        first, second = (f"{one.normalize():f} %" for one in (number, 100 * number))
        readings = {"first": first.replace(".", ","), "second": second.replace(".", ",")}
        raise Unreadable("ambiguous_percent", **readings)
    if abs(number) >= 10**9:
        raise Unreadable("percent_out_of_range", value=f"{number:.2e}")
    decimals = MOST_DECIMALS
    if beside_counts:
        decimals = min(MOST_DECIMALS, 2 if form.decimals is None else form.decimals)
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if beside_counts and form.decimals is not None:
        return percent_of(rounded)
    return percent_of(_as_short(rounded))


def _as_short(number: Decimal) -> Decimal:
    """61.50 as 61.5, and 100 as 100: only the decimals that were written."""
    short = number.normalize()
    return short if short.as_tuple().exponent < 0 else short.quantize(Decimal(1))  # type: ignore[operator]


def _refuse_no_value(cell: Cell) -> None:
    if cell.kind is CellKind.UNCALCULATED:
        raise Unreadable("formula_without_value", value=cell.value[:60])
    if cell.kind is CellKind.ERROR:
        raise Unreadable("invalid", reason="cell_error", value=cell.value[:60])


def _yes_or_no(cell: Cell) -> bool:
    _refuse_no_value(cell)
    if cell.kind is CellKind.YES_NO:
        return cell.value == "true"
    said = name_key(nfc(cell.value)) if cell.kind is CellKind.TEXT else ""
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise Unreadable(
        "invalid", reason="yes_or_no", value=as_written(cell), expected=f"{YES} / {NO}"
    )


def _estimated(cell: Cell) -> bool:
    _refuse_no_value(cell)
    if cell.kind is CellKind.YES_NO:
        return cell.value == "true"
    said = name_key(nfc(cell.value)) if cell.kind is CellKind.TEXT else ""
    if said in _ESTIMATED or said in _NO:
        return said in _ESTIMATED
    raise Unreadable("invalid", reason="estimated", value=as_written(cell))


def _text(cell: Cell) -> str:
    """Words; a number or a day typed there is kept as it is seen."""
    _refuse_no_value(cell)
    # What XML cannot hold stands escaped in a workbook: a carriage return as _x000D_.
    if cell.kind is not CellKind.TEXT:
        return as_written(cell)
    return nfc(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell.value))


def _reason(cell: Cell) -> str:
    """Why a target does not apply: in words. A 0 there is somebody's figure in the wrong place."""
    _refuse_no_value(cell)
    if cell.kind is not CellKind.TEXT:
        raise Unreadable("invalid", reason="reason_in_words", value=as_written(cell))
    return _text(cell)


_READ: Mapping[str, Callable[[Cell], Any]] = {
    "done": _yes_or_no,
    "estimated": _estimated,
    "not_applicable": _reason,
}
