"""Estimated figures ("ước"): flagged while they stand, found again, corrected later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.journeys import NC, PHU_THO, approved, figure, ratio, submit
from tests.conftest import As, Clock

PHU = "P63-25"
ESTIMATE = ratio("NC2", 300, 400) | {"estimated": True}
COUNTED = ratio("NC2", 320, 400)


def listed(as_: As, role: str, unit: str | None = None, estimated: str = "true") -> list[str]:
    query = f"/reports?programme={NC}&period=2024&estimated={estimated}"
    answer = as_(role, unit).get(query)
    assert answer.status_code == 200, answer.text
    return [one["unit"] for one in answer.json()["items"]]


def line(as_: As, **query: str) -> dict[str, Any]:
    asked = {"programme": NC, "period": "2024", **query}
    rows = as_("viewer").get("/dashboards/completeness", params=asked).json()["units"]
    return next(dict(row) for row in rows if row["unit"] == PHU)


def test_an_approved_estimate_is_reopened_and_corrected_and_stays_in_the_history(
    as_: As,
) -> None:
    approved(as_, PHU, [ESTIMATE, ratio("NC3", 1, 2)])
    row = figure(as_, "NC2", PHU)
    assert (row["numerator"], row["estimated"]) == (300, True)
    assert figure(as_, "NC2")["estimated"] is True
    reopened = as_("reviewer").post(f"{PHU_THO}/reopen", json={"comment": "đã có số chính thức"})
    assert reopened.json()["status"] == "reopened"
    body = {"values": [COUNTED, ratio("NC3", 1, 2)], "submit": True}
    headers = {"If-Match": reopened.headers["etag"]}
    as_("reporter", PHU).put(PHU_THO, json=body, headers=headers)
    assert figure(as_, "NC2", PHU)["estimated"] is True  # until the correction is approved
    assert as_("reviewer").post(f"{PHU_THO}/approve").status_code == 200
    corrected = figure(as_, "NC2", PHU)
    assert corrected["numerator"] == 320
    assert not corrected.get("estimated")
    assert not figure(as_, "NC2").get("estimated")
    first, second = as_("viewer").get(f"{PHU_THO}/revisions").json()["items"]
    assert [one.get("estimated") for one in first["values"]] == [True, None]
    assert [one.get("estimated") for one in second["values"]] == [None, None]


def test_reports_that_still_hold_estimates_are_found(as_: As) -> None:
    submit(as_, PHU, [ESTIMATE])
    submit(as_, "P63-01", [COUNTED])
    assert listed(as_, "reviewer") == [PHU]
    assert listed(as_, "reviewer", estimated="false") == ["P63-01"]
    assert listed(as_, "reporter", "P63-01") == []
    back = as_("reviewer").post(f"{PHU_THO}/return", json={"comment": "chờ số chính thức"})
    headers = {"If-Match": back.headers["etag"]}
    as_("reporter", PHU).put(PHU_THO, json={"values": [COUNTED]}, headers=headers)
    # The unit has a draft without estimates in hand; the centre still has the one with.
    assert listed(as_, "reporter", PHU) == []
    assert listed(as_, "reviewer") == [PHU]


def test_completeness_says_how_many_of_a_unit_s_values_are_estimates(as_: As, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(days=1)
    submit(as_, PHU, [ESTIMATE, ratio("NC3", 1, 2), {"target": "NC1a", "done": True}])
    assert (line(as_)["values"], line(as_)["estimated"]) == (3, 1)
    known_at = as_("viewer").get(f"/dashboards/completeness?programme={NC}&period=2024").json()
    as_("reporter", PHU).post(f"{PHU_THO}/withdraw")
    assert (line(as_)["values"], line(as_)["estimated"]) == (0, 0)
    then = line(as_, known_at=known_at["known_at"])
    assert (then["values"], then["estimated"]) == (3, 1)
