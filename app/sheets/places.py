"""Finding the unit that a typed name or code means, on a day (rules 21 and 25)."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property, lru_cache

from app.domain.errors import Fault
from app.domain.periods import Period
from app.domain.targets import Catalogue
from app.domain.units import Unit, UnitKind, reading
from app.sheets.roles import UNREAD, Reading
from app.sheets.spelling import Slips, bare, flat, loose, without_remark

_PROVINCES = frozenset({UnitKind.PROVINCE_FEDERATION})
_UNIONS = frozenset({UnitKind.SECTOR_UNION, UnitKind.CORPORATION_UNION})
_EVERY = frozenset(UnitKind)

# Styles that people put before a bare name, and the kinds of unit that bear them.
_STYLES = tuple(
    (style, kinds)
    for styles, kinds in (
        (("Ban Chấp hành", "BCH", "Ban Thường vụ", "BTV", "Cơ quan"), _EVERY),
        (("Liên đoàn Lao động", "LĐLĐ", "LĐ LĐ", "L.Đ.L.Đ"), _PROVINCES),
        (("tỉnh", "thành phố", "TP", "T.P", "T."), _PROVINCES),
        (("Công đoàn", "CĐ", "C.Đ", "ngành"), _UNIONS),
        (("Tổng công ty", "TCT", "T.Cty", "Tập đoàn", "TĐ"), _UNIONS),
    )
    for style in styles
)
_CITY, _PROVINCE = frozenset(map(loose, ("thành phố", "TP", "T.P"))), f" {loose('tỉnh')} "
_ENDINGS = ("Việt Nam", "VN", "Trung ương", "TW")
_CODE = re.compile(r"\W*([A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)\b\W*(.*)", re.DOTALL)
Key = Callable[[str], str]


class _Bare:
    """Takes the styles away from a name, as `key` spells both."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.styles = {key(style): kinds for style, kinds in _STYLES}
        self.endings = [key(ending).split() for ending in _ENDINGS]
        self.longest = max(len(style.split()) for style in self.styles)

    def __call__(self, text: str) -> tuple[str, frozenset[UnitKind]]:
        """What is left, and the kinds of unit that bear all the styles that were there."""
        words, kinds = self.key(text).split(), _EVERY
        while (length := self._leading(words)) > 0:
            kinds &= self.styles[" ".join(words[:length])]
            words = words[length:]
        for ending in self.endings:
            if len(words) > len(ending) and words[-len(ending) :] == ending:
                words = words[: -len(ending)]
        # Spaces do not part what nobody reads apart: "TP HCM" and "TPHCM".
        return "".join(words), kinds

    def _leading(self, words: list[str]) -> int:
        for length in range(min(self.longest, len(words) - 1), 0, -1):
            if " ".join(words[:length]) in self.styles:
                return length
        return 0


_bare, _bare_flat = _Bare(loose), _Bare(flat)


@lru_cache(maxsize=8192)
def _keys(spelling: str) -> tuple[str, str, str]:
    """Of a name: whole, without its styles, and that without diacritics."""
    return loose(spelling).replace(" ", ""), _bare(spelling)[0], _bare_flat(spelling)[0]


class _Names:
    """Units by the keys of some of their names."""

    def __init__(self, named: Iterable[tuple[Unit, Iterable[str]]]) -> None:
        self.whole: dict[str, set[str]] = defaultdict(set)
        self.short: dict[str, set[str]] = defaultdict(set)
        self.flat: dict[str, set[str]] = defaultdict(set)
        for unit, spellings in named:
            for whole, short, flattened in map(_keys, spellings):
                self.whole[whole].add(unit.code)
                self.short[short].add(unit.code)
                self.flat[flattened].add(unit.code)

    @cached_property
    def slips(self) -> Slips:
        return Slips(self.flat)


def _spellings(unit: Unit, on: date | None = None) -> Iterator[str]:
    """What the unit is called: on the day if given, else at any time."""
    for name in unit.names if on is None else [unit.name_on(on)]:
        yield from (name.name_vi, name.short_vi, name.name_en)
    yield from unit.aliases


class Places:
    """The units of a catalogue by what people type, as of a period's last day.

    `on` None: no day is known, so that a name borne by two units of two times is ambiguous.
    """

    MOST_TEXTS, MOST_GUESSES = 20_000, 2_000

    def __init__(self, defined: Catalogue, period: Period | None) -> None:
        self.defined, self.period = defined, period
        self.on = period.ends_on if period else None
        units = list(defined.units.values())
        self._now = _Names((unit, _spellings(unit, self.on)) for unit in units if self._lives(unit))
        self._ever = _Names((unit, _spellings(unit)) for unit in units)
        self._by_state_code: dict[str, list[Unit]] = defaultdict(list)
        for unit in units:
            if unit.gso_code and self._lives(unit):
                self._by_state_code[unit.gso_code].append(unit)
        self._read: dict[str, Reading] = {}
        self._guesses = 0

    def _lives(self, unit: Unit) -> bool:
        return self.on is None or unit.valid_on(self.on)

    def read(self, text: str) -> Reading:
        """What unit the text names; UNREAD for none."""
        if text not in self._read:
            # What one file may ask is bounded; beyond, it has to name its units by mapping.
            if len(self._read) >= self.MOST_TEXTS:
                return UNREAD
            self._read[text] = self._find(text)
        return self._read[text]

    def by_state_code(self, text: str) -> Reading:
        """The state's code, which means a unit only on a day (rule 21)."""
        found = self._by_state_code.get(text.zfill(2), []) if text.isdecimal() else []
        if self.on is None or len(found) != 1:
            return self._ambiguous(text, {unit.code for unit in found}) if found else UNREAD
        return Reading(unit=found[0].code, why="state_code", facts={"code": text})

    def _find(self, text: str) -> Reading:
        match = _CODE.match(text)
        coded = self.defined.units.get(match[1].upper()) if match else None
        if match is None or coded is None:
            return self._named(text)
        found = self._of_time(coded, text, Reading(unit=coded.code, why="unit_code"))
        rest = match[2].strip(" )\n")
        return agreed(self.defined, found, self._named(rest), rest) if rest else found

    def _named(self, text: str) -> Reading:
        """By name alone: exactly, of another time, without diacritics, with a slip."""
        for spelling in dict.fromkeys((text, bare(text))):
            found = self._exactly(spelling)
            if found.means or found.doubt:
                return found
        remarked = self._exactly(without_remark(bare(text)))
        if remarked.unit is not None and remarked.certain:
            return self._guess(remarked.unit, text, 0.7, "with_remark")
        if not any(letter.isalpha() for letter in text) or len(text) > Slips.LONGEST_WORD * 3:
            return UNREAD
        return self._nearly(bare(text))

    def _exactly(self, text: str) -> Reading:
        short, kinds = _bare(text)
        whole = loose(text).replace(" ", "")
        if not short:
            return UNREAD
        codes = self._now.whole.get(whole) or self._now.short.get(short)
        if codes:
            units = [self.defined.units[code] for code in codes]
            fitting = {
                unit.code for unit in units if unit.kind in kinds and self._styled(unit, text)
            }
            return self._one(fitting or codes, text, sure=bool(fitting), why="unit_name")
        codes = self._ever.whole.get(whole) or self._ever.short.get(short)
        return self._other_time(codes, text) if codes else UNREAD

    def _styled(self, unit: Unit, text: str) -> bool:
        """Whether the unit bears the style: "TP Hòa Bình" is a town of the province Hòa Bình."""
        words = f" {loose(text)} "
        is_city = any(f" {style} " in words for style in _CITY)
        return not is_city or _PROVINCE not in f" {loose(unit.name_on(self.on).name_vi)} "

    def _one(self, codes: set[str], text: str, *, sure: bool, why: str) -> Reading:
        if len(codes) > 1:
            return self._ambiguous(text, codes)
        code = next(iter(codes))
        return Reading(unit=code, why=why) if sure else self._guess(code, text, 0.7, "other_style")

    def _other_time(self, codes: set[str], text: str) -> Reading:
        """A name that no unit bears on the day: an old or coming name, or a unit that ended."""
        living = {code for code in codes if self._lives(self.defined.units[code])}
        if len(living or codes) > 1:
            return self._ambiguous(text, living or codes)
        unit = self.defined.units[next(iter(living or codes))]
        if living:
            return self._guess(unit.code, text, 0.8, "other_name")
        return self._of_time(unit, text, Reading(unit=unit.code, why="unit_name"))

    def _nearly(self, text: str) -> Reading:
        self._guesses += 1
        if self._guesses > self.MOST_GUESSES:
            return UNREAD
        key = _bare_flat(text)[0]
        if codes := self._now.flat.get(key):
            if len(codes) > 1:
                return self._ambiguous(text, codes)
            return self._guess(next(iter(codes)), text, 0.8, "no_diacritics")
        if codes := self._ever.flat.get(key):
            return self._other_time(codes, text)._replace(confidence=0.4)
        near = self._now.slips.near(key)
        codes = {code for far, word in near if far == near[0][0] for code in self._now.flat[word]}
        if len(codes) != 1:
            return UNREAD
        return self._guess(next(iter(codes)), text, 0.8 - 0.1 * near[0][0], "slip")

    def _guess(self, code: str, text: str, confidence: float, why: str) -> Reading:
        expected = named(self.defined.units[code])
        facts = {"reason": "suggested_unit", "value": text[:60], "expected": expected}
        doubt = Fault("", "unknown_unit", facts, expected)
        return Reading(unit=code, confidence=confidence, why=why, doubt=doubt)

    def _ambiguous(self, text: str, codes: set[str]) -> Reading:
        readings = ", ".join(reading(self.defined.units[code]) for code in sorted(codes))
        facts = {"said": text[:60], "readings": readings}
        doubt = Fault("", "ambiguous_unit", facts, readings)
        return Reading(confidence=0.3, why="ambiguous", facts=facts, doubt=doubt)

    def _of_time(self, unit: Unit, text: str, found: Reading) -> Reading:
        """`found` if the unit lives on the day; else what became of it, or that it is to come."""
        period = self.period
        if period is None or self._lives(unit):
            return found
        facts: dict[str, object] = {"unit": named(unit), "period": period.code}
        if unit.valid_to is None or unit.valid_to >= period.ends_on:
            facts |= {"reason": "not_yet", "on": unit.valid_from}
            fault = Fault("", "unit_not_expected", facts)
        else:
            heirs = ", ".join(map(named, self._heirs(unit)))
            facts |= {"reason": "became", "on": unit.valid_to, "heirs": heirs}
            facts |= {} if heirs else {"reason": "dispersed"}
            fault = Fault("", "unit_closed", facts, heirs or None)
        return found._replace(confidence=0.5, why="other_time", doubt=fault)

    def _heirs(self, unit: Unit) -> list[Unit]:
        return [
            self.defined.units[code]
            for step in self.defined.successions
            if unit.code in step.predecessors
            for code in step.successors
        ]


def named(unit: Unit) -> str:
    """As a suggestion shows it: P63-25 (Phú Thọ)."""
    return f"{unit.code} ({unit.names[-1].short_vi})"


def agreed(defined: Catalogue, coded: Reading, name: Reading, said: str) -> Reading:
    """What a typed code and the name beside it mean together (rule 25)."""
    if coded.unit is None or name.unit == coded.unit:
        return coded if coded.unit else name
    if name.unit is not None and name.certain:
        facts = {
            "name": reading(defined.units[name.unit]),
            "unit": reading(defined.units[coded.unit]),
        }
        doubt = Fault("", "code_name_mismatch", facts, None)
        return coded._replace(confidence=0.5, why="mismatch", doubt=doubt)
    if not coded.certain:
        return coded
    expected = named(defined.units[coded.unit])
    facts = {"reason": "suggested_unit", "value": said[:60], "expected": expected}
    doubt = Fault("", "unknown_unit", facts, expected)
    return coded._replace(confidence=0.7, why="code_beside_name", doubt=doubt)
