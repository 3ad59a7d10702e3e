"""docs/attainment.md says what the code does: every example is worked out, every code is there."""

import ast
import re
from typing import Any

import pytest

from app.domain import RULE_VERSION
from app.domain.verdict import Verdict
from app.i18n import catalogue
from tests.worked_examples import CHECKS, GIVEN, ROOT, Section, cases, page, sections

SECTIONS = sections()
EXAMPLES = [
    pytest.param(case, id=f"{section.name}, example {number}, case {which}")
    for section in SECTIONS
    for number, example in enumerate(section.examples(), 1)
    for which, case in enumerate(cases(example), 1)
]
# Where the codes of reasons, exclusions and warnings come from: the whole of a module, or of one
# function in it. A word with an underscore in a string is a code there.
SPEAKING = {
    "attainment": None,
    "breakdown": "discord",
    "longer_periods": None,
    "pace": None,
    "restatement": None,
    "rollup": None,
    "scene": None,
    "yardstick": None,
}
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+")
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
MOST_LINES = 640


@pytest.mark.parametrize("case", EXAMPLES)
def test_an_example_comes_out_as_the_page_says(case: dict[str, Any]) -> None:
    assert set(case) <= CHECKS.keys() | GIVEN
    wanted = [name for name in CHECKS if name in case]
    assert wanted
    for name in wanted:
        CHECKS[name](case)


def test_every_rule_has_its_place_in_order() -> None:
    assert [rule for section in SECTIONS for rule in section.rules] == list(range(1, 26))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_rule_is_said_in_both_languages_with_its_formula_and_an_example(
    section: Section,
) -> None:
    said = {
        language: re.findall(
            rf"^- \*\*{language}\.\*\* (.+(?:\n  .+)*)", section.text, re.MULTILINE
        )
        for language in ("VI", "EN")
    }
    assert said["VI"]
    assert len(said["VI"]) == len(said["EN"])
    assert all(len(words) > 40 and VIETNAMESE.search(words) for words in said["VI"])
    assert all(len(words) > 40 and not VIETNAMESE.search(words) for words in said["EN"])
    assert "\n- **Công thức · Formula.** " in section.text
    assert section.examples()


def test_the_page_names_the_rules_in_force() -> None:
    assert re.findall(r"Rule version: `(.+?)`", page()) == [RULE_VERSION]


def table(columns: int) -> dict[str, list[str]]:
    """The rows of the table with that many columns whose first is a code, by that code."""
    rows = [line.strip("| ").split(" | ") for line in page().splitlines() if line[:3] == "| `"]
    found = [row for row in rows if len(row) == columns]
    made = {row[0].strip("`"): row[1:] for row in found}
    assert len(made) == len(found)
    return made


def test_every_verdict_is_in_the_table_with_the_words_of_the_pages() -> None:
    words = {}
    for language in ("vi", "en"):
        words[language] = {one: catalogue(language)[f"verdict.{one}"] for one in Verdict}
    told = {code: (vietnamese, english) for code, (vietnamese, english, _) in table(4).items()}
    assert told == {one.value: (words["vi"][one], words["en"][one]) for one in Verdict}


def codes_of(module: str, function: str | None) -> set[str]:
    tree: ast.AST = ast.parse((ROOT / "app" / "domain" / f"{module}.py").read_bytes())
    if function is not None:
        named = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))
        tree = next(one for one in named if one.name == function)
    strings = (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant))
    return {one for one in strings if isinstance(one, str) and CODE.fullmatch(one)}


def test_every_code_of_a_reason_or_warning_is_in_the_table_and_no_other() -> None:
    spoken = [codes_of(module, function) for module, function in SPEAKING.items()]
    assert set(table(3)) == set().union(*spoken) - {one.value for one in Verdict}
    assert list(table(3)) == sorted(table(3))


def test_the_page_is_no_longer_than_one_sitting() -> None:
    assert len(page().splitlines()) < MOST_LINES
