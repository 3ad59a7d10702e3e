"""The pages as a reader has them: a real browser, both themes, phone and desk."""

import re
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import Site

Theme = Literal["light", "dark"]
# A third of axe's time goes into reading the same few colours again for every letter on the page.
READ_COLOURS_ONCE = """
(() => {
  const colour = axe.commons.color.Color.prototype, read = colour.parseString, known = new Map();
  colour.parseString = function (text) {
    const same = known.get(text);
    if (!same) {
      read.call(this, text);
      known.set(text, { r: this.r, g: this.g, b: this.b, alpha: this.alpha });
      return this;
    }
    return Object.assign(this, same);
  };
})();
"""


class Reader:
    """A page with what went wrong in it, and with every host it spoke to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str | None] = set()
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))

    def sign_in(self, site: Site) -> None:
        self.page.goto(f"{site.url}/login")
        self.show_token(site.token)
        expect(self.page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    def show_token(self, token: str) -> None:
        """At the page to sign in."""
        self.page.get_by_text("Đăng nhập bằng mã truy cập").click()
        self.page.get_by_label("Mã truy cập").fill(token)
        self.page.get_by_role("button", name="Vào bằng mã").click()


@pytest.fixture
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Reader]:
    view: tuple[Theme, int] = getattr(request, "param", ("light", 1360))
    scheme, width = view
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="vi-VN"
    )
    yield Reader(context.new_page())
    context.close()


def check_accessible(page: Page, options: dict[str, Any] | None = None) -> None:
    """By all rules of axe, or by those that its `options` name."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT + READ_COLOURS_ONCE)
    found = page.evaluate(
        "options => axe.run(options).then(({ violations }) => ({ violations }))",
        {"resultTypes": ["violations"], **(options or {})},
    )
    results = AxeResults(found)
    assert not results.violations_count, results.generate_report()


def test_a_reader_signs_in_sees_the_figures_and_switches_language(
    reader: Reader, site: Site
) -> None:
    page = reader.page
    page.goto(f"{site.url}/?programme=NC-2024&period=2024")
    reader.show_token(site.token)
    expect(page).to_have_url(re.compile(r"programme=NC-2024&period=2024$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("nữ công năm 2024")
    expect(page.get_by_text("Số liệu trình diễn, không phải số liệu thật")).to_be_visible()
    heat = page.get_by_role("table", name="Kết quả của từng đơn vị")
    expect(heat.get_by_role("rowheader", name="Hà Nội")).to_be_visible()
    expect(heat.get_by_role("columnheader", name="NC2")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="National results by target")).to_be_visible()
    page.get_by_label("Programme").select_option("CTTT-2023-2028")
    expect(page.get_by_role("rowheader", name="Spokesperson rule kept")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert reader.complaints == []
    assert reader.hosts == {"127.0.0.1"}


def test_what_a_figure_rests_on_opens_without_a_script(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    Reader(page).sign_in(site)
    page.goto(f"{site.url}/?programme=NC-2024&period=2024")
    page.get_by_text("Căn cứ và cách hiểu").nth(3).click()
    expect(page.get_by_text("Ký tự 3272–3324 của văn bản nguồn.")).to_be_visible()
    context.close()


@pytest.mark.parametrize("reader", [("dark", 390)], indirect=True)
def test_what_is_folded_away_and_what_went_wrong_are_for_everyone_too(
    reader: Reader, site: Site
) -> None:
    page = reader.page
    page.goto(f"{site.url}/login")
    check_accessible(page)
    reader.sign_in(site)
    page.goto(f"{site.url}/?programme=CTTT-2023-2028&period=2024")
    for details in page.locator("main details").all()[:6]:
        details.locator("summary").click()
    check_accessible(page)
    assert reader.complaints == []
    page.goto(f"{site.url}/?programme=none")
    check_accessible(page)
    assert reader.hosts == {"127.0.0.1"}


@pytest.mark.parametrize("reader", [("light", 320), ("light", 390)], indirect=True)
def test_only_the_wide_table_scrolls_sideways_on_a_phone(reader: Reader, site: Site) -> None:
    reader.sign_in(site)
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert reader.page.evaluate(width) == 0
