"""The board's digest: on Monday morning, the dashboard's own figures, once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.db.post_tables import MESSAGE
from app.db.session import Database
from app.domain.periods import period
from app.domain.targets import Programme, ProgrammePeriod
from app.services.digest import current
from tests.api.journeys import approved, ratio, submit
from tests.conftest import As
from tests.post.conftest import Later, Office, Worker
from tests.render.test_press import text_of

Person = Callable[..., int]
MONDAY = datetime(2024, 12, 9, 0, 30, tzinfo=UTC)  # half past seven in Ha Noi


def digests(database: Database) -> list[int]:
    question = select(MESSAGE.c.account_id).where(MESSAGE.c.template == "digest")
    with database.reading() as session:
        return list(session.execute(question.order_by(MESSAGE.c.id)).scalars())


def test_the_board_is_told_on_monday_what_the_dashboard_shows(
    as_: As, person: Person, worker: Worker, later: Later, office: Office, database: Database
) -> None:
    as_("admin").patch("/periods/NC-2024/2024", json={"due_on": "2024-12-05"})
    board = person("viewer", digest=True)
    person("viewer", number=2)
    approved(as_, "P63-25", [ratio("NC2", 300, 400), ratio("NC3", 390, 400)])
    submit(as_, "P63-26", [ratio("NC2", 1, 2)])
    stamped = later.now
    for moment in (-1, 0, 1, 24):  # half past six, half past seven, an hour later, on Tuesday
        later.now = MONDAY + timedelta(hours=moment)
        for one in (worker(), worker()):
            one.tick()
        assert digests(database) == ([] if moment < 0 else [board])
    later.now = stamped + timedelta(minutes=1)
    worker().send_letters()
    (letter,) = [one for one in office.letters if "Tình hình" in str(one["Subject"])]
    assert letter["Subject"] == "Tình hình thực hiện chỉ tiêu, ngày 09/12/2024"
    body = letter.get_body()
    assert body is not None
    said = body.get_content().replace("\r\n", "\n")
    papers = {one.get_filename(): one.get_content() for one in letter.iter_attachments()}
    assert set(papers) >= {"NC-2024_2024.pdf"}
    printed = "".join(text_of(papers["NC-2024_2024.pdf"]).split())
    # 300/400 and 390/400, by hand: 75 % and 97,5 %; Phú Thọ alone is approved.
    assert "300/400người" in printed
    assert "97,50%" in printed
    assert len(letter.as_bytes()) < 300_000
    where = {"programme": "NC-2024", "period": "2024"}
    shown = as_("viewer").get("/dashboards/overview", params=where).json()["summary"]
    reports = as_("viewer").get("/dashboards/completeness", params=where).json()
    told = said.partition("(NC-2024), kỳ 2024, hạn 05/12/2024")[2].partition("\n\n")[0]
    words = {"met": "Đạt", "not_met": "Chưa đạt", "undetermined": "Chưa đủ căn cứ kết luận"}
    assert f"Chỉ tiêu: {shown['targets']}, trong đó:" in told
    for verdict, word in words.items():
        line = f"  - {word}: {shown.get(verdict)}\n"
        assert (line in told) == (verdict in shown)
    percent = str(reports["completeness"]).replace(".", ",")
    assert f"đã nhận 2/{reports['expected']} ({percent} %), đúng hạn" in told
    missing = [one["short_vi"] for one in reports["units"] if one["unit"] in reports["missing"]]
    assert f"Quá hạn, chưa gửi ({len(missing)}): {', '.join(missing)}." in told
    assert "Phú Thọ" not in told
    assert "rung bình" not in said  # rule 14: no average of percentages


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_digest_is_for_those_who_read_all_figures(
    as_: As, person: Person, worker: Worker, later: Later, database: Database
) -> None:
    person("reporter", "P63-25", digest=True)
    ended = person("viewer", digest=True)
    patched = as_("admin").patch(f"/users/{ended}", json={"active": False})
    assert patched.status_code == 200
    later.now = MONDAY
    worker().tick()
    assert not digests(database)


def test_the_period_that_is_told_of_is_the_one_whose_due_day_is_nearest() -> None:
    days = {"2024-H1": "2024-06-20", "2024-9M": "2024-09-20", "2024": "2024-12-15"}
    periods = {
        code: ProgrammePeriod(
            id=number, programme="X", period=period(code), due_on=datetime.fromisoformat(day).date()
        )
        for number, (code, day) in enumerate(days.items())
    }
    programme = Programme("X", "", "", None, None, {}, (), {}, periods)
    for month, day, code in (
        (6, 1, "2024-H1"),
        (8, 6, "2024-9M"),
        (11, 15, "2024"),
        (8, 4, "2024-H1"),
    ):
        found = current(programme, datetime(2024, month, day, tzinfo=UTC).date())
        assert found is not None
        assert found.code == code
