"""The outbox: what waits to be delivered."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.db.post_tables import MESSAGE


def add_messages(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many were new: a message for an occasion that has one is left out."""
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(MESSAGE).on_conflict_do_nothing(index_elements=[MESSAGE.c.key])
    return sum(connection.execute(statement, row).rowcount for row in rows)
