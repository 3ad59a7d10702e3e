"""Reads, one after another and apart from the requests, the files that were sent to be waited for.

What was begun when the service was killed is begun again: nothing of it was stored.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db.session import Database
from app.domain.errors import Refusal, Unavailable
from app.schemas.imports import Mode, Wish
from app.services import import_jobs, imports
from app.services.filing import Circumstances
from app.services.import_jobs import Due
from app.services.receipts import Signer
from app.sheets.fence import BULK, Fence
from app.sheets.intake import Asked
from app.workbooks import File, read_in

log = logging.getLogger(__name__)
POLL_SECONDS = 5.0
BETWEEN_SIGNS = timedelta(seconds=1)


class ImportWorker:
    """One thread. `wake` it when a file has been queued; `idle` is set while nothing waits."""

    def __init__(self, database: Database, signer: Signer, clock: Callable[[], datetime]) -> None:
        self._database, self._signer, self._clock = database, signer, clock
        self._fence = Fence(1)  # of its own: who waits for an answer does not wait for this
        self._woken, self._stopped = Event(), False
        self.idle = Event()
        self._thread = Thread(target=self._work, name="imports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self.idle.clear()
        self._woken.set()

    def close(self) -> None:
        """What is being read is left; it will be read again."""
        self._stopped = True
        self._woken.set()
        self._fence.close()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while not self._stopped:
            self._woken.clear()
            try:
                while not self._stopped and self._one():
                    pass
            except Exception:  # the database does not answer: it is asked again
                log.exception("imports")
            if not self._woken.is_set():
                self.idle.set()
            self._woken.wait(POLL_SECONDS)

    def _one(self) -> bool:
        """Take in the next file; False when none waits."""
        with self._database.reading() as session:
            if not import_jobs.is_due(session, self._clock()):
                return False
        with self._database.writing() as session:
            due = import_jobs.claim(session, self._clock())
        if due is None:
            return True
        try:
            self._take_in(due)
        except (DBAPIError, PoolTimeout):
            with self._database.writing() as session:
                import_jobs.give_back(session, due.id)
            raise
        except Refusal as refusal:
            self._fail(due, refusal)
        except Exception:  # whatever it was, the next file is read
            log.exception("import %s", due.id)
            self._fail(due, Unavailable())
        return True

    def _take_in(self, due: Due) -> None:
        order = due.order
        asked = Asked.again(order, due.actor.unit, order["language"])
        wish = Wish(Mode(order["mode"]), order["dry_run"], order["submit"])
        file = File(due.name, due.content)
        sent = read_in(
            self._database,
            self._fence,
            due.actor,
            file,
            asked,
            limits=BULK,
            progress=self._teller(due.id),
        )
        given = Circumstances(due.received_at, self._signer, channel="workbook")
        with self._database.writing() as session:
            imports.take_in(session, due.actor, sent, wish, given, id_=due.id)
            import_jobs.done(session, due.id)

    def _teller(self, id_: str) -> Callable[[int], None]:
        """Tells how many rows have been read, at most once a second."""
        rows, told = 0, self._clock()

        def tell(more: int) -> None:
            nonlocal rows, told
            rows += more
            now = self._clock()
            if now - told >= BETWEEN_SIGNS:
                told = now
                # A sign of life that cannot be given now is given a second later.
                with suppress(DBAPIError, PoolTimeout), self._database.writing() as session:
                    import_jobs.tell(session, id_, rows, now)

        return tell

    def _fail(self, due: Due, refusal: Refusal) -> None:
        if self._stopped:  # its reader was ended with the service
            return
        with self._database.writing() as session:
            import_jobs.fail(session, due.id, refusal, self._clock())
