"""How an administrator's pages change the rules: looked at first, then stored or proposed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Depends, Request, Response

from app.answers import status_of
from app.bodies import fields_of, read_body
from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor
from app.domain.errors import Fault, Invalid, Refusal
from app.domain.numbers import Unreadable, read_count
from app.i18n import explain
from app.schemas.fields import Sent
from app.services import proposals
from app.services.proposals import Change, Rehearsed
from app.web.admin.answers import Typed, go
from app.web.paper import language_of, page

WAITS = re.compile(r"[0-9a-f]{16}")
T = TypeVar("T")
# Before a field's name: how it stood when the form was shown.
WAS = "was."
# Around what was typed or pasted. Not tabs: an empty first or last cell of a row is one too.
EDGES = " \n\u00a0"


class Desk(NamedTuple):
    """What every page of an administrator knows of the request."""

    request: Request
    service: Service
    actor: Actor
    now: datetime

    @property
    def language(self) -> str:
        return language_of(self.request)

    @property
    def two(self) -> bool:
        """A change of the rules needs a second administrator."""
        return bool(self.service.settings.two_administrators)

    def shown(
        self,
        template: str,
        refusal: Refusal | None = None,
        /,
        typed: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> Response:
        """A page with forms; what was refused is told above them and beside each field."""
        asked = self.request.query_params
        wrong = Typed({} if refusal is None else beside(refusal, self.language))
        return page(
            self.request,
            f"admin/{template}",
            200 if refusal is None else status_of(refusal),
            wrong=wrong,
            typed=Typed(typed or {}),
            blank=Typed(),
            two=self.two,
            done=asked.get("done") == "1",
            waits=found[0] if (found := WAITS.fullmatch(asked.get("waits", ""))) else None,
            **facts,
        )

    def change(self, change: Change) -> Rehearsed:
        """Only what it would do."""
        with self.service.database.writing() as session:
            return proposals.rehearse(session, self.actor, change, self.now)

    def carry(self, change: Change, where: str) -> Response:
        """Stored; or kept for a second administrator, and said so."""
        with self.service.database.writing() as session:
            if not self.two:
                proposals.carry_out(session, self.actor, change, self.now)
                return go(f"{where}?done=1")
            answer, waits = proposals.propose(session, self.actor, change, self.now)
        return go(f"{where}?waits={answer['id']}" if waits else f"{where}?done=1")


async def _desk(request: Request, service: App, actor: CurrentActor, now: Now) -> Desk:
    return Desk(request, service, actor, now)


AtDesk = Annotated[Desk, Depends(_desk)]


async def _large(request: Request) -> dict[str, str]:
    """The fields of a form into which whole tables are pasted; lines end as they do elsewhere."""
    limit = request.app.state.service.settings.body_limit
    fields = fields_of(await read_body(request, limit))
    return {name: said.replace("\r\n", "\n").strip(EDGES) for name, said in fields.items()}


Large = Annotated[dict[str, str], Depends(_large)]


def beside(refusal: Refusal, language: str) -> dict[str, str]:
    """What is wrong, in words, by the field of the form that it stands in ("": none of them)."""
    if not refusal.faults:
        return {"": explain(refusal.code, language, refusal.facts)}
    found: dict[str, list[str]] = {}
    for one in refusal.faults:
        name = one.place.strip("/").partition("/")[0]
        found.setdefault(name, []).append(explain(one.code, language, one.facts))
    return {name: " ".join(dict.fromkeys(said)) for name, said in found.items()}


def differing(form: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str | None]:
    """The fields typed otherwise than the form showed them; emptied ones are None.

    `there` is how they stand now: Invalid where another administrator has changed one of them in
    the meantime, and what was not touched stays as the other left it.
    """
    touched = [name for name, now in there.items() if _is_touched(form, name, now)]
    changed = {name: form[name] or None for name in touched if form[name] != there[name]}
    faults = [
        Fault(f"/{name}", "invalid", {"reason": "changed_meanwhile", "value": there[name] or "–"})
        for name in changed
        if form.get(WAS + name, there[name]) != there[name]
    ]
    if faults:
        raise Invalid(faults)
    return changed


def _is_touched(form: Mapping[str, str], name: str, now: str) -> bool:
    return name in form and form[name] != form.get(WAS + name, now)


def filled(form: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """A form shown again: what was typed, and in what was not touched how it stands now."""
    untouched = {name: now for name, now in there.items() if not _is_touched(form, name, now)}
    return {**there, **form, **untouched}


def missing(form: Mapping[str, str], names: Sequence[str]) -> list[Fault]:
    """Every field that must be filled and is not."""
    return [
        Fault(f"/{one}", "invalid", {"reason": "missing"}) for one in names if not form.get(one)
    ]


def refuse_unless(form: Mapping[str, str], names: Sequence[str]) -> None:
    if faults := missing(form, names):
        raise Invalid(faults)


def refuse_unchanged(said: Mapping[str, Any]) -> None:
    if not said:
        raise Invalid([Fault("", "invalid", {"reason": "nothing_changed"})])


def needing(sent: Sent[T], form: Mapping[str, str], names: Sequence[str]) -> Sent[T]:
    """What was sent, with what is missing told beside all else that is wrong with it."""
    return Sent(sent.contract, [*missing(form, names), *sent.faults])


def count(text: str) -> Any:
    """A count as people write it ("1.250"); what is none goes on to be refused."""
    try:
        return read_count(text)
    except Unreadable:
        return text
