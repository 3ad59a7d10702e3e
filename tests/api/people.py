"""Steps with people that several tests take: invited as they are, signed in as a browser is."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import String, cast, update

from app.db.people_tables import ACCOUNT
from app.db.session import Database
from app.services import sessions
from tests.conftest import As, Clock

COOKIE = "sid"


def invited(as_: As, name: str, role: str, unit: str | None = None, **more: Any) -> Any:
    """What the invitation answered; it must be taken."""
    asked = {"name": name, "role": role, "unit": unit, **more}
    answer = as_("admin").post("/users", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def signed_in(database: Database, clock: Clock, account_id: int, grant_id: int | None) -> str:
    """The cookie of a session that has just begun."""
    with database.writing() as session:
        return sessions.begin(
            session,
            account_id,
            grant_id=grant_id,
            now=clock.now,
            address="192.0.2.7",
            agent="Firefox",
            hours=12,
        )


def with_addresses(database: Database) -> None:
    """Every account has an e-mail of its own: letters are made for those alone."""
    theirs = cast(ACCOUNT.c.id, String) + "@example.vn"
    with database.write.begin() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.email.is_(None)).values(email=theirs))


def at_browser(client: TestClient, cookie: str, path: str) -> Any:
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    return client.get(f"/api/v1{path}", headers=headers)
