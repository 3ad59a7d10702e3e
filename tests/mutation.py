"""Which mistakes in app/domain would no test notice? `make mutation`; docs/mutation.md says more.

python -m tests.mutation [--workers N] [numbers text ...]
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
DOMAIN = ROOT / "app" / "domain"
MUTMUT = Path(sys.executable).parent / "mutmut"
WANTED_PERCENT = 95
NOTICED = {"killed", "timeout", "segfault"}
SPINNER = re.compile("[\u2800-\u28ff]")
# Every mutant runs the tests: a tenth of the random examples, the same each time, and no search for
# the smallest that fails.
CONFTEST = """
from hypothesis import Phase, settings

ci, phases = settings.get_profile("ci"), (Phase.explicit, Phase.generate)
settings.register_profile("mutation", parent=ci, max_examples=10, phases=phases)
"""
CACHE = re.compile(r"(functools\.)?(lru_)?cache(\(.*\))?")


def bared(source: str) -> str:
    """mutmut passes over what is decorated, and a cache that the tests filled hides a mutant.

    So `@property def x` becomes `def x` with `x = property(x)` below it, as a cached one does, and
    other caches go.
    """
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda one: one.lineno, reverse=True):
        decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
        if decorators in (["property"], ["cached_property"]):
            below = " " * node.col_offset + f"{node.name} = property({node.name})"
            lines.insert(node.end_lineno or node.lineno, below)
        elif not (len(decorators) == 1 and CACHE.fullmatch(decorators[0])):
            continue
        del lines[node.decorator_list[0].lineno - 1 : node.lineno - 1]
    return "\n".join(lines) + "\n"


def copy(to: Path) -> None:
    """The domain and its tests, without the database, the server and their fixtures."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(DOMAIN, to / "app" / "domain", ignore=ignore)
    shutil.copytree(ROOT / "tests", to / "tests", ignore=ignore)
    (to / "tests" / "conftest.py").write_text(CONFTEST)
    for name in ("pyproject.toml", "app/__init__.py"):
        shutil.copy(ROOT / name, to / name)
    for path in (to / "app" / "domain").rglob("*.py"):
        path.write_text(bared(path.read_text("utf-8")), "utf-8")


def mutmut(folder: Path, *arguments: str, seen: bool = False) -> str:
    """What mutmut says; all of it and an end when it fails. `seen` lets it draw its progress."""
    done = subprocess.run(
        [MUTMUT, *arguments],
        cwd=folder,
        check=False,
        stdout=None if seen else subprocess.PIPE,
        stderr=None if seen else subprocess.STDOUT,
        text=True,
        env={**os.environ, "TZ": "UTC-5:45"},  # a clock of no office: the machine's must not matter
    )
    if done.returncode:
        said = [line for line in (done.stdout or "").splitlines() if not SPINNER.match(line)]
        sys.exit("\n".join((*said, f"mutmut {arguments[0]} failed")))
    return done.stdout or ""


def results(folder: Path, modules: list[str]) -> dict[str, str]:
    """What became of each mutant of these modules; of every module when none is named."""
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    found = dict(line.strip().rsplit(": ", 1) for line in lines if ": " in line)
    return {
        name: status for name, status in found.items() if not modules or module(name) in modules
    }


def module(mutant: str) -> str:
    """numbers, of app.domain.numbers.x_shown__mutmut_3."""
    return mutant.removeprefix("app.domain.").rpartition(".")[0]


def table(found: dict[str, str]) -> float:
    """Prints the score of each module and of all; the percent of all that were noticed."""
    mutants, noticed, endless = Counter[str](), Counter[str](), Counter[str]()
    for name, status in found.items():
        for row in (module(name), "all"):
            mutants[row] += 1
            noticed[row] += status in NOTICED
            endless[row] += status == "timeout"
    print(f"\n{'module':<14}{'mutants':>8}{'killed':>8}{'of these endless':>18}{'%':>8}")
    for row in (*sorted(set(mutants) - {"all"}), "all"):
        percent = 100 * noticed[row] / mutants[row]
        counts = f"{mutants[row]:>8}{noticed[row]:>8}{endless[row]:>18}"
        print(f"{row:<14}{counts}{percent:>8.1f}")
    return 100 * noticed["all"] / mutants["all"]


def survivors(folder: Path, found: dict[str, str]) -> None:
    """Prints what was changed in each mutant that no test noticed."""
    for name, status in sorted(found.items()):
        if status in NOTICED:
            continue
        print(f"\n{name.removeprefix('app.domain.')}: {status}")
        for line in mutmut(folder, "show", name).splitlines():
            if line[:1] in ("-", "+") and line[:3] not in ("---", "+++"):
                print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", help="names in app/domain; all when none is given")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if unknown := [name for name in asked.modules if not (DOMAIN / f"{name}.py").exists()]:
        parser.error(f"no module of app/domain: {', '.join(unknown)}")
    with TemporaryDirectory(prefix="chitieu-mutation-") as name:
        folder = Path(name)
        copy(folder)
        patterns = [f"app.domain.{module}.*" for module in asked.modules]
        workers = ("--max-children", str(asked.workers))
        mutmut(folder, "run", *workers, *patterns, seen=sys.stdout.isatty())
        found = results(folder, asked.modules)
        percent = table(found)
        survivors(folder, found)
    sys.exit(percent < WANTED_PERCENT)


if __name__ == "__main__":
    main()
