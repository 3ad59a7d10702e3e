"""Imported files as they are kept, and where values came from."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlmodel import Session

from app.db.import_tables import IMPORT, ORIGIN
from app.db.people_tables import ACCOUNT


class KeptImport(NamedTuple):
    """An imported file without its bytes; `summary` is JSON."""

    id: str
    at: datetime
    account_id: int
    by: str
    unit: str | None
    file_name: str
    file_sha256: str
    summary: str
    expires_at: datetime | None


class ValueCell(NamedTuple):
    """Where a value came from: a file by its digest, and the cell in it."""

    import_id: str
    file_sha256: str
    sheet: str
    cell: str


_KEPT = select(
    IMPORT.c.id,
    IMPORT.c.at,
    IMPORT.c.account_id,
    ACCOUNT.c.name,
    IMPORT.c.unit,
    IMPORT.c.file_name,
    IMPORT.c.file_sha256,
    IMPORT.c.summary,
    IMPORT.c.expires_at,
).join(ACCOUNT, ACCOUNT.c.id == IMPORT.c.account_id)


def import_of(session: Session, id_: str) -> KeptImport | None:
    row = session.execute(_KEPT.where(IMPORT.c.id == id_)).one_or_none()
    return None if row is None else KeptImport._make(row)


def taught_by(
    session: Session, account_id: int, unit: str | None, most: int
) -> list[dict[str, Any]]:
    """What one sender confirmed last, oldest first: a unit's people are one sender."""
    own = IMPORT.c.account_id == account_id if unit is None else IMPORT.c.unit == unit
    question = select(IMPORT.c.taught).where(own, IMPORT.c.taught.is_not(None))
    rows = session.execute(question.order_by(IMPORT.c.at.desc()).limit(most))
    return [row[0] for row in rows][::-1]


def imports_of(
    session: Session, account_id: int, unit: str | None, now: datetime, most: int
) -> list[KeptImport]:
    """One sender's files that are still kept, newest first."""
    kept = or_(IMPORT.c.expires_at.is_(None), IMPORT.c.expires_at > now)
    question = _KEPT.where(_of_sender(account_id, unit), kept)
    rows = session.execute(question.order_by(IMPORT.c.at.desc()).limit(most))
    return [KeptImport._make(row) for row in rows]


def bytes_of(session: Session, id_: str) -> bytes:
    return bytes(session.execute(select(IMPORT.c.content).where(IMPORT.c.id == id_)).scalar_one())


def add_import(session: Session, row: Mapping[str, Any]) -> None:
    session.connection().execute(insert(IMPORT), row)


def drop_expired(session: Session, now: datetime) -> int:
    """Files of which nothing was stored, once their time is over; how many."""
    over = delete(IMPORT).where(IMPORT.c.expires_at <= now)
    return session.connection().execute(over).rowcount


def drop_beyond(
    session: Session, account_id: int, unit: str | None, bounds: tuple[int, int]
) -> None:
    """The oldest of one sender's files of which nothing was stored, so that no more are kept than
    `bounds` in number and in bytes; the newest stays, whatever its size."""
    question = select(IMPORT.c.id, func.length(IMPORT.c.content)).where(
        _of_sender(account_id, unit), IMPORT.c.expires_at.is_not(None)
    )
    most, most_bytes = bounds
    size, beyond = 0, []
    for place, row in enumerate(session.execute(question.order_by(IMPORT.c.at.desc()))):
        size += row[1]
        if place and (place >= most or size > most_bytes):
            beyond.append(row[0])
    if beyond:
        session.connection().execute(delete(IMPORT).where(IMPORT.c.id.in_(beyond)))


def _of_sender(account_id: int, unit: str | None) -> ColumnElement[bool]:
    """A unit's people are one sender."""
    if unit is not None:
        return IMPORT.c.unit == unit
    return and_(IMPORT.c.account_id == account_id, IMPORT.c.unit.is_(None))


def add_origins(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    session.connection().execute(insert(ORIGIN), rows)


_ORIGINS = select(
    ORIGIN.c.report_id,
    ORIGIN.c.revision,
    ORIGIN.c.target_id,
    ORIGIN.c.import_id,
    IMPORT.c.file_sha256,
    ORIGIN.c.sheet,
    ORIGIN.c.cell,
).join(IMPORT, IMPORT.c.id == ORIGIN.c.import_id)


def origins_of(session: Session, report_id: int, revision: int) -> dict[int, ValueCell]:
    """By target id."""
    question = _ORIGINS.where(ORIGIN.c.report_id == report_id, ORIGIN.c.revision == revision)
    return {row[2]: ValueCell(*row[3:]) for row in session.execute(question)}


def cells_in(session: Session, import_id: str, sheet: str) -> list[str]:
    """The cells of one sheet that values were taken from."""
    question = select(ORIGIN.c.cell).where(ORIGIN.c.import_id == import_id, ORIGIN.c.sheet == sheet)
    return list(session.scalars(question.distinct()))


def cells_of(
    session: Session, report_ids: Collection[int]
) -> dict[tuple[int, int, int], ValueCell]:
    """By report, revision and target: of values that came by workbook."""
    question = _ORIGINS.where(ORIGIN.c.report_id.in_(report_ids))
    return {(row[0], row[1], row[2]): ValueCell(*row[3:]) for row in session.execute(question)}
