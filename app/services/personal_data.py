"""What is kept about one person (Law 91/2025/QH15): all of it shown, or who it was forgotten."""

from datetime import datetime

from sqlmodel import Session

from app.db import accounts, personal
from app.db.people_tables import Account
from app.db.session import stamp
from app.domain.access import Actor, Right, require
from app.domain.periods import utc
from app.schemas.fields import Sent
from app.schemas.users import PersonalData, PersonalEvent, PseudonymiseIn, UserOut
from app.services import audit
from app.services.accounts import account_of, somebody_else
from app.services.grants import end_grants
from app.services.own_account import require_person
from app.services.users import user_out

# Of an event about a person these are somebody else's: whoever did it.
_OF_THE_AUTHOR = ("address", "agent")


def export(session: Session, actor: Actor, id_: str) -> PersonalData:
    """For an administrator whom the person has asked."""
    require(actor, Right.USER_MANAGE)
    return _export(session, actor, account_of(session, id_))


def export_own(session: Session, actor: Actor) -> PersonalData:
    """For the person, not for a machine that acts for them."""
    require_person(actor)
    return _export(session, actor, account_of(session, str(actor.account_id)))


def _export(session: Session, actor: Actor, account: Account) -> PersonalData:
    id_ = account.id or 0
    deeds, told = personal.deeds(session, id_), personal.told(session, id_)
    audit.record(session, actor, "user:export", f"users/{id_}")
    return {
        "account": personal.account_row(session, id_),
        "records": personal.records(session, id_),
        "deeds": [_event(event) for event in deeds],
        "told": [_event(event, without=_OF_THE_AUTHOR) for event in told],
    }


def _event(event: personal.Told, without: tuple[str, ...] = ()) -> PersonalEvent:
    content = event.content or {}
    known = {name: fact for name, fact in content.items() if name not in without}
    return {
        "id": event.id,
        "at": utc(event.at),
        "action": event.action,
        "subject": event.subject,
        "detail": event.detail,
        "personal": known or None,
    }


def pseudonymise(
    session: Session, actor: Actor, id_: str, sent: Sent[PseudonymiseIn], *, now: datetime
) -> UserOut:
    """Who it was is forgotten, for good; what was done stays, and the audit's hashes hold.

    Nothing of the account opens any more. A second time changes nothing.
    """
    require(actor, Right.USER_MANAGE)
    account = account_of(session, id_)
    reason = sent.judged().reason
    if account.pseudonymised_at is None:
        _forget(session, actor, somebody_else(session, actor, id_), reason)
    return user_out(session, account, now)


def _forget(session: Session, actor: Actor, account: Account, reason: str) -> None:
    id_, at = account.id or 0, stamp(session).take(setup=True)
    (kept,) = accounts.kept(session, id_)
    end_grants(session, actor, kept.grants)
    tokens = personal.revoke_tokens(session, id_, at)
    personal.erase_events(session, id_, personal.called(session, id_), at)
    personal.drop_sign_in(session, id_)
    personal.silence(session, id_)
    before, account.name = account.name, _pseudonym(session, id_)
    accounts.rename_in_answers(session, before, account.name)
    personal.rename_in_messages(session, before, account.name)
    account.email, account.digest = None, False
    account.deactivated_at = account.deactivated_at or at
    account.pseudonymised_at = at
    session.flush()
    detail = {"reason": reason, "tokens": tokens}
    audit.record(session, actor, "user:pseudonymise", f"users/{id_}", detail)


def _pseudonym(session: Session, id_: int) -> str:
    """Free, whatever people have called themselves."""
    name = f"Người dùng #{id_}"
    while accounts.taken(session, id_, name=name, email=None):
        name += "'"
    return name
