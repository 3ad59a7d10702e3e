"""Tables for a terminal: attainment, and what is wrong with a file."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from app.i18n import decimal, say
from app.schemas.attainment import AttainmentList, AttainmentOut

SYMBOLS = {"at_least": "≥", "at_most": "≤", "exactly": "="}


def attainment_table(found: AttainmentList, language: str) -> Table:
    places = {f"{row['programme']} {row['period']}": None for row in found["items"]}
    heading = f"{say('cli.attainment', language)}: {', '.join(places)}"
    if found["demonstration"]:
        heading = f"{heading} – {say('cli.demonstration', language)}"
    table = Table(title=heading, title_justify="left", padding=(0, 0, 0, 1))
    for name in ("target", "figure", "percent", "threshold", "verdict", "needed", "coverage"):
        words = name in ("target", "verdict")
        table.add_column(
            say(f"cli.{name}", language),
            justify="left" if words else "right",
            no_wrap=name != "verdict",
        )
    for row in found["items"]:
        table.add_row(*_cells(row, language))
    return table


def _cells(row: AttainmentOut, language: str) -> tuple[str, ...]:
    numerator, denominator = row["numerator"], row["denominator"]
    figure = decimal(row.get("value", numerator), language)
    if denominator is not None:
        figure = f"{figure}/{decimal(denominator, language)}"
    percent = row["percent"]
    threshold = row["threshold_percent"]
    wanted = decimal(row.get("threshold_count", threshold), language)
    sign = SYMBOLS.get(row["comparator"] or "", "")
    units = row["coverage"]["units"]
    return (
        row["target"],
        figure,
        "–" if percent is None else f"{decimal(percent, language)} %",
        f"{sign} {wanted}{' %' if threshold is not None else ''}".strip(),
        say(f"verdict.{row['verdict']}", language),
        decimal(row["needed"], language),
        f"{units['reported']}/{units['expected']}",
    )


MOST_FAULTS = 50


def faults_table(summary: Mapping[str, Any], language: str) -> Table:
    """Errors first, then warnings; the marked copy of the file has them all."""
    found = [*summary["errors"], *summary["warnings"]]
    counts = summary["counts"]
    numbers = f"{say('cli.errors', language)}: {counts['errors']}/{counts['read']}"
    table = Table(title=escape(f"{summary['file']['name']} – {numbers}"), title_justify="left")
    for name in ("cell", "unit", "target", "said", "message"):
        table.add_column(say(f"cli.{name}", language), no_wrap=name in ("unit", "target"))
    for one in found[:MOST_FAULTS]:
        place = f"{one['sheet']}!{one['cell']}".strip("!")
        table.add_row(
            *(escape(str(cell or "")) for cell in (place, one["unit"], one["target"])),
            escape(one["value"]),
            escape(one["message"]),
        )
    if len(found) > MOST_FAULTS:
        table.caption = say("cli.more", language, {"count": len(found) - MOST_FAULTS})
    return table
