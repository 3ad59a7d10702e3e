"""The gate before the body: a real server, raw sockets, and a gigabyte that nobody asked for."""

import contextlib
import http.client
import os
import select
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.db.session import Database
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import tokens
from tests.conftest import SECRET
from tests.servers import LiveServer

GIBIBYTE = 1 << 30
MEGABYTE = 1_000_000
BLOCK = b"x" * 65_536
MOST_IN_FLIGHT = 12
TRUSTED, OTHER = "127.0.0.5", "127.0.0.9"
REPORT = "/api/v1/reports/NC-2024/2024/P63-25"
FORM = "multipart/form-data; boundary=b"
OPENING = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'


class Gate(NamedTuple):
    """A server with one worker thread, and what it is watched by."""

    pid: int
    port: int
    key: str
    temporary: Path

    def connection(self, address: str = OTHER) -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.port), timeout=10, source_address=(address, 0)
        )

    def ask(
        self, path: str, headers: dict[str, str] | None = None, address: str = OTHER
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=10, source_address=(address, 0)
        )
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def most_memory(self) -> int:
        """The peak of resident memory so far, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])

    def on_disk(self) -> int:
        """Bytes in the temporary folder, in files without a name as well."""
        named = [path.stat().st_size for path in self.temporary.rglob("*") if path.is_file()]
        unnamed = []
        for fd in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(self.temporary) in os.readlink(fd):
                    unnamed.append(fd.stat().st_size)
        return sum(named) + sum(unnamed)


@pytest.fixture(scope="module")
def gate(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("gate")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'gate.db')}"
    database = Database(url)
    with database.writing() as session:
        asked = checked(TokenIn, {"name": "reporter", "role": "reporter", "unit": "P63-25"})
        key = tokens.create_token(session, tokens.system(session), Sent(asked))["token"]
    database.close()
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = {
        "CHITIEU_DATABASE_URL": url,
        "CHITIEU_SECRET_KEY": SECRET,
        "CHITIEU_THREADS": "1",
        "CHITIEU_MOST_IN_FLIGHT": str(MOST_IN_FLIGHT),
        "CHITIEU_TRUSTED_PROXIES": TRUSTED,
        "TMPDIR": str(temporary),
    }
    with LiveServer(environment) as server:
        yield Gate(server.pid, int(server.url.rpartition(":")[2]), key, temporary)


def head(verb: str, path: str, key: str | None, *more: str) -> bytes:
    lines = [f"{verb} {path} HTTP/1.1", "Host: chitieu", *more]
    lines += [f"Authorization: Bearer {key}"] if key else []
    return "\r\n".join([*lines, "", ""]).encode()


class Sending(NamedTuple):
    status: int
    ended: bool
    taken: int
    seconds: float
    on_disk: int


def send_all_that_is_taken(gate: Gate, opening: bytes, *, chunked: bool) -> Sending:
    """A gigabyte, block by block, until the server ends the connection."""
    block = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK
    begun, answer, taken, on_disk = time.monotonic(), b"", 0, 0
    with gate.connection() as peer:
        with contextlib.suppress(ConnectionError):
            peer.sendall(opening)
            peer.setblocking(False)
            left = memoryview(block)
            while taken < GIBIBYTE:
                readable, writable, _ = select.select([peer], [peer], [], 10)
                if readable:
                    got = peer.recv(65_536)
                    if not got:
                        break
                    answer += got
                if writable:
                    sent = peer.send(left)
                    taken, left = taken + sent, left[sent:] or memoryview(block)
                on_disk = max(on_disk, gate.on_disk())
        # What it said before it ended the connection, when a block went out first.
        with contextlib.suppress(OSError):
            answer += peer.recv(65_536)
    status = int(answer.split(b" ", 2)[1])
    ended = b"connection: close" in answer.lower()
    return Sending(status, ended, taken, time.monotonic() - begun, on_disk)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_gigabyte_moves_neither_disk_nor_memory(gate: Gate, chunked: bool) -> None:
    gate.ask("/api/v1/units", {"Authorization": f"Bearer {gate.key}"})
    before = gate.most_memory()
    size = ("Transfer-Encoding: chunked",) if chunked else (f"Content-Length: {GIBIBYTE}",)
    file = b"%x\r\n%s\r\n" % (len(OPENING), OPENING) if chunked else OPENING
    for key, refused in ((None, 401), (gate.key[:-8] + "00000000", 401), (gate.key, 413)):
        json = head("PUT", REPORT, key, *size, "Content-Type: application/json")
        workbook = head("POST", "/api/v1/imports", key, *size, f"Content-Type: {FORM}") + file
        form = head("POST", "/login", None, *size)
        page = head("POST", "/upload", key, *size, f"Content-Type: {FORM}") + file
        sendings = {
            place: send_all_that_is_taken(gate, opening, chunked=chunked)
            for place, opening in (
                ("json", json),
                ("workbook", workbook),
                ("form", form),
                ("page", page),
            )
        }
        statuses = {place: sending.status for place, sending in sendings.items()}
        to_sign_in = 303 if refused == 401 else refused
        assert statuses == {
            "json": refused,
            "workbook": refused,
            "form": 413,
            "page": to_sign_in,
        }
        for place, sending in sendings.items():
            assert sending.ended
            assert sending.seconds < 3, (place, sending)
            assert sending.taken < 40 * MEGABYTE, (place, sending)
            # A workbook that may be sent is kept on the disk up to its limit, until it is judged.
            kept = chunked and key == gate.key and place in ("workbook", "page")
            assert sending.on_disk <= (11 * MEGABYTE if kept else 0), (place, sending)
    assert gate.on_disk() == 0
    assert gate.most_memory() - before < 30 * MEGABYTE


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_form_of_another_page_is_refused_by_its_first_bytes(gate: Gate, chunked: bool) -> None:
    """A browser adds its session to whatever it is made to send; the proof is not in it."""
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", f"token={gate.key}", form)
    cookie = connection.getresponse().headers["set-cookie"].partition(";")[0]
    connection.close()
    before = gate.most_memory()
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {GIBIBYTE}"
    file = b"%x\r\n%s\r\n" % (len(OPENING), OPENING) if chunked else OPENING
    for path in ("/upload", "/api/v1/imports", REPORT.removeprefix("/api/v1") + "/attachments"):
        more = (f"Cookie: {cookie}", size, f"Content-Type: {FORM}")
        sending = send_all_that_is_taken(
            gate, head("POST", path, None, *more) + file, chunked=chunked
        )
        assert (sending.status, sending.ended, sending.on_disk) == (403, True, 0)
        assert sending.taken < 5 * MEGABYTE, (path, sending)
    assert gate.most_memory() - before < 10 * MEGABYTE


def test_who_waits_to_be_told_to_send_is_told_no(gate: Gate) -> None:
    with gate.connection() as peer:
        more = ("Expect: 100-continue", "Content-Length: 100000000")
        peer.sendall(head("PUT", REPORT, "wrong", *more))
        assert peer.recv(65_536).startswith(b"HTTP/1.1 401")
    with gate.connection() as peer:
        body = b'{"values": [{"target": "NOPE", "percent": 1}]}'
        more = ("Expect: 100-continue", f"Content-Length: {len(body)}")
        peer.sendall(head("PUT", REPORT, gate.key, *more))
        assert peer.recv(65_536).startswith(b"HTTP/1.1 100 Continue")
        peer.sendall(body)
        assert peer.recv(65_536).startswith(b"HTTP/1.1 422")


@pytest.fixture
def slow(gate: Gate) -> Iterator[list[socket.socket]]:
    """As many as may be in flight: each has a right key, and sends its report byte by byte."""
    more = ("Content-Length: 100", "Content-Type: application/json")
    peers = [gate.connection() for _ in range(MOST_IN_FLIGHT)]
    for peer in peers:
        peer.sendall(head("PUT", REPORT, gate.key, *more) + b"{")
    yield peers
    for peer in peers:
        peer.close()


def until(gate: Gate, status: int, path: str = "/api/v1/me") -> http.client.HTTPResponse:
    """What a right key gets, once it is `status`; a connection's end takes a moment to be seen."""
    for _ in range(200):
        answer = gate.ask(path, {"Authorization": f"Bearer {gate.key}"})
        if answer.status == status:
            return answer
    raise AssertionError(answer.status)


def test_what_is_in_flight_is_bounded_and_others_are_told_when_to_come_back(
    gate: Gate, slow: list[socket.socket]
) -> None:
    busy = until(gate, 503)
    assert busy.headers["content-type"] == "application/problem+json"
    assert busy.headers["retry-after"] in {"1", "2", "3"}
    page = gate.ask("/login")
    assert page.status == 503
    assert page.headers["content-type"].startswith("text/html")
    assert gate.ask("/healthz").status == 200
    assert gate.ask("/static/mark.svg").status == 200
    # A slow body holds no thread: with one of them, and one place free, all goes on.
    slow[0].close()
    assert until(gate, 200).status == 200
    assert until(gate, 200, "/api/v1/units?limit=1").status == 200


def test_who_comes_by_a_trusted_proxy_is_believed_about_the_sender(gate: Gate) -> None:
    def wrong_key(peer: str, sender: str) -> int:
        headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": sender}
        return gate.ask("/api/v1/me", headers, peer).status

    assert {wrong_key(TRUSTED, f"192.0.2.{n}") for n in range(40)} == {401}
    assert [wrong_key(TRUSTED, "198.51.100.7") for _ in range(32)][-1] == 429
    # The first address that is not a proxy's counts, not what the sender wrote before it.
    assert wrong_key(TRUSTED, "203.0.113.1, 198.51.100.7") == 429
    # Another peer may say what it likes: its own address is counted.
    assert [wrong_key("127.0.0.77", f"192.0.2.{n}") for n in range(32)][-1] == 429
    # Of IPv6 the network of one customer is counted.
    assert [wrong_key(TRUSTED, f"2001:db8:0:1::{n:x}") for n in range(32)][-1] == 429
    assert wrong_key(TRUSTED, "2001:db8:0:2::1") == 401
    secure = {"X-Forwarded-Proto": "https"}
    assert "strict-transport-security" in gate.ask("/healthz", secure, TRUSTED).headers
    assert "strict-transport-security" not in gate.ask("/healthz", secure).headers
    # A right key opens all the same.
    assert gate.ask("/api/v1/me", {"Authorization": f"Bearer {gate.key}"}).status == 200
