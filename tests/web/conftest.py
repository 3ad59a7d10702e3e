"""A served site with demonstration figures, for tests that look at it with a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from app.db.session import Database
from tests.conftest import SECRET, made_once, token_in
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


def _environment(folder: Path) -> dict[str, str]:
    return {
        "CHITIEU_DATABASE_URL": f"sqlite:///{folder / 'db.sqlite'}",
        "CHITIEU_SECRET_KEY": SECRET,
    }


def _demonstrate(folder: Path) -> None:
    env = _environment(folder)
    told = _run({**env, "DEMO_EXIT": "1"}, "demo", "--port", "0")
    database = Database(env["CHITIEU_DATABASE_URL"])
    made = {
        "token": token_in(database, "Lan", "viewer"),
        "auditor": token_in(database, "Kiểm toán", "auditor"),
        "officer": token_in(database, "Cán bộ báo cáo", "reporter", "P63-30"),
        "tokens": dict(re.findall(r"^  (\w+) .*(chitieu_\w+)$", told, re.M)),
    }
    database.close()
    (folder / "made.json").write_text(json.dumps(made))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As `make demo` leaves it, with tokens of a viewer and of an auditor at the centre, and of an
    officer of P63-30. `tokens`: the demonstration's own, by role; the units' are P63-25's."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(
        made_once(tmp_path_factory, "demonstration", _demonstrate), folder, dirs_exist_ok=True
    )
    made = json.loads((folder / "made.json").read_text())
    with LiveServer(_environment(folder)) as server:
        yield Site(url=server.url, **made)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()
