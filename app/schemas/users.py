"""People: their accounts, what they were granted, and what is kept about them."""

import re
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field, StrictStr
from typing_extensions import TypedDict

from app.domain.access import Role
from app.domain.text import control_character, nfc
from app.schemas.fields import Code, Contract, Day, Text, Title, Yes, fault
from app.schemas.tokens import GrantLine

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


def _email(text: str) -> str:
    """As browsers judge it, in lower case: nothing that could begin another line of a message."""
    said = nfc(text).lower()
    if control_character(said) or not _EMAIL.fullmatch(said):
        raise fault("invalid", reason="not_an_email")
    return said


Email = Annotated[StrictStr, Field(max_length=254), AfterValidator(_email)]
Name = Annotated[Title, Field(max_length=200)]
Tongue = Literal["vi", "en"]


class GrantIn(Contract):
    """`starts_on` null: from today; `ends_on` null: until further notice. Both days inclusive."""

    role: Role
    unit: Code | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    reason: Text | None = None


class UserFacts(Contract):
    """`name` is that of one person, and of nobody else."""

    name: Name
    email: Email | None = None
    language: Tongue = "vi"
    digest: Yes = False


class UserIn(UserFacts, GrantIn):
    """An invitation: who, and as what."""


class UserDefinition(UserFacts):
    active: Yes = True


class UserPatch(Contract):
    """`email` null takes the address away; `active` false lets nothing of the account in."""

    name: Name | None = None
    email: Email | None = None
    language: Tongue | None = None
    digest: Yes | None = None
    active: Yes | None = None


class PseudonymiseIn(Contract):
    """`reason` is kept for good: it names nobody."""

    reason: Annotated[Title, Field(max_length=500)]


class GrantOut(GrantLine):
    """`valid`: today, and the account is active. `granted_by` and `revoked_by` are accounts."""

    id: int
    reason: str | None
    granted_at: str
    granted_by: int
    revoked_at: str | None
    revoked_by: int | None
    valid: bool


class UserOut(TypedDict):
    """`password` and `second_factor`: whether there is one."""

    id: int
    name: str
    email: str | None
    language: str
    digest: bool
    active: bool
    password: bool
    second_factor: bool
    created_at: str
    deactivated_at: str | None
    pseudonymised_at: str | None
    grants: list[GrantOut]


class LinkOut(TypedDict):
    """`sent`: by e-mail. Otherwise `link`, in this one answer only."""

    id: int
    sent: bool
    link: NotRequired[str]


class UserMade(UserOut):
    """A user who was just invited, and how the link reaches them."""

    sent: bool
    link: NotRequired[str]


class PersonalEvent(TypedDict):
    id: int
    at: str
    action: str
    subject: str
    detail: Any
    personal: dict[str, Any] | None


class PersonalData(TypedDict):
    """Everything that is kept about one person. `records` by the kind of record, all of them by
    the account; secrets are left out. `deeds` are the audit's events of the person, `told` those
    about them."""

    account: dict[str, Any]
    records: dict[str, list[dict[str, Any]]]
    deeds: list[PersonalEvent]
    told: list[PersonalEvent]
