"""What a reviewer sees of a report: its lines beside last period and neighbours, and what there is
to ask, said as questions."""

from typing import Any, NamedTuple

from app.domain.hints import Hint
from app.domain.numbers import number
from app.domain.periods import period
from app.i18n import say
from app.render.words import Speaker, period_name
from app.schemas.attainment import AttainmentOut
from app.services.beside import Compared
from app.services.one_report import ReportSeen
from app.services.queue import Waiting
from app.web.links import why_link
from app.web.report_words import Told, ValueLine


class Neighbour(NamedTuple):
    unit: str
    figure: str
    counts: str
    why: str


class ReviewLine(NamedTuple):
    """A line of the report. `before`: figure, counts and where they are explained; `moved` since
    then, with its sign."""

    line: ValueLine
    before: tuple[str, str, str] | None
    moved: str
    neighbours: list[Neighbour]
    questions: list[str]


class Row(NamedTuple):
    """A report in the queue, in words. `name` is what its form field is called."""

    one: Waiting
    unit: str
    when: str
    hints: int

    @property
    def path(self) -> str:
        return "/".join(self.one.place.key)

    @property
    def name(self) -> str:
        return f"report/{self.path}"


def row_of(one: Waiting, hints: int, language: str) -> Row:
    when = one.place.period.period
    return Row(one, one.place.unit.name_on(when.ends_on).short_vi, named(one, language), hints)


def named(one: Waiting, language: str) -> str:
    return period_name(one.place.period.period, language)


def when_of(code: str, language: str) -> str:
    """A period in words; as it was sent where it is none."""
    try:
        return period_name(period(code), language)
    except ValueError:
        return code


def review_lines(
    seen: ReportSeen, told: Told, compared: dict[str, Compared], language: str
) -> list[ReviewLine]:
    place = seen.place
    speaker = Speaker(place.catalogue, place.programme, place.period.period, language)
    return [_line(speaker, one, compared.get(one.target.code)) for one in told.lines]


def last_period(compared: dict[str, Compared], language: str) -> str:
    """What the period before is called; empty where there is none."""
    found = next((one.period for one in compared.values() if one.period), None)
    return period_name(found, language) if found else ""


def _line(speaker: Speaker, line: ValueLine, found: Compared | None) -> ReviewLine:
    if found is None:
        return ReviewLine(line, None, "", [], [])
    before = None
    if found.before is not None and (words := _figure(speaker, line, found.before))[0] != "–":
        before = (*words, why_link(found.before))
    return ReviewLine(
        line,
        before,
        _moved(speaker, line, found),
        [
            Neighbour(speaker.unit(one["unit"]), *_figure(speaker, line, one), why_link(one))
            for one in found.neighbours
        ],
        [question(speaker, line, found, one) for one in found.hints],
    )


def _figure(speaker: Speaker, line: ValueLine, row: AttainmentOut) -> tuple[str, str]:
    return speaker.figure(line.target, row)


def _moved(speaker: Speaker, line: ValueLine, found: Compared) -> str:
    if found.gain is None:
        return ""
    sign = "+" if found.gain > 0 else ""
    points = found.before is not None and found.before["percent"] is not None
    key = "review.points" if points else "review.number"
    said = f"{sign}{speaker.number(found.gain)}"
    return say(
        key, speaker.language, {"gain": said, "unit": speaker.counted(line.target, abs(found.gain))}
    )


def question(speaker: Speaker, line: ValueLine, found: Compared, hint: Hint) -> str:
    """A question with the numbers that raised it: figures as they stand in the table."""
    facts: dict[str, Any] = {
        name: speaker.number(number(fact)) for name, fact in hint.facts.items()
    }
    facts["period"] = period_name(found.period, speaker.language) if found.period else ""
    if hint.code in ("jump", "same") and found.before is not None:
        then, counts = _figure(speaker, line, found.before)
        facts |= {"before": then, "now": line.figure, "gain": _moved(speaker, line, found)}
        facts["counts"] = counts or then
    facts["level"] = line.asked
    return say(f"hint.{hint.code}", speaker.language, facts)
