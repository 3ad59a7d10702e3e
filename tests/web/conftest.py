"""A served site with demonstration figures, for tests that look at it with a browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import SECRET
from tests.servers import CHROMIUM_ARGS, ROOT, LiveServer, chromium


class Site(NamedTuple):
    url: str
    token: str
    auditor: str
    officer: str
    tokens: dict[str, str]


def _run(env: dict[str, str], *arguments: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHITIEU_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**inherited, **env},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As `make demo` leaves it, with tokens of a viewer and of an auditor at the centre, and of an
    officer of P63-30. `tokens`: the demonstration's own, by role; the units' are P63-25's."""
    folder: Path = tmp_path_factory.mktemp("site")
    env = {
        "CHITIEU_DATABASE_URL": f"sqlite:///{folder / 'db.sqlite'}",
        "CHITIEU_SECRET_KEY": SECRET,
    }
    told = _run({**env, "DEMO_EXIT": "1"}, "demo", "--port", "0")
    demonstrated = dict(re.findall(r"^  (\w+) .*(chitieu_\w+)$", told, re.M))
    token, auditor, officer = (
        _run(env, "token", "create", name, "--role", *role).splitlines()[-1]
        for name, *role in (
            ("Lan", "viewer"),
            ("Kiểm toán", "auditor"),
            ("Cán bộ báo cáo", "reporter", "--unit", "P63-30"),
        )
    )
    with LiveServer(env) as server:
        yield Site(server.url, token, auditor, officer, demonstrated)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()
