"""Why a figure is what it is: the page adds up, names every source, and opens in a dialog."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from tests.api.journeys import approved, figure, ratio, submit
from tests.conftest import As, Clock, TokenFactory
from tests.web.conftest import Site
from tests.web.test_browser import Reader, check_accessible
from tests.web.test_pages import text_of

WHY = "/explain?programme=NC-2024&period=2024&target=NC2"
COUNTS = {"P63-01": (45_000, 50_000), "P63-25": (3_000, 6_000), "P63-79": (9_500, 10_000)}


def enter(client: TestClient, token: TokenFactory, role: str, unit: str | None = None) -> None:
    client.post("/login", data={"token": token(role, unit)})


def shown(client: TestClient, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text).replace("\u00a0", " ")


@pytest.fixture
def reported(as_: As) -> None:
    for unit, (numerator, denominator) in COUNTS.items():
        approved(as_, unit, [ratio("NC2", numerator, denominator)])


@pytest.mark.usefixtures("reported")
def test_the_inputs_add_up_to_the_national_figure(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    approved(as_, "P63-31", [{"target": "NC2", "percent": "80"}])
    enter(client, token, "viewer")
    page = shown(client, f"{WHY}&unit=VGCL")
    assert "Vì sao con số này?" in page
    assert "cộng tử số và mẫu số của mọi đơn vị" in page
    # 45 000 + 3 000 + 9 500 of 50 000 + 6 000 + 10 000; a percent alone is told, and not added
    assert "Cộng: 57.500 / 66.000 = 87,12 % ✓ Khớp với kết quả" in page
    assert "không cộng: chỉ có tỷ lệ, không có tử số và mẫu số" in page
    assert "Không cộng được: 1 đơn vị" in page
    assert "Chưa có số liệu: 78 đơn vị" in page
    assert "quy tắc tính 2026.1" in page


@pytest.mark.usefixtures("reported")
def test_the_largest_come_first_when_asked(client: TestClient, token: TokenFactory) -> None:
    enter(client, token, "viewer")

    def names(more: str) -> list[str]:
        page = client.get(f"{WHY}&unit=VGCL{more}").text
        return re.findall(r'rowheader" scope="row"><span lang="vi">(.*?)</span>', page)

    assert names("&sort=size") == ["Hà Nội", "Hồ Chí Minh", "Phú Thọ"]
    assert names("&sort=name") == ["Hà Nội", "Hồ Chí Minh", "Phú Thọ"]
    assert client.get(f"{WHY}&unit=VGCL&sort=x").status_code == 422


@pytest.mark.usefixtures("reported")
def test_each_input_leads_to_its_line_of_the_report(
    client: TestClient, token: TokenFactory
) -> None:
    line = 'href="/reports/NC-2024/2024/P63-25?revision=1#target-NC2"'
    enter(client, token, "viewer")
    assert line in client.get(f"{WHY}&unit=VGCL").text
    # The figure is everybody's; the report is its unit's and the centre's.
    enter(client, token, "reporter", "P63-25")
    page = client.get(f"{WHY}&unit=VGCL").text
    assert line in page
    assert "/reports/NC-2024/2024/P63-01" not in page
    assert "45.000" in page


def test_a_merged_unit_s_figure_is_explained_by_its_predecessors(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    for unit, counts in {"P63-25": (300, 400), "P63-26": (200, 250), "P63-17": (90, 150)}.items():
        approved(as_, unit, [ratio("NC2", *counts)])
    enter(client, token, "viewer")
    page = shown(client, f"{WHY}&unit=P34-25&basis=restated&on=2025-07-01")
    # Phú Thọ, Vĩnh Phúc and Hòa Bình: 300/400 + 200/250 + 90/150
    assert "Cộng: 590 / 800 = 73,75 % ✓ Khớp với kết quả" in page
    for name in ("Phú Thọ", "Vĩnh Phúc", "Hòa Bình"):
        assert name in page


def test_units_that_are_done_are_counted(client: TestClient, as_: As, token: TokenFactory) -> None:
    done, half = {"target": "NC1a", "done": True}, {"target": "NC1b", "done": False}
    approved(as_, "P63-01", [done, {"target": "NC1b", "done": True}])
    approved(as_, "P63-25", [done, half])
    enter(client, token, "viewer")
    page = shown(client, "/explain?programme=NC-2024&period=2024&target=NC1&unit=VGCL")
    # both parts done by one of the 74 units that are asked: 1/74 is 1.351…
    assert "Cộng: 1 / 74 = 1,35 % ✓ Khớp với kết quả" in page


@pytest.mark.usefixtures("reported")
def test_a_figure_is_explained_as_it_was_known(
    client: TestClient, as_: As, token: TokenFactory, clock: Clock
) -> None:
    known_at = figure(as_, "NC2")["known_at"]
    approved(as_, "P63-31", [ratio("NC2", 100, 100)])
    clock.now = datetime.now(UTC) + timedelta(days=1)  # stamps are of the hour of the run
    enter(client, token, "viewer")
    assert "Cộng: 57.600 / 66.100" in shown(client, f"{WHY}&unit=VGCL")
    assert "Cộng: 57.500 / 66.000" in shown(client, f"{WHY}&unit=VGCL&known_at={known_at}")


def test_only_the_centre_sees_what_is_not_approved(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    enter(client, token, "viewer")
    assert "300/400" in shown(client, f"{WHY}&unit=P63-25&include=submitted")
    assert "300/400" not in shown(client, f"{WHY}&unit=P63-25")
    enter(client, token, "reporter", "P63-01")
    assert client.get(f"{WHY}&unit=P63-25&include=submitted").status_code == 403


@pytest.mark.usefixtures("reported")
def test_a_script_gets_the_inside_alone_and_no_cache_takes_one_for_the_other(
    client: TestClient, token: TokenFactory
) -> None:
    enter(client, token, "viewer")
    page = client.get(f"{WHY}&unit=VGCL")
    inside = client.get(f"{WHY}&unit=VGCL", headers={"hx-request": "true"})
    assert "<html" in page.text
    assert "<html" not in inside.text
    assert "Cộng: 57.500 / 66.000" in inside.text
    for answer in (page, inside):
        assert "hx-request" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "no-store"
    assert page.headers["etag"] != inside.headers["etag"]


@pytest.mark.parametrize(
    "query", ["target=NC9&unit=VGCL", "target=NC2&unit=X", "target=NC2&unit=P34-25"]
)
def test_what_is_not_there_is_not_explained(
    client: TestClient, token: TokenFactory, query: str
) -> None:
    enter(client, token, "viewer")
    answer = client.get(f"/explain?programme=NC-2024&period=2024&{query}")
    assert answer.status_code == (200 if "P34" in query else 404)


def test_a_figure_opens_in_a_dialog_and_leads_to_its_report(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="vi-VN")
    reader = Reader(context.new_page())
    reader.sign_in(site)
    page = reader.page
    page.goto(f"{site.url}/units/P63-25?programme=NC-2024&period=2024")
    why = page.locator("a.why").nth(3)
    why.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Vì sao con số này?")).to_be_visible()
    expect(dialog.get_by_text("2.720/2.785 người")).to_be_visible()
    check_accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(why).to_be_focused()
    why.click()
    dialog.get_by_role("link", name="Báo cáo, bản 1").click()
    expect(page).to_have_url(re.compile(r"/reports/NC-2024/2024/P63-25\?revision=1#target-NC2$"))
    assert reader.complaints == []
    context.close()


def test_the_pages_behind_a_figure_are_for_everyone_on_the_smallest_phone(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 900}, color_scheme="dark", locale="vi-VN"
    )
    reader = Reader(context.new_page())
    reader.sign_in(site)
    for path in (
        "/targets/NC-2024/NC1",
        "/explain?programme=NC-2024&period=2024&target=NC1&unit=VGCL",
        "/units/P63-25?programme=NC-2024&period=2024",
        "/search?q=24",
    ):
        reader.page.goto(f"{site.url}{path}")
        check_accessible(reader.page)
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert reader.page.evaluate(width) == 0
    assert reader.complaints == []
    assert reader.hosts == {"127.0.0.1"}
    context.close()
