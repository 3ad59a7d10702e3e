"""Webhooks: signed as Standard Webhooks asks, repeated until accepted, never let into our network.

The receiver is a real one on loopback, and verifies with the library that receivers use.
"""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import standardwebhooks.webhooks
from sqlalchemy import text
from standardwebhooks import Webhook

from app.db.hooks import next_parcel
from app.db.session import Database
from app.domain.receivers import is_public, receiver
from app.post import hooks
from app.post.worker import PostWorker
from app.services.deliveries import claim, failed
from app.services.token_uses import TokenUses
from app.services.vault import Vault
from app.settings import Settings
from tests.api.journeys import NC, PHU_THO, ratio, submit
from tests.conftest import SECRET, As
from tests.post.certificates import Certificate, certificate
from tests.post.conftest import Later

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
Names = dict[str, list[str]]


class Receiver(ThreadingHTTPServer):
    """What arrived, verified with `secret`; `answers` are given in turn instead of 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.secret = ""
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.hosts: list[str] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/nhan?b=1"


class _Door(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:  # noqa: N802 - http.server calls it so
        body = self.rfile.read(int(self.headers["content-length"]))
        event = Webhook(self.server.secret).verify(body, dict(self.headers))
        assert self.path == "/nhan?b=1"
        self.server.events.append((self.headers["webhook-id"], event))
        self.server.hosts.append(self.headers["host"])
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The test says what matters."""


def _serving(server: Receiver) -> Iterator[Receiver]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    yield from _serving(Receiver())


@pytest.fixture
def settings(url: str) -> Settings:
    """The operator lets webhooks go to this machine."""
    hosts = frozenset({"127.0.0.1", "hooks.example.vn"})
    return Settings(database_url=url, secret_key=SECRET, webhook_hosts=hosts)


@pytest.fixture
def worker(
    database: Database, settings: Settings, later: Later, monkeypatch: pytest.MonkeyPatch
) -> PostWorker:
    """Its receivers' clocks go as its own."""

    class Receivers(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Receivers":
            return cls.fromtimestamp(later.now.timestamp(), tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Receivers)
    return PostWorker(database, settings, Vault(SECRET), later, TokenUses())


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """names["a.example"] = [first answer, next answer, …]: a name server in the test's hands."""
    known: Names = {}
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in known:
            return ask(host, port, *args, **more)
        return ask(known[host].pop(0), port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def subscribe(as_: As, receiving: Receiver, **more: Any) -> str:
    """The webhook's id; the receiver knows its secret."""
    made = as_("admin").post("/webhooks", json={"url": receiving.url, **more})
    assert made.status_code == 201, made.text
    receiving.secret = made.json()["secret"]
    found: str = made.json()["id"]
    return found


def deliveries(as_: As, id_: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_("admin").get(f"/webhooks/{id_}/deliveries").json()["items"]
    return found


def test_what_happens_to_a_report_is_told_signed_without_figures_or_names(
    as_: As, receiving: Receiver, worker: PostWorker
) -> None:
    id_ = subscribe(as_, receiving)
    reporter = as_("reporter", "P63-25")
    draft = {"values": [ratio("NC2", 300, 400)]}
    reporter.put(PHU_THO, json=draft)  # nobody else's business
    submit(as_, "P63-26", [ratio("NC2", 317_508_261, 400_000_000)])
    as_("reviewer").post(f"/reports/{NC}/2024/P63-26/return", json={"comment": "Sai."})
    as_("admin").post("/snapshots", json={"programme": NC, "period": "2024"})
    worker.send_events()
    events = [event for _, event in receiving.events]
    path = f"/api/v1/reports/{NC}/2024/P63-26"
    assert events[0]["data"] == {
        "programme": NC,
        "period": "2024",
        "unit": "P63-26",
        "revision": 1,
        "status": "submitted",
        "links": {"self": path, "revisions": f"{path}/revisions"},
    }
    assert [event["type"] for event in events] == [
        "report:submit",
        "report:return",
        "snapshot:create",
    ]
    assert all(event["timestamp"].endswith("Z") for event in events)
    assert "317508261" not in json.dumps(events)
    assert [one["status"] for one in deliveries(as_, id_)] == ["sent"] * 3
    worker.send_events()
    assert len(receiving.events) == 3


@ON_SQLITE
def test_what_stays_in_the_unit_is_told_when_its_approver_endorses(
    as_: As, receiving: Receiver, worker: PostWorker
) -> None:
    subscribe(as_, receiving)
    setting = {"endorsement": True, "reason": "Quy chế của đơn vị"}
    assert as_("admin").patch("/units/P63-25", json=setting).status_code == 200
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    worker.send_events()
    assert not receiving.events
    assert as_("unit_approver", "P63-25").post(f"{PHU_THO}/endorse").status_code == 200
    worker.send_events()
    assert [event["type"] for _, event in receiving.events] == ["report:endorse"]


@ON_SQLITE
def test_only_what_was_asked_for_is_told_and_nothing_that_was_undone(
    as_: As, receiving: Receiver, worker: PostWorker
) -> None:
    subscribe(as_, receiving, actions=["report:approve", "import:stored"])
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    book = as_("reporter", "P63-26").get(f"/templates/{NC}/2024.xlsx").content
    for query in ("dry_run=true", ""):
        answer = as_("reporter", "P63-26").post(
            f"/imports?{query}", files={"file": ("a.xlsx", book)}
        )
        assert answer.status_code in (200, 201), answer.text
    as_("reviewer").post(f"{PHU_THO}/approve")
    worker.send_events()
    assert [event["type"] for _, event in receiving.events] == ["import:stored", "report:approve"]


def test_an_event_is_repeated_under_its_name_until_it_is_accepted(
    as_: As, receiving: Receiver, worker: PostWorker, later: Later
) -> None:
    id_ = subscribe(as_, receiving)
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    receiving.answers = [500, 302, 404]
    for seconds in (0, 5, 300, 1800, 7200):
        later.wait(seconds=seconds - 1)
        worker.send_events()
        later.wait(seconds=1)
        worker.send_events()
    assert len({message for message, _ in receiving.events}) == 1
    assert len(receiving.events) == 4
    (line,) = deliveries(as_, id_)
    assert (line["status"], line["attempts"], line["answered"]) == ("sent", 4, 204)


@ON_SQLITE
def test_after_three_days_it_is_given_up_and_can_be_replayed(
    as_: As, receiving: Receiver, worker: PostWorker, later: Later
) -> None:
    id_ = subscribe(as_, receiving)
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    receiving.answers, began = [503] * 10, later.now
    while deliveries(as_, id_)[0]["status"] == "queued":
        worker.send_events()
        later.now = datetime.fromisoformat(deliveries(as_, id_)[0]["next_at"] or began.isoformat())
    (line,) = deliveries(as_, id_)
    assert (line["status"], line["attempts"], line["error"]) == ("given_up", 10, "answered 503")
    later.now = began + timedelta(days=4)
    admin = as_("admin")
    assert admin.post(f"/webhooks/{id_}/replay", json={}).status_code == 422
    assert admin.post(f"/webhooks/{id_}/replay", json={"delivery": 4711}).status_code == 404
    since = {"since": line["at"]}
    assert admin.post(f"/webhooks/{id_}/replay", json=since).json() == {"queued": 1}
    worker.send_events()
    one = {"delivery": line["id"]}
    assert admin.post(f"/webhooks/{id_}/replay", json=one).json() == {"queued": 1}
    worker.send_events()
    assert deliveries(as_, id_)[0]["status"] == "sent"
    assert {message for message, _ in receiving.events} == {line["message"]}


@ON_SQLITE
def test_a_worker_that_died_while_delivering_is_followed_by_another(
    as_: As, receiving: Receiver, worker: PostWorker, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(as_, receiving)
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("app.post.worker.deliver", dies)
        with pytest.raises(KeyboardInterrupt):
            worker.send_events()
    worker.send_events()
    assert not receiving.events
    later.wait(minutes=2)
    worker.send_events()
    assert len(receiving.events) == 1


@ON_SQLITE
def test_a_receiver_that_is_gone_is_told_nothing_more(
    as_: As, receiving: Receiver, worker: PostWorker, database: Database
) -> None:
    subscribe(as_, receiving)
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    submit(as_, "P63-26", [ratio("NC2", 300, 400)])
    receiving.answers = [410]
    worker.send_events()
    submit(as_, "P63-27", [ratio("NC2", 300, 400)])
    worker.send_events()
    assert len(receiving.events) == 1
    assert as_("admin").get("/webhooks").json()["items"] == []
    with database.reading() as session:
        states = session.execute(text("SELECT DISTINCT state FROM webhook_delivery")).scalars()
        assert list(states) == ["given_up"]


@ON_SQLITE
def test_a_receiver_that_does_not_answer_holds_up_nobody_else(
    as_: As, receiving: Receiver, worker: PostWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        waits = as_("admin").post("/webhooks", json={"url": silent_url}).json()["id"]
        subscribe(as_, receiving)
        for unit in ("P63-25", "P63-26"):
            submit(as_, unit, [ratio("NC2", 300, 400)])
        worker.send_events()
    assert len(receiving.events) == 2
    assert [one["attempts"] for one in deliveries(as_, waits)] == [1, 1]
    assert deliveries(as_, waits)[1]["error"] == "no answer in time"


@ON_SQLITE
def test_a_receiver_that_answers_drop_by_drop_is_cut_off(
    as_: As, worker: PostWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_dripping, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        id_ = as_("admin").post("/webhooks", json={"url": url}).json()["id"]
        as_("admin").post(f"/webhooks/{id_}/test")
        worker.send_events()
    (line,) = deliveries(as_, id_)
    assert (line["action"], line["status"], line["answered"]) == ("webhook:test", "queued", None)
    assert line["error"] == "no answer in time"


def test_what_was_on_its_way_when_a_webhook_was_removed_is_not_tried_again(
    as_: As, receiving: Receiver, database: Database, later: Later
) -> None:
    id_ = subscribe(as_, receiving)
    as_("admin").post(f"/webhooks/{id_}/test")
    with database.writing() as session:
        parcel = claim(session, later())
    assert parcel is not None
    assert as_("admin").delete(f"/webhooks/{id_}").status_code == 204
    with database.writing() as session:
        failed(session, parcel, later(), "no answer in time")
        assert next_parcel(session, later() + timedelta(days=1)) is None


def test_a_connection_that_comes_after_the_deadline_is_not_waited_for() -> None:
    """Else a slow handshake would win all the time there is for an answer drop by drop."""
    deadline = hooks._Deadline()
    deadline._end()
    with pytest.raises(TimeoutError):
        deadline.trace("connection.start_tls.complete", {"return_value": None})


def _dripping(server: socket.socket) -> None:
    """A header without an end, each byte well before a time-out."""
    connection, _ = server.accept()
    connection.settimeout(0.05)
    connection.send(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        try:
            connection.send(b"x")
            if not connection.recv(65536):
                return
        except TimeoutError:
            continue
        except OSError:
            return


@ON_SQLITE
def test_the_secret_is_shown_once_and_kept_sealed(
    as_: As, receiving: Receiver, database: Database
) -> None:
    id_ = subscribe(as_, receiving)
    assert receiving.secret.startswith("whsec_")
    assert "secret" not in as_("admin").get("/webhooks").json()["items"][0]
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM webhook")).all())
        audited = str(session.execute(text("SELECT * FROM audit_event")).all())
    assert receiving.secret not in kept + audited
    assert "webhook:create" in audited
    assert "/nhan" not in audited  # an address may itself be a secret
    assert as_("admin").delete(f"/webhooks/{id_}").status_code == 204
    assert as_("admin").delete(f"/webhooks/{id_}").status_code == 404


@ON_SQLITE
def test_webhooks_are_the_administrators(as_: As) -> None:
    for role, unit in (("reporter", "P63-25"), ("reviewer", None), ("auditor", None)):
        caller = as_(role, unit)
        assert caller.get("/webhooks").status_code == 403
        assert caller.post("/webhooks", json="nonsense").status_code == 403
        assert caller.delete("/webhooks/000000000000").status_code == 403
        assert caller.post("/webhooks/000000000000/test").status_code == 403
        assert caller.get("/webhooks/000000000000/deliveries").status_code == 403
        assert caller.post("/webhooks/000000000000/replay", json={}).status_code == 403


# Nobody's way into our own network.

REFUSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_of_a_network_of_ones_own_is_no_public_one(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_an_address_of_the_internet_is_a_public_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
        "https://hooks.example:22/",
        "https://hooks.example:25/",
        "https://hooks.example:99999/",
        "https://hooks.example:0/",
        "https://hooks.exa mple/",
        "https://hooks.example\\@inside.example/",
        "https://đơn-vị.example/",
        "https:///x",
        "//hooks.example/",
        "hooks.example",
    ],
)
def test_an_address_of_another_form_leads_nowhere(url: str) -> None:
    assert receiver(url, ()) is None


@ON_SQLITE
@pytest.mark.parametrize("host", ["localhost", "10.1.2.3", "[::1]", "0x7f.1", "2130706433"])
def test_a_webhook_into_our_own_network_is_refused(as_: As, host: str) -> None:
    refused = as_("admin").post("/webhooks", json={"url": f"https://{host}/x"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/url")


@ON_SQLITE
def test_a_name_that_later_means_an_inner_address_is_not_followed(
    as_: As, receiving: Receiver, worker: PostWorker, names: Names
) -> None:
    url = f"https://rebound.example:{receiving.server_port}/"
    names["rebound.example"] = ["8.8.8.8", "127.0.0.1"]
    id_ = as_("admin").post("/webhooks", json={"url": url}).json()["id"]
    as_("admin").post(f"/webhooks/{id_}/test")
    worker.send_events()
    assert names["rebound.example"] == []
    assert not receiving.events
    assert "not a public one" in str(deliveries(as_, id_)[0]["error"])


@pytest.fixture(scope="session")
def of_hooks(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), "hooks.example.vn")


@ON_SQLITE
def test_the_host_is_looked_up_once_and_its_certificate_is_the_names(
    as_: As,
    worker: PostWorker,
    names: Names,
    later: Later,
    of_hooks: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, context = Receiver(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(of_hooks.certificate, of_hooks.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    name = f"hooks.example.vn:{server.server_port}"
    for receiving in _serving(server):
        # Asked once when it is made and once at each attempt, whoever would answer then.
        names["hooks.example.vn"] = ["127.0.0.1", "127.0.0.1", "127.0.0.1", "192.0.2.1"]
        made = as_("admin").post("/webhooks", json={"url": f"https://{name}/nhan?b=1"}).json()
        receiving.secret = made["secret"]
        as_("admin").post(f"/webhooks/{made['id']}/test")
        worker.send_events()
        assert "CERTIFICATE_VERIFY_FAILED" in str(deliveries(as_, made["id"])[0]["error"])
        monkeypatch.setenv("SSL_CERT_FILE", str(of_hooks.certificate))
        later.wait(minutes=1)
        worker.send_events()
        assert receiving.hosts == [name]
        assert names["hooks.example.vn"] == ["192.0.2.1"]
