"""The audit's page: in words, filtered from the address, for auditors and administrators alone."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from app.db.session import Database
from app.services import audit
from tests.api.journeys import NC, PHU_THO, approved, ratio
from tests.conftest import As, TokenFactory
from tests.web.conftest import Site

SignIn = Callable[..., Any]


@pytest.fixture
def sign_in(client: TestClient, token: TokenFactory) -> SignIn:
    """sign_in("auditor") signs the client in."""

    def post(role: str, unit: str | None = None) -> Any:
        answer = client.post("/login", data={"token": token(role, unit)})
        assert answer.status_code == 303, answer.text

    return post


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_the_page_says_in_words_who_did_what_when_and_from_where(
    as_: As, client: TestClient, sign_in: SignIn
) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    sign_in("auditor")
    page = client.get("/audit", params={"subject": PHU_THO.lstrip("/")})
    assert page.status_code == 200
    said = words(page.text)
    for word in ("Duyệt báo cáo", "Nộp báo cáo", "reporter P63-25", PHU_THO.lstrip("/")):
        assert word in said
    assert re.search(r"\d\d:\d\d:\d\d \d\d/\d\d/\d{4}", said)
    assert "testclient" in said
    english = words(client.get("/audit?lang=en").text)
    assert "Report approved" in english
    assert page.headers["cache-control"] == "no-store"


def test_a_change_is_shown_as_what_became_what(
    as_: As, client: TestClient, sign_in: SignIn
) -> None:
    as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True, "reason": "hết hạn"})
    sign_in("auditor")
    said = words(client.get("/audit?action=period:revise").text)
    assert "closed false → đổi thành true" in said
    assert "reason hết hạn" in said


def test_filters_stand_in_the_address_and_lines_come_fifty_a_page(
    client: TestClient, sign_in: SignIn, database: Database
) -> None:
    with database.writing() as session:
        for number in range(60):
            audit.record(session, None, "period:revise", f"periods/thu/{number:02d}")
    sign_in("admin")
    first = client.get("/audit?subject=periods/thu").text
    assert first.count('class="line"') == 50
    assert "periods/thu/59" in first
    assert "periods/thu/09" not in first
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(unescape(following)).text
    assert second.count('class="line"') == 10
    assert "periods/thu/09" in second
    assert 'rel="next"' not in second
    assert "subject=periods%2Fthu" in unescape(following)
    nothing = client.get("/audit?subject=periods/thu&from=2001-01-01&until=2001-01-02")
    assert "Không có việc nào như vậy" in nothing.text


def test_who_may_not_read_the_audit_gets_a_page_that_says_so(
    client: TestClient, sign_in: SignIn
) -> None:
    assert client.get("/audit").status_code == 303
    for role, unit in (("reporter", "P63-25"), ("reviewer", None), ("viewer", None)):
        sign_in(role, unit)
        for address in ("/audit", "/audit?from=nonsense"):
            refused = client.get(address)
            assert refused.status_code == 403
            assert refused.headers["content-type"].startswith("text/html")


def test_an_address_that_cannot_be_is_refused_with_a_page(
    client: TestClient, sign_in: SignIn
) -> None:
    sign_in("auditor")
    wrong = ("from=2024-02-31", "until=hôm qua", "action=x", "before=x", "subject=%00", "before=9'")
    for query in wrong:
        refused = client.get(f"/audit?{query}")
        assert refused.status_code in (400, 422), query
        assert refused.headers["content-type"].startswith("text/html")


def test_the_page_is_offered_to_those_who_may_open_it(client: TestClient, sign_in: SignIn) -> None:
    for role, offered in (("admin", True), ("auditor", True), ("reviewer", False)):
        sign_in(role)
        assert ('href="/audit"' in client.get("/?programme=NC-2024&period=2024").text) is offered


def test_nothing_in_an_event_becomes_markup(
    client: TestClient, sign_in: SignIn, database: Database
) -> None:
    evil = "<script>alert(1)</script>"
    with database.writing() as session:
        audit.record(session, None, "period:revise", evil, {evil: evil}, personal={"agent": evil})
    sign_in("auditor")
    page = client.get("/audit").text
    assert evil not in page
    assert "&lt;script&gt;" in page


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    scheme, width = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="vi-VN"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", [("light", 1360), ("dark", 390)], indirect=True)
def test_the_page_is_accessible_and_fits_a_phone(page: Page, site: Site) -> None:
    page.context.request.post(f"{site.url}/login", form={"token": site.auditor})
    page.goto(f"{site.url}/audit?action=report:*")
    page.locator("summary").first.click()
    expect(page.get_by_text("Mã băm SHA-256").first).to_be_visible()
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) == 0
