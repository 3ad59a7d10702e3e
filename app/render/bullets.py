"""The bullet beside a figure, drawn."""

from app.render.bars import bar
from app.render.looks import FAMILY
from app.schemas.attainment import AttainmentOut


def bullet(row: AttainmentOut) -> str:
    """ "" without a figure: an empty bar would look like 0."""
    drawn = bar(row)
    if drawn is None:
        return ""
    asked = (
        f'<rect class="asked" x="{min(drawn.mark, 992)}" width="8" height="40"/>'
        if drawn.mark is not None
        else ""
    )
    return (
        f'<svg class="bar {FAMILY[row["verdict"]]}" viewBox="0 0 1000 40" '  # type: ignore[index]
        'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="1000" height="40"/>'
        f'<rect class="length" y="10" width="{drawn.length}" height="20"/>{asked}</svg>'
    )
