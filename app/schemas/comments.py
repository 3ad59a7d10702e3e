"""What is said about a report, between the unit and the centre or among the unit's own people."""

from typing import Annotated

from pydantic import AfterValidator
from typing_extensions import TypedDict

from app.schemas.fields import Code, Contract, Prose, Yes, not_blank


class RemarkIn(Contract):
    """`target`: about that value. `internal`: for the unit's own people."""

    text: Annotated[Prose, AfterValidator(not_blank)]
    target: Code | None = None
    internal: Yes = False


class RemarkOut(TypedDict):
    """`id` and `target` are None, and `action` is not, for what was said with a step of the report
    (return, reopen …). `side`: "unit" or "centre"; `revision` is the one it was said of."""

    id: int | None
    action: str | None
    target: str | None
    text: str
    internal: bool
    by: str
    side: str
    revision: int
    at: str
