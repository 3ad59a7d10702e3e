"""Changes of the rules that wait for a second administrator."""

from typing import Any

from typing_extensions import TypedDict


class ProposalLine(TypedDict):
    """`kind` is the right that the change needs, `subject` what it changes."""

    id: str
    kind: str
    subject: str
    state: str
    at: str
    by: str
    decided_at: str | None
    decided_by: str | None
    comment: str | None
    links: dict[str, str]


class ProposedChange(TypedDict):
    """What the audit would have said of the change when it was proposed; `detail` has before and
    after, of the definition or of each population."""

    action: str
    subject: str
    detail: dict[str, Any]


class ProposalOut(ProposalLine):
    """`content` is what was sent, `changes` what that would have done then."""

    content: dict[str, Any]
    changes: list[ProposedChange]
