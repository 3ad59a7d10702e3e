"""Questions about the population registers: how many there are to count of. None of them writes."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.tables import REGISTER


class Key(NamedTuple):
    """What a population is the population of."""

    period_id: int
    target_id: int
    unit_id: int


class Entry(NamedTuple):
    """A revision of a population: `denominator` None where it was withdrawn."""

    revision: int
    denominator: int | None
    reason: str | None
    at: datetime
    by: str


_KEY = (REGISTER.c.period_id, REGISTER.c.target_id, REGISTER.c.unit_id)
_OF_PERIODS = REGISTER.c.period_id.in_(bindparam("period_ids", expanding=True))
# Read in the order of the primary key: of each population, the last one read is in force.
_REGISTERED = (
    select(*_KEY, REGISTER.c.denominator).where(_OF_PERIODS).order_by(*_KEY, REGISTER.c.revision)
)
_REGISTERED_THEN = _REGISTERED.where(REGISTER.c.at <= bindparam("known_at"))
_ENTRIES = (
    select(
        *_KEY,
        REGISTER.c.revision,
        REGISTER.c.denominator,
        REGISTER.c.reason,
        REGISTER.c.at,
        ACCOUNT.c.name,
    )
    .join(ACCOUNT, ACCOUNT.c.id == REGISTER.c.account_id)
    .where(_OF_PERIODS)
    .order_by(*_KEY, REGISTER.c.revision)
)


def registered(
    session: Session, period_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, dict[int, dict[int, int]]]:
    """Denominators by period, target and unit, now or as known at an instant (rule 19).

    A period or target that nothing was ever registered for is not there at all.
    """
    given: dict[str, object] = {"period_ids": list(period_ids)}
    question = _REGISTERED
    if known_at is not None:
        question, given["known_at"] = _REGISTERED_THEN, known_at
    found: dict[int, dict[int, dict[int, int]]] = {}
    for period_id, target_id, unit_id, denominator in session.connection().execute(question, given):
        units = found.setdefault(period_id, {}).setdefault(target_id, {})
        if denominator is None:
            units.pop(unit_id, None)
        else:
            units[unit_id] = denominator
    return found


def last_entries(session: Session, period_ids: Collection[int]) -> dict[Key, Entry]:
    """The last revision of each population ever registered, withdrawn ones among them; in the
    order in which periods, targets and units were first defined."""
    rows = session.connection().execute(_ENTRIES, {"period_ids": list(period_ids)})
    return {Key._make(row[:3]): Entry._make(row[3:]) for row in rows}
