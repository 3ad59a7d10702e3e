"""The entry form without scripts: what is typed is read, kept, given back, and never lost."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.deps import SESSION_COOKIE
from tests.api.journeys import NC, PHU_THO, TT, approved, ratio
from tests.conftest import As, Clock
from tests.web.visitor import Visitor, text_of

# What no database decides.
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
EDIT = f"{PHU_THO}/edit"
NC2 = {"NC2/numerator": "300", "NC2/denominator": "400"}


def officer(client: TestClient, as_: As, name: str | None = None, unit: str = "P63-25") -> Visitor:
    return Visitor(client, as_, "reporter", unit, name)


def save(visitor: Visitor, version: int | str = 0, do: str = "save", **typed: str) -> Any:
    return visitor.send(EDIT, version=str(version), do=do, **typed)


def stored(as_: As, path: str = PHU_THO) -> dict[str, Any]:
    found = as_("reporter", "P63-25").get(path).json()
    return {one["target"]: one for one in found["values"]}


def field(page: Any, name: str) -> str:
    """What stands in a field of the form."""
    found = re.search(rf'<input id="{name}" name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return unescape(found[1])


def version_of(page: Any) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found
    return found[1]


def card(page: Any, target: str) -> str:
    found = re.search(
        rf'<section class="entry panel" id="target-{target}".*?</section>', page.text, re.S
    )
    assert found
    return text_of(found[0])


def test_an_officer_types_numbers_as_they_are_written_at_home(client: TestClient, as_: As) -> None:
    """Rules 2 and 24: dots and spaces group, a comma is decimal, a blank is no value."""
    done = save(
        officer(client, as_),
        **{
            "NC2/numerator": "1.234",
            "NC2/denominator": "12 345",
            "NC3/percent": "61,5",
            "NC1a/done": "yes",
            "NC1a/evidence": "KH 12/KH-LĐLĐ",
            "NC1b/not_applicable": "Đơn vị không có đối tượng của chỉ tiêu này",
            "NCT1/done": "",
        },
    )
    assert done.headers["location"] == f"{EDIT}?done=saved"
    found = stored(as_)
    assert set(found) == {"NC2", "NC3", "NC1a", "NC1b"}
    assert (found["NC2"]["numerator"], found["NC2"]["denominator"]) == (1234, 12345)
    assert found["NC3"]["percent"] == 61.5
    assert found["NC1a"]["done"] is True
    page = officer(client, as_).get(EDIT)
    assert field(page, "NC2/numerator") == "1.234"
    assert field(page, "NC2/denominator") == "12.345"
    assert field(page, "NC3/percent") == "61,5%"
    assert "Đã nhập 4/6 chỉ tiêu" in text_of(page.text)
    # Sent again as it stands there, it says the same: no new revision.
    before = as_("reporter", "P63-25").get(PHU_THO).json()["revision"]
    again = {
        name: field(page, name) for name in ("NC2/numerator", "NC2/denominator", "NC3/percent")
    }
    more = {"NC1a/done": "yes", "NC1a/evidence": "KH 12/KH-LĐLĐ"}
    more["NC1b/not_applicable"] = field(page, "NC1b/not_applicable")
    assert save(officer(client, as_), 1, **again, **more).status_code == 303
    assert as_("reporter", "P63-25").get(PHU_THO).json()["revision"] == before


def test_every_fault_is_told_at_once_and_the_good_lines_are_kept(
    client: TestClient, as_: As
) -> None:
    typed = {
        "NC2/numerator": "12,5",
        "NC2/denominator": "400",
        "NC3/numerator": "520",
        "NC3/denominator": "500",
        "NC1a/done": "no",
        "NC1b/note": "đang tổng hợp số liệu",
    }
    answer = save(officer(client, as_), **typed)
    assert answer.status_code == 422
    said = text_of(answer.text)
    assert "Có 3 chỗ cần sửa" in said
    assert "NC2: “12,5” không phải số nguyên" in said
    assert "NC3: Tử số 520 lớn hơn mẫu số 500" in said
    assert 'href="#NC2/numerator"' in answer.text
    assert field(answer, "NC2/numerator") == "12,5"
    assert "đang tổng hợp số liệu" in answer.text
    assert set(stored(as_)) == {"NC1a"}
    # What was stored of a faulty line stays, until the line is whole again.
    assert version_of(answer) == "1"
    mended = save(officer(client, as_), 1, **{**typed, **NC2, "NC3/numerator": "480"})
    assert mended.status_code == 422
    assert set(stored(as_)) == {"NC1a", "NC2", "NC3"}
    worse = save(officer(client, as_), 2, **{**typed, **NC2, "NC2/numerator": "300/"})
    assert worse.status_code == 422
    assert stored(as_)["NC2"]["numerator"] == 300


@ON_SQLITE
def test_a_share_tells_its_percent_verdict_and_what_is_missing(client: TestClient, as_: As) -> None:
    """NC2 asks for 90 %: of 400 that is 360, so 300 lack 60."""
    visitor = officer(client, as_)
    piece = visitor.send(f"{EDIT}/check", card="NC2", **NC2)
    assert piece.status_code == 200
    assert text_of(piece.text) == "75,00 % ▼ Chưa đạt còn thiếu 60 người"
    more = visitor.send(f"{EDIT}/check", card="NC2", **{**NC2, "NC2/numerator": "360"})
    assert "90,00 % ▲ Đạt Đã đủ" in text_of(more.text)
    half = visitor.send(f"{EDIT}/check", card="NC2", **{"NC2/numerator": "360"})
    assert text_of(half.text) == "Nhập tiếp: mẫu số"
    two = visitor.send(f"{EDIT}/check", card="NC2", **{**NC2, "NC2/denominator": "1,234"})
    assert "đọc được hai cách: 1234 hoặc 1,234" in text_of(two.text)
    blank = visitor.send(f"{EDIT}/check", card="NC2")
    assert text_of(blank.text) == "Chưa có số liệu"
    # The button does the same for the whole form, and keeps nothing.
    whole = save(visitor, do="check", **NC2, **{"NC3/numerator": "1"})
    assert "75,00 %" in card(whole, "NC2")
    assert "còn thiếu 60 người" in card(whole, "NC2")
    assert "Chưa ghi mẫu số." in card(whole, "NC3")
    assert as_("reporter", "P63-25").get(PHU_THO).status_code == 404


def test_last_period_stands_beside_it_and_odd_steps_are_asked_about(
    client: TestClient, as_: As
) -> None:
    """75 % in the half year; 220 of the same 400 is 55 %, 20 points less."""
    approved(as_, "P63-25", [ratio("NC2", 300, 400)], f"{NC}/2024-H1")
    visitor = officer(client, as_)
    page = visitor.get(EDIT)
    assert "Kỳ trước (6 tháng đầu năm 2024): 300/400 = 75,00 %" in card(page, "NC2")
    piece = visitor.send(f"{EDIT}/check", card="NC2", **{**NC2, "NC2/numerator": "220"})
    said = text_of(piece.text)
    assert "Mẫu số giống hệt kỳ trước (400). Có đúng là không thay đổi?" in said
    assert "Kết quả lệch 20,00 điểm % so với kỳ trước (75,00 %)" in said
    calm = visitor.send(
        f"{EDIT}/check", card="NC2", **{"NC2/numerator": "330", "NC2/denominator": "410"}
    )
    assert "?" not in text_of(calm.text)


@ON_SQLITE
def test_a_step_is_measured_between_exact_figures(client: TestClient, as_: As) -> None:
    """1668/12500 is 13,344 % and 6667/20000 is 33,335 %: 19,991 points, though the shown 13,34 and
    33,34 are 20,00 apart; 6669/20000 is 33,345 %, 20,001 points away."""
    approved(as_, "P63-25", [ratio("NC2", 1668, 12500)], f"{NC}/2024-H1")
    visitor = officer(client, as_)

    def said(numerator: str) -> str:
        typed = {"NC2/numerator": numerator, "NC2/denominator": "20000"}
        return text_of(visitor.send(f"{EDIT}/check", card="NC2", **typed).text)

    assert "33,34 %" in said("6667")
    assert "Kết quả lệch" not in said("6667")
    assert "Kết quả lệch 20,00 điểm %" in said("6669")


def test_after_a_merger_last_period_is_told_for_the_new_unit(
    client: TestClient, as_: As, clock: Clock
) -> None:
    """Rule 20: 300/400 + 200/250 + 90/150 = 590/800 = 73,75 %, of the three of which Phú Thọ is
    made."""
    for unit, counts in (("P63-25", (300, 400)), ("P63-26", (200, 250)), ("P63-17", (90, 150))):
        approved(as_, unit, [ratio("TT3", *counts)], f"{TT}/2025-H1")
    clock.now = datetime(2025, 12, 10, 3, tzinfo=UTC)
    page = officer(client, as_, unit="P34-25").get(f"/reports/{TT}/2025/P34-25/edit")
    assert "Kỳ trước (6 tháng đầu năm 2025): 590/800 = 73,75 %" in card(page, "TT3")


@ON_SQLITE
def test_what_was_told_by_parts_is_typed_and_read_back(
    client: TestClient, as_: As, clock: Clock
) -> None:
    clock.now = datetime(2025, 12, 10, 3, tzinfo=UTC)
    path = f"/reports/{TT}/2025/P34-25"
    visitor = officer(client, as_, unit="P34-25")
    typed = {
        "TT5/numerator": "60",
        "TT5/denominator": "100",
        "TT5/breakdown/nha_nuoc/numerator": "40",
        "TT5/breakdown/nha_nuoc/denominator": "50",
        "TT5/breakdown/ngoai_nha_nuoc/numerator": "55",
        "TT5/breakdown/ngoai_nha_nuoc/denominator": "50",
    }
    refused = visitor.send(f"{path}/edit", version="0", **typed)
    assert refused.status_code == 422
    assert 'href="#TT5/breakdown/ngoai_nha_nuoc/numerator"' in refused.text
    typed["TT5/breakdown/ngoai_nha_nuoc/numerator"] = "20"
    assert visitor.send(f"{path}/edit", version="0", **typed).status_code == 303
    value = as_("reporter", "P34-25").get(path).json()["values"][0]
    assert value["breakdown"]["nha_nuoc"] == {"numerator": 40, "denominator": 50}
    page = visitor.get(f"{path}/edit")
    assert field(page, "TT5/breakdown/ngoai_nha_nuoc/numerator") == "20"


@ON_SQLITE
def test_what_is_filled_in_goes_on_to_be_handed_in(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    empty = save(visitor, do="submit")
    assert empty.status_code == 422
    assert "phải có ít nhất một giá trị" in text_of(empty.text)
    done = save(visitor, do="submit", **NC2)
    assert done.headers["location"] == f"{PHU_THO}/submit"
    asked = visitor.follow(done)
    assert "Chưa có số liệu: NC1a, NC1b, NC3, NCT1, NCT2" in text_of(asked.text)
    visitor.send(f"{PHU_THO}/submit", version=version_of(asked))
    shut = visitor.get(EDIT)
    assert "Báo cáo đang ở trạng thái “Chờ duyệt”" in text_of(shut.text)
    assert "rút báo cáo khi còn chờ duyệt" in text_of(shut.text)
    assert f'href="{PHU_THO}"' in shut.text


@ON_SQLITE
def test_what_the_centre_asked_for_stands_on_top_until_it_is_handed_in_again(
    client: TestClient, as_: As
) -> None:
    as_("reporter", "P63-25").put(PHU_THO, json={"values": [ratio("NC2", 3, 4)], "submit": True})
    words = {"comment": "Mẫu số thấp hơn danh bạ"}
    assert as_("reviewer").post(f"{PHU_THO}/return", json=words).status_code == 200
    visitor = officer(client, as_)
    page = visitor.get(EDIT)
    assert "Mẫu số thấp hơn danh bạ" in text_of(page.text)
    save(visitor, version_of(page), **NC2)
    assert "Mẫu số thấp hơn danh bạ" in text_of(visitor.get(EDIT).text)


def test_a_shut_door_is_told_in_words(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    closed = {"closed": True}
    assert as_("admin").patch(f"/periods/{NC}/2024", json=closed).status_code == 200
    assert "Kỳ 2024 đã khóa" in text_of(visitor.get(EDIT).text)
    typed = save(visitor, **NC2)
    assert typed.status_code == 409
    assert field(typed, "NC2/numerator") == "300"
    until = {"unit": "P63-25", "until": "2024-12-12", "reason": "mất điện"}
    as_("admin").post(f"/periods/{NC}/2024/exceptions", json=until)
    page = visitor.get(EDIT)
    assert "được gia hạn nhập đến hết ngày 12/12/2024" in text_of(page.text)
    ended = text_of(visitor.get(f"/reports/{TT}/2025/P63-25/edit").text)
    assert "đã kết thúc ngày 30/06/2025" in ended


@ON_SQLITE
def test_a_session_that_ended_gives_every_field_back(client: TestClient, as_: As) -> None:
    """Typed, sent too late, signed in beside it, sent again, and once more from a proven page."""
    visitor = officer(client, as_)
    visitor.send("/logout")
    typed = {**NC2, "NC2/note": "dòng một\r\ndòng hai <b>", "version": "0", "do": "save"}
    lost = visitor.send(EDIT, **typed)
    assert lost.status_code == 401
    assert "Chưa gửi được: phiên làm việc đã hết" in lost.text
    assert 'name="NC2/numerator" value="300"' in lost.text
    assert "dòng hai &lt;b&gt;" in lost.text
    assert 'href="/login" target="_blank"' in lost.text
    stale, visitor = visitor.csrf, officer(client, as_)
    ready = visitor.send(EDIT, **{**typed, "csrf": stale})
    assert ready.status_code == 403
    assert "Đã đăng nhập lại" in ready.text
    assert f'name="csrf" value="{visitor.csrf}"' in ready.text
    assert visitor.send(EDIT, **typed).status_code == 303
    assert stored(as_)["NC2"]["note"] == "dòng một\ndòng hai <b>"


@ON_SQLITE
def test_another_sites_form_is_not_given_back(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    sent = {"csrf": "0" * 64, "version": "0", **NC2}
    headers = {**visitor.headers, "origin": "https://elsewhere.example"}
    answer = client.post(EDIT, data=sent, headers=headers)
    assert answer.status_code == 403
    assert visitor.csrf not in answer.text
    assert "NC2/numerator" not in answer.text
    client.cookies.delete(SESSION_COOKIE)


def test_two_who_fill_in_one_report_choose_target_by_target(client: TestClient, as_: As) -> None:
    """Only mine changed NC3 (theirs only wrote 4000 as 4.000), only theirs NC1a, both NC2: that one
    has to be chosen."""
    mine, theirs = officer(client, as_), officer(client, as_, "đồng nghiệp")
    same = {"NC3/numerator": "4000", "NC3/denominator": "6000"}
    save(mine, **NC2, **same)
    new = {"NC2/numerator": "320", "NC1a/done": "yes", "NC3/numerator": "4.000"}
    save(theirs, 1, **{**NC2, **same, **new})
    typed = {**NC2, "NC2/numerator": "310", "NC3/numerator": "5", "NC3/denominator": "6"}
    answer = save(mine, 1, **typed)
    assert answer.status_code == 412
    said = text_of(answer.text)
    assert "đồng nghiệp đã lưu báo cáo lúc" in said
    assert "Cả hai bên đều sửa, hãy chọn" in said

    def chosen(target: str) -> list[str]:
        pattern = rf'name="choose/{target}" value="(\w+)" checked'
        return re.findall(pattern, answer.text)

    assert (chosen("NC3"), chosen("NC1a"), chosen("NC2")) == (["mine"], ["theirs"], [])
    assert stored(as_)["NC2"]["numerator"] == 320
    merge = {**typed, "base": "1", "choose/NC3": "mine", "choose/NC1a": "theirs"}
    undecided = save(mine, 2, "merge", **merge)
    assert undecided.status_code == 422
    assert "Chưa chọn: NC2" in text_of(undecided.text)
    done = save(mine, 2, "merge", **merge, **{"choose/NC2": "mine"})
    assert done.headers["location"] == f"{EDIT}?done=merged"
    found = stored(as_)
    assert (found["NC2"]["numerator"], found["NC3"]["numerator"]) == (310, 5)
    assert found["NC1a"]["done"] is True


def test_a_choice_that_was_overtaken_is_asked_again(client: TestClient, as_: As) -> None:
    mine, theirs = officer(client, as_), officer(client, as_, "đồng nghiệp")
    save(theirs, **NC2)
    save(theirs, 1, **{**NC2, "NC2/numerator": "320"})
    typed = {"NC2/numerator": "310", "NC2/denominator": "400", "base": "0", "choose/NC2": "mine"}
    assert save(mine, 1, "merge", **typed).status_code == 412
    as_("reporter", "P63-25").post(f"{PHU_THO}/submit")
    late = save(mine, 2, "merge", **typed)
    assert late.status_code == 412
    assert "Báo cáo nay ở trạng thái “Chờ duyệt”" in text_of(late.text)
    assert "310" in text_of(late.text)
    assert stored(as_)["NC2"]["numerator"] == 320


def test_a_script_keeps_drafts_and_hears_why_not(client: TestClient, as_: As) -> None:
    visitor = officer(client, as_)
    typed = {**NC2, "NC3/numerator": "9"}
    kept = visitor.send(f"{EDIT}/draft", version="0", **typed)
    assert kept.json() == {"version": 1, "at": "10:00", "left": ["NC3"]}
    assert visitor.send(f"{EDIT}/draft", version="0", **typed).status_code == 200
    other = visitor.send(f"{EDIT}/draft", version="0", **{**NC2, "NC2/numerator": "1"})
    assert other.status_code == 412
    as_("reporter", "P63-25").post(f"{PHU_THO}/submit")
    shut = visitor.send(f"{EDIT}/draft", version="2", **{**NC2, "NC2/numerator": "1"})
    assert shut.status_code == 409
    assert "Chờ duyệt" in shut.json()["message"]


@ON_SQLITE
def test_long_texts_are_kept_whole(client: TestClient, as_: As) -> None:
    """Four of ten thousand letters, each of which is nine bytes of a form: 360 kB."""
    visitor, words = officer(client, as_), "ạ" * 10_000
    long = {f"{code}/{name}": words for code in ("NC2", "NC3") for name in ("note", "evidence")}
    done = save(visitor, **NC2, **{"NC3/percent": "61,5"}, **long)
    assert done.headers["location"] == f"{EDIT}?done=saved"
    assert stored(as_)["NC3"]["evidence"] == words


@ON_SQLITE
def test_who_is_not_signed_in_is_asked_to_however_much_is_sent(client: TestClient) -> None:
    much = {"version": "0", "NC2/note": "ạ" * 200_000}
    answer = client.post(EDIT, data=much)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
