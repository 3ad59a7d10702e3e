"""One report's page: what it says and where from, what was done, and what may be done now."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import As
from tests.sheets.books import XLSX, long_form, wide_form
from tests.web.visitor import Visitor, text_of

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAGE = PHU_THO
PDF = b"%PDF-1.4\n%%EOF\n"


def line_of(answer: Any, target: str) -> str:
    """The line of a target with its notes, as it is read."""
    assert answer.status_code in (200, 422), answer.text
    found = re.search(
        rf'<tr role="row" class="line[^"]*" id="target-{target}">.*?(?=<tr [^>]*"line|</tbody>)',
        answer.text,
        re.DOTALL,
    )
    assert found, target
    return text_of(found[0])


def version_of(answer: Any) -> str:
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found
    return found[1]


def test_a_draft_is_judged_as_the_rules_will_judge_it(client: TestClient, as_: As) -> None:
    """NC2 asks for at least 90 %: of 400 women 360, so 300 leave 60 to be found."""
    values = [
        ratio("NC2", 300, 400) | {"note": "Chưa kể đơn vị mới", "estimated": True},
        {"target": "NC3", "percent": "61,5"},
        {"target": "NC1a", "done": True, "evidence": "KH 12/KH-LĐLĐ"},
        {"target": "NC1b", "not_applicable": "không có cán bộ nữ công"},
    ]
    assert as_("reporter", "P63-25").put(PHU_THO, json={"values": values}).status_code == 201
    page = Visitor(client, as_, "reporter", "P63-25").get(PAGE)
    counted = line_of(page, "NC2")
    assert "75,00 %" in counted
    assert "300/400 người" in counted
    assert "Chưa đạt" in counted
    assert "60 người" in counted
    assert "Số ước" in counted
    assert "Ghi chú: Chưa kể đơn vị mới" in counted
    percent = line_of(page, "NC3")
    assert "61,50 %" in percent
    assert "Đạt" in percent
    assert "không cộng vào số toàn quốc" in percent
    assert "Căn cứ: KH 12/KH-LĐLĐ" in line_of(page, "NC1a")
    assert "Không áp dụng: không có cán bộ nữ công" in line_of(page, "NC1b")
    # One of its two parts is done and the other does not apply: done.
    assert "Đã thực hiện" in line_of(page, "NC1")
    assert "Chưa có số liệu: NCT1, NCT2" in text_of(page.text)
    assert "/explain" not in page.text
    assert f'href="{PAGE}/edit"' in page.text


def test_the_unit_submits_what_it_saw_and_keeps_a_receipt(client: TestClient, as_: As) -> None:
    officer = as_("reporter", "P63-25")
    officer.put(PHU_THO, json={"values": [ratio("NC2", 300, 400)]})
    visitor = Visitor(client, as_, "reporter", "P63-25")
    asked = visitor.get(f"{PAGE}/submit")
    assert "Nộp báo cáo này?" in asked.text
    assert "Chưa có số liệu: NC1a, NC1b, NC3, NCT1, NCT2" in text_of(asked.text)
    assert officer.get(PHU_THO).json()["status"] == "draft"
    done = visitor.send(f"{PAGE}/submit", version=version_of(asked), comment="Số chốt 30/11")
    assert done.headers["location"] == f"{PAGE}?done=submit"
    page = visitor.follow(done)
    receipt = officer.get(PHU_THO).json()["receipt"]
    assert receipt["hash"] in page.text
    assert "Số chốt 30/11" in page.text
    assert f'href="/api/v1{PAGE}/receipt"' in page.text
    assert visitor.get(f"/api/v1{PAGE}/receipt").json()["content_sha256"] == receipt["hash"]
    assert f'href="{PAGE}/edit"' not in page.text
    taken_back = visitor.send(
        f"{PAGE}/withdraw", version=version_of(visitor.get(f"{PAGE}/withdraw"))
    )
    assert taken_back.status_code == 303
    assert officer.get(PHU_THO).json()["status"] == "withdrawn"


def test_what_came_in_between_is_told_before_anything_is_done(client: TestClient, as_: As) -> None:
    officer = as_("reporter", "P63-25")
    officer.put(PHU_THO, json={"values": [ratio("NC2", 300, 400)]})
    visitor = Visitor(client, as_, "reporter", "P63-25")
    version = version_of(visitor.get(f"{PAGE}/submit"))
    colleague = as_("unit_approver", "P63-25", "đồng nghiệp P63-25")
    changed = {"values": [ratio("NC2", 310, 400)]}
    assert colleague.put(PHU_THO, json=changed, headers={"If-Match": "*"}).status_code == 200
    late = visitor.send(f"{PAGE}/submit", version=version, comment="Số chốt")
    assert late.status_code == 412
    assert "Trong lúc anh/chị xem, báo cáo đã thay đổi" in late.text
    assert "đồng nghiệp P63-25" in text_of(late.text)
    assert "Số chốt" in late.text
    assert officer.get(PHU_THO).json()["status"] == "draft"
    assert visitor.send(f"{PAGE}/submit", version=version_of(late)).status_code == 303
    assert officer.get(PHU_THO).json()["values"][0]["numerator"] == 310
    # And what cannot be done any more is said.
    twice = visitor.send(f"{PAGE}/submit", version=version_of(visitor.get(f"{PAGE}/withdraw")))
    assert twice.status_code == 409
    assert "Báo cáo đang ở trạng thái “Chờ duyệt”, không thể “gửi”" in twice.text
    for forged in ("", "x", "-1"):
        assert visitor.send(f"{PAGE}/withdraw", version=forged).status_code == 412


@ON_SQLITE
def test_a_report_not_begun_is_told_to_its_unit_and_the_centre_and_to_nobody_else(
    client: TestClient, as_: As
) -> None:
    """Phú Thọ is asked for six values; the Phú Thọ that was made in 2025 for none in 2024."""
    officer, viewer = Visitor(client, as_, "reporter", "P63-25"), Visitor(client, as_, "viewer")
    own = officer.get(PAGE)
    assert own.status_code == 200
    assert "Chưa nhập" in own.text
    assert "có 6 chỉ tiêu phải báo cáo" in own.text
    assert f'href="{PAGE}/edit"' in own.text
    seen = viewer.get(PAGE)
    assert seen.status_code == 200
    assert f"{PAGE}/edit" not in seen.text
    assert Visitor(client, as_, "reporter", "P63-26").get(PAGE).status_code == 404
    assert as_("reporter", "P63-25").get(PHU_THO).status_code == 404
    assert viewer.get(PAGE.replace("P63-25", "P34-25")).status_code == 404
    assert officer.get(f"{PAGE}?revision=1").status_code == 404
    # A draft is its unit's alone: the centre reads what it read before.
    as_("reporter", "P63-25").put(PHU_THO, json={"values": [ratio("NC2", 300, 400)]})
    assert viewer.get(PAGE).text == seen.text
    assert "Bản nháp" in officer.get(PAGE).text


@ON_SQLITE
def test_the_unit_s_approver_endorses(client: TestClient, as_: As) -> None:
    setting = {"endorsement": True, "reason": "Quy chế của đơn vị"}
    as_("admin").patch("/units/P63-25", json=setting)
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    officer = Visitor(client, as_, "reporter", "P63-25")
    assert f"{PAGE}/endorse" not in officer.get(PAGE).text
    assert "chưa nhận được báo cáo này" in Visitor(client, as_, "viewer").get(PAGE).text
    approver = Visitor(client, as_, "unit_approver", "P63-25")
    assert f'href="{PAGE}/endorse"' in approver.get(PAGE).text
    done = approver.send(f"{PAGE}/endorse", version=version_of(approver.get(f"{PAGE}/endorse")))
    assert "Lãnh đạo đơn vị đã xác nhận" in approver.follow(done).text
    seen = Visitor(client, as_, "reviewer").get(PAGE)
    assert f'href="/review{PAGE.removeprefix("/reports")}"' in seen.text


def test_an_older_revision_is_shown_with_what_changed_since_the_one_before(
    client: TestClient, as_: As
) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400), ratio("NC3", 5, 10)])
    reviewer = as_("reviewer")
    reviewer.post(f"{PHU_THO}/reopen", json={"comment": "Kiểm tra lại NC2."})
    officer = as_("reporter", "P63-25")
    again = {"values": [ratio("NC2", 380, 400), {"target": "NC1a", "done": True}]}
    officer.put(PHU_THO, json=again, headers={"If-Match": "*"})
    unit = Visitor(client, as_, "reporter", "P63-25")
    latest = unit.get(PAGE)
    changes = re.findall(r'<ul class="changes">(.*?)</ul>', latest.text, re.DOTALL)[0]
    assert re.findall(r"#target-(\w+)", changes) == ["NC1a", "NC2", "NC3"]
    assert "Bản trước: 300/400 người" in line_of(latest, "NC2")
    assert "380/400 người" in line_of(latest, "NC2")
    # What counts is explained; the draft beside it is not.
    assert "/explain?" not in latest.text
    first = unit.get(f"{PAGE}?revision=1")
    assert "300/400 người" in line_of(first, "NC2")
    assert "không phải bản mới nhất" in first.text
    assert f"/explain?programme={NC}&amp;target=NC2" in first.text
    assert unit.get(f"{PAGE}?revision=3").status_code == 404
    # The centre still has what it reopened, and cannot ask for the draft.
    centre = Visitor(client, as_, "viewer")
    assert "300/400 người" in line_of(centre.get(PAGE), "NC2")
    assert "380/400" not in text_of(centre.get(PAGE).text)
    assert centre.get(f"{PAGE}?revision=2").status_code == 404


@ON_SQLITE
def test_a_value_leads_to_the_cell_of_the_workbook_it_came_from(
    client: TestClient, as_: As
) -> None:
    lines = [("P63-25", "NC2", {"numerator": 300, "denominator": 400})]
    file = {"file": ("bao-cao.xlsx", long_form(lines), XLSX)}
    sent = as_("reporter", "P63-25").post("/imports?submit=true", files=file)
    assert sent.status_code == 201, sent.text
    unit = Visitor(client, as_, "unit_approver", "P63-25")
    page = unit.get(PAGE)
    assert "Trang Báo cáo, ô C7 tệp bao-cao.xlsx" in line_of(page, "NC2")
    link = re.search(r'href="(/imports/[^"]+/cell[^"]+)"', page.text)
    assert link
    cell = unit.get(link[1].replace("&amp;", "&"))
    here = re.search(r'<td class="here"[^>]*>(.*?)</td>', cell.text)
    assert here
    assert here[1] == "300"
    assert "Numerator" in cell.text
    assert "P63-25" in cell.text
    # The file is the unit's; the centre looks at what the report tells of it.
    centre = Visitor(client, as_, "reviewer").get(PAGE)
    assert "Trang Báo cáo, ô C7 tệp bao-cao.xlsx" in line_of(centre, "NC2")
    assert "/imports/" not in centre.text
    assert f'href="{PAGE}/cell?target=NC2&amp;revision=1#here"' in centre.text


@ON_SQLITE
def test_the_board_sees_of_a_workbook_only_what_the_report_tells(
    client: TestClient, as_: As
) -> None:
    rows = {
        "P63-25": {"NC2.numerator": 300, "NC2.denominator": 400},
        "P63-01": {"NC2.numerator": 811, "NC2.denominator": 977},
    }
    file = {"file": ("tong-hop.xlsx", wide_form(rows), XLSX)}
    sent = as_("reviewer").post("/imports?submit=true", files=file)
    assert sent.status_code == 201, sent.text
    cell = f"{PAGE}/cell?target=NC2"
    seen = Visitor(client, as_, "viewer").get(cell)
    table = seen.text.partition('<table class="sheet"')[2].partition("</table>")[0]
    texts = re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", table)
    # letters of the columns; the title and the headings; row 7 with both counts
    assert texts == [
        *("", "A", "B", "C"),
        *("1", "", "", "BÁO CÁO"),
        *("5", "unit", "NC2.numerator", "NC2.denominator"),
        *("7", "P63-25", "300", "400"),
    ]
    assert '<td class="here" id="here" aria-current="true">300</td>' in table
    assert "tong-hop.xlsx" in seen.text
    other = Visitor(client, as_, "reporter", "P63-01")
    assert other.get(cell).status_code == 404
    assert other.get(cell.replace("P63-25", "P63-01")).status_code == 200
    assert Visitor(client, as_, "viewer").get(f"{cell}&revision=2").status_code == 404
    assert Visitor(client, as_, "viewer").get(f"{PAGE}/cell?target=NC3").status_code == 404


def test_what_is_said_reaches_whom_it_is_for(client: TestClient, as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    unit, reviewer = (
        Visitor(client, as_, "reporter", "P63-25"),
        Visitor(client, as_, "reviewer"),
    )
    said = {"target": "NC2", "text": "Đã gồm cả đơn vị mới?", "once": "a1"}
    sent = reviewer.send(f"{PAGE}/comments", **said)
    assert "Đã gửi ý kiến" in reviewer.follow(sent).text
    assert reviewer.send(f"{PAGE}/comments", **said).status_code == 303
    own = {"text": "Hỏi lại phòng <thống kê>", "internal": "1"}
    assert unit.send(f"{PAGE}/comments", **own).status_code == 303
    seen = unit.get(PAGE)
    assert text_of(seen.text).count("Đã gồm cả đơn vị mới?") == 1
    assert "1 ý kiến về chỉ tiêu này" in line_of(seen, "NC2")
    assert "Hỏi lại phòng &lt;thống kê&gt;" in seen.text
    assert "thống kê" not in reviewer.get(PAGE).text
    empty = unit.send(f"{PAGE}/comments", text="   ", target="NC3")
    assert empty.status_code == 422
    assert '<option value="NC3" selected>' in empty.text
    assert 'id="text-wrong"' in empty.text
    assert unit.send(f"{PAGE}/comments", text="a\x00b").status_code == 422
    assert Visitor(client, as_, "viewer").send(f"{PAGE}/comments", text="a").status_code == 403


def test_evidence_is_added_read_and_withdrawn(client: TestClient, as_: As) -> None:
    as_("reporter", "P63-25").put(PHU_THO, json={"values": [ratio("NC2", 300, 400)]})
    unit = Visitor(client, as_, "reporter", "P63-25")
    assert "không có macro; tối đa 10 MB." in unit.get(PAGE).text
    sent = unit.upload(f"{PAGE}/attachments", "Kế hoạch.pdf", PDF, target="NC2", once="f1")
    page = unit.follow(sent)
    assert "Kế hoạch.pdf" in page.text
    again = unit.upload(f"{PAGE}/attachments", "Kế hoạch.pdf", PDF, target="NC2", once="f1")
    assert unit.follow(again).text.count("Kế hoạch.pdf</a>") == 1
    address = re.search(rf'href="(/api/v1{PAGE}/attachments/\w+)"', page.text)
    assert address
    assert unit.get(address[1]).content == PDF
    wrong = unit.upload(f"{PAGE}/attachments", "a.exe", b"MZ\x90\x00", target="NC3")
    assert wrong.status_code == 422
    assert "chỉ nhận PDF, ảnh" in wrong.text
    assert 'value="NC3" selected' in wrong.text
    assert "Hãy chọn một tệp" in unit.upload(f"{PAGE}/attachments", "a.pdf", b"").text
    withdraw = re.search(rf'action="({PAGE}/attachments/\w+/withdraw)"', page.text)
    assert withdraw
    assert "Kế hoạch.pdf" not in unit.follow(unit.send(withdraw[1])).text
    viewer = Visitor(client, as_, "viewer")
    assert viewer.upload(f"{PAGE}/attachments", "a.pdf", PDF).status_code == 403


@ON_SQLITE
def test_another_unit_s_report_is_not_there(client: TestClient, as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    other = Visitor(client, as_, "reporter", "P63-26")
    for path in (PAGE, f"{PAGE}/submit", f"{PAGE}/withdraw"):
        assert other.get(path).status_code == 404
    assert other.send(f"{PAGE}/withdraw", version="1").status_code == 404
    assert other.upload(f"{PAGE}/attachments", "a.pdf", PDF).status_code == 404
    nobody = client.get(PAGE)
    assert nobody.headers["location"] == f"/login?next={PAGE.replace('/', '%2F')}"


def test_another_comment_from_the_same_page_is_no_repetition(client: TestClient, as_: As) -> None:
    """Sent twice it is taken once; gone back to and written anew it is another."""
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    sides = (
        (Visitor(client, as_, "reporter", "P63-25"), PHU_THO),
        (
            Visitor(client, as_, "reviewer"),
            PHU_THO.replace("/reports", "/review"),
        ),
    )
    for visitor, place in sides:
        for words in ("một", "một", "hai"):
            sent = visitor.send(f"{place}/comments", text=f"{words} {place}", once="a1")
            assert sent.status_code == 303, sent.text
    said = [one["text"] for one in as_("viewer").get(f"{PHU_THO}/comments").json()["items"]]
    assert said == [f"{words} {place}" for _, place in sides for words in ("một", "hai")]
