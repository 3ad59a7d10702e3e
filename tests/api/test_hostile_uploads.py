"""Whatever is uploaded, the answer is 2xx or 4xx, soon, and the service goes on answering."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.session import Database
from tests.api.test_foreign_imports import sheet
from tests.api.test_imports import LINES, PHU, post, taken
from tests.conftest import As
from tests.sheets.books import long_form
from tests.sheets.corpus import corpus
from tests.sheets.forms import CSV, good_ods, good_xls
from tests.sheets.mutants import mutants


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return corpus()


def test_every_hostile_file_is_answered_and_named(
    as_: As, database: Database, files: dict[str, bytes]
) -> None:
    """How soon, is measured at the fence alone (test_hostile_files.py). What is refused there never
    comes to a database: one of the two sees it."""
    officer, wrong = as_("reporter", PHU), []
    for name, content in files.items():
        harmless = name.startswith("read/")
        if not harmless and not database.is_sqlite:
            continue
        answer = post(officer, content, dry_run=True)
        told = answer.json()
        # A file that can be read is answered by its summary; the others by a problem.
        fits = answer.status_code in (200, 413, 422) and ("counts" in told) == harmless
        if not fits:
            wrong.append((name, answer.status_code, told))
    assert wrong == []
    assert taken(officer, long_form(LINES))["counts"]["created"] == 4


FOREIGN = {"programme": "NC-2024", "period": "2024"}


def foreign() -> bytes:
    return sheet(("Phú Thọ", 300, 400, "61,5%", None), ("Phu Tho", 1, 2, 3, 4))


@pytest.mark.parametrize(
    ("make", "count", "seed", "query"),
    [
        (lambda: long_form(LINES), 200, 20241215, {}),
        (foreign, 150, 2025, FOREIGN),
        (good_ods, 50, 63, FOREIGN),
        (good_xls, 50, 34, FOREIGN),
        (CSV.encode, 50, 7, FOREIGN),
    ],
    ids=["ours", "foreign", "ods", "xls", "csv"],
)
def test_five_hundred_mutants_are_answered_2xx_or_4xx(
    as_: As,
    database: Database,
    make: Callable[[], bytes],
    count: int,
    seed: int,
    query: dict[str, str],
) -> None:
    """Each database sees one half of them; some of them are kept, and come back marked."""
    officer, statuses = as_("reporter", PHU), Counter[int]()
    for number, mutant in enumerate(mutants(make(), count, seed)):
        if number % 2 == database.is_sqlite:
            continue
        answer = post(officer, mutant, mode="partial", **query)
        statuses[answer.status_code] += 1
        told: Any = answer.json()
        if number % 10 < 2 and "annotated" in told:
            marked = officer.get(told["annotated"].removeprefix("/api/v1"))
            statuses[marked.status_code] += 1
    assert set(statuses) <= {200, 201, 413, 422}
    assert statuses.total() >= count // 2


def test_the_service_answers_others_while_it_reads_what_takes_longest(
    as_: As, client: TestClient, files: dict[str, bytes]
) -> None:
    officer, viewer = as_("reporter", PHU), as_("viewer")
    slow = max(files.values(), key=len)
    senders = [
        threading.Thread(target=post, args=(officer, slow), kwargs={"dry_run": True})
        for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    answered = 0
    while any(sender.is_alive() for sender in senders):
        assert client.get("/healthz").status_code == 200
        assert viewer.get("/units?limit=1").status_code == 200
        answered += 1
    assert answered
