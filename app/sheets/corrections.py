"""What the sender says of a sheet over what was guessed, and what is learned from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import Fault
from app.domain.units import reading
from app.schemas.imports import MappingIn, PlacedFault, RoleIn, SheetMappingIn, Where
from app.sheets.axes import BETWEEN, Reader
from app.sheets.layout import Sheet
from app.sheets.marks import column_number
from app.sheets.roles import Known, Meaning, Reading, Role, told
from app.sheets.spelling import loose
from app.sheets.words import FIELD_WORDS, is_group, is_total


@dataclass
class Corrections:
    """`faults` are what the corrections themselves get wrong; `headers` and `names` what they
    teach."""

    said: MappingIn
    reader: Reader
    faults: list[PlacedFault] = field(default_factory=list)
    _headers: dict[str, Meaning] = field(default_factory=dict)
    _names: dict[str, str | None] = field(default_factory=dict)
    _disputed: set[str] = field(default_factory=set)

    def of(self, title: str) -> SheetMappingIn | None:
        return next((one for one in self.said.sheets if one.sheet == title), None)

    def check_sheets(self, titles: set[str]) -> None:
        for one in self.said.sheets:
            if one.sheet not in titles:
                facts = {"reason": "unknown_sheet", "value": one.sheet[:60]}
                fault = Fault("", "invalid", facts)
                self.faults.append(PlacedFault(Where(one.sheet, ""), fault, one.sheet[:200]))

    def unit_of(self, sheet: SheetMappingIn | None, named: str) -> str | None:
        """The unit that the whole sheet is said to be about."""
        if sheet is None or sheet.unit is None or not self._is_unit(sheet.sheet, "", sheet.unit):
            return None
        if named:
            self._learn_name(named, sheet.unit)
        return sheet.unit

    def apply(
        self,
        sheet: Sheet,
        said: SheetMappingIn,
        columns: dict[int, Role],
        rows: dict[int, Role],
    ) -> None:
        for one in said.lines:
            is_row = one.line.isdecimal()
            number = int(one.line) if is_row else column_number(one.line)
            side = rows if is_row else columns
            if is_row and number not in sheet.rows:
                continue
            if not self._exists(said.sheet, one):
                continue
            at = (number, 1) if is_row else (1, number)
            guess = side.get(number) or Role(one.line, "", at, Reading())
            if self._contradicts(said.sheet, guess, one):
                continue
            made = Reading(one.unit, one.target, one.field, one.skip, why="corrected")
            self._learn(guess, one)
            side[number] = Role(
                one.line, guess.said, guess.at, made, guess.heading, guess.named, corrected=True
            )

    def _exists(self, sheet: str, one: RoleIn) -> bool:
        cell = f"A{one.line}" if one.line.isdecimal() else f"{one.line}1"
        known_unit = one.unit is None or self._is_unit(sheet, cell, one.unit)
        if one.target is None or one.target in self.reader.targets:
            return known_unit
        facts = {"reason": "nowhere", "target": one.target}
        fault = Fault("", "unknown_target", facts)
        self.faults.append(PlacedFault(Where(sheet, cell), fault, one.target))
        return False

    def _contradicts(self, sheet: str, guess: Role, one: RoleIn) -> bool:
        """Rule 25: a name that is certainly one unit's is not confirmed to be another's."""
        found = guess.reading
        if one.unit is None or found.unit is None or not found.certain or found.unit == one.unit:
            return False
        units = self.reader.places.defined.units
        facts = {"name": reading(units[found.unit]), "unit": reading(units[one.unit])}
        self.faults.append(
            told(sheet, guess.at, Fault("", "code_name_mismatch", facts), guess.said)
        )
        return True

    def _is_unit(self, sheet: str, cell: str, code: str) -> bool:
        if code in self.reader.places.defined.units:
            return True
        fault = Fault("", "unknown_unit", {"value": code})
        self.faults.append(PlacedFault(Where(sheet, cell), fault, code))
        return False

    def _learn(self, guess: Role, said: RoleIn) -> None:
        """A heading or a name as spelled there; nothing that would answer for others as well.

        What was certain is not unlearned by skipping it once, and a bare "Tỷ lệ" tells no target.
        """
        if said.skip and guess.reading.certain:
            return
        if guess.named and (said.unit or said.skip):
            self._learn_name(guess.named, said.unit)
        told = Meaning(said.target, said.field, said.skip)
        parts = guess.heading.split(BETWEEN)
        bare_field = all(part in FIELD_WORDS for part in parts)
        if not guess.heading or (bare_field and said.target) or not any(told):
            return
        if self._headers.setdefault(guess.heading, told) != told:
            self._disputed.add(guess.heading)

    def _learn_name(self, key: str, code: str | None) -> None:
        if is_total(key) or is_group(key) or not loose(key):
            return
        if self._names.setdefault(key, code) != code:
            self._disputed.add(key)

    def taught(self) -> Known:
        def agreed(told: Mapping[str, object]) -> set[str]:
            return {key for key in told if key not in self._disputed}

        return Known(
            {key: self._headers[key] for key in sorted(agreed(self._headers))},
            {key: self._names[key] for key in sorted(agreed(self._names))},
        )
