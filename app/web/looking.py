"""How a page looks at figures, said in its address: on which basis, as known when, and whether
also at what is not approved yet."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from app.deps import CurrentActor, Now, Service
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.periods import day_in_vietnam, end_of
from app.domain.workflow import Standing
from app.render.overview import Chosen, Page
from app.schemas.fields import Contract, Day, Until, checked
from app.services import dashboards
from app.services.attainment import may_see
from app.services.scene import View
from app.web.links import address, target_link, unit_link, view_query, why_link
from app.web.paper import remember_choices

# The styles and scripts of a page with figures, each of which says why.
LOADS = (
    "board.css",
    "charts.css",
    "drill.css",
    "vendor/htmx/htmx.min.js",
    "board.js",
    "why.js",
)
# The last instant of a day: the smallest step of a clock before the next one begins.
STEP = timedelta(microseconds=1)
Said = Annotated[str, Query(max_length=40)]
Code = Annotated[str | None, Query(max_length=40)]


class _Days(Contract):
    on: Day | None
    known_at: Until | None


async def _view(  # noqa: PLR0913 - the parts of a view
    actor: CurrentActor,
    now: Now,
    include: Standing | Literal[""] = "",
    basis: Literal["", "as_reported", "restated"] = "",
    on: Said = "",
    known_at: Said = "",
) -> View:
    """A day that figures were known on means through its end; the day that has not ended yet is
    now. Without `basis=restated` a day to restate on is not looked at. A form sends "" for what is
    not chosen."""
    standing = include or Standing.APPROVED
    may_see(actor, standing)
    days = checked(_Days, {"on": on or None, "known_at": known_at or None})
    restated_on = (days.on or day_in_vietnam(now)) if basis == "restated" else None
    return View(standing, _known(known_at, days.known_at, now), restated_on)


def _known(said: str, at: datetime | None, now: datetime) -> datetime | None:
    if at is None or said == day_in_vietnam(now).isoformat():
        return None
    if at > now:
        raise Invalid([Fault("/query/known_at", "invalid", {"reason": "in_future"})])
    return at - STEP if len(said) == len("2024-12-15") else at


Looking = Annotated[View, Depends(_view)]


class Wanted(NamedTuple):
    """What a page is about: codes, or None for those that the newest reports are of; how one looks,
    and on which day in Viet Nam."""

    programme: str | None
    period: str | None
    view: View
    today: date

    def address(self, path: str, **more: str | None) -> str:
        """Of a page about the same, looked at alike."""
        said = {"programme": self.programme, "period": self.period, **in_address(self.view)}
        return address(path, **{**said, **more})


async def _wanted(
    view: Looking, now: Now, programme: Said | None = None, period: Said | None = None
) -> Wanted:
    today = day_in_vietnam(view.known_at or now)
    return Wanted(programme or None, period or None, view, today)


Board = Annotated[Wanted, Depends(_wanted)]


async def _chosen(
    group: Code = None, kind: Code = None, target: Code = None, sort: Code = None
) -> Chosen:
    """A number of a group that is no number is no group."""
    number = int(group) if group and group.isascii() and group.isdigit() else None
    return Chosen(
        -1 if group and number is None else number, kind or None, target or None, sort or None
    )


ChosenHere = Annotated[Chosen, Depends(_chosen)]


def own(chosen: Chosen) -> dict[str, str | None]:
    """What is chosen of the page, as its address says it."""
    group = None if chosen.group is None else str(chosen.group)
    return chosen._asdict() | {"group": group}


def check(chosen: Chosen, page: Page) -> None:
    """NotFound for a group, a kind, a target or a column that this reading does not have."""
    targets = [code for code, _ in page.all_targets]
    columns = ["name", *(line.target.code for line in page.lines)]
    known = (
        (
            None if chosen.group is None else str(chosen.group),
            [code for code, _ in page.all_groups],
        ),
        (chosen.kind, [code for code, _ in page.all_kinds]),
        (chosen.target, targets),
        (chosen.sort and chosen.sort.removeprefix("-"), columns),
    )
    for code, codes in known:
        if code is not None and code not in codes:
            raise NotFound(what=code)


def named(session: Any, actor: Actor, wanted: Wanted) -> Wanted:
    """With the programme and period that are shown where the address names none."""
    if wanted.programme and wanted.period:
        return wanted
    programme, period = dashboards.choice(session, actor, wanted.programme, wanted.period)
    return wanted._replace(programme=programme, period=period)


def looked(wanted: Wanted) -> dict[str, Any]:
    """What the frame around figures says: how one looks, and the same question to the API."""
    how = view_query(wanted.view)
    said = {"programme": wanted.programme, "period": wanted.period, **how}
    return {
        "view": wanted.view,
        "known_on": last_day(wanted.view),
        "how": how,
        "api_query": urlencode(said),
    }


def linked(wanted: Wanted) -> dict[str, Any]:
    """Where a template's targets, units and figures lead, looked at as here."""
    programme, period, view = str(wanted.programme), str(wanted.period), wanted.view
    return {
        "target_link": lambda code: target_link(programme, code, period, view),
        "unit_link": lambda code: unit_link(code, programme, period, view),
        "why_link": why_link,
    }


def chosen_instead(
    request: Request, service: Service, actor: Actor, wanted: Wanted, here: str
) -> Response | None:
    """To the same page of a programme and period that there are, when another programme was chosen
    that does not have the period shown before; None when that leads nowhere else than `here`."""
    with service.database.reading() as session:
        codes = dashboards.choice(session, actor, wanted.programme, wanted.period)
    programme, period = codes
    again = wanted._replace(programme=programme, period=period).address(request.url.path)
    if again == here:
        return None
    answer = Response(status_code=303, headers={"location": again})
    return remember_choices(request, answer)


def last_day(view: View) -> date | None:
    """The day through whose end the figures are as they were known; None: now, or not a whole
    day."""
    if view.known_at is None:
        return None
    day = day_in_vietnam(view.known_at)
    return day if end_of(day).astimezone(UTC) - STEP == view.known_at else None


def in_address(view: View) -> dict[str, str]:
    """How one looks, for an address that people read: a day where the API says an instant."""
    said = view_query(view)
    if day := last_day(view):
        said["known_at"] = day.isoformat()
    return said
