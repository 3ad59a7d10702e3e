"""Who is told what happened to a report: its unit's people by mail, other systems by webhook.

Written in the transaction in which it happens.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db.queries import Head
from app.domain.access import UNIT_ROLES
from app.domain.periods import day_in_vietnam
from app.domain.targets import Catalogue
from app.domain.units import lineage
from app.domain.workflow import Action
from app.services import outbox, webhooks
from app.services.grants import is_valid, known_grants
from app.services.places import Place

LETTERS = {
    Action.RETURN: "returned",
    Action.APPROVE: "approved",
    Action.REOPEN: "reopened",
}


class Occasion(NamedTuple):
    """Something to be told to accounts: by which letter, quoting what; once for each `key`."""

    template: str
    key: str
    accounts: list[int]
    facts: dict[str, Any]


def people_of(session: Session, defined: Catalogue, unit: str, on: date) -> list[int]:
    """The accounts that report for a unit on a day, or for what it has become (rule 20)."""
    heirs = {unit, *lineage(unit, defined.successions).successors}
    found = [
        grant.account_id
        for grant in known_grants(session)
        if grant.unit in heirs and grant.role in UNIT_ROLES and is_valid(grant, on)
    ]
    return list(dict.fromkeys(found))


def facts_of(place: Place) -> dict[str, Any]:
    """What letters quote of a report; never a figure."""
    name = place.unit.name_on(place.period.period.ends_on)
    return {
        "programme": place.programme.code,
        "title_vi": place.programme.title_vi,
        "title_en": place.programme.title_en,
        "period": place.period.code,
        "unit_vi": name.short_vi,
        "unit_en": name.name_en,
        "path": f"/{place.key.path}",
    }


def of_step(
    session: Session, place: Place, head: Head, step: tuple[Action, str | None], now: datetime
) -> None:
    """A report has moved on to `head`, by an action with a comment. What stays inside the unit is
    nobody else's business."""
    action, comment = step
    template = LETTERS.get(action)
    if template is not None:
        people = people_of(session, place.catalogue, place.unit.code, day_in_vietnam(now))
        facts = {**facts_of(place), "comment": comment}
        outbox.tell(session, template, f"{place.key.path}/{head.version}", people, facts)
    if head.centre_version == head.version:
        webhooks.announce(session, f"report:{action}", _event(place, head))


def _event(place: Place, head: Head) -> dict[str, Any]:
    path = f"/api/v1/{place.key.path}"
    return {
        **place.key._asdict(),
        "revision": head.revision,
        "status": head.status.value,
        "links": {"self": path, "revisions": f"{path}/revisions"},
    }
