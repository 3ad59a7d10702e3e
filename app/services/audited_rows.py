"""Access, webhooks, and what stands around reports, held against what the audit tells of them.

A row is as the events that call it leave it, and every event that makes a row has made one. Facts
that an event does not say are not held: events of before 1.0 say less.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlmodel import Session

from app.db import audited
from app.db.audited import Held
from app.db.checks import Row
from app.domain.chain import content_sha256, text_sha256
from app.domain.periods import utc
from app.domain.proposals import PROPOSED, ProposalState
from app.services.findings import Check, Fault, Given, Seen

Facts = dict[str, Any]


class Kind(NamedTuple):
    """Rows of a kind. `names`: what events call a row, first of all where it is; `calls`: what an
    event calls the rows it tells of, first the one it makes; `key`: that one's. `told`: the facts
    that an event adds to those so far. `first`: the facts of a row that nothing tells of."""

    noun: str
    held: Held
    makes: tuple[str, ...]
    changes: tuple[str, ...]
    names: Callable[[Row], Sequence[str]]
    calls: Callable[[Row], Sequence[str]]
    key: Callable[[Row], object]
    told: Callable[[Facts, Row], Facts]
    first: Mapping[str, Any] = {}


def _held(kinds: Sequence[Kind]) -> Check:
    def check(session: Session, given: Given, seen: Seen) -> Iterator[Fault]:
        for kind in kinds:
            yield from _changed(session, kind, seen)
            yield from _missing(session, kind)

    return check


def _changed(session: Session, kind: Kind, seen: Seen) -> Iterator[Fault]:
    for rows in audited.rows(session, kind.held):
        events = _events(session, kind, rows)
        for row in rows:
            where, *_ = names = kind.names(row)
            own = sorted((e for name in names for e in events[name]), key=lambda e: int(e["id"]))
            if kind.first or any(kind.calls(one)[0] == where for one in own):
                for name in _differing(kind, row, own):
                    yield Fault(where, f"{name} is not what the audit has")
            else:
                yield Fault(where, f"the audit has no such {kind.noun}")
            seen()


def _differing(kind: Kind, row: Row, events: Sequence[Row]) -> list[str]:
    facts, told = _facts(row), dict(kind.first)
    for event in events:
        told |= kind.told(told, event)
    return [name for name in told if told[name] not in (facts[name], _ERASED)]


def _events(session: Session, kind: Kind, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """By what they call their rows."""
    subjects = {name.partition(",")[0] for row in rows for name in kind.names(row)}
    if kind.held is audited.TOKENS:
        ids = [row["id"] for row in rows]
        subjects |= {f"tokens/{id_}" for id_ in audited.replacing(session, ids)}
    found: dict[str, list[Row]] = defaultdict(list)
    for event in audited.events_of(session, kind.makes + kind.changes, subjects):
        for name in kind.calls(event):
            found[name].append(event)
    return found


def _missing(session: Session, kind: Kind) -> Iterator[Fault]:
    for events in audited.events(session, kind.makes):
        there = audited.there(session, kind.held, map(kind.key, events))
        for event in events:
            if kind.key(event) not in there:
                yield Fault(kind.calls(event)[0], f"the {kind.noun} that the audit has is missing")


def _facts(row: Row) -> Facts:
    """As events say them."""
    facts = {name: _plain(fact) for name, fact in row.items()}
    if "text" in row:
        facts["text_sha256"] = text_sha256(row["text"])
    if "secret_sha256" in row:
        facts["kept_sha256"] = text_sha256(row["secret_sha256"])
    if "url" in row:
        facts["host"] = urlsplit(row["url"]).hostname
    if "changes" in row:
        facts["content_sha256"] = content_sha256({name: row[name] for name in PROPOSED})
    return facts


def _plain(fact: Any) -> Any:
    if isinstance(fact, datetime):
        return utc(fact)
    return fact.isoformat() if isinstance(fact, date) else fact


def _said(event: Row, *names: str) -> Facts:
    return {name: event["detail"][name] for name in names if name in event["detail"]}


def _by(event: Row, at: str, by: str = "account_id") -> Facts:
    return {at: utc(event["at"]), by: event["account_id"]}


def _subject(event: Row) -> Sequence[str]:
    return [event["subject"]]


def _last_part(event: Row) -> str:
    return str(event["subject"]).rpartition("/")[2]


def _account(facts: Facts, event: Row) -> Facts:
    at, personal = utc(event["at"]), event["personal"]
    match event["action"]:
        case "user:create":
            named = {name: personal.get(name) if personal else _ERASED for name in _NAMING}
            return {**named, "created_at": at}
        case "user:revise":
            changed = set(_NAMING) & set(event["detail"]["changed"])
            return {name: personal["after"][name] if personal else _ERASED for name in changed}
        case "user:deactivate":
            return {"deactivated_at": at}
        case "user:reactivate":
            return {"deactivated_at": None}
    forgotten = {"deactivated_at": facts["deactivated_at"] or at, "pseudonymised_at": at}
    return {**dict.fromkeys(_NAMING, _ERASED), **forgotten, "email": None}


_NAMING = ("name", "email")
_ERASED = object()  # what it was, nobody knows any more


def _grant(_: Facts, event: Row) -> Facts:
    if event["action"] == "grant:revoke":
        return _by(event, "revoked_at", "revoked_by")
    said = _said(event, "role", "unit", "starts_on", "ends_on", "reason")
    open_ = {"revoked_at": None, "revoked_by": None}
    return {**said, **open_, **_by(event, "granted_at", "granted_by")}


def _token_calls(event: Row) -> Sequence[str]:
    replaced = (event["detail"] or {}).get("replaces")
    return [event["subject"], *([f"tokens/{replaced}"] if replaced else [])]


def _token(facts: Facts, event: Row) -> Facts:
    if event["action"] in ("token:revoke", "user:pseudonymise"):
        return {"revoked_at": facts.get("revoked_at") or utc(event["at"])}
    if facts:  # another was made in its place
        return {"expires_at": event["detail"]["until"]}
    detail = event["detail"]
    said = {"replaces": None, **_said(event, "role", "unit", "scopes", "replaces", "kept_sha256")}
    if "account" in detail:
        said["account_id"] = detail["account"]
    if "expires_days" in detail:
        said["expires_at"] = utc(event["at"] + timedelta(days=detail["expires_days"]))
    made = {"created_at": utc(event["at"]), "revoked_at": None}
    return {**said, **_said(event, "expires_at"), **made}


def _webhook(_: Facts, event: Row) -> Facts:
    if event["action"] == "webhook:remove":
        return {"removed_at": utc(event["at"])}
    return {**_said(event, "host", "actions"), "removed_at": None, **_by(event, "created_at")}


def _public_link(_: Facts, event: Row) -> Facts:
    if event["action"] == "public_link:revoke":
        return _by(event, "revoked_at", "revoked_by")
    said = _said(event, "snapshot_id", "expires_at", "kept_sha256")
    if event["personal"]:
        said["name"] = event["personal"]["name"]
    return {**said, "revoked_at": None, "revoked_by": None, **_by(event, "created_at")}


def _proposal(_: Facts, event: Row) -> Facts:
    state = _STATES[event["action"]]
    if state is not ProposalState.OPEN:
        decided = _by(event, "decided_at", "decided_by")
        return {**decided, "state": state, **_said(event, "comment")}
    said = {**_said(event, "kind", "content_sha256"), "subject": event["detail"]["changes"]}
    undecided = {"decided_at": None, "decided_by": None, "comment": None}
    return {**said, "state": state, **undecided, **_by(event, "at")}


_STATES = {
    "proposal:create": ProposalState.OPEN,
    "proposal:confirm": ProposalState.CONFIRMED,
    "proposal:refuse": ProposalState.REFUSED,
    "proposal:withdraw": ProposalState.WITHDRAWN,
}


def _comment(_: Facts, event: Row) -> Facts:
    said = _said(event, "target", "internal", "at_centre", "revision", "version", "text_sha256")
    return {**said, **_by(event, "at")}


def _attachment(_: Facts, event: Row) -> Facts:
    if event["action"] == "report:detach":
        return _by(event, "withdrawn_at", "withdrawn_by")
    said = _said(event, "sha256", "target", "revision", "version", "media_type", "size")
    if event["personal"] and "file" in event["personal"]:
        said["name"] = event["personal"]["file"]
    return {**said, "withdrawn_at": None, "withdrawn_by": None, **_by(event, "at")}


def _exception(_: Facts, event: Row) -> Facts:
    return {**_said(event, "unit", "until", "reason"), **_by(event, "at")}


def _of_report(noun: str) -> Callable[[Row], Sequence[str]]:
    def names(row: Row) -> Sequence[str]:
        path = f"reports/{row['programme']}/{row['period']}/{row['unit']}"
        return [f"{path}, {noun} {row['id']}"]

    return names


def _in_detail(noun: str) -> Callable[[Row], Sequence[str]]:
    return lambda event: [f"{event['subject']}, {noun} {event['detail']['id']}"]


_ACCOUNTS = Kind(
    "account",
    audited.ACCOUNTS,
    makes=("user:create",),
    changes=("user:revise", "user:deactivate", "user:reactivate", "user:pseudonymise"),
    names=lambda row: [f"users/{row['id']}"],
    calls=_subject,
    key=lambda event: int(_last_part(event)),
    told=_account,
    # Those that answer for tokens alone are made without an event of their own.
    first={"deactivated_at": None, "pseudonymised_at": None},
)
_GRANTS = Kind(
    "grant",
    audited.GRANTS,
    makes=("grant:create",),
    changes=("grant:revoke",),
    names=lambda row: [f"users/{row['account_id']}/grants/{row['id']}"],
    calls=_subject,
    key=lambda event: int(_last_part(event)),
    told=_grant,
)
_TOKENS = Kind(
    "token",
    audited.TOKENS,
    makes=("token:create", "token:rotate"),
    changes=("token:revoke", "user:pseudonymise"),
    names=lambda row: [f"tokens/{row['id']}", f"users/{row['account_id']}"],
    calls=_token_calls,
    key=_last_part,
    told=_token,
)
_WEBHOOKS = Kind(
    "webhook",
    audited.WEBHOOKS,
    makes=("webhook:create",),
    changes=("webhook:remove",),
    names=lambda row: [f"webhooks/{row['id']}"],
    calls=_subject,
    key=_last_part,
    told=_webhook,
)
_PUBLIC_LINKS = Kind(
    "public link",
    audited.PUBLIC_LINKS,
    makes=("public_link:create",),
    changes=("public_link:revoke",),
    names=lambda row: [f"public-links/{row['id']}"],
    calls=_subject,
    key=_last_part,
    told=_public_link,
)
_PROPOSALS = Kind(
    "proposal",
    audited.PROPOSALS,
    makes=("proposal:create",),
    changes=("proposal:confirm", "proposal:refuse", "proposal:withdraw"),
    names=lambda row: [f"proposals/{row['id']}"],
    calls=_subject,
    key=_last_part,
    told=_proposal,
)
_COMMENTS = Kind(
    "comment",
    audited.COMMENTS,
    makes=("report:comment",),
    changes=(),
    names=_of_report("comment"),
    calls=_in_detail("comment"),
    key=lambda event: event["detail"]["id"],
    told=_comment,
)
_ATTACHMENTS = Kind(
    "attachment",
    audited.ATTACHMENTS,
    makes=("report:attach",),
    changes=("report:detach",),
    names=_of_report("attachment"),
    calls=_in_detail("attachment"),
    key=lambda event: event["detail"]["id"],
    told=_attachment,
)
_EXCEPTIONS = Kind(
    "exception",
    audited.EXCEPTIONS,
    makes=("period:except",),
    changes=(),
    names=lambda row: [f"periods/{row['programme']}/{row['period']}, exception {utc(row['at'])}"],
    calls=lambda event: [f"{event['subject']}, exception {utc(event['at'])}"],
    key=lambda event: event["at"],
    told=_exception,
)

access = _held([_ACCOUNTS, _GRANTS, _TOKENS, _WEBHOOKS, _PUBLIC_LINKS])
work = _held([_PROPOSALS, _EXCEPTIONS, _COMMENTS, _ATTACHMENTS])
