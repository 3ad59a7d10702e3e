"""Measure and print; `python -m benchmarks sqlite` or `postgresql` measures on one of them only."""

import sys
import time

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import servers
from benchmarks.long_file import Long, long_file
from benchmarks.measure import Line
from benchmarks.overviews import overviews
from benchmarks.pages import Pages, pages
from benchmarks.submits import submit
from benchmarks.workbooks import workbooks

WIDTH = 112
PLACES = {"sqlite": servers.sqlite, "postgresql": servers.postgresql}


def main(chosen: list[str]) -> None:
    console, started = Console(width=WIDTH), time.monotonic()
    lines: list[Line] = []
    long: Long | None = None
    seen: Pages | None = None
    for name in chosen or PLACES:
        console.print(f"· {name}", style="dim")
        with PLACES[name]() as place:
            lines += [submit(place), *overviews(place), *workbooks(place)]
            long = long or long_file(place.copy("long"))
            seen = seen or pages(place)
    console.print(_table(lines))
    console.print(long)
    console.print(seen)
    missed = [line for line in lines if line.reached is False]
    goals = sum(line.most is not None for line in lines)
    console.print(
        f"{goals - len(missed)} of {goals} goals reached. CPU (user and system) of the server's or "
        "client's process, medians; ratios within a round.\n"
        "Floors: submit – its own statements and rows on sqlite3 / psycopg; cached – a bare "
        "Starlette route with the same bytes, same uvicorn;\nworkbooks – one read-only pass of the "
        "reader used, a bare loop of the writer used (elapsed time); others – the values fetched "
        f"by the\nbare driver, and orjson of a ready answer. {time.monotonic() - started:.0f} s."
    )


def _table(lines: list[Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("", "database"):
        table.add_column(heading)
    for heading in ("ours, ms", "floor, ms", "ratio", "goal", "reached"):
        table.add_column(heading, justify="right")
    for line in lines:
        table.add_row(
            line.what,
            line.database,
            f"{line.ours * 1000:.3f}",
            f"{line.floor * 1000:.3f}",
            _ratio(line, line.ratio),
            "" if line.most is None else ("≥ " if line.share else "≤ ") + _ratio(line, line.most),
            {None: "", True: "yes", False: "NO"}[line.reached],
        )
    return table


def _ratio(line: Line, ratio: float) -> str:
    return f"{100 / ratio:.0f} % of req/s" if line.share else f"{ratio:.1f} ×"


if __name__ == "__main__":
    main(sys.argv[1:])
