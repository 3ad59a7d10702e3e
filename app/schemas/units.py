"""Organisation units and successions."""

from typing import Annotated, Any, NotRequired

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from app.domain.units import UnitKind
from app.schemas.attainment import FigureChangeOut
from app.schemas.catalogue import check_days
from app.schemas.fields import Code, Contract, Day, Part, Prose, Text, Title, Yes, fault


class UnitNameIn(Contract):
    name_vi: Title
    short_vi: Title
    name_en: Title
    valid_from: Day | None = None
    valid_to: Day | None = None


class UnitDefinition(Contract):
    kind: UnitKind
    names: list[UnitNameIn] = Field(min_length=1, max_length=50)
    gso_code: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    aliases: list[Title] = Field(default=[], max_length=100)
    dates: Text = "unknown"
    legally_continuous: Yes | None = None
    note: Prose | None = None
    endorsement: Yes = False

    @model_validator(mode="after")
    def _days_in_order(self) -> "UnitDefinition":
        check_days(self.valid_from, self.valid_to)
        return self


class UnitIn(UnitDefinition):
    code: Annotated[Code, Field(max_length=20)]


class UnitPatch(Contract):
    """What is given changes, for the reason given. Its code and kind never do."""

    reason: Title
    names: list[UnitNameIn] | None = Field(default=None, min_length=1, max_length=50)
    gso_code: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    aliases: list[Title] | None = Field(default=None, max_length=100)
    note: Prose | None = None
    endorsement: Yes | None = None


class SuccessionIn(Contract):
    """On `effective_on` the predecessors have ended, but for those that are successors too. No
    successors: dispersed. `shares` of a split: one a successor, in their order or by code."""

    effective_on: Day
    predecessors: list[Code] = Field(min_length=1, max_length=100)
    successors: list[Code] = Field(max_length=100)
    act: Text | None = None
    shares: list[Part] | None = Field(default=None, min_length=2, max_length=100)
    yes_no: Annotated[Text, Field(pattern="^(all|any)$")] = "all"

    @model_validator(mode="before")
    @classmethod
    def _shares_in_order(cls, sent: Any) -> Any:
        """Shares by code become shares in the order of the successors."""
        shares = sent.get("shares") if isinstance(sent, dict) else None
        if not isinstance(shares, dict):
            return sent
        successors = sent.get("successors")
        if not isinstance(successors, list) or set(shares) != set(map(str, successors)):
            raise fault("invalid", reason="share_for_each_successor")
        return {**sent, "shares": [shares[str(code)] for code in successors]}


class UnitOut(TypedDict):
    code: str
    kind: str
    name_vi: str
    short_vi: str
    name_en: str
    gso_code: str | None
    valid_from: str | None
    valid_to: str | None
    dates: str
    aliases: list[str]
    names: list[dict[str, Any]]
    legally_continuous: bool | None
    note: str | None
    endorsement: bool


class SuccessionOut(TypedDict):
    effective_on: str
    predecessors: list[str]
    successors: list[str]
    act: str | None
    shares: list[str] | None
    yes_no: str


class FiguresChangedOut(TypedDict):
    """What a succession, or a target's revision, does to the figures of one period, as reported or
    as restated on its day. `before` or `after` None: there is no such row then."""

    programme: str
    period: str
    basis: str
    figures: list[FigureChangeOut]


class SuccessionMade(SuccessionOut):
    """`effects` of a dry run: everything that is not what it was."""

    dry_run: bool
    effects: NotRequired[list[FiguresChangedOut]]


class LineageOut(TypedDict):
    unit: str
    predecessors: list[str]
    successors: list[str]
    successions: list[SuccessionOut]
