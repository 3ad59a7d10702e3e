"""One report beside the period before and beside others: what a reviewer looks at and asks about.

Figures here are those handed in, approved or not; the period before is on the basis of the last day
of the report's own period, so that a merger is no jump (rule 20).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from sqlmodel import Session

from app.domain import hints as rules
from app.domain.access import Actor
from app.domain.attainment import Attainment
from app.domain.comparison import gained, shown_gain
from app.domain.hints import Hint, neighbours
from app.domain.periods import Period
from app.domain.targets import Target
from app.domain.workflow import HANDED_IN, Standing
from app.schemas.attainment import AttainmentOut
from app.services import queue
from app.services.attainment import known, write
from app.services.one_report import asked_of
from app.services.places import Place, ReportKey
from app.services.report_views import status_seen
from app.services.scene import Seen, View, look_at


class Compared(NamedTuple):
    """One figure's neighbours and questions. `before` of `period`: the unit's own on one basis;
    `gain` since then as shown; None where the two cannot be subtracted."""

    before: AttainmentOut | None
    period: Period | None
    gain: Decimal | int | None
    neighbours: list[AttainmentOut]
    hints: list[Hint]


@dataclass(frozen=True)
class _InPeriod:
    """The figures of a period, read once for all of its reports."""

    seen: Seen
    _rows: dict[str, list[Attainment]] = field(default_factory=dict)

    def rows(self, target: Target) -> list[Attainment]:
        scene = self.seen.scene
        if target.code not in self._rows:
            self._rows[target.code] = [scene.unit(target, code) for code in scene.units(target)]
        return self._rows[target.code]

    @cached_property
    def earlier(self) -> Seen | None:
        """The period of the same kind before this one; None: there is none."""
        basis = self.seen.scene.on_one_basis()
        found = basis.earlier()
        view = self.seen.view._replace(restated_on=basis.restated_on)
        return replace(self.seen, scene=found[-1], view=view) if found else None

    def before(self, target: Target, unit: str) -> Attainment | None:
        then = self.earlier.scene.targets.get(target.code) if self.earlier else None
        return self.earlier.scene.unit(then, unit) if self.earlier and then else None

    def of(self, place: Place) -> Iterator[tuple[Attainment, Attainment | None, list[Hint]]]:
        """Target by target: the unit's figure, the one before it, and what there is to ask."""
        for target in asked_of(place):
            rows = self.rows(target) if target.code in self.seen.scene.targets else []
            now = next((one for one in rows if one.unit == place.unit.code), None)
            if now is not None:
                before = self.before(target, place.unit.code)
                sizes = self.seen.scene.evidence.registered.get(place.period.id, {})
                registered = sizes.get(target.id, {}).get(place.unit.id)
                found = rules.hints(now, rules.Beside(before, registered, rows))
                yield now, before, found


def compared(session: Session, actor: Actor, key: ReportKey) -> dict[str, Compared]:
    """By target; nothing for a report that is not with the centre now."""
    place = queue.to_review(session, actor, key)
    if status_seen(session, actor, key) not in HANDED_IN:
        return {}
    within = _look(session, place)
    return {
        now.target.code: _written(session, within, place, (now, before, found))
        for now, before, found in within.of(place)
    }


def hints_waiting(session: Session) -> dict[str, int]:
    """How many questions each waiting report raises, by its path; the same for every reviewer."""
    periods: dict[int, _InPeriod] = {}
    found = {}
    for place in queue.places_waiting(session):
        within = periods.get(place.period.id) or _look(session, place)
        periods[place.period.id] = within
        found[place.key.path] = sum(len(hints) for _, _, hints in within.of(place))
    return found


def _look(session: Session, place: Place) -> _InPeriod:
    view = View(Standing.SUBMITTED)
    return _InPeriod(look_at(session, place.catalogue, place.period, view, back=True))


def _written(
    session: Session,
    within: _InPeriod,
    place: Place,
    figures: tuple[Attainment, Attainment | None, list[Hint]],
) -> Compared:
    now, before, found = figures
    known_at, units = known(session, within.seen.view), place.catalogue.units
    alike = [one for one in within.rows(now.target) if units[one.unit].kind is place.unit.kind]
    gain = None if before is None else gained(before, now)
    then = within.earlier
    return Compared(
        write(then, before, known_at) if then and before else None,
        then.period.period if then else None,
        None if gain is None else shown_gain(gain, in_percent=now.held.in_percent),
        [write(within.seen, one, known_at) for one in neighbours(now, alike)],
        found,
    )
