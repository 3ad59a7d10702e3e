"""The second factor: set up by its owner, asked for at every sign-in, and never twice alike."""

import base64
import hmac
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.deps import csrf_of
from app.domain.access import Role
from app.services import second_factor
from app.services.vault import Vault
from app.settings import Profile, Settings
from tests.api.people import COOKIE, invited, signed_in
from tests.conftest import SECRET, As, Clock, TokenFactory

OWN, DOOR = "/account/second-factor", "/login/second-factor"
PASSWORD = "mot-cau-du-dai-de-nho"


@pytest.fixture
def settings(url: str) -> Settings:
    """Whoever reviews needs a second factor; whoever reports may have one."""
    required = frozenset({Role.REVIEWER})
    return Settings(database_url=url, secret_key=SECRET, second_factor_for=required)


def telephone(secret: str, clock: Clock, steps: int = 0) -> str:
    """What an authenticator app shows: RFC 6238 over RFC 4226, with SHA-1, 30 seconds, 6 digits."""
    counter = int(clock.now.timestamp()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


class Browser:
    """Somebody at a browser of their own, with the cookie of one session."""

    def __init__(self, client: TestClient, cookie: str = "") -> None:
        self.client = client
        self.cookie = cookie

    def _keep(self, answer: Any) -> Any:
        self.cookie = self.client.cookies.get(COOKIE) or self.cookie
        self.client.cookies.clear()
        return answer

    def get(self, path: str) -> Any:
        return self._keep(self.client.get(path, headers={"Cookie": f"{COOKIE}={self.cookie}"}))

    def post(self, path: str, **fields: str) -> Any:
        headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        fields = {"csrf": csrf_of(self.cookie), **fields}
        return self._keep(self.client.post(path, data=fields, headers=headers))

    def enrol(self, clock: Clock) -> tuple[str, list[str]]:
        """The secret in the telephone, and the recovery codes on paper."""
        assert self.post(OWN, do="enrol").status_code == 303
        secret = secret_on(self.get(OWN).text)
        return secret, codes_on(self.post(OWN, do="confirm", code=telephone(secret, clock)))


def secret_on(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found is not None
    return found[1].replace(" ", "")


def codes_on(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return re.findall(r"<li><code>([a-z2-7-]+)</code></li>", answer.text)


def reporter(as_: As, database: Database, clock: Clock, client: TestClient) -> Browser:
    made = invited(as_, "Người báo cáo Phú Thọ", "reporter", "P63-25")
    client.cookies.clear()
    return Browser(client, signed_in(database, clock, made["id"], None))


def again(browser: Browser, database: Database, clock: Clock) -> Browser:
    """The same person at another browser, the password just given."""
    (account_id,) = {row.account_id for row in stored(database, "web_session")}
    return Browser(browser.client, signed_in(database, clock, account_id, None))


def stored(database: Database, table: str) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(text(f"SELECT * FROM {table}")))


def done(database: Database) -> list[str]:
    events = stored(database, "audit_event ORDER BY id")
    return [row.action for row in events if row.action.startswith("factor:")]


def test_a_reviewer_sets_up_a_second_factor_before_anything_else_opens(
    client: TestClient, as_: As, clock: Clock
) -> None:
    link = invited(as_, "Người thẩm định", "reviewer")["link"]
    person = Browser(client)
    secret_link = parse_qs(urlsplit(link).query)["link"][0]
    chosen = {"link": secret_link, "password": PASSWORD, "again": PASSWORD}
    assert person.post("/welcome", **chosen).status_code == 303
    signed = person.post("/login", username="Người thẩm định", password=PASSWORD)
    assert signed.status_code == 303
    turned = person.get("/account")
    assert (turned.status_code, turned.headers["location"]) == (303, f"{OWN}?next=%2Faccount")
    refused = person.get("/api/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    page = person.get(turned.headers["location"])
    assert "yêu cầu xác thực hai bước" in page.text
    assert person.post(OWN, do="enrol", next="/account").status_code == 303
    page = person.get(f"{OWN}?next=/account").text
    assert 'src="data:image/svg+xml' in page
    secret, before = secret_on(page), person.cookie
    wrong = person.post(OWN, do="confirm", code="000000", next="/account")
    assert (wrong.status_code, "Mã không đúng" in wrong.text) == (422, True)
    shown = person.post(OWN, do="confirm", code=telephone(secret, clock), next="/account")
    assert len(set(codes_on(shown))) == 10
    assert 'href="/account"' in shown.text
    assert person.get("/api/v1/me").json()["role"] == "reviewer"
    assert person.cookie != before
    assert Browser(client, before).get("/account").headers["location"].startswith("/login?")
    # It stays as long as the role asks for it.
    assert 'value="remove"' not in person.get(OWN).text
    clock.now += timedelta(seconds=60)
    kept = person.post(OWN, do="remove", code=telephone(secret, clock))
    assert kept.status_code == 409
    assert 'value="renew"' in person.get(OWN).text


def test_the_code_is_asked_for_at_every_sign_in_and_opens_once(
    client: TestClient, as_: As, database: Database, clock: Clock
) -> None:
    person = reporter(as_, database, clock, client)
    assert person.get("/account").status_code == 200  # nobody asks a reporter for one
    secret, _ = person.enrol(clock)
    clock.now += timedelta(seconds=60)
    other = again(person, database, clock)
    turned = other.get("/account")
    assert turned.headers["location"] == f"{DOOR}?next=%2Faccount"
    assert other.get("/api/v1/me").status_code == 401
    assert other.get(turned.headers["location"]).status_code == 200
    # Who knows the password alone changes nothing.
    assert other.get(OWN).headers["location"].startswith(DOOR)
    for do in ("enrol", "confirm", "renew", "remove"):
        tried = other.post(OWN, do=do, code=telephone(secret, clock))
        assert (tried.status_code, tried.headers["location"]) == (303, DOOR)
    wrong = other.post(DOOR, code="000000")
    assert (wrong.status_code, "Mã không đúng" in wrong.text) == (401, True)
    before, code = other.cookie, telephone(secret, clock)
    passed = other.post(DOOR, code=f" {code[:3]} {code[3:]}", next="/account")
    assert (passed.status_code, passed.headers["location"]) == (303, "/account")
    assert other.get("/account").status_code == 200
    assert Browser(client, before).get("/account").headers["location"].startswith("/login?")
    third = again(person, database, clock)
    assert third.post(DOOR, code=code).status_code == 401  # read over a shoulder
    assert third.post(DOOR, code=telephone(secret, clock, 1)).status_code == 303


def test_a_code_counts_half_a_minute_early_or_late_and_no_longer(
    client: TestClient, as_: As, database: Database, clock: Clock
) -> None:
    person = reporter(as_, database, clock, client)
    secret, _ = person.enrol(clock)
    (account_id,) = {row.account_id for row in stored(database, "second_factor")}
    clock.now += timedelta(minutes=10)
    vault = Vault(SECRET)
    for steps, counts in ((-2, False), (2, False), (-1, True), (0, True), (1, True), (0, False)):
        with database.writing() as session:
            code = telephone(secret, clock, steps)
            right = second_factor.check(session, account_id, code, clock.now, vault)
        assert (steps, right) == (steps, counts)
    for nonsense in ("", "٠٠٠٠٠٠", "\ud800", "12345", "x" * 100):
        with database.writing() as session:
            assert not second_factor.check(session, account_id, nonsense, clock.now, vault)


def test_a_recovery_code_opens_once_where_the_telephone_is_lost(
    client: TestClient, as_: As, database: Database, clock: Clock
) -> None:
    person = reporter(as_, database, clock, client)
    secret, codes = person.enrol(clock)
    kept = str([stored(database, one) for one in ("second_factor", "recovery_code", "audit_event")])
    assert not [one for one in (secret, *codes) if one in kept or one.replace("-", "") in kept]
    lost = again(person, database, clock)
    assert lost.post(DOOR, code=codes[0].upper().replace("-", " ")).status_code == 303
    assert "Còn 9 mã dự phòng" in lost.get(OWN).text
    assert again(person, database, clock).post(DOOR, code=codes[0]).status_code == 401
    fresh = codes_on(lost.post(OWN, do="renew", code=codes[1]))
    assert (len(fresh), set(fresh) & set(codes)) == (10, set())
    assert again(person, database, clock).post(DOOR, code=codes[2]).status_code == 401
    assert again(person, database, clock).post(DOOR, code=fresh[0]).status_code == 303
    assert lost.post(OWN, do="remove", code="000000").status_code == 422
    assert lost.post(OWN, do="remove", code=fresh[1]).status_code == 303
    assert again(person, database, clock).get("/account").status_code == 200
    assert not stored(database, "recovery_code")
    assert done(database) == [
        "factor:enrol",
        "factor:confirm",
        "factor:use_recovery_code",
        "factor:refuse",
        "factor:use_recovery_code",
        "factor:renew_codes",
        "factor:refuse",
        "factor:use_recovery_code",
        "factor:refuse",
        "factor:use_recovery_code",
        "factor:remove",
    ]


def test_a_factor_that_was_given_up_counts_for_no_role_granted_later(
    client: TestClient, as_: As, database: Database, clock: Clock
) -> None:
    person = reporter(as_, database, clock, client)
    _, codes = person.enrol(clock)
    assert person.post(OWN, do="remove", code=codes[0]).status_code == 303
    assert not any(row.second_factor for row in stored(database, "web_session"))


def test_who_guesses_codes_waits_longer_each_time(
    client: TestClient, as_: As, database: Database, clock: Clock
) -> None:
    person = reporter(as_, database, clock, client)
    secret, _ = person.enrol(clock)
    clock.now += timedelta(seconds=60)
    thief = again(person, database, clock)
    assert [thief.post(DOOR, code="000000").status_code for _ in range(5)] == [401] * 5
    refused = again(person, database, clock).post(DOOR, code=telephone(secret, clock))
    assert refused.status_code == 429
    clock.now += timedelta(seconds=int(refused.headers["retry-after"]))
    assert thief.post(DOOR, code="000000").status_code == 401
    longer = thief.post(DOOR, code=telephone(secret, clock))
    assert int(longer.headers["retry-after"]) > int(refused.headers["retry-after"])
    clock.now += timedelta(seconds=int(longer.headers["retry-after"]))
    assert thief.post(DOOR, code=telephone(secret, clock)).status_code == 303


def test_a_token_is_asked_for_nothing_more_and_changes_nothing(
    client: TestClient, token: TokenFactory
) -> None:
    machine = Browser(client)
    assert machine.post("/login", token=token("reviewer")).status_code == 303
    assert machine.get("/account").status_code == 200
    assert machine.get(DOOR).headers["location"] == "/"
    assert machine.get(OWN).status_code == 403
    assert machine.post(OWN, do="enrol").status_code == 403


def test_the_production_profile_asks_who_decides_for_a_second_factor() -> None:
    strict = frozenset({Role.ADMIN, Role.REVIEWER})
    assert Settings(profile=Profile.PRODUCTION).second_factor_for == strict
    assert Settings().second_factor_for == frozenset()
