"""The life of a report. A table, so that what is possible can be read off."""

from enum import StrEnum

from app.domain.errors import CommentRequired, WrongStatus


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    RETURNED = "returned"
    APPROVED = "approved"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class Standing(StrEnum):
    """Which figures count: the latest approved, or the latest handed in (rule 17)."""

    APPROVED = "approved"
    SUBMITTED = "submitted"


class Action(StrEnum):
    DRAFT = "draft"
    SUBMIT = "submit"
    ENDORSE = "endorse"
    APPROVE = "approve"
    RETURN = "return"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


WRITABLE = frozenset({Status.DRAFT, Status.RETURNED, Status.REOPENED, Status.WITHDRAWN})
# What the centre holds and counts when it also counts what is not yet approved (rule 17).
HANDED_IN = frozenset({Status.SUBMITTED, Status.ENDORSED, Status.APPROVED})

NEXT = {
    **{(status, Action.DRAFT): Status.DRAFT for status in WRITABLE},
    **{(status, Action.SUBMIT): Status.SUBMITTED for status in WRITABLE},
    (Status.SUBMITTED, Action.ENDORSE): Status.ENDORSED,
    (Status.SUBMITTED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.ENDORSED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.SUBMITTED, Action.APPROVE): Status.APPROVED,
    (Status.ENDORSED, Action.APPROVE): Status.APPROVED,
    (Status.SUBMITTED, Action.RETURN): Status.RETURNED,
    (Status.ENDORSED, Action.RETURN): Status.RETURNED,
    (Status.APPROVED, Action.REOPEN): Status.REOPENED,
}

# By these a person becomes one of a revision's authors, who never approve it (four eyes).
AUTHORING = frozenset({Action.DRAFT, Action.SUBMIT})
BY_THE_CENTRE = frozenset({Action.APPROVE, Action.RETURN, Action.REOPEN})
NEEDS_COMMENT = frozenset({Action.RETURN, Action.REOPEN})


def counting(
    standing: Standing, status: Status | None, revision: int | None, approved: int | None
) -> int | None:
    """Rule 17: the revision of a report that counts; None when none does.

    `status` and `revision` as the centre has them (drafts never count), `approved` the revision
    approved last: it stays in force until the next approval, whatever is returned or reopened.
    """
    handed_in = standing is Standing.SUBMITTED and status in HANDED_IN
    return revision if handed_in else approved


def after(status: Status, action: Action) -> Status:
    """The status that `action` leads to; WrongStatus when the report does not allow it."""
    try:
        return NEXT[status, action]
    except KeyError:
        raise WrongStatus(status=status, action=action) from None


def forgets_day(action: Action, at_centre: Status | None, *, held: bool) -> bool:
    """Whether the day on which a report came in no longer counts: what is taken back comes in anew,
    what is sent back does not. `held`: the centre is not told, and keeps what it has."""
    sent_back = held and at_centre not in (None, Status.WITHDRAWN)
    return action is Action.WITHDRAW and not sent_back


def check_comment(action: Action, comment: str | None) -> None:
    if action in NEEDS_COMMENT and not (comment or "").strip():
        raise CommentRequired(action=action)
