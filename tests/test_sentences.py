"""Every refusal and warning has its sentence, in both languages."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.i18n import LANGUAGES, catalogue, explain

APP = Path(__file__).parent.parent / "app"
REASON = re.compile(r"""(?:"reason": |\breason=)"(?P<reason>[a-z0-9_]+)\"""")
# Functions that answer with the reason why something cannot be.
GIVES_REASON = re.compile(r"_misfit|_why_no_")


def returned(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef) and GIVES_REASON.search(node.name):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return):
                    for one in ast.walk(inner):
                        if isinstance(one, ast.Constant) and isinstance(one.value, str):
                            yield one.value


def reasons() -> set[str]:
    found = set()
    for path in APP.rglob("*.py"):
        found |= {match["reason"] for match in REASON.finditer(path.read_text("utf-8"))}
        found |= set(returned(path))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_to_refuse_has_a_sentence(language: str) -> None:
    assert len(reasons()) > 50
    told = {key.rpartition(".")[2] for key in catalogue(language) if key.startswith("fault.")}
    assert not sorted(reasons() - told)


def test_both_languages_say_the_same_things() -> None:
    def keys(language: str, name: str) -> set[str]:
        tables = tomllib.loads((APP / "locale" / f"{name}{language}.toml").read_text("utf-8"))
        return {f"{table}.{key}" for table, rows in tables.items() for key in rows}

    files = {path.name[: -len("vi.toml")] for path in (APP / "locale").glob("*vi.toml")}
    assert files >= {"", "page.", "cli.", "imports."}
    for name in files:
        assert keys("vi", name) == keys("en", name)


def test_a_sentence_writes_days_and_hours_as_people_do() -> None:
    ended = {"unit": "P63-25", "on": "2025-06-30", "period": "2025"}
    assert "ngày 30/06/2025" in explain("unit_closed", "vi", ended)
    assert "2025-06-30" in explain("unit_closed", "en", ended)
    opens = {"reason": "not_open", "period": "2026", "opens_at": "2026-01-01 00:00:00+00:00"}
    assert "07:00 01/01/2026" in explain("period_closed", "vi", opens)
    # What was sent is quoted as it was sent.
    assert "“2025-06-30”" in explain("unknown_unit", "vi", {"value": "2025-06-30"})
