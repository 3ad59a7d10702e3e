"""A target's page: its figure, the order of the units with ties, and where its rule comes from."""

import re

from fastapi.testclient import TestClient

from tests.api.journeys import approved, ratio
from tests.conftest import As, TokenFactory
from tests.web.test_explain_page import enter, shown

NC2 = "/targets/NC-2024/NC2"


def order(page: str) -> list[tuple[str, str]]:
    """Place and name of each unit, as the table has them."""
    table = page.partition('<table class="rows ranks placed"')[2].partition("</table>")[0]
    rows = re.findall(
        r'data-name="Hạng"><span class="much">(\d+)</span>.*?lang="vi">(.*?)</a>', table, re.S
    )
    return [(place, name) for place, name in rows]


def test_equal_results_share_a_place_and_names_follow_vietnamese_letters(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    counts = {
        "P63-01": (9, 10),  # Hà Nội, 90
        "P63-48": (4_000, 5_000),  # Đà Nẵng, 80
        "P63-06": (80, 100),  # Bắc Kạn, 80
        "P63-77": (79, 100),  # Bà Rịa - Vũng Tàu, 79
    }
    for unit, (numerator, denominator) in counts.items():
        approved(as_, unit, [ratio("NC2", numerator, denominator)])
    enter(client, token, "viewer")
    page = client.get(NC2).text
    names = ["Hà Nội", "Bắc Kạn", "Đà Nẵng", "Bà Rịa - Vũng Tàu"]
    assert order(page) == list(zip("1224", names, strict=True))
    by_name = order(client.get(f"{NC2}?sort=name").text)
    assert [name for _, name in by_name] == ["Bà Rịa - Vũng Tàu", "Bắc Kạn", "Đà Nẵng", "Hà Nội"]
    said = shown(client, NC2)
    assert said.count("đồng hạng, 2 đơn vị") == 2
    # one person of ten is ten points; of a hundred it is one point and no more
    assert said.count("◇ Đơn vị nhỏ") == 1
    assert "(mẫu số 10): thêm hoặc bớt 1 người thì kết quả đổi 10,00 điểm %" in said
    # 82 are asked; 4 have a figure
    assert "Chưa có số liệu 78 đơn vị" in said


def test_places_are_those_among_the_kind_asked_for(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    approved(as_, "P63-01", [ratio("NC2", 95, 100)])
    sector = as_("viewer").get("/units?kind=sector_union").json()["items"][0]
    approved(as_, sector["code"], [ratio("NC2", 91, 100)])
    enter(client, token, "viewer")
    assert order(client.get(NC2).text)[1] == ("2", sector["short_vi"])
    assert order(client.get(f"{NC2}?kind=sector_union").text) == [("1", sector["short_vi"])]


def test_units_without_a_figure_stand_apart_with_the_reason(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    approved(as_, "P63-25", [{"target": "NC2", "not_applicable": "không có khu vực này"}])
    approved(as_, "P63-01", [{"target": "NC2", "percent": "61,5"}])
    enter(client, token, "viewer")
    said = shown(client, NC2)
    assert "Không áp dụng 1 đơn vị" in said
    assert "Phú Thọ không có khu vực này" in said
    assert "61,50 %" in said
    assert "chỉ có tỷ lệ, không có tử số và mẫu số" in said


def test_of_a_yes_or_no_there_are_two_lists(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    approved(as_, "P63-01", [{"target": "NC1a", "done": True}])
    approved(as_, "P63-25", [{"target": "NC1a", "done": False}])
    enter(client, token, "viewer")
    page = client.get("/targets/NC-2024/NC1a").text
    said = shown(client, "/targets/NC-2024/NC1a")
    assert order(page) == []
    assert "Chưa thực hiện 1 đơn vị Phú Thọ" in said
    assert "Đã thực hiện 1 đơn vị Hà Nội" in said


def test_the_source_its_questions_and_every_revision_stand_there(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    revised = as_("admin").post(
        "/programmes/NC-2024/targets/NC2/revisions",
        json={"effective_on": "2024-06-01", "reason": "Nghị quyết mới", "threshold_percent": 92},
    )
    assert revised.status_code == 201, revised.text
    enter(client, token, "viewer")
    said = shown(client, NC2)
    assert "“90% trở lên nữ ĐV, NLĐ khu vực hành chính, sự nghiệp”" in said
    assert "có thể được cả hai nơi tính" in said
    assert "Từ đầu: ≥ 90 % · đến 31/12/2024" in said
    assert "Áp dụng từ 01/06/2024: ≥ 92 % · đến 31/12/2024 – Nghị quyết mới" in said


def test_a_trend_crosses_the_merger_on_one_basis_and_stands_there_as_a_table_too(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    place = "CTTT-2023-2028"
    approved(as_, "P63-25", [ratio("TT3", 300, 400)], f"{place}/2024")
    approved(as_, "P63-26", [ratio("TT3", 100, 100)], f"{place}/2024")
    approved(as_, "P34-25", [ratio("TT3", 450, 500)], f"{place}/2025")
    enter(client, token, "viewer")
    # Phú Thọ and Vĩnh Phúc are parts of today's Phú Thọ: 400 of 500, then 450 of 500
    for address in (f"/targets/{place}/TT3?sort=name", f"/units/P34-25?programme={place}"):
        said = shown(client, f"{address}&period=2025")
        table = said.partition("Xem số liệu dạng bảng")[2]
        assert table.index("80,00 %") < table.index("90,00 %")
        assert "400/500 người" in table


def test_the_list_leads_to_every_target(client: TestClient, token: TokenFactory) -> None:
    enter(client, token, "viewer")
    page = client.get("/targets").text
    assert 'href="/targets/NC-2024/NC1a"' in page
    assert 'href="/targets/CTTT-2023-2028/TT6"' in page
    only = client.get("/targets?programme=NC-2024").text
    assert "CTTT-2023-2028/TT6" not in only


def test_what_is_not_there_has_no_page(client: TestClient, token: TokenFactory) -> None:
    enter(client, token, "viewer")
    for path in ("/targets/NC-2024/NC9", "/targets/X/NC2", f"{NC2}?period=1999"):
        assert client.get(path).status_code == 404
