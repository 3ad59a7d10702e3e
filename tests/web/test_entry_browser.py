"""The entry form in a real browser: on a phone, on a bad line, with two people at once."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from app.db.session import Database
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import tokens
from tests.conftest import SECRET
from tests.servers import LiveServer

STORED = "() => Object.keys(localStorage).filter((name) => name.startsWith('chitieu:entry:'))"
# Types 36 of 40, and says whether what was made of the 30 is seen beside it.
TYPED_OVER = """() => {
  const field = document.getElementById("NC2/numerator");
  field.value = "36";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const made = document.querySelector('[data-card="NC2"] .makes');
  return made.checkVisibility({ visibilityProperty: true });
}"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Office(NamedTuple):
    """A server with an empty programme and two people of Phú Thọ, who answer for its
    predecessors' past too."""

    url: str
    officer: str
    colleague: str


@pytest.fixture(scope="module")
def office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    file = tmp_path_factory.mktemp("office") / "db.sqlite"
    shutil.copy(sqlite_template, file)
    url = f"sqlite:///{file}"
    database, made = Database(url), []
    for name in ("cán bộ Phú Thọ", "đồng nghiệp Phú Thọ"):
        contract = checked(TokenIn, {"name": name, "role": "reporter", "unit": "P34-25"})
        with database.writing() as session:
            sent = Sent(contract)
            made.append(tokens.create_token(session, tokens.system(session), sent)["token"])
    database.close()
    with LiveServer({"CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET}) as server:
        yield Office(server.url, *made)


class Officer:
    """Signed in on a phone, with the form of one report open."""

    def __init__(
        self, browser: Browser, office: Office, token: str, place: str, *, scripts: bool = True
    ) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="vi-VN", java_script_enabled=scripts
        )
        self.office, self.token = office, token
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self.accept)
        self.asked: list[str] = []
        self.context.request.post(f"{office.url}/login", form={"token": token})
        self.page.goto(f"{office.url}/reports/{place}/edit")

    def accept(self, dialog: Dialog) -> None:
        self.asked.append(dialog.message)
        dialog.accept()

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.office.url}/login")
        page.get_by_text("Đăng nhập bằng mã truy cập").click()
        page.get_by_label("Mã truy cập").fill(self.token)
        page.get_by_role("button", name="Vào bằng mã").click()
        expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()

    def type(self, **counts: str) -> None:
        """Into NC2's fields; then the finger leaves them."""
        for name, text in counts.items():
            self.page.locator(f'[id="NC2/{name}"]').fill(text)
            self.page.locator(f'[id="NC2/{name}"]').blur()

    def says(self, words: str) -> None:
        expect(self.page.locator("#state")).to_contain_text(re.compile(words))


@pytest.fixture
def officers(browser: Browser, office: Office) -> Iterator[list[Officer]]:
    """Those who came; their browsers are closed behind them."""
    came: list[Officer] = []
    yield came
    for one in came:
        one.context.close()
        assert one.complaints == []


def test_percent_verdict_and_what_is_missing_follow_the_fingers(
    browser: Browser, office: Office, officers: list[Officer]
) -> None:
    """NC2: 300 of 400 is 75 %; 90 % of 400 would be 360."""
    officers.append(one := Officer(browser, office, office.officer, "NC-2024/2024/P63-25"))
    one.type(numerator="300", denominator="400")
    live = one.page.locator('[data-card="NC2"] .live')
    expect(live).to_contain_text("75,00 %")
    expect(live).to_contain_text("Chưa đạt")
    expect(live).to_contain_text("còn thiếu 60 người")
    one.says("Đã lưu lúc")
    assert one.page.evaluate(STORED) == []
    assert not Axe().run(one.page).violations_count
    assert one.page.evaluate(WIDER) == 0
    one.page.reload()
    expect(one.page.locator('[id="NC2/numerator"]')).to_have_value("300")
    assert one.asked == []


def test_a_dropped_line_and_a_half_filled_one_lose_nothing(
    browser: Browser, office: Office, officers: list[Officer]
) -> None:
    officers.append(one := Officer(browser, office, office.officer, "NC-2024/2024/P63-26"))
    one.context.set_offline(True)
    one.type(numerator="30", denominator="40")
    one.says("Chưa gửi được, số liệu đang giữ trên máy này")
    live = one.page.locator('[data-card="NC2"] .live')
    expect(live).to_have_text("Số vừa nhập chưa được đánh giá; kết quả sẽ hiện lại khi có mạng.")
    assert len(one.page.evaluate(STORED)) == 1
    one.context.set_offline(False)
    one.says("Đã lưu lúc")
    expect(live).to_contain_text("75,00 %")
    # Before the next figure is judged, nothing is said of the one before it.
    assert one.page.evaluate(TYPED_OVER) is False
    expect(live.get_by_text("90,00 %")).to_be_visible()
    one.type(numerator="30")
    one.says("Đã lưu lúc")
    one.page.locator('[id="NC3/numerator"]').fill("7")
    one.page.locator('[id="NC3/numerator"]').blur()
    one.says("Chưa lưu được: NC3; đang giữ trên máy này")
    one.page.reload()
    expect(one.page.locator('[id="NC2/denominator"]')).to_have_value("40")
    expect(one.page.locator('[id="NC3/numerator"]')).to_have_value("")
    expect(one.page.locator(".kept")).to_contain_text("NC3")
    one.type(denominator="50")
    one.says("Đã lưu lúc")
    one.page.reload()
    one.page.get_by_role("button", name="Đưa vào biểu").click()
    expect(one.page.locator('[id="NC3/numerator"]')).to_have_value("7")
    one.page.get_by_role("button", name="Đăng xuất").click()
    expect(one.page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    assert "Đăng xuất sẽ xóa số liệu đó" in " ".join(one.asked)
    assert one.page.evaluate(STORED) == []


def test_a_session_that_ends_under_the_fingers_goes_on_after_signing_in_beside_it(
    browser: Browser, office: Office, officers: list[Officer]
) -> None:
    officers.append(one := Officer(browser, office, office.officer, "NC-2024/2024/P63-17"))
    one.context.clear_cookies()
    one.type(numerator="90", denominator="150")
    one.says("Phiên làm việc đã hết")
    expect(one.page.locator('[id="NC2/numerator"]')).to_have_value("90")
    with one.context.expect_page() as opened:
        one.page.get_by_role("link", name="Đăng nhập ở thẻ mới").click()
    one.sign_in(opened.value)
    one.page.get_by_role("button", name="Đã đăng nhập, gửi lại").click()
    one.says("Đã lưu lúc")


def test_two_at_once_choose_and_nothing_is_dropped(
    browser: Browser, office: Office, officers: list[Officer]
) -> None:
    where = "CTTT-2023-2028/2025/P34-25"
    officers.append(one := Officer(browser, office, office.officer, where))
    officers.append(other := Officer(browser, office, office.colleague, where))
    for person, count in ((one, "50"), (other, "60")):
        for name, text in (("numerator", count), ("denominator", "80")):
            person.page.locator(f'[id="TT3/{name}"]').fill(text)
        person.page.locator('[id="TT3/denominator"]').blur()
        person.says("Đã lưu lúc" if person is one else "vừa được lưu từ nơi khác")
    other.page.get_by_role("button", name="Xem và chọn").click()
    expect(other.page.get_by_role("heading", name="Hai người cùng sửa")).to_be_visible()
    assert not Axe().run(other.page).violations_count
    other.page.get_by_label("Của tôi").check()
    other.page.get_by_role("button", name="Lưu theo lựa chọn").click()
    expect(other.page.get_by_text("Đã ghép hai bản")).to_be_visible()
    expect(other.page.locator('[id="TT3/numerator"]')).to_have_value("60")


def test_without_scripts_a_report_is_filled_in_and_handed_in(
    browser: Browser, office: Office, officers: list[Officer]
) -> None:
    officers.append(
        one := Officer(browser, office, office.officer, "NC-2024/2024/P63-25", scripts=False)
    )
    page = one.page
    page.locator('[id="NC3/numerator"]').fill("9")
    page.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(page.get_by_role("heading", name="Có 1 chỗ cần sửa")).to_be_visible()
    page.locator('[id="NC3/denominator"]').fill("10")
    page.locator('[data-card="NC1a"]').get_by_text("Đã thực hiện").click()
    page.get_by_role("button", name="Kiểm tra và nộp").click()
    expect(page).to_have_url(re.compile("/P63-25/submit$"))
    page.get_by_role("button", name="Nộp báo cáo").click()
    expect(page).to_have_url(re.compile(r"/P63-25\?done=submit$"))
