"""What the administrator's forms share: what was typed as a contract, and refusals beside it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Request, Response

from app.answers import status_of
from app.deps import Service
from app.domain.errors import CommentRequired, Conflict, Invalid, Refusal
from app.domain.periods import day_in_vietnam
from app.i18n import day, explain, say
from app.schemas.fields import Contract, Sent, read
from app.services.definitions import catalogue
from app.web.forms import why
from app.web.paper import UNKEPT, language_of, page

T = TypeVar("T", bound=Contract)
# What a form can be refused for, to be said beside it; anything else is a page of its own.
REFUSED = (Invalid, Conflict, CommentRequired)


def go(path: str) -> Response:
    return Response(status_code=303, headers={"location": path, **UNKEPT})


def sent_as(contract: type[T], fields: Mapping[str, Any]) -> Sent[T]:
    """Typed fields as a contract; what was left empty was not said."""
    said = {name: fact for name, fact in fields.items() if fact not in ("", None)}
    return read(contract, Sent(said))


def whole(text: str) -> Any:
    """A number as it was typed; what is none goes on to be refused."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else text


def wrong_with(request: Request, refusal: Refusal) -> dict[str, str]:
    """In words, by field; under "" what concerns no field."""
    if refusal.faults:
        return why(request, refusal.faults)
    return {"": explain(refusal.code, language_of(request), refusal.facts)}


class Typed(dict[str, str]):
    """A form's fields as they were typed; empty where there is none."""

    def __missing__(self, name: str) -> str:
        return ""


def formed(
    request: Request,
    template: str,
    refusal: Refusal | None = None,
    /,
    typed: Mapping[str, str] | None = None,
    **facts: Any,
) -> Response:
    """A page with a form: as it is, or with what was typed and what was wrong with it."""
    wrong = {} if refusal is None else wrong_with(request, refusal)
    status = 200 if refusal is None else status_of(refusal)
    return page(
        request, template, status, wrong=wrong, typed=Typed(typed or {}), blank=Typed(), **facts
    )


def unit_choices(request: Request, service: Service) -> Sequence[tuple[str, str]]:
    """Every unit by its name and code, in the official order; the ended ones say until when."""
    today, language = day_in_vietnam(service.clock()), language_of(request)
    found = []
    for unit in service.database.kept("catalogue", catalogue).units.values():
        said = f"{unit.name_on(unit.valid_to or today).short_vi} ({unit.code})"
        if unit.valid_to is not None and unit.valid_to < today:
            said = say(
                "people.unit_ended", language, {"unit": said, "day": day(unit.valid_to, language)}
            )
        found.append((unit.code, said))
    return found
