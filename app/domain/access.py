"""Who may do what, where: roles, rights, and the one function that decides."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.domain.errors import NotAllowed, NotFound


class Role(StrEnum):
    REPORTER = "reporter"
    UNIT_APPROVER = "unit_approver"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token may be narrowed to."""

    READ = "read"
    REPORT = "report"
    DECIDE = "decide"
    ADMINISTER = "administer"


class Right(StrEnum):
    """What can be done, noun:verb; the audit calls the deed by the same name."""

    FIGURES_READ = "figures:read"
    FIGURES_READ_SUBMITTED = "figures:read_submitted"
    REPORT_READ = "report:read"
    REPORT_DRAFT = "report:draft"
    REPORT_SUBMIT = "report:submit"
    REPORT_WITHDRAW = "report:withdraw"
    REPORT_ENDORSE = "report:endorse"
    REPORT_APPROVE = "report:approve"
    REPORT_RETURN = "report:return"
    REPORT_REOPEN = "report:reopen"
    REPORT_COMMENT = "report:comment"
    REPORT_ATTACH = "report:attach"
    IMPORT_CREATE = "import:create"
    IMPORT_READ = "import:read"
    CATALOGUE_REVISE = "catalogue:revise"
    SUCCESSION_CREATE = "succession:create"
    REGISTER_PUT = "register:put"
    PERIOD_REVISE = "period:revise"
    PROPOSAL_READ = "proposal:read"
    PROPOSAL_DECIDE = "proposal:decide"
    PROPOSAL_WITHDRAW = "proposal:withdraw"
    SNAPSHOT_CREATE = "snapshot:create"
    PUBLIC_LINK_MANAGE = "public_link:manage"
    TOKEN_MANAGE = "token:manage"  # noqa: S105
    USER_MANAGE = "user:manage"
    WEBHOOK_MANAGE = "webhook:manage"
    ACCOUNT_OWN = "account:own"
    AUDIT_READ = "audit:read"


UNIT_ROLES = frozenset({Role.REPORTER, Role.UNIT_APPROVER})
CENTRE_ROLES = frozenset(Role) - UNIT_ROLES
_EVERYBODY, _ADMIN, _REVIEWER = frozenset(Role), frozenset({Role.ADMIN}), frozenset({Role.REVIEWER})

# The whole of who may: roles, and what a narrowed token needs for it.
MAY: dict[Right, tuple[frozenset[Role], Scope]] = {
    Right.FIGURES_READ: (_EVERYBODY, Scope.READ),
    Right.FIGURES_READ_SUBMITTED: (CENTRE_ROLES, Scope.READ),
    Right.REPORT_READ: (_EVERYBODY, Scope.READ),
    Right.REPORT_DRAFT: (UNIT_ROLES, Scope.REPORT),
    Right.REPORT_SUBMIT: (UNIT_ROLES, Scope.REPORT),
    Right.REPORT_WITHDRAW: (UNIT_ROLES, Scope.REPORT),
    Right.REPORT_ENDORSE: (frozenset({Role.UNIT_APPROVER}), Scope.REPORT),
    Right.REPORT_APPROVE: (_REVIEWER, Scope.DECIDE),
    Right.REPORT_RETURN: (_REVIEWER, Scope.DECIDE),
    Right.REPORT_REOPEN: (_REVIEWER, Scope.DECIDE),
    Right.REPORT_COMMENT: (UNIT_ROLES | _REVIEWER, Scope.REPORT),
    Right.REPORT_ATTACH: (UNIT_ROLES, Scope.REPORT),
    Right.IMPORT_CREATE: (UNIT_ROLES | _REVIEWER, Scope.REPORT),
    Right.IMPORT_READ: (UNIT_ROLES | _REVIEWER, Scope.REPORT),
    Right.CATALOGUE_REVISE: (_ADMIN, Scope.ADMINISTER),
    Right.SUCCESSION_CREATE: (_ADMIN, Scope.ADMINISTER),
    Right.REGISTER_PUT: (_ADMIN, Scope.ADMINISTER),
    Right.PERIOD_REVISE: (_ADMIN, Scope.ADMINISTER),
    Right.PROPOSAL_READ: (frozenset({Role.AUDITOR, Role.ADMIN}), Scope.READ),
    Right.PROPOSAL_DECIDE: (_ADMIN, Scope.ADMINISTER),
    Right.PROPOSAL_WITHDRAW: (_ADMIN, Scope.ADMINISTER),
    Right.SNAPSHOT_CREATE: (_ADMIN, Scope.ADMINISTER),
    Right.PUBLIC_LINK_MANAGE: (_ADMIN, Scope.ADMINISTER),
    Right.TOKEN_MANAGE: (_ADMIN, Scope.ADMINISTER),
    Right.USER_MANAGE: (_ADMIN, Scope.ADMINISTER),
    Right.WEBHOOK_MANAGE: (_ADMIN, Scope.ADMINISTER),
    Right.ACCOUNT_OWN: (_EVERYBODY, Scope.READ),
    Right.AUDIT_READ: (frozenset({Role.AUDITOR, Role.ADMIN}), Scope.READ),
}

# Done to a unit's report: by a predecessor's successors only up to its last day.
WRITING = frozenset(
    {
        Right.REPORT_DRAFT,
        Right.REPORT_SUBMIT,
        Right.REPORT_WITHDRAW,
        Right.REPORT_ENDORSE,
        Right.REPORT_ATTACH,
    }
)
# Theirs who sent it, and of the people of their unit: the rest of the centre does not see it.
PRIVATE = frozenset({Right.IMPORT_READ})
# Four eyes: never done to what is one's own; and what is done to nothing else.
NOT_TO_OWN = frozenset({Right.REPORT_APPROVE, Right.PROPOSAL_DECIDE})
TO_OWN_ALONE = frozenset({Right.PROPOSAL_WITHDRAW})


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or service behind a request, with the role and the unit it acts in.

    `account_id` is who is held to four eyes, whatever it signed in with. `unit` is None at the
    centre. `token` or `session` is what it came with (public ids); `scopes` None: all of its role.
    `address` is where the request came from, `agent` with which program: personal data.
    """

    account_id: int
    name: str
    role: Role
    unit: str | None = None
    token: str | None = field(default=None, repr=False)
    request_id: str | None = None
    scopes: frozenset[Scope] | None = None
    session: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    agent: str | None = field(default=None, repr=False)

    @property
    def at_centre(self) -> bool:
        return self.role in CENTRE_ROLES


class Subject(NamedTuple):
    """What something is done to, as far as rights depend on it.

    `unit` None: it belongs to no unit. `predecessors` are the actor's unit's. `ended_in_time`: the
    unit's last day lies on or after the period's. `shown` False: nobody at the centre may see it (a
    draft). `own`: the actor wrote it. `name` is what a NotFound may quote.
    """

    unit: str | None = None
    predecessors: Collection[str] = ()
    ended_in_time: bool = False
    shown: bool = True
    own: bool = False
    name: str = ""


class Answer(StrEnum):
    YES = "yes"
    NO = "no"  # 403
    UNSEEN = "unseen"  # 404: for this actor there is no such thing


NOTHING = Subject()


def can(actor: Actor, right: Right, subject: Subject = NOTHING) -> Answer:
    """The one decision about rights. Nothing else in the product asks for a role.

    Another unit's reports do not exist for a unit's people, a predecessor's do (rule 20), and are
    written for periods up to its last day; drafts are their unit's alone; nobody approves what is
    their own, nor confirms it.
    """
    if not _sees(actor, right, subject):
        return Answer.UNSEEN
    roles, scope = MAY[right]
    if actor.role not in roles or (actor.scopes is not None and scope not in actor.scopes):
        return Answer.NO
    if right in WRITING and subject.unit not in (None, actor.unit) and not subject.ended_in_time:
        return Answer.NO
    if (right in NOT_TO_OWN and subject.own) or (right in TO_OWN_ALONE and not subject.own):
        return Answer.NO
    return Answer.YES


def _sees(actor: Actor, right: Right, subject: Subject) -> bool:
    if right in PRIVATE:
        return subject.own or (subject.unit is not None and subject.unit == actor.unit)
    if actor.at_centre:
        return subject.shown
    return subject.unit in (None, actor.unit, *subject.predecessors)


def require(actor: Actor, right: Right, subject: Subject = NOTHING) -> None:
    """NotFound or NotAllowed unless `can` says yes."""
    answer = can(actor, right, subject)
    if answer is Answer.UNSEEN:
        raise NotFound(what=subject.name or subject.unit)
    if answer is Answer.NO:
        raise NotAllowed(role=actor.role, **_why_not(actor, right, subject))


def _why_not(actor: Actor, right: Right, subject: Subject) -> dict[str, str]:
    """More exactly than by the role, where there is more to say."""
    roles, scope = MAY[right]
    if actor.role in roles and right in NOT_TO_OWN and subject.own:
        return {"reason": "four_eyes"}
    if actor.scopes is not None and scope not in actor.scopes:
        return {"reason": "scope"}
    if actor.role in roles and right in TO_OWN_ALONE:
        return {"reason": "proposer_only"}
    return {}
