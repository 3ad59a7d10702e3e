"""How many targets stand where, on cards; counted, never averaged."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.i18n import say
from app.render.looks import CARDS


class Standing(NamedTuple):
    """A whole target, no part of another, and its national verdict."""

    target: str
    verdict: str


class Card(NamedTuple):
    name: str
    verdict: str
    number: int
    total: int
    notes: list[str]


def cards(found: Sequence[Standing], language: str) -> list[Card]:
    """A card says which targets have another verdict than the one that it is named for."""
    made = []
    for name, (shown, verdicts) in CARDS.items():
        here = _by_verdict(found, verdicts)
        notes = [
            ", ".join(codes)
            if list(here) == [shown]
            else f"{say(f'verdict.{verdict}', language)}: {', '.join(codes)}"
            for verdict, codes in here.items()
        ]
        number = sum(len(codes) for codes in here.values())
        note = notes or [say("page.card.none", language)]
        made.append(Card(name, shown, number, len(found), note))
    return made


def uncounted(found: Sequence[Standing], language: str, *, parts: bool) -> str:
    """Which targets no card counts and why, so that the cards add up; "" where they do. `parts`:
    whether some of these targets have parts, which are shown and not counted either."""
    on_cards = {str(verdict) for _, verdicts in CARDS.values() for verdict in verdicts}
    rest = _by_verdict(found, dict.fromkeys(one.verdict for one in found))
    why = {verdict: codes for verdict, codes in rest.items() if verdict not in on_cards}
    said = "; ".join(
        f"{', '.join(codes)} ({say(f'verdict.{verdict}', language).lower()})"
        for verdict, codes in why.items()
    )
    count = sum(len(codes) for codes in why.values())
    told = [say("page.card.uncounted", language, {"count": count, "why": said})] if count else []
    return " ".join([*told, *([say("page.card.parts", language)] if parts else [])])


def _by_verdict(found: Sequence[Standing], verdicts: Iterable[str]) -> dict[str, list[str]]:
    """The targets with each of these verdicts; without those that nobody has."""
    targets = {
        verdict: [one.target for one in found if one.verdict == verdict] for verdict in verdicts
    }
    return {verdict: codes for verdict, codes in targets.items() if codes}
