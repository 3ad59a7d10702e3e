"""Delivers what was written to the outbox, and tells what is due: before and after due days, and on
Mondays.

Any number of server processes may have one. What was queued when the service was stopped is sent
when it runs again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread

from sqlmodel import Session

from app.db import hooks as memory
from app.db.post import Letter
from app.db.session import Database
from app.post.hooks import Undelivered, deliver
from app.post.letters import Sender, Unwritable, sender_of, written
from app.post.papers import enclosed
from app.post.smtp import Refused, Unclear, hand_over
from app.services import deliveries, outbox
from app.services.audit_trail import log_head
from app.services.digest import digests
from app.services.reminders import reminders
from app.services.retention import sweep
from app.services.token_uses import TokenUses
from app.services.vault import Vault
from app.settings import Settings

log = logging.getLogger(__name__)
POLL_SECONDS = 2.0
BETWEEN_TICKS, BETWEEN_SWEEPS = timedelta(minutes=5), timedelta(hours=1)
GONE = 410


class PostWorker:
    """Two threads: a slow receiver of webhooks does not hold up the mail."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        vault: Vault,
        clock: Callable[[], datetime],
        token_uses: TokenUses,
    ) -> None:
        self._database, self._settings, self._vault = database, settings, vault
        self._clock, self._token_uses = clock, token_uses
        self._stopped = Event()
        self._ticked_at: datetime | None = None
        self._swept_at: datetime | None = None
        rounds = {
            "mail": (self.tick, self.send_letters),
            "webhooks": (partial(log_head, database), self.send_events),
        }
        self._threads = [
            Thread(target=self._work, args=(each,), name=name, daemon=True)
            for name, each in rounds.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """What is being handed over is not waited for for ever: it will be uncertain then."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self, rounds: tuple[Callable[[], None], ...]) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            for one in rounds:
                try:
                    one()
                except Exception:  # the database does not answer: it is asked again
                    log.exception("post")

    def send_letters(self) -> None:
        """Everything that is due; nothing where there is no mail server."""
        sender = sender_of(self._settings)
        while sender is not None and not self._stopped.is_set():
            with self._database.reading() as session:
                if not outbox.is_due(session, self._clock()):
                    return
            with self._database.writing() as session:
                letter = outbox.claim(session, self._clock())
            if letter is not None:
                self._send(letter, sender)

    def _send(self, letter: Letter, sender: Sender) -> None:
        now, fault = self._clock(), None
        try:
            papers = enclosed(self._database, letter)
            message = written(letter, sender, self._vault, now, papers)
            hand_over(self._settings, sender.address, letter.email or "", message)
        except (Unwritable, Refused, Unclear) as error:
            fault = error
        with self._database.writing() as session:
            if fault is None:
                outbox.sent(session, letter, now)
            elif isinstance(fault, Unclear):
                outbox.unclear(session, letter, str(fault))
            else:
                outbox.refused(session, letter, now, str(fault), for_good=fault.for_good)

    def send_events(self) -> None:
        """Every event that is due for a webhook."""
        while not self._stopped.is_set():
            with self._database.reading() as session:
                if not deliveries.is_due(session, self._clock()):
                    return
            with self._database.writing() as session:
                parcel = deliveries.claim(session, self._clock())
            if parcel is not None:
                self._deliver(parcel)

    def _deliver(self, parcel: memory.Parcel) -> None:
        now, status = self._clock(), None
        try:
            secret = self._vault.open(parcel.secret)
            status = deliver(parcel, secret, self._settings.webhook_hosts, now)
            why = f"answered {status}"
        except (Undelivered, ValueError) as error:
            why = str(error)
        with self._database.writing() as session:
            if status is not None and 200 <= status < 300:
                deliveries.accepted(session, parcel, now, status)
            elif status == GONE:
                deliveries.gone(session, parcel, status)
            else:
                deliveries.failed(session, parcel, now, why, status)

    def tick(self) -> None:
        """What the calendar asks for, every few minutes; and what is kept no longer, every hour."""
        now = self._clock()
        if self._ticked_at is not None and now - self._ticked_at < BETWEEN_TICKS:
            return
        self._ticked_at = now
        self._token_uses.flush(self._database)
        if sender_of(self._settings) is not None:
            self._remind(now)
        if self._swept_at is None or now - self._swept_at >= BETWEEN_SWEEPS:
            self._swept_at = now
            with self._database.writing() as session:
                forget_sent(session, self._settings, now)
                sweep(session, self._settings, now)

    def _remind(self, now: datetime) -> None:
        with self._database.reading() as session:
            occasions = [*reminders(session, now), *digests(session, now)]
        if occasions:
            with self._database.writing() as session:
                for one in occasions:
                    outbox.tell(session, *one)


def forget_sent(session: Session, settings: Settings, now: datetime) -> None:
    """Drop letters and deliveries that were settled longer ago than messages are kept."""
    kept = timedelta(days=settings.message_days)
    outbox.forget_sent(session, now, kept)
    memory.drop_before(session, now - kept)
