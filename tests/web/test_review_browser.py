"""A reviewer at the keyboard, in a real browser."""

import re

from playwright.sync_api import Browser, expect

from tests.web.conftest import Site
from tests.web.test_browser import Reader, check_accessible


def test_a_reviewer_goes_through_the_queue_by_keyboard(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="vi-VN")
    reader = Reader(context.new_page())
    page = reader.page
    page.goto(f"{site.url}/review")
    reader.show_token(site.tokens["reviewer"])
    expect(page).to_have_url(f"{site.url}/review")
    # It only keeps a stray Enter from deciding.
    expect(page.locator("main button[disabled]")).to_be_hidden()
    check_accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("[data-report]").nth(1)
    expect(second).to_be_focused()
    where = second.get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}{where}")
    check_accessible(page)
    page.keyboard.press("?")
    expect(page.get_by_text("viết ý kiến, rồi trả lại")).to_be_visible()
    page.keyboard.press("r")
    comment = page.get_by_label("Ý kiến (bắt buộc khi trả lại)")
    expect(comment).to_be_focused()
    page.keyboard.type("ja")  # while one types, a letter is a letter
    expect(comment).to_have_value("ja")
    comment.fill("")
    comment.blur()
    page.keyboard.press("k")
    expect(page.get_by_text(re.compile("Báo cáo 1/"))).to_be_visible()
    page.get_by_text("Phím tắt", exact=True).click()
    page.get_by_role("button", name="Tắt phím tắt").click()
    page.keyboard.press("a")
    page.keyboard.press("j")
    page.get_by_role("button", name="Bật phím tắt").click()
    expect(page.get_by_text(re.compile("Báo cáo 1/"))).to_be_visible()
    unit = page.get_by_role("heading", level=1).locator("span").first.inner_text()
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text(f"Đã duyệt báo cáo của {unit}")
    expect(page).to_have_url(re.compile("/review/.+done=approve"))
    assert reader.complaints == []
    assert reader.hosts == {"127.0.0.1"}
    context.close()
