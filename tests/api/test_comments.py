"""What unit and centre say to each other about a report, and what the unit keeps to itself."""

from typing import Any

from sqlalchemy import text

from app.db.session import Database
from tests.api.journeys import NC, PHU_THO, ratio, submit
from tests.api.people import with_addresses
from tests.conftest import As

PHU = "P63-25"
THREAD = f"{PHU_THO}/comments"
FIRST = [ratio("NC2", 300, 400)]


def say(as_: As, role: str, words: str, **more: Any) -> Any:
    unit = PHU if role in ("reporter", "unit_approver") else None
    return as_(role, unit).post(THREAD, json={"text": words, **more})


def heard(as_: As, role: str, unit: str | None = None, query: str = "") -> list[str]:
    answer = as_(role, unit).get(THREAD + query)
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["items"]]


def letters(database: Database) -> list[tuple[str, str]]:
    """Of each letter about a comment: to whom, and what it quotes."""
    question = text(
        "SELECT account.name, facts FROM outbox_message "
        "JOIN account ON account.id = account_id WHERE template = 'commented' "
        "ORDER BY outbox_message.id"
    )
    with database.reading() as session:
        return [(row[0], str(row[1])) for row in session.execute(question)]


def draft(as_: As) -> Any:
    return as_("reporter", PHU).put(PHU_THO, json={"values": FIRST})


def test_unit_and_centre_speak_in_one_thread(as_: As) -> None:
    submit(as_, PHU, FIRST)
    asked = say(as_, "reviewer", "Mẫu số lấy từ đâu?", target="NC2")
    assert asked.status_code == 201
    made = asked.json()
    assert (made["side"], made["by"], made["target"]) == ("centre", "reviewer", "NC2")
    assert (made["revision"], made["internal"], made["action"]) == (1, False, None)
    assert say(as_, "reporter", "Theo sổ đoàn viên", target="NC2").json()["side"] == "unit"
    say(as_, "reporter", "Xin gửi kèm công văn")
    whole = ["Mẫu số lấy từ đâu?", "Theo sổ đoàn viên", "Xin gửi kèm công văn"]
    for role, unit in (("reporter", PHU), ("reviewer", None), ("viewer", None), ("admin", None)):
        assert heard(as_, role, unit) == whole
    assert heard(as_, "reviewer", None, "?target=NC2") == whole[:2]
    assert heard(as_, "reviewer", None, "?target=NC3") == []


def test_the_words_of_a_decision_stand_in_the_thread(as_: As) -> None:
    submit(as_, PHU, FIRST)
    say(as_, "reporter", "đã gửi")
    as_("reviewer").post(f"{PHU_THO}/return", json={"comment": "thiếu khối doanh nghiệp"})
    say(as_, "reporter", "sẽ bổ sung")
    items = as_("reviewer").get(THREAD).json()["items"]
    assert [(one["text"], one["side"], one["action"]) for one in items] == [
        ("đã gửi", "unit", None),
        ("thiếu khối doanh nghiệp", "centre", "return"),
        ("sẽ bổ sung", "unit", None),
    ]
    assert (items[1]["by"], items[1]["id"]) == ("reviewer", None)


def test_what_is_internal_stays_in_the_unit(as_: As, database: Database) -> None:
    submit(as_, PHU, FIRST)
    say(as_, "reviewer", "đang xem")
    before = letters(database)
    assert say(as_, "unit_approver", "hỏi lại ban tổ chức", internal=True).status_code == 201
    assert heard(as_, "reporter", PHU) == ["đang xem", "hỏi lại ban tổ chức"]
    for role in ("reviewer", "viewer", "auditor", "admin"):
        assert heard(as_, role) == ["đang xem"]
    assert letters(database) == before
    refused = say(as_, "reviewer", "của trung ương", internal=True)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/internal"]


def test_what_is_said_over_a_draft_reaches_the_centre_with_the_report(as_: As) -> None:
    tag = draft(as_).headers["etag"]
    say(as_, "reporter", "số liệu còn kiểm")
    assert as_("reviewer").get(THREAD).status_code == 404
    assert say(as_, "reviewer", "không thấy").status_code == 404
    as_("reporter", PHU).post(f"{PHU_THO}/submit", headers={"If-Match": tag})
    assert heard(as_, "reviewer") == ["số liệu còn kiểm"]
    back = as_("reviewer").post(f"{PHU_THO}/return", json={"comment": "sửa"})
    say(as_, "reporter", "sửa gì?")  # of the report that the centre has
    body = {"values": [ratio("NC2", 310, 400)]}
    as_("reporter", PHU).put(PHU_THO, json=body, headers={"If-Match": back.headers["etag"]})
    say(as_, "reporter", "đang sửa")  # of the draft in hand
    assert heard(as_, "reviewer") == ["số liệu còn kiểm", "sửa", "sửa gì?"]
    as_("reporter", PHU).post(f"{PHU_THO}/submit")
    assert heard(as_, "reviewer")[-1] == "đang sửa"


def test_what_is_said_before_the_endorsement_waits_for_it(as_: As) -> None:
    setting = {"endorsement": True, "reason": "Quy chế"}
    assert as_("admin").patch(f"/units/{PHU}", json=setting).status_code == 200
    submit(as_, PHU, FIRST)
    say(as_, "reporter", "trình ký")
    assert as_("reviewer").get(THREAD).status_code == 404
    as_("unit_approver", PHU).post(f"{PHU_THO}/endorse")
    assert heard(as_, "reviewer") == ["trình ký"]


def test_only_who_takes_part_speaks_and_other_units_hear_nothing(as_: As) -> None:
    submit(as_, PHU, FIRST)
    for role in ("viewer", "auditor", "admin"):
        assert say(as_, role, "xin chào").status_code == 403
    stranger = as_("reporter", "P63-26")
    assert stranger.get(THREAD).status_code == 404
    assert stranger.post(THREAD, json={"text": "x"}).status_code == 404
    assert as_("reporter", "P34-25").get(THREAD).status_code == 200  # its successor


def test_a_comment_says_something_of_something(as_: As) -> None:
    submit(as_, PHU, FIRST)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "/text"),
        ({"text": "  "}, "/text"),
        ({"text": "x", "target": "NC99"}, "/target"),
        ({"text": "x", "loud": True}, "/loud"),
    ]
    for body, pointer in wrong:
        refused = as_("reporter", PHU).post(THREAD, json=body)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert as_("reviewer").get(f"{THREAD}?target=NC99").json()["code"] == "invalid"


def test_the_other_side_is_told_and_nobody_of_their_own_words(as_: As, database: Database) -> None:
    with database.writing() as session:
        session.info["stamp"].take(setup=True)
        session.execute(
            text(
                "INSERT INTO account (name, language, digest, created_at) "
                "SELECT 'chuyên viên Phú Thọ', 'vi', false, at FROM data_version"
            )
        )
        session.execute(
            text(
                "INSERT INTO account_grant (account_id, role, unit, starts_on, granted_at, "
                "granted_by) SELECT a.id, 'reporter', 'P63-25', '2024-01-01', d.at, a.id "
                "FROM account a, data_version d WHERE a.name = 'chuyên viên Phú Thọ'"
            )
        )
    as_("reviewer")
    submit(as_, PHU, FIRST)
    with_addresses(database)
    say(as_, "reporter", "kính gửi")  # nobody at the centre has taken part yet
    assert letters(database) == []
    say(as_, "reviewer", "đã nhận")
    ((to, facts),) = letters(database)
    assert to == "chuyên viên Phú Thọ"
    assert "Phu Tho" in facts
    assert NC in facts
    say(as_, "reporter", "cảm ơn")
    assert [to for to, _ in letters(database)] == ["chuyên viên Phú Thọ", "reviewer"]


def test_a_comment_sent_again_with_its_key_is_said_once(as_: As) -> None:
    submit(as_, PHU, FIRST)
    headers = {"Idempotency-Key": "c-1"}
    first, again = (
        as_("reporter", PHU).post(THREAD, json={"text": "một lần"}, headers=headers)
        for _ in range(2)
    )
    assert first.json() == again.json()
    assert heard(as_, "reporter", PHU) == ["một lần"]
