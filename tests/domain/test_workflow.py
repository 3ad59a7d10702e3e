"""Which revision of a report counts (rule 17)."""

import pytest

from app.domain.workflow import Standing, Status, counting


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
