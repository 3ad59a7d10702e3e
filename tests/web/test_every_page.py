"""Every page that there is: accessible in both themes, on a phone and at a desk, nothing from
elsewhere, nothing complained of. A page that nobody thought of fails the first test."""

import os
import re
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from tests.rights_table import ADDRESSES, REPORTS
from tests.web.conftest import Site
from tests.web.test_browser import Reader, check_accessible

SIZES = ((1360, 900), (390, 844))
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
THEMES: tuple[Any, ...] = ("light", "dark")
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
REPORT = "CTTT-2023-2028/2026-H1/P34-04"
NEW = "CTTT-2023-2028/2025-H1/P63-25"
# By who looks. `{…}` is put in from what the site holds.
PAGES: dict[str, tuple[str, ...]] = {
    "viewer": (
        "/",
        "/?programme=NC-2024&period=2024",
        "/?programme=NC-2024&period=2024&basis=restated&on=2026-01-01",
        "/compare?programme=CTTT-2023-2028&period=2026-H1&with=2025-H1",
        "/completeness?programme=CTTT-2023-2028&period=2026-H1",
        "/heat?programme=NC-2024&period=2024",
        "/targets",
        "/targets/CTTT-2023-2028/TT3?period=2026-H1",
        "/units",
        "/units/P34-25?programme=CTTT-2023-2028&period=2026-H1",
        "/explain?programme=CTTT-2023-2028&period=2026-H1&target=TT3&unit=VGCL",
        "/search?q=phu tho",
        "/snapshots",
        "/snapshots/{snapshot}",
        "/snapshots/{snapshot}/verify",
        "/snapshots/{snapshot}/changes",
        "/reports?programme=CTTT-2023-2028",
        "/reports/NC-2024/2024/P63-25/cell?target=NC2",
        "/account",
    ),
    "reporter": (
        "/",
        "/reports",
        f"/reports/{NEW}",
        "/reports/NC-2024/2024-H1/P63-25/edit",
        "/upload",
        "/imports",
        "/imports/{import}",
        "/imports/{import}/cell?sheet={sheet}&cell={cell}",
    ),
    "reviewer": ("/review", f"/review/{REPORT}", "/upload", "/imports"),
    "auditor": ("/audit", "/admin/proposals"),
    "admin": (
        "/admin",
        "/admin/catalogue",
        "/admin/catalogue/new",
        "/admin/catalogue/CTTT-2023-2028",
        "/admin/catalogue/CTTT-2023-2028/TT3",
        "/admin/units",
        "/admin/units/new",
        "/admin/units/P34-25",
        "/admin/successions/new",
        "/admin/periods/CTTT-2023-2028/2026-H1",
        "/admin/registers/row?programme=NC-2024&target=NC2&period=2024&unit=P63-25",
        "/admin/successions",
        "/admin/periods",
        "/admin/registers",
        "/admin/users",
        "/admin/users/new",
        "/admin/users/{user}",
        "/admin/tokens",
        "/admin/tokens/new",
        "/admin/proposals",
        "/admin/webhooks",
        "/admin/snapshots",
        "/admin/snapshots/{snapshot}",
    ),
}
# Looked at where they are tested: files, not pages; or pages that need what this site has not.
ELSEWHERE = {
    "/imports/{id}/file",
    "/account/second-factor",
    *(
        f"/reports/{{programme}}/{{period}}/{{unit}}/{deed}"
        for deed in ("submit", "withdraw", "endorse")
    ),
    "/login/role",
    "/login/second-factor",
    "/admin/proposals/{id}",
    "/admin/webhooks/{id}",
}


def test_every_page_is_among_those_that_are_looked_at() -> None:
    known = {path for path, verbs in (ADDRESSES | REPORTS).items() if "GET" in verbs}
    pages = {path for path in known if not path.startswith("/api/")} - ELSEWHERE
    shown = {one.partition("?")[0] for some in PAGES.values() for one in some}
    assert len(pages) > 30
    assert not [path for path in sorted(pages) if not any(_is(path, one) for one in shown)]


def _is(path: str, shown: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), shown) is not None


@pytest.fixture(scope="session")
def held(site: Site) -> dict[str, str]:
    """What some addresses name: a snapshot, a user, a file that was sent."""

    def ask(role: str, method: str, path: str, **given: Any) -> Any:
        headers = {"authorization": f"Bearer {site.tokens[role]}"}
        with httpx2.Client(trust_env=False) as client:
            answer = client.request(method, f"{site.url}/api/v1{path}", headers=headers, **given)
        assert answer.is_success, answer.text
        return answer.json()

    wanted = {"programme": "NC-2024", "period": "2024"}
    return {
        "snapshot": ask("admin", "POST", "/snapshots", json=wanted)["id"],
        "user": str(ask("admin", "GET", "/users")["items"][0]["id"]),
        **_sent(site),
    }


def _sent(site: Site) -> dict[str, str]:
    """The demonstration's workbook of P63-25 and a cell of it, as the explanation names them."""
    query = "programme=NC-2024&period=2024&target=NC2&unit=P63-25"
    headers = {"authorization": f"Bearer {site.tokens['unit_approver']}"}
    with httpx2.Client(trust_env=False, headers=headers) as client:
        found = client.get(f"{site.url}/api/v1/attainment/explain?{query}").json()["inputs"][0]
        token = {"token": site.tokens["unit_approver"]}
        client.headers.pop("authorization")
        client.post(f"{site.url}/login", data=token, follow_redirects=True)
        page = client.get(f"{site.url}/imports").text
    path = re.search(r'href="/imports/(\w+)"', page)
    assert path
    return {"import": path[1], "sheet": found["sheet"], "cell": found["cell"]}


def _keep_picture(page: Page, role: str, path: str, how: str) -> None:
    """For `make screenshots`: whoever changes a page looks at it."""
    if folder := os.environ.get("SCREENSHOTS"):
        name = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-") or "overview"
        page.screenshot(path=f"{folder}/{role}-{name}-{how}.png", full_page=True)


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("role", PAGES)
def test_every_page_is_for_everyone(
    role: str, half: int, browser: Browser, site: Site, held: dict[str, str]
) -> None:
    context = browser.new_context(locale="vi-VN")
    reader = Reader(context.new_page())
    page = reader.page
    page.goto(f"{site.url}/login")
    reader.show_token(site.tokens["unit_approver" if role == "reporter" else role])
    for path in PAGES[role][half::2]:
        answer = page.goto(f"{site.url}{path.format(**held)}")
        assert answer
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                # Only colours depend on the theme.
                check_accessible(page, None if theme == "light" else COLOURS)
                _keep_picture(page, role, path, f"{width}-{theme}")
            assert page.evaluate(WIDE) == 0, (path, width)
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate(WIDE) == 0, (path, 320)
    assert reader.complaints == []
    assert reader.hosts == {"127.0.0.1"}
    context.close()
