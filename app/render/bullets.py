"""The bullet beside a figure: what was reached, what is asked, what should be reached by now, and
what silence can still change.

Thousandths of the bar's width, in integers; the figure itself stands beside it in digits.
"""

from decimal import Decimal
from typing import NamedTuple

from app.render.looks import FAMILY
from app.schemas.attainment import AttainmentOut

WIDTH = 1000
THICK, DASH = 8, 6  # of the marks of what is asked and of what is expected by now


class Bar(NamedTuple):
    """`length` of the result, `asked` for, `expected` by now, `low` and `high` of the bounds;
    None where there is no such thing."""

    length: int
    asked: int | None
    expected: int | None
    low: int | None
    high: int | None


def bar(row: AttainmentOut) -> Bar | None:
    """None where there is no figure: an empty bar would look like 0."""
    figure = row["percent"] if row["percent"] is not None else row.get("value")
    if figure is None:
        return None
    asked, expected = row.get("threshold_count", row["threshold_percent"]), row.get("expected_now")
    low, high = row["bounds"]["low"], row["bounds"]["high"]
    known = [Decimal(one) for one in (figure, asked, expected, high) if one is not None]
    whole = max([*known, Decimal(1)]) if "value" in row else max([*known, Decimal(100)])

    def place(one: Decimal | int | None) -> int | None:
        return None if one is None else int(WIDTH * max(Decimal(0), Decimal(one)) / whole)

    return Bar(place(figure) or 0, place(asked), place(expected), place(low), place(high))


def bullet(row: AttainmentOut) -> str:
    """SVG; "" without a figure. Hidden from readers of the screen: the words stand beside it."""
    drawn = bar(row)
    if drawn is None:
        return ""
    marks = []
    if drawn.low is not None and drawn.high is not None and drawn.high > drawn.low:
        width = drawn.high - drawn.low
        marks.append(f'<rect class="band" x="{drawn.low}" width="{width}" height="40"/>')
    marks.append(f'<rect class="length" y="10" width="{drawn.length}" height="20"/>')
    if drawn.expected is not None:
        x = min(drawn.expected, WIDTH - DASH)
        marks += [
            f'<rect class="expected" x="{x}" y="{y}" width="{DASH}" height="8"/>'
            for y in (0, 16, 32)
        ]
    if drawn.asked is not None:
        x = min(drawn.asked, WIDTH - THICK)
        marks.append(f'<rect class="asked" x="{x}" width="{THICK}" height="40"/>')
    family = FAMILY[row["verdict"]]  # type: ignore[index]
    return (
        f'<svg class="bar {family}" viewBox="0 0 {WIDTH} 40" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false"><rect class="track" width="{WIDTH}" height="40"/>'
        f"{''.join(marks)}</svg>"
    )
