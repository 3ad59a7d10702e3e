"""Programmes, targets and periods: data with their sources, revised but never overwritten."""

import csv
from pathlib import Path
from typing import Any

from tests.api.journeys import NC, TT, approved, figure, ratio
from tests.conftest import As

TARGETS = Path(__file__).parents[1] / "targets.csv"
MEMBERS: dict[str, Any] = {
    "code": "NQ-DH-XIII",
    "title_vi": "Nghị quyết Đại hội XIII",
    "title_en": "Resolution of the XIII Congress",
    "groups": [{"number": 1, "title_vi": "Đoàn viên", "title_en": "Members"}],
    "targets": [
        {
            "code": "DV",
            "group": 1,
            "title_vi": "15 triệu đoàn viên",
            "title_en": "15 million members",
            "value_kind": "count",
            "unit_of_count": "persons",
            "reported_by": ["province_federation"],
            "unit_rule": "sum",
            "periods": ["year"],
            "comparator": "at_least",
            "threshold_count": 15_000_000,
            "due_on": "2026-12-31",
            "assigned": [
                {"unit": "P34-01", "year": 2026, "threshold_count": 900_000},
                {"unit": "P34-79", "threshold_count": 2_000_000},
            ],
        },
        {
            "code": "TN",
            "group": 1,
            "title_vi": "Tai nạn lao động không quá 10 %",
            "title_en": "At most 10 % accidents",
            "value_kind": "ratio",
            "unit_of_count": "events",
            "reported_by": ["province_federation"],
            "unit_rule": "pooled",
            "periods": ["year"],
            "comparator": "at_most",
            "threshold_percent": "10",
        },
    ],
    "periods": [{"code": "2026", "due_on": "2026-12-15"}],
}


def rows() -> list[dict[str, str]]:
    with TARGETS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_target_of_the_source_is_there_with_its_rule_and_quote(as_: As) -> None:
    found = {one["code"]: one for one in as_("viewer").get("/targets").json()["items"]}
    assert len(rows()) == 11
    for row in rows():
        target = found[row["code"]]
        threshold = float(row["threshold_percent"]) if row["threshold_percent"] else None
        assert {
            "programme": target["programme"],
            "group_no": str(target["group"]),
            "parent": target["parent"] or "",
            "title_vi": target["title_vi"],
            "value_kind": target["value_kind"],
            "unit_of_count": target["unit_of_count"],
            "numerator_vi": target["numerator_vi"] or "",
            "denominator_vi": target["denominator_vi"] or "",
            "reported_by": "|".join(sorted(target["reported_by"])),
            "unit_rule": target["unit_rule"],
            "period_rule": target["period_rule"],
            "comparator": target["comparator"],
            "due_on": target["due_on"] or "",
            "source_quote": target["source"]["quote"],
            "interpretation": target["interpretation_en"],
        } == {name: row[name] for name in row if name in CHECKED} | {
            "reported_by": "|".join(sorted(row["reported_by"].split("|")))
        }
        assert target["threshold_percent"] == threshold
        assert set(target["periods"]) == set(row["periods"].split("|"))
        start, end = target["source"]["quote_start"], target["source"]["quote_end"]
        assert (str(start), str(end)) == (row["quote_start"], row["quote_end"])
        assert end - start == len(row["source_quote"])
        assert target["interpretation_vi"]


CHECKED = {
    "programme",
    "group_no",
    "parent",
    "title_vi",
    "value_kind",
    "unit_of_count",
    "numerator_vi",
    "denominator_vi",
    "reported_by",
    "unit_rule",
    "period_rule",
    "comparator",
    "due_on",
    "source_quote",
    "interpretation",
}


def test_a_programme_says_where_it_stands_and_what_is_unknown(as_: As) -> None:
    programme = as_("viewer").get(f"/programmes/{TT}").json()
    assert [group["number"] for group in programme["groups"]] == [1, 2, 3, 4, 5, 6]
    assert (programme["issued_on"], programme["number"]) == (None, None)
    assert programme["document"]["sha256"].startswith("c61aeae7f420")
    assert "truncated" in programme["document"]["note_en"]
    assert all(target["open_questions"] for target in programme["targets"])
    women = as_("viewer").get(f"/programmes/{NC}").json()
    parts = {target["code"]: target["parts"] for target in women["targets"]}
    assert parts["NC1"] == ["NC1a", "NC1b"]
    assert women["periods"] == ["2024-H1", "2024"]
    narrative = [t["code"] for t in women["targets"] if t["value_kind"] == "narrative"]
    assert narrative == ["NCT1", "NCT2"]


def test_a_third_programme_of_other_kinds_needs_no_code(as_: As) -> None:
    made = as_("admin").post("/programmes", json=MEMBERS)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/programmes/NQ-DH-XIII"
    place = "NQ-DH-XIII/2026"
    approved(as_, "P34-01", [{"target": "DV", "value": 850_000}, ratio("TN", 4, 30)], place)
    approved(as_, "P34-79", [{"target": "DV", "value": 2_100_000}, ratio("TN", 1, 30)], place)
    members = figure(as_, "DV", place=place)
    assert (members["value"], members["threshold_count"], members["needed"]) == (
        2_950_000,
        15_000_000,
        12_050_000,
    )
    assert (members["percent"], members["numerator"], members["verdict"]) == (
        None,
        None,
        "undetermined",
    )
    # 2 950 000 of 15 000 000 is 19.666… %
    assert members["ratio_to_threshold"] == 19.67
    hanoi, saigon = (figure(as_, "DV", unit, place) for unit in ("P34-01", "P34-79"))
    assert hanoi["assigned"] == {"threshold": 900_000, "verdict": "not_met"}
    assert (saigon["assigned"]["verdict"], saigon["verdict"]) == ("met", "not_met")
    accidents = figure(as_, "TN", place=place)
    # 5/60 = 8.33 %: under 10
    assert (accidents["percent"], accidents["met"], accidents["excess"]) == (8.33, True, 0)
    assert figure(as_, "TN", "P34-01", place)["excess"] == 1


def test_a_threshold_is_revised_from_a_day_on(as_: As) -> None:
    revision = {"effective_on": "2024-07-01", "reason": "NQ 02", "threshold_percent": 92}
    path = f"/programmes/{NC}/targets/NC2"
    assert as_("reviewer").post(f"{path}/revisions", json=revision).status_code == 403
    made = as_("admin").post(f"{path}/revisions", json=revision)
    assert (made.status_code, made.json()["threshold_percent"]) == (201, 92)
    viewer = as_("viewer")
    assert viewer.get(f"{path}?on=2024-06-30").json()["threshold_percent"] == 90
    assert viewer.get(f"{path}?on=2024-07-01").json()["threshold_percent"] == 92
    assert len(viewer.get(f"{path}/revisions").json()["items"]) == 2
    for period, met in (("2024-H1", True), ("2024", False)):
        approved(as_, "P63-01", [ratio("NC2", 91, 100)], f"{NC}/{period}")
        assert figure(as_, "NC2", "P63-01", f"{NC}/{period}")["met"] is met


def test_only_an_administrator_defines(as_: As) -> None:
    for role in ("reviewer", "viewer", "auditor"):
        assert as_(role).post("/programmes", json=MEMBERS).status_code == 403
        assert as_(role).post("/programmes", json={"nonsense": 1}).status_code == 403
    assert as_("reporter", "P63-01").patch(f"/periods/{NC}/2024", json={}).status_code == 403


def test_what_a_programme_lacks_or_contradicts_is_listed(as_: As) -> None:
    admin = as_("admin")
    first, second = MEMBERS["targets"]
    bad = MEMBERS | {
        "groups": [],
        "targets": [
            first | {"threshold_percent": 5},
            second | {"parent": "XX", "value_kind": "no"},
        ],
        "extra": 1,
    }
    pointers = {error["pointer"] for error in admin.post("/programmes", json=bad).json()["errors"]}
    assert pointers == {"/targets/0", "/targets/1/value_kind", "/extra"}
    orphan = MEMBERS | {"targets": [first | {"group": 7, "parent": "XX"}]}
    codes = [error["code"] for error in admin.post("/programmes", json=orphan).json()["errors"]]
    assert codes == ["invalid", "unknown_target"]
    twice = MEMBERS | {"targets": [first, first]}
    assert admin.post("/programmes", json=twice).status_code == 422
    admin.post("/programmes", json=MEMBERS)
    assert admin.post("/programmes", json=MEMBERS).status_code == 409


def test_a_programme_is_completed_and_corrected_with_a_reason(as_: As) -> None:
    extra = MEMBERS["targets"][1] | {"code": "NC9"}
    patch = {
        "reason": "bổ sung",
        "number": "01/CTr-TLĐ",
        "targets": [extra],
        "periods": [{"code": "2024-Q1"}],
    }
    done = as_("admin").patch(f"/programmes/{NC}", json=patch).json()
    assert (done["number"], done["targets"][-1]["code"]) == ("01/CTr-TLĐ", "NC9")
    assert done["periods"] == ["2024-Q1", "2024-H1", "2024"]
    assert done["title_vi"] == "Chỉ tiêu công tác nữ công năm 2024"
    again = as_("admin").patch(f"/programmes/{NC}", json={"targets": [extra]})
    assert again.json()["errors"][0]["code"] == "duplicate_row"


def test_an_idempotency_key_makes_one_programme(as_: As) -> None:
    admin = as_("admin")
    headers = {"Idempotency-Key": "programme-0001"}
    first = admin.post("/programmes", json=MEMBERS, headers=headers)
    again = admin.post("/programmes", json=MEMBERS, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = admin.post("/programmes", json=MEMBERS | {"code": "X"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


def test_periods_have_days_in_viet_nam(as_: As) -> None:
    year = as_("viewer").get(f"/periods/{NC}/2024").json()
    assert (year["kind"], year["starts_on"], year["ends_on"]) == (
        "year",
        "2024-01-01",
        "2024-12-31",
    )
    assert (year["due_on"], year["due_at"], year["due_status"]) == (
        "2024-12-15",
        "2024-12-15T17:00:00.000000Z",
        "assumed",
    )
    moved = as_("admin").patch(f"/periods/{NC}/2024", json={"due_on": "2024-12-20"}).json()
    assert (moved["due_on"], moved["due_status"]) == ("2024-12-20", "stated")
    codes = [one["code"] for one in as_("viewer").get(f"/periods?programme={NC}").json()["items"]]
    assert codes == ["2024-H1", "2024"]
