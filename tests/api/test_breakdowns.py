"""Values told by parts: TT5 by sector, filed, kept, added over units, flagged; never judged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.journeys import NC, TT, approved, figure, ratio, submit
from tests.conftest import As, Clock

YEAR = f"{TT}/2024"
A, B, C = "P63-01", "P63-02", "P63-04"
PATH = f"/reports/{YEAR}/{A}"


def part(numerator: int, denominator: int) -> dict[str, int]:
    return {"numerator": numerator, "denominator": denominator}


def told(numerator: int, denominator: int, **parts: dict[str, int]) -> dict[str, Any]:
    """TT5 with its sectors."""
    return ratio("TT5", numerator, denominator) | {"breakdown": parts}


STATE, NON_STATE = part(100, 150), part(200, 250)
WHOLE = told(300, 400, nha_nuoc=STATE, ngoai_nha_nuoc=NON_STATE)


def put(as_: As, *values: dict[str, Any], path: str = PATH, **headers: str) -> Any:
    body = {"values": list(values), "submit": True}
    return as_("reporter", path.rsplit("/", 1)[1]).put(path, json=body, headers=headers)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_the_catalogue_says_by_which_parts_a_target_is_told(as_: As) -> None:
    target = as_("viewer").get(f"/programmes/{TT}/targets/TT5").json()
    assert (target["breakdown"]["title_vi"], target["breakdown"]["title_en"]) == (
        "Khu vực",
        "Sector",
    )
    codes = [category["code"] for category in target["breakdown"]["categories"]]
    assert codes == ["nha_nuoc", "ngoai_nha_nuoc"]
    assert target["threshold_percent"] == 50  # and no other


def test_a_report_keeps_the_parts_in_the_order_of_the_categories(as_: As) -> None:
    report = put(as_, told(300, 400, ngoai_nha_nuoc=NON_STATE, nha_nuoc=STATE)).json()
    (value,) = report["values"]
    assert value == WHOLE | {"grade": "A"}
    assert list(value["breakdown"]) == ["nha_nuoc", "ngoai_nha_nuoc"]
    assert report["warnings"] == []
    assert as_("reporter", A).get(PATH).json() == report
    (revision,) = as_("reviewer").get(f"{PATH}/revisions").json()["items"]
    assert revision["values"] == [value]
    assert list(revision["values"][0]["breakdown"]) == ["nha_nuoc", "ngoai_nha_nuoc"]


def test_other_parts_are_another_content(as_: As) -> None:
    first = put(as_, WHOLE).json()
    again = put(as_, told(300, 400, ngoai_nha_nuoc=NON_STATE, nha_nuoc=STATE))
    assert (again.status_code, again.json()) == (200, first)
    returned = as_("reviewer").post(f"{PATH}/return", json={"comment": "xem lại khu vực"})
    other = told(300, 400, nha_nuoc=part(99, 150), ngoai_nha_nuoc=part(201, 250))
    assert put(as_, other).status_code == 428
    changed = put(as_, other, **{"If-Match": returned.headers["etag"]}).json()
    assert changed["revision"] == 2
    assert changed["receipt"]["hash"] != first["receipt"]["hash"]
    bare = as_("reviewer").post(f"{PATH}/return", json={"comment": "bỏ phân tổ"}).headers["etag"]
    assert put(as_, ratio("TT5", 300, 400), **{"If-Match": bare}).json()["revision"] == 3


def test_a_value_without_parts_is_hashed_as_ever(as_: As) -> None:
    plain, null = ratio("TT5", 3, 4), ratio("TT5", 3, 4) | {"breakdown": None}
    assert put(as_, plain).json() == put(as_, null).json()


def test_every_fault_of_the_parts_is_listed_at_once(as_: As) -> None:
    answer = put(
        as_,
        told(300, 400, nha_nuoc=part(151, 150), ngoai_nha_nuoc=part(1, 0), khac=part(1, 2)),
        {"target": "TT3", **part(1, 2), "breakdown": {"nha_nuoc": part(1, 2)}},
        {"target": "TT4", "percent": 5, "breakdown": {"nam": {"value": "ba"}}},
    )
    assert faults(answer) == [
        ("/values/0/breakdown/nha_nuoc/numerator", "numerator_exceeds_denominator"),
        ("/values/0/breakdown/ngoai_nha_nuoc/denominator", "denominator_zero"),
        ("/values/0/breakdown/khac", "invalid"),
        ("/values/1/breakdown", "invalid"),
        ("/values/2/breakdown/nam/value", "not_a_number"),
    ]
    unknown = answer.json()["errors"][2]
    assert unknown["expected"] == "nha_nuoc, ngoai_nha_nuoc"
    assert unknown["message"] == "Phân tổ của chỉ tiêu TT5 không có mục “khac”."
    assert answer.json()["errors"][3]["message"] == "Chỉ tiêu TT3 không có phân tổ."
    assert as_("reporter", A).get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({}, ""),
        ([], ""),
        (5, ""),
        ({"nha_nuoc": None}, "/nha_nuoc"),
        ({"nha_nuoc": 5}, "/nha_nuoc"),
        ({"nha_nuoc": {"numerator": 1}}, "/nha_nuoc/denominator"),
        ({"nha_nuoc": {"value": 1}}, "/nha_nuoc/value"),
        ({"nha_nuoc": part(1, 2) | {"percent": 50}}, "/nha_nuoc/percent"),
        ({"nha_nuoc": part(1, 2) | {"nguong": 50}}, "/nha_nuoc/nguong"),
        ({"nha_nuoc": part(-1, 2)}, "/nha_nuoc/numerator"),
        ({"nha_nuoc": part(1, 10**16)}, "/nha_nuoc/denominator"),
        ({"a/b~\n": part(1, 2)}, "/a~1b~0\n"),
    ],
)
def test_a_part_of_the_wrong_shape_is_refused_at_its_field(as_: As, parts: Any, place: str) -> None:
    answer = put(as_, ratio("TT5", 300, 400) | {"breakdown": parts})
    assert (f"/values/0/breakdown{place}", "invalid") in faults(answer)


@pytest.mark.parametrize("category", ["\\ud800", "\\u0000", "", "x" * 2_000, "nha_nuoc "])
def test_a_category_that_nobody_named_is_refused(as_: As, category: str) -> None:
    part_sent = f'"breakdown": {{"{category}": {{"numerator": 1, "denominator": 2}}}}'
    value = f'{{"target": "TT5", "numerator": 1, "denominator": 2, {part_sent}}}'
    answer = as_("reporter", A).put(PATH, content=f'{{"values": [{value}]}}')
    ((pointer, code),) = faults(answer)
    assert pointer.startswith("/values/0/breakdown/")
    assert code == "invalid"


@pytest.mark.parametrize("value", [{"percent": 61}, {"not_applicable": "không có công đoàn"}])
def test_parts_need_counts_to_be_held_against(as_: As, value: dict[str, Any]) -> None:
    answer = put(as_, {"target": "TT5", **value, "breakdown": {"nha_nuoc": part(1, 2)}})
    assert faults(answer) == [("/values/0/breakdown", "invalid")]


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        ({"nha_nuoc": STATE, "ngoai_nha_nuoc": NON_STATE}, []),
        ({"nha_nuoc": STATE, "ngoai_nha_nuoc": part(200, 251)}, ["breakdown_mismatch"]),
        ({"nha_nuoc": STATE, "ngoai_nha_nuoc": part(199, 250)}, ["breakdown_mismatch"]),
        ({"nha_nuoc": STATE}, ["breakdown_incomplete"]),
        ({"nha_nuoc": part(301, 400)}, ["breakdown_mismatch"]),
        ({"nha_nuoc": part(0, 0), "ngoai_nha_nuoc": part(300, 400)}, []),
    ],
)
def test_parts_that_do_not_add_up_are_taken_and_flagged(
    as_: As, parts: dict[str, Any], codes: list[str]
) -> None:
    values = [ratio("TT3", 1, 2), ratio("TT5", 300, 400) | {"breakdown": parts}]
    report = submit(as_, A, values, YEAR).json()
    pointers = ["/values/1/breakdown"] * len(codes)
    assert [(one["pointer"], one["code"]) for one in report["warnings"]] == [
        *zip(pointers, codes, strict=True)
    ]
    assert all(one["message"] for one in report["warnings"])
    as_("reviewer").post(f"{PATH}/approve")
    row = figure(as_, "TT5", A, YEAR)
    assert row.get("warnings", []) == codes
    assert (row["numerator"], row["denominator"], row["percent"]) == (300, 400, 75.0)


def test_parts_are_added_over_units_and_never_judged(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    approved(as_, B, [told(100, 200, nha_nuoc=part(90, 100), ngoai_nha_nuoc=part(10, 100))], YEAR)
    assert figure(as_, "TT5", A, YEAR)["breakdown"] == {
        "nha_nuoc": STATE | {"percent": 66.67},
        "ngoai_nha_nuoc": NON_STATE | {"percent": 80.0},
    }
    national = figure(as_, "TT5", place=YEAR)
    # (100 + 90)/(150 + 100) = 76 and (200 + 10)/(250 + 100) = 60; no mean of 66.67 and 90
    assert national["breakdown"] == {
        "nha_nuoc": part(190, 250) | {"percent": 76.0},
        "ngoai_nha_nuoc": part(210, 350) | {"percent": 60.0},
    }
    assert (national["numerator"], national["denominator"]) == (400, 600)
    assert national["breakdown_units"] == 2
    assert "warnings" not in national


def test_units_that_tell_no_parts_leave_the_national_ones_incomplete(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    approved(as_, B, [ratio("TT5", 10, 20)], YEAR)
    approved(as_, C, [{"target": "TT5", "percent": 55}], YEAR)  # stands outside the pool
    national, silent = figure(as_, "TT5", place=YEAR), figure(as_, "TT5", B, YEAR)
    assert national["warnings"] == ["breakdown_incomplete"]
    assert (national["numerator"], national["denominator"]) == (310, 420)
    assert national["breakdown"]["nha_nuoc"] == STATE | {"percent": 66.67}
    assert national["breakdown_units"] == 1
    assert silent.keys().isdisjoint({"breakdown", "breakdown_units", "warnings"})


def test_a_percent_alone_leaves_the_parts_of_others_whole(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    approved(as_, C, [{"target": "TT5", "percent": 55}], YEAR)
    assert "warnings" not in figure(as_, "TT5", place=YEAR)
    size = {"unit": C, "target": "TT5", "period": "2024", "denominator": 200}
    assert as_("admin").put("/registers", json={"rows": [size]}).status_code == 200
    national = figure(as_, "TT5", place=YEAR)
    assert (national["numerator"], national["denominator"]) == (410, 600)
    assert national["warnings"] == ["breakdown_incomplete"]


def test_the_percent_of_a_part_is_never_rounded_onto_0_or_100(as_: As) -> None:
    state, rest = part(19_999, 20_000), part(0, 0)
    approved(as_, A, [told(19_999, 20_000, nha_nuoc=state, ngoai_nha_nuoc=rest)], YEAR)
    parts = figure(as_, "TT5", A, YEAR)["breakdown"]
    assert parts == {
        "nha_nuoc": state | {"percent": 99.995},
        "ngoai_nha_nuoc": rest | {"percent": None},
    }


def test_parts_count_as_the_values_they_stand_beside_do(as_: As) -> None:
    submit(as_, A, [WHOLE], YEAR)
    nobody: dict[str, Any] = told(0, 0, nha_nuoc=part(0, 0), ngoai_nha_nuoc=part(0, 0))
    approved(as_, B, [nobody], YEAR)
    assert "breakdown" not in figure(as_, "TT5", place=YEAR)
    handed_in = figure(as_, "TT5", place=YEAR, include="submitted")
    assert handed_in["breakdown_units"] == 1
    assert handed_in["breakdown"]["nha_nuoc"] == STATE | {"percent": 66.67}
    assert "warnings" not in handed_in


def test_parts_of_predecessors_are_added(as_: As) -> None:
    half = f"{TT}/2025-H1"
    approved(as_, "P63-25", [WHOLE], half)
    approved(
        as_, "P63-26", [told(200, 250, nha_nuoc=part(50, 50), ngoai_nha_nuoc=part(150, 200))], half
    )
    asked = {"basis": "restated", "on": "2025-07-01"}
    row = figure(as_, "TT5", "P34-25", half, **asked)
    # 300/400 + 200/250; Hoa Binh is silent
    assert (row["numerator"], row["denominator"], row["missing"]) == (500, 650, ["P63-17"])
    assert row["breakdown"] == {
        "nha_nuoc": part(150, 200) | {"percent": 75.0},
        "ngoai_nha_nuoc": part(350, 450) | {"percent": 77.78},
    }
    assert (row["breakdown_units"], row.get("warnings")) == (2, None)
    approved(as_, "P63-17", [ratio("TT5", 90, 150)], half)
    row = figure(as_, "TT5", "P34-25", half, **asked)
    assert (row["percent"], row["warnings"]) == (73.75, ["breakdown_incomplete"])
    assert figure(as_, "TT5", place=half, **asked)["breakdown"] == row["breakdown"]


def test_predecessors_that_cannot_be_added_show_no_parts(as_: As) -> None:
    half = f"{TT}/2025-H1"
    approved(as_, "P63-25", [WHOLE], half)
    approved(as_, "P63-26", [{"target": "TT5", "percent": 61}], half)
    row = figure(as_, "TT5", "P34-25", half, basis="restated", on="2025-07-01")
    assert (row["verdict"], row["percent"]) == ("not_restatable", None)
    assert "breakdown" not in row


def test_a_split_takes_its_share_of_each_part(as_: As) -> None:
    for code in ("C-1", "C-2"):
        names = [{"name_vi": f"Công đoàn {code}", "short_vi": code, "name_en": code}]
        unit = {"code": code, "kind": "province_federation", "names": names}
        made = as_("admin").post("/units", json=unit | {"valid_from": "2026-01-01"})
        assert made.status_code == 201, made.text
    split = {"effective_on": "2026-01-01", "predecessors": ["P34-01"], "successors": ["C-1", "C-2"]}
    made = as_("admin").post("/successions", json=split | {"shares": ["3/5", "2/5"], "act": "NQ"})
    assert made.status_code == 201, made.text
    approved(as_, "P34-01", [WHOLE], f"{TT}/2025")
    row = figure(as_, "TT5", "C-1", f"{TT}/2025", basis="restated", on="2026-01-01")
    # three fifths of 300/400, of 100/150 and of 200/250
    assert (row["numerator"], row["denominator"]) == (180, 240)
    assert row["breakdown"] == {
        "nha_nuoc": part(60, 90) | {"percent": 66.67},
        "ngoai_nha_nuoc": part(120, 150) | {"percent": 80.0},
    }
    assert "warnings" not in row


@pytest.fixture
def corrected(as_: As, clock: Clock) -> tuple[As, str]:
    """The same total with other parts, approved after others; and the instant between the two."""
    clock.now = datetime.now(UTC) + timedelta(days=1)
    approved(as_, A, [WHOLE], YEAR)
    between = figure(as_, "TT5", place=YEAR)["known_at"]
    tag = as_("reviewer").post(f"{PATH}/reopen", json={"comment": "đính chính"}).headers["etag"]
    put(as_, told(300, 400, nha_nuoc=part(110, 150)), **{"If-Match": tag})
    as_("reviewer").post(f"{PATH}/approve")
    return as_, between


def test_parts_are_what_they_were_known_to_be(corrected: tuple[As, str]) -> None:
    as_, between = corrected
    then = figure(as_, "TT5", place=YEAR, known_at=between)
    now = figure(as_, "TT5", place=YEAR)
    assert then["breakdown"]["nha_nuoc"] == STATE | {"percent": 66.67}
    assert now["breakdown"] == {"nha_nuoc": part(110, 150) | {"percent": 73.33}}
    assert (then.get("warnings"), now["warnings"]) == (None, ["breakdown_incomplete"])


def test_a_change_of_parts_alone_is_a_change_of_the_value(corrected: tuple[As, str]) -> None:
    as_, between = corrected
    now = figure(as_, "TT5", place=YEAR)["known_at"]
    query = {"programme": TT, "period": "2024", "from": between, "to": now}
    found = as_("viewer").get("/attainment/diff", params=query).json()
    (change,) = found["values"]
    assert change["before"]["breakdown"] == WHOLE["breakdown"]
    assert change["after"]["breakdown"] == {"nha_nuoc": part(110, 150)}
    assert found["figures"] == []  # 300/400 before and after


def test_the_parts_of_a_figure_are_explained_by_those_of_its_inputs(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    approved(as_, B, [ratio("TT5", 10, 20)], YEAR)
    national = figure(as_, "TT5", place=YEAR)
    found = as_("viewer").get(national["explain"].removeprefix("/api/v1")).json()
    assert found["result"] == national
    inputs = {one["unit"]: one.get("breakdown") for one in found["inputs"]}
    assert inputs == {A: WHOLE["breakdown"], B: None}


def test_a_snapshot_freezes_parts_and_works_them_out_again(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    made = as_("admin").post("/snapshots", json={"programme": TT, "period": "2024"}).json()
    frozen = as_("viewer").get(made["links"]["self"].removeprefix("/api/v1")).json()
    (value,) = frozen["content"]["inputs"]
    assert value["breakdown"] == WHOLE["breakdown"]
    verified = as_("viewer").get(made["links"]["verify"].removeprefix("/api/v1")).json()
    assert (verified["valid"], verified["differences"]) == (True, [])


MEN_AND_WOMEN = {
    "title_vi": "Giới tính",
    "title_en": "Sex",
    "categories": [
        {"code": "nam", "title_vi": "Nam", "title_en": "Men"},
        {"code": "nu", "title_vi": "Nữ", "title_en": "Women"},
    ],
}
MEMBERS = {
    "code": "DV",
    "group": 1,
    "title_vi": "Đoàn viên kết nạp mới",
    "title_en": "New members",
    "value_kind": "count",
    "unit_of_count": "persons",
    "reported_by": ["province_federation"],
    "unit_rule": "sum",
    "period_rule": "sum",
    "periods": ["quarter"],
    "comparator": "at_least",
    "threshold_count": 100,
    "breakdown": MEN_AND_WOMEN,
}


@pytest.fixture
def new_members(as_: As) -> As:
    programme = {
        "code": "KN",
        "title_vi": "Kết nạp",
        "title_en": "New members",
        "groups": [{"number": 1, "title_vi": "Đoàn viên", "title_en": "Members"}],
        "targets": [MEMBERS],
        "periods": [{"code": code} for code in ("2024-Q1", "2024-Q2", "2024")],
    }
    assert as_("admin").post("/programmes", json=programme).status_code == 201
    return as_


def number(total: int, **parts: int) -> dict[str, Any]:
    told = {category: {"value": value} for category, value in parts.items()}
    return {"target": "DV", "value": total, "breakdown": told}


def test_numbers_are_told_by_parts_too(new_members: As) -> None:
    approved(new_members, A, [number(9, nam=4, nu=5)], "KN/2024-Q1")
    approved(new_members, B, [number(20, nam=20, nu=0)], "KN/2024-Q1")
    national = figure(new_members, "DV", place="KN/2024-Q1")
    assert (national["value"], national["breakdown_units"]) == (29, 2)
    assert national["breakdown"] == {"nam": {"value": 24}, "nu": {"value": 5}}
    assert "warnings" not in national
    wrong = put(
        new_members,
        {"target": "DV", "value": 9, "breakdown": {"nam": part(1, 2)}},
        path=f"/reports/KN/2024-Q2/{A}",
    )
    assert ("/values/0/breakdown/nam/value", "invalid") in faults(wrong)


def test_parts_of_the_periods_inside_a_year_are_not_put_together(new_members: As) -> None:
    approved(new_members, A, [number(9, nam=4, nu=5)], "KN/2024-Q1")
    approved(new_members, A, [number(1, nam=1, nu=0)], "KN/2024-Q2")
    year = figure(new_members, "DV", A, "KN/2024")
    assert year["value"] == 10
    assert "breakdown" not in year


def test_a_category_that_the_rule_no_longer_has_stays_in_the_report_alone(as_: As) -> None:
    approved(as_, A, [WHOLE], YEAR)
    revision = {"effective_on": "2024-01-01", "reason": "đổi phân tổ", "breakdown": MEN_AND_WOMEN}
    made = as_("admin").post(f"/programmes/{TT}/targets/TT5/revisions", json=revision)
    assert made.status_code == 201, made.text
    assert "breakdown" not in figure(as_, "TT5", A, YEAR)
    report = as_("reporter", A).get(PATH).json()
    assert report["values"][0]["breakdown"] == WHOLE["breakdown"]
    assert report["warnings"] == []


def test_women_s_programme_has_no_parts_to_tell(as_: As) -> None:
    value = ratio("NC2", 1, 2) | {"breakdown": {"nu": part(1, 2)}}
    answer = put(as_, value, path=f"/reports/{NC}/2024/{A}", **{"Accept-Language": "en"})
    assert faults(answer) == [("/values/0/breakdown", "invalid")]
    assert answer.json()["errors"][0]["message"] == "Target NC2 is not told by parts."
