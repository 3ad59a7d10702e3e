"""What a public link shows to who has nothing but the link."""

import base64
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from app.db.session import Database
from tests.api.journeys import NC, approved, ratio
from tests.conftest import SECRET, As, Clock
from tests.servers import LiveServer

VIEWS: list[tuple[int, Literal["dark", "light"]]] = [(390, "dark"), (1360, "light")]
ONCE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
SAID = "bà Nguyễn Thị Không Có Thật nghỉ ốm"
VALUES: list[dict[str, Any]] = [
    ratio("NC2", 300, 400),
    {"target": "NC1a", "done": True},
    {"target": "NC1b", "not_applicable": SAID},
    {"target": "NCT1", "text": f"Đề xuất do {SAID} soạn"},
]


def link_to_now(as_: As) -> str:
    """The secret of a link to what is approved at this moment."""
    admin = as_("admin")
    snapshot = admin.post("/snapshots", json={"programme": NC, "period": "2024"}).json()["id"]
    made = admin.post("/public-links", json={"snapshot": snapshot, "name": "Gửi báo chí"})
    return str(made.json()["url"].rpartition("/")[2])


@pytest.fixture
def secret(as_: As) -> str:
    approved(as_, "P63-25", VALUES)
    return link_to_now(as_)


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_the_page_shows_the_figures_as_they_were_frozen_whatever_came_later(
    as_: As, client: TestClient, secret: str
) -> None:
    before = client.get(f"/public/{secret}")
    assert before.status_code == 200
    # 300 of 400; the 63 + 19 other units are missing, and silence decides nothing (rule 16).
    said = words(before.text)
    assert "75,00 % 300/400 người" in said.replace("\xa0", " ")
    assert "Chưa đủ căn cứ kết luận" in said
    assert "Ảnh chụp số liệu lúc" in said
    # five targets: NC1 is not met, NC2 is open; of the other three there is nothing to judge
    assert "Chỉ tiêu chưa đạt 1 / 5 NC1" in said
    assert "Chưa kết luận được 1 / 5 NC2" in said
    uncounted = (
        "3 chỉ tiêu không tính vào ô nào: NC3 (chưa có số liệu); NCT1, NCT2 (không có ngưỡng)."
    )
    assert uncounted in said
    approved(as_, "P63-01", [ratio("NC2", 200, 250)])
    revision = {"effective_on": "2024-01-01", "reason": "KL 5", "threshold_percent": 50}
    as_("admin").post(f"/programmes/{NC}/targets/NC2/revisions", json=revision)
    assert client.get(f"/public/{secret}").text == before.text
    assert "77,78" not in before.text
    later = words(client.get(f"/public/{link_to_now(as_)}").text).replace("\xa0", " ")
    # 500/650 = 76.923…
    assert "76,92 % 500/650 người" in later


@ONCE
def test_the_page_names_nobody_and_leads_nowhere(client: TestClient, secret: str) -> None:
    answer = client.get(f"/public/{secret}")
    for name in (SAID, "Nguyễn", "reporter", "reviewer", "admin", "Gửi báo chí"):
        assert name not in answer.text
    hrefs = set(re.findall(r'(?:href|src|action)="([^"]*)"', answer.text))
    leads = {one for one in hrefs if not one.startswith(("/static/", "?", "#"))}
    assert leads == {"/.well-known/chitieu-keys.json"}
    assert "<form" not in answer.text
    assert "<script" not in answer.text
    assert "Quản trị" not in answer.text
    kept = {name: answer.headers[name] for name in ("cache-control", "referrer-policy")}
    assert kept == {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    assert "noindex" in answer.headers["x-robots-tag"]
    assert '<meta name="robots" content="noindex' in answer.text
    assert "set-cookie" not in answer.headers


@ONCE
def test_who_is_signed_in_sees_the_same_as_everybody(
    as_: As, client: TestClient, secret: str
) -> None:
    before = client.get(f"/public/{secret}").text
    token = as_("admin").headers["Authorization"].split()[1]
    client.post("/login", data={"token": token})
    assert client.get(f"/public/{secret}").text == before


@ONCE
def test_the_signature_holds_by_what_the_page_says(client: TestClient, secret: str) -> None:
    codes = re.findall(r"<code>([^<]+)</code>", client.get(f"/public/{secret}").text)
    (statement,) = (one for one in codes if "|" in one)
    signature = base64.b64decode(next(one for one in codes if len(one) == 88))
    keys = client.get("/.well-known/chitieu-keys.json").json()["keys"]
    (key,) = (one for one in keys if one["kid"] in codes)
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(signature, statement.encode())
    assert statement.split("|")[0] in codes


def test_expired_revoked_and_unknown_links_cannot_be_told_apart(
    as_: As, client: TestClient, secret: str, database: Database
) -> None:
    revoked = link_to_now(as_)
    (link, *_) = as_("admin").get("/public-links").json()["items"]
    as_("admin").delete(f"/public-links/{link['id']}")
    with database.write.begin() as connection:
        connection.execute(
            text("UPDATE public_link SET expires_at = created_at WHERE id <> :id"),
            {"id": link["id"]},
        )
        connection.execute(text("UPDATE public_link SET expires_at = '2024-01-01 00:00:00'"))
    unknown = "x" * 43
    found = [client.get(f"/public/{one}") for one in (secret, revoked, unknown, "%00", "a" * 5000)]
    assert {one.status_code for one in found} == {404}
    assert len({one.content for one in found}) == 1
    shapes = {
        tuple(sorted((k, v) for k, v in one.headers.items() if k != "x-request-id"))
        for one in found
    }
    assert len(shapes) == 1
    assert 'href="/"' not in found[0].text
    assert "Liên kết không còn dùng được" in found[0].text


@ONCE
def test_guessing_is_slowed_down_and_a_good_link_is_counted_like_any(
    client: TestClient, secret: str
) -> None:
    statuses = [client.get(f"/public/{number:043d}").status_code for number in range(30)]
    assert set(statuses) == {404}
    slowed = client.get(f"/public/{secret}")
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["retry-after"]) <= 2
    assert 'href="/"' not in slowed.text


def test_views_are_counted_and_who_looked_is_not_kept(
    as_: As, client: TestClient, secret: str, database: Database
) -> None:
    def known() -> list[Any]:
        with database.reading() as session:
            events = session.execute(text("SELECT count(*) FROM audit_event")).scalar_one()
            views = session.execute(text("SELECT views FROM public_link")).scalar_one()
            version = session.execute(text("SELECT version FROM data_version")).scalar_one()
        return [events, version, views]

    events, version, views = known()
    for _ in range(3):
        client.get(f"/public/{secret}?lang=en")
    assert known() == [events, version, views + 3]
    assert "frozen then" in words(client.get(f"/public/{secret}?lang=en").text)


def watched(page: Page) -> tuple[set[str | None], list[str]]:
    """The hosts that the page speaks to, and what it complains of."""
    hosts, complaints = set[str | None](), list[str]()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda said: complaints.append(said.text))
    return hosts, complaints


@ONCE
def test_the_page_is_readable_for_everyone_in_both_themes_on_a_phone_and_at_a_desk(
    url: str, as_: As, clock: Clock, browser: Browser
) -> None:
    clock.now = datetime.now(UTC)  # as the server's is, beside which nobody sets a clock
    approved(as_, "P63-25", VALUES)
    secret = link_to_now(as_)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    env = {"CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET}
    with LiveServer(env) as server:
        for width, scheme in VIEWS:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, locale="vi-VN"
            )
            page = context.new_page()
            asked, said = watched(page)
            page.goto(f"{server.url}/public/{secret}")
            expect(page.get_by_role("heading", level=1)).to_contain_text("nữ công năm 2024")
            results = Axe().run(page)
            assert not results.violations_count, results.generate_report()
            assert (page.evaluate(wide), asked, said) == (0, {"127.0.0.1"}, [])
            context.close()
