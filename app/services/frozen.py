"""A scene as plain JSON and back: what a snapshot freezes, and what works it out again.

The content needs no database: it carries every definition, every value and every size that its
results follow from. Numbers with decimals are text, so that any JSON tool keeps them; keys are
sorted and nothing stands between tokens, so that its digest can be taken by any of them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from app.db.figures import Counted
from app.domain.breakdown import Parts, read, written
from app.domain.evidence import Evidence, Sizes, last_told
from app.domain.numbers import percent_of
from app.domain.scene import Scene, scene
from app.domain.targets import Catalogue, Programme
from app.domain.values import Value
from app.schemas.catalogue import PeriodDefinition, ProgrammeFacts
from app.schemas.targets import TargetIn
from app.schemas.units import SuccessionIn, UnitDefinition
from app.services.attainment import write
from app.services.definitions import (
    period_from,
    programme_from,
    succession_from,
    target_from,
    unit_from,
)
from app.services.periods import period_content
from app.services.places import ReportKey, iso
from app.services.scene import Seen, View
from app.services.successions import succession_out
from app.services.targets import target_content
from app.services.units import unit_content

FORMAT = 1
# What a later version may say differently without any digit having changed.
_OF_THE_VERSION = frozenset({"rule_version", "explain", "reasons"})


def canonical(content: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what stands in a snapshot: sorted keys, no spaces, integers and text only."""
    return orjson.dumps(content, default=_as_text, option=orjson.OPT_SORT_KEYS)


def _as_text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """As it is read again: text for every number with decimals."""
    found: dict[str, Any] = orjson.loads(canonical(content))
    return found


def content_of(seen: Seen, known_at: str) -> dict[str, Any]:
    """Everything that the results of a scene follow from, and the results."""
    programme = seen.programme
    return {
        "format": FORMAT,
        "known_at": known_at,
        "period": seen.period.code,
        "definitions": _definitions(seen),
        "inputs": _inputs(seen),
        "registered": _by_period(seen, seen.scene.evidence.registered),
        "sizes_before": _by_period(seen, seen.scene.evidence.sizes),
        "programme": programme.code,
        "results": results(seen.scene, seen.view, known_at),
    }


def results(found: Scene, view: View, known_at: str) -> list[dict[str, Any]]:
    """Every target's national row and its units' own, in the contract's words."""
    seen = Seen(found, view, [], [])
    rows = [
        row
        for target in found.targets.values()
        for row in (
            found.national(target),
            *(found.unit(target, unit) for unit in found.units(target)),
        )
    ]
    return [dict(write(seen, row, known_at, ahead=True)) for row in rows]


def _definitions(seen: Seen) -> dict[str, Any]:
    programme = seen.programme
    facts = ProgrammeFacts.model_validate(
        {**programme.facts, "groups": [_group(one) for one in programme.groups]}
    )
    return {
        "programme": facts.model_dump(mode="json"),
        "targets": [
            {
                "effective_on": iso(revision.effective_on),
                "content": TargetIn.model_validate(target_content(programme, revision)).model_dump(
                    mode="json"
                ),
            }
            for revisions in programme.targets.values()
            for revision in revisions
        ],
        "periods": [
            {
                "code": one.code,
                "content": PeriodDefinition.model_validate(period_content(one)).model_dump(
                    mode="json"
                ),
            }
            for one in programme.periods.values()
        ],
        "units": [
            {
                "code": one.code,
                "content": UnitDefinition.model_validate(unit_content(one)).model_dump(mode="json"),
            }
            for one in seen.catalogue.units.values()
        ],
        "successions": [dict(succession_out(one)) for one in seen.catalogue.successions],
    }


def _group(group: Any) -> dict[str, Any]:
    return {"number": group.number, "title_vi": group.title_vi, "title_en": group.title_en}


def _inputs(seen: Seen) -> list[dict[str, Any]]:
    """Every value that counts, with the report and revision it stands in."""
    periods = {one.id: one.code for one in seen.programme.periods.values()}
    rows = []
    for one in seen.found:
        unit = seen.catalogue.by_id[one.unit_id].code
        key = ReportKey(seen.programme.code, periods[one.period_id], unit)
        for target_id, value in one.values.items():
            rows.append(
                {
                    "report": key.path,
                    "revision": one.revision,
                    "period": key.period,
                    "unit": unit,
                    "target": seen.programme.code_of[target_id],
                    "value": _value_content(value),
                    **_told_by_parts(seen, one, target_id),
                }
            )
    return sorted(rows, key=lambda row: (row["period"], row["unit"], row["target"]))


def _told_by_parts(seen: Seen, one: Counted, target_id: int) -> dict[str, Any]:
    parts = seen.scene.evidence.parts_of(one.period_id, one.unit_id, target_id)
    return {"breakdown": written(parts)} if parts else {}


def _value_content(value: Value) -> dict[str, Any]:
    said = {
        name: field
        for name, field in value._asdict().items()
        if field is not None and not name.startswith("percent") and field is not False
    }
    if value.done is False:
        said["done"] = False
    if value.percent is not None:
        said["percent"] = str(value.percent)
    return said


def _value_from(content: Mapping[str, Any]) -> Value:
    said = dict(content)
    written = said.pop("percent", None)
    if written is not None:
        percent = percent_of(Decimal(written))
        said |= {"percent_micro": percent.micro, "percent_decimals": percent.decimals}
    return Value(**said)


def _by_period(seen: Seen, all_sizes: Mapping[int, Sizes]) -> list[dict[str, Any]]:
    periods = {one.id: one.code for one in seen.programme.periods.values()}
    return [
        {"period": periods[period_id], **row}
        for period_id, sizes in sorted(all_sizes.items())
        for row in _sizes(seen, sizes)
    ]


def _sizes(seen: Seen, sizes: Sizes) -> list[dict[str, Any]]:
    return [
        {
            "target": seen.programme.code_of[target_id],
            "unit": seen.catalogue.by_id[unit_id].code,
            "denominator": denominator,
        }
        for target_id, by_unit in sorted(sizes.items())
        for unit_id, denominator in sorted(by_unit.items())
    ]


_FIGURES = frozenset(
    {
        *("numerator", "denominator", "percent", "value", "threshold", "threshold_percent"),
        *("gap_pp", "gap_closed", "ratio_to_threshold", "population", "low", "high"),
        *("baseline", "expected_now", "pace", "per_year", "required_per_year"),
    }
)


def figures_of(frozen: Any) -> Any:
    """Frozen results with numbers for figures again, each as exact as it was written."""
    if isinstance(frozen, dict):
        return {
            name: fact if name == "reasons" else _figure_of(name, fact)
            for name, fact in frozen.items()
        }
    return [figures_of(one) for one in frozen] if isinstance(frozen, list) else frozen


def _figure_of(name: str, fact: Any) -> Any:
    return Decimal(fact) if name in _FIGURES and isinstance(fact, str) else figures_of(fact)


def scene_from(content: Mapping[str, Any]) -> Scene:
    """The scene that a content froze, made from nothing but the content."""
    catalogue, programme = defined_in(content)
    targets = {code: id_ for id_, code in programme.code_of.items()}
    units = {code: unit.id for code, unit in catalogue.units.items()}
    periods = {code: one.id for code, one in programme.periods.items()}

    said: dict[int, dict[int, dict[int, Value]]] = defaultdict(lambda: defaultdict(dict))
    parts: dict[int, dict[int, dict[int, Parts]]] = defaultdict(lambda: defaultdict(dict))
    for row in content["inputs"]:
        period, unit, target = periods[row["period"]], units[row["unit"]], targets[row["target"]]
        said[period][unit][target] = _value_from(row["value"])
        if "breakdown" in row:
            parts[period][unit][target] = read(row["breakdown"])

    def sizes_of(name: str) -> dict[int, dict[int, dict[int, int]]]:
        found: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
        for row in content[name]:
            by_target = found[periods[row["period"]]][targets[row["target"]]]
            by_target[units[row["unit"]]] = row["denominator"]
        return found

    when = programme.periods[content["period"]]
    evidence = Evidence(
        catalogue,
        programme,
        said,
        sizes_of("registered"),
        parts=parts,
        sizes=sizes_of("sizes_before"),
    )
    return scene(replace(evidence, last=last_told(evidence, when)), when)


def defined_in(content: Mapping[str, Any]) -> tuple[Catalogue, Programme]:
    """What was defined when it was frozen; the catalogue holds this one programme."""
    defined, code = content["definitions"], content["programme"]
    facts = ProgrammeFacts.model_validate(defined["programme"])
    targets: dict[str, list[Any]] = defaultdict(list)
    for row in defined["targets"]:
        kept = TargetIn.model_validate(row["content"])
        id_ = list(targets).index(kept.code) if kept.code in targets else len(targets)
        on = row["effective_on"] and date.fromisoformat(row["effective_on"])
        targets[kept.code].append(target_from(id_, code, kept, facts.starts_on, on))
    periods = [
        period_from(id_, code, row["code"], row["content"])
        for id_, row in enumerate(defined["periods"])
    ]
    units = [
        unit_from(row["code"], id_, row["content"]) for id_, row in enumerate(defined["units"])
    ]
    successions = [
        succession_from(SuccessionIn.model_validate(row)) for row in defined["successions"]
    ]
    programme = programme_from(code, facts, targets, periods)
    catalogue = Catalogue({code: programme}, {one.code: one for one in units}, tuple(successions))
    return catalogue, programme


def differences(content: Mapping[str, Any]) -> list[str]:
    """Worked out again: the fields of results that come out otherwise than they were frozen, as
    `target/unit/scope: field`. Fields that a later version added are not looked at."""
    again = plain({"results": results(scene_from(content), View(), content["known_at"])})
    frozen, found = _by_row(content["results"]), _by_row(again["results"])
    names = [f"{'/'.join(key)}: missing" for key in frozen.keys() - found.keys()]
    names += [f"{'/'.join(key)}: new" for key in found.keys() - frozen.keys()]
    for key in frozen.keys() & found.keys():
        for name, field in frozen[key].items():
            if name not in _OF_THE_VERSION and found[key].get(name) != field:
                names.append(f"{'/'.join(key)}: {name}")
    return sorted(names)


def _by_row(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(row["target"], row["unit"], row["scope"]): row for row in rows}
