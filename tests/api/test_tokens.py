"""Tokens: narrowed by scopes, rotated with an overlap, told from what is mistyped, last used."""

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.main import create_app
from app.services.token_uses import TokenUses
from app.settings import Settings
from tests.api.journeys import PHU_THO, ratio
from tests.conftest import NOW, As, Caller, Clock, TokenFactory
from tests.web.visitor import Visitor


def made(as_: As, **asked: Any) -> Any:
    answer = as_("admin").post("/tokens", json={"name": "Máy của tỉnh", **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()


def line(as_: As, id_: str) -> Any:
    return next(one for one in as_("admin").get("/tokens").json()["items"] if one["id"] == id_)


def test_a_mistyped_token_is_told_from_a_wrong_one(as_: As, token: TokenFactory) -> None:
    right = token("viewer")
    id_ = right.split("_")[1]
    mistaken = right[:40] + ("0" if right[40] != "0" else "1") + right[41:]
    for bearer in (right[:-1], right + "0", mistaken, right.replace(id_, "0" * 12)):
        answer = Caller(as_(None).client, bearer).get("/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert "gõ sai hoặc thiếu ký tự" in answer.json()["detail"]


def test_an_unknown_token_and_a_revoked_one_are_answered_alike(as_: As) -> None:
    revoked = made(as_, role="viewer")
    as_("admin").delete(f"/tokens/{revoked['id']}")
    plain = f"000000000000_{'0' * 64}"
    unknown = f"chitieu_{plain}{zlib.crc32(plain.encode()):08x}"
    answers = []
    for bearer in (revoked["token"], unknown):
        answer = Caller(as_(None).client, bearer).get("/me").json()
        answers.append({name: answer[name] for name in ("code", "detail", "status", "errors")})
    assert answers[0] == answers[1]
    assert "gõ sai" not in answers[0]["detail"]


def test_a_mistyped_token_is_not_looked_up(settings: Settings, token: TokenFactory) -> None:
    mistyped = token("viewer")[:-1]
    app = create_app(settings)
    app.state.service.database.close()
    app.state.service.database.version = None  # whoever looks something up fails
    answer = Caller(TestClient(app), mistyped).get("/me")
    assert (answer.status_code, "gõ sai" in answer.json()["detail"]) == (401, True)


def test_a_narrowed_token_may_less_than_its_role(as_: As) -> None:
    asked = {"role": "reporter", "unit": "P63-25"}
    reads = made(as_, **asked, scopes=["read"])
    assert reads["scopes"] == ["read"]
    reader = Caller(as_(None).client, reads["token"])
    report = {"values": [ratio("NC2", 300, 400)]}
    refused = reader.put(PHU_THO, json=report)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert "phạm vi" in refused.json()["detail"]
    assert reader.get("/units").status_code == 200
    files = made(as_, **asked, scopes=["report", "read"])
    assert files["scopes"] == ["read", "report"]
    assert Caller(reader.client, files["token"]).put(PHU_THO, json=report).status_code == 201
    whole = made(as_, **asked)
    assert whole["scopes"] is None
    for wrong in ([], ["everything"], "read"):
        answer = as_("admin").post("/tokens", json={**asked, "name": "x", "scopes": wrong})
        assert answer.status_code == 422


def test_what_is_ready_for_its_role_is_not_given_without_the_scope(as_: As) -> None:
    """Answers that are kept by role and unit are asked for by a token that may not read."""
    asked = "programme=NC-2024&period=2024"
    blind = Caller(as_(None).client, made(as_, role="viewer", scopes=["report"])["token"])
    for path in (
        *(f"/dashboards/overview{kind}?{asked}" for kind in ("", ".csv")),
        *(f"/dashboards/completeness{kind}?{asked}" for kind in ("", ".csv", ".pdf")),
        *(f"/feeds/{name}.json?{asked}" for name in ("values", "attainment", "reports", "units")),
        f"/attainment?{asked}",
        "/reports",
    ):
        for _ in range(2):
            assert as_("viewer").get(path).status_code == 200, path
            assert blind.get(path).status_code == 403, path


def test_a_page_that_is_ready_for_its_role_is_not_given_without_the_scope(as_: As) -> None:
    """The same at the site, in a session that was begun with such a token."""
    client = as_(None).client
    tokens = [made(as_, role="viewer", scopes=scopes)["token"] for scopes in (None, ["report"])]
    whole, blind = (Visitor(client, as_, "viewer", bearer=token) for token in tokens)
    frozen = as_("admin").post("/snapshots", json={"programme": "NC-2024", "period": "2024"})
    asked = "programme=NC-2024&period=2024"
    for path in (
        f"/snapshots/{frozen.json()['id']}",
        *(f"{place}?{asked}" for place in ("/", "/compare", "/completeness", "/units/P63-25")),
        "/targets/NC-2024/NC2?period=2024",
        f"/explain?{asked}&target=NC2&unit=VGCL",
        "/reports",
    ):
        for _ in range(2):
            assert whole.get(path).status_code == 200, path
            assert blind.get(path).status_code == 403, path


def test_a_rotated_token_opens_beside_the_new_one_for_the_overlap(as_: As, clock: Clock) -> None:
    old = made(as_, role="reporter", unit="P63-25", scopes=["read"])
    path = f"/tokens/{old['id']}/rotate"
    key = {"Idempotency-Key": "doi-1"}
    answer = as_("admin").post(path, json={"overlap_hours": 2}, headers=key)
    assert answer.status_code == 201, answer.text
    new = answer.json()
    same = ("name", "role", "unit", "scopes")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert (new["replaces"], old["replaces"]) == (old["id"], None)
    again = as_("admin").post(path, json={"overlap_hours": 2}, headers=key)
    assert again.json() == {k: v for k, v in new.items() if k != "token"}
    both = [Caller(as_(None).client, one["token"]) for one in (old, new)]
    assert [one.get("/me").status_code for one in both] == [200, 200]
    clock.now = NOW + timedelta(hours=2, seconds=-1)
    assert [one.get("/me").status_code for one in both] == [200, 200]
    clock.now = NOW + timedelta(hours=2)
    assert [one.get("/me").status_code for one in both] == [401, 200]
    assert line(as_, old["id"])["expires_at"] == "2024-12-10T05:00:00.000000Z"


def test_never_more_than_two_tokens_of_a_rotation_are_valid(as_: As, clock: Clock) -> None:
    admin = as_("admin")
    old = made(as_, role="viewer")
    new = admin.post(f"/tokens/{old['id']}/rotate").json()
    for id_ in (old["id"], new["id"]):
        assert admin.post(f"/tokens/{id_}/rotate").status_code == 409
    admin.delete(f"/tokens/{new['id']}")  # its answer was lost
    newer = admin.post(f"/tokens/{old['id']}/rotate", json={"overlap_hours": 0})
    assert newer.status_code == 201
    assert Caller(admin.client, old["token"]).get("/me").status_code == 401
    assert Caller(admin.client, newer.json()["token"]).get("/me").status_code == 200
    assert admin.post(f"/tokens/{newer.json()['id']}/rotate").status_code == 201


def test_what_has_ended_is_not_rotated(as_: As, clock: Clock) -> None:
    admin = as_("admin")
    revoked, expired = made(as_, role="viewer"), made(as_, role="viewer", expires_days=1)
    admin.delete(f"/tokens/{revoked['id']}")
    assert admin.post(f"/tokens/{revoked['id']}/rotate").status_code == 409
    assert admin.post("/tokens/nothing/rotate").status_code == 404
    assert as_("viewer").post(f"/tokens/{revoked['id']}/rotate").status_code == 403
    valid = made(as_, role="viewer")["id"]
    for wrong in ({"overlap_hours": 169}, {"overlap_hours": -1}, {"expires_days": 0}):
        assert admin.post(f"/tokens/{valid}/rotate", json=wrong).status_code == 422
    clock.now = datetime.now(UTC) + timedelta(days=2)
    assert admin.post(f"/tokens/{expired['id']}/rotate").status_code == 409


def test_an_overlap_never_lengthens_a_life(as_: As, clock: Clock) -> None:
    clock.now = datetime.now(UTC)
    old = made(as_, role="viewer", expires_days=1)
    as_("admin").post(f"/tokens/{old['id']}/rotate", json={"overlap_hours": 168})
    assert line(as_, old["id"])["expires_at"] == old["expires_at"]


def test_the_last_use_is_told_within_five_minutes_and_never_in_the_way(
    as_: As, database: Database, clock: Clock
) -> None:
    used = made(as_, role="viewer")
    app: Any = as_(None).client.app
    machine = Caller(as_(None).client, used["token"])
    assert line(as_, used["id"])["last_used_at"] is None
    for minutes, told in ((0, "03:00"), (4, "03:00"), (5, "03:05"), (16, "03:16")):
        clock.now = NOW + timedelta(minutes=minutes)
        assert machine.get("/me").status_code == 200
        app.state.service.token_uses.flush(database)
        assert line(as_, used["id"])["last_used_at"] == f"2024-12-10T{told}:00.000000Z"
    assert used["token"].split("_")[2] not in as_("admin").get("/tokens").text
    with database.reading() as session:
        before = session.info["version"]
        rows = session.execute(text("SELECT address FROM token_use")).scalars().all()
    assert set(rows) == {"testclient"}
    machine.get("/me")
    assert database.version() == before


def test_uses_are_written_when_the_service_stops(
    settings: Settings, clock: Clock, token: TokenFactory, database: Database
) -> None:
    bearer = token("viewer")
    with TestClient(create_app(settings, clock)) as client:
        Caller(client, bearer).get("/me")
    with database.reading() as session:
        ids = session.execute(text("SELECT token_id FROM token_use")).scalars().all()
    assert list(ids) == [bearer.split("_")[1]]


def test_an_older_use_never_hides_a_younger_one(database: Database, token: TokenFactory) -> None:
    id_ = token("viewer").split("_")[1]
    for hours in (2, 1):  # two processes that flush in the wrong order
        uses = TokenUses()
        uses.saw(id_, NOW + timedelta(hours=hours), "192.0.2.1")
        uses.flush(database)
    with database.reading() as session:
        (kept,) = session.execute(text("SELECT last_used_at FROM token_use")).scalars()
    assert "05:00" in str(kept).replace("T", " ")
