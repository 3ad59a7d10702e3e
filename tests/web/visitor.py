"""A person's browser: its session's cookie goes with its own requests and with nobody else's."""

import re
from typing import Any

from fastapi.testclient import TestClient

from app.deps import SESSION_COOKIE, csrf_of
from tests.conftest import As


class Visitor:
    """Signed in with a token of a role, or with the one given; without scripts."""

    def __init__(
        self,
        client: TestClient,
        as_: As,
        role: str,
        unit: str | None = None,
        name: str | None = None,
        *,
        bearer: str | None = None,
    ) -> None:
        token = bearer or as_(role, unit, name).headers["Authorization"].split()[1]
        client.post("/login", data={"token": token})
        self.client, self.secret = client, client.cookies[SESSION_COOKIE]
        client.cookies.clear()
        self.headers = {"cookie": f"{SESSION_COOKIE}={self.secret}"}

    @property
    def csrf(self) -> str:
        return csrf_of(self.secret)

    def get(self, path: str) -> Any:
        return self._kept(self.client.get(path, headers=self.headers))

    def send(self, path: str, **fields: str) -> Any:
        """A form of a page of this session."""
        data = {"csrf": self.csrf, **fields}
        return self._kept(self.client.post(path, data=data, headers=self.headers))

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> Any:
        """A form with a file."""
        data, files = {"csrf": self.csrf, **fields}, {"file": (name, content)}
        return self._kept(self.client.post(path, data=data, files=files, headers=self.headers))

    def follow(self, answer: Any) -> Any:
        """To where a form leads."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def _kept(self, answer: Any) -> Any:
        self.client.cookies.clear()
        return answer


def text_of(markup: str) -> str:
    """What is read on a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())
