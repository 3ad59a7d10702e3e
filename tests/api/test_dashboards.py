"""The overview and the completeness of a period."""

import gzip

from tests.api.journeys import NC, TT, approved, figure, ratio, submit
from tests.conftest import As, Clock

OVERVIEW = f"/dashboards/overview?programme={NC}&period=2024"
COMPLETENESS = f"/dashboards/completeness?programme={NC}&period=2024"


def test_the_overview_shows_targets_by_units(as_: As) -> None:
    approved(as_, "P63-01", [ratio("NC2", 17_999, 20_000), {"target": "NC1a", "done": True}])
    approved(as_, "S-GD", [{"target": "NC2", "not_applicable": "không có"}])
    seen = as_("viewer").get(OVERVIEW).json()
    units = [one["unit"] for one in seen["units"]]
    assert len(units) == 82
    assert units[:3] == ["P63-89", "P63-77", "P63-95"]  # An Giang, Bà Rịa - Vũng Tàu, Bạc Liêu
    assert [one["target"] for one in seen["targets"]][:5] == ["NC1", "NC1a", "NC1b", "NC2", "NC3"]
    columns = {one["target"]: one for one in seen["targets"]}
    place = units.index("P63-01")
    assert (columns["NC2"]["percents"][place], columns["NC2"]["verdicts"][place]) == (
        89.995,
        "not_met",
    )
    assert (columns["NC1a"]["percents"][place], columns["NC1a"]["verdicts"][place]) == (None, "met")
    assert columns["NC1"]["verdicts"][place] == "not_met"
    assert columns["NC2"]["verdicts"][units.index("S-GD")] == "not_applicable"
    assert columns["NC2"]["verdicts"][units.index("P63-02")] == "no_data"
    assert columns["NC1"]["verdicts"][units.index("C-DK")] is None
    assert columns["NC2"]["national"] == figure(as_, "NC2")
    assert seen["units"][place]["status"] == "approved"
    assert sum(seen["summary"].values()) == 2 * seen["summary"]["targets"]


def test_completeness_is_counted_over_the_expected_reports(as_: As, clock: Clock) -> None:
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    approved(as_, "P63-02", [ratio("NC2", 1, 2), ratio("NC3", 1, 2)])
    clock.now = clock.now.replace(day=20)
    submit(as_, "P63-04", [ratio("NC2", 1, 2)])
    submit(as_, "P63-06", [ratio("NC2", 1, 2)])
    as_("reviewer").post(f"/reports/{NC}/2024/P63-06/return", json={"comment": "thiếu"})
    seen = as_("viewer").get(COMPLETENESS).json()
    assert (seen["expected"], seen["received"], seen["timely"], seen["approved"]) == (82, 3, 2, 1)
    # 3/82 = 3.658…, 2/82 = 2.439…
    assert (seen["completeness"], seen["timeliness"]) == (3.66, 2.44)
    assert len(seen["missing"]) == 79
    assert "P63-06" in seen["missing"]
    by_unit = {one["unit"]: one for one in seen["units"]}
    assert (by_unit["P63-04"]["late"], by_unit["P63-02"]["values"]) == (True, 2)
    assert (by_unit["P63-01"]["expected"], by_unit["C-DK"]["expected"]) == (6, 4)


def test_a_unit_sees_of_others_only_what_is_published(as_: As) -> None:
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    approved(as_, "P63-02", [ratio("NC2", 1, 2)])
    mine = as_("reporter", "P63-04")
    statuses = {one["unit"]: one["status"] for one in mine.get(OVERVIEW).json()["units"]}
    assert (statuses["P63-01"], statuses["P63-02"]) == (None, "approved")
    seen = mine.get(COMPLETENESS).json()
    assert seen["received"] == 2
    assert [one["unit"] for one in seen["units"]] == ["P63-04"]
    assert as_("viewer").get(OVERVIEW).json()["units"] != mine.get(OVERVIEW).json()["units"]
    assert mine.get(f"{OVERVIEW}&include=submitted").status_code == 403


def test_a_ready_answer_comes_compressed_and_with_an_etag_of_its_own(as_: As) -> None:
    viewer = as_("viewer")
    packed = viewer.get(OVERVIEW, headers={"Accept-Encoding": "gzip"})
    plain = viewer.get(OVERVIEW, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert packed.headers["etag"] != plain.headers["etag"]
    assert len(gzip.compress(plain.content)) < len(plain.content)
    for tag in (packed.headers["etag"], plain.headers["etag"]):
        assert viewer.get(OVERVIEW, headers={"If-None-Match": tag}).status_code == 304


def test_a_quarter_says_nothing_of_a_target_that_is_told_by_the_year(as_: As) -> None:
    def shown(period: str) -> list[str]:
        query = f"/dashboards/overview?programme={TT}&period={period}"
        return [one["target"] for one in as_("viewer").get(query).json()["targets"]]

    assert shown("2024-Q1") == ["TT2"]
    assert shown("2024-H1") == shown("2024") == ["TT1", "TT2", "TT3", "TT4", "TT5", "TT6"]
    quarter = f"/attainment?programme={TT}&period=2024-Q1"
    assert as_("viewer").get(f"{quarter}&target=TT3").json()["items"] == []
