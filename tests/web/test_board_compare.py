"""Two periods side by side: exact differences, on one basis."""

import re
from html import unescape

from tests.api.journeys import NC, TT, approved, ratio
from tests.conftest import As
from tests.web.test_board_overview import Show, show, words

HALF, YEAR = f"{NC}/2024-H1", f"{NC}/2024"
PAGE = f"/compare?programme={NC}&period=2024&with=2024-H1"
__all__ = ["show"]


def line(page: str, target: str) -> str:
    row = page.partition(f'<span class="code">{target}</span>')[2].partition("</tr>")[0]
    assert row, page
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))).replace("\u00a0", " ")


def test_differences_come_from_the_exact_figures(as_: As, show: Show) -> None:
    approved(as_, "P63-01", [ratio("NC2", 1, 3)], HALF)
    approved(as_, "P63-01", [ratio("NC2", 2, 3)], YEAR)
    row = line(show(PAGE).text, "NC2")
    # 2/3 - 1/3 is 33.33 points; what is shown, 66.67 - 33.33, would make 33.34
    assert "33,33 %" in row
    assert "66,67 %" in row
    assert "+33,33 điểm %" in row
    assert "1 đơn vị tăng" in row


def test_the_earlier_period_stands_first_whichever_is_named_first(as_: As, show: Show) -> None:
    approved(as_, "P63-01", [ratio("NC2", 3, 4)], HALF)
    approved(as_, "P63-01", [ratio("NC2", 1, 2)], YEAR)
    for address in (PAGE, f"/compare?programme={NC}&period=2024-H1&with=2024"):
        page = show(address)
        assert "6 tháng đầu năm 2024 → Năm 2024" in words(page)
        assert "−25,00 điểm %" in line(page.text, "NC2")


def test_only_units_with_a_figure_in_both_periods_are_compared(as_: As, show: Show) -> None:
    for unit, then, now in (("P63-01", 10, 40), ("P63-02", 50, 30), ("P63-04", 20, 20)):
        approved(as_, unit, [ratio("NC2", then, 100)], HALF)
        approved(as_, unit, [ratio("NC2", now, 100)], YEAR)
    approved(as_, "P63-06", [ratio("NC2", 99, 100)], YEAR)
    page = show(PAGE).text
    assert "1 đơn vị tăng, 1 đơn vị giảm, 1 không đổi" in line(page, "NC2")
    moved = re.findall(r'<li><a href="/units/(P63-..)[^>]*>[^<]*</a>: ([^<]*)', page)
    assert [(unit, said.replace("\u00a0", " ").strip()) for unit, said in moved] == [
        ("P63-01", "10,00 % → 40,00 % (+30,00 điểm %)"),
        ("P63-02", "50,00 % → 30,00 % (−20,00 điểm %)"),
    ]


def test_a_period_without_figures_is_not_taken_for_zero(as_: As, show: Show) -> None:
    approved(as_, "P63-01", [ratio("NC2", 1, 2)], YEAR)
    row = line(show(PAGE).text, "NC2")
    assert "Không so được: một kỳ chưa có số liệu." in row
    assert "điểm %" not in row


def test_across_the_merger_both_periods_are_told_for_the_same_units(as_: As, show: Show) -> None:
    for unit, counts in (("P63-25", (300, 400)), ("P63-17", (200, 250)), ("P63-26", (90, 150))):
        approved(as_, unit, [ratio("TT3", *counts)], f"{TT}/2024")
    approved(as_, "P34-25", [ratio("TT3", 640, 800)], f"{TT}/2025")
    page = show(f"/compare?programme={TT}&period=2025&with=2024")
    assert "Hai kỳ không cùng các đơn vị" in words(page)
    assert "quy đổi theo các đơn vị của ngày 31/12/2025" in words(page)
    # 640/800 - 590/800 = 50/800
    moved = re.findall(r'<li><a href="/units/(P34-..)[^>]*>[^<]*</a>: ([^<]*)', page.text)
    assert [(unit, said.replace("\u00a0", " ").strip()) for unit, said in moved] == [
        ("P34-25", "73,75 % → 80,00 % (+6,25 điểm %)")
    ]


def test_without_a_second_period_the_one_before_is_taken(show: Show) -> None:
    page = show(f"/compare?programme={TT}&period=2025")
    assert "Năm 2024 → Năm 2025" in words(page)
    same = show(f"/compare?programme={TT}&period=2025&with=2025")
    assert "Chọn một kỳ khác để so." in words(same)
    assert show(f"/compare?programme={TT}&period=2025&with=1999").status_code in (303, 404)
