"""The page of the reports received: counted over the expected ones, and who needs a reminder."""

import re
from datetime import UTC, datetime, timedelta

from tests.api.journeys import NC, approved, ratio, submit
from tests.conftest import As, Clock
from tests.web.test_board_overview import Show, show, words

PAGE = f"/completeness?programme={NC}&period=2024"
__all__ = ["show"]


def listed(page: str) -> list[str]:
    table = page.partition('<table class="rows"')[2]
    return re.findall(r'<th role="rowheader" scope="row"><a href="/units/([^?"]+)', table)


def received(as_: As, clock: Clock) -> None:
    """Of 82: one approved in time, one waiting, one late, one sent back."""
    approved(as_, "P63-02", [ratio("NC2", 1, 2), ratio("NC3", 1, 2)])
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    clock.now += timedelta(days=10)
    submit(as_, "P63-04", [ratio("NC2", 1, 2)])
    submit(as_, "P63-06", [ratio("NC2", 1, 2)])
    as_("reviewer").post(f"/reports/{NC}/2024/P63-06/return", json={"comment": "thiếu"})


def test_reports_are_counted_over_the_expected_ones(as_: As, show: Show, clock: Clock) -> None:
    received(as_, clock)
    page = show(PAGE)
    said = words(page)
    assert "3/82 đơn vị đã nộp báo cáo, 2 đúng hạn." in said
    # 3/82 = 3.658…, 2/82 = 2.439…
    assert "3,66 % số báo cáo phải có" in said
    assert "2,44 % số báo cáo phải có" in said
    assert "2/6" in said
    assert "1/6" in said


def test_who_needs_a_reminder_stands_first(as_: As, show: Show, clock: Clock) -> None:
    received(as_, clock)
    units = listed(show(PAGE).text)
    assert len(units) == 82
    # silent ones, then the one that has to be sent again, the two that wait, the approved one
    assert units[-4:] == ["P63-06", "P63-04", "P63-01", "P63-02"]
    by_name = listed(show(f"{PAGE}&sort=name").text)
    assert by_name[0] == "P63-89"  # An Giang
    assert by_name.index("P63-06") < by_name.index("P63-04") < by_name.index("P63-02")


def test_the_list_can_be_narrowed(as_: As, show: Show, clock: Clock) -> None:
    received(as_, clock)
    assert listed(show(f"{PAGE}&show=returned").text) == ["P63-06"]
    assert listed(show(f"{PAGE}&show=late").text) == ["P63-06", "P63-04"]
    assert listed(show(f"{PAGE}&show=waiting").text) == ["P63-04", "P63-01"]
    assert len(listed(show(f"{PAGE}&show=missing").text)) == 79
    narrowed = listed(show(f"{PAGE}&show=missing&kind=sector_union").text)
    assert narrowed
    assert all(code.startswith("S-") for code in narrowed)
    assert show(f"{PAGE}&show=nonsense").status_code == 422


def test_a_unit_s_people_see_the_counts_and_their_own_line(
    as_: As, show: Show, clock: Clock
) -> None:
    received(as_, clock)
    page = show(PAGE, "reporter", "P63-01")
    assert "3/82 đơn vị đã nộp báo cáo" in words(page)
    assert listed(page.text) == ["P63-01"]
    assert f'href="/reports/{NC}/2024/P63-01"' in page.text


def test_how_it_stood_before_can_be_seen(as_: As, show: Show, clock: Clock) -> None:
    clock.now = datetime.now(UTC) + timedelta(days=1)
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    known = as_("viewer").get(f"/dashboards/completeness?programme={NC}&period=2024").json()
    submit(as_, "P63-02", [ratio("NC2", 1, 2)])
    assert "2/82 đơn vị đã nộp" in words(show(PAGE))
    assert "1/82 đơn vị đã nộp" in words(show(f"{PAGE}&known_at={known['known_at']}"))
