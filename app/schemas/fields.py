"""The kinds of field that contracts are made of, and how what was sent becomes a contract."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictStr,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.domain.errors import Fault, Invalid, step
from app.domain.numbers import LARGEST_COUNT, Percent, Unreadable, percent_of, read_percent
from app.domain.periods import end_of
from app.domain.text import control_character, nfc

T = TypeVar("T")


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def fault(code: str, **facts: Any) -> PydanticCustomError:
    """An error that carries one of the contract's codes out of pydantic."""
    printable = {name: _printable(fact) for name, fact in facts.items()}
    return PydanticCustomError("fault", "{code}", {"code": code, **printable})


def _printable(fact: Any) -> Any:
    """Lone surrogates by their code point: no answer could carry them as they are."""
    return fact.encode("utf-8", "backslashreplace").decode() if isinstance(fact, str) else fact


def _clean(allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        found = control_character(text, allowed)
        if found:
            raise fault("invalid", reason="control_character", value=found)
        return nfc(text)

    return check


def _whole(value: Any) -> int:
    """A JSON integer from 0 to 10^15; a text says best what is wrong with it."""
    if isinstance(value, str):
        if re.search("lượt", nfc(value), re.IGNORECASE):
            raise fault("unit_of_count", value=nfc(value)[:60])
        digits = re.fullmatch(r"[\d.,\s]+", value)
        raise fault("not_an_integer" if digits else "not_a_number", value=value[:60])
    if isinstance(value, Decimal) and not value.is_finite():
        raise fault("not_a_number", value=str(value))
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise fault("not_an_integer", value=str(value)[:60])
    if value > LARGEST_COUNT or value < -LARGEST_COUNT:
        raise fault("invalid", reason="too_large", value=LARGEST_COUNT)
    if isinstance(value, Decimal):
        raise fault("not_an_integer", value=str(value)[:60])
    if value < 0:
        raise fault("invalid", reason="negative", value=value)
    return value


def _percent(value: Any) -> Percent:
    """A JSON number is percent points; a text is read as people write (rule 24)."""
    if isinstance(value, Percent):
        return value
    try:
        if isinstance(value, str):
            return read_percent(nfc(value))
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return percent_of(value)
    except Unreadable as unreadable:
        raise fault(unreadable.code, **unreadable.facts) from None
    raise fault("not_a_number", value=str(value)[:60])


def _part(value: Any) -> Fraction:
    """0.6, "0.6", "0,6" or "3/5", exact; from 0 to 10."""
    text = str(value).replace(",", ".") if isinstance(value, int | Decimal | str) else ""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not re.fullmatch(
        r"[0-9]{1,3}(\.[0-9]{1,12})?|[0-9]{1,15}/[1-9][0-9]{0,12}", text
    ):
        raise fault("not_a_number", value=str(value)[:60])
    part = Fraction(text)
    if part > 10:
        raise fault("invalid", reason="too_large", value=10)
    return part


def not_blank(text: str) -> str:
    if not text.strip():
        raise fault("invalid", reason="too_short")
    return text


def _day(value: Any) -> date:
    """From 1900 to 2999: far enough, and a day more or an hour less is still a day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise fault("invalid", reason="not_a_day", value=str(value)[:60])


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str) and re.match(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}T", value):
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise fault("invalid", reason="not_an_instant", value=str(value)[:60])


def _until(value: Any) -> datetime:
    """The first instant that is no longer meant: a day means through its end in Viet Nam."""
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return end_of(_day(value)).astimezone(UTC)
    return _instant(value)


LINE, PROSE = 500, 10_000
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

Text = Annotated[StrictStr, Field(max_length=LINE), AfterValidator(_clean(""))]
Title = Annotated[
    StrictStr,
    Field(min_length=1, max_length=LINE),
    AfterValidator(_clean("")),
    AfterValidator(not_blank),
]
Prose = Annotated[StrictStr, Field(max_length=PROSE), AfterValidator(_clean("\n\r\t"))]
Code = Annotated[StrictStr, Field(min_length=1, max_length=40, pattern=CODE_PATTERN)]
Whole = Annotated[
    int,
    BeforeValidator(_whole),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}),
]
PercentIn = Annotated[
    Percent,
    BeforeValidator(_percent),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.000001},
                {"type": "string", "examples": ["95,5", "95.5", "0,95%"]},
            ]
        }
    ),
]
Part = Annotated[
    Fraction,
    BeforeValidator(_part),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "examples": ["0.6", "3/5"]}]}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
Until = Annotated[
    datetime,
    BeforeValidator(_until),
    WithJsonSchema({"anyOf": [{"type": "string", "format": f} for f in ("date-time", "date")]}),
]
Yes = StrictBool
Number = Annotated[Decimal | int, WithJsonSchema({"type": "number"})]


@dataclass(frozen=True, slots=True)
class Sent(Generic[T]):
    """What arrived, read but not judged yet: who may is decided before (401, 403, 404 win)."""

    contract: T | None
    faults: Sequence[Fault] = ()

    def judged(self) -> T:
        if self.contract is None or self.faults:
            raise Invalid(self.faults)
        return self.contract


def _integer(digits: str) -> int | Decimal:
    # Python refuses to read an integer of thousands of digits; a Decimal carries it to the rule.
    return int(digits) if len(digits) < 30 else Decimal(digits)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        # A figure sent twice must not be chosen between in silence.
        raise ValueError("a key stands twice")
    return made


def parse_json(body: bytes) -> Sent[Any]:
    """JSON with every number kept as written: no float, no rounding; NaN reaches the rules."""
    try:
        parsed = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=Decimal,
            object_pairs_hook=_once_each,
        )
    except (ValueError, RecursionError, ArithmeticError):
        return Sent(None, [Fault("", "invalid", {"reason": "not_json"})])
    return Sent(parsed)


def read(contract: type[T], parsed: Sent[Any], place: str = "") -> Sent[T]:
    """`parsed` as a `contract` (a pydantic model), or everything that is wrong with its shape."""
    if parsed.faults:
        return Sent(None, parsed.faults)
    try:
        return Sent(contract.model_validate(parsed.contract))  # type: ignore[attr-defined]
    except ValidationError as error:
        return Sent(None, [_as_fault(one, place) for one in error.errors(include_url=False)])


def checked(contract: type[T], content: Any) -> T:
    """A definition put together from what is there and what was sent; Invalid if it cannot be."""
    return read(contract, Sent(content)).judged()


_REASONS = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
}


def _as_fault(error: Any, place: str) -> Fault:
    pointer = place + "".join(f"/{step(part)}" for part in error["loc"])
    context = dict(error.get("ctx") or {})
    if error["type"] == "fault":
        code = str(context.pop("code"))
        return Fault(pointer, code, context)
    reason = _REASONS.get(error["type"], "wrong_type")
    expected = context.get("expected") or context.get("max_length") or context.get("pattern")
    return Fault(
        pointer, "invalid", {"reason": reason}, None if expected is None else str(expected)
    )
