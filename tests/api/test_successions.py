"""Recording what became of units: tried first, refused when it cannot have happened (rule 20)."""

from typing import Any

import pytest

from app.db.session import Database
from tests.api.journeys import approved, ratio
from tests.api.problems import problem_of, stored
from tests.api.trial import OWN, became, become, own, programme, restated, target, units
from tests.conftest import As

MERGER = {"effective_on": "2025-07-01", "predecessors": ["A", "B"], "successors": ["C"]}


@pytest.fixture
def before(as_: As) -> As:
    """A and B have told 2024; C is ready to follow them."""
    programme(as_, target("R"), periods=("2024", "2025"))
    units(as_, "A", "B")
    units(as_, "C", first="2025-07-01")
    for unit, counts in {"A": (10, 20), "B": (20, 20)}.items():
        approved(as_, unit, [ratio("R", *counts)], f"{OWN}/2024")
    return as_


def test_a_dry_run_says_what_a_succession_would_do_and_stores_nothing(
    before: As, database: Database
) -> None:
    there, known = before("viewer").get("/successions").json(), stored(database)
    answer = before("admin").post("/successions?dry_run=true", json=MERGER)
    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    assert (before("viewer").get("/successions").json(), stored(database)) == (there, known)
    (past,) = (
        one
        for one in answer.json()["effects"]
        if (one["programme"], one["period"], one["basis"]) == (OWN, "2024", "restated")
    )
    told = {
        one["unit"]: [one[side] and one[side]["percent"] for side in ("before", "after")]
        for one in past["figures"]
    }
    # C gets 30/40; A and B are no longer of that day; the national figure stays.
    assert told == {"A": [50.0, None], "B": [100.0, None], "C": [None, 75.0]}


def test_a_recorded_succession_closes_its_predecessors_the_day_before(before: As) -> None:
    became(before, "2025-07-01", "A B", "C", act="NQ 202")
    for unit in "AB":
        assert before("viewer").get(f"/units/{unit}").json()["valid_to"] == "2025-06-30"
    row = restated(before, "R", "C")
    assert (row["numerator"], row["denominator"], row["percent"]) == (30, 40, 75.0)
    assert before("viewer").get("/units/C/lineage").json()["predecessors"] == ["A", "B"]
    assert own(before, "R", "A")["percent"] == 50.0


def test_only_an_administrator_records_a_succession(before: As) -> None:
    for caller in (before("reviewer"), before("viewer"), before("reporter", "A")):
        for query in ("", "?dry_run=true"):
            assert caller.post(f"/successions{query}", json=MERGER).status_code == 403
            assert caller.post(f"/successions{query}", json={}).status_code == 403


@pytest.mark.parametrize(
    ("on", "old", "new", "more", "pointer"),
    [
        ("2026-01-01", "A NONE", "C", {}, "/predecessors/1"),
        ("2026-01-01", "A", "C NONE", {"shares": ["0.5", "0.5"]}, "/successors/1"),
        ("2026-01-01", "A A", "C", {}, "/predecessors/1"),
        ("2026-01-01", "A", "C C", {"shares": ["0.5", "0.5"]}, "/successors/1"),
        ("2026-01-01", "A B", "F", {}, "/successors/0"),  # F begins in 2027
        ("2026-01-01", "P63-25 A", "C", {}, "/predecessors/0"),  # ended in June 2025
        ("2026-01-01", "C", "P63-25", {}, "/successors/0"),
        ("2026-01-01", "P34-25", "P63-25", {}, "/successors/0"),  # in a circle
        ("2026-01-01", "F", "C", {}, "/predecessors/0"),  # has not begun
        ("2026-01-01", "A", "A", {}, "/successors"),
        ("2026-01-01", "A", "B C", {"shares": ["0.6", "0.5"]}, "/shares"),
        ("2026-01-01", "A", "B C", {"shares": ["0.6"]}, "/shares"),
    ],
)
def test_what_cannot_have_happened_is_refused_by_its_place(
    before: As, on: str, old: str, new: str, more: dict[str, Any], pointer: str, database: Database
) -> None:
    units(before, "F", first="2027-01-01")
    known = stored(database)
    answer = become(before, on, old, new, **more)
    assert answer.status_code == 422, answer.text
    assert pointer in [one["pointer"] for one in problem_of(answer)["errors"]]
    assert stored(database) == known


def test_a_succession_found_out_late_is_recorded_all_the_same(before: As) -> None:
    units(before, "D", first="2027-01-01")
    became(before, "2027-01-01", "C", "D")
    # C lived from 2025-07-01 to the end of 2026: what came before 2027 may still be told.
    became(before, "2025-07-01", "A B", "C")
    assert restated(before, "R", "D", "2027-01-01")["percent"] == 75.0
