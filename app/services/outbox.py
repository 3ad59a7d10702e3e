"""Messages are written in the transaction of what they tell, and delivered by a worker.

A letter cannot be taken back: one whose worker was stopped while handing it over is `uncertain`,
and is not sent again by itself.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.db import post
from app.db.post import Letter
from app.db.post_tables import PostState
from app.db.session import stamp
from app.domain.access import Actor, Right, require
from app.domain.errors import Conflict, NotFound
from app.services import audit

# Far longer than a conversation with a mail server can take.
HANDING_OVER = timedelta(minutes=10)
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 180, 360)]


def tell(
    session: Session,
    template: str,
    key: str,
    accounts: Iterable[int],
    facts: Mapping[str, Any],
) -> int:
    """How many messages were made: one an account with an e-mail, once an occasion (`key`).

    `facts` is what the template quotes, JSON; what is secret in it sealed by the vault.
    """
    at = stamp(session).at
    rows = [
        {
            "key": key_for(key, account),
            "template": template,
            "account_id": account,
            "facts": dict(facts),
            "at": at,
            "state": PostState.QUEUED,
            "attempts": 0,
            "next_at": at,
        }
        for account in post.reachable(session, list(accounts))
    ]
    return post.add_messages(session, rows)


def key_for(key: str, account: int) -> str:
    return f"{key}/{account}"


def untold(session: Session, key: str, accounts: Iterable[int]) -> list[int]:
    """Those of the accounts that a letter reaches and that have none on the occasion yet."""
    keys = {key_for(key, account): account for account in post.reachable(session, list(accounts))}
    known = post.keys_known(session, keys)
    return [account for key, account in keys.items() if key not in known]


def is_due(session: Session, now: datetime) -> bool:
    return post.next_letter(session, now) is not None


def claim(session: Session, now: datetime) -> Letter | None:
    """The next letter, now this worker's: writers take turns, so no other has it.

    None: there was none to hand over; one was settled without.
    """
    found = post.next_letter(session, now)
    if found is None:
        return None
    if found.state is PostState.SENDING:
        unclear(session, found, "the worker was stopped while handing it over")
        return None
    if found.email is None:
        post.change(session, found, state=PostState.GIVEN_UP, error="no address")
        return None
    claimed = found._replace(state=PostState.SENDING, attempts=found.attempts + 1)
    columns = {"state": claimed.state, "attempts": claimed.attempts, "next_at": now + HANDING_OVER}
    post.change(session, found, **columns)
    return claimed


def sent(session: Session, letter: Letter, now: datetime) -> None:
    """It was accepted; what it quoted is forgotten."""
    post.change(session, letter, state=PostState.SENT, sent_at=now, facts={}, error=None)


def refused(
    session: Session, letter: Letter, now: datetime, why: str, *, for_good: bool = False
) -> None:
    """It was clearly not accepted: it is tried again, less and less often, but not for ever."""
    if for_good or letter.attempts > len(WAITS):
        post.change(session, letter, state=PostState.GIVEN_UP, error=why)
        return
    later = now + WAITS[letter.attempts - 1]
    post.change(session, letter, state=PostState.QUEUED, next_at=later, error=why)


def unclear(session: Session, letter: Letter, why: str) -> None:
    """It may have arrived, and may not: the operator decides."""
    post.change(session, letter, state=PostState.UNCERTAIN, error=why)


def forget_sent(session: Session, now: datetime, kept: timedelta) -> None:
    """Drop what was settled that long ago; what waited all the time, for want of a mail server,
    waits no longer."""
    post.drop_before(session, now - kept)
    post.give_up_before(session, now - kept, "no mail server")


def read_stuck(session: Session, actor: Actor) -> list[Letter]:
    """What is uncertain or was given up."""
    require(actor, Right.USER_MANAGE)
    return post.stuck(session)


def retry(session: Session, actor: Actor, id_: int) -> None:
    """One more attempt. Conflict for what waits or was sent."""
    require(actor, Right.USER_MANAGE)
    letter = post.letter_of(session, id_)
    if letter is None:
        raise NotFound(what=f"messages/{id_}")
    if letter.state not in post.STUCK:
        raise Conflict(reason="not_stuck")
    at = stamp(session).at
    post.change(session, letter, state=PostState.QUEUED, next_at=at, error=None)
    audit.record(session, actor, "message:retry", f"messages/{id_}", {"was": letter.state.value})
