"""Proposals as they are kept; each is decided once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.work_tables import PROPOSAL
from app.domain.proposals import ProposalState


class ProposalRow(NamedTuple):
    """A proposal without what it would change; `by` and `decided_by` by name."""

    id: str
    kind: str
    subject: str
    at: datetime
    account_id: int
    by: str
    state: ProposalState
    decided_at: datetime | None
    decided_by: str | None
    comment: str | None


class Proposed(NamedTuple):
    """Where, what was sent, and what it would have done."""

    place: dict[str, str]
    content: dict[str, Any]
    changes: list[dict[str, Any]]


_DECIDER = ACCOUNT.alias("decider")
_ROWS = (
    select(
        PROPOSAL.c.id,
        PROPOSAL.c.kind,
        PROPOSAL.c.subject,
        PROPOSAL.c.at,
        PROPOSAL.c.account_id,
        ACCOUNT.c.name,
        PROPOSAL.c.state,
        PROPOSAL.c.decided_at,
        _DECIDER.c.name,
        PROPOSAL.c.comment,
    )
    .join(ACCOUNT, ACCOUNT.c.id == PROPOSAL.c.account_id)
    .outerjoin(_DECIDER, _DECIDER.c.id == PROPOSAL.c.decided_by)
)


def proposals(session: Session, states: Collection[ProposalState]) -> list[ProposalRow]:
    """Newest first; of every state when none is named."""
    wanted = PROPOSAL.c.state.in_(states or ProposalState)
    rows = session.execute(_ROWS.where(wanted).order_by(PROPOSAL.c.at.desc()))
    return [ProposalRow(*row) for row in rows]


def proposal_of(session: Session, id_: str) -> ProposalRow | None:
    row = session.execute(_ROWS.where(PROPOSAL.c.id == id_)).one_or_none()
    return None if row is None else ProposalRow(*row)


def proposed(session: Session, id_: str) -> Proposed:
    columns = (PROPOSAL.c.place, PROPOSAL.c.content, PROPOSAL.c.changes)
    return Proposed(*session.execute(select(*columns).where(PROPOSAL.c.id == id_)).one())


def add_proposal(session: Session, row: Mapping[str, Any]) -> None:
    session.connection().execute(insert(PROPOSAL), row)


def decide(session: Session, id_: str, **columns: Any) -> bool:
    """False when it waits no longer."""
    waiting = (PROPOSAL.c.id == id_, PROPOSAL.c.state == ProposalState.OPEN)
    decided = update(PROPOSAL).where(*waiting).values(**columns)
    return bool(session.connection().execute(decided).rowcount)
