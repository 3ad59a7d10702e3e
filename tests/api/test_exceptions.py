"""Exceptions: one unit is let in for a while though the period is shut; late stays late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import Database
from tests.api.journeys import NC, PHU_THO, ratio
from tests.api.problems import stored
from tests.api.test_imports import taken
from tests.api.trial import OWN, became, programme, target, units
from tests.conftest import As, Clock
from tests.sheets.books import long_form, wide_form

EXCEPTIONS = f"/periods/{NC}/2024/exceptions"
COMPLETENESS = f"/dashboards/completeness?programme={NC}&period=2024"
VALUES = {"values": [ratio("NC2", 300, 400)], "submit": True}
LINE = {"numerator": 300, "denominator": 400}
REASON = "Bão lụt, mất điện"


def excepted(as_: As, until: str, unit: str = "P63-25") -> Any:
    body = {"unit": unit, "until": until, "reason": REASON}
    answer = as_("admin").post(EXCEPTIONS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def shut(as_: As, clock: Clock) -> As:
    """Closed, and after the due day."""
    as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True})
    clock.now = datetime(2024, 12, 20, 3, tzinfo=UTC)
    return as_


def put(as_: As, unit: str = "P63-25") -> Any:
    return as_("reporter", unit).put(f"/reports/{NC}/2024/{unit}", json=VALUES)


def test_an_exception_opens_for_one_unit_until_it_ends_and_late_stays_late(
    shut: As, clock: Clock
) -> None:
    assert put(shut).json()["code"] == "period_closed"
    made = excepted(shut, "2024-12-21")
    assert (made["unit"], made["until"]) == ("P63-25", "2024-12-21T17:00:00.000000Z")
    assert (made["reason"], made["by"], made["latest"]) == (REASON, "admin", True)
    assert put(shut, "P63-01").json()["code"] == "period_closed"
    clock.now = datetime(2024, 12, 21, 16, 59, 59, tzinfo=UTC)
    answer = put(shut)
    assert (answer.status_code, answer.json()["late"]) == (201, True)
    clock.now = datetime(2024, 12, 21, 17, tzinfo=UTC)
    withdrawn = shut("reporter", "P63-25").post(f"{PHU_THO}/withdraw")
    assert withdrawn.json()["code"] == "period_closed"
    seen = shut("viewer").get(COMPLETENESS).json()
    assert (seen["received"], seen["timely"]) == (1, 0)


def test_the_latest_exception_counts_and_a_shorter_one_ends_it(shut: As, clock: Clock) -> None:
    def until(query: str = "") -> set[str | None]:
        lines = shut("viewer").get(f"{COMPLETENESS}{query}").json()["units"]
        return {one["exception_until"] for one in lines if one["unit"] == "P63-25"}

    assert until() == {None}
    before = shut("viewer").get(COMPLETENESS).json()["known_at"]
    excepted(shut, "2024-12-31")
    excepted(shut, "2024-12-20T02:00:00Z")
    assert put(shut).json()["code"] == "period_closed"
    rows = shut("viewer").get(EXCEPTIONS).json()["items"]
    assert [(one["until"][:10], one["latest"]) for one in rows] == [
        ("2024-12-31", False),
        ("2024-12-20", True),
    ]
    excepted(shut, "2024-12-22")
    assert put(shut).status_code == 201
    assert until() == {"2024-12-22T17:00:00.000000Z"}
    clock.now = datetime.now(UTC)
    assert until(f"&known_at={before}") == {None}


def test_it_counts_for_workbooks_for_the_centres_reviewers_and_for_many_at_once(
    shut: As, clock: Clock
) -> None:
    officer, reviewer = shut("reporter", "P63-25"), shut("reviewer")
    own = long_form([("P63-25", "NC2", LINE)])
    line = {"NC2.numerator": 300, "NC2.denominator": 400}
    both = wide_form({"P63-25": line, "P63-01": line})
    assert taken(officer, own, 422)["errors"][0]["code"] == "period_closed"
    excepted(shut, "2024-12-21")
    assert taken(officer, own, 200, dry_run=True)["errors"] == []
    report = {"programme": NC, "period": "2024", **VALUES}
    sent = {"reports": [report | {"unit": unit} for unit in ("P63-25", "P63-01")]}
    tried = sent | {"mode": "partial", "dry_run": True}
    for summary in (
        reviewer.post("/reports/bulk", json=tried).json(),
        taken(reviewer, both, mode="partial", submit=True),
    ):
        assert [one["unit"] for one in summary["reports"]] == ["P63-25"]
        refused = [(one["unit"], one["code"]) for one in summary["errors"]]
        assert refused == [("P63-01", "period_closed")]
    assert reviewer.get(PHU_THO).json()["late"] is True
    back = reviewer.post(f"{PHU_THO}/return", json={"comment": "thiếu"})
    assert back.status_code == 200
    clock.now += timedelta(days=2)
    other = long_form([("P63-25", "NC2", LINE | {"numerator": 310})])
    for sender in (officer, reviewer):
        assert taken(sender, other, 422)["errors"][0]["code"] == "period_closed"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_units_people_see_their_own_and_their_predecessors_exceptions(as_: As) -> None:
    programme(as_, target("A", periods=["half"]), periods=("2025-H1",))
    units(as_, "X", "Y", "Z")
    became(as_, "2025-07-01", "X", "Z")
    path = f"/periods/{OWN}/2025-H1"
    as_("admin").patch(path, json={"closed": True})
    for unit in ("X", "Y"):
        made = {"unit": unit, "until": "2025-12-31", "reason": REASON}
        assert as_("admin").post(f"{path}/exceptions", json=made).status_code == 201

    def seen(unit: str) -> list[str]:
        rows = as_("reporter", unit).get(f"{path}/exceptions").json()["items"]
        return [one["unit"] for one in rows]

    assert (seen("X"), seen("Y"), seen("Z")) == (["X"], ["Y"], ["X"])
    body = {"values": [ratio("A", 1, 2)], "submit": True}
    officer = as_("reporter", "Z")
    assert officer.put(f"/reports/{OWN}/2025-H1/X", json=body).status_code == 201
    assert officer.put(f"/reports/{OWN}/2025-H1/Z", json=body).json()["code"] == "period_closed"


def test_an_exception_opens_early_is_made_once_a_key_and_leaves_its_trace(
    as_: As, database: Database
) -> None:
    as_("admin").patch(f"/periods/{NC}/2024", json={"opens_at": "2024-12-12T00:00:00+07:00"})
    assert put(as_).json()["code"] == "period_closed"
    body = {"unit": "P63-25", "until": "2024-12-11T10:00:00+07:00", "reason": REASON}
    headers = {"Idempotency-Key": "ngoai-le-1"}
    first, again = (as_("admin").post(EXCEPTIONS, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert stored(database)["period_exception"] == 1
    question = text("SELECT action, subject FROM audit_event ORDER BY id DESC LIMIT 1")
    with database.reading() as session:
        assert tuple(session.execute(question).one()) == ("period:except", f"periods/{NC}/2024")
    answer = put(as_)
    assert (answer.status_code, answer.json()["late"]) == (201, False)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_exception_is_for_a_unit_that_is_asked_and_says_why(as_: As) -> None:
    for given, place in (
        ({"unit": "P63-99"}, "/unit"),
        ({"unit": "P34-25"}, "/unit"),  # not yet there at the end of 2024
        ({"until": "2024-12-32"}, "/until"),
        ({"until": "2024-12-20T10:00:00"}, "/until"),
        ({"reason": " "}, "/reason"),
    ):
        body = {"unit": "P63-25", "until": "2024-12-31", "reason": REASON} | given
        refused = as_("admin").post(EXCEPTIONS, json=body)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == [place]
    assert as_("reviewer").post(EXCEPTIONS, json="nonsense").status_code == 403
    missing = as_("admin").post(f"/periods/{NC}/1999/exceptions", json={})
    assert missing.status_code == 404
