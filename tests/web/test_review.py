"""The reviewer's pages: what waits, one report beside others, and what becomes of a decision."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import As, Clock
from tests.web.visitor import Visitor, text_of

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAGE = PHU_THO.replace("/reports", "/review")
TT = "CTTT-2023-2028"


def version_of(answer: Any) -> str:
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found, answer.text
    return found[1]


def line_of(answer: Any, target: str) -> str:
    """The line of a target with its notes, as it is read."""
    rest = answer.text.split(f'id="target-{target}"', 1)[1]
    return text_of(re.split(r'<tr [^>]*class="line|</tbody>', rest, maxsplit=1)[0])


def ticks_of(answer: Any) -> dict[str, str]:
    """What the boxes of the queue hold, in their order."""
    return dict(re.findall(r'name="(report/[^"]+)" value="(\d+)"', answer.text))


def status(as_: As, unit: str, place: str = f"{NC}/2024") -> str:
    return str(as_("reviewer").get(f"/reports/{place}/{unit}").json()["status"])


def test_the_queue_holds_what_waits_oldest_first(client: TestClient, as_: As, clock: Clock) -> None:
    """The reports of 2024 are due on 15/12/2024: what comes on the 20th is late."""
    reviewer = Visitor(client, as_, "reviewer")
    assert "Không còn báo cáo nào chờ duyệt" in reviewer.get("/review").text
    submit(as_, "P63-26", [ratio("NC2", 300, 400)])
    clock.now = datetime(2024, 12, 20, 3, tzinfo=UTC)
    submit(as_, "P63-25", [ratio("NC2", 300, 300)])
    draft = {"values": [ratio("NC2", 1, 2)]}
    assert as_("reporter", "P63-27").put(f"/reports/{NC}/2024/P63-27", json=draft).is_success
    reviewer = Visitor(client, as_, "reviewer")  # the session of ten days ago has ended
    page = reviewer.get("/review")
    assert [name.rpartition("/")[2] for name in ticks_of(page)] == ["P63-26", "P63-25"]
    assert "2 báo cáo đang chờ" in page.text
    assert text_of(page.text).count("nộp muộn") == 2  # the report's mark, and the filter's word
    # 300 of 300 is asked about; 300 of 400 is not.
    assert "1 điểm" in page.text
    late = reviewer.get("/review?late=1")
    assert [name.rpartition("/")[2] for name in ticks_of(late)] == ["P63-25"]
    assert f'href="{PAGE}?late=1"' in late.text
    assert ticks_of(reviewer.get(f"/review?programme={TT}")) == {}


def test_a_figure_stands_beside_the_period_before_on_one_basis(
    client: TestClient, as_: As, clock: Clock
) -> None:
    """Phú Thọ of 2025 was made of Phú Thọ, Vĩnh Phúc and Hoà Bình: of 100, 100 and 200 people 70,
    50 and 60 make 180 of 400, 45 %. Now 280 of 400 are 70 %: 25 points more."""
    for unit, counts in (("P63-25", (70, 100)), ("P63-26", (50, 100)), ("P63-17", (60, 200))):
        approved(as_, unit, [ratio("TT3", *counts)], f"{TT}/2024")
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    submit(as_, "P34-25", [ratio("TT3", 280, 400)], f"{TT}/2025")
    page = Visitor(client, as_, "reviewer").get(f"/review/{TT}/2025/P34-25")
    line = line_of(page, "TT3")
    assert "70,00 %" in line
    assert "45,00 % 180/400" in line
    assert "+25,00 điểm %" in line
    assert "Vì sao thay đổi nhiều như vậy?" in line
    assert "giống hệt" not in line.lower()


def test_the_nearest_units_are_named_with_their_own_figures(client: TestClient, as_: As) -> None:
    """NC2 asks for 90 %: 360 of 400 stand exactly there, and so do 90 of 100; 300 of 390 do not.
    Of the denominators 390 is nearer to 400 than 100."""
    submit(as_, "P63-26", [ratio("NC2", 90, 100)])
    submit(as_, "P63-27", [ratio("NC2", 300, 390)])
    submit(as_, "P63-25", [ratio("NC2", 360, 400)])
    line = line_of(Visitor(client, as_, "reviewer").get(PAGE), "NC2")
    assert "2 trong 3 đơn vị có số liệu cũng đứng đúng ở ngưỡng" in line
    assert line.index("300/390") < line.index("90/100")
    assert "bình quân" not in line


def test_after_a_decision_the_next_report_opens(client: TestClient, as_: As) -> None:
    for unit in ("P63-25", "P63-26", "P63-27"):
        submit(as_, unit, [ratio("NC2", 300, 400)])
    reviewer = Visitor(client, as_, "reviewer")
    page = reviewer.get(PAGE)
    assert "Báo cáo 1/3 đang chờ" in text_of(page.text)
    following = f"{NC}/2024/P63-26"
    done = reviewer.send(f"{PAGE}/approve", version=version_of(page), next=following)
    assert done.headers["location"].startswith(f"/review/{following}?done=approve")
    page = reviewer.follow(done)
    assert "Đã duyệt báo cáo của Phú Thọ" in page.text
    assert "Báo cáo 1/2 đang chờ" in text_of(page.text)
    where = f"/review/{following}"
    silent = reviewer.send(f"{where}/return", version=version_of(page))
    assert silent.status_code == 422
    assert 'id="comment-wrong"' in silent.text
    sent = {"version": version_of(page), "comment": "Xem lại mẫu số NC2."}
    back = reviewer.follow(reviewer.send(f"{where}/return", **sent))
    assert "Đã trả lại báo cáo cho" in back.text
    assert [status(as_, unit) for unit in ("P63-25", "P63-26", "P63-27")] == [
        "approved",
        "returned",
        "submitted",
    ]
    again = reviewer.get(PAGE)
    sent = {"version": version_of(again), "comment": "Thiếu một đơn vị."}
    reviewer.follow(reviewer.send(f"{PAGE}/reopen", **sent))
    assert status(as_, "P63-25") == "reopened"
    assert "Báo cáo đang ở đơn vị" in reviewer.get(PAGE).text


def test_what_changed_meanwhile_is_told_and_nothing_is_decided(client: TestClient, as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    reviewer = Visitor(client, as_, "reviewer")
    version = version_of(reviewer.get(PAGE))
    as_("reporter", "P63-25").post(f"{PHU_THO}/withdraw")
    again = {"values": [ratio("NC2", 380, 400)], "submit": True}
    unit = as_("reporter", "P63-25")
    assert unit.put(PHU_THO, json=again, headers={"If-Match": "*"}).is_success
    late = reviewer.send(f"{PAGE}/approve", version=version, comment="Số liệu khớp")
    assert late.status_code == 412
    assert "báo cáo đã thay đổi" in late.text
    assert "380/400" in line_of(late, "NC2")
    assert "Bản trước: 300/400 người" in line_of(late, "NC2")
    assert "Số liệu khớp" in late.text
    assert status(as_, "P63-25") == "submitted"
    assert reviewer.send(f"{PAGE}/approve", version=version_of(late)).status_code == 303
    for forged in ("", "x", "0"):
        assert reviewer.send(f"{PAGE}/reopen", version=forged, comment="a").status_code == 412
    assert reviewer.send(f"{PAGE}/return", version="3", comment="a").status_code in (409, 412)


def test_many_are_decided_on_at_once_and_each_is_accounted_for(client: TestClient, as_: As) -> None:
    units = ("P63-25", "P63-26", "P63-27")
    for unit in units:
        submit(as_, unit, [ratio("NC2", 300, 400)])
    reviewer = Visitor(client, as_, "reviewer")
    ticks = ticks_of(reviewer.get("/review"))
    assert len(ticks) == 3
    as_("reviewer", None, "người duyệt khác").post(f"/reports/{NC}/2024/P63-26/approve")
    nothing = reviewer.send("/review/decide", deed="approve")
    assert nothing.status_code == 422
    assert "Chưa chọn báo cáo nào" in nothing.text
    silent = reviewer.send("/review/decide", deed="return", **ticks)
    assert silent.status_code == 422
    assert silent.text.count(" checked") == 2  # those that still wait stay ticked
    first = dict(list(ticks.items())[:2])
    done = reviewer.send("/review/decide", deed="approve", **first)
    assert done.status_code == 200
    assert "Đã xử lý 1 báo cáo" in done.text
    assert "1 báo cáo đã thay đổi trong lúc anh/chị xem" in done.text
    assert f"{NC} · Năm 2024" in done.text
    last = dict(list(ticks.items())[2:])
    sent = reviewer.send("/review/decide", deed="return", comment="Thiếu căn cứ", **last)
    assert "Đã xử lý 1 báo cáo" in sent.text
    assert [status(as_, unit) for unit in units] == ["approved", "approved", "returned"]
    said = as_("reporter", "P63-27").get(f"/reports/{NC}/2024/P63-27/comments").json()["items"]
    assert [one["text"] for one in said] == ["Thiếu căn cứ"]


def test_nobody_approves_what_is_their_own(client: TestClient, as_: As) -> None:
    """The reviewer brings in the centre's workbook as its sender; another reviewer approves."""
    body = {"programme": NC, "period": "2024", "unit": "P63-25", "submit": True}
    sent = {"reports": [{**body, "values": [ratio("NC2", 300, 400)]}]}
    assert as_("reviewer").post("/reports/bulk", json=sent).status_code == 201
    own = Visitor(client, as_, "reviewer")
    assert "không được tự duyệt" in own.get("/review").text
    page = own.get(PAGE)
    assert "không được tự duyệt" in page.text
    assert 'id="approve"' not in page.text
    done = own.send("/review/decide", deed="approve", **ticks_of(own.get("/review")))
    assert "1 báo cáo không được xử lý" in done.text
    assert "Người soạn hoặc gửi bản này không được phê duyệt nó" in done.text
    assert status(as_, "P63-25") == "submitted"
    other = Visitor(client, as_, "reviewer", None, "người duyệt khác")
    assert 'id="approve"' in other.get(PAGE).text


@ON_SQLITE
def test_a_comment_on_one_figure_stays_on_the_page(client: TestClient, as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    reviewer = Visitor(client, as_, "reviewer")
    said = {"target": "NC2", "text": "Đã gồm đơn vị mới?", "once": "a1"}
    page = reviewer.follow(reviewer.send(f"{PAGE}/comments", **said))
    reviewer.send(f"{PAGE}/comments", **said)
    assert "Đã gửi ý kiến" in page.text
    assert text_of(reviewer.get(PAGE).text).count("Đã gồm đơn vị mới?") == 1
    empty = reviewer.send(f"{PAGE}/comments", target="NC2", text=" ")
    assert empty.status_code == 422
    assert 'id="text-wrong"' in empty.text


@ON_SQLITE
def test_who_may_not_decide_is_told_so_whatever_is_sent(client: TestClient, as_: As) -> None:
    """A refusal of the person wins over one of the form."""
    for role, unit, status_ in (("reporter", "P63-25", 403), ("reviewer", None, 422)):
        answer = Visitor(client, as_, role, unit).send("/review/decide", deed="else")
        assert answer.status_code == status_
