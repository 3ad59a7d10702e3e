"""The second factor: six digits of a telephone's app (TOTP), or a recovery code where that is lost.

Whoever may act in a role that asks for one enrols before anything else opens. A wrong code is an
answer, not a refusal: it is counted, and makes the next one wait.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

import pyotp
from sqlmodel import Session

from app.db import factors
from app.db.session import stamp
from app.domain.access import Role
from app.domain.errors import Conflict, NotAllowed, SecondFactorNeeded
from app.domain.periods import day_in_vietnam
from app.services import audit, sessions, throttle
from app.services.grants import valid_grants
from app.services.sessions import Person
from app.services.vault import Vault

STEP_SECONDS = 30
STEPS_BESIDE = (0, -1, 1)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: as good a hash as a slow one


class FactorState(StrEnum):
    """`pending`: a secret was shown, and no code of it seen yet."""

    NONE = "none"
    PENDING = "pending"
    CONFIRMED = "confirmed"


class Standing(NamedTuple):
    """What a person sees of their own factor; `secret` (base32) while it is pending only.

    `required`: one of their roles asks for it, so that it stays.
    """

    state: FactorState
    required: bool
    secret: str | None
    codes_left: int


class Proof(NamedTuple):
    """A code as it was typed, when, and what opens the secret to compare it with."""

    code: str
    now: datetime
    vault: Vault


class Confirmed(NamedTuple):
    """Recovery codes, to be shown once, and the cookie's secret of a session that has passed."""

    recovery_codes: list[str]
    session_secret: str


def state_of(session: Session, account_id: int) -> FactorState:
    known = factors.factor(session, account_id)
    if known is None:
        return FactorState.NONE
    return FactorState.CONFIRMED if known.confirmed_at else FactorState.PENDING


def check(session: Session, account_id: int, code: str, now: datetime, vault: Vault) -> bool:
    """Whether it is a code of this time that was not used yet, or an unused recovery code, which
    then is used. Only of a confirmed factor."""
    known = factors.factor(session, account_id)
    if known is None or known.confirmed_at is None:
        return False
    plain = _plain(code)
    if plain.isdigit():
        return _counted(session, account_id, vault.open(known.secret), plain, now)
    return factors.use_recovery_code(session, account_id, _sha256(plain), stamp(session).at)


def remove(session: Session, account_id: int) -> None:
    """The factor and its recovery codes are gone, and open sessions have not passed one any more.
    The caller audits it."""
    factors.drop_factor(session, account_id)
    factors.none_has_passed(session, account_id)


def standing(
    session: Session, person: Person, now: datetime, vault: Vault, required_for: Collection[Role]
) -> Standing:
    _require_own(person)
    known = factors.factor(session, person.account_id)
    pending = known is not None and known.confirmed_at is None
    return Standing(
        state_of(session, person.account_id),
        _is_required(session, person, now, required_for),
        vault.open(known.secret) if known is not None and pending else None,
        factors.unused_recovery_codes(session, person.account_id),
    )


def enrol(session: Session, person: Person, vault: Vault) -> None:
    """A new secret, which counts from the first code of it on. Conflict when one is confirmed."""
    _require_own(person)
    if state_of(session, person.account_id) is FactorState.CONFIRMED:
        raise Conflict(reason="factor_confirmed")
    sealed = vault.seal(pyotp.random_base32())
    factors.put_factor(session, person.account_id, sealed, stamp(session).at)
    _record(session, person, "factor:enrol")


def confirm(session: Session, person: Person, proof: Proof, hours: int) -> Confirmed | None:
    """From now on it is asked for at every sign-in. None when the code is wrong."""
    _require_own(person)
    known = factors.factor(session, person.account_id)
    if known is None or known.confirmed_at is not None:
        raise Conflict(reason="factor_not_pending")
    secret = proof.vault.open(known.secret)
    key = _throttled(session, person, proof.now)
    if not _counted(session, person.account_id, secret, _plain(proof.code), proof.now):
        _refuse(session, person, key, proof.now)
        return None
    throttle.succeeded(session, key)
    factors.confirm_factor(session, person.account_id, stamp(session).at)
    _record(session, person, "factor:confirm")
    return Confirmed(_new_codes(session, person), _stronger(session, person, proof.now, hours))


def let_in(session: Session, person: Person, proof: Proof, hours: int) -> str | None:
    """The secret of a new session, which has passed; the old one ends. None: the code is wrong."""
    _require_person(person)
    return _stronger(session, person, proof.now, hours) if _prove(session, person, proof) else None


def renew_recovery_codes(session: Session, person: Person, proof: Proof) -> list[str] | None:
    """New ones in the place of all before. None when the code is wrong."""
    _require_own(person)
    if not _prove(session, person, proof):
        return None
    _record(session, person, "factor:renew_codes")
    return _new_codes(session, person)


def give_up(session: Session, person: Person, proof: Proof, required_for: Collection[Role]) -> bool:
    """Whether the code was right, and the factor is gone. Conflict where a role asks for it."""
    _require_own(person)
    if _is_required(session, person, proof.now, required_for):
        raise Conflict(reason="factor_required")
    if not _prove(session, person, proof):
        return False
    remove(session, person.account_id)
    _record(session, person, "factor:remove")
    return True


def _require_person(person: Person) -> None:
    """Who came with a token changes nothing of how its holder signs in."""
    if person.token_id is not None:
        raise NotAllowed(reason="by_token")


def _require_own(person: Person) -> None:
    """Nor does who knows the password alone."""
    _require_person(person)
    if person.enrolled and not person.second_factor:
        raise SecondFactorNeeded(enrolled=True)


def _is_required(
    session: Session, person: Person, now: datetime, required_for: Collection[Role]
) -> bool:
    held = valid_grants(session, person.account_id, day_in_vietnam(now))
    return any(grant.role in required_for for grant in held)


def _prove(session: Session, person: Person, proof: Proof) -> bool:
    key = _throttled(session, person, proof.now)
    if not check(session, person.account_id, proof.code, proof.now, proof.vault):
        _refuse(session, person, key, proof.now)
        return False
    throttle.succeeded(session, key)
    if not _plain(proof.code).isdigit():
        left = factors.unused_recovery_codes(session, person.account_id)
        _record(session, person, "factor:use_recovery_code", left=left)
    return True


def _throttled(session: Session, person: Person, now: datetime) -> str:
    key = throttle.key_of("second factor", person.account_id)
    throttle.check(session, key, now)
    return key


def _refuse(session: Session, person: Person, key: str, now: datetime) -> None:
    throttle.failed(session, key, now)
    _record(session, person, "factor:refuse")


def _counted(session: Session, account_id: int, secret: str, code: str, now: datetime) -> bool:
    """Whether it is the code of this half minute, or of one beside it, and comes first."""
    steps, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    for beside in STEPS_BESIDE:
        right = compare_digest(totp.generate_otp(steps + beside).encode(), code.encode())
        if right:
            return factors.count_step(session, account_id, steps + beside)
    return False


def _new_codes(session: Session, person: Person) -> list[str]:
    plain = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    factors.put_recovery_codes(session, person.account_id, [_sha256(one) for one in plain])
    return ["-".join(one[at : at + 4] for at in range(0, len(one), 4)) for one in plain]


def _stronger(session: Session, person: Person, now: datetime, hours: int) -> str:
    """A session of its own for who has passed: what was known of the old one opens nothing."""
    sessions.end(session, person.session_id)
    return sessions.begin(
        session,
        person.account_id,
        grant_id=person.grant_id,
        second_factor=True,
        now=now,
        address=person.address,
        agent=person.agent,
        hours=hours,
        request_id=person.request_id,
    )


def _plain(code: str) -> str:
    """As typed, without what people put between the digits."""
    return "".join(code.split()).replace("-", "").lower()


def _sha256(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "backslashreplace")).hexdigest()


def _record(session: Session, person: Person, action: str, **detail: int) -> None:
    subject = f"users/{person.account_id}/second-factor"
    audit.record(session, person, action, subject, detail or None)
