"""A workbook sent from a page: tried, mended, stored; sent twice it counts once."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from app.deps import SESSION_COOKIE
from tests.api.journeys import NC, PHU_THO, submit
from tests.api.test_foreign_imports import sheet
from tests.conftest import As
from tests.sheets.books import XLSX, long_form
from tests.web.conftest import Site
from tests.web.test_browser import Reader, check_accessible
from tests.web.visitor import Visitor, text_of

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
GOOD = long_form(
    [
        ("P63-25", "NC2", {"numerator": 300, "denominator": 400}),
        ("P63-25", "NC1a", {"done": "Đã làm"}),
    ]
)
SLIPS = long_form(
    [
        ("P63-25", "NC2", {"numerator": 520, "denominator": 500}),
        ("P63-25", "NC3", {"percent": "0,95"}),
        ("P63-25", "NC1a", {"done": "Đã làm"}),
    ]
)


def officer(client: TestClient, as_: As) -> Visitor:
    return Visitor(client, as_, "reporter", "P63-25")


def counted(answer: Any) -> dict[str, int]:
    """The numbers at the top of a file's page, by their words."""
    assert answer.status_code == 200, answer.text
    found = re.findall(r"<strong>([\d.]+)</strong> ([^<]+)</li>", answer.text)
    return {words: int(number) for number, words in found}


def test_a_good_file_is_tried_stored_and_submitted(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    form = visitor.get(f"/upload?programme={NC}&period=2024")
    assert f'href="/api/v1/templates/{NC}/2024.xlsx"' in form.text
    once = re.search(r'name="once" value="(\w+)"', form.text)
    assert once
    fields = {"once": once[1], "place": f"{NC}/2024"}
    sent = visitor.upload("/upload", "bao-cao.xlsx", GOOD, **fields)
    tried = visitor.follow(sent)
    assert counted(tried) == {"giá trị trong tệp": 2, "giá trị mới": 2, "có lỗi": 0}
    assert "Chưa lưu gì" in tried.text
    assert as_("reporter", "P63-25").get(PHU_THO).status_code == 404
    # The network dropped before the answer came: it is sent again.
    again = visitor.upload("/upload", "bao-cao.xlsx", GOOD, **fields)
    assert again.headers["location"] == sent.headers["location"]
    stored = [
        visitor.send(f"{sent.headers['location']}/store", mode="atomic", submit="1")
        for _ in range(2)
    ]
    assert stored[0].headers["location"] == stored[1].headers["location"]
    done = visitor.follow(stored[0])
    assert "Đã lưu mọi giá trị của tệp" in done.text
    assert f'href="{PHU_THO}"' in done.text
    report = as_("reporter", "P63-25").get(PHU_THO).json()
    assert (report["status"], report["revision"]) == ("submitted", 1)
    listed = visitor.get("/imports")
    assert listed.text.count(">bao-cao.xlsx</a>") == 2
    colleague = Visitor(client, as_, "unit_approver", "P63-25")
    assert ">bao-cao.xlsx</a>" in colleague.get("/imports").text
    assert visitor.get(f"{sent.headers['location']}/file").content == GOOD
    other = Visitor(client, as_, "reporter", "P63-26")
    for path in ("", "/file", "/cell?sheet=B&cell=C7"):
        assert other.get(sent.headers["location"] + path).status_code == 404
    assert other.send(f"{sent.headers['location']}/store").status_code == 404
    assert "bao-cao.xlsx" not in other.get("/imports").text


def test_all_faults_are_told_by_cell_and_the_rest_can_be_kept(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    sent = visitor.upload("/upload", "loi.xlsx", SLIPS)
    tried = visitor.follow(sent)
    assert counted(tried) == {"giá trị trong tệp": 3, "giá trị mới": 1, "có lỗi": 2}
    said = text_of(tried.text)
    assert "Trang Báo cáo, ô C7 Phú Thọ NC2 520 Tử số 520 lớn hơn mẫu số 500." in said
    assert "Đúng ra: ≤ 500" in said
    assert "Trang Báo cáo, ô E8" in said
    annotated = re.search(r'href="(/api/v1/imports/\w+/annotated.xlsx)"', tried.text)
    assert annotated
    assert visitor.get(annotated[1]).content.startswith(b"PK")
    assert 'name="mode" value="partial"' in tried.text
    cell = visitor.get(f"{sent.headers['location']}/cell?sheet=B%C3%A1o%20c%C3%A1o&cell=C7")
    assert "Tử số 520 lớn hơn mẫu số 500." in cell.text
    assert re.findall(r'<td class="here"[^>]*>(.*?)</td>', cell.text) == ["520"]
    none = visitor.get(f"{sent.headers['location']}/cell?sheet=Khac&cell=C7")
    assert none.status_code == 404
    refused = visitor.follow(visitor.send(f"{sent.headers['location']}/store", mode="atomic"))
    assert "Không lưu gì vì tệp có 2 lỗi." in refused.text
    kept = visitor.follow(
        visitor.send(f"{sent.headers['location']}/store", mode="partial", submit="1")
    )
    assert "còn 2 lỗi chưa lưu" in kept.text
    report = as_("reporter", "P63-25").get(PHU_THO).json()
    assert [one["target"] for one in report["values"]] == ["NC1a"]
    # With a fault left in it nothing is handed in.
    assert report["status"] == "draft"


@ON_SQLITE
def test_what_is_no_workbook_is_refused_beside_the_field(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    place = f"{NC}/2024"
    pdf = visitor.upload("/upload", "a.xlsx", b"%PDF-1.4\n", place=place)
    assert pdf.status_code == 422
    assert "Đây là tệp PDF" in pdf.text
    assert 'id="file-wrong"' in pdf.text
    assert f'<option value="{place}" selected>' in pdf.text
    empty = visitor.upload("/upload", "trong.xlsx", b"")
    assert (empty.status_code, "Hãy chọn một tệp" in empty.text) == (422, True)
    big = visitor.upload("/upload", "a.xlsx", b"x" * 11_000_000)
    assert (big.status_code, "vượt quá" in big.text) == (413, True)
    assert visitor.get("/upload?place=NC-2024/1999").status_code == 404
    assert visitor.get("/upload?programme=nirgends&period=2024").status_code == 404


@ON_SQLITE
def test_a_foreign_sheet_is_confirmed_before_anything_of_it_is_stored(
    client: TestClient, as_: As
) -> None:
    heads = ("TT", "Đơn vị", "Nữ hành chính giỏi việc nước", "", "NC3", "")
    content = sheet(("Phu Tho", 300, 400, 11, 20), heads=heads)
    reviewer = Visitor(client, as_, "reviewer")
    sent = reviewer.upload("/upload", "bieu.xlsx", content, place=f"{NC}/2024")
    asked = reviewer.follow(sent)
    assert "Cần xác nhận cách đọc tệp" in asked.text
    assert "/store" not in asked.text
    names = dict(re.findall(r'name="(s0-(\w+))-do"', asked.text))
    lines = set(names.values())
    assert {"C", "5"} <= lines
    typed = {"s0-5-do": "other", "s0-5-unit": "Phú", "s0-C-do": "skip"}
    unknown = reviewer.send(f"{sent.headers['location']}/mapping", **typed)
    assert unknown.status_code == 422
    assert "Không có đơn vị mang mã “Phú”" in unknown.text
    assert 'name="s0-5-unit" value="Phú"' in unknown.text
    assert 'name="s0-C-do" value="skip" checked' in unknown.text
    answers = {
        "s0-5-do": "guess",
        "s0-C-do": "other",
        "s0-C-target": "NC2",
        "s0-C-field": "numerator",
        "s0-D-do": "other",
        "s0-D-target": "NC2",
        "s0-D-field": "denominator",
    }
    read_again = reviewer.send(f"{sent.headers['location']}/mapping", **answers)
    tried = reviewer.follow(read_again)
    assert counted(tried) == {"giá trị trong tệp": 2, "giá trị mới": 2, "có lỗi": 0}
    assert 'name="mode" value="atomic"' in tried.text
    stored = reviewer.follow(reviewer.send(f"{read_again.headers['location']}/store"))
    assert "Đã lưu mọi giá trị của tệp" in stored.text
    # The API does not repeat what was said beside the file.
    id_ = read_again.headers["location"].rpartition("/")[2]
    assert "said" not in reviewer.get(f"/api/v1/imports/{id_}").json()


def test_a_long_file_is_read_in_its_turn(
    client: TestClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.upload.LONG_BYTES", 1_000)
    app: Any = client.app
    worker = app.state.service.worker
    visitor = officer(client, as_)
    monkeypatch.setattr(worker, "_one", lambda: False)  # it has much to do
    sent = visitor.upload("/upload", "lon.xlsx", GOOD)
    waiting = visitor.follow(sent)
    assert "Tệp lớn, đang được đọc" in waiting.text
    assert "Số dòng đã đọc:" in waiting.text
    assert "lon.xlsx" in visitor.get("/imports").text
    assert "Đang chờ đọc" in visitor.get("/imports").text
    monkeypatch.undo()
    worker.wake()
    assert worker.idle.wait(30)
    assert counted(visitor.get(sent.headers["location"]))["giá trị mới"] == 2
    monkeypatch.setattr("app.web.upload.LONG_BYTES", 1)
    broken = visitor.upload("/upload", "hong.xlsx", b"PK\x03\x04 broken")
    assert worker.idle.wait(30)
    failed = visitor.follow(broken)
    assert "Không đọc được tệp" in failed.text


def test_a_form_with_a_file_is_taken_from_our_own_page_alone(client: TestClient, as_: As) -> None:
    """The proof comes first in the form; whatever comes after it is not looked at for it."""
    submit(as_, "P63-25", [{"target": "NC1a", "done": True}])
    visitor = officer(client, as_)
    file = {"file": ("a.xlsx", GOOD)}
    for path in ("/upload", f"{PHU_THO}/attachments", "/api/v1/imports"):
        bad = [{}, {"csrf": "0" * 64}, {"place": "", "csrf": visitor.csrf}]
        for data in bad:
            answer = client.post(path, data=data, files=file, headers=visitor.headers)
            assert answer.status_code == 403, (path, data)
    evil = visitor.headers | {"origin": "https://evil.example"}
    data = {"csrf": visitor.csrf}
    assert client.post("/upload", data=data, files=file, headers=evil).status_code == 403
    assert visitor.upload("/upload", "a.xlsx", GOOD).status_code == 303
    # A machine's key proves itself.
    token = as_("reporter", "P63-25").headers
    assert client.post("/upload", files=file, headers=token).status_code == 303
    client.cookies.clear()
    assert client.post("/upload", files=file).headers["location"] == "/login"
    viewer = Visitor(client, as_, "viewer")
    assert viewer.get("/upload").status_code == 403
    assert viewer.upload("/upload", "a.xlsx", GOOD).status_code == 403


@ON_SQLITE
def test_the_proof_is_found_however_the_body_comes_in(client: TestClient, as_: As) -> None:
    """Byte by byte, the file whole; and without it no more is read than a form begins with."""
    visitor = officer(client, as_)
    head = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}'
    form = head.format("csrf", "", visitor.csrf + "\r\n").encode()
    form += head.format("file", '; filename="a.xlsx"', "").encode() + GOOD + b"\r\n--b--\r\n"
    taken = 0

    def drop_by_drop(content: bytes, size: int) -> Any:
        nonlocal taken
        for start in range(0, len(content), size):
            taken += size
            yield content[start : start + size]

    headers = visitor.headers | {
        "content-type": "multipart/form-data; boundary=b",
        "content-length": str(len(form)),
    }
    sent = client.post("/upload", content=drop_by_drop(form, 7), headers=headers)
    assert sent.status_code == 303, sent.text
    assert visitor.get(f"{sent.headers['location']}/file").content == GOOD
    assert client.cookies.get(SESSION_COOKIE) is None


def test_a_dropped_network_loses_nothing_and_the_file_leads_to_the_report(
    browser: Browser, site: Site
) -> None:
    unit = "P63-30"
    wrong = (unit, "NC2", {"numerator": 520, "denominator": 500})
    content = long_form([wrong, (unit, "NC1a", {"done": "Đã làm"})], "NC-2024/2024-H1@1")
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="vi-VN")
    reader = Reader(context.new_page())
    page = reader.page
    page.goto(f"{site.url}/upload?place={NC}/2024-H1")
    reader.show_token(site.officer)
    check_accessible(page)
    page.set_input_files("#file", {"name": "loi.xlsx", "mimeType": XLSX, "buffer": content})
    context.set_offline(True)
    page.get_by_role("button", name="Kiểm tra tệp").click()
    expect(page.get_by_text("Mất kết nối khi đang gửi")).to_be_visible()
    context.set_offline(False)
    page.get_by_role("button", name="Kiểm tra tệp").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("loi.xlsx")
    check_accessible(page)
    page.get_by_role("link", name="Trang Báo cáo, ô C7").click()
    expect(page.locator("td.here")).to_have_text("520")
    check_accessible(page)
    page.go_back()
    page.get_by_role("button", name="Lưu các giá trị đúng").click()
    expect(page.get_by_text("còn 1 lỗi chưa lưu")).to_be_visible()
    page.locator(f"a[href$='2024-H1/{unit}']").click()
    expect(page.locator("#target-NC1a")).to_contain_text("Đã thực hiện")
    check_accessible(page)
    page.get_by_role("link", name="Nộp báo cáo").click()
    check_accessible(page)
    page.get_by_role("button", name="Nộp báo cáo").click()
    expect(page.get_by_text("Đã nộp báo cáo.")).to_be_visible()
    assert [said for said in reader.complaints if "ERR_INTERNET_DISCONNECTED" not in said] == []
    assert reader.hosts == {"127.0.0.1"}
    context.close()
