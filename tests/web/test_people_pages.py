"""Signing in and the own account in a real browser: phone and desk, and without a script."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from app.db.people_tables import LinkPurpose
from app.db.session import Database
from app.services import links
from tests.conftest import SECRET
from tests.servers import LiveServer
from tests.web.people import PASSWORD, person
from tests.web.test_account import NEW
from tests.web.test_browser import Theme, check_accessible

INVITED, NAMED = "Cán bộ được mời", "Cán bộ hai vai trò"


class House(NamedTuple):
    url: str
    link: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[House]:
    """A served site with one person invited, and one who has two roles and a password."""
    path = tmp_path_factory.mktemp("house") / "db.sqlite"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"
    database = Database(url)
    invited = person(database, INVITED, "viewer", password=None)
    person(database, NAMED, "reporter P63-25", "viewer")
    with LiveServer({"CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET}) as server:
        with database.writing() as session:
            now = session.info["stamp"].at
            link = links.make(session, invited, LinkPurpose.INVITATION, now)
        database.close()
        yield House(server.url, link)


def enter(page: Page, name: str, password: str) -> None:
    page.get_by_label("Thư điện tử hoặc tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def test_who_is_invited_chooses_a_password_and_signs_in_without_a_script(
    browser: Browser, house: House
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page, left = context.new_page(), []
    page.on("request", lambda request: left.append(request.headers.get("referer", "")))
    page.goto(f"{house.url}/welcome?link={house.link}")
    expect(page.get_by_text("Chào mừng")).to_be_visible()
    page.get_by_label("Mật khẩu mới", exact=True).fill("matkhau123456")
    page.get_by_label("Nhập lại mật khẩu mới").fill("matkhau123456")
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.get_by_role("alert")).to_contain_text("quá phổ biến")
    page.get_by_label("Mật khẩu mới", exact=True).fill(NEW)
    page.get_by_label("Nhập lại mật khẩu mới").fill(NEW)
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.get_by_role("status")).to_contain_text("Đã đặt mật khẩu")
    # The link goes with requests to this site alone.
    assert all(one.startswith(house.url) or not one for one in left)
    enter(page, INVITED, NEW)
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1360)])
def test_every_page_of_a_person_is_accessible(
    browser: Browser, house: House, scheme: Theme, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="vi-VN"
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text))
    for path in ("/login/forgot", "/login"):
        page.goto(f"{house.url}{path}")
        check_accessible(page)
    page.get_by_text("Đăng nhập bằng mã truy cập").click()
    check_accessible(page)
    enter(page, NAMED, PASSWORD)
    expect(page.get_by_role("heading", name="Chọn vai trò")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Phú Thọ").click()
    expect(page).to_have_url(re.compile(r"/$"))
    page.get_by_role("link", name=NAMED).click()
    expect(page.get_by_role("heading", name="Các phiên đang đăng nhập")).to_be_visible()
    check_accessible(page)
    width_over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width_over) == 0
    assert complaints == []
    context.close()
