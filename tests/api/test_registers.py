"""Population registers: how many there are to count of, revised and never overwritten."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.db.people_tables import AUDIT
from app.db.registers import registered
from app.db.session import Database
from app.db.tables import PERIOD, REGISTER, UNIT
from tests.api.journeys import NC, TT
from tests.api.problems import problem_of, stored
from tests.conftest import As

A, B = "P63-25", "P63-26"


def entry(unit: str, denominator: int | None, **more: Any) -> dict[str, Any]:
    return {"target": "NC2", "period": "2024", "unit": unit, "denominator": denominator} | more


def put(as_: As, *rows: dict[str, Any], reason: str | None = None) -> Any:
    """The administrator registers rows that must be accepted."""
    answer = as_("admin").put("/registers", json={"rows": rows, "reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(**more: int) -> dict[str, int]:
    made = {"created": 0, "updated": 0, "cleared": 0, "unchanged": 0} | more
    return {"read": sum(made.values()), **made}


def in_force(as_: As, **query: Any) -> list[tuple[str, str, int]]:
    items = as_("viewer").get("/registers", params=query).json()["items"]
    return [(one["target"], one["unit"], one["denominator"]) for one in items]


def known(database: Database, at: datetime | None = None) -> list[int]:
    """Every denominator that rules of the year 2024 are given, now or as known at an instant."""
    with database.reading() as session:
        periods = session.scalars(select(PERIOD.c.id).where(PERIOD.c.code == "2024")).all()
        found = registered(session, periods, at)
    return [d for targets in found.values() for units in targets.values() for d in units.values()]


def faults(as_: As, *rows: dict[str, Any]) -> list[tuple[str, str]]:
    answer = as_("admin").put("/registers", json={"rows": rows})
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in problem_of(answer)["errors"]]


def test_a_population_is_registered_and_read_by_everyone_signed_in(as_: As) -> None:
    made = put(as_, entry(A, 400, programme=NC), entry(B, 0), reason="Niên giám 2023")
    assert made["counts"] == counts(created=2)
    assert made["items"][0] == {
        "programme": NC,
        "unit": A,
        "target": "NC2",
        "period": "2024",
        "denominator": 400,
        "revision": 1,
        "at": made["items"][0]["at"],
        "by": "admin",
        "reason": "Niên giám 2023",
    }
    for role, unit in (("reporter", B), ("viewer", None), ("auditor", None), ("reviewer", None)):
        assert as_(role, unit).get("/registers").json() == {"items": made["items"], "next": None}
    assert as_(None).get("/registers").status_code == 401


def test_a_list_of_populations_is_filtered_and_paged(as_: As) -> None:
    put(as_, entry(B, 20), entry(A, 10), entry(A, 30, target="TT3"), entry(A, 5, period="2024-H1"))
    year = {"period": "2024"}
    assert in_force(as_, programme=NC, **year) == [("NC2", A, 10), ("NC2", B, 20)]
    assert in_force(as_, target="TT3") == in_force(as_, programme=TT) == [("TT3", A, 30)]
    assert in_force(as_, unit=[A, B], target=["NC2"], **year) == [("NC2", A, 10), ("NC2", B, 20)]
    assert in_force(as_, programme=TT, target="TT1") == []
    first = as_("viewer").get("/registers", params={"limit": 3}).json()
    rest = as_("viewer").get("/registers", params={"limit": 3, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    for name, code in {"programme": "X", "target": "NC9", "period": "2050", "unit": "P63"}.items():
        assert as_("viewer").get("/registers", params={name: code}).status_code == 404
    wrong = as_("viewer").get("/registers", params={"programme": NC, "target": "TT3"})
    assert wrong.status_code == 404


def test_a_population_is_revised_and_never_overwritten(as_: As, database: Database) -> None:
    first = put(as_, entry(A, 400), entry(B, 500))["items"][0]
    body = {"rows": [entry(A, 410), entry(B, 500)], "reason": "đếm lại"}
    answer = as_("admin", name="Bà Hoa").put("/registers", json=body).json()
    assert answer["counts"] == counts(updated=1, unchanged=1)
    again, other = answer["items"]
    assert (again["revision"], again["denominator"]) == (2, 410)
    assert (again["by"], again["reason"]) == ("Bà Hoa", "đếm lại")
    assert (other["revision"], other["by"], other["reason"]) == (1, "admin", None)
    assert again["at"] > first["at"]
    assert sorted(known(database)) == [410, 500]
    assert sorted(known(database, datetime.fromisoformat(first["at"]))) == [400, 500]
    with database.reading() as session:
        kept = session.execute(select(REGISTER.c.revision, REGISTER.c.denominator)).all()
    assert sorted(map(tuple, kept)) == [(1, 400), (1, 500), (2, 410)]


def test_a_population_is_withdrawn_and_can_be_registered_again(as_: As, database: Database) -> None:
    at = put(as_, entry(A, 400))["items"][0]["at"]
    gone = put(as_, entry(A, None), entry(B, None), reason="nhầm đơn vị")
    assert gone == {"counts": counts(cleared=1, unchanged=1), "items": []}
    assert not in_force(as_)
    assert not known(database)
    assert known(database, datetime.fromisoformat(at)) == [400]
    assert put(as_, entry(A, None))["counts"] == counts(unchanged=1)
    back = put(as_, entry(A, 400))
    assert back["counts"] == counts(created=1)
    assert back["items"][0]["revision"] == 3


def test_the_same_again_changes_nothing(as_: As, database: Database) -> None:
    rows = (entry(A, 400), entry(B, 500))
    made = put(as_, *rows, reason="lần đầu")
    before = stored(database)
    again = put(as_, *rows, reason="lần hai")
    assert again == {"counts": counts(unchanged=2), "items": made["items"]}
    assert put(as_) == {"counts": counts(), "items": []}
    assert stored(database) == before
    put(as_, entry(A, 401))
    after = stored(database)
    assert {name for name in after if after[name] != before[name]} == {
        *("data", "register_entry", "audit_event", "audit_personal")
    }


def test_a_change_is_audited_with_what_was_there_before(as_: As, database: Database) -> None:
    put(as_, entry(A, 400), entry(B, 500))
    put(as_, entry(A, 410), entry(B, 500), reason="đếm lại")
    with database.reading() as session:
        rows = session.execute(
            select(AUDIT.c.subject, AUDIT.c.detail)
            .where(AUDIT.c.action == "register:put")
            .order_by(AUDIT.c.id)
        ).all()
    assert [subject for subject, _ in rows] == ["registers", "registers"]
    names = {"programme": NC, "period": "2024", "target": "NC2", "unit": A}
    assert rows[1][1] == {
        "reason": "đếm lại",
        "counts": counts(updated=1, unchanged=1),
        "rows": [{**names, "before": 400, "after": 410}],
    }


def test_every_fault_is_told_at_once_and_nothing_is_stored(as_: As, database: Database) -> None:
    put(as_, entry(A, 400))
    before = stored(database)
    assert faults(
        as_,
        entry(A, 500),
        entry("P63-99", 1),
        entry(A, 1, target="NC9"),
        entry(A, 1, target="NC9", programme=TT),
        entry(A, 1, programme="NC-1999"),
        entry(A, 1, period="năm 2024"),
        entry(A, 1, period="2031"),
        entry(A, 1, target="TT3", period="2024-Q1"),
        entry("P34-25", 1),
        entry(A, 1, target="NC1a"),
        entry(A, 600, programme=NC),
        entry("P63-99", -1, colour=1),
        {"unit": A, "target": "NC2", "period": "2024"},
        entry(B, "400"),  # type: ignore[arg-type]
        entry("P63-99", 1, target="NC1a", period="2031"),
    ) == [
        ("/rows/1/unit", "unknown_unit"),
        ("/rows/2/target", "unknown_target"),
        ("/rows/3/target", "unknown_target"),
        ("/rows/4/programme", "not_found"),
        ("/rows/5/period", "invalid"),
        ("/rows/6/period", "not_found"),
        ("/rows/7/period", "invalid"),
        ("/rows/8/unit", "unit_not_expected"),
        ("/rows/9/target", "invalid"),
        ("/rows/10", "duplicate_row"),
        ("/rows/11/denominator", "invalid"),
        ("/rows/11/colour", "invalid"),
        ("/rows/12/denominator", "invalid"),
        ("/rows/13/denominator", "not_an_integer"),
        ("/rows/14/unit", "unknown_unit"),
        ("/rows/14/period", "not_found"),
        ("/rows/14/target", "invalid"),
    ]
    assert stored(database) == before
    assert in_force(as_) == [("NC2", A, 400)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/rows"),
        ({"rows": {}}, "/rows"),
        ({"rows": [{}] * 10_001}, "/rows"),
        ({"rows": [1]}, "/rows/0"),
        ({"rows": [], "why": "x"}, "/why"),
        ({"rows": [], "reason": "a\0b"}, "/reason"),
        ([], ""),
    ],
)
def test_what_is_no_register_is_refused(as_: As, body: Any, pointer: str) -> None:
    problem = problem_of(as_("admin").put("/registers", json=body))
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, pointer)


def test_a_row_says_its_programme_where_two_have_such_a_target(as_: As) -> None:
    twin = as_("admin").get(f"/programmes/{NC}/targets/NC2").json()
    target = {
        **{name: twin[name] for name in ("code", "title_vi", "title_en", "value_kind")},
        **{name: twin[name] for name in ("reported_by", "unit_rule", "periods")},
        "group": 1,
    }
    made = {
        "code": "NC-2030",
        "title_vi": "Nghị quyết sau",
        "title_en": "A later resolution",
        "groups": [{"number": 1, "title_vi": "một", "title_en": "one"}],
        "targets": [target],
        "periods": [{"code": "2024"}, {"code": "2023"}],
    }
    answer = as_("admin").post("/programmes", json=made)
    assert answer.status_code == 201, answer.text
    # Only the new one has a 2023, and only the old one has a first half of 2024.
    alone = put(as_, entry(A, 1, period="2023"), entry(A, 2, period="2024-H1"))
    assert [one["programme"] for one in alone["items"]] == ["NC-2030", NC]
    refused = as_("admin").put("/registers", json={"rows": [entry(A, 3)]})
    (error,) = problem_of(refused)["errors"]
    assert (error["pointer"], error["code"]) == ("/rows/0/programme", "invalid")
    assert error["expected"] == "NC-2024, NC-2030"
    assert "NC-2024, NC-2030" in error["message"]
    said = put(as_, entry(A, 3, programme=NC), entry(A, 4, programme="NC-2030"))
    assert [one["denominator"] for one in said["items"]] == [3, 4]


def test_only_administrators_register_populations(as_: As, database: Database) -> None:
    callers = [as_(role) for role in ("viewer", "auditor", "reviewer")]
    callers += [as_("reporter", A), as_("unit_approver", A)]
    before = stored(database)
    for caller in callers:
        for body in ({"rows": [entry(A, 400)]}, {"rows": "not judged before"}):
            refused = caller.put("/registers", json=body)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert as_(None).put("/registers", json={"rows": []}).status_code == 401
    assert stored(database) == before


def test_the_country_is_registered_at_once_or_not_at_all(as_: As, database: Database) -> None:
    with database.reading() as session:
        provinces = session.scalars(select(UNIT.c.code).where(UNIT.c.code.like("P63-%"))).all()
    rows = [
        entry(unit, 10**15, target=target, period=period)
        for unit in provinces
        for target in ("NC2", "NC3", "TT3")
        for period in ("2024", "2024-H1")
    ]
    as_("admin")
    before = stored(database)
    assert faults(as_, *rows, entry("P63-99", 1)) == [(f"/rows/{len(rows)}/unit", "unknown_unit")]
    assert stored(database) == before
    assert put(as_, *rows)["counts"] == counts(created=63 * 6)
    assert known(database) == [10**15] * (63 * 3)
