"""Failures in a row make the next attempt wait, longer each time.

The caller's key says who it is about, known to the system or not: both wait alike.
"""

import hashlib
from datetime import datetime, timedelta
from math import ceil

from sqlmodel import Session

from app.db import people
from app.domain.errors import TooManyRequests
from app.domain.text import nfc

FREE = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)


def key_of(what: str, who: object) -> str:
    """`what` is tried ("password", "second factor"), `who` as it was said, in any case."""
    return hashlib.sha256(f"{what}:{nfc(str(who)).strip().casefold()}".encode()).hexdigest()


def check(session: Session, key: str, now: datetime) -> None:
    """TooManyRequests while the wait after the last failure runs."""
    known = people.failures(session, key)
    if known is None or known.failures < FREE or now - known.last_at >= FORGOTTEN_AFTER:
        return
    wait = min(FIRST_WAIT * 2 ** min(known.failures - FREE, 20), LONGEST_WAIT)
    left = known.last_at + wait - now
    if left > timedelta():
        raise TooManyRequests(ceil(left.total_seconds()))


def failed(session: Session, key: str, now: datetime) -> None:
    people.count_failure(session, key, now, now - FORGOTTEN_AFTER)


def succeeded(session: Session, key: str) -> None:
    people.forget_failures(session, key)
