"""The board's overview: the state in a sentence, what needs doing, and how one looks at it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.periods import VIETNAM
from app.render.board import tiles
from tests.api.journeys import MANY, NC, TT, approved, figure, ratio, submit
from tests.conftest import As, Clock, TokenFactory

HOME = f"/?programme={NC}&period=2024"
Show = Callable[..., Any]


@pytest.fixture
def show(client: TestClient, token: TokenFactory) -> Show:
    """show(path, role, unit) is what a person of that role is answered."""

    def get(path: str, role: str = "viewer", unit: str | None = None) -> Any:
        client.cookies.clear()
        client.post("/login", data={"token": token(role, unit)})
        answer = client.get(path)
        client.cookies.clear()
        return answer

    return get


def words(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.text))).replace("\u00a0", " ")


def lead(answer: Any) -> str:
    found = re.search(r'id="lead">(.*?)</p>', answer.text)
    assert found, answer.text
    return unescape(found[1])


def cards(answer: Any) -> list[tuple[str, int, int]]:
    """Name, count and of how many."""
    found = re.findall(
        r'<h3>(?:<span class="sign".*?</span>)?\s*(.*?)</h3>\s*<p class="much"><strong>'
        r"(\d+)</strong> / (\d+)",
        answer.text,
    )
    return [(unescape(name), int(number), int(total)) for name, number, total in found]


def order(answer: Any) -> list[str]:
    """The units of the heat table, as it has them."""
    table = answer.text.partition('<table class="heat"')[2]
    return re.findall(r'<div><a href="/units/([^?"]+)', table)


def test_the_state_is_said_in_one_plain_sentence(as_: As, show: Show) -> None:
    approved(as_, "P63-01", [ratio("NC2", 17_999, 20_000), {"target": "NC1a", "done": True}])
    # NC1: one of its two parts done by one of 74 units; 81 of 82 are silent on NC2, all on NC3;
    # NCT1 and NCT2 ask for words
    page = show(HOME)
    assert lead(page) == (
        "0 trong 5 chỉ tiêu đạt; 1 chưa đạt; 1 chưa kết luận được vì còn 81 đơn vị chưa có số liệu;"
        " 1 chưa có số liệu; 2 không có ngưỡng. 1/82 đơn vị đã nộp báo cáo, 1 đúng hạn."
    )
    # the cards count the same: 0 + 1 + 0 + 1, and say which three of the five they do not
    assert [card[:3] for card in cards(page)[:4]] == [
        ("Chỉ tiêu đạt", 0, 5),
        ("Chỉ tiêu chưa đạt", 1, 5),
        ("Đang thực hiện", 0, 5),
        ("Chưa kết luận được", 1, 5),
    ]
    assert (
        "3 chỉ tiêu không tính vào ô nào: NC3 (chưa có số liệu); NCT1, NCT2 (không có ngưỡng). "
        "Thành phần của chỉ tiêu không đếm riêng."
    ) in words(page)
    english = show(f"{HOME}&lang=en")
    assert lead(english).startswith("0 of 5 targets are met; 1 is not met; 1 cannot")
    # 1 of 74 provinces did one of the two parts
    assert "1/74 units" in words(english)


def test_who_must_act_stands_first_after_the_due_day(as_: As, show: Show, clock: Clock) -> None:
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    submit(as_, "P63-02", [ratio("NC2", 1, 2)])
    as_("reviewer").post(f"/reports/{NC}/2024/P63-02/return", json={"comment": "thiếu"})
    # 82 expected: one waits for approval, one was returned, 80 are silent; due on 15/12
    before = words(show(HOME))
    assert "80 đơn vị chưa nộp báo cáo, còn 5 ngày đến hạn" in before
    clock.now += timedelta(days=8)
    after = words(show(HOME))
    assert "80 đơn vị chưa nộp báo cáo, quá hạn 3 ngày" in after
    assert "1 báo cáo bị trả lại" in after
    assert "1 báo cáo chờ duyệt" in after
    reminded = re.findall(r'<li><a href="/units/(P63-..)', show(HOME).text)
    assert len(reminded) == 8
    assert "P63-01" not in reminded


def test_a_unit_s_people_are_not_told_who_else_is_late(as_: As, show: Show, clock: Clock) -> None:
    submit(as_, "P63-02", [ratio("NC2", 1, 2)])
    as_("reviewer").post(f"/reports/{NC}/2024/P63-02/return", json={"comment": "thiếu"})
    clock.now += timedelta(days=8)
    mine = show(HOME, "reporter", "P63-01")
    assert re.findall(r'<li><a href="/units/(P63-..)', mine.text) == ["P63-01"]
    assert "bị trả lại" not in words(mine)
    assert "82 đơn vị chưa nộp báo cáo, quá hạn 3 ngày" in words(mine)


def test_the_map_counts_targets_met_and_never_a_mean(as_: As, show: Show) -> None:
    done = [{"target": "NC1a", "done": True}, {"target": "NC1b", "done": True}]
    approved(as_, "P63-01", [*done, ratio("NC2", 19, 20), ratio("NC3", 1, 20)])
    approved(as_, "P63-02", [ratio("NC3", 1, 20)])
    page = words(show(HOME))
    assert "(63 đơn vị): số chỉ tiêu đạt trên số chỉ tiêu phải xét" in page
    assert "trung bình" not in page
    assert "bình quân" not in page
    found = as_("viewer").get(f"/dashboards/overview?programme={NC}&period=2024").json()
    seen = {one.unit: one for one in tiles(found, "vi")}
    assert len(seen) == 63
    # met: NC1, and NC2 with 95 of 90 asked; not met: NC3 with 5 of 55; parts do not count again,
    # and what only asks for words is not judged
    assert (seen["P63-01"].text, seen["P63-01"].word) == ("2/3", "Đạt 2 trong 3 chỉ tiêu")
    # NC1 and NC2 are asked of it as well
    assert (seen["P63-02"].text, seen["P63-02"].verdict) == ("0/3", "not_met")
    # nothing is not 0
    assert (seen["P63-04"].text, seen["P63-04"].word) == ("", "Chưa có số liệu")


def test_a_province_with_something_under_way_has_not_missed_everything() -> None:
    def verdict(*verdicts: str) -> str:
        national = {"comparator": "at_least"}
        asked = [
            {"target": f"T{i}", "group": 1, "parent": None, "national": national, "verdicts": [one]}
            for i, one in enumerate(verdicts)
        ]
        units = [{"unit": "P63-01", "kind": "province_federation"}]
        found: Any = {"targets": asked, "units": units}
        (tile,) = tiles(found, "vi")
        return tile.verdict

    assert verdict("not_met", "in_progress") == "in_progress"
    assert verdict("not_met", "off_track", "no_data") == "not_met"
    assert verdict("not_met", "met") == "in_progress"


def test_every_cell_leads_to_why_every_unit_and_target_to_its_page(as_: As, show: Show) -> None:
    approved(as_, "P63-01", [ratio("NC2", 17_999, 20_000)])
    page = unescape(show(HOME).text)
    why = f"/explain?programme={NC}&period=2024&target=NC2&unit=P63-01"
    assert f'<a class="why" href="{why}" aria-label="89,995, Chưa đạt">▼\u00a089,995</a>' in page
    assert f'href="/explain?programme={NC}&target=NC2&period=2024&unit=VGCL"' in page
    assert f'href="/units/P63-01?programme={NC}&period=2024"' in page
    assert f'href="/targets/{NC}/NC2?period=2024"' in page


def test_the_filters_stand_in_the_address_and_leave_national_results_alone(
    as_: As, show: Show
) -> None:
    approved(as_, "P63-01", [ratio("NC2", 1, 2)])
    page = show(f"{HOME}&group=2&kind=sector_union")
    assert order(page)
    assert all(code.startswith("S-") for code in order(page))
    said = words(page)
    assert "NC2" in said
    assert "50,00 %" in said
    assert "Triển khai nghị quyết" not in said.partition("Căn cứ")[0].partition("Kết quả toàn")[2]
    assert '<option value="2" selected>' in page.text
    assert '<option value="sector_union" selected>' in page.text


@pytest.mark.parametrize("stale", ["group=9", "group=x", "target=TT1", "sort=TT1", "kind=nobody"])
def test_what_another_programme_had_is_left_out_of_the_address(show: Show, stale: str) -> None:
    answer = show(f"{HOME}&{stale}")
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)


def test_units_are_ordered_by_vietnamese_letters_or_by_a_column(as_: As, show: Show) -> None:
    for unit, numerator in (("P63-01", 50), ("P63-02", 90), ("P63-04", 70)):
        approved(as_, unit, [ratio("NC2", numerator, 100)])
    assert order(show(f"{HOME}&sort=NC2"))[:3] == ["P63-02", "P63-04", "P63-01"]
    assert order(show(f"{HOME}&sort=-NC2"))[:3] == ["P63-01", "P63-04", "P63-02"]
    assert 'aria-sort="descending"' in show(f"{HOME}&sort=NC2").text
    by_name = show(f"{HOME}&sort=name&kind=province_federation")
    names = re.findall(r'lang="vi" title="[^"]*">([^<]+)</a>', by_name.text)
    places = [names.index(one) for one in ("Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Gia Lai", "Hà Nội")]
    assert places == sorted(places)
    assert names.index("Yên Bái") == len(names) - 1


def test_the_board_can_look_as_it_was_known(as_: As, show: Show, clock: Clock) -> None:
    written_on = datetime.now(VIETNAM).date()
    clock.now = datetime.now(UTC) + timedelta(days=2)
    approved(as_, "P63-01", [ratio("NC2", 1, 2)])
    between = figure(as_, "NC2")["known_at"]
    approved(as_, "P63-02", [ratio("NC2", 1, 1)])
    assert "66,67 %" in words(show(HOME))
    then = show(f"{HOME}&known_at={between}")
    assert "50,00 %" in words(then)
    assert f'href="{escape(HOME)}">Về số liệu hiện nay' in then.text
    day = show(f"{HOME}&known_at={written_on}")
    assert "66,67 %" in words(day)
    assert f"Số liệu như đã biết lúc 23:59 {written_on:%d/%m/%Y}" in words(day)


def test_what_is_not_known_yet_cannot_be_looked_at(show: Show) -> None:
    # it is 2024-12-10, ten in the morning
    assert "Về số liệu hiện nay" not in words(show(f"{HOME}&known_at=2024-12-10"))
    for said in ("2024-12-11", "2024-12-10T03:00:01Z", "hôm qua"):
        assert show(f"{HOME}&known_at={said}").status_code == 422


def test_the_centre_may_look_at_what_is_not_approved_and_is_told_so(as_: As, show: Show) -> None:
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    assert "50,00 %" not in words(show(HOME))
    page = words(show(f"{HOME}&include=submitted"))
    assert "50,00 %" in page
    assert "Tính cả báo cáo chưa duyệt: không phải số liệu chính thức." in page
    assert show(f"{HOME}&include=submitted", "reporter", "P63-01").status_code == 403


def test_restated_the_map_has_the_34_of_the_day(as_: As, show: Show) -> None:
    place = f"{TT}/2024"
    for unit, counts in (("P63-25", (300, 400)), ("P63-17", (200, 250)), ("P63-26", (90, 150))):
        approved(as_, unit, [ratio("TT4", *counts)], place)
    address = f"/?programme={TT}&period=2024"
    assert "(63 đơn vị)" in words(show(address))
    # Without scripts a form sends what is not chosen too.
    empty = "group=&kind=&known_at=&include="
    page = show(f"{address}&basis=restated&on=2026-01-01&target=TT4&{empty}")
    assert "(34 đơn vị)" in words(page)
    assert "Quy đổi theo các đơn vị của ngày 01/01/2026." in words(page)
    # The new unit was not asked for a report of 2024.
    assert "Chưa nộp" not in words(page).partition("Đơn vị × chỉ tiêu")[2]
    # 300/400 + 200/250 + 90/150 = 590/800
    cell = r'unit=P34-25[^"]*" aria-label="73,75, [^"]+">.&nbsp;73,75</a>'
    assert re.search(cell, page.text)
    assert "unit=P63-" not in page.text


def test_the_page_offers_what_it_shows_as_files(show: Show, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(days=2)
    written_on = datetime.now(VIETNAM).date()
    page = unescape(show(f"{HOME}&include=submitted&known_at={written_on}").text)
    query = f"include=submitted&known_at={written_on}T16%3A59%3A59.999999Z"
    for kind in ("xlsx", "pdf", "png", "csv"):
        file = f"/api/v1/dashboards/overview.{kind}?programme={NC}&period=2024&{query}"
        assert f'href="{file}"' in page


def test_a_trend_appears_once_two_periods_have_figures(as_: As, show: Show) -> None:
    approved(as_, "S-GD", [ratio("TT3", 1, 4)], f"{TT}/2024")
    address = f"/?programme={TT}"
    heading = '<h2 id="trend">'
    assert heading not in show(f"{address}&period=2024").text
    alone = show(f"{address}&period=2024&target=TT3")
    assert heading in alone.text
    assert "Chưa vẽ được xu hướng: cần ít nhất hai kỳ có kết quả bằng số." in words(alone)
    assert "cần ít nhất hai kỳ" not in words(show(f"{address}&period=2024"))
    approved(as_, "S-GD", [ratio("TT3", 3, 8)], f"{TT}/2025")
    page = show(f"{address}&period=2025")
    assert "Xu hướng TT3" in words(page)
    # 1/4 and 3/8, as a table beside the picture
    assert re.findall(r"<span>(\d+,\d+\xa0%)</span>", page.text) == ["25,00\xa0%", "37,50\xa0%"]


def test_a_table_of_a_thousand_cells_and_more_comes_after_the_overview(as_: As, show: Show) -> None:
    made = as_("admin").post("/programmes", json=MANY)
    assert made.status_code == 201, made.text
    approved(as_, "P63-01", [ratio("R12", 1, 2)], "RONG/2024")
    overview = show("/?programme=RONG&period=2024&sort=R12")
    assert order(overview) == []
    assert 'href="/heat?programme=RONG&amp;period=2024&amp;sort=R12">Mở bảng' in overview.text
    page = show("/heat?programme=RONG&period=2024&sort=R12")
    assert order(page)[0] == "P63-01"
    assert len(order(page)) == 74
    assert 'aria-label="50,00, ' in page.text
    # one kind alone is few enough
    few = show("/?programme=RONG&period=2024&kind=sector_union")
    assert len(order(few)) == 11


def test_a_stale_choice_of_the_table_alone_leads_to_what_there_is(show: Show) -> None:
    answer = show(f"/heat?programme={NC}&period=2024&sort=TT1")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/heat?programme={NC}&period=2024",
    )
