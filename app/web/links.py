"""Where a figure is explained, and where its report, target and unit have their page."""

from typing import Any
from urllib.parse import quote, urlencode

from app.domain.periods import utc
from app.domain.workflow import Standing
from app.schemas.attainment import AttainmentOut
from app.services.scene import View

NOW = View()
JSON_EXPLAIN = "/api/v1/attainment/explain"


def view_query(view: View = NOW) -> dict[str, str]:
    """How one looks, as it stands in an address; nothing for approved figures as of now."""
    query = {}
    if view.standing is Standing.SUBMITTED:
        query["include"] = "submitted"
    if view.known_at is not None:
        query["known_at"] = utc(view.known_at)
    if view.restated_on is not None:
        query |= {"basis": "restated", "on": view.restated_on.isoformat()}
    return query


def address(path: str, **query: Any) -> str:
    """Without what is None or empty, so that the same page has one address."""
    given = {name: one for name, one in query.items() if one not in (None, "", [])}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def explain_link(  # noqa: PLR0913 - what names one figure
    programme: str,
    period: str,
    target: str,
    unit: str,
    *,
    scope: str | None = None,
    view: View = NOW,
) -> str:
    """`scope`: "own" for the centre's own figure, which is not the national one."""
    query = {"programme": programme, "period": period, "target": target, "unit": unit}
    own = "own" if scope == "own" else None
    return address("/explain", **query, scope=own, **view_query(view))


def why_link(row: AttainmentOut) -> str:
    """Of a figure that was read: the page of the explanation that the JSON names."""
    return row["explain"].replace(JSON_EXPLAIN, "/explain", 1)


def report_link(
    programme: str, period: str, unit: str, target: str | None = None, revision: int | None = None
) -> str:
    """With a target: at its line."""
    path = f"/reports/{_part(programme)}/{_part(period)}/{_part(unit)}"
    anchor = f"#target-{_part(target)}" if target else ""
    return address(path, revision=revision) + anchor


def cell_link(programme: str, period: str, unit: str, target: str, revision: int) -> str:
    """The cell of the workbook that a report's value was read from."""
    path = report_link(programme, period, unit)
    return address(f"{path}/cell", target=target, revision=revision) + "#here"


def target_link(programme: str, target: str, period: str | None = None, view: View = NOW) -> str:
    path = f"/targets/{_part(programme)}/{_part(target)}"
    return address(path, period=period, **view_query(view))


def unit_link(
    unit: str, programme: str | None = None, period: str | None = None, view: View = NOW
) -> str:
    path = f"/units/{_part(unit)}"
    return address(path, programme=programme, period=period, **view_query(view))


def _part(code: str) -> str:
    return quote(code, safe="")
