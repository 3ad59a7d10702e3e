"""Every refusal the service can give: its code, its status, its sentences in two languages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.answers import STATUS
from app.db.session import Database
from app.domain import errors
from app.i18n import LANGUAGES, catalogue
from app.main import create_app
from app.settings import Settings
from tests.api.journeys import NC, PHU_THO, TT, ratio
from tests.conftest import SECRET, As, Caller, TokenFactory

Trigger = Callable[[As], Any]


def sent(value: dict[str, Any]) -> Trigger:
    body = {"values": [{"target": "NC2"} | value], "submit": True}
    return lambda as_: as_("reporter", "P63-25").put(PHU_THO, json=body)


def changed(**headers: str) -> Trigger:
    def trigger(as_: As) -> Any:
        unit = as_("reporter", "P63-25")
        unit.put(PHU_THO, json={"values": [ratio("NC2", 1, 2)], "submit": True})
        return unit.put(PHU_THO, json={"values": []}, headers=headers)

    return trigger


def closed(as_: As) -> Any:
    as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True})
    return sent({"percent": 61})(as_)


def returned_in_silence(as_: As) -> Any:
    sent({"percent": 61})(as_)
    return as_("reviewer").post(f"{PHU_THO}/return")


def used_key(as_: As) -> Any:
    headers = {"Idempotency-Key": "k"}
    as_("admin").post("/tokens", json={"name": "a", "role": "viewer"}, headers=headers)
    return as_("admin").post("/tokens", json={"name": "b", "role": "viewer"}, headers=headers)


def ended(as_: As) -> Any:
    return as_("reporter", "P63-25").put(f"/reports/{TT}/2025/P63-25", json={"values": []})


def too_early(as_: As) -> Any:
    return as_("reporter", "P34-25").put(f"/reports/{TT}/2024/P34-25", json={"values": []})


def large(as_: As) -> Any:
    return as_("reporter", "P63-25").put(PHU_THO, content=b" " * 1_000_001)


def upload(as_: As, content: bytes) -> Any:
    return as_("reporter", "P63-25").post("/imports", files={"file": ("a.xlsx", content)})


TWIN = {"code": NC, "title_vi": "hai", "title_en": "two"}
# One way to each code: status, and whether it is the problem's own code or that of an error in it.
WALK: dict[str, tuple[int, Trigger]] = {
    "not_found": (404, lambda as_: as_("viewer").get("/units/P63-99")),
    "unauthenticated": (401, lambda as_: as_(None).get("/me")),
    "not_allowed": (403, lambda as_: as_("viewer").get("/tokens")),
    "invalid": (422, sent({"colour": 1})),
    "numerator_exceeds_denominator": (422, sent({"numerator": 520, "denominator": 500})),
    "percent_mismatch": (422, sent({"numerator": 3, "denominator": 4, "percent": "80"})),
    "percent_out_of_range": (422, sent({"percent": 101})),
    "denominator_zero": (422, sent({"numerator": 1, "denominator": 0})),
    "not_an_integer": (422, sent({"numerator": 1.5, "denominator": 2})),
    "ambiguous_number": (422, sent({"percent": "95.500"})),
    "ambiguous_percent": (422, sent({"percent": "0,95"})),
    "unit_of_count": (422, sent({"numerator": "385.200 lượt", "denominator": 2})),
    "not_a_number": (422, sent({"percent": "gần 90"})),
    "unknown_unit": (
        422,
        lambda as_: as_("admin").post(
            "/tokens", json={"name": "a", "role": "reporter", "unit": "P63-99"}
        ),
    ),
    "unit_closed": (409, ended),
    "unit_not_expected": (422, too_early),
    "code_name_mismatch": (
        422,
        lambda as_: as_("viewer").get("/units/resolve?code=P63-25&name=Hà Nội"),
    ),
    "ambiguous_unit": (409, lambda as_: as_("viewer").get("/units/resolve?code=24")),
    "unknown_target": (422, sent({"target": "NC9"})),
    "duplicate_row": (409, lambda as_: as_("admin").post("/programmes", json=TWIN)),
    "period_closed": (409, closed),
    "wrong_status": (409, changed(**{"If-Match": "*"})),
    "comment_required": (422, returned_in_silence),
    "precondition_required": (428, changed()),
    "precondition_failed": (412, changed(**{"If-Match": '"9"'})),
    "idempotency_conflict": (422, used_key),
    "file_too_large": (413, large),
    "not_a_workbook": (422, lambda as_: upload(as_, b"%PDF-1.7")),
    "workbook_rejected": (422, lambda as_: upload(as_, b"PK\x03\x04 but no zip")),
}
ELSEWHERE = {
    *("too_many_requests", "unavailable"),
    # In the summary of an import (test_imports.py).
    *("formula_without_value", "template_outdated"),
}


@pytest.mark.parametrize("code", WALK)
def test_every_code_has_its_status_and_its_words(as_: As, code: str) -> None:
    status, trigger = WALK[code]
    answer = trigger(as_)
    problem = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in {problem["code"], *(error["code"] for error in problem["errors"])}
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["instance"].startswith("/api/v1/")
    for words in (problem["title"], problem["detail"], *(e["message"] for e in problem["errors"])):
        assert words
        assert "{" not in words
        assert "(?)" not in words  # a fact that the sentence quotes and nobody gave


def test_no_code_is_without_a_way_to_it() -> None:
    codes = {key.split(".")[1] for key in catalogue("vi") if key.startswith(("fault.", "problem."))}
    assert codes == set(WALK) | ELSEWHERE


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "vi"), ("en", "en"), ("fr, en;q=0.5", "en"), ("en;q=0.3, vi", "vi"), ("xx;q=a", "vi")],
)
def test_words_follow_the_reader_s_language(
    client: TestClient, accepted: str, language: str
) -> None:
    answer = client.get("/api/v1/me", headers={"Accept-Language": accepted})
    titles = {"vi": "Chưa đăng nhập", "en": "Not signed in"}
    assert answer.json()["title"] == titles[language]
    assert answer.headers["content-language"] == language


def test_every_refusal_has_a_status_and_a_sentence_in_every_language() -> None:
    def kinds(root: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
        yield root
        for kind in root.__subclasses__():
            yield from kinds(kind)

    for kind in kinds(errors.Refusal):
        assert any(parent in STATUS for parent in kind.__mro__)
        for language in LANGUAGES:
            assert f"problem.{kind.code}" in catalogue(language)


def test_both_languages_say_the_same_things() -> None:
    assert set(catalogue("vi")) == set(catalogue("en"))
    for key, sentence in catalogue("vi").items():
        if key.startswith("page."):
            continue  # dates and quarters are put together differently
        facts = {word.split("}")[0] for word in sentence.split("{")[1:]}
        assert {word.split("}")[0] for word in catalogue("en")[key].split("{")[1:]} == facts, key


def test_an_address_that_is_none_is_a_problem_too(as_: As, client: TestClient) -> None:
    viewer = as_("viewer")
    assert viewer.get("/nothing").json()["code"] == "not_found"
    assert client.get("/nothing-at-all", headers=viewer.headers).status_code == 404
    wrong = viewer.delete("/units")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "not_allowed")


def test_a_database_that_does_not_answer_is_ours_and_can_be_tried_again(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = as_("viewer")
    viewer.get("/me")

    def down(_self: Database) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(Database, "reading", down)
    answer = viewer.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert "gone" not in answer.text
    assert "SELECT" not in answer.text


def test_a_fault_of_our_own_shows_nothing_of_the_inside(
    url: str, token: TokenFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = token("viewer")

    def broken(_self: Database) -> None:
        raise ZeroDivisionError("secret detail")

    app = create_app(Settings(database_url=url, secret_key=SECRET))
    with TestClient(app, raise_server_exceptions=False) as client:
        monkeypatch.setattr(Database, "reading", broken)
        answer = Caller(client, made).get("/units")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
