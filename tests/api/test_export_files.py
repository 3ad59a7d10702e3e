"""Exported files: for whom, in which language, marked, unchanged, and never carried out."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.domain.verdict import Verdict
from app.i18n import LANGUAGES
from app.render.looks import FAMILY, SYMBOL
from app.sheets.export_words import LOOKS
from tests.api import trial
from tests.api.journeys import NC, approved, ratio
from tests.api.spreadsheets import (
    ATTAINMENT,
    BOARDS,
    COMPLETENESS,
    EVERY,
    FIGURES,
    HEAT,
    NUMBERS,
    OUTSIDE,
    OVERVIEW,
    asked,
    beside,
    csv_of,
    figures_of,
    same_figures,
    table_of,
    tell,
    workbook_of,
)
from tests.conftest import As

# What a file looks like and how it travels does not differ from database to database.
on_one = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def told(as_: As) -> As:
    tell(as_)
    return as_


@on_one
def test_a_demonstration_and_another_basis_are_marked(told: As, database: Any) -> None:
    from app.services.seed import mark_as_demonstration  # noqa: PLC0415 - only here

    with database.writing() as session:
        mark_as_demonstration(session)
    query = f"{ATTAINMENT}&include=submitted&basis=restated&on=2025-07-01"
    book = workbook_of(told("viewer"), beside(query, ".xlsx"))
    for sheet in book:
        head = [sheet.cell(row, 1).value for row in range(1, 7)]
        assert "SỐ LIỆU TRÌNH DIỄN, không phải số liệu thật" in head
        assert any("quy đổi theo các đơn vị của ngày 01/07/2025" in str(line) for line in head)
        assert any("đang chờ duyệt" in str(line) for line in head)
        assert "TRÌNH DIỄN" in sheet.oddHeader.center.text
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    same_figures(book[FIGURES], figures_of(told("viewer"), query)["items"])
    assert {row["demonstration"] for row in csv_of(told("viewer"), beside(query, ".csv"))} == {
        "true"
    }


HOSTILE = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    " =1+1",
    "a;=1+1",
    "<r><t>&</t></r>",
    "_x0041_<&>\"'",
    "=" + "1" * 499,
)


@on_one
def test_what_people_write_is_never_carried_out(as_: As) -> None:
    titles = [
        trial.target(
            f"T{n}",
            "narrative",
            title_vi=text,
            title_en=text,
            unit_rule=None,
            comparator=None,
            threshold_percent=None,
            unit_of_count=None,
            reported_by=["corporation_union"],
        )
        for n, text in enumerate(HOSTILE)
    ]
    trial.programme(as_, *titles, periods=("2024",), title_vi=HOSTILE[0], title_en=HOSTILE[1])
    for n, text in enumerate(HOSTILE):
        unit = {"code": f"H{n}", "kind": "corporation_union"}
        unit["names"] = [{"name_vi": text, "short_vi": text, "name_en": text}]  # type: ignore[assignment]
        assert as_("admin").post("/units", json=unit).status_code == 201
        said = [
            {"target": "T0", "text": text, "note": text},
            {"target": "T1", "not_applicable": text},
        ]
        approved(as_, f"H{n}", said, f"{trial.OWN}/2024")
    query = f"?programme={trial.OWN}&period=2024"
    for path in (
        "/dashboards/overview",
        "/dashboards/completeness",
        "/dashboards/unit/H0",
        "/dashboards/target/T1",
        "/attainment",
    ):
        for language in LANGUAGES:
            answer = asked(as_("viewer"), f"{path}.xlsx{query}", **{"Accept-Language": language})
            assert inert(answer.content)
        for row in csv_of(as_("viewer"), f"{path}.csv{query}"):
            for name, cell in row.items():
                numeric = name in NUMBERS or name.endswith(".percent")
                assert numeric or not cell.strip().startswith(tuple("=+-@＝")), (name, cell)
                assert ";=" not in cell
    book = workbook_of(as_("viewer"), f"/dashboards/overview.xlsx{query}")
    names = [row["name"].value for row in table_of(book[HEAT])]
    assert set(HOSTILE) <= set(names)
    assert [row["title"].value for row in table_of(book["Tổng quan"])] == list(HOSTILE)
    told = {
        row["unit"].value: row["reason"].value
        for row in table_of(book[OUTSIDE])
        if row["outside"].value == "Không áp dụng"
    }
    assert sorted(told.values()) == sorted(HOSTILE)


def inert(content: bytes) -> bool:
    """No formula, no link, nothing from elsewhere in any part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not [name for name in parts.namelist() if "external" in name or "vba" in name]
        for name in parts.namelist():
            text = parts.read(name)
            assert b"TargetMode" not in text, name
            if "worksheets/sheet" in name:
                assert b"<f>" not in text
                assert b"<f " not in text
                assert b"<hyperlink" not in text
    return True


def test_who_may_not_have_the_json_may_not_have_the_file(told: As) -> None:
    reporter = told("reporter", "P63-25")
    for path in EVERY:
        for suffix in (".xlsx", ".csv"):
            file = beside(path, suffix)
            assert told(None).get(file).status_code == 401
            assert reporter.get(file).status_code == 200
            assert reporter.get(f"{file}&nonsense=1").status_code == 422
            assert reporter.get(file.replace(NC, "NOPE")).status_code == 404
            known = 422 if path == COMPLETENESS else 403
            assert reporter.get(f"{file}&include=submitted").status_code == known
        assert reporter.get(beside(path, ".xlsx") + "&dialect=vi").status_code == 422
        assert reporter.get(beside(path, ".csv") + "&dialect=fr").status_code == 422
    assert reporter.get(beside(BOARDS[0], ".csv").replace("NC2", "NC99")).status_code == 404
    statuses = {row["unit"]: row["status"] for row in csv_of(reporter, beside(OVERVIEW, ".csv"))}
    assert (statuses["P63-08"], statuses["P63-10"], statuses["P63-02"]) == ("", "", "approved")
    assert [row["unit"] for row in csv_of(reporter, beside(COMPLETENESS, ".csv"))] == ["P63-25"]
    of_the_centre = {
        row["unit"]: row["status"] for row in csv_of(told("viewer"), beside(OVERVIEW, ".csv"))
    }
    assert (of_the_centre["P63-08"], of_the_centre["P63-10"]) == ("submitted", "")


@on_one
def test_a_file_is_sent_again_only_when_something_has_changed(told: As, client: Any) -> None:
    viewer = told("viewer")
    for path in EVERY:
        for suffix in (".xlsx", ".csv"):
            file = beside(path, suffix)
            first = asked(viewer, file)
            tag = {"If-None-Match": first.headers["etag"]}
            assert viewer.get(file, headers=tag).status_code == 304
            assert "attachment; filename=" in first.headers["content-disposition"]
            # Made again, it is the same to the last byte: nothing tells when it was made.
            client.app.state.ready._kept.clear()
            assert asked(viewer, file).content == first.content
    before = asked(viewer, beside(OVERVIEW, ".xlsx"))
    english = asked(viewer, beside(OVERVIEW, ".xlsx"), **{"Accept-Language": "en"})
    assert english.headers["etag"] != before.headers["etag"]
    assert english.headers["content-language"] == "en"
    approved(told, "P63-11", [ratio("NC2", 1, 2)])
    again = viewer.get(beside(OVERVIEW, ".xlsx"), headers={"If-None-Match": before.headers["etag"]})
    assert again.status_code == 200


@on_one
def test_an_english_reader_gets_an_english_workbook(told: As) -> None:
    book = workbook_of(told("viewer"), beside(OVERVIEW, ".xlsx"), **{"Accept-Language": "en"})
    assert book.sheetnames == [
        "Overview",
        "Units and targets",
        "Figures",
        "Units not counted",
        "Source and notes",
    ]
    by_unit = {row["unit"].value: row for row in table_of(book["Units and targets"])}
    assert by_unit["P63-25"]["NC2.verdict"].value == "▼ Not met"
    assert by_unit["P63-25"]["name"].value == "Phú Thọ"


@on_one
def test_the_overview_draws_results_against_what_is_asked(told: As) -> None:
    book = workbook_of(told("viewer"), beside(OVERVIEW, ".xlsx"))
    (chart,) = book["Tổng quan"]._charts
    assert chart.anchor._from.row > 10
    sheet = book["Tổng quan"]
    bars = [rule for rules in sheet.conditional_formatting for rule in rules.rules]
    assert [rule.type for rule in bars] == ["dataBar"]
    assert sheet.freeze_panes is not None
    assert sheet.print_title_rows


@on_one
def test_a_file_takes_the_parameters_of_its_json(client: Any) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    def query(path: str) -> set[str]:
        given = paths[f"/api/v1{path}"]["get"]["parameters"]
        return {one["name"] for one in given if one["in"] == "query"}

    for path in (
        "/dashboards/overview",
        "/dashboards/completeness",
        "/dashboards/target/{code}",
        "/dashboards/unit/{code}",
        "/attainment",
    ):
        assert query(f"{path}.xlsx") == query(path)
        assert query(f"{path}.csv") == query(path) | {"dialect"}


@on_one
def test_the_command_writes_the_files_that_the_api_sends(
    told: As, url: str, tmp_path: Path
) -> None:
    viewer = told("viewer")

    def export(period: str, file: str) -> int:
        words = ["export", NC, period, "-o", str(tmp_path / file)]
        return CliRunner().invoke(cli, words, env={"CHITIEU_DATABASE_URL": url}).exit_code

    for suffix in (".xlsx", ".csv"):
        assert export("2024", f"tong-quan{suffix}") == 0
        written = (tmp_path / f"tong-quan{suffix}").read_bytes()
        assert written == asked(viewer, beside(OVERVIEW, suffix)).content
    assert export("2024", "tong-quan.pdf") == 2
    assert export("2031", "tong-quan.csv") == 1


def test_a_verdict_looks_in_a_workbook_as_on_the_page() -> None:
    assert {code: (SYMBOL[code], FAMILY[code]) for code in Verdict} == LOOKS
