"""The sheets that a board looks at first: national results, units by targets, reports received."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.domain.periods import VIETNAM
from app.schemas.attainment import AttainmentOut
from app.schemas.dashboards import CompletenessOut, OverviewOut
from app.sheets.export_book import LINE, Book, Column, Group, Laid, Opened
from app.sheets.export_figures import kept, plain, where_it_applies
from app.sheets.export_words import Words
from app.sheets.flat import places

CHART_HEIGHT = 330
SCALE, SCALED_WIDTH = 62, 180  # in percent, and the characters that a page holds then
RESULT, ASKED = "#9DC3E6", "#97191D"


def results_sheet(book: Book, title: str, found: OverviewOut) -> None:
    """One row a target, and the percents against what is asked as a chart."""
    words, rows = book.words, [one["national"] for one in found["targets"]]
    columns = kept(_result_columns(words), rows)
    opened = book.sheet("overview", title, ())
    laid = book.lay(opened, columns, rows, frozen=1)
    opened.sheet.fit_to_pages(1, 0)
    shown = [place for place, row in enumerate(rows) if row["percent"] is not None]
    if shown:
        chart = _chart(book, opened, columns, laid._replace(last=laid.header + 1 + shown[-1]), rows)
        opened.sheet.insert_chart(laid.last + 2, 0, chart)


def _result_columns(words: Words) -> list[Column]:
    return [
        plain("target", 9),
        Column("title", lambda row: words.title(row["period"], row["target"]), 40, wrap=True),
        Column("comparator", lambda row: words.sign(row["comparator"]), 10),
        plain("threshold_percent", 10),
        where_it_applies("threshold_count", width=13),
        plain("percent", 11, bar=True),
        where_it_applies("value", width=13),
        where_it_applies("done", words.done, width=10),
        where_it_applies("text", width=40, wrap=True),
        plain("verdict", 24, verdict=True),
        plain("numerator", 12),
        plain("denominator", 12),
        plain("needed", 10),
        plain("bounds.low", 10),
        plain("bounds.high", 10),
        plain("coverage.units.reported", 9),
        plain("coverage.units.expected", 10),
        Column("remarks", words.remarks, 34, wrap=True),
    ]


def _chart(
    book: Book, opened: Opened, columns: list[Column], laid: Laid, rows: list[AttainmentOut]
) -> Any:
    """Columns for results, a mark for what is asked; as wide as the table."""
    words, name = book.words, opened.sheet.get_name()
    keys = [one.key for one in columns]

    def cells(key: str) -> list[Any]:
        place = keys.index(key)
        return [name, laid.header + 1, place, laid.last, place]

    chart = book.file.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": words.say("chart_result"),
            "categories": cells("target"),
            "values": cells("percent"),
            "fill": {"color": RESULT},
            "gap": 60,
            "data_labels": {"value": True, "position": "inside_base", "font": {"size": 10}},
        }
    )
    chart.combine(_marks(book, cells))
    chart.set_title({"name": words.say("chart"), "name_font": {"size": 12}})
    lines = {"visible": True, "line": {"color": LINE}}
    chart.set_y_axis({"min": 0, "major_unit": 20, "major_gridlines": lines, **_highest(rows)})
    chart.set_legend({"position": "bottom"})
    pixels = sum(7 * one.width + 5 for one in columns)
    chart.set_size({"width": pixels, "height": CHART_HEIGHT})
    return chart


def _marks(book: Book, cells: Callable[[str], list[Any]]) -> Any:
    """What is asked, as a mark over each column."""
    marks = book.file.add_chart({"type": "line"})
    marks.add_series(
        {
            "name": book.words.say("chart_asked"),
            "categories": cells("target"),
            "values": cells("threshold_percent"),
            "line": {"none": True},
            "marker": {
                "type": "long_dash",
                "size": 20,
                "fill": {"color": ASKED},
                "border": {"color": ASKED},
            },
        }
    )
    return marks


def _highest(rows: list[AttainmentOut]) -> dict[str, int]:
    """The axis ends at 100, unless something is above that."""
    heights = [row[name] for row in rows for name in ("percent", "threshold_percent")]
    return {} if any(one is not None and one > 100 for one in heights) else {"max": 100}


def heat_sheet(book: Book, title: str, found: OverviewOut) -> None:
    """Units by targets, under the nation: a percent, or nothing, with the verdict beside it."""
    words = book.words
    blocks = [(words.say("before_units"), _named(words, found["period"]))]
    for one in found["targets"]:
        code = one["target"]
        blocks.append((f"{code} – {words.own(one, 'title')}", _cells(code)))
    blocks.append((words.say("report"), _report(words)))
    columns: list[Column] = []
    groups: list[Group] = []
    for heading, block in blocks:
        groups.append(Group(heading, len(columns), len(columns) + len(block) - 1))
        columns += block
    opened = book.sheet("heat", title, ())
    laid = book.lay(opened, columns, places(found), frozen=2, groups=groups)
    nation = (laid.header + 1, 0, laid.header + 1, len(columns) - 1)
    bold = {"type": "no_errors", "format": book.file.add_format({"bold": True})}
    opened.sheet.conditional_format(*nation, bold)
    # No target is cut in two by the edge of a page.
    opened.sheet.set_print_scale(SCALE)
    opened.sheet.set_v_pagebreaks(_breaks(columns, groups))


def _breaks(columns: list[Column], groups: list[Group]) -> list[int]:
    """The columns before which a page begins; the first group is repeated on every page."""
    widths = [sum(one.width for one in columns[group.first : group.last + 1]) for group in groups]
    breaks, used = [], widths[0]
    for group, width in zip(groups[1:], widths[1:], strict=True):
        if used + width > SCALED_WIDTH:
            breaks.append(group.first)
            used = widths[0]
        used += width
    return breaks


def _field(key: str) -> Any:
    return lambda row: row.get(key)


def _cells(code: str) -> list[Column]:
    percent, verdict = f"{code}.percent", f"{code}.verdict"
    return [
        Column(percent, _field(percent), 10, heading="percent"),
        Column(verdict, _field(verdict), 17, verdict=True, heading="verdict"),
    ]


def _named(words: Words, period: str) -> list[Column]:
    def name(row: Any) -> str:
        if row["scope"] == "national":
            return words.say("national")
        return words.unit(period, row["unit"])

    return [plain("unit", 10), Column("name", name, 24)]


def _report(words: Words) -> list[Column]:
    """Where a unit's report stands; the nation has none."""
    return [
        Column("kind", lambda row: words.kind(row["kind"]) if "kind" in row else None, 34),
        Column("status", lambda row: words.status(row.get("status")), 18),
        Column("late", lambda row: words.late(row.get("late")), 12),
    ]


_SUMMARY = ("expected", "received", "timely", "approved", "completeness", "timeliness")


def received_sheet(book: Book, title: str, found: CompletenessOut) -> None:
    """The counts over the expected reports, and one row a unit."""
    words = book.words
    due = "no_due" if found["due_on"] is None else _due(words, found["period"])
    state = words.say("closed" if found["closed"] else "open")
    if found["closes_on"] and not found["closed"]:
        state = words.say("open_through", day=words.day(found["closes_on"]))
    lines = [f"{words.say(due, day=words.day(found['due_on']))}. {state}."]
    sheet, row = book.sheet("completeness", title, lines)
    for place, name in enumerate(_SUMMARY, 1):
        book.heading(sheet, (row, place), words.say(f"summary.{name}"))
        figure = found[name]  # type: ignore[literal-required]
        if figure is not None:
            book.number(sheet, (row + 1, place), figure)
    columns = _received_columns(words, found)
    book.lay(Opened(sheet, row + 3), columns, found["units"], frozen=2)


def _due(words: Words, period: str) -> str:
    stated = words.behind.periods[period].period["due_status"] == "stated"
    return "due" if stated else "due_assumed"


def _received_columns(words: Words, found: CompletenessOut) -> list[Column]:
    missing = set(found["missing"])
    return [
        plain("unit", 10),
        Column("name", lambda row: words.unit(found["period"], row["unit"]), 30),
        Column("kind", lambda row: words.kind(row["kind"]), 34),
        Column("status", lambda row: words.status(row["status"]), 22),
        Column("submitted_at", lambda row: _in_vietnam(row["submitted_at"]), 22),
        Column("late", lambda row: words.late(row["late"]), 14),
        plain("values", 14),
        plain("expected", 14),
        Column("missing", lambda row: words.yes_no[row["unit"] in missing], 12),
        Column("exception_until", lambda row: _in_vietnam(row["exception_until"]), 22, asked=False),
    ]


def _in_vietnam(instant: str | None) -> datetime | None:
    """To the second begun: 23:59:59.9 is still that day."""
    if instant is None:
        return None
    at = datetime.fromisoformat(instant).astimezone(VIETNAM)
    return at.replace(tzinfo=None, microsecond=0)
