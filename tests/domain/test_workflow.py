"""The life of a report, and which of its revisions counts (rule 17)."""

import pytest

from app.domain.errors import CommentRequired, WrongStatus
from app.domain.workflow import (
    NEXT,
    Action,
    Standing,
    Status,
    after,
    check_comment,
    counting,
)


@pytest.mark.parametrize(
    ("status", "handed_in"),
    [
        (Status.SUBMITTED, 2),
        (Status.ENDORSED, 2),
        (Status.APPROVED, 2),
        (Status.RETURNED, 1),
        (Status.REOPENED, 1),
        (Status.WITHDRAWN, 1),
        (None, 1),
    ],
)
def test_what_is_not_handed_in_falls_back_to_the_last_approval(
    status: Status | None, handed_in: int
) -> None:
    assert counting(Standing.SUBMITTED, status, 2, approved=1) == handed_in
    assert counting(Standing.APPROVED, status, 2, approved=1) == 1


def test_nothing_counts_before_the_first_approval() -> None:
    assert counting(Standing.APPROVED, Status.SUBMITTED, 1, approved=None) is None
    assert counting(Standing.SUBMITTED, Status.RETURNED, 1, approved=None) is None


def test_only_what_was_handed_in_can_be_approved() -> None:
    approvable = {status for status, action in NEXT if action is Action.APPROVE}
    assert approvable == {Status.SUBMITTED, Status.ENDORSED}
    assert after(Status.SUBMITTED, Action.APPROVE) is Status.APPROVED


def test_an_approved_report_can_only_be_reopened() -> None:
    assert {action for status, action in NEXT if status is Status.APPROVED} == {Action.REOPEN}
    with pytest.raises(WrongStatus) as refused:
        after(Status.APPROVED, Action.DRAFT)
    assert refused.value.facts == {"status": Status.APPROVED, "action": Action.DRAFT}


@pytest.mark.parametrize("comment", [None, "", "  "])
def test_a_report_goes_back_only_with_a_reason(comment: str | None) -> None:
    with pytest.raises(CommentRequired) as refused:
        check_comment(Action.RETURN, comment)
    assert refused.value.facts == {"action": Action.RETURN}
    check_comment(Action.APPROVE, comment)
    check_comment(Action.REOPEN, "thiếu biểu 2")
