"""Exact numbers: how a percent is kept, read and shown. No float comes near a figure."""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

MICRO = 10**6
LARGEST_COUNT = 10**15
MOST_DECIMALS = 6
MOST_DIGITS = 15


class Unreadable(ValueError):
    """A text or number that is no figure, or that can be read two ways (rule 24)."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Percent(NamedTuple):
    """Percent points as they were written: 95,50 % is Percent(95_500_000, 2).

    `micro` is in millionths of a percent point, `decimals` (0-6) is how many were written.
    """

    micro: int
    decimals: int

    @property
    def points(self) -> Fraction:
        return Fraction(self.micro, MICRO)

    def __str__(self) -> str:
        return f"{Decimal(self.micro).scaleb(-6):.{self.decimals}f}"


def percent_of(number: int | Decimal) -> Percent:
    """A JSON number is percent points. Unreadable when not finite or with over six decimals."""
    exact = Decimal(number)
    if not exact.is_finite():
        raise Unreadable("not_a_number", value=str(number))
    decimals = max(0, -int(exact.as_tuple().exponent))
    if decimals > MOST_DECIMALS:
        raise Unreadable("invalid", reason="most_decimals")
    if exact.adjusted() > 9:
        raise Unreadable("percent_out_of_range", value=f"{exact:.2e}")
    return Percent(int(exact.scaleb(6)), decimals)


_SPACE = "[ \u00a0\u202f]"
_PERCENT = re.compile(
    rf"(?P<sign>-?)(?P<whole>[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+(?=,)|[0-9]+)"
    rf"(?:(?P<mark>[.,])(?P<part>[0-9]+))?{_SPACE}?(?P<unit>%?)"
)


def read_percent(text: str) -> Percent:
    """Percent points from what people write (rule 24); Unreadable when two readings are possible.

    "95,5", "95.5", "100 %" and "0,95%" are read. "95.500" may be 95 500 or 95.5 and "0,95" may be
    95 % or 0.95 %: refused with both readings. So are bounds ("> 90%") and words.
    """
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise Unreadable("not_a_number", value=text[:60])
    whole, part = re.sub(rf"{_SPACE}|\.", "", match["whole"]), match["part"] or ""
    if match["mark"] == "." and len(part) == 3:
        raise Unreadable("ambiguous_number", first=f"{whole}{part}", second=f"{whole},{part}")
    if len(part) > MOST_DECIMALS:
        raise Unreadable("invalid", reason="most_decimals")
    if len(whole) > 9:
        raise Unreadable("percent_out_of_range", value=text[:60])
    micro = int(whole) * MICRO + int(part.ljust(6, "0"))
    percent = Percent(-micro if match["sign"] else micro, len(part))
    if 0 < percent.micro <= MICRO and not match["unit"]:
        raise Unreadable(
            "ambiguous_percent",
            first=f"{percent} %".replace(".", ","),
            second=f"{Percent(percent.micro * 100, max(0, len(part) - 2))} %".replace(".", ","),
        )
    return percent


_GROUPED = re.compile(
    rf"[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:{_SPACE}[0-9]{{3}})+|[0-9]+"
)
_TWO_WAYS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_COMMA_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_FRACTION = re.compile(rf"(?P<top>[^/]+?){_SPACE}*/{_SPACE}*(?P<bottom>[^/]+)")
# What people put where there is nothing to tell; never zero.
_NOTHING_TOLD = re.compile(
    r"[-\u2010-\u2015\u2026.]+|chưa (tổng hợp|báo cáo|có|có số liệu)( được| xong)?\.?",
    re.IGNORECASE,
)


def tells_nothing(text: str) -> bool:
    """A dash or "chưa tổng hợp" in a column of numbers: no value, and not zero (rule 2)."""
    return _NOTHING_TOLD.fullmatch(text.strip()) is not None


def read_count(text: str, unit_words: tuple[str, ...] = ()) -> int:
    """A count from what people write (rule 24); Unreadable when it is no whole number.

    "12.297.344", "14 195" and "1,234,567" are grouped; "1,234" may be 1234 or 1.234 and is refused
    with both readings. `unit_words` may stand behind the number ("385 người"); "lượt", attendances,
    is refused unless it is one of them (rule 5).
    """
    written = text.strip()
    for word in unit_words:
        if written.lower().endswith(word) and written[: -len(word)].strip():
            written = written[: -len(word)].rstrip(" \u00a0\u202f")
            break
    if "lượt" in written.lower():
        raise Unreadable("unit_of_count", value=text[:60])
    if re.fullmatch(r"-[0-9.\s]+", written):
        raise Unreadable("invalid", reason="negative", value=text[:60])
    if _TWO_WAYS.fullmatch(written):
        raise Unreadable("ambiguous_number", first=written.replace(",", ""), second=written)
    whole, _, part = written.partition(",")
    if _COMMA_GROUPS.fullmatch(written):
        whole, part = written, ""
    if not _GROUPED.fullmatch(whole.replace(",", ".")) or not re.fullmatch("[0-9]*", part):
        code = (
            "not_an_integer" if re.fullmatch(r"[0-9.,\s]+", written, re.ASCII) else "not_a_number"
        )
        raise Unreadable(code, value=text[:60])
    if part.strip("0") or written.endswith(","):
        raise Unreadable("not_an_integer", value=text[:60])
    digits = re.sub(r"[^0-9]", "", whole)
    if len(digits) > 16 or int(digits) > LARGEST_COUNT:
        raise Unreadable("invalid", reason="too_large", value=str(LARGEST_COUNT))
    return int(digits)


def read_ratio(text: str) -> tuple[int, int] | None:
    """Both counts out of "1.234/1.300" in one cell; None when it is no such text."""
    match = _FRACTION.fullmatch(text.strip())
    if match is None or not re.search("[0-9]", text):
        return None
    return read_count(match["top"]), read_count(match["bottom"])


def half_away_from_zero(numerator: int, denominator: int, decimals: int) -> int:
    """numerator/denominator in units of 10**-decimals; halves round away from zero (rule 7)."""
    scaled: int = abs(numerator) * 10**decimals
    rounded: int = (2 * scaled + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


@lru_cache(maxsize=20_001)
def hundredths(number: int) -> Decimal:
    """9680 as 96.80; a heat table shows the same few thousand figures again and again."""
    return Decimal(number).scaleb(-2)


def beside(guards: tuple[tuple[int, int], ...]) -> frozenset[int]:
    """The hundredths next to a guard: only onto these can two decimals round across it."""
    return frozenset(
        end for top, bottom in guards for end in (100 * top // bottom, -(-100 * top // bottom))
    )


def shown(numerator: int, denominator: int, guards: tuple[tuple[int, int], ...]) -> Decimal:
    """The figure with two decimals, and as many more as keep it on its own side of every guard.

    `guards` are fractions (numerator, denominator): the threshold, 0 and 100. A rounded figure
    equals a guard only when the exact one does (rule 7: 17 999/20 000 shows 89.995, not 90.00).
    """
    decimals = 2
    while True:
        rounded, unit = half_away_from_zero(numerator, denominator, decimals), 10**decimals
        for top, bottom in guards:
            exact = numerator * bottom - top * denominator
            seen = rounded * bottom - top * unit
            if (exact > 0) != (seen > 0) or (exact < 0) != (seen < 0):
                break
        else:
            return Decimal(rounded).scaleb(-decimals)
        decimals += 1


def number(exact: Fraction | int | None) -> int | Decimal | None:
    """A count as JSON shows it: an integer, or with the decimals that a registered percent or the
    share of a split gave it: all of them, or two where they never end (a third)."""
    if exact is None or isinstance(exact, int):
        return exact
    if exact.denominator == 1:
        return exact.numerator
    if 10**MOST_DIGITS % exact.denominator == 0:
        return Decimal(exact.numerator) / Decimal(exact.denominator)
    return shown(exact.numerator, exact.denominator, ())
