"""Messages are written in the transaction of what they tell, and delivered by a worker."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from app.db import post
from app.db.post_tables import PostState
from app.db.session import stamp


def tell(
    session: Session,
    template: str,
    key: str,
    accounts: Iterable[int],
    facts: Mapping[str, Any],
) -> int:
    """How many messages were made: one an account, once an occasion (`key`).

    `facts` is what the template quotes, JSON; what is secret in it sealed by the vault.
    """
    at = stamp(session).at
    rows = [
        {
            "key": f"{key}/{account}",
            "template": template,
            "account_id": account,
            "facts": dict(facts),
            "at": at,
            "state": PostState.QUEUED,
            "attempts": 0,
            "next_at": at,
        }
        for account in accounts
    ]
    return post.add_messages(session, rows)
