"""Questions about what is defined and who has access. None of them writes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.db.people_tables import ACCOUNT, TOKEN, Account, IdempotentAnswer
from app.db.tables import PERIOD, TARGET, UNIT, Definition, DefinitionKind
from app.domain.access import Role, Scope


class KnownToken(NamedTuple):
    id: str
    account_id: int
    name: str
    role: Role
    unit: str | None
    secret_sha256: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    scopes: frozenset[Scope] | None
    replaces: str | None
    deactivated_at: datetime | None

    def opens(self, at: datetime) -> bool:
        """Whether it lets anybody in: not once it has expired, or it or its account has ended."""
        return self.revoked_at is None and self.deactivated_at is None and at < self.expires_at


def definitions(session: Session) -> Sequence[Definition]:
    return session.scalars(select(Definition).order_by(col(Definition.id))).all()


def definitions_of(session: Session, kind: DefinitionKind, subject: str) -> Sequence[Definition]:
    """Every revision, oldest first."""
    question = select(Definition).where(
        col(Definition.kind) == kind, col(Definition.subject) == subject
    )
    return session.scalars(question.order_by(col(Definition.revision))).all()


def last_definition_id(session: Session) -> int:
    return session.execute(select(func.max(col(Definition.id)))).scalar_one() or 0


def last_definition(session: Session, kind: DefinitionKind, subject: str) -> Definition | None:
    return session.scalars(
        select(Definition)
        .where(col(Definition.kind) == kind, col(Definition.subject) == subject)
        .order_by(col(Definition.revision).desc())
        .limit(1)
    ).one_or_none()


def target_ids(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(select(TARGET.c.programme, TARGET.c.code, TARGET.c.id))
    return {(row[0], row[1]): row[2] for row in rows}


def unit_ids(session: Session) -> dict[str, int]:
    rows = session.execute(select(UNIT.c.code, UNIT.c.id))
    return {row[0]: row[1] for row in rows}


def period_ids(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(select(PERIOD.c.programme, PERIOD.c.code, PERIOD.c.id))
    return {(row[0], row[1]): row[2] for row in rows}


def tokens(session: Session) -> list[KnownToken]:
    rows = session.execute(
        select(
            TOKEN.c.id,
            TOKEN.c.account_id,
            ACCOUNT.c.name,
            TOKEN.c.role,
            TOKEN.c.unit,
            TOKEN.c.secret_sha256,
            TOKEN.c.created_at,
            TOKEN.c.expires_at,
            TOKEN.c.revoked_at,
            TOKEN.c.scopes,
            TOKEN.c.replaces,
            ACCOUNT.c.deactivated_at,
        )
        .join(ACCOUNT, ACCOUNT.c.id == TOKEN.c.account_id)
        .order_by(TOKEN.c.created_at, TOKEN.c.id)
    )
    return [KnownToken(*row)._replace(scopes=_scopes(row.scopes)) for row in rows]


def _scopes(kept: list[str] | None) -> frozenset[Scope] | None:
    return None if kept is None else frozenset(map(Scope, kept))


def account_named(session: Session, name: str) -> Account | None:
    return session.scalars(select(Account).where(ACCOUNT.c.name == name)).one_or_none()


def account_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """What the accounts are called now, by id."""
    rows = session.execute(select(ACCOUNT.c.id, ACCOUNT.c.name).where(ACCOUNT.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def answer_to(session: Session, account_id: int, key: str) -> IdempotentAnswer | None:
    return session.get(IdempotentAnswer, (account_id, key))
