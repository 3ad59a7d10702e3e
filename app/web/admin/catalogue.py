"""The catalogue: programmes and targets with their sources, revised from a day on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response

from app.domain.access import Right, require
from app.domain.errors import Fault, Invalid, NotFound, Refusal
from app.domain.periods import day_in_vietnam, period
from app.domain.targets import Comparator, Programme, Target, in_force
from app.i18n import day, decimal, explain, say
from app.render.target import TargetSpeaker
from app.render.words import period_name
from app.schemas.catalogue import ProgrammeIn, ProgrammePatch
from app.schemas.fields import Contract, Sent, parse_json, read
from app.schemas.targets import TargetRevisionIn
from app.schemas.units import FiguresChangedOut
from app.services import programmes, ranking, targets
from app.services.definitions import catalogue
from app.services.places import programme_of
from app.services.proposals import Change, Rehearsed
from app.web.admin.answers import REFUSED, go
from app.web.admin.changing import (
    AtDesk,
    Desk,
    Large,
    count,
    differing,
    filled,
    needing,
    refuse_unchanged,
    refuse_unless,
)
from app.web.admin.effects import effects_of
from app.web.admin.proposals import WORDS, Effect, effect_of
from app.web.paper import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIST = "/admin/catalogue"
# What a form revises of a programme, and of a target.
PROGRAMME = (
    *("title_vi", "title_en", "number", "issuer"),
    *("issued_on", "starts_on", "ends_on", "note_vi", "note_en"),
)
TEXTS = ("title_vi", "title_en", "interpretation_vi", "interpretation_en")
COUNTS = ("threshold_count", "baseline_count")
PERCENTS = ("threshold_percent", "baseline_percent")
DAYS = ("due_on", "baseline_on", "population_ends_on")
MOST_SHOWN = 50


@router.get(LIST)
def get_catalogue_page(desk: AtDesk) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    with desk.service.database.reading() as session:
        found = [*catalogue(session).programmes.values()]
    return desk.shown("catalogue.html", programmes=found)


@router.get(f"{LIST}/new")
def get_programme_new(desk: AtDesk) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    return desk.shown("programme_new.html", faults=[])


@router.post(LIST)
def post_programme(desk: AtDesk, form: Large) -> Response:
    """A whole programme as its contract is written, for who knows it."""
    require(desk.actor, Right.CATALOGUE_REVISE)
    try:
        sent = pasted(ProgrammeIn, form.get("content", ""))
        with desk.service.database.writing() as session:
            made = programmes.create_programme(session, desk.actor, sent)
    except REFUSED as refusal:
        faults = pointed(refusal, desk.language)
        return desk.shown("programme_new.html", _at("content", refusal), typed=form, faults=faults)
    return go(f"{LIST}/{made['code']}?done=1")


def pasted(contract: type[Contract], text: str) -> Any:
    return read(contract, parse_json(text.encode()))


def pointed(refusal: Refusal, language: str) -> list[tuple[str, str]]:
    """Where in what was pasted, and what is wrong there."""
    every = refusal.faults or [Fault("", refusal.code, refusal.facts)]
    return [(one.place, explain(one.code, language, one.facts)) for one in every[:MOST_SHOWN]]


def _at(field: str, refusal: Refusal) -> Refusal:
    """All of it said of the one field."""
    every = refusal.faults or [Fault("", refusal.code, refusal.facts)]
    return Invalid([Fault(f"/{field}", every[0].code, every[0].facts)])


@router.get(f"{LIST}/{{programme}}")
def get_programme_page(desk: AtDesk, programme: str) -> Response:
    return _programme(desk, programme, {})


@router.post(f"{LIST}/{{programme}}")
def post_programme_revised(desk: AtDesk, form: Large, programme: str) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    with desk.service.database.reading() as session:
        there = _stands(programme_of(catalogue(session), programme))
    try:
        changed = differing(form, there)
        refuse_unchanged(changed)
        sent = read(ProgrammePatch, Sent({**changed, "reason": form.get("reason") or None}))
        sent = needing(sent, form, ("reason",))
        with desk.service.database.writing() as session:
            programmes.revise_programme(session, desk.actor, programme, sent)
    except REFUSED as refusal:
        return _programme(desk, programme, form, refusal)
    return go(f"{LIST}/{programme}?done=1")


@router.post(f"{LIST}/{{programme}}/targets")
def post_targets(desk: AtDesk, form: Large, programme: str) -> Response:
    """More targets, as their contract is written."""
    require(desk.actor, Right.CATALOGUE_REVISE)
    try:
        refuse_unless(form, ("content",))
        content = parse_json(form["content"].encode())
        sent = read(ProgrammePatch, Sent({"targets": content.contract}, content.faults))
        with desk.service.database.writing() as session:
            programmes.revise_programme(session, desk.actor, programme, sent)
    except REFUSED as refusal:
        faults = pointed(refusal, desk.language)
        return _programme(desk, programme, form, _at("content", refusal), faults)
    return go(f"{LIST}/{programme}?done=1")


def _stands(programme: Programme) -> dict[str, str]:
    """As a form shows it."""
    facts = programme.facts | {
        "title_vi": programme.title_vi,
        "title_en": programme.title_en,
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
    }
    return {name: str(facts.get(name) or "") for name in PROGRAMME}


def _programme(
    desk: Desk,
    code: str,
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
    faults: list[tuple[str, str]] | None = None,
) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    with desk.service.database.reading() as session:
        defined = catalogue(session)
    found = programme_of(defined, code)
    speaker = _speaker(desk, found)
    groups = [
        (group, [one for one in found.targets_on(None) if one.group == group.number])
        for group in found.groups
    ]
    there = _stands(found)
    return desk.shown(
        "programme.html",
        refusal,
        typed=filled(typed, there),
        there=there,
        programme=found,
        groups=groups,
        rule=speaker.rule,
        faults=faults or [],
        periods=[(one, period_name(one.period, desk.language)) for one in found.periods.values()],
        content_typed="content" in typed,
    )


def _speaker(desk: Desk, programme: Programme) -> TargetSpeaker:
    """What rules ask for is said alike in every period."""
    defined = desk.service.database.kept("catalogue", catalogue)
    whens = [*programme.periods.values()]
    when = whens[-1].period if whens else period(str(day_in_vietnam(desk.now).year))
    return TargetSpeaker(defined, programme, when, desk.language)


@router.get(f"{LIST}/{{programme}}/{{target}}")
def get_target_revisions_page(desk: AtDesk, programme: str, target: str) -> Response:
    return _target(desk, programme, target, {})


@router.post(f"{LIST}/{{programme}}/{{target}}")
def post_target_revision(desk: AtDesk, form: Large, programme: str, target: str) -> Response:
    """Looked at first: what changes, and which periods keep the old rule; then stored."""
    require(desk.actor, Right.CATALOGUE_REVISE)
    found, there = _found(desk, programme, target)
    try:
        place = {"programme": programme, "target": target}
        change = Change(Right.CATALOGUE_REVISE, place, _revision(form, _rule(there)))
        if form.get("step") == "store":
            return desk.carry(change, f"{LIST}/{programme}/{target}")
        seen = desk.change(change)
        with desk.service.database.reading() as session:
            moved = targets.effects_of_revision(session, desk.actor, programme, target, change.sent)
    except REFUSED as refusal:
        return _target(desk, programme, target, form, refusal)
    return _target(desk, programme, target, form, seen=(seen, moved))


def _found(desk: Desk, programme: str, code: str) -> tuple[Programme, Target]:
    found = programme_of(desk.service.database.kept("catalogue", catalogue), programme)
    target = found.target(code)
    if target is None:
        raise NotFound(what=f"{programme}/{code}")
    return found, target


def _rule(target: Target) -> dict[str, str]:
    """The rule as a form shows it; a percent with a comma, which is read in one way only."""
    base = target.baseline
    levels = {"threshold": target.threshold, "baseline": base and base.level}
    found: dict[str, Any] = {name: getattr(target, name) for name in TEXTS}
    for name, level in levels.items():
        percent = level.percent if level else None
        found[f"{name}_percent"] = str(percent).replace(".", ",") if percent is not None else None
        found[f"{name}_count"] = level.count if level else None
    found |= {"comparator": target.comparator, "due_on": target.due_on}
    found |= {"baseline_on": base and base.on, "population_ends_on": target.population_ends_on}
    return {name: "" if one is None else str(one) for name, one in found.items()}


def _revision(form: Mapping[str, str], there: Mapping[str, str]) -> Sent[TargetRevisionIn]:
    """What was typed otherwise than it stands, and the day and the reason of it."""
    said: dict[str, Any] = dict(differing(form, there))
    said |= {name: count(said[name]) for name in COUNTS if said.get(name)}
    if more := form.get("more"):
        content = parse_json(more.encode())
        if content.faults or not isinstance(content.contract, dict):
            raise Invalid([Fault("/more", "invalid", {"reason": "not_json"})])
        said = content.contract | said
    refuse_unchanged(said)
    said |= {name: form[name] for name in ("effective_on", "reason") if form.get(name)}
    return read(TargetRevisionIn, Sent(said))


def _target(  # noqa: PLR0913 - what the page shows
    desk: Desk,
    programme: str,
    code: str,
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
    *,
    seen: tuple[Rehearsed, list[FiguresChangedOut]] | None = None,
) -> Response:
    require(desk.actor, Right.CATALOGUE_REVISE)
    found, target = _found(desk, programme, code)
    changes, moved = (seen[0].changes, seen[1]) if seen else ([], [])
    defined = desk.service.database.kept("catalogue", catalogue)
    with desk.service.database.reading() as session:
        revisions = ranking.revisions(session, desk.actor, programme, code)
    speaker, there = _speaker(desk, found), _rule(target)
    now = in_force(found.targets[code], day_in_vietnam(desk.now))
    return desk.shown(
        "target.html",
        refusal,
        typed=filled(typed, there),
        there=there,
        now=now,
        rule=speaker.rule(now),
        sent=typed,
        programme=found,
        target=target,
        revisions=[(one, speaker.rule(one.target)) for one in revisions],
        comparators=[*Comparator],
        effects=[_in_words(effect_of(one), desk.language) for one in changes],
        moved=effects_of(defined, moved, desk.language),
        words=WORDS,
        seen=seen is not None,
        **(_periods(found, code, typed["effective_on"], desk.language) if seen else {}),
    )


def _in_words(effect: Effect, language: str) -> Effect:
    def said(name: str, fact: Any) -> Any:
        if fact is None:
            return None
        if name in PERCENTS:
            return decimal(Decimal(fact.rstrip("%").replace(",", ".")), language)
        if name in COUNTS:
            return decimal(fact, language)
        if name == "comparator":
            return say(f"admin.comparator.{fact}", language)
        return day(fact, language) if name in DAYS else fact

    fields = [
        one._replace(before=said(one.name, one.before), after=said(one.name, one.after))
        for one in effect.fields
    ]
    return effect._replace(fields=fields)


def _periods(found: Programme, code: str, since: str, language: str) -> dict[str, list[str]]:
    """By name: which periods keep their rule, and which would be judged by one that is recorded
    now with effect from `since`. A rule of a later day goes on holding from that day."""
    revisions = found.targets[code]
    made = replace(revisions[-1], effective_on=date.fromisoformat(since))
    told: dict[str, list[str]] = {"keep": [], "judged": []}
    for one in found.periods.values():
        if made.asked_in(one.period):
            held = in_force((*revisions, made), one.period.ends_on)
            told["judged" if held is made else "keep"].append(period_name(one.period, language))
    return told
