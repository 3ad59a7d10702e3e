"""What a unit wrote in a report, in words: as it stands there, before anything is worked out."""

from collections.abc import Iterator

from app.domain.targets import Target
from app.i18n import titled
from app.render.words import Speaker
from app.schemas.reports import PartSaid, ValueOut


def in_words(speaker: Speaker, target: Target, value: ValueOut | None) -> str:
    """300/400 người; 61,5 %; Đã thực hiện; the reason why it does not apply; "–" for nothing."""
    if value is None:
        return "–"
    if "not_applicable" in value:
        reason = speaker.either("reason", value["not_applicable"])
        return speaker.say("does_not_apply", reason=reason)
    if "done" in value:
        return speaker.say("done" if value["done"] else "not_done")
    if "text" in value:
        return value["text"]
    if "numerator" in value or "value" in value:
        counts = {name: value[name] for name in PartSaid.__annotations__ if name in value}  # type: ignore[literal-required]
        return _counts(speaker, target, counts)  # type: ignore[arg-type]
    return speaker.percent(value["percent"]) if "percent" in value else "–"


def _counts(speaker: Speaker, target: Target, said: PartSaid) -> str:
    if "value" in said:
        counted = speaker.counted(target, said["value"])
        return f"{speaker.number(said['value'])} {counted}".strip()
    counted = speaker.counted(target, said.get("denominator"))
    pair = f"{speaker.number(said['numerator'])}/{speaker.number(said.get('denominator'))}"
    return f"{pair} {counted}".strip()


def parts_in_words(speaker: Speaker, target: Target, value: ValueOut) -> Iterator[tuple[str, str]]:
    """A value's breakdown, category by category; a code that is asked no more as it is."""
    categories = target.breakdown.categories if target.breakdown else ()
    names = {one.code: titled(one, "title", speaker.language) or one.code for one in categories}
    for code, part in value.get("breakdown", {}).items():
        yield names.get(code, code), _counts(speaker, target, part)
