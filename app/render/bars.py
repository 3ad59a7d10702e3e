"""The small bar beside a figure: result, what is asked, and what silence can still change.

Thousandths of the bar's width, in integers; the figure itself stands beside it in digits.
"""

from decimal import Decimal
from typing import NamedTuple

from app.schemas.attainment import AttainmentOut

WIDTH = 1000


class Bar(NamedTuple):
    """`length` of the result, `mark` of what is asked, `low` and `high` of the bounds, if any."""

    length: int
    mark: int | None
    low: int | None
    high: int | None


def bar(row: AttainmentOut) -> Bar | None:
    """None where there is no figure: an empty bar would look like 0."""
    figure = row["percent"] if row["percent"] is not None else row.get("value")
    if figure is None:
        return None
    asked = row.get("threshold_count", row["threshold_percent"])
    low, high = row["bounds"]["low"], row["bounds"]["high"]
    known = [Decimal(one) for one in (figure, asked, high) if one is not None]
    whole = max([*known, Decimal(1)]) if "value" in row else max([*known, Decimal(100)])

    def place(one: Decimal | int | None) -> int | None:
        return None if one is None else int(WIDTH * max(Decimal(0), Decimal(one)) / whole)

    return Bar(place(figure) or 0, place(asked), place(low), place(high))
