"""The sheets of figures: attainments, their parts, their trends, and who is not counted in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from app.domain.values import Grade
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import TrendOut
from app.sheets.export_book import Book, Column, Opened
from app.sheets.export_words import Words
from app.sheets.flat import field_of

Read = Callable[[Any], Any]


def plain(key: str, width: float = 11, **more: Any) -> Column:
    """A field as it is."""
    read: Read = (lambda row: field_of(row, key)) if "." in key else itemgetter(key)
    return Column(key, read, width, **more)


def where_it_applies(key: str, words: Mapping[Any, Any] | None = None, **more: Any) -> Column:
    """A field that some figures have: as it is, or by its `words`."""
    if words is None:
        return Column(key, lambda row: field_of(row, key), asked=False, **more)
    return Column(key, lambda row: words[field_of(row, key)], asked=False, **more)


def kept(columns: Iterable[Column], rows: Sequence[Any]) -> list[Column]:
    """The columns asked for, and of the others those that any row fills."""
    return [
        one for one in columns if one.asked or any(one.read(row) not in (None, "") for row in rows)
    ]


def place(words: Words) -> list[Column]:
    """Which target and unit a row is about, and in which period."""

    def name(row: Any) -> str:
        if row.get("scope") == "national":
            return words.say("national")
        return words.unit(row["period"], row["unit"])

    return [
        plain("period", 9),
        plain("target", 10),
        plain("unit", 10),
        Column("name", name, 24),
        Column("title", lambda row: words.title(row["period"], row["target"]), 38),
    ]


def _judged(words: Words) -> list[Column]:
    """The figure, what it is held against, and the verdict."""
    return [
        plain("percent", 11, bar=True),
        where_it_applies("value", width=13),
        where_it_applies("done", words.done),
        where_it_applies("text", width=40),
        plain("verdict", 24, verdict=True),
        plain("numerator", 13),
        plain("denominator", 13),
        Column("comparator", lambda row: words.sign(row["comparator"]), 10),
        plain("threshold_percent"),
        where_it_applies("threshold_count", width=13),
        Column("met", lambda row: words.yes_no[row["met"]], 12),
        plain("gap_pp"),
        plain("needed"),
        where_it_applies("excess"),
        plain("ratio_to_threshold"),
        plain("gap_closed"),
        plain("bounds.low"),
        plain("bounds.high"),
        Column("reasons", words.reasons, 48),
    ]


def _outlook(words: Words) -> list[Column]:
    """Where the figure comes from and where it is heading."""
    return [
        where_it_applies("baseline"),
        where_it_applies("expected_now"),
        where_it_applies("pace"),
        where_it_applies("assigned.threshold"),
        Column("assigned.verdict", lambda row: _verdict(words, row, "assigned"), 24, asked=False),
        *_forecast(words),
    ]


def _verdict(words: Words, row: Any, name: str) -> str | None:
    return words.verdicts[row[name]["verdict"]] if name in row else None


def _forecast(words: Words) -> list[Column]:
    return [
        where_it_applies("forecast.value"),
        where_it_applies("forecast.on"),
        where_it_applies("forecast.met", words.yes_no),
        where_it_applies("forecast.per_year"),
        where_it_applies("forecast.required_per_year"),
        where_it_applies("forecast.points"),
        where_it_applies("forecast.same_reporters", words.yes_no, width=13),
    ]


def _behind(words: Words) -> list[Column]:
    """Who and what stands behind a figure."""
    return [
        plain("coverage.units.reported"),
        plain("coverage.units.expected"),
        plain("coverage.population", bar=True),
        *(plain(f"grades.{grade}", 8) for grade in Grade),
        Column("missing.count", lambda row: len(row["missing"])),
        Column("excluded.count", lambda row: len(row["excluded"])),
        Column("not_applicable.count", lambda row: _listed(row, "not_applicable"), asked=False),
        Column("partial.count", lambda row: _listed(row, "partial"), asked=False),
        Column("not_applicable", lambda row: _own_reason(words, row), 30, asked=False),
        where_it_applies("estimated", words.yes_no),
        Column("warnings", lambda row: _said(words, row), 34, asked=False),
        Column("open_questions", lambda row: _asked(words, row), 48, asked=False),
    ]


def _listed(row: AttainmentOut, name: str) -> int | None:
    found = row.get(name)
    return len(found) if isinstance(found, list) else None


def _own_reason(words: Words, row: AttainmentOut) -> str | None:
    found = row.get("not_applicable")
    return words.reason(found) if isinstance(found, str) else None


def _said(words: Words, row: AttainmentOut) -> str | None:
    return "; ".join(words.reason(code) for code in row.get("warnings", ())) or None


def _asked(words: Words, row: AttainmentOut) -> str | None:
    target = words.target(row["period"], row["target"])
    return " ".join(words.questions(target, row.get("open_questions", []))) or None


_DECIDED = (
    "population_ends_on",
    "last_result.period",
    "last_result.on",
    "succeeded_by.target",
    "succeeded_by.act",
    "succeeded_by.decided_on",
    "decision.act",
    "decision.reason",
    "decision.decided_on",
    "breakdown_units",
)


def figures_columns(words: Words) -> list[Column]:
    """Every field of an attainment that differs from row to row."""
    return [
        *place(words),
        Column("scope", lambda row: words.say(f"scope.{row['scope']}"), 13),
        *_judged(words),
        *_outlook(words),
        *_behind(words),
        *(where_it_applies(key, width=16) for key in _DECIDED),
        plain("explain", 20),
    ]


def figures_sheet(book: Book, at: Opened, rows: Iterable[AttainmentOut]) -> None:
    """One row a figure. Rows that are not a sequence are written as they come, every column."""
    columns = figures_columns(book.words)
    if isinstance(rows, Sequence):
        columns = kept(columns, rows)
    book.lay(at, columns, rows, frozen=4)


def outside_sheet(book: Book, title: str, rows: Iterable[AttainmentOut]) -> None:
    """Whoever is not in a figure, with the reason; a unit's own row that only lacks the unit's own
    report says so itself."""
    words = book.words
    columns = [
        *place(words),
        plain("of", 12),
        Column("outside", lambda row: words.say(f"outside.{row['outside']}"), 20),
        Column("reason", lambda row: row["reason"] and words.reason(row["reason"]), 50),
    ]
    book.lay(book.sheet("outside", title, ()), columns, _outside(rows), frozen=4)


def _outside(rows: Iterable[AttainmentOut]) -> Iterator[dict[str, Any]]:
    for row in rows:
        place = {"period": row["period"], "target": row["target"], "of": row["unit"]}
        for outside, unit, reason in _lists(row):
            if row["scope"] == "national" or unit != row["unit"] or outside == "excluded":
                yield {**place, "unit": unit, "outside": outside, "reason": reason}


def _lists(row: AttainmentOut) -> Iterator[tuple[str, str, str | None]]:
    for unit in row["missing"]:
        yield "missing", unit, None
    for one in row["excluded"]:
        yield "excluded", one["unit"], one["reason"]
    outside = row.get("not_applicable")
    for one in outside if isinstance(outside, list) else ():
        yield "not_applicable", one["unit"], one["reason"]
    for unit in row.get("partial", ()):
        yield "partial", unit, None


def breakdown_sheet(book: Book, title: str, rows: Sequence[AttainmentOut]) -> None:
    """What was told by parts; no sheet where nothing was."""
    told = [row for row in rows if "breakdown" in row]
    if not told:
        return
    words = book.words
    columns = [
        *place(words),
        plain("category", 14),
        Column("category_name", lambda row: _category(words, row), 30),
        *(where_it_applies(key) for key in ("numerator", "denominator", "percent", "value")),
    ]
    parts = [
        {
            **{name: row[name] for name in ("period", "target", "unit", "scope")},
            "category": code,
            **part,
        }
        for row in told
        for code, part in row["breakdown"].items()
    ]
    book.lay(book.sheet("breakdown", title, ()), kept(columns, parts), parts, frozen=4)


def _category(words: Words, row: Mapping[str, Any]) -> str:
    target = words.target(row["period"], row["target"])
    told = (target["breakdown"] or {}).get("categories", []) if target else []
    return next((words.own(one, "title") for one in told if one["code"] == row["category"]), "")


def trends_sheet(book: Book, title: str, period: str, trends: Sequence[TrendOut]) -> None:
    """One row a point; the forecast stands beside every point of its line."""
    words = book.words
    rows = [
        {
            **point,
            **{name: trend.get(name) for name in ("target", "unit", "forecast")},
            "reason": trend.get("reason"),
            "basis_on": trend["on"],
        }
        for trend in trends
        for point in trend["points"]
    ]
    columns = [
        plain("target", 10),
        plain("unit", 10),
        Column("name", lambda row: words.unit(period, row["unit"]), 24),
        Column("title", lambda row: words.title(period, row["target"]), 38),
        plain("basis_on", 12),
        plain("period", 9),
        plain("on", 12),
        plain("percent", bar=True),
        plain("verdict", 24, verdict=True),
        plain("numerator"),
        plain("denominator"),
        where_it_applies("value"),
        Column("met", lambda row: words.yes_no[row["met"]], 12),
        *_forecast(words),
        Column("reason", lambda row: row["reason"] and words.reason(row["reason"]), 44),
    ]
    book.lay(book.sheet("trends", title, ()), kept(columns, rows), rows, frozen=3)
