"""What the entry form shows of each target: what is asked, what was and what is typed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.errors import Fault
from app.domain.targets import Group, Target, UnitRule
from app.i18n import explain, say
from app.render.words import Speaker, period_name
from app.schemas.comments import RemarkOut
from app.schemas.templates import LastFigure
from app.services.drafts import Faults, Filling
from app.services.preview import Looked
from app.web.entry_fields import BESIDE, Typed, as_typed, fields, is_blank

NO_FAULTS: Faults = {}
REASONS = ("nobody", "no_such_kind", "elsewhere", "not_assigned")


class Live(NamedTuple):
    """What the typed line makes. `verdict` None: nothing to judge yet. `unfinished` names fields
    that are still to be filled; `wrong`, `told` and `asked` are sentences."""

    blank: bool = True
    verdict: str | None = None
    figure: str = ""
    counts: str = ""
    needed: str = ""
    unfinished: str = ""
    wrong: Sequence[str] = ()
    told: Sequence[str] = ()
    asked: Sequence[str] = ()


class Card(NamedTuple):
    """`before` is the figure of the period before, in words; "" for none. `parts` are the fields of
    the breakdown; `opens` what is unfolded: what is filled, or wrong."""

    target: Target
    fields: list[str]
    parts: list[str]
    opens: dict[str, bool]
    typed: Typed
    blank: bool
    asked: str
    due: str
    counted: str
    national: bool
    before: str
    live: Live
    remarks: list[RemarkOut]


class Sheet(NamedTuple):
    """The whole form. `wrong`: what is wrong with a field, in words, by its full name; `at` the
    fields and cards to go to from the summary, with the target's code."""

    when: str
    unit: str
    groups: list[tuple[Group | None, list[Card]]]
    missing: list[str]
    asked: int
    wrong: dict[str, str]
    at: list[tuple[str, str, str]]


def sheet_of(
    filling: Filling,
    looked: Mapping[str, Looked],
    language: str,
    typed: Mapping[str, Typed] | None = None,
    faults: Faults = NO_FAULTS,
) -> Sheet:
    """`typed` None: as stored. `faults` are told at their fields: of a form that was sent."""
    place = filling.place
    speaker = speaker_of(filling, language)
    said = typed_as_stored(filling) if typed is None else typed
    at = [found for one in filling.targets for found in _places(one, faults, language)]
    wrong = {name: words for name, _, words in at}
    cards = [
        _card(filling, speaker, one, (said.get(one.code, {}), looked[one.code], wrong))
        for one in filling.targets
        if one.code in looked
    ]
    asked = [one for one in cards if one.fields]
    return Sheet(
        when=period_name(place.period.period, language),
        unit=place.unit.name_on(place.period.period.ends_on).short_vi,
        groups=_by_group(filling, cards),
        missing=[one.target.code for one in asked if one.blank],
        asked=len(asked),
        wrong=wrong,
        at=at,
    )


def speaker_of(filling: Filling, language: str) -> Speaker:
    place = filling.place
    return Speaker(place.catalogue, place.programme, place.period.period, language)


def typed_as_stored(filling: Filling) -> dict[str, dict[str, str]]:
    return {
        one.code: as_typed(one, filling.values.get(one.code))
        for one in filling.targets
        if fields(one)
    }


def _by_group(filling: Filling, cards: list[Card]) -> list[tuple[Group | None, list[Card]]]:
    groups = {one.number: one for one in filling.place.programme.groups}
    found: dict[int, list[Card]] = {}
    for one in cards:
        found.setdefault(one.target.group, []).append(one)
    return [(groups.get(number), within) for number, within in found.items()]


def _places(target: Target, faults: Faults, language: str) -> list[tuple[str, str, str]]:
    """Name of the field, code of its target, words; a fault of the whole line is its first
    field's. One sentence a field: the first."""
    own = fields(target)
    found: dict[str, str] = {}
    for one in faults.get(target.code, ()):
        name = one.place.strip("/")
        full = f"{target.code}/{name if name in own else own[0]}"
        found.setdefault(full, _words(one, language))
    return [(name, target.code, words) for name, words in found.items()]


def _words(fault: Fault, language: str) -> str:
    if _lacks(fault):
        return say("entry.lacking", language, {"field": _field(fault, language)})
    return explain(fault.code, language, fault.facts)


def _field(fault: Fault, language: str) -> str:
    return say(f"entry.field.{fault.place.rsplit('/', 1)[-1]}", language).lower()


def _card(
    filling: Filling,
    speaker: Speaker,
    target: Target,
    state: tuple[Typed, Looked, Mapping[str, str]],
) -> Card:
    """`state`: what is typed, what it makes, and what is wrong with fields by full name."""
    typed, one, wrong = state
    national = target.unit_rule is UnitRule.SUM and "assigned" not in one.row
    telling = {
        name for name in fields(target) if typed.get(name) or f"{target.code}/{name}" in wrong
    }
    parts = [name for name in fields(target) if name.startswith("breakdown/")]
    return Card(
        target=target,
        fields=fields(target),
        parts=parts,
        opens={
            "parts": not telling.isdisjoint(parts),
            "beside": not telling.isdisjoint(("percent", *BESIDE)),
        },
        typed=typed,
        blank=is_blank(typed),
        asked=speaker.asked(target, one.row),
        due=speaker.due(target),
        counted=speaker.counted(target),
        national=national,
        before=_before(speaker, target, filling.last.get(target.code)),
        live=live_of(speaker, target, one, blank=is_blank(typed)),
        remarks=[
            remark
            for remark in filling.remarks
            if remark["target"] == target.code and remark["side"] == "centre"
        ],
    )


def live_of(speaker: Speaker, target: Target, one: Looked, *, blank: bool) -> Live:
    """A threshold of all units together judges no single one."""
    row: Any = one.row
    language = speaker.language
    if one.faults:
        return Live(
            blank=False,
            unfinished=_unfinished(one.faults, language),
            wrong=[explain(f.code, language, f.facts) for f in one.faults if not _lacks(f)],
        )
    if blank or row["verdict"] == "no_data":
        return Live()
    figure, counts = speaker.figure(target, row)
    national = target.unit_rule is UnitRule.SUM
    verdict = row.get("assigned", {}).get("verdict") if national else row["verdict"]
    needed = "" if national else _needed(speaker, target, row)
    return Live(
        blank=False,
        verdict=verdict,
        figure="" if row["verdict"] in ("not_applicable", "no_threshold") else figure,
        counts=counts,
        needed=needed,
        told=[say(f"warning.{code}", language) for code in one.warnings],
        asked=[
            say(f"entry.ask.{q.code}", language, _facts(speaker, q.facts)) for q in one.questions
        ],
    )


def _facts(speaker: Speaker, facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: speaker.number(one) for name, one in facts.items()}


def _needed(speaker: Speaker, target: Target, row: Any) -> str:
    if row["needed"]:
        return say("entry.needed", speaker.language, {"more": speaker.needed(target, row)})
    said = speaker.needed(target, row)
    return "" if said == "–" else said


def _lacks(fault: Fault) -> bool:
    return fault.facts.get("reason") == "missing_field"


def _unfinished(faults: Sequence[Fault], language: str) -> str:
    return ", ".join(dict.fromkeys(_field(one, language) for one in faults if _lacks(one)))


def _before(speaker: Speaker, target: Target, last: LastFigure | None) -> str:
    """kỳ trước (Năm 2024): 590/800 người = 73,75 %."""
    if last is None:
        return ""
    if last.done is not None:
        said = speaker.say("done" if last.done else "not_done")
    elif last.value is not None:
        said = f"{speaker.number(last.value)} {speaker.counted(target)}"
    else:
        said = speaker.percent(last.percent)
        if last.denominator is not None:
            pair = f"{speaker.number(last.numerator)}/{speaker.number(last.denominator)}"
            said = f"{pair} = {said}"
    earlier = speaker.programme.periods[last.period].period
    when = period_name(earlier, speaker.language)
    return say("entry.before", speaker.language, {"period": when, "said": said.strip()})
