"""What a unit has to report and by when, and the centre's list of what has come in."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.session import Database
from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import As, Clock
from tests.web.people import person, sign_in
from tests.web.visitor import Visitor, text_of

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def cards_of(answer: Any) -> list[str]:
    """What is to be done, one text a report, in order."""
    return [text_of(one) for one in re.findall(r'<li class="panel.*?</li>', answer.text, re.DOTALL)]


def test_a_unit_sees_what_is_due_when_and_how_far_it_has_come(
    client: TestClient, as_: As, clock: Clock
) -> None:
    """Ten in the morning of 10 December 2024 in Ha Noi; due on the fifteenth: five days left."""
    draft = {"values": [ratio("NC2", 300, 400)]}
    assert as_("reporter", "P63-25").put(PHU_THO, json=draft).status_code == 201
    visitor = Visitor(client, as_, "reporter", "P63-25")
    page = visitor.get("/reports")
    year = next(one for one in cards_of(page) if "nữ công" in one and "Năm 2024" in one)
    assert "Còn 5 ngày hạn nộp 15/12/2024" in year
    assert "Đã nhập 1/6 chỉ tiêu" in year
    assert "Bản nháp" in year
    assert f'href="/{PHU_THO[1:]}/edit"' in page.text
    assert f'href="/{PHU_THO[1:]}/submit"' in page.text
    assert f'href="/upload?programme={NC}&amp;period=2024"' in page.text
    half = next(one for one in cards_of(page) if "nữ công" in one and "6 tháng" in one)
    assert "Quá hạn 178 ngày hạn nộp 15/06/2024" in half
    assert "Chưa nhập" in half
    # The first half of 2025 has not begun: it can wait.
    assert not [one for one in cards_of(page) if "2025" in one]
    clock.now = datetime(2024, 12, 15, 16, 59, tzinfo=UTC)
    visitor = Visitor(client, as_, "reporter", "P63-25")
    assert "Hạn chót hôm nay" in visitor.get("/reports").text
    clock.now = datetime(2024, 12, 15, 17, tzinfo=UTC)
    assert "Quá hạn 1 ngày" in visitor.get("/reports").text


@ON_SQLITE
def test_what_was_sent_back_comes_first_with_the_reviewer_s_words(
    client: TestClient, as_: As
) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    visitor = Visitor(client, as_, "reporter", "P63-25")
    waiting = visitor.get("/reports")
    assert not [one for one in cards_of(waiting) if "Năm 2024 Chỉ tiêu công tác" in one]
    assert "Đã nộp, đang chờ Tổng Liên đoàn duyệt" in waiting.text
    words = "Mẫu số chưa khớp với biểu 2."
    as_("reviewer").post(f"{PHU_THO}/return", json={"comment": words})
    first = cards_of(visitor.get("/reports"))[0]
    assert "Năm 2024 Chỉ tiêu công tác nữ công" in first
    assert words in first
    assert "Bị trả lại" in first
    assert "Sửa báo cáo" in first
    # A draft begun since does not make the words forgotten.
    draft = {"values": [ratio("NC2", 310, 400)]}
    as_("reporter", "P63-25").put(PHU_THO, json=draft, headers={"If-Match": "*"})
    assert words in cards_of(visitor.get("/reports"))[0]
    as_("reporter", "P63-25").post(f"{PHU_THO}/submit")
    as_("reviewer").post(f"{PHU_THO}/approve")
    done = visitor.get("/reports")
    assert words not in done.text
    past = done.text.partition("Các báo cáo trước")[2]
    assert f'href="/{PHU_THO[1:]}"' in past
    assert "Đã duyệt" in past


@ON_SQLITE
def test_a_successor_is_asked_for_its_predecessors_periods(
    client: TestClient, as_: As, clock: Clock
) -> None:
    """Phú Thọ was made on 1 July 2025 of Phú Thọ, Vĩnh Phúc and Hòa Bình (P63-25, -26, -17)."""
    clock.now = datetime(2025, 7, 10, 3, tzinfo=UTC)
    visitor = Visitor(client, as_, "reporter", "P34-25")
    page = visitor.get("/reports")
    asked = set(re.findall(r'href="/reports/[\w-]+/([\w-]+)/(P\d\d-\d\d)/edit"', page.text))
    assert ("2024", "P63-17") in asked
    assert ("2025-H1", "P63-26") in asked
    assert ("2025", "P34-25") in asked
    assert ("2025", "P63-25") not in asked
    assert ("2024", "P34-25") not in asked
    assert {unit for _, unit in asked} == {"P34-25", "P63-25", "P63-26", "P63-17"}
    assert "Hòa Bình (đơn vị tiền thân)" in text_of(page.text)


@ON_SQLITE
def test_a_closed_period_is_past_and_an_extension_opens_it(client: TestClient, as_: As) -> None:
    admin = as_("admin")
    assert admin.patch(f"/periods/{NC}/2024-H1", json={"closed": True}).status_code == 200
    visitor = Visitor(client, as_, "reporter", "P63-25")
    assert f"/reports/{NC}/2024-H1/P63-25/edit" not in visitor.get("/reports").text
    until = {"unit": "P63-25", "until": "2024-12-20T10:00:00Z", "reason": "mưa lũ"}
    assert admin.post(f"/periods/{NC}/2024-H1/exceptions", json=until).status_code == 201
    page = visitor.get("/reports")
    assert f"/reports/{NC}/2024-H1/P63-25/edit" in page.text
    assert "Đơn vị được gia hạn đến 17:00 20/12/2024" in page.text
    # What ends with the day is not told by the midnight after it.
    day = until | {"until": "2024-12-20T17:00:00Z"}
    assert admin.post(f"/periods/{NC}/2024-H1/exceptions", json=day).status_code == 201
    for path in ("", f"/{NC}/2024-H1/P63-25", f"/{NC}/2024-H1/P63-25/edit"):
        assert "đến hết ngày 20/12/2024." in visitor.get(f"/reports{path}").text


@ON_SQLITE
def test_a_report_that_waits_for_the_unit_s_approver_is_to_be_confirmed(
    client: TestClient, as_: As
) -> None:
    assert (
        as_("admin")
        .patch("/units/P63-25", json={"endorsement": True, "reason": "quy chế"})
        .status_code
        == 200
    )
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    visitor = Visitor(client, as_, "unit_approver", "P63-25")
    assert "Xem và xác nhận" in cards_of(visitor.get("/reports"))[0]
    visitor = Visitor(client, as_, "reporter", "P63-25")
    assert "Xem báo cáo" in cards_of(visitor.get("/reports"))[0]


def test_the_centre_filters_what_has_come_in(client: TestClient, as_: As) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    submit(as_, "P63-26", [ratio("NC2", 30, 40)])
    submit(as_, "P63-25", [{"target": "TT3", "percent": 60}], "CTTT-2023-2028/2024")
    as_("reporter", "P63-01").put(f"/reports/{NC}/2024/P63-01", json={"values": []})
    visitor = Visitor(client, as_, "viewer")

    def listed(query: str) -> set[str]:
        page = visitor.get(f"/reports?{query}")
        return set(re.findall(r'href="/reports/([\w/-]+)"', page.text))

    phu, vinh = f"{NC}/2024/P63-25", f"{NC}/2024/P63-26"
    other = "CTTT-2023-2028/2024/P63-25"
    assert listed("") == {phu, vinh, other}
    assert listed("status=approved") == {phu}
    assert listed("status=draft") == set()
    assert listed(f"programme={NC}&period=2024") == {phu, vinh}
    assert listed("unit=phu tho") == {phu, other}
    assert listed("unit=khong co") == set()
    assert visitor.get("/reports?programme=NC-1999").status_code == 404
    assert visitor.get("/reports?after=x").status_code == 400
    assert "/review/" not in visitor.get("/reports").text
    visitor = Visitor(client, as_, "reviewer")
    assert set(re.findall(r'href="/review/([\w/-]+)"', visitor.get("/reports").text)) == {
        vinh,
        other,
    }


@ON_SQLITE
def test_a_long_list_goes_on_on_the_next_page(
    client: TestClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.reports.LINES", 2)
    for unit in ("P63-25", "P63-26", "P63-17"):
        submit(as_, unit, [ratio("NC2", 3, 4)])
    visitor = Visitor(client, as_, "viewer")
    first = visitor.get(f"/reports?programme={NC}")
    following = re.search(r'href="(/reports\?[^"]*after=[^"]+)"', first.text)
    assert following
    second = visitor.get(following[1].replace("&amp;", "&"))
    assert re.findall(rf'href="/reports/({NC}/[\w/-]+)"', second.text) == [f"{NC}/2024/P63-17"]


@ON_SQLITE
def test_a_person_signed_in_with_a_password_sees_the_same(
    client: TestClient, database: Database
) -> None:
    person(database, "cán bộ báo cáo P63-25", "reporter P63-25")
    sign_in(client, "cán bộ báo cáo P63-25")
    assert "Cần làm" in client.get("/reports").text
    english = client.get("/reports?lang=en")
    assert "5 days left" in english.text
    assert "178 days overdue" in english.text
