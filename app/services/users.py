"""People: invited by a one-time link, read, changed, let in again, shut out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlmodel import Session

from app.db import accounts, people
from app.db.accounts import Kept
from app.db.people_tables import Account, LinkPurpose
from app.db.session import stamp
from app.domain.access import Actor, Right, Role, require
from app.domain.errors import AlreadyThere, Conflict
from app.domain.periods import utc
from app.domain.text import search_key, sort_key
from app.schemas.fields import Sent, checked
from app.schemas.users import LinkOut, UserDefinition, UserIn, UserMade, UserOut, UserPatch
from app.services import audit, links, outbox, second_factor, sessions
from app.services.accounts import account_of, person, somebody_else
from app.services.grants import add_grant, check_fits, grant_out, valid_ids
from app.services.vault import Vault

_NAMING = ("name", "email")


class UserQuery(NamedTuple):
    """`q` is looked for without diacritics in names and e-mails; `units` and `roles` in one grant
    that holds today."""

    q: str | None
    units: list[str]
    roles: list[Role]


class Handover(NamedTuple):
    """How a one-time link reaches a person: `by_mail` where there is a mail server, and otherwise
    through the hands of who asked for it."""

    public_url: str
    vault: Vault
    by_mail: bool


def read_users(session: Session, actor: Actor, wanted: UserQuery, now: datetime) -> list[UserOut]:
    """In the order of the Vietnamese alphabet."""
    require(actor, Right.USER_MANAGE)
    valid, sought = valid_ids(session, now), search_key(wanted.q or "")
    found = [
        kept
        for kept in accounts.kept(session)
        if sought in search_key(f"{kept.account.name} | {kept.account.email or ''}")
        and (not (wanted.units or wanted.roles) or _granted(kept, wanted, valid))
    ]
    found.sort(key=lambda kept: sort_key(kept.account.name))
    return [_user(kept, valid) for kept in found]


def _granted(kept: Kept, wanted: UserQuery, valid: set[int]) -> bool:
    return any(
        grant.id in valid
        and (not wanted.units or grant.unit in wanted.units)
        and (not wanted.roles or grant.role in wanted.roles)
        for grant in kept.grants
    )


def read_user(session: Session, actor: Actor, id_: str, now: datetime) -> UserOut:
    require(actor, Right.USER_MANAGE)
    return user_out(session, account_of(session, id_), now)


def invite(
    session: Session, actor: Actor, sent: Sent[UserIn], *, handover: Handover, now: datetime
) -> UserMade:
    """An account with its first grant, and the link by which its person chooses a password."""
    require(actor, Right.USER_MANAGE)
    made = sent.judged()
    check_fits(session, made.role, made.unit)
    _check_free(session, None, made.name, made.email)
    account = Account(
        name=made.name,
        email=made.email,
        language=made.language,
        digest=made.digest,
        created_at=stamp(session).take(setup=True),
    )
    session.add(account)
    session.flush()
    detail = {"language": made.language, "digest": made.digest}
    personal = {"name": made.name, "email": made.email}
    audit.record(session, actor, "user:create", _path(account), detail, personal=personal)
    add_grant(session, actor, account.id or 0, made, now)
    handed = _hand_over(session, actor, account, handover, now)
    return cast(UserMade, {**user_out(session, account, now), **handed})


def send_link(
    session: Session, actor: Actor, id_: str, *, handover: Handover, now: datetime
) -> LinkOut:
    """A new link to choose a password; the one before opens nothing any more."""
    require(actor, Right.USER_MANAGE)
    account = somebody_else(session, actor, id_)
    if account.deactivated_at is not None:
        raise Conflict(reason="deactivated")
    return _hand_over(session, actor, account, handover, now)


def _hand_over(
    session: Session, actor: Actor, account: Account, handover: Handover, now: datetime
) -> LinkOut:
    id_ = account.id or 0
    (kept,) = accounts.kept(session, id_)
    purpose = LinkPurpose.RESET if kept.password else LinkPurpose.INVITATION
    link = links.address(handover.public_url, links.make(session, id_, purpose, now))
    by_mail = handover.by_mail and account.email is not None
    detail = {"purpose": purpose.value, "by_mail": by_mail}
    audit.record(session, actor, "user:invite", _path(account), detail)
    if not by_mail:
        return {"id": id_, "sent": False, "link": link}
    occasion = f"{purpose}/{utc(stamp(session).at)}"
    facts = {"link_sealed": handover.vault.seal(link)}
    outbox.tell(session, purpose.value, occasion, [id_], facts)
    return {"id": id_, "sent": True}


def revise_user(
    session: Session, actor: Actor, id_: str, sent: Sent[UserPatch], *, now: datetime
) -> UserOut:
    """What is given changes. Deactivated, nothing of the account opens from the next request on:
    its sessions have ended, and its grants and tokens rest until it is active again. With another
    e-mail, links that were sent to the one before open nothing any more."""
    require(actor, Right.USER_MANAGE)
    account = person(session, id_)
    before = _facts(account)
    changed = sent.judged().model_dump(exclude_unset=True)
    after = checked(UserDefinition, {**before, **changed}).model_dump()
    if after["active"] != before["active"]:
        somebody_else(session, actor, id_)
    _check_free(session, account.id, after["name"], after["email"])
    told = {name: after[name] for name in after if after[name] != before[name]}
    if told:
        _revise(session, actor, account, before, told)
    return user_out(session, account, now)


def _revise(
    session: Session,
    actor: Actor,
    account: Account,
    before: Mapping[str, Any],
    told: dict[str, Any],
) -> None:
    at = stamp(session).take(setup=True)
    if "name" in told:
        accounts.rename_in_answers(session, account.name, told["name"])
    active = told.pop("active", None)
    for name, fact in told.items():
        setattr(account, name, fact)
    if active is not None:
        account.deactivated_at = None if active else at
    if "email" in told or active is False:
        # The link that waits may be in another's hands.
        people.use_links(session, account.id or 0, at)
    session.flush()
    if told:
        was = {name: before[name] for name in told}
        audit.record(
            session,
            actor,
            "user:revise",
            _path(account),
            {"changed": sorted(told), "before": _plain(was), "after": _plain(told)},
            personal={"before": _naming(was), "after": _naming(told)},
        )
    if active is not None:
        detail = {"sessions": 0 if active else sessions.end_all(session, account.id or 0)}
        action = "user:reactivate" if active else "user:deactivate"
        audit.record(session, actor, action, _path(account), detail)


def reset_second_factor(session: Session, actor: Actor, id_: str) -> None:
    """For who has lost it: the password alone opens until a new one is set up."""
    require(actor, Right.USER_MANAGE)
    account = somebody_else(session, actor, id_)
    second_factor.remove(session, account.id or 0)
    audit.record(session, actor, "user:reset_second_factor", _path(account))


def end_sessions(session: Session, actor: Actor, id_: str) -> None:
    """Sign the person out everywhere."""
    require(actor, Right.USER_MANAGE)
    account = account_of(session, id_)
    ended = sessions.end_all(session, account.id or 0)
    audit.record(session, actor, "user:end_sessions", _path(account), {"sessions": ended})


def user_out(session: Session, account: Account, now: datetime) -> UserOut:
    (kept,) = accounts.kept(session, account.id)
    return _user(kept, valid_ids(session, now))


def _user(kept: Kept, valid: set[int]) -> UserOut:
    account = kept.account
    ended, veiled = account.deactivated_at, account.pseudonymised_at
    return {
        "id": account.id or 0,
        "name": account.name,
        "email": account.email,
        "language": account.language,
        "digest": account.digest,
        "active": ended is None,
        "password": kept.password,
        "second_factor": kept.second_factor,
        "created_at": utc(account.created_at),
        "deactivated_at": utc(ended) if ended else None,
        "pseudonymised_at": utc(veiled) if veiled else None,
        "grants": [grant_out(grant, valid) for grant in kept.grants],
    }


def _facts(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "email": account.email,
        "language": account.language,
        "digest": account.digest,
        "active": account.deactivated_at is None,
    }


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name not in _NAMING}


def _naming(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name in _NAMING}


def _check_free(session: Session, id_: int | None, name: str, email: str | None) -> None:
    taken = accounts.taken(session, id_, name=name, email=email)
    if taken is not None:
        raise AlreadyThere(value=taken)


def _path(account: Account) -> str:
    return f"users/{account.id}"
