"""Organisation units over JSON: dated, in order, found without diacritics (rules 20, 21, 25)."""

from collections import Counter

from tests.conftest import As


def names(as_: As, query: str) -> list[str]:
    return [one["short_vi"] for one in as_("viewer").get(f"/units?{query}").json()["items"]]


def test_sixty_three_became_thirty_four(as_: As) -> None:
    expected = {
        "2024-12-31": (63, 11, 8, 1),
        "2025-06-30": (63, 11, 8, 1),
        "2025-07-01": (34, 9, 8, 1),
    }
    for day, numbers in expected.items():
        kinds = Counter(
            one["kind"] for one in as_("viewer").get(f"/units?on={day}").json()["items"]
        )
        order = ("province_federation", "sector_union", "corporation_union", "centre")
        assert tuple(kinds[kind] for kind in order) == numbers


def test_lists_stand_in_the_official_order(as_: As) -> None:
    found = names(as_, "on=2024-12-31&kind=province_federation")
    start = found.index("Điện Biên")
    assert found[start - 3 : start + 4] == [
        "Đà Nẵng",
        "Đắk Lắk",
        "Đắk Nông",
        "Điện Biên",
        "Đồng Nai",
        "Đồng Tháp",
        "Gia Lai",
    ]
    assert found.index("Cao Bằng") < found.index("Cần Thơ") < found.index("Đà Nẵng")


def test_search_needs_no_diacritics(as_: As) -> None:
    assert names(as_, "on=2025-07-01&q=dak") == ["Đắk Lắk"]
    assert names(as_, "q=sai gon") == ["Hồ Chí Minh"]
    assert names(as_, "on=2024-12-31&q=BINH DUONG") == ["Bình Dương"]


def test_a_unit_bears_the_name_of_the_day(as_: As) -> None:
    viewer = as_("viewer")
    for day, name in (("2024-12-31", "Thừa Thiên Huế"), ("2025-01-01", "Huế")):
        assert viewer.get(f"/units/P63-46?on={day}").json()["short_vi"] == name
    for day, name in (("2026-04-29", "tỉnh Đồng Nai"), ("2026-04-30", "thành phố Đồng Nai")):
        assert name in viewer.get(f"/units/P34-75?on={day}").json()["name_vi"]


def test_a_bare_code_or_name_needs_a_day_when_it_may_mean_two(as_: As) -> None:
    viewer = as_("viewer")
    old = viewer.get("/units/resolve?code=24&on=2024-12-31").json()
    new = viewer.get("/units/resolve?code=24&on=2025-07-01").json()
    assert (old["code"], new["code"]) == ("P63-24", "P34-24")
    for query in ("code=24", "name=Bắc Ninh"):
        refused = viewer.get(f"/units/resolve?{query}")
        assert (refused.status_code, refused.json()["code"]) == (409, "ambiguous_unit")
        assert len(refused.json()["errors"]) == 2
    assert viewer.get("/units/resolve?code=P63-24").json()["code"] == "P63-24"
    assert viewer.get("/units/resolve?name=Hoà Bình").json()["code"] == "P63-17"
    assert viewer.get("/units/resolve?name=TPHCM&on=2024-01-01").json()["code"] == "P63-79"
    assert viewer.get("/units/resolve?name=Bac Giang").status_code == 404
    assert viewer.get("/units/resolve").status_code == 422


def test_all_seven_codes_that_changed_their_meaning_are_refused_bare(as_: As) -> None:
    for code in ("15", "24", "44", "52", "80", "82", "91"):
        assert as_("viewer").get(f"/units/resolve?code={code}").status_code == 409


def test_lineage_tells_where_a_unit_came_from_and_went(as_: As) -> None:
    viewer = as_("viewer")
    new = viewer.get("/units/P34-25/lineage").json()
    assert new["predecessors"] == ["P63-17", "P63-25", "P63-26"]
    assert new["successions"][0]["effective_on"] == "2025-07-01"
    assert viewer.get("/units/P63-25/lineage").json()["successors"] == ["P34-25"]
    dispersed = viewer.get("/units/S-VC/lineage").json()
    assert (dispersed["successors"], len(dispersed["successions"])) == ([], 1)
    merged = viewer.get("/units/S-XD/lineage").json()
    assert merged["predecessors"] == ["S-GTVT"]
    everything = viewer.get("/successions").json()["items"]
    assert sum(len(one["predecessors"]) for one in everything) == 63 + 4
    assert sorted(Counter(len(one["predecessors"]) for one in everything).items()) == [
        (1, 11 + 4),
        (2, 17),
        (3, 6),
    ]


def test_a_unit_is_added_and_revised_with_a_reason(as_: As) -> None:
    admin = as_("admin")
    unit = {
        "code": "C-MOI",
        "kind": "corporation_union",
        "names": [{"name_vi": "Công đoàn mới", "short_vi": "Mới", "name_en": "New"}],
    }
    assert as_("reviewer").post("/units", json=unit).status_code == 403
    made = admin.post("/units", json=unit)
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/units/C-MOI")
    assert admin.post("/units", json=unit).status_code == 409
    ended = admin.patch("/units/C-MOI", json={"valid_to": "2026-01-01", "reason": "giải thể"})
    assert ended.json()["valid_to"] == "2026-01-01"
    assert admin.patch("/units/C-MOI", json={"valid_to": None}).status_code == 422
    assert admin.patch("/units/C-MOI", json={"reason": "x", "names": None}).status_code == 422
    assert "C-MOI" not in [u["code"] for u in admin.get("/units?on=2026-06-01").json()["items"]]


def test_long_lists_come_in_pages(as_: As) -> None:
    viewer = as_("viewer")
    first = viewer.get("/units?limit=100").json()
    rest = viewer.get(f"/units?limit=100&cursor={first['next']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (100, 19, None)
    for cursor in ("x", "YzE6LTE", "%00", "YzI6NQ"):
        assert viewer.get(f"/units?cursor={cursor}").status_code == 400
    assert viewer.get("/units?limit=0").status_code == 422
    assert viewer.get("/units?limit=501").status_code == 422


def test_a_name_that_is_not_the_code_s_is_refused_with_both(as_: As) -> None:
    query = {"name": "Hà Nội", "code": "P63-25"}
    refused = as_("viewer").get("/units/resolve", params=query)
    assert (refused.status_code, refused.json()["code"]) == (422, "code_name_mismatch")
    assert "P63-25" in refused.json()["detail"]
    assert "Hà Nội" in refused.json()["detail"]
    fits = {"name": "Phú Thọ", "code": "P63-25"}
    assert as_("viewer").get("/units/resolve", params=fits).json()["code"] == "P63-25"
