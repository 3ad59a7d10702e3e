"""Units: found as people type them; each with its lineage, its figures, and its reports."""

from fastapi.testclient import TestClient

from tests.api.journeys import approved, ratio, submit
from tests.conftest import As, TokenFactory
from tests.web.test_explain_page import enter, shown

YEAR = "programme=NC-2024&period=2024"


def test_the_units_of_a_day_stand_in_the_official_order(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    then = shown(client, "/units?on=2025-06-30&kind=province_federation")
    assert "Liên đoàn lao động tỉnh, thành phố (63)" in then
    assert then.index("P63-89 An Giang") < then.index("P63-24 Bắc Giang") < then.index("Đắk Lắk")
    now = shown(client, "/units?on=2025-07-01&kind=province_federation")
    assert "Liên đoàn lao động tỉnh, thành phố (34)" in now
    assert client.get("/units?on=x").status_code == 422


def test_a_unit_is_found_without_diacritics_also_when_it_has_ended(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    said = shown(client, "/units?q=hoa+binh&on=2026-01-01")
    assert "Không có vào ngày 01/01/2026, nhưng có vào lúc khác P63-17 Hòa Bình" in said


def test_the_box_finds_units_and_targets_however_the_tone_is_placed(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    for typed in ("Hoà Bình", "Hòa Bình", "hoa binh", "P63-17"):
        said = shown(client, "/search", params={"q": typed})
        assert "P63-17 Liên đoàn Lao động tỉnh Hòa Bình" in said
        assert "30/06/2025" in said
    assert "NC2" in shown(client, "/search?q=giỏi việc nước")
    assert "Không tìm thấy gì" in shown(client, "/search?q=xyzzy")


def test_a_name_that_may_be_two_units_is_never_guessed(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    code = shown(client, "/search?q=24")
    assert "“24” có thể là 2 đơn vị" in code
    assert code.index("P63-24") < code.index("P34-24")
    name = shown(client, "/search?q=Phú+Thọ")
    assert "“Phú Thọ” có thể là 2 đơn vị" in name


def test_a_unit_s_page_has_its_lineage_and_its_figures(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    enter(client, token, "viewer")
    page = client.get(f"/units/P63-25?{YEAR}")
    said = shown(client, f"/units/P63-25?{YEAR}")
    assert "75,00 %" in said
    assert "300/400 người" in said
    assert "60 người" in said  # 360 are 90 % of 400
    assert "01/07/2025 Nghị quyết 202/2025/QH15" in said
    assert f'href="/units/P34-25?{YEAR.replace("&", "&amp;")}"' in page.text
    assert 'href="/reports/NC-2024/2024/P63-25"' in page.text
    assert "board.js" in page.text  # shows the button that prints


def test_a_unit_that_came_later_shows_its_predecessors_figures_restated(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    for unit, counts in {"P63-25": (300, 400), "P63-26": (200, 250), "P63-17": (90, 150)}.items():
        approved(as_, unit, [ratio("NC2", *counts)])
    enter(client, token, "viewer")
    here = f"/units/P34-25?{YEAR}"
    assert "Vào ngày cuối kỳ không có đơn vị này (từ 01/07/2025)." in shown(client, here)
    restated = f"{here}&basis=restated&on=2025-07-01"
    assert restated.replace("&", "&amp;") in client.get(here).text
    said = shown(client, restated)
    assert "73,75 %" in said
    assert "590/800 người" in said


def test_what_is_drawn_ahead_of_a_unit_that_came_later_is_said_in_words(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    before = {"P63-25": (160, 400), "P63-26": (100, 250), "P63-17": (60, 150)}
    for unit, counts in before.items():
        approved(as_, unit, [ratio("TT3", *counts)], "CTTT-2023-2028/2024")
    for year, numerator in (("2025", 368), ("2026", 416)):
        approved(as_, "P34-25", [ratio("TT3", numerator, 800)], f"CTTT-2023-2028/{year}")
    enter(client, token, "viewer")
    here = "/units/P34-25?programme=CTTT-2023-2028&period="
    assert "khoảng tin cậy" not in shown(client, f"{here}2025")
    said = shown(client, f"{here}2026")
    # 320, 368 and 416 of 800 are 40, 46 and 52 %: 6 a year, two years more; 100 % is asked
    assert "Nếu giữ đà này: 64,00 % vào 31/12/2028, chưa đạt (từ 3 kỳ)." in said
    assert "đây không phải khoảng tin cậy" in said


def test_another_unit_s_report_is_not_told_of(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    enter(client, token, "reporter", "P63-01")
    page = client.get(f"/units/P63-25?{YEAR}").text
    assert "/reports/NC-2024" not in page
    assert "Chờ duyệt" not in page
    enter(client, token, "reporter", "P63-25")
    assert "Chờ duyệt" in client.get(f"/units/P63-25?{YEAR}").text


def test_the_centre_s_page_leads_to_the_national_results(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    page = client.get("/units/VGCL?programme=CTTT-2023-2028&period=2024").text
    assert "Xem kết quả toàn quốc" in page
    assert client.get("/units/P99-1").status_code == 404
