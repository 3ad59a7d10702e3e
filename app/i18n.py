"""Sentences by key, in Vietnamese and English. Rules carry keys; only doors speak."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from app.domain.periods import VIETNAM, day_in_vietnam, end_of

LANGUAGES = ("vi", "en")
LOCALE = Path(__file__).parent / "locale"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(rf"{_DAY.pattern}[ T][0-9:.]{{5,15}}(Z|[+-][0-9]{{2}}:[0-9]{{2}})")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every sentence of a language, by dotted key. One that depends on a count has its form for
    one under the key itself, and for any other number under the key with `.many`."""
    found: dict[str, str] = {}
    for path in sorted((LOCALE / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, abort_invalid=True):
                if isinstance(message.id, str):
                    found[message.id] = str(message.string)
                else:
                    forms = list(message.string or ())
                    found |= {message.id[0]: forms[0], f"{message.id[0]}.many": forms[-1]}
    del found[""]  # the header
    return found


class _Quoted(dict[str, object]):
    """Facts for a sentence; one that is not known is left out, never an error of its own."""

    def __missing__(self, key: str) -> str:
        return "(?)"


def say(key: str, language: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence; where it has a plural, in the form that the fact `count` asks for."""
    sentences, facts = catalogue(language), facts or {}
    sentence = sentences[key]
    if str(facts.get("count", "1")) != "1":
        sentence = sentences.get(f"{key}.many", sentence)
    return sentence.format_map(_Quoted(facts))


def explain(code: str, language: str, facts: Mapping[str, Any]) -> str:
    """The sentence for a fault: by its code, and more exactly by its reason where it has one."""
    sentences = catalogue(language)
    facts = {name: _in_words(name, fact, sentences) for name, fact in facts.items()}
    # What was sent is quoted as it was sent.
    facts = {k: v if k in ("value", "said") else _in_time(v, language) for k, v in facts.items()}
    keys = (f"fault.{code}.{facts.get('reason')}", f"fault.{code}.any", f"fault.{code}")
    return say(next(key for key in keys if key in sentences), language, facts)


def _in_words(name: str, fact: Any, sentences: Mapping[str, str]) -> Any:
    """A status, an action, a role or a field as people call it: a sentence quotes no machine's
    words."""
    if name in ("status", "action"):
        return sentences.get(f"{name}.{fact}", fact)
    if name == "role":
        return sentences.get(f"page.role.{fact}", fact)
    if name == "forms":
        forms = [form.split("+") for form in str(fact).split(" | ")]
        known = [[sentences.get(f"field.{one}", one) for one in sorted(form)] for form in forms]
        return sentences["forms.or"].join(sentences["forms.and"].join(form) for form in known)
    return fact


def _in_time(fact: Any, language: str) -> Any:
    """A day or an instant (of ISO 8601) as people write it, in Viet Nam's time; else unchanged."""
    if _DAY.fullmatch(str(fact)):
        return day(str(fact), language)
    if _INSTANT.fullmatch(str(fact)):
        return instant(str(fact), language)
    return fact


def best_language(accepted: str) -> str:
    """From an Accept-Language header; Vietnamese unless English is preferred to it."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().lower()[:2]
        if language in LANGUAGES:
            try:
                ranked.append((-float(weight or 1), place, language))
            except ValueError:
                continue
    return min(ranked)[2] if ranked else LANGUAGES[0]


def decimal(figure: Decimal | int | None, language: str) -> str:
    """A figure as people read it: 87,12 in Vietnamese, 87.12 in English; thousands grouped."""
    if figure is None:
        return "–"
    written = f"{figure:,}"
    if language == "en":
        return written
    return written.translate(str.maketrans(",.", ".,"))


def day(value: date | str | None, language: str) -> str:
    """15/12/2024 in Vietnamese, 2024-12-15 in English."""
    if value is None:
        return "–"
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return found.strftime("%d/%m/%Y") if language == "vi" else found.isoformat()


def instant(value: datetime | str | None, language: str) -> str:
    """The clock and the day in Viet Nam: 17:00 15/12/2024, in English 17:00 2024-12-15."""
    if value is None:
        return "–"
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    at = found.astimezone(VIETNAM)
    return f"{at:%H:%M} {day(at.date(), language)}"


def until(value: datetime | str, language: str) -> str:
    """Through a day, where it ends with the day: nobody takes the midnight after it for that."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    last = day_in_vietnam(at) - timedelta(days=1)
    if at != end_of(last):
        return instant(at, language)
    return say("page.through", language, {"day": day(last, language)})


def titled(thing: Any, name: str, language: str) -> str | None:
    """What a thing has in both languages, in one of them."""
    found: str | None = getattr(thing, f"{name}_{language}")
    return found
