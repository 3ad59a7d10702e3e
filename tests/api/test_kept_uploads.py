"""Files of which nothing was stored are kept for a while, and not without end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import Database
from app.services import imports, retention
from app.settings import Settings
from tests.api.problems import stored
from tests.api.test_imports import taken
from tests.conftest import As, Clock
from tests.sheets.books import long_form

UNIT = "P63-25"


def book(number: int, unit: str = UNIT, **more: Any) -> bytes:
    """One value, and with `broken` one that is refused."""
    line = {"numerator": number, "denominator": 1 if more else 1000}
    return long_form([(unit, "NC2", line)])


def status(as_: As, summary: Any, who: tuple[str, str | None] = ("reporter", UNIT)) -> int:
    return int(as_(*who).get(f"/imports/{summary['id']}").status_code)


def test_a_refused_file_is_kept_for_thirty_days(as_: As, clock: Clock, database: Database) -> None:
    officer = as_("reporter", UNIT)
    refused = taken(officer, book(9, broken=True), 422)
    kept = taken(officer, book(9))
    clock.now += timedelta(days=30, seconds=-1)
    assert (status(as_, refused), status(as_, kept)) == (200, 200)
    clock.now += timedelta(seconds=1)
    assert (status(as_, refused), status(as_, kept)) == (404, 200)
    assert officer.get(f"/imports/{refused['id']}/annotated.xlsx").status_code == 404
    assert stored(database)["import_record"] == 2
    taken(officer, book(9))
    assert stored(database)["import_record"] == 2  # the refused one went, its bytes too


def test_the_oldest_of_a_senders_files_goes_when_there_are_too_many(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit's people are one sender; at the centre each account is."""
    assert imports.MOST_KEPT == (20, 50_000_000)
    monkeypatch.setattr(imports, "MOST_KEPT", (2, 50_000_000))
    officer, colleague = as_("reporter", UNIT), as_("unit_approver", UNIT)
    centre = as_("reviewer")
    kept = taken(officer, book(1))
    theirs = taken(centre, book(1), 200, dry_run=True)
    first = taken(officer, book(2), 200, dry_run=True)
    second = taken(colleague, book(9, broken=True), 422)
    assert (status(as_, first), status(as_, second)) == (200, 200)
    third = taken(officer, book(3), 200, dry_run=True)
    assert [status(as_, one) for one in (kept, first, second, third)] == [200, 404, 200, 200]
    assert centre.get(f"/imports/{theirs['id']}").status_code == 200
    monkeypatch.setattr(imports, "MOST_KEPT", (1, 50_000_000))
    taken(as_("reviewer", None, "người khác"), book(2), 200, dry_run=True)
    assert centre.get(f"/imports/{theirs['id']}").status_code == 200
    taken(centre, book(3), 200, dry_run=True)
    assert centre.get(f"/imports/{theirs['id']}").status_code == 404


def test_files_are_bounded_in_bytes_but_the_newest_stays(
    as_: As, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_("reporter", UNIT)
    monkeypatch.setattr(imports, "MOST_KEPT", (20, 2 * len(book(1)) + 100))
    made = [taken(officer, book(number), 200, dry_run=True) for number in range(3)]
    assert [status(as_, one) for one in made] == [404, 200, 200]
    monkeypatch.setattr(imports, "MOST_KEPT", (20, 10))
    newest = taken(officer, book(7), 200, dry_run=True)
    assert [status(as_, one) for one in (*made, newest)] == [404, 404, 404, 200]
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM import_record")).scalar_one() == 1


def test_a_file_that_was_only_tried_goes_by_itself_and_makes_no_figure_stale(
    as_: As, clock: Clock, database: Database, settings: Settings
) -> None:
    officer = as_("reporter", UNIT)
    before = database.version().data
    taken(officer, book(1), 200, dry_run=True)
    assert database.version().data == before
    swept = []
    for later in (timedelta(hours=23), timedelta(hours=25)):
        with database.writing() as session:
            swept.append(retention.sweep(session, settings, clock.now + later).files)
    assert swept == [0, 1]
    assert stored(database)["import_record"] == 0
