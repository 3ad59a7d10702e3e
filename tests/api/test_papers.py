"""Dashboards on paper (PDF/A) and as a picture: the figures of the JSON, in the reader's words."""

import re
import struct
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.i18n import decimal
from tests.api import trial
from tests.api.journeys import NC, approved, ratio
from tests.api.spreadsheets import (
    BOARDS,
    COMPLETENESS,
    OVERVIEW,
    asked,
    beside,
    figures_of,
    table_of,
    tell,
    workbook_of,
)
from tests.conftest import As, TokenFactory
from tests.render.test_press import MARKUP, text_of

PAPERS = (OVERVIEW, COMPLETENESS, *BOARDS)
on_one = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def said(as_: As, path: str, role: str = "viewer", unit: str | None = None, **headers: str) -> str:
    """Without spaces: lines break where the page ends."""
    answer = asked(as_(role, unit), beside(path, ".pdf"), **headers)
    return "".join(text_of(answer.content).split())


def tight(text: str) -> str:
    return "".join(text.split())


def test_the_overview_is_printed_with_the_figures_of_the_json(as_: As) -> None:
    tell(as_)
    found = figures_of(as_("viewer"), OVERVIEW)
    answer = asked(as_("viewer"), beside(OVERVIEW, ".pdf"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-language"] == "vi"
    assert 'filename="NC-2024_2024_overview.pdf"' in answer.headers["content-disposition"]
    # ISO 19005-2, level A: for archives, and tagged.
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>A<", answer.content)
    printed = tight(text_of(answer.content))
    for one in found["targets"]:
        assert tight(one["title_vi"]) in printed
    # 17 999/20 000 and 0/400: 17 999/20 400, by hand 88,23 %; the unit's own stays under 90.
    assert "88,23%" in printed
    assert "17.999/20.400người" in printed
    assert "89,995" in printed
    # the cards say what they do not count
    assert tight("NCT1, NCT2 (không có ngưỡng). Thành phần của chỉ tiêu không đếm") in printed
    assert tight(found["rule_version"]) in printed
    again = as_("viewer").get(
        beside(OVERVIEW, ".pdf"), headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@on_one
def test_every_rendering_says_the_same_of_every_target(
    as_: As, client: TestClient, token: TokenFactory
) -> None:
    tell(as_)
    found = figures_of(as_("viewer"), OVERVIEW)
    printed = said(as_, OVERVIEW)
    book = workbook_of(as_("viewer"), beside(OVERVIEW, ".xlsx"))
    sheet = {row["target"].value: row for row in table_of(book["Tổng quan"])}
    client.post("/login", data={"token": token("viewer")})
    page = tight(unescape(re.sub(r"<[^>]+>", "", client.get(f"/?programme={NC}&period=2024").text)))
    told = 0
    for one in found["targets"]:
        figure = one["national"]["percent"]
        if figure is not None:
            told += 1
            words = f"{decimal(figure, 'vi')}%"
            assert words in printed
            assert words in page
            assert sheet[one["target"]]["percent"].value == float(figure)
    assert told > 1


@on_one
@pytest.mark.parametrize("path", PAPERS)
def test_each_dashboard_is_a_paper_and_a_picture_in_both_languages(as_: As, path: str) -> None:
    tell(as_)
    for language in ("vi", "en"):
        headers = {"Accept-Language": language}
        assert asked(as_("viewer"), beside(path, ".pdf"), **headers).content.startswith(b"%PDF")
    answer = asked(as_("viewer"), beside(path, ".png"))
    assert answer.headers["content-type"] == "image/png"
    assert struct.unpack(">I", answer.content[16:20]) == (1080,)


@on_one
def test_english_has_a_decimal_point(as_: As) -> None:
    tell(as_)
    printed = said(as_, OVERVIEW, **{"Accept-Language": "en"})
    assert "88.23%" in printed
    assert "88,23" not in printed


@on_one
def test_another_unit_learns_from_paper_only_what_is_published(as_: As) -> None:
    tell(as_)
    own = said(as_, COMPLETENESS, "reporter", "P63-25")
    assert "PhúThọ" in own
    assert "HàGiang" not in own  # a federation whose report the centre has approved
    assert "HàGiang" in said(as_, COMPLETENESS)
    waiting = f"{OVERVIEW}&include=submitted"
    assert as_("reporter", "P63-25").get(beside(waiting, ".pdf")).status_code == 403
    assert "đangchờduyệt" in said(as_, waiting)


@on_one
def test_a_demonstration_and_another_basis_are_marked_on_paper(as_: As, database: Any) -> None:
    from app.services.seed import mark_as_demonstration  # noqa: PLC0415 - only here

    tell(as_)
    with database.writing() as session:
        mark_as_demonstration(session)
    printed = said(as_, f"{OVERVIEW}&basis=restated&on=2025-07-01")
    assert "SỐLIỆUTRÌNHDIỄN" in printed
    assert "quyđổitheocácđơnvịcủangày01/07/2025" in printed
    assert "HoàngSa(ĐàNẵng)" in printed
    assert "TrườngSa(KhánhHòa)" in printed


@on_one
def test_what_people_write_is_never_carried_out_on_paper(as_: As) -> None:
    title = f"{MARKUP} 漢字 😀"
    trial.programme(as_, trial.target("T1", title_vi=title), periods=("2024",), title_vi=title)
    approved(as_, "P63-25", [ratio("T1", 1, 2)], f"{trial.OWN}/2024")
    query = f"programme={trial.OWN}&period=2024"
    for path in ("overview", "completeness", "unit/P63-25", "target/T1"):
        assert tight(MARKUP) in said(as_, f"/dashboards/{path}?{query}")
        asked(as_("viewer"), f"/dashboards/{path}.png?{query}")


@on_one
def test_what_there_is_not_is_not_printed(as_: As) -> None:
    for path in ("target/KHONG", "unit/KHONG"):
        for form in ("pdf", "png"):
            address = f"/dashboards/{path}.{form}?programme={NC}&period=2024"
            assert as_("viewer").get(address).status_code == 404
    assert as_("viewer").get("/dashboards/overview.pdf?programme=X&period=2024").status_code == 404
