"""What proves a person besides a password: a second factor, recovery codes, a provider's word."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from app.db.people_tables import (
    ACCOUNT,
    EXTERNAL_IDENTITY,
    RECOVERY_CODE,
    SECOND_FACTOR,
    WEB_SESSION,
    Account,
    ExternalIdentity,
    SecondFactor,
)


def factor(session: Session, account_id: int) -> SecondFactor | None:
    """As it is now: what is counted or confirmed meanwhile is seen."""
    return session.get(SecondFactor, account_id, populate_existing=True)


def put_factor(session: Session, account_id: int, secret: str, at: datetime) -> None:
    """A secret that is not confirmed yet, in the place of one that never was."""
    drop_factor(session, account_id)
    row = {"account_id": account_id, "secret": secret, "created_at": at, "last_step": 0}
    session.connection().execute(insert(SECOND_FACTOR), row)


def drop_factor(session: Session, account_id: int) -> None:
    """The factor and its recovery codes."""
    connection = session.connection()
    for table in (RECOVERY_CODE, SECOND_FACTOR):
        connection.execute(delete(table).where(table.c.account_id == account_id))


def none_has_passed(session: Session, account_id: int) -> None:
    """What sessions of the account have shown of a second factor counts no longer."""
    own = WEB_SESSION.c.account_id == account_id
    session.connection().execute(update(WEB_SESSION).where(own).values(second_factor=False))


def count_step(session: Session, account_id: int, step: int) -> bool:
    """A code counts once: False when this step's, or a later one, was counted before."""
    counted = session.connection().execute(
        update(SECOND_FACTOR)
        .where(SECOND_FACTOR.c.account_id == account_id, SECOND_FACTOR.c.last_step < step)
        .values(last_step=step)
    )
    return counted.rowcount == 1


def confirm_factor(session: Session, account_id: int, at: datetime) -> None:
    own = SECOND_FACTOR.c.account_id == account_id
    session.connection().execute(update(SECOND_FACTOR).where(own).values(confirmed_at=at))


def put_recovery_codes(session: Session, account_id: int, sha256s: Iterable[str]) -> None:
    """In the place of those before, used or not."""
    connection = session.connection()
    connection.execute(delete(RECOVERY_CODE).where(RECOVERY_CODE.c.account_id == account_id))
    rows = [{"account_id": account_id, "code_sha256": one} for one in sha256s]
    connection.execute(insert(RECOVERY_CODE), rows)


def use_recovery_code(session: Session, account_id: int, sha256: str, at: datetime) -> bool:
    """A code is used once: False when it is not theirs, or was used before."""
    used = session.connection().execute(
        update(RECOVERY_CODE)
        .where(
            RECOVERY_CODE.c.account_id == account_id,
            RECOVERY_CODE.c.code_sha256 == sha256,
            RECOVERY_CODE.c.used_at.is_(None),
        )
        .values(used_at=at)
    )
    return used.rowcount == 1


def unused_recovery_codes(session: Session, account_id: int) -> int:
    own, unused = RECOVERY_CODE.c.account_id == account_id, RECOVERY_CODE.c.used_at.is_(None)
    return int(session.execute(select(func.count()).where(own, unused)).scalar_one())


def identity(session: Session, issuer: str, subject: str) -> ExternalIdentity | None:
    return session.get(ExternalIdentity, (issuer, subject))


def is_linked(session: Session, issuer: str, account_id: int) -> bool:
    """Whether the issuer has a subject already that is this account."""
    same = EXTERNAL_IDENTITY.c.issuer == issuer, EXTERNAL_IDENTITY.c.account_id == account_id
    return session.execute(select(EXTERNAL_IDENTITY.c.subject).where(*same)).first() is not None


def account_with(session: Session, email: str) -> Account | None:
    return session.scalars(select(Account).where(ACCOUNT.c.email == email)).one_or_none()


def put_identity(
    session: Session, issuer: str, subject: str, account_id: int, at: datetime
) -> None:
    row = {"issuer": issuer, "subject": subject, "account_id": account_id, "created_at": at}
    session.connection().execute(insert(EXTERNAL_IDENTITY), row)
