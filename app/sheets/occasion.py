"""What a sheet's titles say of when it was filled, and for which programme: never more than a
suggestion."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from app.domain.periods import Period, period
from app.sheets.layout import At, Sheet
from app.sheets.spelling import flat
from app.sheets.words import is_heading

TITLE_ROWS, MOST_IN_TITLE = 15, 8
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_YEAR = r"(?:\s*(?:/|nam)?\s*)(?P<year>20[0-9]{2})(?![0-9])"
# The day on which a report was signed is not the time that it is about.
_SIGNED = re.compile(r"ngay\W*\d{0,2}\W*thang\W*\d{0,2}\W*nam\W*(20\d\d)?")
_SPAN = re.compile(r"20\d\d\s*(?:-|den)?\s*20\d\d")
_PATTERNS = (
    (re.compile(r"(?:6|sau) thang(?: dau)?" + _YEAR), "H1"),
    (re.compile(r"(?:9|chin) thang(?: dau)?" + _YEAR), "9M"),
    (re.compile(r"quy (?P<quarter>iv|i{1,3}|[1-4])" + _YEAR), "Q"),
    (re.compile(r"(?<![0-9] )thang (?P<month>0?[1-9]|1[0-2])" + _YEAR), "M"),
    (re.compile(r"(?<!dau )(?<!cuoi )\bnam (?P<year>20[0-9]{2})(?![0-9])"), ""),
)
_LATER_HALF = re.compile(r"(6|sau) thang cuoi nam|nua cuoi nam|(6|sau) thang cuoi")


def periods_in(text: str) -> list[Period]:
    """The periods that a text names, longest pattern first: "6 tháng đầu năm 2024" is 2024-H1."""
    left = _SPAN.sub(" ", _SIGNED.sub(" ", flat(text)))
    if _LATER_HALF.search(left):
        return []
    found = []
    for pattern, kind in _PATTERNS:
        for match in pattern.finditer(left):
            found.append(period(match["year"] + _part(kind, match)))
        left = pattern.sub(" ", left)
    return found


def _part(kind: str, match: "re.Match[str]") -> str:
    if kind == "Q":
        return "-Q" + _ROMAN.get(match["quarter"], match["quarter"])
    if kind == "M":
        return f"-{int(match['month']):02d}"
    return f"-{kind}" if kind else ""


def titles(sheet: Sheet) -> Iterator[tuple[At, str]]:
    """The texts above the table: of the first rows, until one has figures or headings."""
    for row in sheet.numbers[:TITLE_ROWS]:
        columns = list(islice(sheet.filled(row), MOST_IN_TITLE + 1))
        texts = [((row, c), sheet.text((row, c))) for c in columns]
        if len(columns) > MOST_IN_TITLE or any(
            sheet.is_number(at) or _heads(text) for at, text in texts
        ):
            return
        yield from texts


def _heads(text: str) -> bool:
    return is_heading(text) and not text.endswith(":")


def said_periods(sheets: Iterable[Sheet]) -> list[tuple[Sheet, At, Period]]:
    """Every period that titles name, or else names of sheets, in reading order."""
    sheets = list(sheets)
    found = [
        (sheet, at, one)
        for sheet in sheets
        for at, text in titles(sheet)
        for one in periods_in(text)
    ]
    return found or [
        (sheet, (1, 1), one) for sheet in sheets for one in periods_in(sheet.grid.facts.title)
    ]
