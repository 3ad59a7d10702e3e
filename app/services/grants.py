"""What accounts were granted: a role in a unit, from one day through another."""

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import Session

from app.db import accounts
from app.db.accounts import KnownGrant
from app.db.people_tables import Grant
from app.db.session import per_setup, stamp
from app.domain.access import UNIT_ROLES, Actor, Right, Role, require
from app.domain.errors import AlreadyThere, Fault, Invalid, NotFound
from app.domain.periods import day_in_vietnam, utc
from app.schemas.fields import Sent
from app.schemas.tokens import GrantLine
from app.schemas.users import GrantIn, GrantOut
from app.services import audit
from app.services.accounts import somebody_else
from app.services.definitions import catalogue
from app.services.places import iso


def known_grants(session: Session) -> list[KnownGrant]:
    """All that ever were, in the order in which they were granted."""
    return per_setup(session, "grants", accounts.grants)


def is_valid(grant: KnownGrant, on: date) -> bool:
    """On that day, both ends included; never once revoked or while the account is deactivated."""
    return (
        grant.revoked_at is None
        and grant.deactivated_at is None
        and grant.starts_on <= on
        and (grant.ends_on is None or on <= grant.ends_on)
    )


def valid_grants(session: Session, account_id: int, on: date) -> list[KnownGrant]:
    """Those that hold on a day in Vietnam, in the order in which they were granted."""
    return [
        grant
        for grant in known_grants(session)
        if grant.account_id == account_id and is_valid(grant, on)
    ]


def check_fits(session: Session, role: Role, unit: str | None) -> None:
    """Invalid unless a unit's role has a unit that there is, and a role at the centre none."""
    if (role in UNIT_ROLES) != (unit is not None):
        raise Invalid([Fault("/unit", "invalid", {"reason": "unit_for_role", "role": role})])
    if unit is not None and unit not in catalogue(session).units:
        raise Invalid([Fault("/unit", "unknown_unit", {"value": unit})])


def grant_line(grant: KnownGrant | Grant) -> GrantLine:
    return {
        "role": grant.role.value,
        "unit": grant.unit,
        "starts_on": grant.starts_on.isoformat(),
        "ends_on": iso(grant.ends_on),
    }


def grant_to(
    session: Session, actor: Actor, user: str, sent: Sent[GrantIn], *, now: datetime
) -> GrantOut:
    """One role more for somebody else. Both its days are Vietnam's."""
    require(actor, Right.USER_MANAGE)
    account = somebody_else(session, actor, user)
    grant = add_grant(session, actor, account.id or 0, sent.judged(), now)
    return grant_out(grant, valid_ids(session, now))


def add_grant(
    session: Session, actor: Actor, account_id: int, made: GrantIn, now: datetime
) -> Grant:
    """AlreadyThere where the account has the role in the unit on one of the days."""
    check_fits(session, made.role, made.unit)
    starts_on = made.starts_on or day_in_vietnam(now)
    if made.ends_on is not None and made.ends_on < starts_on:
        raise Invalid([Fault("/ends_on", "invalid", {"reason": "ends_before_start"})])
    for held in known_grants(session):
        same = (held.account_id, held.role, held.unit) == (account_id, made.role, made.unit)
        before = held.ends_on is not None and held.ends_on < starts_on
        after = made.ends_on is not None and made.ends_on < held.starts_on
        if same and held.revoked_at is None and not before and not after:
            raise AlreadyThere(value=" ".join(filter(None, (made.role.value, made.unit))))
    grant = Grant(
        account_id=account_id,
        role=made.role,
        unit=made.unit,
        starts_on=starts_on,
        ends_on=made.ends_on,
        reason=made.reason,
        granted_at=stamp(session).take(setup=True),
        granted_by=actor.account_id,
    )
    session.add(grant)
    session.flush()
    detail = {**grant_line(grant), "reason": grant.reason}
    audit.record(session, actor, "grant:create", _path(grant), detail)
    return grant


def revoke_grant(session: Session, actor: Actor, user: str, id_: str) -> None:
    """From the next request on it opens nothing. Revoking again changes nothing."""
    require(actor, Right.USER_MANAGE)
    account = somebody_else(session, actor, user)
    plain = id_.isascii() and id_.isdigit() and len(id_) < 10
    grant = session.get(Grant, int(id_)) if plain else None
    if grant is None or grant.account_id != account.id:
        raise NotFound(what=id_)
    end_grants(session, actor, [grant])


def end_grants(session: Session, actor: Actor, held: Collection[Grant]) -> None:
    """Revoke those that are not; they stay as what was."""
    for grant in held:
        if grant.revoked_at is None:
            grant.revoked_at = stamp(session).take(setup=True)
            grant.revoked_by = actor.account_id
            audit.record(session, actor, "grant:revoke", _path(grant), dict(grant_line(grant)))
    session.flush()


def valid_ids(session: Session, now: datetime) -> set[int]:
    """The grants that hold today."""
    today = day_in_vietnam(now)
    return {grant.id for grant in known_grants(session) if is_valid(grant, today)}


def grant_out(grant: Grant, valid: Collection[int]) -> GrantOut:
    return {
        **grant_line(grant),
        "id": grant.id or 0,
        "reason": grant.reason,
        "granted_at": utc(grant.granted_at),
        "granted_by": grant.granted_by,
        "revoked_at": utc(grant.revoked_at) if grant.revoked_at else None,
        "revoked_by": grant.revoked_by,
        "valid": grant.id in valid,
    }


def _path(grant: Grant) -> str:
    return f"users/{grant.account_id}/grants/{grant.id}"
