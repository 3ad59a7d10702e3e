"""The worked examples of docs/attainment.md: read from the page, worked out by the engine.

A block writes targets, values and results in the contract's words (docs say which); `-` is a unit
that is silent, `null` a field that is null or absent. Everything goes through what the API uses.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from app.domain.errors import AmbiguousUnit, Fault
from app.domain.evidence import Evidence
from app.domain.numbers import Unreadable, read_percent
from app.domain.periods import is_late, period
from app.domain.scene import scene
from app.domain.targets import Catalogue, Decision, ProgrammePeriod, Target
from app.domain.text import name_key
from app.domain.units import Unit, UnitKind, UnitName, resolve
from app.domain.values import Value, faults
from app.domain.workflow import Standing, Status, counting
from app.schemas.attainment import AttainmentOut, ExplanationOut, InputOut
from app.schemas.catalogue import ProgrammeFacts
from app.schemas.fields import Sent, checked, read
from app.schemas.reports import ValueIn
from app.schemas.targets import TargetIn
from app.schemas.units import SuccessionIn
from app.services.attainment import write
from app.services.definitions import programme_from, succession_from, target_from, unit_from
from app.services.scene import Seen, View
from app.services.seed import SEED, read_units

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "attainment.md"
CENTRE, OWN = "VGCL", "VGCL/own"
Case = Mapping[str, Any]

_HEADING = re.compile(r"^### Quy tắc ([0-9, ]+) · Rules? \1: \S.*$", re.MULTILINE)
_BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COUNTS = re.compile(r"([0-9 ]+)/([0-9 ]+)")


class Section(NamedTuple):
    """What the page says of one rule or two, from its heading to the next."""

    rules: tuple[int, ...]
    text: str

    @property
    def name(self) -> str:
        return "rule " + ", ".join(map(str, self.rules))

    def examples(self) -> list[dict[str, Any]]:
        return [_toml(block) for block in _BLOCK.findall(self.text)]


def _toml(block: str) -> dict[str, Any]:
    return tomllib.loads(block, parse_float=Decimal)


def page() -> str:
    return PAGE.read_text("utf-8")


def sections() -> list[Section]:
    text = page()
    found = list(_HEADING.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return [
        Section(
            tuple(int(one) for one in match[1].split(",")),
            re.split(r"^## ", text[match.start() : end], maxsplit=1, flags=re.MULTILINE)[0],
        )
        for match, end in zip(found, ends, strict=True)
    ]


def usual(kind: str) -> dict[str, Any]:
    """The target of every example of a kind, as the page states it before the first rule."""
    stated = _toml(_BLOCK.findall(page())[0])
    return {**stated["all"], **stated[kind]}


def cases(example: Case) -> Iterator[dict[str, Any]]:
    """An example, or each of its variants laid over what they share."""
    shared = {name: part for name, part in example.items() if name != "when"}
    for variant in example.get("when", [{}]):
        yield _over(shared, variant)


def _over(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _over(below.get(key), part) for key, part in above.items()}}


@dataclass(frozen=True)
class Figures:
    """A programme of one target, made for one example."""

    case: Case

    @property
    def asked(self) -> str:
        return str(self.case.get("period", list(self.case["reports"])[-1]))

    def target_in(self) -> TargetIn:
        stated = {**usual(self.case.get("kind", "ratio")), **self.case.get("target", {})}
        content = {name: None if part == "null" else part for name, part in stated.items()}
        titles = {"code": "T", "group": 1, "title_vi": "T", "title_en": "T"}
        return checked(TargetIn, {**titles, **content})

    def targets(self) -> dict[str, list[Target]]:
        """The target, and the parts that it is computed from where it has any."""
        whole = self.target_in()
        made = {"T": [target_from(1, "P", whole, None)]}
        for number, code in enumerate(self.parts(), 2):
            content = {**whole.model_dump(), "code": code, "parent": "T", "value_kind": "yes_no"}
            made[code] = [target_from(number, "P", checked(TargetIn, content), None)]
        return made

    def parts(self) -> list[str]:
        if self.target_in().value_kind != "all_of":
            return []
        said = (value for units in self.case["reports"].values() for value in units.values())
        return sorted({part for value in said if isinstance(value, dict) for part in value})

    def periods(self) -> list[ProgrammePeriod]:
        codes = dict.fromkeys([*self.case["reports"], self.asked])
        decision = Decision(**self.case["decision"]) if "decision" in self.case else None
        return [
            ProgrammePeriod(number, "P", period(code), decision=decision)
            for number, code in enumerate(codes, 1)
        ]

    def units(self) -> dict[str, Unit]:
        """The centre, whoever reports or is silent, and whoever they came from or became."""
        lives: dict[str, dict[str, Any]]
        lives = {code: {} for units in self.case["reports"].values() for code in units}
        lives[CENTRE] = {"kind": "centre"}
        for step in self.case.get("successions", []):
            eve = step["effective_on"] - timedelta(days=1)
            gone = set(step["predecessors"]) - set(step["successors"])
            lives |= {code: {"valid_to": eve, **lives.get(code, {})} for code in sorted(gone)}
            new = [code for code in step["successors"] if code not in lives]
            lives |= {code: {"valid_from": step["effective_on"]} for code in new}
        return {
            code: Unit(
                number,
                code,
                UnitKind(life.get("kind", "province_federation")),
                (UnitName(code, code, code),),
                life.get("valid_from"),
                life.get("valid_to"),
            )
            for number, (code, life) in enumerate(lives.items(), 1)
        }

    def evidence(self) -> Evidence:
        targets, units, periods = self.targets(), self.units(), self.periods()
        facts = ProgrammeFacts(title_vi="P", title_en="P")
        programme = programme_from("P", facts, targets, periods)
        steps = [checked(SuccessionIn, step) for step in self.case.get("successions", [])]
        ids = {code: revisions[0].id for code, revisions in targets.items()}
        said = {
            when.id: {
                units[unit].id: {ids[code]: value for code, value in self.values(raw)}
                for unit, raw in self.case["reports"].get(when.code, {}).items()
            }
            for when in periods
        }
        known = {
            name: {1: {units[unit].id: size for unit, size in self.case.get(name, {}).items()}}
            for name in ("registers", "last")
        }
        return Evidence(
            Catalogue({"P": programme}, units, tuple(map(succession_from, steps))),
            programme,
            said,
            {when.id: known["registers"] for when in periods if when.code == self.asked},
            known["last"] if self.case.get("last") else {},
        )

    def values(self, raw: Any) -> Iterator[tuple[str, Value]]:
        """What one unit said, by target; a target of parts is told by its parts."""
        told = raw.items() if self.parts() and isinstance(raw, dict) else [("T", raw)]
        targets = self.targets()
        for code, words in told:
            if words != "-":
                value, wrong = judged(targets[code][0], words)
                assert not wrong, wrong
                yield code, value

    def rows(self) -> dict[str, AttainmentOut]:
        """The attainments that the example expects something of, as the API writes them."""
        evidence, on = self.evidence(), self.case.get("restated_on")
        when = evidence.programme.periods[self.asked]
        seen = Seen(scene(evidence, when, on), View(restated_on=on), [], [])
        target = seen.scene.targets["T"]
        found = {}
        for name in self.case["expect"]:
            national = name == CENTRE
            unit = CENTRE if name == OWN else name
            row = seen.scene.national(target) if national else seen.scene.unit(target, unit)
            found[name] = write(seen, row, "", ahead=True)
        return found


def judged(target: Target, raw: Any) -> tuple[Value, list[Fault]]:
    """A value as sent: by the contract first, then by the rules; and all that is wrong with it."""
    counts = _COUNTS.fullmatch(raw) if isinstance(raw, str) else None
    if counts:
        numerator, denominator = (int(part.replace(" ", "")) for part in counts.groups())
        raw = {"numerator": numerator, "denominator": denominator}
    elif not isinstance(raw, dict):
        word = {bool: "done", int: "value", str: "percent"}[type(raw)]
        raw = {word: raw}
    sent = read(ValueIn, Sent({"target": target.code, **raw}))
    if sent.contract is None:
        return Value(), list(sent.faults)
    value = sent.contract.as_value()
    return value, list(faults(target, value, ""))


def alike(expected: Any, found: Any, place: str) -> None:
    """Every field that is expected, exactly: a decimal with the decimals it is shown with."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), place
        for name, part in expected.items():
            assert name in found, f"{place}.{name}"
            alike(part, found[name], f"{place}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), place
        assert len(expected) == len(found), (place, expected, found)
        for number, part in enumerate(expected):
            alike(part, found[number], f"{place}[{number}]")
    elif isinstance(expected, Decimal):
        assert isinstance(found, Decimal), (place, expected, found)
        assert str(found) == str(expected), place
    else:
        assert found == (None if expected == "null" else expected), (place, expected, found)


def check_figures(case: Case) -> None:
    for name, row in Figures(case).rows().items():
        for field, part in case["expect"][name].items():
            assert field in AttainmentOut.__annotations__, field
            alike(part, row.get(field), f"{name}.{field}")


def check_refused(case: Case) -> None:
    """`refused` names every line of `sent` that is; the others are accepted."""
    target = Figures(case).targets()["T"][0]
    assert set(case["refused"]) <= set(case["sent"])
    for name, raw in case["sent"].items():
        wrong = [
            {"at": one.place.strip("/"), "code": one.code, "expected": one.expected}
            for one in judged(target, raw)[1]
        ]
        alike([case["refused"][name]] if name in case["refused"] else [], wrong, name)


def check_expected_units(case: Case) -> None:
    """Against the real units of the seed."""
    target = Figures(case).targets()["T"][0]
    for code, number in case["expected_units"].items():
        assert sum(target.expected(unit, period(code)) for unit in seeded()) == number, code


def seeded() -> list[Unit]:
    units = enumerate(read_units(SEED), 1)
    return [unit_from(one.code, n, one.model_dump(exclude={"code"})) for n, one in units]


def check_counting(case: Case) -> None:
    for one in case["counting"]:
        chosen = counting(
            Standing(one["include"]), Status(one["status"]), one["revision"], one.get("approved")
        )
        alike(one["counts"], chosen, str(one))


def check_late(case: Case) -> None:
    due: date = case["due_on"]
    for instant, late in case["late"].items():
        assert is_late(datetime.fromisoformat(instant), due) is late, instant


def check_resolve(case: Case) -> None:
    """Against the real units of the seed: `gives` one unit, or is refused with `readings`."""
    for one in case["resolve"]:
        said = {"name": one.get("name"), "code": one.get("code"), "on": one.get("on")}
        try:
            found: Any = resolve(seeded(), **said).code
        except AmbiguousUnit as refused:
            found = [fault.expected for fault in refused.faults]
        assert found == one.get("gives", one.get("readings")), one


def check_read(case: Case) -> None:
    for text, reading in case["read"].items():
        try:
            found: Any = str(read_percent(text))
        except Unreadable as refused:
            found = {"refused": refused.code, **refused.facts}
        alike(reading, found, text)


def check_names(case: Case) -> None:
    for one, other, same in case["names"]:
        assert (name_key(one) == name_key(other)) is same, (one, other)


def check_fields(case: Case) -> None:
    """The contract has these fields: a change of the contract is a change of the page."""
    shapes = {"attainment": AttainmentOut, "explanation": ExplanationOut, "input": InputOut}
    for name, fields in case["fields"].items():
        assert not set(fields) - set(shapes[name].__annotations__), name


def check_proved_by(case: Case) -> None:
    for test in case["proved_by"]:
        path, name = test.split("::")
        assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), test


CHECKS: dict[str, Callable[[Case], None]] = {
    "expect": check_figures,
    "refused": check_refused,
    "expected_units": check_expected_units,
    "counting": check_counting,
    "late": check_late,
    "resolve": check_resolve,
    "read": check_read,
    "names": check_names,
    "fields": check_fields,
    "proved_by": check_proved_by,
}
GIVEN = {
    *("kind", "target", "reports", "period", "successions", "restated_on"),
    *("registers", "last", "decision", "sent", "due_on"),
}
