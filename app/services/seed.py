"""The catalogue of `seed/`: loaded once, and completed by a later version of the files.

What is there is never overwritten by a file, unless a file made it and nobody has revised it since.
"""

import csv
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlmodel import Session

from app.db import setup
from app.db.tables import DefinitionKind
from app.domain.access import Actor
from app.schemas.catalogue import ProgrammeIn
from app.schemas.fields import Sent, checked
from app.schemas.units import SuccessionIn, UnitIn
from app.services.definitions import catalogue, define
from app.services.programmes import FACTS, add_period, create_programme
from app.services.schema import ROOT
from app.services.successions import add_succession
from app.services.targets import add_target
from app.services.tokens import system
from app.services.units import add_unit

SEED = ROOT / "seed"
REASON = "seed"


class Loaded(NamedTuple):
    created: int = 0
    revised: int = 0
    unchanged: int = 0


class Item(NamedTuple):
    kind: DefinitionKind
    subject: str
    content: dict[str, Any]


def load(session: Session, folder: Path = SEED) -> Loaded:
    """Units with their successions, then every programme. A second time changes nothing."""
    actor = system(session)
    tally = dict.fromkeys(Loaded._fields, 0)
    for step in (*_units(session, actor, folder), *_programmes(session, actor, folder)):
        tally[step] += 1
    return Loaded(**tally)


def _units(session: Session, actor: Actor, folder: Path) -> Iterator[str]:
    there = set(catalogue(session).units)
    units = read_units(folder)
    for unit in units:
        if unit.code not in there:
            add_unit(session, actor, unit)
            yield "created"
        else:
            content = unit.model_dump(mode="json", exclude={"code"})
            yield _complete(session, actor, Item(DefinitionKind.UNIT, unit.code, content))
    known = {(one.effective_on, one.predecessors) for one in catalogue(session).successions}
    for made in read_successions(folder):
        if (made.effective_on, tuple(made.predecessors)) in known:
            yield "unchanged"
        else:
            add_succession(session, actor, made)
            yield "created"


def _programmes(session: Session, actor: Actor, folder: Path) -> Iterator[str]:
    for made in read_programmes(folder):
        there = catalogue(session).programmes.get(made.code)
        if there is None:
            create_programme(session, actor, Sent(made))
            yield from ["created"] * (1 + len(made.targets) + len(made.periods))
            continue
        facts = made.model_dump(mode="json", include=FACTS)
        yield _complete(session, actor, Item(DefinitionKind.PROGRAMME, made.code, facts))
        for target in made.targets:
            if target.code not in there.targets:
                add_target(session, actor, made.code, target)
                yield "created"
            else:
                subject, content = f"{made.code}/{target.code}", target.model_dump(mode="json")
                yield _complete(session, actor, Item(DefinitionKind.TARGET, subject, content))
        for period in made.periods:
            if period.code not in there.periods:
                add_period(session, actor, made.code, period)
                yield "created"
            else:
                yield "unchanged"


def _complete(session: Session, actor: Actor, item: Item) -> str:
    """A newer file revises what a file made; what a person revised stays."""
    last = setup.last_definition(session, item.kind, item.subject)
    ours = last is not None and last.account_id == actor.account_id
    if last is None or not ours or last.content == item.content:
        return "unchanged"
    define(session, actor, item.kind, item.subject, item.content, reason=REASON)
    return "revised"


def read_programmes(folder: Path) -> list[ProgrammeIn]:
    files = sorted((folder / "programmes").glob("*.toml"))
    return [checked(ProgrammeIn, tomllib.loads(path.read_text("utf-8"))) for path in files]


def read_units(folder: Path) -> list[UnitIn]:
    names: dict[str, list[dict[str, Any]]] = {}
    rows = _rows(folder / "units.csv")
    english = {row["code"]: row["name_en"] for row in rows}
    for row in _rows(folder / "unit_names.csv"):
        names.setdefault(row["code"], []).append(
            {
                "name_vi": row["name_vi"],
                "short_vi": row["short_vi"],
                "name_en": english[row["code"]],
                "valid_from": row["valid_from"] or None,
                "valid_to": row["valid_to"] or None,
            }
        )
    return [checked(UnitIn, _unit(row, names.get(row["code"]))) for row in rows]


def _unit(row: dict[str, str], names: list[dict[str, Any]] | None) -> dict[str, Any]:
    continuous = row["legally_continuous"]
    one = {name: row[name] for name in ("name_vi", "short_vi", "name_en")}
    return {
        "code": row["code"],
        "kind": row["kind"],
        "names": names or [one],
        "gso_code": row["gso_code"] or None,
        "valid_from": row["valid_from"] or None,
        "valid_to": row["valid_to"] or None,
        "aliases": [alias.strip() for alias in row["aliases"].split(";") if alias.strip()],
        "dates": row["dates"],
        "legally_continuous": continuous == "yes" if continuous else None,
        "note": row["note"] or None,
    }


def read_successions(folder: Path) -> list[SuccessionIn]:
    """One a successor and day, and one for each unit that ended without a single successor."""
    groups: dict[tuple[date, str], list[str]] = {}
    for row in _rows(folder / "units.csv"):
        if row["valid_to"]:
            day = date.fromisoformat(row["valid_to"]) + timedelta(days=1)
            heir = row["successor_code"] or f"-{row['code']}"
            groups.setdefault((day, heir), []).append(row["code"])
    return [
        SuccessionIn(
            effective_on=day,
            predecessors=predecessors,
            successors=[] if heir.startswith("-") else [heir],
            act="Nghị quyết 202/2025/QH15" if predecessors[0].startswith("P63") else None,
        )
        for (day, heir), predecessors in groups.items()
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mark_as_demonstration(session: Session) -> None:
    """From now on every screen and export says that the figures are not real."""
    if not catalogue(session).demonstration:
        content = {"demonstration": True}
        define(session, system(session), DefinitionKind.SITE, "site", content)
