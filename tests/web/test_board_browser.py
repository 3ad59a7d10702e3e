"""The board in a real browser: choices that show at once, and what a slow hand can rely on."""

import re

import httpx2
from playwright.sync_api import Browser, expect

from tests.api.journeys import MANY
from tests.web.conftest import Site
from tests.web.test_browser import Reader, check_accessible


def test_a_choice_shows_at_once_and_the_back_button_undoes_it(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900}, locale="vi-VN")
    reader = Reader(context.new_page())
    reader.sign_in(site)
    page = reader.page
    page.goto(f"{site.url}/?programme=NC-2024&period=2024")
    expect(page.get_by_role("button", name="Xem", exact=True)).to_be_hidden()
    groups = page.get_by_label("Nhóm chỉ tiêu")
    groups.focus()
    groups.select_option("2")
    expect(page).to_have_url(re.compile(r"\?programme=NC-2024&period=2024&group=2$"))
    expect(page.get_by_role("heading", name="Nhóm 1")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="NC1a")).to_have_count(0)
    expect(groups).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("trong 2 chỉ tiêu")
    english = page.get_by_role("link", name="English").get_attribute("href") or ""
    assert "group=2" in english
    page.go_back()
    expect(page.get_by_role("columnheader", name="NC1a")).to_be_visible()
    expect(groups).to_have_value("")
    assert reader.complaints == []
    assert reader.hosts == {"127.0.0.1"}
    context.close()


def test_a_large_table_comes_after_the_overview_and_answers(browser: Browser, site: Site) -> None:
    bearer = {"authorization": f"Bearer {site.tokens['admin']}"}
    made = httpx2.post(f"{site.url}/api/v1/programmes", headers=bearer, json=MANY)
    assert made.status_code == 201, made.text
    context = browser.new_context(viewport={"width": 1360, "height": 900}, locale="vi-VN")
    reader = Reader(context.new_page())
    reader.sign_in(site)
    page = reader.page
    page.goto(f"{site.url}/?programme=RONG&period=2024")
    expect(page.get_by_role("rowheader", name="Hà Nội")).to_have_count(1)
    page.get_by_label("Loại đơn vị").select_option("province_federation")
    expect(page.get_by_role("rowheader", name="Công đoàn")).to_have_count(0)
    page.locator('a.why[href*="target=R03&unit=P63-25"]').click()
    expect(page.get_by_role("dialog")).to_contain_text("Vì sao con số này?")
    page.keyboard.press("Escape")
    check_accessible(page)
    assert reader.complaints == []
    context.close()
