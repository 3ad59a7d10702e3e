"""Hostile files end in a refusal, soon and cheaply, and the next file is read as ever."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from app.domain.errors import Refusal
from app.i18n import LANGUAGES, catalogue
from app.sheets.cells import Row
from app.sheets.fence import Fence
from tests.sheets.corpus import corpus
from tests.sheets.forms import CSV, good_ods, good_xls, good_xlsx
from tests.sheets.mutants import mutants

SECONDS = 5
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def fence() -> Iterator[Fence]:
    fence = Fence()
    yield fence
    fence.close()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return corpus()


def rows(fence: Fence, data: bytes) -> list[Row]:
    with fence.reading(data) as book:
        return [row for _, rows in book.sheets for row in rows]


def outcome(fence: Fence, data: bytes) -> str:
    """ "read", or the reason of the refusal; anything else is raised."""
    try:
        with fence.reading(data) as book:
            for _, rows in book.sheets:
                deque(rows, maxlen=0)
    except Refusal as refusal:
        return str(refusal.facts.get("reason", refusal.code))
    return "read"


def resident() -> int:
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line
    )
    return int(line.split()[1]) * 1024


def test_every_hostile_file_is_refused_for_its_own_reason_within_five_seconds(
    fence: Fence, files: dict[str, bytes]
) -> None:
    good, before = good_xlsx(), resident()
    expected = rows(fence, good)
    assert len(files) > 120
    wrong = []
    for name, data in files.items():
        begun = monotonic()
        found = outcome(fence, data)
        seconds = monotonic() - begun
        if found != name.partition("/")[0] or seconds > SECONDS or rows(fence, good) != expected:
            wrong.append((name, found, seconds))
    assert wrong == []
    assert resident() - before < 60 * MEGABYTE


def test_what_is_harmless_is_read_whatever_it_looks_like(
    fence: Fence, files: dict[str, bytes]
) -> None:
    def first(name: str) -> str:
        return rows(fence, files[f"read/{name}"])[0].cells[1].value

    assert first("a dimension that says one cell") == "1"
    assert first("a dimension that says every cell") == "1"
    assert first("blank formats to the last cell") == "1"
    assert first("rows and cells without addresses") == "1"
    assert first("a table") == "Đơn vị 0"
    assert len(rows(fence, files["read/thousands of styles"])) == 2999
    assert len(rows(fence, files["read/a table"])) == 200


@pytest.mark.parametrize(
    ("make", "count", "seed"),
    [
        (good_xlsx, 60, 20241215),
        (good_ods, 40, 63),
        (good_xls, 40, 34),
        (CSV.encode, 40, 7),
    ],
    ids=["xlsx", "ods", "xls", "csv"],
)
def test_mutants_are_read_or_refused_and_nothing_else(
    fence: Fence, make: Callable[[], bytes], count: int, seed: int
) -> None:
    good = make()
    expected = rows(fence, good)
    outcomes = [outcome(fence, mutant) for mutant in mutants(good, count, seed)]
    assert len(outcomes) == count
    # They must reach the reader and not all die at the gate, nor all be read.
    assert 0.05 * count < outcomes.count("read") < 0.98 * count
    assert rows(fence, good) == expected


def test_every_reason_has_its_sentence_in_both_languages(files: dict[str, bytes]) -> None:
    reasons = {name.partition("/")[0] for name in files} - {"read"}
    for language in LANGUAGES:
        told = {
            key.rpartition(".")[2]
            for key in catalogue(language)
            if key.startswith(("fault.workbook_rejected.", "fault.not_a_workbook."))
        }
        assert reasons <= told
