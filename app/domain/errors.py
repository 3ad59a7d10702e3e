"""Every refusal the system can give, by code. Doors turn a code into a status and a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Facts = Mapping[str, Any]


class Fault(NamedTuple):
    """One thing wrong in what was sent.

    `place` is a JSON pointer (/values/0/numerator), `code` the rule that was broken, `facts` what
    the sentence may quote, `expected` the figure or form that would have been right.
    """

    place: str
    code: str
    facts: Facts = {}
    expected: str | None = None


def step(part: object) -> str:
    """A JSON pointer's step; what cannot be printed is shown by its code point."""
    printable = str(part).encode("utf-8", "backslashreplace").decode()
    return printable.replace("~", "~0").replace("/", "~1")[:100]


class Refusal(Exception):
    """A rule said no. `code` is stable and English; `facts` are what the sentence may quote."""

    code = "invalid"

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts: Facts = facts
        self.faults: Sequence[Fault] = ()


class Unauthenticated(Refusal):
    code = "unauthenticated"


class SecondFactorNeeded(Unauthenticated):
    """Signed in, but a second factor is asked for; `enrolled` says whether there is one."""

    def __init__(self, *, enrolled: bool) -> None:
        super().__init__(reason="second_factor", enrolled=enrolled)
        self.enrolled = enrolled


class RoleNeeded(Unauthenticated):
    """Signed in, but in none of the roles that the account has today."""

    def __init__(self) -> None:
        super().__init__(reason="role")


class NotAllowed(Refusal):
    code = "not_allowed"


class NotFound(Refusal):
    code = "not_found"


class Invalid(Refusal):
    """What was sent breaks rules: all of them are listed, never just the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults


class BadCursor(Refusal):
    """A page cursor that this service did not make."""


class CommentRequired(Refusal):
    code = "comment_required"

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.faults = (Fault("/comment", self.code, facts),)


class Conflict(Refusal):
    """Well formed, but what is stored is in a state that forbids it."""


class WrongStatus(Conflict):
    code = "wrong_status"


class PeriodClosed(Conflict):
    code = "period_closed"


class UnitClosed(Conflict):
    code = "unit_closed"


class AmbiguousUnit(Conflict):
    """Rule 21: two units answer to the name; `faults` carry one reading each."""

    code = "ambiguous_unit"

    def __init__(self, said: str, readings: Sequence[str]) -> None:
        super().__init__(said=said, readings=", ".join(readings))
        self.faults = [
            Fault("", self.code, {"said": said, "readings": reading}, expected=reading)
            for reading in readings
        ]


class NameDisagrees(Refusal):
    """Rule 25: the typed name is not that of the unit with the typed code."""

    code = "code_name_mismatch"


class AlreadyThere(Conflict):
    code = "duplicate_row"


class PreconditionRequired(Refusal):
    code = "precondition_required"


class PreconditionFailed(Refusal):
    code = "precondition_failed"


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"


class TooLarge(Refusal):
    code = "file_too_large"


class TooSlow(Refusal):
    """What was announced did not come in time."""

    code = "invalid"

    def __init__(self) -> None:
        super().__init__(reason="too_slow")


class NotAWorkbook(Refusal):
    """Neither .xlsx, .ods nor .xls, nor text that can be CSV, whatever the file is called."""

    code = "not_a_workbook"


class WorkbookRejected(Refusal):
    """A workbook that is damaged, hostile or beyond what is read; `reason` says which."""

    code = "workbook_rejected"


class TooManyRequests(Refusal):
    code = "too_many_requests"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(seconds=retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refusal):
    code = "unavailable"
    retry_after_seconds = 2
