"""A mail server and a receiver of webhooks on loopback, and a worker that a test sets going."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.db.people_tables import Account
from app.db.session import Database, stamp
from app.post.worker import PostWorker
from app.services.token_uses import TokenUses
from app.services.vault import Vault
from app.settings import Security, Settings
from tests.conftest import SECRET, As
from tests.servers import free_port

PUBLIC = "https://chitieu.example.vn"
Worker = Callable[[], PostWorker]


class Later:
    """The worker's clock: letters are stamped with the true time, so it starts there."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=10)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **more: float) -> None:
        self.now += timedelta(**more)


class Office:
    """What a mail server has taken on itself. `answers` are given, one a letter, instead of its
    250 (None: the connection is closed instead); `kill` names the moment at which the process
    `victim` is killed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: list[str | None] = []
        self.kill: str | None = None
        self.victim: int | None = None
        self.known, self.arrived = Event(), Event()

    def _at(self, moment: str) -> None:
        if self.kill == moment:
            self.known.wait(10)
            assert self.victim is not None
            os.kill(self.victim, signal.SIGKILL)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._at("greeted")
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self._at("addressed")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self._at("received")
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer is None:
            self._take(envelope)
            server.transport.close()
            return "250 OK"
        if answer.startswith("250"):
            self._take(envelope)
        return answer

    def _take(self, envelope: Any) -> None:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        self.arrived.set()


@pytest.fixture
def office(mail_port: int) -> Iterator[Office]:
    office = Office()
    controller = Controller(office, hostname="127.0.0.1", port=mail_port)
    controller.start()
    yield office
    controller.stop()


@pytest.fixture
def mail_port() -> int:
    return free_port()


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def mailing(settings: Settings, mail_port: int) -> Settings:
    """As an operator with a mail server of his own has them."""
    known = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail_port,
        "smtp_security": Security.NONE,
        "mail_from": "Chỉ tiêu <chitieu@example.vn>",
        "public_url": PUBLIC,
    }
    return settings.model_copy(update=known)


@pytest.fixture
def worker(database: Database, mailing: Settings, later: Later) -> Worker:
    """A worker as each start of the service makes one; it works when it is told to."""

    def make() -> PostWorker:
        return PostWorker(database, mailing, Vault(SECRET), later, TokenUses())

    return make


@pytest.fixture
def addressee(database: Database) -> Callable[[str], int]:
    """addressee("a") is an account that a@example.vn belongs to; nothing else is known of it."""

    def make(name: str) -> int:
        with database.writing() as session:
            account = Account(
                name=name, email=f"{name}@example.vn", created_at=stamp(session).take(setup=True)
            )
            session.add(account)
            session.flush()
            return account.id or 0

    return make


@pytest.fixture
def person(as_: As) -> Callable[..., int]:
    """person("reporter", "P63-25") is the account of somebody with an e-mail address."""

    def make(role: str, unit: str | None = None, **more: Any) -> int:
        called = f"{role} {unit or 'centre'} {more.pop('number', '')}".strip()
        email = f"{called.replace(' ', '.').lower()}@example.vn"
        asked = {"name": called, "email": email, "role": role, "unit": unit}
        asked |= {"starts_on": "2024-01-01", **more}
        answer = as_("admin").post("/users", json=asked)
        assert answer.status_code == 201, answer.text
        found: int = answer.json()["id"]
        return found

    return make
