"""Every refusal and warning has its sentence, in both languages."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.i18n import LANGUAGES, LOCALE, catalogue, explain

APP = Path(__file__).parent.parent / "app"
REASON = re.compile(r"""(?:"reason": |\breason=)"(?P<reason>[a-z0-9_]+)\"""")
# Functions that answer with the reason why something cannot be.
FACT = re.compile(r"\{(\w+)\}")
# A whole key in a template; one that is put together there ends in a dot before the quote.
ASKED = re.compile(r"""\bt\('([a-z0-9_.]+[a-z0-9_])'[,)]""")
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


def messages(language: str, name: str) -> dict[str, tuple[str, ...]]:
    """The forms of each message of one file; a sentence without a plural has one."""
    with (LOCALE / language / "LC_MESSAGES" / name).open("rb") as file:
        found = [one for one in read_po(file, abort_invalid=True) if one.id]
    assert not [one.id for one in found if one.fuzzy]
    return {
        one.id if isinstance(one.id, str) else one.id[0]: (
            (one.string,) if isinstance(one.string, str) else tuple(one.string or ())
        )
        for one in found
    }


FILES = sorted(path.name for path in (LOCALE / "vi" / "LC_MESSAGES").glob("*.po"))


def test_both_languages_have_the_same_files_and_no_key_stands_twice() -> None:
    assert sorted(path.name for path in (LOCALE / "en" / "LC_MESSAGES").glob("*.po")) == FILES
    assert set(FILES) >= {"rules.po", "page.po", "cli.po", "imports.po"}
    counted = Counter(key for name in FILES for key in messages("vi", name))
    assert not [key for key, times in counted.items() if times > 1]


@pytest.mark.parametrize("name", FILES)
def test_both_languages_say_the_same_things(name: str) -> None:
    """Every message in both, none empty, and the same facts quoted in each."""
    vietnamese, english = messages("vi", name), messages("en", name)
    assert vietnamese.keys() == english.keys()
    for key, forms in vietnamese.items():
        assert all(forms), key
        assert all(english[key]), key
        # A quarter is Quý IV in one language and Q4 in the other.
        quoted = [
            {"number" if fact == "roman" else fact for fact in FACT.findall(form)}
            for form in (*forms, *english[key])
        ]
        assert all(one == quoted[0] for one in quoted), key


def test_every_sentence_that_a_page_asks_for_is_there() -> None:
    asked = {
        key
        for path in (APP / "web" / "templates").rglob("*.html")
        for key in ASKED.findall(path.read_text("utf-8"))
    }
    assert len(asked) > 100
    assert not sorted(key for key in asked if key not in catalogue("vi"))


def test_a_sentence_writes_days_and_hours_as_people_do() -> None:
    ended = {"unit": "P63-25", "on": "2025-06-30", "period": "2025"}
    assert "ngày 30/06/2025" in explain("unit_closed", "vi", ended)
    assert "2025-06-30" in explain("unit_closed", "en", ended)
    opens = {"reason": "not_open", "period": "2026", "opens_at": "2026-01-01 00:00:00+00:00"}
    assert "07:00 01/01/2026" in explain("period_closed", "vi", opens)
    # What was sent is quoted as it was sent.
    assert "“2025-06-30”" in explain("unknown_unit", "vi", {"value": "2025-06-30"})
