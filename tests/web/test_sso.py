"""Single sign-on, against a real OpenID provider on loopback: whom it lets in, whom it does not."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

from app import settings as app_settings
from app import sso
from app.db.session import Database
from app.settings import Settings
from tests.api.people import invited
from tests.conftest import SECRET, As, Clock
from tests.oidc_provider import CALLBACK, CLIENT, Claims, Provider
from tests.oidc_provider import SECRET as CLIENT_SECRET

EMAIL = "can.bo@phutho.vn"
BROWSER = httpx2.Client()
OWN = {"email": EMAIL, "email_verified": True, "amr": ["pwd"]}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """With one person at it, who has verified an e-mail there."""
    running.reset()
    running.people["phu-tho"] = dict(OWN)
    running.user = "phu-tho"
    return running


@pytest.fixture
def settings(url: str, provider: Provider, tmp_path: Path) -> Settings:
    file = tmp_path / "client_secret"
    file.write_text(CLIENT_SECRET + "\n")
    return Settings(
        database_url=url,
        secret_key=SECRET,
        sign_in_per_minute=0,
        public_url="http://testserver",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=file,
    )


@pytest.fixture
def clock() -> Clock:
    """The provider goes by the real time."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    return clock


def sent_away(client: TestClient, path: str = "/login/sso") -> dict[str, str]:
    """The query with which the browser comes back from the provider."""
    sent = client.get(path)
    assert sent.status_code == 303, sent.text
    back = BROWSER.get(sent.headers["location"])
    assert back.headers["location"].startswith(CALLBACK)
    query = parse_qs(urlsplit(back.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def come_back(client: TestClient, query: dict[str, str]) -> Any:
    return client.get("/login/sso/callback", params=query)


def stored(database: Database, table: str) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(text(f"SELECT * FROM {table}")))


def test_an_invited_person_comes_in_by_a_verified_e_mail_and_is_known_from_then_on(
    client: TestClient, as_: As, provider: Provider, database: Database
) -> None:
    account = invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)["id"]
    door = client.get("/login?next=/account").text
    assert 'href="/login/sso?next=/account"' in door
    query = sent_away(client, "/login/sso?next=/account")
    signed = come_back(client, query)
    assert (signed.status_code, signed.headers["location"]) == (303, "/account")
    assert client.get("/api/v1/me").json()["unit"] == "P63-25"
    assert [(row.issuer, row.account_id) for row in stored(database, "external_identity")] == [
        (provider.issuer, account)
    ]
    # Another e-mail there is the same person here.
    provider.people["phu-tho"] = {"email": "ten.moi@phutho.vn", "email_verified": True}
    client.cookies.clear()
    assert come_back(client, sent_away(client)).status_code == 303
    events = [r for r in stored(database, "audit_event ORDER BY id") if r.account_id == account]
    assert [row.action for row in events] == ["identity:link", "session:begin", "session:begin"]
    assert EMAIL not in str([row.detail for row in events])
    assert not [row for row in stored(database, "web_session") if row.second_factor]
    # What it says of itself, and its keys, were asked for once.
    assert provider.asked.count(".well-known/openid-configuration") == 1
    assert provider.asked.count("jwks") == 1


def test_a_second_factor_at_the_provider_is_one_here(
    client: TestClient, as_: As, provider: Provider, database: Database
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    provider.people["phu-tho"]["amr"] = ["pwd", "otp"]
    assert come_back(client, sent_away(client)).status_code == 303
    assert [row.second_factor for row in stored(database, "web_session")] == [1]


def test_what_goes_to_the_provider_is_bound_to_this_browser(
    client: TestClient, as_: As, clock: Clock, database: Database
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    sent = client.get("/login/sso")
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    cookie = sent.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert not any(asked[name][0].lower() in cookie for name in ("state", "nonce"))
    query = sent_away(client)
    kept = dict(client.cookies)
    for spoiled in ({**query, "state": "x" * 48}, {k: query[k] for k in query if k != "state"}):
        refused = come_back(client, spoiled)
        assert (refused.status_code, "quá hạn" in refused.text) == (403, True)
        client.cookies.update(kept)
    client.cookies.clear()
    assert come_back(client, query).status_code == 403  # another browser
    client.cookies.update(kept)
    clock.now += timedelta(minutes=11)
    assert come_back(client, query).status_code == 403
    assert not stored(database, "web_session")


def test_a_code_opens_once(
    client: TestClient, as_: As, provider: Provider, database: Database
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    query = sent_away(client)
    kept = dict(client.cookies)
    assert come_back(client, query).status_code == 303
    client.cookies.clear()
    client.cookies.update(kept)
    replayed = come_back(client, query)
    assert (replayed.status_code, "không cho vào" in replayed.text) == (403, True)
    assert len(stored(database, "web_session")) == 1


def unsigned(claims: Claims) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    coded = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, ""])


def by_another_key(provider: Provider, claims: Claims) -> str:
    kid = next(key["kid"] for key in provider.public_keys() if key["kty"] == "EC")
    return jwt.encode({"alg": "ES256", "kid": kid}, claims, ECKey.generate_key("P-256"))


def test_only_the_providers_own_word_of_now_for_us_is_believed(
    client: TestClient, as_: As, provider: Provider, database: Database
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    lies = {
        "another audience": lambda said: provider.sign({**said, "aud": ["another"]}),
        "two audiences, not ours to use": lambda said: provider.sign(
            {**said, "aud": [CLIENT, "another"], "azp": "another"}
        ),
        "another issuer": lambda said: provider.sign({**said, "iss": "https://another.vn"}),
        "another attempt": lambda said: provider.sign({**said, "nonce": "x" * 48}),
        "no attempt": lambda said: provider.sign({k: said[k] for k in said if k != "nonce"}),
        "expired": lambda said: provider.sign({**said, "exp": said["iat"] - 120}),
        "no end": lambda said: provider.sign({k: said[k] for k in said if k != "exp"}),
        "not yet": lambda said: provider.sign({**said, "iat": said["iat"] + 3600}),
        "unsigned": unsigned,
        "another's key": lambda said: by_another_key(provider, said),
        "an unknown key": lambda said: provider.sign(said, kid="unknown"),
        "no token at all": lambda said: "x",
    }
    for lie, forge in lies.items():
        provider.forge = forge
        refused = come_back(client, sent_away(client))
        assert (lie, refused.status_code, "không xác minh được" in refused.text) == (lie, 403, True)
    assert not stored(database, "web_session")
    assert not stored(database, "external_identity")
    # Nor does an unknown key make the provider's be asked for again and again.
    assert provider.asked.count("jwks") == 1
    provider.forge = provider.sign
    assert come_back(client, sent_away(client)).status_code == 303


def test_a_new_key_of_the_provider_is_known_after_a_minute(
    client: TestClient, as_: As, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    assert come_back(client, sent_away(client)).status_code == 303
    key = ECKey.generate_key("P-256", {"kid": "moi", "use": "sig"})
    provider.more_keys.append(dict(key.as_dict(private=False)))
    provider.forge = lambda said: jwt.encode({"alg": "ES256", "kid": "moi"}, said, key)
    assert come_back(client, sent_away(client)).status_code == 403
    monkeypatch.setattr(sso, "RENEWED_SECONDS", -1)
    assert come_back(client, sent_away(client)).status_code == 303


def test_coming_along_gives_nobody_an_account(
    client: TestClient, as_: As, provider: Provider, database: Database
) -> None:
    unknown = come_back(client, sent_away(client))
    assert (unknown.status_code, "mời" in unknown.text) == (403, True)
    account = invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)["id"]
    for unverified in (False, "true", None):
        provider.people["phu-tho"]["email_verified"] = unverified
        refused = come_back(client, sent_away(client))
        assert (refused.status_code, "chưa xác minh địa chỉ" in refused.text) == (403, True)
    provider.people["phu-tho"] = dict(OWN)
    assert as_("admin").patch(f"/users/{account}", json={"active": False}).status_code == 200
    assert come_back(client, sent_away(client)).status_code == 403
    assert not stored(database, "web_session")
    assert not stored(database, "external_identity")
    refusals = [row for row in stored(database, "audit_event") if row.action == "session:refuse"]
    assert len(refusals) == 5
    assert EMAIL not in str(refusals)


def test_an_address_given_to_another_person_does_not_give_them_the_account(
    client: TestClient, as_: As, provider: Provider
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    assert come_back(client, sent_away(client)).status_code == 303
    client.cookies.clear()
    provider.people["successor"], provider.user = dict(OWN), "successor"
    refused = come_back(client, sent_away(client))
    assert (refused.status_code, "gắn với một người khác" in refused.text) == (403, True)


def test_a_provider_that_is_down_lets_nobody_in_and_leaves_nothing(
    client: TestClient,
    as_: As,
    provider: Provider,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invited(as_, "Cán bộ Phú Thọ", "reporter", "P63-25", email=EMAIL)
    provider.down = True
    assert client.get("/login/sso").status_code == 503
    provider.down = False
    query = sent_away(client)
    provider.down = True
    failed = come_back(client, query)
    assert failed.status_code == 503
    assert failed.headers["content-type"].startswith("text/html")
    provider.down, provider.padding = False, " " * 300_000
    query = sent_away(client)
    assert come_back(client, query).status_code == 503  # says more than it has to say
    provider.padding = ""
    query = sent_away(client)
    monkeypatch.setattr(sso, "CALL_SECONDS", 0.1)
    provider.answers.clear()
    assert come_back(client, query).status_code == 503
    provider.answers.set()
    assert not stored(database, "web_session")
    assert not stored(database, "external_identity")


def test_without_a_provider_there_is_no_single_sign_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for issuer in ("http://dang-nhap.vn", "ftp://127.0.0.1", "dang-nhap.vn", "https://"):
        with pytest.raises(ValueError, match="oidc_issuer"):
            Settings(oidc_issuer=issuer)
    monkeypatch.setattr(app_settings, "find_spec", lambda name: None)
    assert Settings().oidc_issuer == ""
    with pytest.raises(ValueError, match=r"chitieu\[sso\]"):
        Settings(oidc_issuer="https://dang-nhap.vn")
