"""Evidence for reports: taken by content, kept once, given out safely, seen as the report is."""

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.main import create_app
from app.services import attachments
from app.settings import Settings
from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import SECRET, As, Caller, TokenFactory
from tests.domain.test_file_types import document

PHU = "P63-25"
FILES = f"{PHU_THO}/attachments"
FIRST = [ratio("NC2", 300, 400)]
PDF = b"%PDF-1.7\n1 0 obj\n"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def add(caller: Caller, name: str = "ke-hoach.pdf", content: bytes = PDF, **more: Any) -> Any:
    return caller.post(FILES, files={"file": (name, content)}, **more)


def names(as_: As, role: str, unit: str | None = None) -> list[str]:
    answer = as_(role, unit).get(FILES)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


def count(database: Database, table: str) -> int:
    with database.reading() as session:
        found = session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        return int(found.scalar_one())


@pytest.fixture
def unit(as_: As) -> Caller:
    """Phú Thọ's reporter, with a report handed in."""
    submit(as_, PHU, FIRST)
    return as_("reporter", PHU)


def test_evidence_is_told_by_its_content_and_given_back_as_it_was(
    unit: Caller, as_: As, database: Database
) -> None:
    sent = {"ke-hoach.pdf": (PDF, "application/pdf"), "cong-van.docx": (document(), DOCX)}
    for name, (content, media_type) in sent.items():
        made = add(unit, name, content)
        assert made.status_code == 201, (name, made.text)
        out = made.json()
        assert (out["name"], out["media_type"], out["size"]) == (name, media_type, len(content))
        assert out["sha256"] == hashlib.sha256(content).hexdigest()
        given = as_("viewer").get(made.headers["location"].removeprefix("/api/v1"))
        assert given.content == content
        assert given.headers["content-type"] == media_type
    assert names(as_, "reviewer") == list(sent)
    for name, content, words in (
        ("trang.pdf", b"<html>", "không phải loại tệp"),
        ("macro.docx", document(**{"word/vbaProject.bin": "x"}), "macro"),
        ("trang.html", PDF, "không đúng với nội dung"),
    ):
        refused = add(unit, name, content)
        assert refused.status_code == 422
        assert words in refused.json()["errors"][0]["message"]
    assert count(database, "stored_file") == len(sent)


def test_a_file_comes_out_so_that_a_browser_runs_nothing_of_it(unit: Caller) -> None:
    place = add(unit, "../kế hoạch\u202e.pdf").json()["links"]["self"].removeprefix("/api/v1")
    answer = unit.get(place)
    headers = answer.headers
    assert headers["content-disposition"].startswith("attachment; ")
    assert "/" not in headers["content-disposition"].partition("''")[2].replace("%2F", "/")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-store"
    assert not headers["etag"].startswith("W/")
    again = unit.get(place, headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_same_bytes_are_kept_once(unit: Caller, as_: As, database: Database) -> None:
    submit(as_, "P63-01", FIRST)
    add(unit)
    assert add(unit, "lan-hai.pdf", data={"target": "NC2"}).json()["target"] == "NC2"
    refused = add(unit, data={"target": "NC99"})
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/target"]
    misspelt = add(unit, data={"targets": "NC2"})
    assert (misspelt.status_code, misspelt.json()["errors"][0]["pointer"]) == (422, "/targets")
    other = f"/reports/{NC}/2024/P63-01/attachments"
    as_("reporter", "P63-01").post(other, files={"file": ("x.pdf", PDF)})
    assert (count(database, "stored_file"), count(database, "report_attachment")) == (1, 3)
    with database.reading() as session:
        actions = session.execute(
            text("SELECT action FROM audit_event WHERE action = 'report:attach'")
        ).all()
    assert len(actions) == 3


def test_only_the_unit_attaches_and_others_are_refused_before_the_file_is_read(
    unit: Caller, as_: As
) -> None:
    for role in ("reviewer", "viewer", "auditor", "admin"):
        assert as_(role).post(FILES, content=b"no form at all").status_code == 403
    stranger = as_("reporter", "P63-26")
    assert stranger.post(FILES, content=b"no form").status_code == 404
    assert stranger.get(FILES).status_code == 404
    made = add(unit).json()["links"]["self"].removeprefix("/api/v1")
    assert stranger.get(made).status_code == 404
    assert as_("reviewer").delete(made).status_code == 403
    assert add(as_("reporter", "P34-25")).status_code == 201  # its successor
    nowhere = f"/reports/{NC}/2024/P63-01/attachments"
    assert (
        as_("reporter", "P63-01").post(nowhere, files={"file": ("x.pdf", PDF)}).status_code == 404
    )


def test_what_is_added_to_a_draft_reaches_the_centre_with_the_report(as_: As) -> None:
    unit = as_("reporter", PHU)
    unit.put(PHU_THO, json={"values": FIRST})
    add(unit, "nhap.pdf")
    assert as_("reviewer").get(FILES).status_code == 404
    unit.post(f"{PHU_THO}/submit")
    assert names(as_, "reviewer") == ["nhap.pdf"]


def test_evidence_for_a_correction_is_the_centre_s_once_it_is_handed_in(as_: As) -> None:
    approved(as_, PHU, FIRST)
    unit = as_("reporter", PHU)
    add(unit, "ban-ky.pdf")
    assert names(as_, "reviewer") == ["ban-ky.pdf"]
    as_("reviewer").post(f"{PHU_THO}/reopen", json={"comment": "đính chính"})
    place = add(unit, "dinh-chinh.pdf").json()["links"]["self"].removeprefix("/api/v1")
    assert names(as_, "reviewer") == ["ban-ky.pdf"]
    assert as_("reviewer").get(place).status_code == 404
    assert names(as_, "reporter", PHU) == ["ban-ky.pdf", "dinh-chinh.pdf"]
    unit.post(f"{PHU_THO}/submit")
    assert names(as_, "reviewer") == ["ban-ky.pdf", "dinh-chinh.pdf"]
    assert as_("reviewer").get(place).status_code == 200


def test_a_file_is_withdrawn_while_the_report_is_the_unit_s_and_never_deleted(
    unit: Caller, as_: As, database: Database
) -> None:
    place = add(unit).json()["links"]["self"].removeprefix("/api/v1")
    stays = unit.delete(place)
    assert (stays.status_code, stays.json()["code"]) == (409, "wrong_status")
    assert "minh chứng giữ nguyên" in stays.json()["detail"]
    as_("reviewer").post(f"{PHU_THO}/return", json={"comment": "nhầm tệp"})
    assert [unit.delete(place).status_code for _ in range(2)] == [204, 204]
    assert unit.get(place).status_code == 404
    assert names(as_, "reviewer") == names(as_, "reporter", PHU) == []
    assert (count(database, "stored_file"), count(database, "report_attachment")) == (1, 1)
    assert unit.delete(f"{FILES}/nothing").status_code == 404


def test_a_report_and_a_unit_hold_only_so_much(
    unit: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    add(unit)
    add(unit)
    assert "đã có 2 tệp" in add(unit).json()["errors"][0]["message"]
    monkeypatch.setattr(attachments, "MOST_FILES", 20)
    monkeypatch.setattr(attachments, "MOST_BYTES", 3 * len(PDF) - 1)
    assert "đã đầy" in add(unit).json()["errors"][0]["message"]


def test_a_file_over_the_limit_is_refused(
    as_: As, url: str, token: TokenFactory, fence: Any
) -> None:
    submit(as_, PHU, FIRST)
    settings = Settings(database_url=url, secret_key=SECRET, attachment_limit=2_000)
    with TestClient(create_app(settings, fence=fence)) as client:
        officer = Caller(client, token("reporter", PHU, "người gửi"))
        refused = add(officer, content=PDF + bytes(2_000))
        assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
        assert add(officer, content=PDF + bytes(1_900)).status_code == 201


def test_the_same_file_sent_again_with_its_key_is_added_once(unit: Caller, as_: As) -> None:
    headers = {"Idempotency-Key": "f-1"}
    first, again = add(unit, headers=headers), add(unit, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert names(as_, "reporter", PHU) == ["ke-hoach.pdf"]
    assert add(unit, content=PDF + b"x", headers=headers).json()["code"] == "idempotency_conflict"
