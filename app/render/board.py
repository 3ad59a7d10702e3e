"""What the board sees first: the state of a programme in a sentence, what needs doing now, and the
map of the units. Everything is counted; nothing is averaged."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.domain.periods import day_in_vietnam
from app.domain.targets import Target
from app.domain.text import sort_key
from app.domain.verdict import Verdict
from app.domain.workflow import HANDED_IN, Status
from app.i18n import day, decimal, say
from app.render.looks import SETTLED, STATUS, SYMBOL, UNDER_WAY
from app.render.tiles import Tile
from app.render.words import Speaker, period_name
from app.schemas.dashboards import (
    CompletenessOut,
    CompletenessUnit,
    OverviewOut,
    OverviewTarget,
    TrendOut,
    TrendPoint,
)

PROVINCE = "province_federation"
BEHIND = (Verdict.OFF_TRACK, Verdict.AT_RISK)
FAILED = (Verdict.NOT_MET, Verdict.OFF_TRACK)
# Verdicts that say something of a unit's target; others have nothing to judge.
COUNTED = (*SETTLED, Verdict.UNDETERMINED, Verdict.NO_DATA)
# Nothing to judge: no card of the overview counts them, its sentence names each.
UNJUDGED = tuple(one for one in Verdict if one not in (*SETTLED, Verdict.UNDETERMINED))
WAITING = (Status.SUBMITTED, Status.ENDORSED)
# Who needs a reminder first: silent, sent back, waiting for the centre, done.
URGENCY = (
    (None, Status.WITHDRAWN),
    (Status.RETURNED, Status.REOPENED),
    WAITING,
    (Status.APPROVED,),
)
# What the page of the reports is to show of it.
SHOWN_BY = {"overdue": "missing", "soon": "missing"}
SOON_DAYS = 7
WIDTH = 1000
MOMENT = timedelta(microseconds=1)  # an exception ends at the first instant that it no longer holds


class Attention(NamedTuple):
    """Something to be done now: how many, what, how it looks, and what to look at for it."""

    number: int
    text: str
    family: str
    sign: str
    shows: str


class Reminder(NamedTuple):
    """A unit whose report is not approved yet. `filled` is the part of its values that it has told,
    in thousandths of a bar."""

    unit: str
    name: str
    family: str
    sign: str
    word: str
    note: str
    values: str
    filled: int
    submitted_at: str | None
    late: bool | None


class Listed(NamedTuple):
    """Which lines of the reports are shown (None: all), in which order."""

    show: str | None = None
    sort: str = "urgency"
    kind: str | None = None

    def in_address(self) -> dict[str, str | None]:
        return {**self._asdict(), "sort": None if self.sort == "urgency" else self.sort}


def lead(targets: Sequence[OverviewTarget], language: str) -> str:
    """How many targets stand where and why some are open, in one plain sentence."""
    whole = [one for one in targets if not one["parent"]]
    by_verdict: dict[str, list[OverviewTarget]] = {}
    for one in whole:
        by_verdict.setdefault(str(one["national"]["verdict"]), []).append(one)

    def number(*verdicts: str) -> int:
        return sum(len(by_verdict.get(verdict, ())) for verdict in verdicts)

    said = [_said("met", language, count=number(Verdict.MET), total=len(whole))]
    under_way, behind = number(*UNDER_WAY), number(*BEHIND)
    if failed := number(Verdict.NOT_MET):
        said.append(_said("not_met", language, count=failed))
    if under_way:
        said.append(_said("under_way", language, count=under_way))
    if behind:
        said[-1] += _said("behind", language, count=behind)
    if open_ := by_verdict.get(Verdict.UNDETERMINED):
        said.append(_said("open", language, count=len(open_)) + _why_open(open_, language))
    said += [_said(one, language, count=number(one)) for one in UNJUDGED if number(one)]
    return f"{'; '.join(said)}."


def _said(key: str, language: str, **facts: Any) -> str:
    return say(f"board.lead.{key}", language, facts)


def _why_open(targets: Sequence[OverviewTarget], language: str) -> str:
    """The units that keep targets open: silent in one of them, or told what cannot be added."""
    missing = {unit for one in targets for unit in one["national"]["missing"]}
    excluded = {told["unit"] for one in targets for told in one["national"]["excluded"]}
    why = [
        _said(key, language, count=len(units))
        for key, units in (("missing", missing), ("excluded", excluded - missing))
        if units
    ]
    return (
        " ".join(["", _said("because", language), _said("and", language).join(why)]) if why else ""
    )


def received(completeness: CompletenessOut, language: str) -> str:
    facts = {name: completeness[name] for name in ("received", "expected", "timely")}
    return say("board.received", language, facts)


def overdue_days(completeness: CompletenessOut, today: date) -> int | None:
    """Since the due day; negative: so many days are left. None: no day was set."""
    due_on = completeness["due_on"]
    return None if due_on is None else (today - date.fromisoformat(due_on)).days


def attention(
    completeness: CompletenessOut,
    targets: Sequence[OverviewTarget],
    language: str,
    today: date,
) -> list[Attention]:
    """What waits for somebody, the most urgent first. The lines of the reports are those that the
    reader may see; the counts are of all."""
    statuses = [one["status"] for one in completeness["units"]]
    returned = sum(status == Status.RETURNED for status in statuses)
    silent = completeness["expected"] - completeness["received"] - returned
    found = [_silent(silent, overdue_days(completeness, today), language)]
    found.append(_attention("returned", returned, language, *STATUS[Status.RETURNED]))
    waiting = sum(status in WAITING for status in statuses)
    found.append(_attention("waiting", waiting, language, *STATUS[Status.SUBMITTED]))
    whole = [str(one["national"]["verdict"]) for one in targets if not one["parent"]]
    failed = sum(verdict in FAILED for verdict in whole)
    found.append(_attention("failed", failed, language, "bad", SYMBOL[Verdict.NOT_MET]))
    risky = sum(verdict == Verdict.AT_RISK for verdict in whole)
    found.append(_attention("at_risk", risky, language, "warn", SYMBOL[Verdict.AT_RISK]))
    return [one for one in found if one is not None]


def _silent(number: int, days: int | None, language: str) -> Attention | None:
    """Units that have not reported: past the due day, or shortly before it."""
    if days is None or days < -SOON_DAYS:
        return None
    key, family, sign = ("overdue", "bad", "▼") if days > 0 else ("soon", "warn", "◆")
    when = "overdue_by" if days > 0 else "days_left" if days else "due_today"
    said = say(f"board.{when}", language, {"count": abs(days)})
    return _attention(key, number, language, family, sign, days=said)


def _attention(  # noqa: PLR0913 - how many of what, how it looks and is said
    key: str, number: int, language: str, family: str, sign: str, **facts: Any
) -> Attention | None:
    if not number:
        return None
    text = say(f"board.now.{key}", language, {"count": number, **facts})
    return Attention(number, text, family, sign, SHOWN_BY.get(key, key))


def reminders(units: Sequence[CompletenessUnit], language: str, days: int | None) -> list[Reminder]:
    """All lines given, those that need a reminder first; `days` since the due day."""
    ordered = sorted(units, key=lambda one: (_urgency(one), sort_key(one["short_vi"])))
    return [_reminder(one, language, days) for one in ordered]


def listed(
    units: Sequence[CompletenessUnit], wanted: Listed, language: str, days: int | None
) -> list[Reminder]:
    lines = [one for one in units if wanted.kind in (None, one["kind"]) and _shows(one, wanted)]
    if wanted.sort == "name":
        lines.sort(key=lambda one: sort_key(one["short_vi"]))
        return [_reminder(one, language, days) for one in lines]
    return reminders(lines, language, days)


def _shows(one: CompletenessUnit, wanted: Listed) -> bool:
    return {
        None: True,
        "missing": one["status"] not in HANDED_IN,
        "returned": one["status"] == Status.RETURNED,
        "waiting": one["status"] in WAITING,
        "late": one["late"] is True,
    }[wanted.show]


def _urgency(one: CompletenessUnit) -> int:
    return next(place for place, statuses in enumerate(URGENCY) if one["status"] in statuses)


def _reminder(one: CompletenessUnit, language: str, days: int | None) -> Reminder:
    status, note = one["status"], []
    family, sign = ("bad", "▼") if status is None else STATUS[Status(status)]
    if status is None and (days is None or days <= 0):
        family, sign = "none", "–"
    word = say("page.not_received" if status is None else f"status.{status}", language)
    if status not in HANDED_IN and days is not None and days > 0:
        note.append(say("board.overdue_by", language, {"count": days}))
    if one["exception_until"]:
        last = day_in_vietnam(datetime.fromisoformat(one["exception_until"]) - MOMENT)
        note.append(say("board.exception", language, {"day": day(last, language)}))
    values = f"{decimal(one['values'], language)}/{decimal(one['expected'], language)}"
    filled = WIDTH * min(one["values"], one["expected"]) // one["expected"]
    return Reminder(
        unit=one["unit"],
        name=one["short_vi"],
        family=family,
        sign=sign,
        word=word,
        note=" · ".join(note),
        values=values,
        filled=filled,
        submitted_at=one["submitted_at"],
        late=one["late"],
    )


def tiles(
    found: OverviewOut,
    language: str,
    target: str | None = None,
    href: Callable[[str], str | None] = lambda _: None,
    group: int | None = None,
) -> list[Tile]:
    """One a province federation: how many targets it meets of those that can be judged of it, or
    its own figure of one target."""
    shown = [one for one in found["targets"] if group in (None, one["group"])]
    column = next((one for one in shown if one["target"] == target), None)
    whole = [one for one in shown if not one["parent"] and one["national"]["comparator"]]
    made = []
    for place, unit in enumerate(found["units"]):
        if unit["kind"] == PROVINCE:
            if column is not None:
                text, verdict, word = _figure(column, place, language)
            else:
                text, verdict, word = _met([one["verdicts"][place] for one in whole], language)
            made.append(Tile(unit["unit"], text, verdict, word, href(unit["unit"])))
    return made


def _figure(column: OverviewTarget, place: int, language: str) -> tuple[str, str, str]:
    percent, verdict = column["percents"][place], column["verdicts"][place]
    if verdict is None:
        return "", Verdict.NOT_APPLICABLE, say("page.not_asked", language)
    word = say(f"verdict.{verdict}", language)
    return ("" if percent is None else decimal(percent, language)), verdict, word


def _met(verdicts: Sequence[str | None], language: str) -> tuple[str, str, str]:
    """ "5/8": a count. All of them met looks met; missed, all that can be told of it, not met."""
    judged = [one for one in verdicts if one in COUNTED]
    met, said = judged.count(Verdict.MET), [one for one in judged if one != Verdict.NO_DATA]
    word = say("board.met_of", language, {"count": met, "total": len(judged)})
    if not said:
        return "", Verdict.NO_DATA, say(f"verdict.{Verdict.NO_DATA}", language)
    verdict = Verdict.MET if met == len(judged) else Verdict.IN_PROGRESS
    if all(one in FAILED for one in said):
        verdict = Verdict.NOT_MET
    return f"{met}/{len(judged)}", verdict, word


class PointLine(NamedTuple):
    """One point of a trend, as a row of the table beside the picture."""

    period: str
    figure: str
    counts: str
    verdict: str


def points(found: TrendOut, speaker: Speaker) -> list[PointLine]:
    target = speaker.programme.target(found["target"], speaker.period.ends_on)
    return [_point(one, speaker, target) for one in found["points"]]


def _point(one: TrendPoint, speaker: Speaker, target: Target | None) -> PointLine:
    when = speaker.programme.periods[one["period"]].period
    figure, counts = "–", ""

    def counted(count: Any) -> str:
        return speaker.counted(target, count) if target else ""

    if one["value"] is not None:
        figure = f"{speaker.number(one['value'])} {counted(one['value'])}"
    elif one["percent"] is not None:
        figure = speaker.percent(one["percent"])
    if one["denominator"] is not None and one["numerator"] is not None:
        pair = f"{speaker.number(one['numerator'])}/{speaker.number(one['denominator'])}"
        counts = f"{pair} {counted(one['denominator'])}"
    return PointLine(period_name(when, speaker.language), figure, counts, one["verdict"])
