"""What a refusal looks like, and what a refused request must leave as it was."""

from typing import Any

from sqlalchemy import func, select

from app.db.session import Database
from app.db.tables import metadata

REPORT = "/reports/NC-2024/2024/P63-25"
REVISION = "/programmes/NC-2024/targets/NC2/revisions"
CODES = {
    "ambiguous_number",
    "ambiguous_percent",
    "ambiguous_unit",
    "code_name_mismatch",
    "comment_required",
    "denominator_zero",
    "duplicate_row",
    "file_too_large",
    "formula_without_value",
    "idempotency_conflict",
    "invalid",
    "not_a_number",
    "not_a_workbook",
    "not_allowed",
    "not_an_integer",
    "not_found",
    "numerator_exceeds_denominator",
    "percent_mismatch",
    "percent_out_of_range",
    "period_closed",
    "precondition_failed",
    "precondition_required",
    "template_outdated",
    "too_many_requests",
    "unauthenticated",
    "unavailable",
    "unit_closed",
    "unit_not_expected",
    "unit_of_count",
    "unknown_target",
    "unknown_unit",
    "workbook_rejected",
    "wrong_status",
}


def problem_of(answer: Any) -> dict[str, Any]:
    """The problem in an answer, which must be one, whole and in the contract's words."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.content[:300])
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.keys() == {
        *("type", "title", "status", "detail", "instance", "code", "errors", "request_id")
    }
    assert problem["status"] == answer.status_code
    assert {problem["code"], *(error["code"] for error in problem["errors"])} <= CODES
    assert all(error["message"] for error in problem["errors"])
    assert problem["title"]
    assert problem["detail"]
    assert len(answer.content) < 200_000
    assert b"Traceback" not in answer.content
    return problem


def verdict(answer: Any) -> tuple[int, str, str]:
    """Status, place and code of the first fault; of the problem itself when it lists none."""
    if answer.status_code < 400 or answer.status_code >= 500:
        return answer.status_code, "", ""
    problem = problem_of(answer)
    first = (problem["errors"] or [{"pointer": "nowhere", "code": problem["code"]}])[0]
    return answer.status_code, first["pointer"], first["code"]


def stored(database: Database) -> dict[str, int]:
    """How many rows each table holds that a request writes, and the data version."""
    with database.reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name != "token_use"  # written beside the requests, whenever there is time
        } | {"data": session.info["version"].data}
