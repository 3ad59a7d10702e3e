"""What each row below the headings is for: a unit, a target, a field, or nothing of the table."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from app.domain.errors import Fault
from app.schemas.imports import PlacedFault
from app.sheets.axes import Axes, Axis, Reader, heading_key, legacy_doubt, read_topic
from app.sheets.layout import At, Sheet, Split, path
from app.sheets.places import agreed
from app.sheets.roles import TOTAL, UNREAD, Reading, Role, told
from app.sheets.spelling import bare, loose, ordinal
from app.sheets.words import (
    FIELD_WORDS,
    is_closing,
    is_group,
    is_heading,
    is_note,
    is_numbering,
    is_total,
)

_ROMAN = re.compile(r"[IVX]{1,6}|[A-H]")
_NUMBER = re.compile(r"\(?\s*(\d{1,3})")
MOST_NUMBERED = 12
Texts = Sequence[tuple[At, str]]


@dataclass
class Rows:
    """The rows of a sheet in order, each with its role, until the table ends.

    A blank name means the one above where a topic stands beside it: merged cells come so as .csv.
    """

    sheet: Sheet
    split: Split
    reader: Reader
    axes: Axes
    warnings: list[PlacedFault] = field(default_factory=list)
    _unit: Texts = ()
    _topic: Texts = ()

    def __iter__(self) -> Iterator[tuple[int, Role]]:
        for row in self.sheet.numbers:
            if row <= self.split.below:
                continue
            if self._closes(row):
                return
            yield row, self._role(row)

    def _role(self, row: int) -> Role:
        texts = {c: self.sheet.text((row, c)) for c in self.axes.labels}
        said = " / ".join(dict.fromkeys(text.replace("\n", " ") for text in texts.values() if text))
        passed = self._passed_over(row, [text for text in texts.values() if text])
        if passed is not None:
            self._unit = self._topic = ()
            return Role(str(row), said, self._first(row), passed)
        names, code, topics = (
            self._labels(row, "unit"),
            self._labels(row, "code"),
            self._topics(row),
        )
        names = names or (self._unit if topics else ())
        self._unit = names
        unit = self._read_unit(names, code)
        topic, key = self._read_topics(topics)
        reading = self._together(unit, topic, names or code)
        if reading.unit is None and not topic.target and self._is_group(texts, names):
            reading = Reading(skip=True, why="group")
        at = self._at(row, names or code, topics)
        role = Role(str(row), said, at, reading, heading=key)
        role.named = loose(bare(names[0][1])) if names else ""
        return legacy_doubt(self.sheet, role, [at for at, _ in (*names, *code, *topics)])

    def _first(self, row: int) -> At:
        return (row, next(iter(self.sheet.filled(row)), 1))

    def _at(self, row: int, names: Texts, topics: Texts) -> At:
        """The cell that names the row: its unit's where units stand in rows, else its target's."""
        if self.axes.units is Axis.ROWS and names:
            return names[0][0]
        return topics[0][0] if topics else self._first(row)

    def _labels(self, row: int, kind: str) -> Texts:
        found = [
            (self.sheet.anchor((row, c)), c) for c, held in self.axes.labels.items() if held == kind
        ]
        texts = [(at, self.sheet.text(at)) for at, _ in found]
        return [(at, text) for at, text in dict(texts).items() if text]

    def _topics(self, row: int) -> Texts:
        """The target's and the field's texts; a field alone belongs to the target above it."""
        found = self._labels(row, "topic")
        if not found or self.axes.targets is not Axis.ROWS:
            return found
        read = [self.reader.topics.read(text) for _, text in found]
        if any(one.target for one in read) or not all(one.field for one in read):
            self._topic = found[:1]
            return found
        return [*self._topic, *found] if found != list(self._topic) else found

    def _read_unit(self, names: Texts, code: Texts) -> Reading:
        if self.axes.units is not Axis.ROWS:
            return UNREAD
        read = [self.reader.unit(text) for _, text in names]
        name = max(read, key=lambda one: (one.confidence, one.means), default=UNREAD)
        said = names[0][1] if names else ""
        for _, text in code:
            coded = self.reader.places.read(text)
            coded = coded if coded.means else self.reader.places.by_state_code(text)
            if name.skip or name.why == "known":
                return name
            if coded.means or coded.doubt:
                agree = agreed(self.reader.places.defined, coded, name, said)
                return agree if said or name.means else coded
        return name

    def _read_topics(self, topics: Texts) -> tuple[Reading, str]:
        key = heading_key([text for _, text in topics])
        if not topics:
            return UNREAD, key
        known = self.reader.meaning(key)
        return known or read_topic(self.reader, [text for _, text in topics]), key

    def _together(self, unit: Reading, topic: Reading, names: Texts) -> Reading:
        if unit.skip or topic.skip:
            return unit if unit.skip else topic
        if self.axes.units is not Axis.ROWS:
            return topic
        if unit.unit is None and names:
            value = names[0][1][:60]
            doubt = unit.doubt or Fault(
                "", "unknown_unit", {"reason": "unknown_name", "value": value}
            )
            unit = unit._replace(doubt=doubt)
        if not topic.means:
            return unit
        weaker = unit if unit.confidence <= topic.confidence else topic
        return weaker._replace(unit=unit.unit, target=topic.target, field=topic.field)

    def _passed_over(self, row: int, texts: Sequence[str]) -> Reading | None:
        """Totals, notes, numbered columns and repeated headings; None for what is to be read."""
        if self._numbers_columns(row):
            return Reading(skip=True, why="numbering")
        if any(is_total(text) and not self._is_field(text) for text in texts):
            return Reading(skip=True, why="total")
        first = self.sheet.text(self._first(row))
        if is_note(first) and not self._figures(row):
            return Reading(skip=True, why="note")
        if texts and all(map(is_heading, texts)) and not self._figures(row):
            return Reading(skip=True, why="heading")
        return None

    def _is_field(self, text: str) -> bool:
        """ "Tổng số" beside a target is its denominator."""
        return self.axes.units is not Axis.ROWS and FIELD_WORDS.get(loose(bare(text))) == TOTAL

    def _is_group(self, texts: dict[int, str], names: Texts) -> bool:
        """ "I. Khối địa phương", or a Roman number beside a name that nobody bears."""
        words = [text for c, text in texts.items() if text and self.axes.labels[c] != "measure"]
        numbers = [text for c, text in texts.items() if self.axes.labels[c] == "ordinal"]
        numbers += [ordinal(text) for text in words]
        return any(map(is_group, words)) or any(_ROMAN.fullmatch(number) for number in numbers)

    def _figures(self, row: int) -> bool:
        labels = self.axes.labels
        return any(
            self.sheet.is_number((row, c)) for c in self.sheet.filled(row) if c not in labels
        )

    def _numbers_columns(self, row: int) -> bool:
        """(1) (2) (3) or A B 1 2: every cell a letter or the next number."""
        columns = islice(self.sheet.filled(row), MOST_NUMBERED)
        texts = [self.sheet.text((row, c)) for c in columns]
        if len(texts) < 3 or not all(map(is_numbering, texts)):
            return False
        numbers = [int(match[1]) for text in texts if (match := _NUMBER.match(text))]
        return numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True

    def _closes(self, row: int) -> bool:
        """A signature, or the headings of another table: nothing below is read."""
        if self._figures(row):
            return False
        columns = list(islice(self.sheet.filled(row), 3 * MOST_NUMBERED))
        texts = {c: self.sheet.text((row, c)) for c in columns}
        if any(map(is_closing, list(texts.values())[:3])):
            return True
        beyond = {c: text for c, text in texts.items() if c not in self.axes.labels}
        read = [self.reader.topics.read(text) for text in list(beyond.values())[:20]]
        heads = sum(bool(one.target and one.certain) for one in read) + sum(
            self.reader.weighs_field(text) for text in list(beyond.values())[:20]
        )
        if heads < 2 or self._repeats(beyond):
            return False
        fault = Fault("", "invalid", {"reason": "second_table", "row": row})
        at = (row, columns[0])
        self.warnings.append(told(self.sheet.grid.facts.title, at, fault, texts[columns[0]]))
        return True

    def _repeats(self, beyond: dict[int, str]) -> bool:
        """The same headings again, as on every printed page."""
        return all(
            text in [over for _, over in path(self.sheet, self.split, c)]
            for c, text in beyond.items()
        )
