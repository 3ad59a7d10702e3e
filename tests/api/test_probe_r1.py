import json
from datetime import timedelta
from sqlalchemy import text
from tests.api.people import at_browser, invited, signed_in
from tests.api.test_users import holder
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import tokens
from tests.conftest import Caller


def test_rename(as_, database):
    user = invited(as_, "reporter", "viewer")
    made = as_("admin").post(
        "/tokens",
        json={"name": "Máy A", "role": "reporter", "unit": "P63-25"},
        headers={"Idempotency-Key": "k1"},
    )
    as_("admin").patch(f"/users/{user['id']}", json={"name": "Chị B"})
    again = as_("admin").post(
        "/tokens",
        json={"name": "Máy A", "role": "reporter", "unit": "P63-25"},
        headers={"Idempotency-Key": "k1"},
    )
    print(again.text)
    assert again.json()["role"] == "reporter"


def test_bump(as_, database):
    as_("admin")
    user = invited(as_, "X", "viewer")
    before = database.version()
    a = as_("admin").post(f"/users/{user['id']}/invitation", headers={"Idempotency-Key": "k1"})
    assert a.status_code == 201
    after = database.version()
    assert (before.data, before.setup) == (after.data, after.setup)


def test_mail(as_, database, clock):
    user = invited(as_, "X", "viewer", email="sai@x.vn")
    as_("admin").patch(f"/users/{user['id']}", json={"email": "dung@x.vn"})
    assert holder(database, clock, user["link"]) is None


def test_deact(as_, database, clock):
    user = invited(as_, "X", "viewer", email="sai@x.vn")
    as_("admin").patch(f"/users/{user['id']}", json={"active": False})
    as_("admin").patch(f"/users/{user['id']}", json={"active": True})
    assert holder(database, clock, user["link"]) is None


def test_scope(as_, client, database, clock):
    user = invited(as_, "X", "viewer", email="sai@x.vn")
    signed_in(database, clock, user["id"], user["grants"][0]["id"])
    with database.writing() as s:
        t = tokens.create_token(
            s,
            tokens.system(s),
            Sent(checked(TokenIn, {"name": "X", "role": "viewer", "scopes": ["read"]})),
        )
    r = Caller(client, t["token"]).get("/me/personal-data")
    print(r.status_code, r.text[:1500])
    assert r.status_code == 403


def test_odd(as_):
    a = as_("admin")
    out = []
    for m, p, kw in [
        ("GET", "/users/%00", {}),
        ("GET", "/users/²", {}),
        ("GET", "/users/999999999", {}),
        ("DELETE", "/tokens/" + "a" * 5000, {}),
        ("DELETE", "/tokens/²", {}),
        ("GET", "/users?q=" + "a" * 201, {}),
        ("GET", "/users?role=boss", {}),
        ("GET", "/users?q=%00", {}),
        ("POST", "/users", {"json": {"name": "a\u0000", "role": "viewer"}}),
        ("POST", "/users", {"content": b'{"name": "\\ud800", "role": "viewer"}'}),
        ("POST", "/users", {"json": {"name": "a" * 201, "role": "viewer"}}),
        ("POST", "/users", {"json": {"name": "a", "role": "viewer", "reason": "x" * 501}}),
        (
            "POST",
            "/users",
            {"json": {"name": "a", "role": "viewer", "email": "a@b.vn\r\nBcc: x@y.vn"}},
        ),
        ("POST", "/webhooks", {"json": {"url": "https://127.1/x"}}),
        ("POST", "/webhooks", {"json": {"url": "https://2130706433/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://[::ffff:127.0.0.1]/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://[64:ff9b::7f00:1]/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://localhost:22/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://a:99999/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://0x7f.1/"}}),
        ("POST", "/webhooks", {"json": {"url": "https://example.vn\\@127.0.0.1/"}}),
        ("POST", "/webhooks/x/replay", {"json": {"delivery": 10**30}}),
        ("DELETE", "/webhooks/%00", {}),
        ("PATCH", "/users/1", {"json": {"language": None}}),
        ("PATCH", "/users/1", {"json": {}}),
        ("POST", "/users/1/pseudonymise", {"json": {"reason": "  "}}),
    ]:
        r = a(m, p, **kw)
        out.append((r.status_code, m, p[:50], str(kw)[:80]))
    print("\n".join(map(str, out)))
    assert all(s < 500 for s, *_ in out)
    assert 0
