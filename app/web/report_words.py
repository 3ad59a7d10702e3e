"""One report in words: its values line by line, what changed, and what was done and said."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from app.domain.targets import Target, ValueKind
from app.i18n import say, titled
from app.render.bullets import bullet
from app.render.values import in_words, parts_in_words
from app.render.words import Speaker, period_name
from app.schemas.attainment import AttainmentOut
from app.schemas.reports import ValueOut
from app.services.one_report import Cell, ReportSeen, differences
from app.web.links import why_link


class ValueLine(NamedTuple):
    """A target with what the report says of it. `value` None: nothing. `before`: what the revision
    before said, where that was something else; `why` where a figure that counts is explained."""

    target: Target
    value: ValueOut | None
    figure: str
    counts: str
    asked: str
    verdict: str
    needed: str
    picture: Markup
    parts: list[tuple[str, str]]
    warnings: list[str]
    cell: Cell | None
    before: str | None
    talk: int
    why: str | None

    @property
    def has_notes(self) -> bool:
        """Whether there is more to say than fits in a line."""
        value: Any = self.value or {}
        told = bool(value.get("note") or value.get("evidence") or self.parts or self.warnings)
        return told or self.before is not None or self.talk > 0


class Moment(NamedTuple):
    """Something done (`action`) or said, in the order of time. `target`: about that value."""

    at: datetime
    by: str
    action: str | None
    text: str
    target: str | None = None
    internal: bool = False
    side: str = ""
    revision: int = 0


class Told(NamedTuple):
    """All that the page says of a report. `told` of `asked` values are there."""

    when: str
    unit: str
    lines: list[ValueLine]
    told: int
    asked: int
    missing: list[Target]
    changes: list[tuple[str, str, str]]
    moments: list[Moment]
    abouts: list[tuple[str, str]]


def told_of(seen: ReportSeen, language: str) -> Told:
    place = seen.place
    speaker = Speaker(place.catalogue, place.programme, place.period.period, language)
    values = {one["target"]: one for one in seen.revision["values"]}
    changed = _changes(seen, speaker)
    lines = [
        _line(seen, speaker, one, (values.get(one.code), changed)) for one in _all_targets(seen)
    ]
    filled = [one for one in seen.targets if one.value_kind is not ValueKind.ALL_OF]
    return Told(
        when=period_name(place.period.period, language),
        unit=place.unit.name_on(place.period.period.ends_on).short_vi,
        lines=lines,
        told=len(values),
        asked=len(filled),
        missing=[one for one in filled if one.code not in values],
        changes=[(code, *words) for code, words in changed.items()],
        moments=sorted(_moments(seen), key=lambda one: one.at),
        abouts=[
            (one.code, f"{one.code}. {titled(one, 'title', language)}") for one in seen.targets
        ],
    )


def _all_targets(seen: ReportSeen) -> list[Target]:
    """Those asked, and any other that the revision speaks of all the same."""
    known = {one.code for one in seen.targets}
    on = seen.place.period.period.ends_on
    others = [one["target"] for one in seen.revision["values"] if one["target"] not in known]
    found = [seen.place.programme.target(code, on) for code in others]
    return [*seen.targets, *[one for one in found if one is not None]]


def _changes(seen: ReportSeen, speaker: Speaker) -> dict[str, tuple[str, str]]:
    """By target, what the revision before said and what this one says; empty for the first."""
    if seen.before is None:
        return {}
    found = {}
    on = seen.place.period.period.ends_on
    for code, old, new in differences(seen.before["values"], seen.revision["values"]):
        target = seen.place.programme.target(code, on)
        if target is not None:
            words = in_words(speaker, target, old), in_words(speaker, target, new)
            # Where the words are the same, a note or the like was changed.
            found[code] = words if words[0] != words[1] else (words[0], speaker.say("beside"))
    return found


def _line(
    seen: ReportSeen,
    speaker: Speaker,
    target: Target,
    said: tuple[ValueOut | None, dict[str, tuple[str, str]]],
) -> ValueLine:
    value, changed = said
    row: Any = seen.rows.get(target.code)
    figure, counts = ("–", "") if row is None else speaker.figure(target, row)
    if value is not None and figure == "–":
        figure = in_words(speaker, target, value)
    return ValueLine(
        target=target,
        value=value,
        figure=figure,
        counts=counts,
        asked=speaker.asked(target, row) if row else "",
        verdict=row["verdict"] if row else "no_data",
        needed=speaker.needed(target, row) if row else "–",
        picture=Markup(bullet(row) if row else ""),  # noqa: S704
        parts=list(parts_in_words(speaker, target, value)) if value else [],
        warnings=list(_warnings(seen, target, speaker.language)),
        cell=seen.cells.get(target.code),
        before=changed[target.code][0] if target.code in changed else None,
        talk=sum(one["target"] == target.code for one in seen.remarks),
        why=_why(seen, target, row) if figure != "–" else None,
    )


def _why(seen: ReportSeen, target: Target, row: AttainmentOut | None) -> str | None:
    """Words are explained by themselves, and what does not count by nothing."""
    if row is None or not seen.in_force or target.value_kind is ValueKind.NARRATIVE:
        return None
    return why_link(row)


def _warnings(seen: ReportSeen, target: Target, language: str) -> Iterator[str]:
    """Of the latest revision: those of another are nobody's any more."""
    if seen.revision["revision"] != seen.report["revision"]:
        return
    values = seen.report["values"]
    for one in seen.report["warnings"]:
        if values[int(one["pointer"].split("/")[2])]["target"] == target.code:
            yield say(f"warning.{one['code']}", language)


def _moments(seen: ReportSeen) -> Iterator[Moment]:
    for step in seen.steps:
        yield Moment(
            step.at, step.by, step.action.value, step.comment or "", revision=step.revision
        )
    for one in seen.remarks:
        if one["action"] is None:
            at, about = datetime.fromisoformat(one["at"]), one["target"]
            private, side = one["internal"], one["side"]
            yield Moment(at, one["by"], None, one["text"], about, private, side, one["revision"])
