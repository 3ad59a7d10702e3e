"""Reports over JSON: filed by their natural key, safe to repeat, never overwritten."""

from typing import Any

import pytest

from tests.api.journeys import NC, PHU_THO, TT, ratio, submit
from tests.conftest import As, Clock

VALUES = [
    ratio("NC2", 300, 400) | {"note": "theo danh sách"},
    {"target": "NC3", "percent": "61,5"},
    {"target": "NC1a", "done": True, "evidence": "KH 12/KH-LĐLĐ"},
    {"target": "NC1b", "not_applicable": "không có cán bộ nữ công"},
]


def put(as_: As, values, submit=True, path=PHU_THO, unit="P63-25", **headers):  # type: ignore[no-untyped-def]
    body = {"values": values, "submit": submit}
    return as_("reporter", unit).put(path, json=body, headers=headers)


def faults(answer) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_federation_hands_in_its_report(as_: As) -> None:
    answer = put(as_, VALUES)
    report = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1{PHU_THO}"
    assert {
        k: report[k] for k in ("programme", "period", "unit", "status", "revision", "late")
    } == {
        "programme": NC,
        "period": "2024",
        "unit": "P63-25",
        "status": "submitted",
        "revision": 1,
        "late": False,
    }
    by_target = {value["target"]: value for value in report["values"]}
    assert by_target["NC2"] == VALUES[0] | {"grade": "A"}
    assert by_target["NC3"] == {"target": "NC3", "percent": 61.5, "grade": "C"}
    assert by_target["NC1a"]["evidence"] == "KH 12/KH-LĐLĐ"
    assert "grade" not in by_target["NC1b"]
    assert [warning["code"] for warning in report["warnings"]] == ["percent_only"]
    assert as_("reporter", "P63-25").get(PHU_THO).json() == report


def test_a_retry_is_safe_and_makes_no_revision(as_: As) -> None:
    first = put(as_, VALUES)
    again = put(as_, VALUES)
    stale = put(as_, VALUES, **{"If-Match": '"99"'})
    assert (first.status_code, again.status_code, stale.status_code) == (201, 200, 200)
    assert first.json() == again.json() == stale.json()
    reordered = put(as_, list(reversed(VALUES)))
    assert (reordered.status_code, reordered.json()["revision"]) == (200, 1)


def test_a_change_names_the_version_it_changes(as_: As) -> None:
    first = put(as_, VALUES, submit=False)
    other = [ratio("NC2", 301, 400)]
    assert put(as_, other, submit=False).status_code == 428
    assert put(as_, other, submit=False, **{"If-Match": '"77.x"'}).status_code == 412
    changed = put(as_, other, submit=False, **{"If-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert put(as_, VALUES, submit=False, **{"If-Match": first.headers["etag"]}).status_code == 412
    assert put(as_, [], submit=False, **{"If-Match": "*"}).json()["revision"] == 3


def test_a_report_that_must_be_new_is_not_laid_over_another(as_: As) -> None:
    put(as_, VALUES, submit=False)
    body: dict[str, Any] = {"values": []}
    headers = {"If-None-Match": "*"}
    assert as_("reporter", "P63-25").put(PHU_THO, json=body, headers=headers).status_code == 412


def test_what_is_handed_in_is_not_changed_behind_the_centre(as_: As) -> None:
    tag = put(as_, VALUES).headers["etag"]
    refused = put(as_, [ratio("NC2", 1, 2)], **{"If-Match": tag})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")


def test_submitting_a_draft_changes_its_status_not_its_revision(as_: As) -> None:
    put(as_, VALUES, submit=False)
    sent = as_("reporter", "P63-25").post(f"{PHU_THO}/submit")
    assert (sent.status_code, sent.json()["status"], sent.json()["revision"]) == (
        200,
        "submitted",
        1,
    )


def test_every_fault_is_listed_at_once(as_: As) -> None:
    answer = put(
        as_,
        [
            ratio("NC2", 520, 500),
            {"target": "NC3", "percent": "0,95"},
            {"target": "NC1a", "done": "yes"},
            {"target": "NC1b", "done": True, "colour": "red"},
            {"target": "NC9", "percent": 5},
            ratio("NC2", 1, 2),
            {"target": "NC1", "done": True},
            {"target": "NCT1", "numerator": "385.200 lượt", "denominator": 2.5},
        ],
    )
    assert sorted(faults(answer)) == sorted(
        [
            ("/values/0/numerator", "numerator_exceeds_denominator"),
            ("/values/1/percent", "ambiguous_percent"),
            ("/values/2/done", "invalid"),
            ("/values/3/colour", "invalid"),
            ("/values/4/target", "unknown_target"),
            ("/values/5/target", "duplicate_row"),
            ("/values/6/target", "invalid"),
            ("/values/7/numerator", "unit_of_count"),
            ("/values/7/denominator", "not_an_integer"),
        ]
    )
    assert as_("reporter", "P63-25").get(PHU_THO).status_code == 404


@pytest.mark.parametrize(
    ("value", "place", "code"),
    [
        ({"numerator": 5, "denominator": 0}, "denominator", "denominator_zero"),
        ({"numerator": 3, "denominator": 4, "percent": 80}, "percent", "percent_mismatch"),
        ({"percent": 100.5}, "percent", "percent_out_of_range"),
        ({"percent": "95.500"}, "percent", "ambiguous_number"),
        ({"percent": "> 90%"}, "percent", "not_a_number"),
        ({"percent": True}, "percent", "not_a_number"),
        ({"numerator": "ba", "denominator": 4}, "numerator", "not_a_number"),
        ({"numerator": 3.0, "denominator": 4}, "numerator", "not_an_integer"),
        ({"numerator": True, "denominator": 4}, "numerator", "not_an_integer"),
        ({"numerator": -1, "denominator": 4}, "numerator", "invalid"),
        ({"numerator": 1, "denominator": 10**16}, "denominator", "invalid"),
        ({"not_applicable": ""}, "not_applicable", "invalid"),
        ({"done": True}, "done", "invalid"),
        ({}, "percent", "invalid"),
    ],
)
def test_a_bad_share_is_refused_at_its_field(as_: As, value, place: str, code: str) -> None:  # type: ignore[no-untyped-def]
    found = faults(put(as_, [{"target": "NC2"} | value]))
    assert (f"/values/0/{place}", code) in found


def test_the_right_percent_is_told_beside_a_wrong_one(as_: As) -> None:
    answer = put(as_, [ratio("NC2", 300, 400) | {"percent": "80"}])
    (error,) = answer.json()["errors"]
    assert error["expected"] == "75.00"
    assert "75.00" in error["message"]


def test_an_empty_draft_is_kept_but_not_handed_in(as_: As) -> None:
    assert faults(put(as_, [])) == [("/values", "invalid")]
    assert put(as_, [], submit=False).status_code == 201
    sent = as_("reporter", "P63-25").post(f"{PHU_THO}/submit")
    assert faults(sent) == [("/values", "invalid")]


def test_zero_is_a_value_and_nothing_of_nothing_is_not_applicable(as_: As) -> None:
    report = submit(as_, "P63-25", [ratio("NC2", 0, 40), ratio("NC3", 0, 0)]).json()
    assert [value.get("grade") for value in report["values"]] == ["A", None]
    assert [warning["code"] for warning in report["warnings"]] == ["zero_of_zero"]


def test_only_those_who_are_asked_report_a_target(as_: As) -> None:
    informed = [{"target": "TT2", "done": True}]
    answer = put(as_, informed, path=f"/reports/{TT}/2024-Q1/P63-25")
    assert faults(answer) == [("/values/0/target", "unit_not_expected")]
    own = as_("reporter", "VGCL").put(
        f"/reports/{TT}/2024-Q1/VGCL", json={"values": informed, "submit": True}
    )
    assert own.status_code == 201
    yearly = put(as_, informed, path=f"/reports/{TT}/2024/VGCL", unit="VGCL")
    assert faults(yearly) == [("/values/0/target", "invalid")]


def test_a_unit_reports_the_periods_it_lived_through(as_: As) -> None:
    trained = {"values": [ratio("TT3", 1, 2)], "submit": True}
    ended = as_("reporter", "P63-25").put(f"/reports/{TT}/2025/P63-25", json=trained)
    assert (ended.status_code, ended.json()["code"]) == (409, "unit_closed")
    assert as_("reporter", "P63-25").put(
        f"/reports/{TT}/2025-H1/P63-25", json=trained
    ).status_code == 201  # fmt: skip
    early = as_("reporter", "P34-25").put(f"/reports/{TT}/2024/P34-25", json=trained)
    assert faults(early) == [("", "unit_not_expected")]


def test_late_is_marked_by_the_clock_of_viet_nam_not_refused(as_: As, clock: Clock) -> None:
    clock.now = clock.now.replace(day=15, hour=16, minute=59, second=59)
    assert submit(as_, "P63-25", VALUES).json()["late"] is False
    clock.now = clock.now.replace(hour=17, minute=0, second=0)
    assert submit(as_, "P63-26", VALUES).json()["late"] is True


def test_a_closed_period_takes_no_report_but_still_gets_its_decisions(as_: As) -> None:
    submit(as_, "P63-26", VALUES)
    as_("reporter", "P63-25").put(PHU_THO, json={"values": VALUES})
    closed = as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True, "reason": "hết kỳ"})
    assert closed.json()["closed"] is True
    for path in (PHU_THO.replace("25", "27"), PHU_THO):
        unit = path.rsplit("/", 1)[1]
        refused = put(
            as_, VALUES, path=path, unit=unit, **{"If-Match": "*"} if path == PHU_THO else {}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "period_closed")
    assert as_("reporter", "P63-25").post(f"{PHU_THO}/submit").json()["code"] == "period_closed"
    assert as_("reviewer").post(f"/reports/{NC}/2024/P63-26/approve").status_code == 200


def test_a_period_takes_no_report_before_it_opens(as_: As) -> None:
    as_("admin").patch(f"/periods/{NC}/2024", json={"opens_at": "2024-12-11T00:00:00+07:00"})
    assert put(as_, VALUES).json()["code"] == "period_closed"
    as_("admin").patch(f"/periods/{NC}/2024", json={"opens_at": "2024-12-10T00:00:00+07:00"})
    assert put(as_, VALUES).status_code == 201


def test_estimated_figures_are_marked(as_: As) -> None:
    report = submit(as_, "P63-25", [ratio("NC2", 3, 4) | {"estimated": True}]).json()
    assert report["values"][0]["estimated"] is True


def test_a_list_of_reports_goes_on_from_its_cursor(as_: As) -> None:
    units = ["P63-25", "P63-26", "P63-27"]
    for unit in units:
        submit(as_, unit, VALUES)
    seen, cursor = [], ""
    while True:
        page = as_("reviewer").get(f"/reports?programme={NC}&limit=2{cursor}").json()
        seen += [item["unit"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == units
    assert as_("reviewer").get("/reports?cursor=abc").status_code == 400
    filtered = as_("reviewer").get("/reports?unit=P63-26&unit=P63-27&status=submitted").json()
    assert [item["unit"] for item in filtered["items"]] == ["P63-26", "P63-27"]
    assert as_("reviewer").get("/reports?status=approved").json()["items"] == []
