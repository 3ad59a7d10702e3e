"""Public links over JSON: who makes one, how long it opens, and what is kept of it."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli import cli
from app.db.session import Database
from tests.api.journeys import NC, approved, ratio
from tests.conftest import SECRET, As, Clock

ASKED = {"name": "Hội nghị Ban Chấp hành", "expires_days": 7}


@pytest.fixture
def snapshot(as_: As) -> str:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    made = as_("admin").post("/snapshots", json={"programme": NC, "period": "2024"})
    return str(made.json()["id"])


def made(as_: As, snapshot: str, **other: Any) -> Any:
    answer = as_("admin").post("/public-links", json={"snapshot": snapshot, **ASKED, **other})
    assert answer.status_code == 201, answer.text
    return answer.json()


def secret_of(link: Any) -> str:
    assert link["url"].startswith("http://127.0.0.1:8000/public/")
    return str(link["url"].rpartition("/")[2])


def opens(as_: As, secret: str) -> int:
    return int(as_(None).client.get(f"/public/{secret}").status_code)


def test_a_link_opens_for_the_days_it_was_made_for_and_not_one_second_longer(
    as_: As, snapshot: str, clock: Clock
) -> None:
    link = made(as_, snapshot)
    # Made on 2024-12-10 at 03:00 UTC for seven days.
    assert link["expires_at"] == "2024-12-17T03:00:00.000000Z"
    clock.now += timedelta(days=7, seconds=-1)
    assert opens(as_, secret_of(link)) == 200
    clock.now += timedelta(seconds=1)
    assert opens(as_, secret_of(link)) == 404
    listed = as_("admin").get("/public-links").json()["items"]
    assert [(one["open"], one["views"]) for one in listed] == [(False, 1)]


def test_a_revoked_link_opens_nothing_from_the_next_request_on(as_: As, snapshot: str) -> None:
    link, other = made(as_, snapshot), made(as_, snapshot)
    for _ in range(2):
        assert as_("admin").delete(f"/public-links/{link['id']}").status_code == 204
    assert [opens(as_, secret_of(one)) for one in (link, other)] == [404, 200]
    listed = {one["id"]: one for one in as_("admin").get("/public-links").json()["items"]}
    assert listed[link["id"]]["revoked_at"] is not None
    assert (listed[link["id"]]["open"], listed[other["id"]]["open"]) == (False, True)
    assert as_("admin").delete("/public-links/none").status_code == 404


def test_the_secret_is_in_one_answer_only_and_its_hash_alone_is_kept(
    as_: As, snapshot: str, database: Database
) -> None:
    key = {"Idempotency-Key": "liên-kết-1".encode().hex()}
    first, again = (
        as_("admin").post("/public-links", json={"snapshot": snapshot, **ASKED}, headers=key)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    secret = secret_of(first.json())
    assert len(secret) == 43  # 256 bits in base64
    assert "url" not in again.json()
    with database.reading() as session:
        tables = ("public_link", "audit_event", "audit_personal", "idempotent_answer")
        kept = "".join(
            str(list(session.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
            for table in tables
        )
    assert secret not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept
    assert secret not in as_("admin").get("/public-links").text


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"expires_days": 91}, "/expires_days"),
        ({"expires_days": 0}, "/expires_days"),
        ({"name": " "}, "/name"),
        ({"snapshot": "000099"}, "/snapshot"),
        ({"secret": "mine"}, "/secret"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_cannot_be_asked_for_is_told(
    as_: As, snapshot: str, sent: dict[str, Any], pointer: str
) -> None:
    answer = as_("admin").post("/public-links", json={"snapshot": snapshot, **ASKED, **sent})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_link_that_was_lengthened_behind_the_audit_s_back_is_found(
    as_: As, snapshot: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = made(as_, snapshot)
    monkeypatch.setenv("CHITIEU_DATABASE_URL", database.url)
    monkeypatch.setenv("CHITIEU_SECRET_KEY", SECRET)
    assert CliRunner().invoke(cli, ["check"]).exit_code == 0
    with database.write.begin() as connection:
        connection.execute(text("UPDATE public_link SET expires_at = '2030-01-01 00:00:00'"))
    told = CliRunner().invoke(cli, ["check"])
    assert told.exit_code == 1
    assert f"public-links/{link['id']}" in told.output
    assert "expires_at is not what the audit has" in told.output
