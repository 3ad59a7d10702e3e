"""Changes of the rules that wait for a second administrator: what would change; the decision."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor, Answer, Right, Subject, can
from app.domain.errors import Refusal
from app.domain.proposals import ProposalState
from app.schemas.proposals import ProposalOut, ProposedChange
from app.schemas.reports import CommentIn
from app.services import proposals
from app.web.admin.answers import REFUSED, formed, go, sent_as
from app.web.forms import WordsForm
from app.web.paper import PageRoute, page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/proposals"
LINES = 50
LOOKS = {
    ProposalState.OPEN: ("warn", "◆"),
    ProposalState.CONFIRMED: ("good", "✓"),
    ProposalState.REFUSED: ("bad", "▼"),
    ProposalState.WITHDRAWN: ("none", "○"),
}


# The fields that people have words for; others are shown by their names.
WORDS = (
    *("threshold_percent", "threshold_count", "comparator", "due_on", "title_vi", "title_en"),
    *("baseline_percent", "baseline_count", "baseline_on", "interpretation_vi", "act", "reason"),
    *("effective_on", "predecessors", "successors", "decision", "shares", "valid_to", "decided_on"),
)


class Difference(NamedTuple):
    """One field of what a proposal would change; None: nothing there. `place`: programme, period,
    target and unit of a population."""

    name: str
    before: Any
    after: Any
    place: tuple[str, ...] = ()


class Effect(NamedTuple):
    action: str
    subject: str
    fields: list[Difference]


@router.get(LIST)
def get_proposals_page(
    request: Request,
    service: App,
    actor: CurrentActor,
    number: Annotated[int, Query(alias="page", ge=1, le=9999)] = 1,
) -> Response:
    said = request.query_params.get("state", "")
    states = [ProposalState(said)] if said in set(ProposalState) else []
    with service.database.reading() as session:
        found = proposals.read_proposals(session, actor, states)
    state, first = states[0] if states else "", (number - 1) * LINES
    return page(
        request,
        "admin/people/proposals.html",
        200,
        lines=found[first : first + LINES],
        before=_address(state, number - 1) if first else None,
        following=_address(state, number + 1) if first + LINES < len(found) else None,
        state=state,
        states=[*ProposalState],
        looks=LOOKS,
        two=bool(service.settings.two_administrators),
    )


def _address(state: str, number: int) -> str:
    query = ({"state": state} if state else {}) | ({"page": number} if number > 1 else {})
    return f"{LIST}?{urlencode(query)}" if query else LIST


@router.get(f"{LIST}/{{id}}")
def get_proposal_page(request: Request, service: App, actor: CurrentActor, id: str) -> Response:
    return _proposal(request, service, actor, id, {})


def _proposal(
    request: Request,
    service: Service,
    actor: Actor,
    id: str,
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
) -> Response:
    with service.database.reading() as session:
        found = proposals.read_proposal(session, actor, id)
    own = Subject(own=found["by"] == actor.name)
    may = {
        "decide": can(actor, Right.PROPOSAL_DECIDE, own) is Answer.YES,
        "withdraw": can(actor, Right.PROPOSAL_WITHDRAW, own) is Answer.YES,
    }
    waits = found["state"] == ProposalState.OPEN
    return formed(
        request,
        "admin/people/proposal.html",
        refusal,
        found=found,
        effects=[effect_of(one) for one in found["changes"]],
        may_decide=waits and may["decide"],
        may_withdraw=waits and may["withdraw"],
        reason=_reason(found),
        looks=LOOKS,
        words=WORDS,
        typed=typed,
        done=request.query_params.get("done") == "1",
    )


def _reason(found: ProposalOut) -> str | None:
    said: str | None = found["content"].get("reason")
    return said


def effect_of(change: ProposedChange) -> Effect:
    return Effect(change["action"], change["subject"], [*_differences(change["detail"])])


def _differences(detail: Mapping[str, Any]) -> Iterator[Difference]:
    """What differs between before and after: of a definition, or of each population."""
    for row in detail.get("rows", ()):
        place = tuple(str(row[name]) for name in ("programme", "period", "target", "unit"))
        yield Difference("", row["before"], row["after"], place)
    before, after = detail.get("before") or {}, detail.get("after") or {}
    for name in after:
        if not _same(before.get(name), after[name]):
            yield Difference(name, before.get(name), after[name])


def _same(before: Any, after: Any) -> bool:
    """The kinds that a target is of are a set, and stand in any order."""
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(str, before)) == sorted(map(str, after))
    return bool(before == after)


def _confirm(session: Any, actor: Actor, id: str, form: WordsForm, now: datetime) -> Any:
    return proposals.confirm(session, actor, id, sent_as(CommentIn, _comment(form)), now=now)


def _refuse(session: Any, actor: Actor, id: str, form: WordsForm, _now: datetime) -> Any:
    return proposals.refuse(session, actor, id, sent_as(CommentIn, _comment(form)))


def _withdraw(session: Any, actor: Actor, id: str, form: WordsForm, _now: datetime) -> Any:
    return proposals.withdraw(session, actor, id, sent_as(CommentIn, _comment(form)))


DECISIONS = {"confirm": _confirm, "refuse": _refuse, "withdraw": _withdraw}


def _comment(form: Mapping[str, str]) -> dict[str, str]:
    return {"comment": form.get("comment", "").replace("\r\n", "\n").strip()}


def _decided(  # noqa: PLR0913, PLR0917 - what a request brings with it
    verb: str,
    request: Request,
    service: Service,
    actor: Actor,
    now: datetime,
    form: WordsForm,
    id: str,
) -> Response:
    try:
        with service.database.writing() as session:
            DECISIONS[verb](session, actor, id, form, now)
    except REFUSED as refusal:
        return _proposal(request, service, actor, id, form, refusal)
    return go(f"{LIST}/{id}?done=1")


@router.post(f"{LIST}/{{id}}/confirm")
def post_proposal_confirm(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request, service: App, actor: CurrentActor, now: Now, form: WordsForm, id: str
) -> Response:
    """It takes effect; what no longer fits is refused, and goes on waiting."""
    return _decided("confirm", request, service, actor, now, form, id)


@router.post(f"{LIST}/{{id}}/refuse")
def post_proposal_refuse(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request, service: App, actor: CurrentActor, now: Now, form: WordsForm, id: str
) -> Response:
    return _decided("refuse", request, service, actor, now, form, id)


@router.post(f"{LIST}/{{id}}/withdraw")
def post_proposal_withdraw(  # noqa: PLR0913, PLR0917 - what a request brings with it
    request: Request, service: App, actor: CurrentActor, now: Now, form: WordsForm, id: str
) -> Response:
    return _decided("withdraw", request, service, actor, now, form, id)
