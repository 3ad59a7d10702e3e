"""Attainment as a table for a terminal."""

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
