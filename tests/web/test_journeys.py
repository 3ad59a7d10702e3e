"""What the site is for, each from its first page to its last: an officer's report on a phone, a
reviewer's return and approval of it, a board member's way from the picture to the report."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import Site

PHONE, DESK = 390, 1360
REPORT = "NC-2024/2024-H1/P63-30"  # of Hải Dương: the demonstration leaves it to us


class Someone(NamedTuple):
    page: Page
    complaints: list[str]


class Doors:
    """Lets people in by their tokens; their browsers are closed behind them."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.came: list[Someone] = []

    def __call__(self, token: str, width: int) -> Page:
        context = self.browser.new_context(
            base_url=self.site.url, viewport={"width": width, "height": 900}, locale="vi-VN"
        )
        context.request.post("/login", form={"token": token})
        one = Someone(context.new_page(), [])
        one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
        self.came.append(one)
        return one.page


@pytest.fixture
def enter(browser: Browser, site: Site) -> Iterator[Doors]:
    doors = Doors(browser, site)
    yield doors
    for one in doors.came:
        one.page.context.close()
        assert one.complaints == []


def test_an_officer_on_a_phone_fills_in_loses_the_line_and_hands_in(
    enter: Doors, site: Site
) -> None:
    """NC2 asks for 90 %: of 400 that is 360, so 300 are 60 too few."""
    page = enter(site.officer, PHONE)
    page.goto("/reports")
    page.get_by_role("link", name=re.compile("Nhập số liệu")).first.click()
    expect(page).to_have_url(re.compile(f"{REPORT}/edit$"))
    for field, typed in (("numerator", "300"), ("denominator", "400")):
        page.locator(f'[id="NC2/{field}"]').fill(typed)
    page.locator('[id="NC2/denominator"]').blur()
    expect(page.locator('[data-card="NC2"] .live')).to_contain_text("còn thiếu 60 người")
    expect(page.locator("#state")).to_contain_text("Đã lưu lúc")
    page.context.set_offline(True)
    page.locator('[data-card="NC1a"]').get_by_text("Đã thực hiện").click()
    expect(page.locator("#state")).to_contain_text("đang giữ trên máy này")
    page.context.set_offline(False)
    expect(page.locator("#state")).to_contain_text("Đã lưu lúc")
    page.get_by_role("button", name="Kiểm tra và nộp").click()
    page.get_by_role("button", name="Nộp báo cáo").click()
    expect(page).to_have_url(re.compile(rf"{REPORT}\?done=submit$"))
    expect(page.get_by_role("status").first).to_be_visible()
    page.goto("/reports")
    expect(page.locator("main")).to_contain_text("Chờ duyệt")


def test_a_reviewer_returns_a_report_and_approves_it_when_it_is_mended(
    enter: Doors, site: Site
) -> None:
    officer = enter(site.officer, PHONE)
    counts = {"target": "NC2", "numerator": 310, "denominator": 400}
    place = f"{site.url}/api/v1/reports/{REPORT}"
    bearer = {"Authorization": f"Bearer {site.officer}"}
    if httpx2.get(place, headers=bearer).status_code == 404:  # else the officer above sent it
        sent = httpx2.put(place, headers=bearer, json={"values": [counts], "submit": True})
        assert sent.is_success, sent.text
    reviewer = enter(site.tokens["reviewer"], DESK)
    reviewer.goto("/review?programme=NC-2024")
    reviewer.locator(f'[data-report][href*="{REPORT}"]').click()
    reviewer.get_by_label("Ý kiến (bắt buộc khi trả lại)").fill("Đề nghị xem lại tử số NC2.")
    reviewer.get_by_role("button", name="Trả lại đơn vị").click()
    expect(reviewer.get_by_role("status")).to_contain_text("Đã trả lại báo cáo cho Hải Dương")
    officer.goto(f"/reports/{REPORT}")
    expect(officer.locator("main")).to_contain_text("Đề nghị xem lại tử số NC2.")
    officer.goto(f"/reports/{REPORT}/edit")
    officer.locator('[id="NC2/numerator"]').fill("360")
    officer.get_by_role("button", name="Kiểm tra và nộp").click()
    officer.get_by_role("button", name="Nộp báo cáo").click()
    expect(officer).to_have_url(re.compile(r"\?done=submit$"))
    reviewer.goto(f"/review/{REPORT}")
    expect(reviewer.locator("main")).to_contain_text("360/400")
    reviewer.get_by_role("button", name="Duyệt", exact=True).click()
    expect(reviewer.get_by_role("status")).to_contain_text("Đã duyệt báo cáo của Hải Dương")


def test_a_board_member_asks_why_a_figure_stands_and_reads_which_cell_it_came_from(
    enter: Doors, site: Site
) -> None:
    """Phú Thọ's report of 2024 came by workbook: its NC2 stood in a cell."""
    page = enter(site.token, DESK)
    page.goto("/?programme=NC-2024&period=2024")
    page.locator('a[href*="/explain?"][href*="target=NC2&unit=P63-25"]').first.click()
    why = page.get_by_role("dialog")
    expect(why).to_contain_text("Vì sao con số này?")
    expect(why).to_contain_text("ô G14, trang “Báo cáo”")
    why.get_by_role("link", name=re.compile("Báo cáo, bản 1")).click()
    expect(page).to_have_url(re.compile("/reports/NC-2024/2024/P63-25"))
    page.locator("#target-NC2").get_by_role("link", name="Trang Báo cáo, ô G14").click()
    expect(page.locator("#here")).to_have_text("2720")
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Kỳ báo cáo")).to_have_value("2024")
    for name, opens in (("Excel", b"PK"), ("CSV", b"\xef\xbb\xbf")):
        where = page.get_by_role("link", name=name, exact=True).get_attribute("href")
        file = page.request.get(where or "")
        assert file.ok
        assert file.body().startswith(opens)
