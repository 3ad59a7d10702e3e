"""When tokens were used last: gathered in memory, written now and then, in nobody's way."""

import threading
from datetime import datetime, timedelta
from typing import Any

from app.db import accounts
from app.db.session import Database

EXACT_TO = timedelta(minutes=5)


class TokenUses:
    """What is not flushed yet is lost with the process: five minutes of one column at most."""

    def __init__(self) -> None:
        self._told: dict[str, datetime] = {}
        self._waiting: dict[str, dict[str, Any]] = {}
        self._lock, self._flushing = threading.Lock(), threading.Lock()

    def saw(self, token_id: str, at: datetime, address: str | None) -> None:
        told = self._told.get(token_id)
        if told is not None and told <= at < told + EXACT_TO:
            return
        use = {"token_id": token_id, "last_used_at": at, "address": address}
        with self._lock:
            self._told[token_id] = at
            self._waiting[token_id] = use

    def flush(self, database: Database) -> None:
        """Write what was seen, in a transaction of its own; it waits where it cannot be written."""
        with self._flushing:
            with self._lock:
                waiting = dict(self._waiting)
            if not waiting:
                return
            with database.writing() as session:
                accounts.put_uses(session, waiting.values())
            with self._lock:
                for token_id, use in waiting.items():
                    if self._waiting[token_id] is use:
                        del self._waiting[token_id]
