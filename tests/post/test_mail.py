"""Mail: told in the transaction of what it tells, delivered once, whatever breaks on the way."""

import os
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import cli
from app.db.post import Letter
from app.db.post_tables import MESSAGE, PostState
from app.db.session import Database
from app.i18n import LANGUAGES, catalogue
from app.main import create_app
from app.post.letters import sender_of, written
from app.post.worker import PostWorker
from app.services import outbox
from app.services.token_uses import TokenUses
from app.services.vault import Vault
from app.settings import Security, Settings
from app.sheets.fence import Fence
from tests.api.journeys import PHU_THO, approved, ratio, submit
from tests.conftest import SECRET, As
from tests.post.certificates import Certificate, certificate
from tests.post.conftest import PUBLIC, Later, Office, Worker

Person = Callable[..., int]
Addressee = Callable[[str], int]


def told(
    database: Database,
    accounts: list[int],
    facts: dict[str, Any] | None = None,
    occasion: str = "once",
) -> None:
    with database.writing() as session:
        outbox.tell(session, "password_changed", occasion, accounts, facts or {})


def states(database: Database) -> list[PostState]:
    with database.reading() as session:
        return list(session.execute(select(MESSAGE.c.state).order_by(MESSAGE.c.id)).scalars())


def errors(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.execute(select(MESSAGE.c.error).order_by(MESSAGE.c.id)).scalars())


def text_of(letter: EmailMessage) -> str:
    content: str = letter.get_content()
    return content


def test_a_returned_report_is_told_to_its_units_people_in_vietnamese(
    as_: As, person: Person, office: Office, worker: Worker, database: Database
) -> None:
    person("reporter", "P63-25")
    person("unit_approver", "P63-25", language="en")
    person("reporter", "P63-26")
    person("reviewer")
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    comment = {"comment": "Mẫu số chưa khớp với biểu 2."}
    assert as_("reviewer").post(f"{PHU_THO}/return", json=comment).status_code == 200
    worker().send_letters()
    assert sorted(office.recipients) == [
        "reporter.p63-25@example.vn",
        "unit_approver.p63-25@example.vn",
    ]
    by_language = {str(letter["Content-Language"]): letter for letter in office.letters}
    letter = by_language["vi"]
    assert letter["Subject"] == "Báo cáo bị trả lại: Phú Thọ, NC-2024, kỳ 2024"
    assert letter["From"] == "Chỉ tiêu <chitieu@example.vn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.vn>")
    assert "Ý kiến: Mẫu số chưa khớp với biểu 2." in text_of(letter)
    assert f"{PUBLIC}/reports/NC-2024/2024/P63-25" in text_of(letter)
    assert "was returned for correction" in text_of(by_language["en"])
    with database.reading() as session:
        kept = session.execute(select(MESSAGE.c.state, MESSAGE.c.facts)).all()
    assert [tuple(row) for row in kept] == [(PostState.SENT, {})] * 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_approval_and_reopening_are_told_and_what_stays_in_the_unit_is_not(
    as_: As, person: Person, office: Office, worker: Worker
) -> None:
    person("reporter", "P63-25")
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    as_("reviewer").post(f"{PHU_THO}/reopen", json={"comment": "Sai biểu."})
    worker().send_letters()
    assert [str(letter["Subject"]) for letter in office.letters] == [
        "Báo cáo đã được duyệt: Phú Thọ, NC-2024, kỳ 2024",
        "Báo cáo được mở lại để sửa: Phú Thọ, NC-2024, kỳ 2024",
    ]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_successors_people_are_told_of_their_predecessors_report(
    as_: As, person: Person, office: Office, worker: Worker
) -> None:
    person("reporter", "P34-25")
    person("reporter", "P63-25")
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    worker().send_letters()
    assert office.recipients == ["reporter.p34-25@example.vn", "reporter.p63-25@example.vn"]


def test_killed_at_any_moment_no_letter_arrives_twice(
    addressee: Addressee,
    office: Office,
    worker: Worker,
    later: Later,
    database: Database,
    url: str,
    mailing: Settings,
) -> None:
    moments = ["greeted", "addressed", "received"]
    accounts = [addressee(str(one)) for one in range(len(moments) + 1)]
    told(database, accounts)
    for moment in moments:
        office.kill, office.victim = moment, None
        office.known.clear()
        office.victim = _another_process(url, mailing, later)
        office.known.set()
        os.waitpid(office.victim, 0)
    office.kill = None
    assert states(database) == [PostState.SENDING] * 3 + [PostState.QUEUED]
    later.wait(minutes=11)
    for _ in range(3):  # as often as the service is started again
        worker().send_letters()
        later.wait(hours=7)
    assert states(database) == [PostState.UNCERTAIN] * 3 + [PostState.SENT]
    # What the server had received when the worker was killed, and what was sent after: once each.
    assert office.recipients == [f"{number}@example.vn" for number in (2, 3)]


def _another_process(url: str, settings: Settings, later: Later) -> int:
    """Sends what is due, until it is killed."""
    child = os.fork()
    if child == 0:
        PostWorker(Database(url), settings, Vault(SECRET), later, TokenUses()).send_letters()
        os._exit(1)
    return child


def test_an_occasion_is_told_once_to_each_however_many_workers_there_are(
    addressee: Addressee,
    office: Office,
    url: str,
    mailing: Settings,
    later: Later,
    database: Database,
) -> None:
    accounts = [addressee(name) for name in "abcdef"]
    told(database, accounts[:4])
    told(database, accounts)  # four of them know
    databases = [Database(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as processes:
        for one in databases:
            own = PostWorker(one, mailing, Vault(SECRET), later, TokenUses())
            processes.submit(own.send_letters)
    for one in databases:
        one.close()
    assert sorted(office.recipients) == [f"{name}@example.vn" for name in "abcdef"]
    assert states(database) == [PostState.SENT] * 6


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_service_sends_by_itself_what_waited_for_it(
    addressee: Addressee,
    office: Office,
    database: Database,
    mailing: Settings,
    later: Later,
    fence: Fence,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(database, [addressee("a")])
    monkeypatch.setattr("app.post.worker.POLL_SECONDS", 0.01)
    with TestClient(create_app(mailing, later, fence)):
        assert office.arrived.wait(20)
    assert office.recipients == ["a@example.vn"]
    assert states(database) == [PostState.SENT]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_refusal_is_tried_again_and_one_for_good_is_not(
    addressee: Addressee, office: Office, worker: Worker, later: Later, database: Database
) -> None:
    told(database, [addressee("a")])
    office.answers = ["451 4.3.0 later, <a@example.vn>", "452 4.2.2 later", "250 OK"]
    sending = worker()
    for waited in (timedelta(0), timedelta(minutes=1), timedelta(minutes=5)):
        assert not office.letters
        later.now += waited - timedelta(seconds=1)
        sending.send_letters()  # not yet
        later.wait(seconds=1)
        sending.send_letters()
    assert len(office.letters) == 1
    told(database, [addressee("b")])
    office.answers = ["550 5.7.1 no such person <b@example.vn>"]
    sending.send_letters()
    later.wait(days=1)
    sending.send_letters()
    assert states(database) == [PostState.SENT, PostState.GIVEN_UP]
    assert errors(database)[1] == "550 5.7.1 no such person <…>"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_mail_server_that_is_away_is_tried_eight_times(
    addressee: Addressee, worker: Worker, later: Later, database: Database
) -> None:
    told(database, [addressee("a")])
    for _ in range(8):
        assert states(database) == [PostState.QUEUED]
        worker().send_letters()
        later.wait(hours=6)
    assert states(database) == [PostState.GIVEN_UP]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_where_the_answer_is_lost_the_operator_decides(
    addressee: Addressee,
    office: Office,
    worker: Worker,
    database: Database,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
) -> None:
    told(database, [addressee("a")])
    office.answers = [None]
    worker().send_letters()
    later.wait(days=1)
    worker().send_letters()
    assert (states(database), len(office.letters)) == ([PostState.UNCERTAIN], 1)
    monkeypatch.setenv("CHITIEU_DATABASE_URL", url)
    listed = CliRunner().invoke(cli, ["post", "list"]).stdout
    number, state = listed.split("\t")[:2]
    assert state == "uncertain"
    assert CliRunner().invoke(cli, ["post", "retry", number]).exit_code == 0
    worker().send_letters()
    assert (states(database), len(office.letters)) == ([PostState.SENT], 2)
    assert office.letters[0]["Message-ID"] == office.letters[1]["Message-ID"]
    assert CliRunner().invoke(cli, ["post", "retry", number]).exit_code == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nobody_without_an_address_and_nobody_who_has_left_is_written_to(
    as_: As, person: Person, office: Office, worker: Worker, database: Database
) -> None:
    gone, silent = person("reporter", "P63-25"), person("reviewer")
    told(database, [gone, silent], occasion="before")
    for who, change in ((gone, {"active": False}), (silent, {"email": None})):
        assert as_("admin").patch(f"/users/{who}", json=change).status_code == 200
    told(database, [gone, silent], occasion="after")
    worker().send_letters()
    assert not office.letters
    assert states(database) == [PostState.GIVEN_UP] * 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_secret_link_is_sealed_until_it_is_sent(
    addressee: Addressee, office: Office, worker: Worker, database: Database
) -> None:
    link = f"{PUBLIC}/welcome?link=mot-lan-thoi"
    told(database, [addressee("a")], {"link_sealed": Vault(SECRET).seal(link)})
    with database.reading() as session:
        assert "mot-lan-thoi" not in str(session.execute(select(MESSAGE)).all())
    worker().send_letters()
    assert link in text_of(office.letters[0])


def test_without_a_mail_server_nothing_waits_for_ever(
    addressee: Addressee, database: Database, settings: Settings, later: Later
) -> None:
    told(database, [addressee("a")])
    alone = PostWorker(database, settings, Vault(SECRET), later, TokenUses())
    for expected in ([PostState.QUEUED], [PostState.GIVEN_UP], []):
        alone.tick()
        alone.send_letters()
        assert states(database) == expected
        later.wait(days=91)


# Letters by themselves: no database is asked.


def letter(template: str, facts: dict[str, Any], language: str = "vi") -> Letter:
    return Letter(
        id=1,
        key="once/1",
        template=template,
        account_id=1,
        facts=facts,
        at=datetime(2024, 12, 10, tzinfo=UTC),
        state=PostState.SENDING,
        attempts=1,
        next_at=datetime(2024, 12, 10, tzinfo=UTC),
        error=None,
        name="Cán bộ\r\nBcc: everybody@example.vn",
        email="reporter@example.vn",
        language=language,
    )


def on_paper(letter: Letter) -> EmailMessage:
    settings = Settings(smtp_host="mail.example.vn", public_url=PUBLIC)
    sender = sender_of(settings)
    assert sender is not None
    return written(letter, sender, Vault(SECRET), datetime(2024, 12, 10, tzinfo=UTC))


def test_no_name_and_no_fact_adds_a_header() -> None:
    facts = {"unit_vi": "Phú Thọ\r\nBcc: everybody@example.vn\r\n\r\nx", "programme": "NC-2024"}
    made = on_paper(letter("approved", facts)).as_bytes()
    head = made.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert head.count(b"\nTo:") == head.count(b"\nSubject:") == 1
    assert made.isascii()


REPORT = {
    "programme": "NC-2024",
    "title_vi": "Nghị quyết",
    "title_en": "Resolution",
    "period": "2024",
    "unit_vi": "Phú Thọ",
    "unit_en": "Phu Tho",
    "path": "/",
    "due_on": "2024-12-15",
}
LINK = {"link_sealed": Vault(SECRET).seal(f"{PUBLIC}/welcome?link=x")}
FACTS: dict[str, dict[str, Any]] = {
    "invitation": LINK,
    "reset": LINK,
    "password_changed": {"at": "2024-12-10T03:00:00.000000Z"},
    "digest": {"today_on": "2024-12-09", "programmes": [], "demonstration": True, "path": "/"},
    "proposal": {"id": "1", "kind": "catalogue:revise", "subject": "targets/NC2", "by": "Quản trị"},
    "confirmed": {"id": "1", "subject": "targets/NC2", "by": "Quản trị", "comment": None},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_says_all_it_has_to_say(language: str) -> None:
    known = [key.split(".") for key in catalogue(language)]
    letters = {key[1] for key in known if key[0] == "letter"}
    assert letters == {key[1] for key in known if key[0] == "subject"}
    for template in letters:
        made = on_paper(letter(template, FACTS.get(template, REPORT), language))
        said = f"{made['Subject']}\n{text_of(made)}"
        assert "(?)" not in said, template
        assert "{" not in said


# The way to the server.


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_letter_never_goes_over_an_open_way_that_should_be_closed(
    addressee: Addressee, office: Office, database: Database, mailing: Settings, later: Later
) -> None:
    told(database, [addressee("a")])
    closed = mailing.model_copy(update={"smtp_security": Security.STARTTLS})
    PostWorker(database, closed, Vault(SECRET), later, TokenUses()).send_letters()
    assert not office.letters
    assert states(database) == [PostState.QUEUED]
    assert "STARTTLS" in str(errors(database)[0])


@pytest.mark.parametrize(
    "known",
    [
        {"mail_from": "Chỉ tiêu"},  # every letter would be given up
        {"mail_from": "chitieu@máy.vn"},
        {"message_days": 2},  # a reminder that is caught up with would come twice
    ],
)
def test_the_service_does_not_start_with_what_no_letter_can_go_by(known: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="mail_from|message_days"):
        Settings(**known)


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_the_mail_servers_certificate_is_verified(
    security: Security,
    addressee: Addressee,
    database: Database,
    mailing: Settings,
    later: Later,
    signed: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(database, [addressee("a")])
    office, context = Office(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    how: dict[str, Any] = {"ssl_context": context}
    if security is Security.STARTTLS:
        how = {"tls_context": context, "require_starttls": True}
    secret = {"smtp_security": security, "smtp_host": "localhost"}
    sending = PostWorker(
        database, mailing.model_copy(update=secret), Vault(SECRET), later, TokenUses()
    )
    controller = Controller(office, hostname="localhost", port=mailing.smtp_port, **how)
    controller.start()
    try:
        sending.send_letters()
        assert not office.letters
        assert "certificate verify failed" in str(errors(database)[0]).lower()
        monkeypatch.setenv("SSL_CERT_FILE", str(signed.certificate))
        later.wait(minutes=1)
        sending.send_letters()
        assert len(office.letters) == 1
    finally:
        controller.stop()
