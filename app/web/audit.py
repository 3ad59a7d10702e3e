"""The audit as a page: who did what, when, from where; newest first."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from app.deps import App, CurrentActor, Now
from app.domain.access import Actor, Right, require
from app.domain.errors import Fault, Invalid
from app.domain.periods import VIETNAM
from app.domain.text import control_character, nfc
from app.i18n import catalogue
from app.schemas.audit import AuditEventOut
from app.services import audit_trail
from app.services.audit_trail import Wanted
from app.web.paper import PageRoute, language_of, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LINES = 50
ACTION = re.compile(r"[a-z_]{1,30}:([a-z_]{1,30}|\*)")
Said = Annotated[str, Query(max_length=200)]


class Asked(NamedTuple):
    """The filters as they stand in the address; empty: none."""

    subject: str
    actor: str
    action: str
    since: str
    until: str

    def address(self, **other: str) -> str:
        names = ("subject", "actor", "action", "from", "until")
        said = dict(zip(names, self, strict=True)) | other
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/audit?{query}" if query else "/audit"


class Line(NamedTuple):
    """One event in words. `changed`: name, before, after; `told`: name and what is known."""

    event: AuditEventOut
    what: str
    when: str
    changed: list[tuple[str, str, str]]
    told: list[tuple[str, str]]


async def _reader(actor: CurrentActor) -> Actor:
    """Asked before the filters are judged."""
    require(actor, Right.AUDIT_READ)
    return actor


async def _asked(
    subject: Said = "",
    actor: Said = "",
    action: Said = "",
    from_: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    return Asked(*(nfc(said.strip()) for said in (subject, actor, action, from_, until)))


@router.get("/audit")
def get_audit_page(
    request: Request,
    service: App,
    actor: Annotated[Actor, Depends(_reader)],
    asked: Annotated[Asked, Depends(_asked)],
    now: Now,
    before: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    wanted = _wanted(asked, before)
    with service.database.reading() as session:
        found = audit_trail.read_events(session, actor, wanted)
    audit_trail.note_reading(service.database, actor, now)
    language = language_of(request)
    return page(
        request,
        "audit.html",
        200,
        asked=asked,
        lines=[_line(event, language) for event in found.items],
        actions=_actions(language, asked.action),
        following=asked.address(before=found.next) if found.next else None,
        newest=asked.address() if before else None,
    )


def _wanted(asked: Asked, before: str | None) -> Wanted:
    faults = [
        Fault(f"/query/{name}", "invalid", {"reason": "control_character", "value": found})
        for name, said in asked._asdict().items()
        if (found := control_character(said))
    ]
    if asked.action and not ACTION.fullmatch(asked.action):
        faults.append(Fault("/query/action", "invalid", {"reason": "wrong_type"}))
    if faults:
        raise Invalid(faults)
    since, until = _day("from", asked.since), _day("until", asked.until)
    return Wanted(
        subjects=[asked.subject] if asked.subject else [],
        actors=[asked.actor] if asked.actor else [],
        actions=[asked.action] if asked.action else [],
        since=None if since is None else _begins(since),
        until=None if until is None else _begins(until + timedelta(days=1)),
        after=before,
        limit=LINES,
    )


def _day(name: str, said: str) -> date | None:
    if not said:
        return None
    if re.fullmatch(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", said):
        try:
            return date.fromisoformat(said)
        except ValueError:
            pass
    raise Invalid([Fault(f"/query/{name}", "invalid", {"reason": "not_a_day", "value": said})])


def _begins(day: date) -> datetime:
    """A day's first instant in Vietnam."""
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def _actions(language: str, chosen: str) -> list[tuple[str, str]]:
    """What can be chosen, in words; also what stands in the address already."""
    prefix, sentences = "audit.action.", catalogue(language)
    known = {
        key.removeprefix(prefix): sentences[key] for key in sentences if key.startswith(prefix)
    }
    if chosen:
        known.setdefault(chosen, chosen)
    return sorted(known.items(), key=lambda one: one[1])


def _line(event: AuditEventOut, language: str) -> Line:
    at = datetime.fromisoformat(event["at"]).astimezone(VIETNAM)
    clock = "%H:%M:%S %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M:%S"
    what = catalogue(language).get(f"audit.action.{event['action']}", event["action"])
    changed = _changed(event["detail"] or {}) + _changed(event["personal"] or {})
    known = {**(event["detail"] or {}), **(event["personal"] or {})}
    shown = ("before", "after", "address") if changed else ("address",)
    told = [(name, _written(fact)) for name, fact in known.items() if name not in shown]
    return Line(event, what, at.strftime(clock), changed, told)


def _changed(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What a change made different, where the event holds both sides of it."""
    before, after = facts.get("before"), facts.get("after")
    if not isinstance(after, dict):
        return []
    before = before if isinstance(before, dict) else {}
    return [
        (name, _written(before.get(name)), _written(after.get(name)))
        for name in sorted({**before, **after})
        if before.get(name) != after.get(name)
    ]


def _written(fact: Any) -> str:
    if fact is None:
        return "–"
    return fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)
