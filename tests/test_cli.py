"""The operator's door, run as an operator runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

ROOT = Path(__file__).parents[1]


def chitieu(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHITIEU_")}
    command = [sys.executable, "-m", "app.cli", *words]
    settings = {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | env
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_demonstration_runs_from_nothing_and_again_on_what_is_there(tmp_path: Path) -> None:
    first = chitieu(tmp_path, "demo", "--port", "0", DEMO_EXIT="1")
    assert first.returncode == 0, first.stderr
    for said in ("NC1", "72/74", "97,30 %", "TT6", "SỐ LIỆU TRÌNH DIỄN", "/login", "reviewer"):
        assert said in first.stdout
    assert "NC-2024/2024/P63-25" in first.stdout
    assert "3/4 giá trị sai" in first.stdout
    marked = load_workbook(tmp_path / "var/trinh-dien-loi.xlsx")
    assert marked.sheetnames[:2] == ["Lỗi", "Báo cáo"]
    again = chitieu(tmp_path, "demo", "--port", "0", DEMO_EXIT="1")
    assert again.returncode == 0, again.stderr

    def table(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("│")]

    assert table(again.stdout) == table(first.stdout)


def test_the_plain_commands_set_a_service_up(tmp_path: Path, url: str) -> None:
    env = {"CHITIEU_DATABASE_URL": url}
    assert "up to date" in chitieu(tmp_path, "migrate", **env).stdout
    assert " 0 created" in chitieu(tmp_path, "seed", **env).stdout
    made = chitieu(
        tmp_path, "token", "create", "Liên đoàn", "--role", "reporter", "--unit", "P63-25", **env
    )
    assert made.returncode == 0, made.stderr
    token = made.stdout.splitlines()[-1]
    assert re.fullmatch(r"chitieu_[0-9a-f]{12}_[0-9a-f]{72}", token)
    assert chitieu(tmp_path, "token", "revoke", token.split("_")[1], **env).returncode == 0
    shown = chitieu(tmp_path, "attainment", "NC-2024", "2024", **env)
    assert "Chưa có số liệu" in shown.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("token", "create", "x", "--role", "reporter"), 1, "needs a unit"),
        (("token", "create", "x", "--role", "king"), 2, "king"),
        (("attainment", "NC-2024", "2031"), 1, "NC-2024/2031"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_a_refusal_is_one_and_wrong_usage_two(
    tmp_path: Path, sqlite_template: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    database = tmp_path / "c.db"
    database.write_bytes(sqlite_template.read_bytes())
    done = chitieu(tmp_path, *words, CHITIEU_DATABASE_URL=f"sqlite:///{database}")
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_settings_that_cannot_be_are_named(tmp_path: Path) -> None:
    refused = chitieu(tmp_path, "migrate", CHITIEU_DATABASE_URL="mysql://x")
    assert refused.returncode == 2
    assert "CHITIEU_DATABASE_URL" in refused.stderr
    weak = chitieu(tmp_path, "serve", CHITIEU_SECRET_KEY="change-me-change-me-change-me-change-me")
    assert weak.returncode == 2
    assert "CHITIEU_SECRET_KEY" in weak.stderr


def test_a_database_of_another_version_is_not_served(tmp_path: Path) -> None:
    empty = chitieu(tmp_path, "serve")
    assert empty.returncode == 1
    assert "run migrate" in empty.stderr
