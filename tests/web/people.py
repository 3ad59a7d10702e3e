"""People with a password of their own, and what they do at the page to sign in."""

from datetime import date
from functools import cache
from typing import Any

from fastapi.testclient import TestClient

from app.db import people
from app.db.people_tables import Account, Grant
from app.db.session import Database, stamp
from app.deps import SESSION_COOKIE, csrf_of
from app.domain.access import Role
from app.services import passwords, tokens

PASSWORD = "con đường sáng tháng năm"
WORST = "Tên hoặc mật khẩu không đúng"


@cache
def _hash(password: str) -> str:
    return passwords.hashed(password)


def person(
    database: Database,
    name: str,
    *held: str,
    email: str | None = None,
    password: str | None = PASSWORD,
    ends_on: date | None = None,
) -> int:
    """An account with grants written "reporter P63-25" or "viewer"; its id."""
    with database.writing() as session:
        author, at = tokens.system(session).account_id, stamp(session).take(setup=True)
        account = Account(name=name, email=email, created_at=at)
        session.add(account)
        session.flush()
        id_ = account.id or 0
        for one in held:
            role, _, unit = one.partition(" ")
            grant = Grant(
                account_id=id_,
                role=Role(role),
                unit=unit or None,
                starts_on=date(2024, 1, 1),
                ends_on=ends_on,
                granted_at=at,
                granted_by=author,
            )
            session.add(grant)
        if password is not None:
            people.put_password(session, id_, _hash(password), at)
        return id_


def sign_in(client: TestClient, name: str, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/login", data={"username": name, "password": password, **fields})


def send(client: TestClient, path: str, **fields: str) -> Any:
    """A form of a page of the session that the client has."""
    return client.post(path, data={"csrf": csrf_of(client.cookies[SESSION_COOKIE]), **fields})


def who(client: TestClient) -> Any:
    """What /me answers to the session's cookie; the status when it refuses."""
    answer = client.get("/api/v1/me")
    return answer.json() if answer.status_code == 200 else answer.status_code
