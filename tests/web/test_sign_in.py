"""Signing in with a password: nobody learns who has an account, and nobody guesses for long."""

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from sqlalchemy import text

from app.db.session import Database
from app.deps import SESSION_COOKIE
from app.domain.errors import Invalid
from app.main import create_app
from app.services import passwords
from app.settings import Settings
from app.sheets.fence import Fence
from tests.conftest import SECRET, As, Clock
from tests.servers import LiveServer
from tests.web.people import PASSWORD, WORST, person, sign_in, who


def events(database: Database, *actions: str) -> list[Any]:
    """Action, account, detail and personal part, as they were recorded."""
    query = text(
        "SELECT e.action, e.account_id, e.detail, p.content FROM audit_event e "
        "LEFT JOIN audit_personal p ON p.event_id = e.id ORDER BY e.id"
    )
    with database.reading() as session:
        return [tuple(row) for row in session.execute(query) if row[0] in actions]


def test_a_person_signs_in_by_e_mail_or_name_and_acts_in_the_role_that_was_granted(
    client: TestClient, database: Database
) -> None:
    id_ = person(database, "Hồ Văn A", "reporter P63-25", email="a@phutho.example")
    for said in ("A@PhuTho.example ", "Hồ Văn A"):
        client.cookies.clear()
        answer = sign_in(client, said, next="/?programme=NC-2024")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?programme=NC-2024")
        me = who(client)
        assert (me["name"], me["role"], me["unit"]) == ("Hồ Văn A", "reporter", "P63-25")
    assert client.get("/").status_code == 200
    begun = events(database, "session:begin")
    assert [one[1] for one in begun] == [id_, id_]
    assert "Hồ Văn A" not in str([one[2] for one in begun])


def test_a_password_typed_in_another_unicode_form_is_the_same(
    client: TestClient, database: Database
) -> None:
    person(database, "A", "viewer", password="Đường về Hà Nội")
    decomposed = "\u0110\u01b0\u01a1\u0300ng v\u00ea\u0300 Ha\u0300 N\u00f4\u0323i"
    assert sign_in(client, "A", decomposed).status_code == 303


def test_nobody_learns_from_a_refusal_who_has_an_account(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    verify = PasswordHash.verify

    def counted(self: PasswordHash, password: str, hash: str) -> bool:
        worked.append(hash.rsplit("$", 2)[0])
        return verify(self, password, hash)

    monkeypatch.setattr(PasswordHash, "verify", counted)
    person(database, "known", "viewer")
    gone = person(database, "gone", "viewer")
    person(database, "invited", "viewer", password=None)
    with database.writing() as session:
        session.execute(
            text("UPDATE account SET deactivated_at = created_at WHERE id = :id"), {"id": gone}
        )
    typed = {"known": "wrong wrong wrong"}
    names = ["nobody", "known", "gone", "invited", "with\0a NUL"]
    answers = [sign_in(client, name, typed.get(name, PASSWORD)) for name in names]
    assert {answer.status_code for answer in answers} == {401}
    # What was typed stands in the field again, and nothing else differs.
    pages = [answer.text for answer in answers]
    told = {
        page.replace(f'value="{name}"', 'value=""') for name, page in zip(names, pages, strict=True)
    }
    assert len(told) == 1
    assert 'value="known"' in pages[1]
    assert WORST in answers[0].text
    assert not any("set-cookie" in answer.headers for answer in answers)
    # The same work for each: argon2id, 19 MiB, two passes, one lane.
    assert len(worked) == len(answers)
    assert set(worked) == {"$argon2id$v=19$m=19456,t=2,p=1"}
    refused = events(database, "session:refuse")
    assert len(refused) == len(answers)
    assert {one[1] for one in refused} == {None}
    assert "known" in str(refused[1][3])
    assert "known" not in str(refused[1][2])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right and wrong passwords told apart without the work, where dozens are tried."""

    def is_right(password: str, hash_: str | None) -> bool:
        return hash_ is not None and password == PASSWORD

    monkeypatch.setattr(passwords, "is_right", is_right)


@pytest.fixture
def unbounded(settings: Settings, clock: Clock, fence: Fence) -> Iterator[TestClient]:
    """The service with no bound for an address."""
    free = settings.model_copy(update={"sign_in_per_minute": 0})
    with TestClient(create_app(free, clock, fence), follow_redirects=False) as client:
        yield client


@pytest.mark.usefixtures("quick")
def test_after_five_failures_one_waits_ever_longer_known_or_not(
    unbounded: TestClient, database: Database, clock: Clock
) -> None:
    person(database, "known", "viewer")
    waits: dict[str, list[int]] = {"known": [], "nobody": []}
    for name, waited in waits.items():
        for _ in range(5):
            assert sign_in(unbounded, name, "wrong wrong wrong").status_code == 401
        for _ in range(8):
            # The right password as well, and the name in capitals.
            answer = sign_in(unbounded, name.upper() if name == "nobody" else name)
            assert answer.status_code == 429
            waited.append(int(answer.headers["retry-after"]))
            clock.now += timedelta(seconds=waited[-1])
            assert sign_in(unbounded, name, "wrong wrong wrong").status_code == 401
    assert waits["known"] == [15, 30, 60, 120, 240, 480, 900, 900]
    assert waits["nobody"] == waits["known"]
    clock.now += timedelta(minutes=15)
    assert sign_in(unbounded, "known").status_code == 303
    # It is forgotten: five are free again.
    assert [sign_in(unbounded, "known", "wrong").status_code for _ in range(5)] == [401] * 5
    throttled = [one for one in events(database, "session:refuse") if "throttled" in str(one[2])]
    assert len(throttled) == 16


@pytest.mark.usefixtures("quick")
def test_nobody_is_kept_out_where_they_sign_in_by_who_tries_their_name_elsewhere(
    unbounded: TestClient, database: Database
) -> None:
    person(database, "A", "viewer")
    assert sign_in(unbounded, "A").status_code == 303
    elsewhere = TestClient(unbounded.app, follow_redirects=False, client=("192.0.2.9", 4000))
    for _ in range(5):
        assert sign_in(elsewhere, "A", "wrong wrong wrong").status_code == 401
    assert sign_in(elsewhere, "A").status_code == 429
    assert sign_in(unbounded, "A").status_code == 303
    # And there one waits after one's own failures.
    for _ in range(5):
        assert sign_in(unbounded, "A", "wrong wrong wrong").status_code == 401
    assert sign_in(unbounded, "A").status_code == 429


@pytest.mark.usefixtures("quick")
def test_a_restart_does_not_forget_failures(
    client: TestClient, settings: Settings, clock: Clock, fence: Fence, database: Database
) -> None:
    person(database, "A", "viewer")
    for _ in range(5):
        sign_in(client, "A", "wrong wrong wrong")
    with TestClient(create_app(settings, clock, fence), follow_redirects=False) as restarted:
        assert sign_in(restarted, "A").status_code == 429
        clock.now += timedelta(days=1)
        assert sign_in(restarted, "A").status_code == 303


def test_one_address_tries_only_so_often(settings: Settings, clock: Clock, fence: Fence) -> None:
    few = settings.model_copy(update={"sign_in_per_minute": 3})
    with TestClient(create_app(few, clock, fence), follow_redirects=False) as client:
        answers = [sign_in(client, f"nobody {one}") for one in range(4)]
    assert [one.status_code for one in answers] == [401, 401, 401, 429]
    assert int(answers[3].headers["retry-after"]) >= 1


def test_a_token_still_opens_the_pages_and_is_what_the_audit_names(
    client: TestClient, as_: As, database: Database
) -> None:
    token = as_("viewer").headers["Authorization"].split()[1]
    assert client.post("/login", data={"token": token}).status_code == 303
    assert who(client)["role"] == "viewer"
    assert client.post("/login", data={"token": token[:-1]}).status_code == 401
    query = text("SELECT action, token FROM audit_event WHERE action LIKE 'session:%' ORDER BY id")
    with database.reading() as session:
        found = [tuple(row) for row in session.execute(query)]
    assert found == [("session:begin", token.split("_")[1]), ("session:refuse", None)]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ngắn quá 123", None),
        ("ngắn quá 12", "password_short"),
        ("a" * 201, "password_long"),
        ("Matkhau@123456", "password_common"),
        ("MẬT KHẨU MỚI 123", "password_common"),
        ("abababababab", "password_common"),
        ("NguyenThiLan 1990", "password_own"),
        ("lan.nguyen@congdoan.example", "password_own"),
        ("lan.nguyen123456", "password_own"),
        ("một câu dài dễ nhớ của Lan", None),
        ("có ký tự\u0007điều khiển", "password_unprintable"),
    ],
)
def test_a_password_is_long_and_not_one_that_others_would_guess(
    password: str, reason: str | None
) -> None:
    names = ("Nguyễn Thị Lan", "lan.nguyen@congdoan.example", None)
    found = []
    try:
        passwords.check(password, names)
    except Invalid as refused:
        found = [fault.facts["reason"] for fault in refused.faults]
    assert found == ([reason] if reason else [])


def test_every_common_password_would_be_long_enough_without_the_list() -> None:
    lines = (Path(passwords.__file__).parent / "common_passwords.txt").read_text("utf-8")
    assert lines.splitlines()
    for line in lines.splitlines():
        assert len(line) >= 12
        with pytest.raises(Invalid):
            passwords.check(line, ())


def _peak_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_forty_people_who_sign_in_at_once_stay_below_300_megabytes(
    live_env: dict[str, str],
) -> None:
    with LiveServer({**live_env, "CHITIEU_SIGN_IN_PER_MINUTE": "0"}) as server:
        start = threading.Barrier(40)

        def enter(number: int) -> int:
            start.wait(30)
            said = {"username": "A" if number % 2 else f"nobody {number}", "password": PASSWORD}
            connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
            form = {"content-type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/login", urlencode(said), form)
            with closing(connection), connection.getresponse() as answer:
                return answer.status

        before = _peak_megabytes(server.pid)
        with ThreadPoolExecutor(40) as many:
            statuses = list(many.map(enter, range(40)))
        peak = _peak_megabytes(server.pid)
    assert sorted(statuses) == [303] * 20 + [401] * 20
    assert peak < 300, f"{before:.0f} MB before, {peak:.0f} MB at most"


@pytest.fixture
def live_env(tmp_path: Path, sqlite_template: Path) -> dict[str, str]:
    shutil.copy(sqlite_template, tmp_path / "live.db")
    url = f"sqlite:///{tmp_path / 'live.db'}"
    database = Database(url)
    person(database, "A", "viewer")
    database.close()
    return {"CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET}


def test_the_cookie_is_the_host_s_own_over_https(client: TestClient, database: Database) -> None:
    person(database, "A", "viewer")
    said = {"username": "A", "password": PASSWORD}
    cookie = client.post("https://testserver/login", data=said).headers["set-cookie"]
    name, _, flags = cookie.partition("=")
    assert name == "__Host-sid"
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {
        one.strip() for one in flags.split(";")
    }
    assert "domain" not in flags.lower()
    assert sign_in(client, "A").headers["set-cookie"].startswith(f"{SESSION_COOKIE}=")
