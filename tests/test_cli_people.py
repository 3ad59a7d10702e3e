"""The operator's door for people and tokens: what stands on the last line, and the exit codes."""

import re
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app import cli
from app.db.session import Database
from tests.conftest import SECRET

Run = Callable[..., tuple[int, str, str]]
LINK = re.compile(r"https://chitieu\.example/welcome\?link=[\w-]{43}")
TOKEN = re.compile(r"chitieu_[0-9a-f]{12}_[0-9a-f]{72}")


@pytest.fixture
def chitieu(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """chitieu("user", "list") is exit code, standard output and standard error."""
    monkeypatch.setenv("CHITIEU_DATABASE_URL", url)
    monkeypatch.setenv("CHITIEU_SECRET_KEY", SECRET)
    monkeypatch.setenv("CHITIEU_PUBLIC_URL", "https://chitieu.example/")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chitieu", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_an_operator_lets_people_in_and_shuts_them_out(chitieu: Run) -> None:
    who = ("Người báo cáo Phú Thọ", "--role", "reporter", "--unit", "P63-25")
    code, said, _ = chitieu("user", "add", *who, "--email", "bc@phutho.vn")
    first = said.splitlines()[-1]
    assert (code, bool(LINK.fullmatch(first))) == (0, True)
    code, said, _ = chitieu("user", "link", "bc@phutho.vn")
    second = said.splitlines()[-1]
    assert (code, bool(LINK.fullmatch(second)), second != first) == (0, True, True)
    assert chitieu("user", "deactivate", "Người báo cáo Phú Thọ")[0] == 0
    code, said, _ = chitieu("user", "list")
    (line,) = [line for line in said.splitlines() if "Phú Thọ" in line]
    assert line.split("\t")[1:] == ["Người báo cáo Phú Thọ", "bc@phutho.vn", "deactivated", "-"]
    assert first not in said


def test_no_administrator_shuts_the_operator_out(chitieu: Run, database: Database) -> None:
    assert chitieu("user", "list")[0] == 0
    with database.writing() as session:
        session.execute(text("UPDATE account SET deactivated_at = created_at"))
    assert chitieu("user", "add", "Quản trị mới", "--role", "admin")[0] == 0


def test_an_operator_rotates_a_token(chitieu: Run) -> None:
    code, said, _ = chitieu("token", "create", "Máy", "--role", "viewer", "--scope", "read")
    old = said.splitlines()[-1]
    assert (code, bool(TOKEN.fullmatch(old))) == (0, True)
    code, said, _ = chitieu("token", "rotate", old.split("_")[1], "--overlap", "0")
    new = said.splitlines()[-1]
    assert (code, bool(TOKEN.fullmatch(new)), new != old) == (0, True, True)
    code, said, _ = chitieu("token", "list")
    cells = {line.split("\t")[0]: line.split("\t")[1:4] for line in said.splitlines()}
    assert cells[old.split("_")[1]] == cells[new.split("_")[1]] == ["Máy", "viewer", "read"]
    assert new.split("_")[2] not in said
    code, _, told = chitieu("token", "rotate", old.split("_")[1])
    assert (code, "expired" in told) == (1, True)


def test_a_refusal_of_people_is_one_and_wrong_usage_two(chitieu: Run) -> None:
    for words, code, said in (
        (("user", "add", "A", "--role", "reporter"), 1, "needs a unit"),
        (("user", "add", "A", "--role", "viewer", "--email", "x"), 1, "e-mail"),
        (("user", "add", "A", "--role", "king"), 2, "king"),
        (("user", "add", "A"), 2, "--role"),
        (("user", "link", "Không ai"), 1, "Không ai"),
        (("user", "deactivate", "Không ai"), 1, "Không ai"),
        (("token", "rotate", "nothing"), 1, "nothing"),
        (("token", "create", "A", "--role", "viewer", "--scope", "all"), 2, "all"),
    ):
        found, _, told = chitieu(*words)
        assert (found, said in told) == (code, True), (words, told)
