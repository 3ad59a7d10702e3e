"""Two periods of a programme side by side, on one basis."""

from sqlmodel import Session

from app.domain.access import Actor, Right, require
from app.domain.attainment import Attainment
from app.domain.comparison import Move, Moves, gained, moves, shown_gain
from app.domain.evidence import before
from app.domain.scene import Scene
from app.domain.targets import Programme, ProgrammePeriod
from app.schemas.comparison import Compared, TargetCompared, UnitMove
from app.services.attainment import known, may_see, write
from app.services.definitions import catalogue
from app.services.places import period_of, programme_of
from app.services.scene import Seen, View, look

MOST_UNITS = 5


def beside(programme: Programme, when: ProgrammePeriod) -> ProgrammePeriod | None:
    """What a period is compared with when nobody says: the one of its kind before it, else the one
    that ended last before it, else the next one. None: it is the only one."""
    if earlier := before(programme, when):
        return earlier[-1]
    others = [one for one in programme.periods.values() if one is not when]
    past = [one for one in others if one.period.ends_on < when.period.ends_on]
    if past:
        return max(past, key=lambda one: one.period.ends_on)
    return min(others, key=lambda one: one.period.ends_on, default=None)


def comparison(
    session: Session, actor: Actor, programme: str, periods: tuple[str, str | None], view: View
) -> Compared | None:
    """Differences come from exact figures, never from shown ones. Without a second period the one
    of `beside`; None: there is none."""
    require(actor, Right.FIGURES_READ)
    may_see(actor, view.standing)
    defined = catalogue(session, view.known_at)
    within = programme_of(defined, programme)
    when = period_of(within, periods[0])
    other = period_of(within, periods[1]) if periods[1] else beside(within, when)
    if other is None or other is when:
        return None
    first, last = sorted((when, other), key=lambda one: one.period.ends_on)
    seen = [look(session, programme, one.code, view) for one in (first, last)]
    of_itself = view.restated_on is None and not _same_units(seen[0].scene, seen[1].scene)
    if of_itself:
        view = view._replace(restated_on=last.period.ends_on)
        seen = [look(session, programme, one.code, view) for one in (first, last)]
    known_at = known(session, view)
    codes = dict.fromkeys([*seen[1].scene.targets, *seen[0].scene.targets])
    return Compared(
        within.code,
        first.code,
        last.code,
        view.restated_on,
        of_itself,
        view.standing.value,
        known_at,
        str(session.info["version"].data),
        [_compared((seen[0], seen[1]), code, known_at) for code in codes],
    )


def _same_units(old: Scene, new: Scene) -> bool:
    both = old.targets.keys() & new.targets.keys()
    return all(old.units(old.targets[code]) == new.units(new.targets[code]) for code in both)


def _compared(seen: tuple[Seen, Seen], code: str, known_at: str) -> TargetCompared:
    rows = [_national(one.scene, code) for one in seen]
    written = [
        None if row is None else write(one, row, known_at)
        for one, row in zip(seen, rows, strict=True)
    ]
    old, new = rows
    if old is None or new is None:
        return TargetCompared(code, written[0], written[1], None, 0, 0, 0, [], [])
    gain, found = gained(old, new), _moves(seen, code)
    return TargetCompared(
        code,
        written[0],
        written[1],
        None if gain is None else shown_gain(gain, in_percent=new.held.in_percent),
        found.rose,
        found.fell,
        found.stayed,
        [_written(seen, one, known_at) for one in found.risers],
        [_written(seen, one, known_at) for one in found.fallers],
    )


def _national(scene: Scene, code: str) -> Attainment | None:
    target = scene.targets.get(code)
    return None if target is None else scene.national(target)


def _moves(seen: tuple[Seen, Seen], code: str) -> Moves:
    first, last = (one.scene for one in seen)
    old, new = first.targets[code], last.targets[code]
    there = set(first.units(old))
    both = [unit for unit in last.units(new) if unit in there]
    return moves(((first.unit(old, unit), last.unit(new, unit)) for unit in both), MOST_UNITS)


def _written(seen: tuple[Seen, Seen], one: Move, known_at: str) -> UnitMove:
    return UnitMove(
        write(seen[0], one.before, known_at),
        write(seen[1], one.after, known_at),
        shown_gain(one.gain, in_percent=one.after.held.in_percent),
    )
