"""The pictures say what the figures say: every province lies somewhere, nothing is drawn of what is
not known, and the cone is what it is said to be. Places are worked by hand."""

import csv
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.domain.periods import period
from app.domain.targets import Catalogue, Programme
from app.domain.units import Succession
from app.render.bullets import bar, bullet
from app.render.tiles import Tile, layout, short_name, tile_map
from app.render.trends import Spot, ahead, sparkline, spots, trend
from app.render.words import Speaker
from tests.domain.programmes import CENTRE

SEED = Path(__file__).parents[2] / "seed" / "units.csv"
MERGER = Succession(date(2025, 7, 1), ("P63-25",), ("P34-25",))
ISLANDS = {"HS": ("48", "Hoàng Sa", "Đà Nẵng"), "TS": ("56", "Trường Sa", "Khánh Hòa")}


def provinces(generation: str) -> dict[str, str]:
    """Name by code, of the units as they are seeded."""
    with SEED.open(encoding="utf-8") as file:
        return {
            one["code"]: one["short_vi"]
            for one in csv.DictReader(file)
            if one["kind"] == "province_federation" and one["code"].startswith(generation)
        }


def drawn(generation: str, **tile: str | None) -> str:
    given: dict[str, Any] = {"text": "5/8", "verdict": "in_progress", "word": "5 trên 8 chỉ tiêu"}
    given |= {"href": None, **tile}
    names = provinces(generation)
    return tile_map([Tile(code, **given) for code in names], names, "vi")


@pytest.mark.parametrize(("generation", "number"), [("P34", 34), ("P63", 63)])
def test_every_province_federation_lies_on_the_map_once_and_alone(
    generation: str, number: int
) -> None:
    found = layout(generation)
    assert found.units.keys() == provinces(generation).keys()
    places = [*found.units.values(), *found.islands.values()]
    assert len(set(places)) == len(places) == number + 2


@pytest.mark.parametrize("generation", ["P34", "P63"])
def test_islands_lie_east_of_the_province_that_they_belong_to(generation: str) -> None:
    found = layout(generation)
    for word, (code, _, _) in ISLANDS.items():
        column, _ = found.units[f"{generation}-{code}"]
        assert found.islands[word][0] > column


@pytest.mark.parametrize("generation", ["P34", "P63"])
def test_the_map_names_the_islands_and_their_province(generation: str) -> None:
    svg = drawn(generation)
    for _, name, of in ISLANDS.values():
        assert f'aria-label="{name} ({of})"' in svg


def test_a_tile_says_its_state_by_a_sign_and_a_word_and_leads_to_its_unit() -> None:
    svg = drawn("P34", verdict="met", text="8/8", word="đạt 8 trên 8", href="/units/x?a=1&b=2")
    assert svg.count("▲") == svg.count(">8/8</text>") == svg.count("<a ") == 34
    assert 'aria-label="Huế: đạt 8 trên 8"' in svg
    assert 'href="/units/x?a=1&amp;b=2"' in svg


def test_a_unit_without_a_figure_shows_the_sign_alone_and_an_unknown_one_nothing() -> None:
    silent = tile_map([Tile("P34-01", "", "no_data", "chưa có số liệu", None)], {}, "vi")
    assert silent.count(">–</text>") == 1
    assert silent.count('class="tile empty"') == 33
    assert tile_map([Tile("S-GD", "1/1", "met", "", None)], {}, "vi") == ""


def test_what_a_unit_is_called_cannot_become_markup() -> None:
    svg = tile_map([Tile("P34-01", "<b>", "met", '"><script>', None)], {"P34-01": "<i>"}, "vi")
    assert not re.search(r"<(b|i|script)>", svg)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Thái Nguyên", "T.Nguyên"),
        ("Nghệ An", "Nghệ An"),
        ("Bà Rịa - Vũng Tàu", "BR-VT"),
        ("Hồ Chí Minh", "TP.HCM"),
        ("Thừa Thiên Huế", "Huế"),
    ],
)
def test_a_name_is_shortened_as_people_write_it(name: str, short: str) -> None:
    code = next(code for code, one in provinces("P63").items() if one == name)
    assert short_name(code, name) == short
    assert len(short) <= 8


def row(**more: Any) -> Any:
    made = {
        "target": "NC2",
        "percent": Decimal(60),
        "threshold_percent": Decimal(80),
        "expected_now": Decimal(70),
        "bounds": {"low": Decimal(50), "high": Decimal(65)},
        "verdict": "at_risk",
    }
    return made | more


def test_a_bullet_marks_what_is_asked_what_is_expected_by_now_and_the_bounds() -> None:
    assert bar(row()) == (600, 800, 700, 500, 650)
    svg = bullet(row())
    assert '<rect class="length" y="10" width="600"' in svg
    assert '<rect class="asked" x="800"' in svg
    assert svg.count('<rect class="expected" x="700"') == 3
    assert '<rect class="band" x="500" width="150"' in svg
    assert svg.startswith('<svg class="bar warn"')


def test_a_bullet_of_more_than_all_makes_room_for_it() -> None:
    over = row(percent=Decimal(125), threshold_percent=Decimal(100), expected_now=None)
    assert bar(over | {"bounds": {"low": None, "high": None}}) == (1000, 800, None, None, None)


def test_without_a_figure_there_is_no_bullet_for_an_empty_bar_would_look_like_0() -> None:
    assert bullet(row(percent=None)) == ""
    assert 'width="0"' in bullet(row(percent=Decimal(0)))


def points(*told: tuple[str, str | None], **more: Any) -> Any:
    made = [
        {"period": on[:4], "on": on, "percent": percent, "value": None, "verdict": "in_progress"}
        for on, percent in told
    ]
    return {"target": "NC2", "unit": "VGCL", "on": told[-1][0], "points": made, **more}


# 100 and then 50 days; from 20 to 40 to 45: a fifth and a tenth of a point a day.
WAY = (("2025-01-01", "20"), ("2025-04-11", "40"), ("2025-05-31", "45"))
DUE = "2025-09-08"  # 100 days after the last of them


def speaker(*mergers: Succession) -> Speaker:
    defined = Catalogue({}, {CENTRE.code: CENTRE}, mergers)
    programme = Programme.__new__(Programme)
    return Speaker(defined, programme, period("2025"), "vi")


def test_the_cone_goes_on_as_the_slowest_and_as_the_fastest_stretch_did() -> None:
    found = points(*WAY, forecast={"on": DUE, "value": "60"})
    coming = ahead(found, spots(found["points"]))
    assert coming is not None
    assert coming.slowest.figure == 45 + Fraction(1, 10) * 100
    assert coming.fastest.figure == 45 + Fraction(1, 5) * 100
    assert coming.straight == Spot(date(2025, 9, 8), Fraction(60))


def test_without_a_forecast_nothing_is_drawn_ahead() -> None:
    svg = trend(points(*WAY), speaker(), row())
    assert 'class="reached"' in svg
    assert 'class="cone"' not in svg
    assert 'class="ahead"' not in svg


def test_a_trend_marks_the_merger_it_crosses_and_what_is_asked_in_words() -> None:
    later = (*WAY[:2], ("2025-12-31", "45"))
    svg = trend(points(*later), speaker(MERGER), row(percent=Decimal(45)))
    assert "Sắp xếp đơn vị 01/07/2025" in svg
    assert "Yêu cầu 80\u00a0%" in svg
    assert ">45\u00a0%</text>" in svg
    assert 'class="merger"' not in trend(points(*WAY), speaker(MERGER), row())


def test_a_period_without_a_figure_is_left_out_and_is_not_drawn_as_0() -> None:
    silent = points(("2024-12-31", "30"), ("2025-03-31", None), ("2025-06-30", "50"))
    assert [one.figure for one in spots(silent["points"])] == [30, 50]
    assert trend(silent, speaker(), row()).count('class="dot"') == 2
    assert sparkline(silent).count("<polyline") == 1


def test_one_figure_alone_is_no_trend() -> None:
    alone = points(("2025-06-30", "50"))
    assert trend(alone, speaker(), row()) == sparkline(alone) == ""
