"""The reviewer's pages: what waits, one report side by side, and decisions on one or on many."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, Depends, Request, Response

from app.answers import Ready, status_of, to_json
from app.bodies import fields_of, read_body
from app.deps import App, CurrentActor, Now, Service
from app.domain.access import Actor, Right, require
from app.domain.errors import CommentRequired, Conflict, Fault, Invalid, PreconditionFailed, Refusal
from app.domain.workflow import Action
from app.i18n import explain, say, titled
from app.schemas.bulk import ApprovalsIn
from app.schemas.comments import RemarkIn
from app.schemas.fields import Sent, read
from app.schemas.reports import CommentIn
from app.services import beside, bulk_approval, comments, one_report, queue, reports
from app.services.filing import Circumstances, Precondition
from app.services.idempotency import Answer, once
from app.services.places import ReportKey
from app.web.forms import WordsForm, once_key, why
from app.web.links import address
from app.web.paper import UNKEPT, PageRoute, language_of, page
from app.web.report import Key, words_of
from app.web.report_words import told_of
from app.web.review_words import Row, last_period, review_lines, row_of, when_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PLACE = "/review/{programme}/{period}/{unit}"
DEEDS = (Action.APPROVE, Action.RETURN, Action.REOPEN)
REFUSED = (Conflict, CommentRequired, Invalid, PreconditionFailed)
# Ticks of some hundred reports, and a long comment.
TICKS_BYTES = 200_000
LONGEST_VERSION = 10
NO_VERSION = 2**31 - 1


class Asked(NamedTuple):
    """The filters as they stand in the address; empty: none."""

    programme: str
    period: str
    late: str

    def address(self, path: str = "/review", **more: str) -> str:
        return address(path, **{**self._asdict(), **more})

    def lets(self, one: queue.Waiting) -> bool:
        key = one.place.key
        within = self.programme in ("", key.programme) and self.period in ("", key.period)
        return within and (one.late or not self.late)


async def _asked(request: Request) -> Asked:
    """From the address's query: a report's own address names its programme and period as well."""
    said = request.query_params
    late = "1" if said.get("late") == "1" else ""
    return Asked(said.get("programme", "")[:40], said.get("period", "")[:40], late)


Filters = Annotated[Asked, Depends(_asked)]


class Trouble(NamedTuple):
    """Why a form was not taken: `said` is what was typed, `wrong` what is wrong with a field."""

    status: int = 200
    why_not: str = ""
    wrong: Mapping[str, str] = {}
    said: Mapping[str, str] = {}
    version: int | None = None


NOTHING = Trouble()


async def _ticks(request: Request, _actor: CurrentActor) -> dict[str, str]:
    """Read after it is known who sends them."""
    return fields_of(await read_body(request, TICKS_BYTES))


Ticks = Annotated[dict[str, str], Depends(_ticks)]


@router.get("/review")
def get_queue_page(request: Request, service: App, actor: CurrentActor, asked: Filters) -> Response:
    return _queue(request, service, actor, asked)


def _queue(
    request: Request, service: Service, actor: Actor, asked: Asked, trouble: Trouble = NOTHING
) -> Response:
    language = language_of(request)
    with service.database.reading() as session:
        found = queue.waiting(session, actor)
    hints, places = _hints(request), [one.place for one in found]
    programmes = {one.programme.code: titled(one.programme, "title", language) for one in places}
    periods = {row.one.place.period.code: row.when for row in _rows(found, {}, language)}
    return page(
        request,
        "review/queue.html",
        trouble.status,
        asked=asked,
        rows=_rows([one for one in found if asked.lets(one)], hints, language),
        all=len(found),
        programmes=list(programmes.items()),
        periods=sorted(periods.items(), reverse=True),
        trouble=trouble,
        done=_done(request, language),
    )


def _rows(found: list[queue.Waiting], hints: Mapping[str, int], language: str) -> list[Row]:
    return [row_of(one, hints.get(one.place.key.path, 0), language) for one in found]


def _hints(request: Request) -> Mapping[str, int]:
    """Worked out once per data version."""
    ready: Ready = request.app.state.ready
    body = ready.body("review hints", lambda session: to_json(beside.hints_waiting(session)))
    found: Mapping[str, int] = orjson.loads(body)
    return found


def _done(request: Request, language: str) -> str | None:
    """What was just done with another report, in words."""
    deed, unit = request.query_params.get("done"), request.query_params.get("of", "")
    if deed not in [*DEEDS, "comment"]:
        return None
    return say(f"review.done.{deed}", language, {"unit": unit[:120]})


@router.post("/review/decide")
def post_decisions(
    request: Request, service: App, actor: CurrentActor, now: Now, asked: Filters, form: Ticks
) -> Response:
    """Each report as the queue showed it; what came in between is left alone and told."""
    require(actor, Right.REPORT_APPROVE)
    deed = form.get("deed")
    if deed not in (Action.APPROVE, Action.RETURN):
        raise Invalid([Fault("/deed", "invalid", {"reason": "wrong_type"})])
    approving = deed == Action.APPROVE
    decide = bulk_approval.approve_all if approving else bulk_approval.return_all
    ticked = {name: shown for name, shown in form.items() if name.startswith("report/")}
    sent = read(ApprovalsIn, Sent(_ticked(ticked, form)))
    given = Circumstances(now, service.signer)
    try:
        with service.database.writing() as session:
            made: Any = decide(session, actor, sent, given)
    except (CommentRequired, Invalid) as refusal:
        said = words_of(refusal, language_of(request)) if ticked else ""
        none = say("review.none_ticked", language_of(request))
        wrong = {"comment": said} if said else {}
        trouble = Trouble(422, said or none, wrong, form)
        return _queue(request, service, actor, asked, trouble)
    return _outcome(request, actor, service, asked, made["items"] if approving else made)


def _ticked(ticked: Mapping[str, str], form: Mapping[str, str]) -> dict[str, Any]:
    listed = []
    for name, shown in ticked.items():
        _, *key = name.split("/")
        if len(key) == len(ReportKey._fields):
            listed.append({**ReportKey(*key)._asdict(), "version": _version(shown)})
    return {"reports": listed, "comment": form.get("comment") or None}


def _version(shown: str) -> int:
    """One that no report has, where the form says none."""
    plain = shown.isascii() and shown.isdigit() and len(shown) < LONGEST_VERSION
    return int(shown) if plain and int(shown) else NO_VERSION


def _outcome(
    request: Request,
    actor: Actor,
    service: Service,
    asked: Asked,
    items: list[dict[str, Any]],
) -> Response:
    language = language_of(request)
    for one in items:
        one["path"] = f"{one['programme']}/{one['period']}/{one['unit']}"
        one["when"] = when_of(one["period"], language)
        one["why_not"] = one["code"] and explain(one["code"], language, one["facts"])
    return page(
        request,
        "review/outcome.html",
        200,
        taken=[one for one in items if not one["code"]],
        stale=[one for one in items if one["code"] == PreconditionFailed.code],
        refused=[one for one in items if one["code"] not in (None, PreconditionFailed.code)],
        asked=asked,
    )


@router.get(PLACE)
def get_review_page(
    request: Request, service: App, actor: CurrentActor, now: Now, key: Key, asked: Filters
) -> Response:
    return _review(request, service, actor, (key, now, asked))


def _review(
    request: Request,
    service: Service,
    actor: Actor,
    what: tuple[ReportKey, datetime, Asked],
    trouble: Trouble = NOTHING,
) -> Response:
    (key, now, asked), language = what, language_of(request)
    with service.database.reading() as session:
        place = queue.to_review(session, actor, key)
        seen = one_report.look_into(session, actor, key, None, now)
        found = beside.compared(session, actor, key)
        four_eyes = not queue.may_approve(session, actor, place)
        line_up = [one.place.key for one in queue.waiting(session, actor) if asked.lets(one)]
        version = trouble.version
        since = [] if version is None else one_report.steps_since(session, actor, key, version)
    told = told_of(seen, language)
    lines = review_lines(seen, told, found, language)
    return page(
        request,
        "review/report.html",
        trouble.status,
        seen=seen,
        told=told,
        lines=lines,
        path="/".join(key),
        asked=asked,
        around=_around(line_up, key),
        four_eyes=four_eyes,
        since=since,
        trouble=trouble,
        once=secrets.token_hex(12),
        done=_done(request, language),
        last=last_period(found, language),
    )


class Around(NamedTuple):
    """Where a report stands in the queue (0: not in it), and the paths before and after it."""

    at: int
    of: int
    before: str | None
    after: str | None


def _around(line_up: list[ReportKey], key: ReportKey) -> Around:
    if key not in line_up:
        return Around(0, len(line_up), None, "/".join(line_up[0]) if line_up else None)
    at = line_up.index(key)
    before, after = line_up[:at], line_up[at + 1 :]
    return Around(
        at + 1,
        len(line_up),
        "/".join(before[-1]) if before else None,
        "/".join(after[0]) if after else None,
    )


def _decision(action: Action) -> None:
    @router.post(f"{PLACE}/{action}", name=f"review: {action}")
    def post_decision(
        request: Request,
        service: App,
        actor: CurrentActor,
        now: Now,
        key: Key,
        asked: Filters,
        form: WordsForm,
    ) -> Response:
        """Done only to what the page showed: whatever came in between is told first."""
        version = _version(form.get("version", ""))
        given = Circumstances(now, service.signer, Precondition(frozenset({version})))
        sent = read(CommentIn, Sent({"comment": form.get("comment") or None}))
        try:
            with service.database.writing() as session:
                reports.decide(session, actor, key, action, sent, given=given)
        except REFUSED as refusal:
            trouble = _trouble(refusal, form, version, language_of(request))
            return _review(request, service, actor, (key, now, asked), trouble)
        return _onwards(service, actor, key, action, (asked, form.get("next", "")))


for _action in DEEDS:
    _decision(_action)


def _trouble(refusal: Refusal, form: Mapping[str, str], version: int, language: str) -> Trouble:
    said = words_of(refusal, language)
    of_comment = isinstance(refusal, CommentRequired | Invalid)
    stale = isinstance(refusal, PreconditionFailed)
    wrong = {"comment": said} if of_comment else {}
    return Trouble(status_of(refusal), said, wrong, form, version if stale else None)


def _onwards(
    service: Service, actor: Actor, key: ReportKey, action: Action, to: tuple[Asked, str]
) -> Response:
    """To the report that came next on the page, as long as it waits, else to the oldest."""
    asked, wanted = to
    with service.database.reading() as session:
        unit = queue.to_review(session, actor, key).unit
        found = queue.waiting(session, actor)
        paths = ["/".join(one.place.key) for one in found if asked.lets(one)]
    following = wanted if wanted in paths else next(iter(paths), None)
    path = f"/review/{following}" if following else "/review"
    return _to(asked.address(path, done=action.value, of=unit.names[-1].short_vi))


@router.post(f"{PLACE}/comments", name="review: say")
def post_comment(
    request: Request,
    service: App,
    actor: CurrentActor,
    now: Now,
    key: Key,
    asked: Filters,
    form: WordsForm,
) -> Response:
    content = {"text": form.get("text", "").replace("\r\n", "\n")}
    sent = read(RemarkIn, Sent({**content, "target": form.get("target") or None}))
    digest = f"comment {key.path} {sorted(form.items())}".encode("utf-8", "backslashreplace")
    name = once_key(form.get("once", ""), digest)
    try:
        with service.database.writing() as session:
            queue.to_review(session, actor, key)

            def carry_out() -> Answer:
                return Answer(201, to_json(comments.add_comment(session, actor, key, sent, now)))

            once(session, actor, name, digest, carry_out)
    except Invalid as refusal:
        trouble = Trouble(422, "", why(request, refusal.faults), form)
        return _review(request, service, actor, (key, now, asked), trouble)
    return _to(asked.address(f"/review/{'/'.join(key)}", done="comment") + "#talk")


def _to(address: str) -> Response:
    return Response(status_code=303, headers={"location": address, **UNKEPT})
