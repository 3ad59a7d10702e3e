"""The life of a proposal: a change of the rules that waits for a second administrator."""

from enum import StrEnum


class ProposalState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# What is proposed: where, what was said, and what that did. The audit keeps its hash.
PROPOSED = ("place", "content", "changes")
