"""Reminders before and after the due day: to whom they concern, on the day, once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.db.post_tables import MESSAGE
from app.db.session import Database
from tests.api.journeys import ratio, submit
from tests.conftest import As
from tests.post.conftest import Later, Office, Worker

Person = Callable[..., int]
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def in_vietnam(day: int, hour: int = 8, month: int = 12) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


def due(as_: As, **more: object) -> None:
    """The year's reports are due on 15 December 2024."""
    change = {"due_on": "2024-12-15", "reminder_days": [-7, -1, 1, 7], **more}
    answer = as_("admin").patch("/periods/NC-2024/2024", json=change)
    assert answer.status_code == 200, answer.text


def reminded(database: Database) -> list[tuple[str, str]]:
    """Letter and occasion of every reminder about the year, in the order made."""
    about = MESSAGE.c.key.like("remind/reports/NC-2024/2024/%")
    question = select(MESSAGE.c.template, MESSAGE.c.key).where(about).order_by(MESSAGE.c.id)
    with database.reading() as session:
        rows = session.execute(question).all()
    return [(row[0], row[1].removeprefix("remind/reports/NC-2024/2024/")) for row in rows]


def test_who_has_not_reported_is_reminded_on_each_reminder_day_once(
    as_: As, person: Person, worker: Worker, later: Later, database: Database
) -> None:
    due(as_)
    silent, ready = person("reporter", "P63-25"), person("reporter", "P63-26")
    submit(as_, "P63-26", [ratio("NC2", 300, 400)])
    assert silent != ready
    processes, made = (worker(), worker()), {}
    for day, hour in ((8, 6), (8, 7), (8, 20), (14, 8), (16, 8), (22, 8), (31, 8)):
        later.now = in_vietnam(day, hour)
        for one in processes:
            one.tick()
        made[day, hour] = len(reminded(database))
    later.now = in_vietnam(22, 9)
    worker().tick()  # started again
    assert reminded(database) == [
        ("due_soon", f"P63-25/-7/{silent}"),
        ("due_soon", f"P63-25/-1/{silent}"),
        ("overdue", f"P63-25/1/{silent}"),
        ("overdue", f"P63-25/7/{silent}"),
    ]
    assert made[8, 6] == 0  # nobody is woken
    assert made[8, 7] == made[8, 20] == 1


@ON_SQLITE
def test_a_reminder_says_what_is_due_and_when(
    as_: As, person: Person, worker: Worker, later: Later, office: Office
) -> None:
    due(as_)
    person("reporter", "P63-25")
    written_at, later.now = later.now, in_vietnam(16)
    working = worker()
    working.tick()
    later.now = written_at + timedelta(minutes=1)
    working.send_letters()
    (letter,) = [one for one in office.letters if "NC-2024" in str(one["Subject"])]
    assert letter["Subject"] == "Quá hạn báo cáo: Phú Thọ, NC-2024, kỳ 2024"
    assert "Hạn gửi là hết ngày 15/12/2024, nay đã quá hạn" in letter.get_content()


@ON_SQLITE
def test_a_unit_with_an_exception_is_left_in_peace_until_it_ends(
    as_: As, person: Person, worker: Worker, later: Later, database: Database
) -> None:
    due(as_)
    person("reporter", "P63-25")
    let_off = {"unit": "P63-25", "until": "2024-12-20T17:00:00Z", "reason": "Bão số 3"}
    answer = as_("admin").post("/periods/NC-2024/2024/exceptions", json=let_off)
    assert answer.status_code == 201, answer.text
    later.now = in_vietnam(16)
    worker().tick()
    assert not reminded(database)
    later.now = in_vietnam(22)
    worker().tick()
    assert [one[0] for one in reminded(database)] == ["overdue"]


@ON_SQLITE
def test_heirs_are_reminded_of_what_their_predecessor_owes(
    as_: As, person: Person, worker: Worker, later: Later, database: Database
) -> None:
    due(as_)
    heir = person("unit_approver", "P34-25")
    person("viewer")
    later.now = in_vietnam(14)
    worker().tick()
    assert ("due_soon", f"P63-25/-1/{heir}") in reminded(database)


@ON_SQLITE
@pytest.mark.parametrize("shut", [{"closed": True}, {"closes_on": "2024-12-15"}])
def test_nobody_is_reminded_of_a_closed_period_or_without_a_mail_server(
    as_: As,
    person: Person,
    worker: Worker,
    later: Later,
    database: Database,
    shut: dict[str, object],
) -> None:
    due(as_, **shut)
    person("reporter", "P63-25")
    later.now = in_vietnam(16)
    worker().tick()
    assert not reminded(database)
