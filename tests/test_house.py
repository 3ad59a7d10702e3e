"""The house is in order: sizes, imports, and nothing of this machine in the files."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOOLS = Path(sys.executable).parent
FILE_LINES = 400
FUNCTION_LINES = 40
WRITTEN_BY_HAND = {".py", ".html", ".css", ".js"}
# Made here and never tracked; written so that git need not be there, nor trust the folder.
UNTRACKED = {"var", "dist", "htmlcov", "screenshots", "node_modules", "__pycache__"}
HIDDEN_BUT_TRACKED = {".ci"}
# Bracketed, so that this file does not find itself.
ELSEWHERE = re.compile(rb"/wor[k]/|/roo[t]/|files\.pythonhoste[d]|registry\.npmj[s]|--index-ur[l]")
UNFINISHED = re.compile(rb"\b(TOD[O]|FIXM[E])\b")


def tracked() -> Iterator[Path]:
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [
            name
            for name in subfolders
            if name not in UNTRACKED and (name in HIDDEN_BUT_TRACKED or not name.startswith("."))
        ]
        yield from (Path(folder, name) for name in names)


def ours(suffixes: set[str]) -> Iterator[Path]:
    """Files under app/ that we wrote, not what we vendored."""
    for path in tracked():
        vendored = "vendor" in path.parts or ".min." in path.name
        if path.is_relative_to(ROOT / "app") and path.suffix in suffixes and not vendored:
            yield path


def run(tool: str, *arguments: str) -> None:
    done = subprocess.run(
        [TOOLS / tool, *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_no_file_is_longer_than_a_reader_holds() -> None:
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in ours(WRITTEN_BY_HAND)}
    assert not {f"{path}: {lines}" for path, lines in sizes.items() if lines > FILE_LINES}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}: {lines} lines"
        for path in ours({".py"})
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not long


def test_nothing_is_left_for_later_in_a_comment() -> None:
    assert not [path for path in tracked() if UNFINISHED.search(path.read_bytes())]


def test_no_file_names_a_registry_or_a_folder_of_this_machine() -> None:
    assert not [path for path in tracked() if ELSEWHERE.search(path.read_bytes())]


def test_each_room_imports_only_what_it_may() -> None:
    run("lint-imports", "--no-cache")


def test_the_image_is_built_as_hadolint_advises() -> None:
    run("hadolint", "Dockerfile")


def test_a_new_machine_tests_what_a_developer_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text("utf-8").splitlines()[-1]
