"""Figures as they were known, and what changed between two instants (rule 19)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.journeys import NC, approved, figure, ratio
from tests.conftest import As, Clock

A, B = "P63-01", "P63-02"
PATH = f"/reports/{NC}/2024/{B}"


@pytest.fixture
def corrected(as_: As, clock: Clock) -> tuple[As, str]:
    """B's 400/500, approved, then corrected to 450/500; and the instant between the two."""
    clock.now = datetime.now(UTC) + timedelta(days=1)
    approved(as_, A, [ratio("NC2", 900, 1_000)])
    approved(as_, B, [ratio("NC2", 400, 500)])
    between = figure(as_, "NC2")["known_at"]
    reopened = as_("reviewer").post(f"{PATH}/reopen", json={"comment": "đính chính"})
    body = {"values": [ratio("NC2", 450, 500)], "submit": True}
    as_("reporter", B).put(PATH, json=body, headers={"If-Match": reopened.headers["etag"]})
    as_("reviewer").post(f"{PATH}/approve")
    return as_, between


def test_a_figure_is_what_it_was_known_to_be(corrected: tuple[As, str]) -> None:
    as_, between = corrected
    then, now = figure(as_, "NC2", known_at=between), figure(as_, "NC2")
    # (900 + 400)/1 500 = 86.67, (900 + 450)/1 500 = 90
    assert (then["numerator"], then["percent"], then["known_at"]) == (1_300, 86.67, between)
    assert (now["numerator"], now["percent"]) == (1_350, 90.0)
    told = as_("viewer").get(then["explain"].removeprefix("/api/v1")).json()
    assert {one["unit"]: (one["numerator"], one["revision"]) for one in told["inputs"]} == {
        A: (900, 1),
        B: (400, 1),
    }
    assert told["result"] == then


def test_a_past_once_read_never_changes(corrected: tuple[As, str]) -> None:
    as_, between = corrected
    query = f"/dashboards/overview?programme={NC}&period=2024&known_at={between}"
    first = as_("viewer").get(query).json()
    approved(as_, "P63-04", [ratio("NC2", 1, 2)])
    revision = {"effective_on": "2024-01-01", "reason": "NQ", "threshold_percent": 80}
    as_("admin").post(f"/programmes/{NC}/targets/NC2/revisions", json=revision)
    again = as_("viewer").get(query).json()
    assert [one["national"] for one in again["targets"]] == [
        one["national"] for one in first["targets"]
    ]
    assert figure(as_, "NC2")["threshold_percent"] == 80
    assert figure(as_, "NC2", known_at=between)["threshold_percent"] == 90


def test_before_anything_was_handed_in_nothing_is_known(corrected: tuple[As, str]) -> None:
    as_, _ = corrected
    early = as_("viewer").get(
        f"/attainment?programme={NC}&period=2024&known_at=2001-01-01T00:00:00Z"
    )
    assert early.status_code == 404  # the programme itself was not defined yet


def test_a_return_takes_a_report_out_of_what_is_handed_in(as_: As, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(days=1)
    as_("reporter", A).put(
        f"/reports/{NC}/2024/{A}", json={"values": [ratio("NC2", 1, 2)], "submit": True}
    )
    handed_in = figure(as_, "NC2", include="submitted")
    as_("reviewer").post(f"/reports/{NC}/2024/{A}/return", json={"comment": "thiếu"})
    known = {"include": "submitted", "known_at": handed_in["known_at"]}
    assert figure(as_, "NC2", **known)["numerator"] == 1
    later = figure(as_, "NC2", include="submitted")
    assert later["numerator"] is None
    known["known_at"] = later["known_at"]
    assert figure(as_, "NC2", **known)["numerator"] is None


def test_a_difference_lists_values_and_their_effect(corrected: tuple[As, str]) -> None:
    as_, between = corrected
    now = figure(as_, "NC2")["known_at"]
    query = {"from": between, "to": now, "programme": NC, "period": "2024"}
    found: dict[str, Any] = as_("viewer").get("/attainment/diff", params=query).json()
    (value,) = found["values"]
    assert (value["unit"], value["before"]["numerator"], value["after"]["numerator"]) == (
        B,
        400,
        450,
    )
    figures = {(one["target"], one["unit"]): one for one in found["figures"]}
    assert set(figures) == {("NC2", "VGCL"), ("NC2", B)}
    national = figures["NC2", "VGCL"]
    assert (national["before"]["percent"], national["after"]["percent"]) == (86.67, 90.0)
    assert (figures["NC2", B]["before"]["met"], figures["NC2", B]["after"]["met"]) == (False, True)
    nothing = as_("viewer").get("/attainment/diff", params=query | {"from": now}).json()
    assert (nothing["values"], nothing["figures"]) == ([], [])


def test_what_will_be_known_cannot_be_asked(as_: As, clock: Clock) -> None:
    clock.now = datetime(2024, 12, 10, tzinfo=UTC)
    for at in ("2024-12-10T00:00:01Z", "2024-12-10", "yesterday", "2024-12-10T00:00:00"):
        refused = as_("viewer").get(f"/attainment?programme={NC}&period=2024&known_at={at}")
        assert refused.status_code == 422
