"""Who may do what, where."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.errors import NotAllowed, NotFound


class Role(StrEnum):
    REPORTER = "reporter"
    UNIT_APPROVER = "unit_approver"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    ADMIN = "admin"


UNIT_ROLES = frozenset({Role.REPORTER, Role.UNIT_APPROVER})
CENTRE_ROLES = frozenset(Role) - UNIT_ROLES


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or service behind a request, with the role and the unit of the token it sent.

    `account_id` is who is held to four eyes, whatever token was used. `unit` is None at the centre.
    """

    account_id: int
    name: str
    role: Role
    unit: str | None = None
    token: str | None = field(default=None, repr=False)
    request_id: str | None = None

    def require(self, *roles: Role) -> None:
        if self.role not in roles:
            raise NotAllowed(role=self.role)

    @property
    def at_centre(self) -> bool:
        return self.role in CENTRE_ROLES

    def require_sight(self, unit: str, predecessors: Collection[str]) -> None:
        """Another unit's reports do not exist for a unit's people; a predecessor's do (rule 20)."""
        if not self.at_centre and unit != self.unit and unit not in predecessors:
            raise NotFound(what=unit)
