"""Which of units and targets stand in rows and which in columns; what each column is then for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from app.domain.errors import Fault
from app.domain.periods import Period
from app.domain.targets import Target, ValueKind
from app.sheets.cells import letters
from app.sheets.headers import Topics, suggestion
from app.sheets.layout import SAMPLED_ROWS, TOTALS_WEIGHT, At, Sheet, Split, path
from app.sheets.occasion import periods_in
from app.sheets.places import Places
from app.sheets.roles import TOTAL, UNREAD, Known, Meaning, Reading, Role
from app.sheets.spelling import bare, loose
from app.sheets.words import (
    CODE,
    FIELD_WORDS,
    MEASURE,
    ORDINAL,
    TOPIC,
    UNIT,
    field_for,
    heads,
    is_total,
)

# Fields that a data cell's own words may look like; they never tell where figures begin.
_SPOKEN = frozenset({"done", "text", "not_applicable", "result", "estimated", "value"})
BETWEEN = " / "


class Axis(StrEnum):
    ROWS = "rows"
    COLUMNS = "columns"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Axes:
    """Where units, targets and fields are named. `labels` says what each naming column holds."""

    units: Axis
    targets: Axis
    row_fields: bool
    labels: Mapping[int, str]


@dataclass(frozen=True)
class Reader:
    """All that is known when a sheet is read."""

    places: Places
    topics: Topics
    known: Known
    period: Period | None

    @property
    def targets(self) -> Mapping[str, Target]:
        return self.topics.targets

    def weigh(self, text: str) -> int:
        """Of 10, how surely a text is a unit's or a target's name, or heads figures."""
        unit = self.places.read(text)
        if unit.unit:
            return 10 if unit.certain else 5
        topic = self.topic(text)
        if topic.target:
            return 10 if topic.certain else 4
        if topic.field and topic.field not in _SPOKEN:
            return 6
        known = loose(bare(text)) in self.known.names
        return TOTALS_WEIGHT if known or is_total(text) else 0

    def weighs_field(self, text: str) -> bool:
        """Whether it names a field, and not a value that reads like one ("Đã làm")."""
        return self.topics.read(text).field not in (None, *_SPOKEN)

    def unit(self, text: str) -> Reading:
        """A unit by name, as the sender confirmed it earlier or as the catalogue has it."""
        key = loose(bare(text))
        if key in self.known.names:
            code = self.known.names[key]
            if code is None:
                return Reading(skip=True, why="known")
            unit = self.places.defined.units.get(code)
            if unit is not None and (self.period is None or unit.valid_on(self.period.ends_on)):
                return Reading(unit=code, why="known")
        return self.places.read(text)

    def topic(self, text: str) -> Reading:
        """What one heading says, or that it stands in one which the sender confirmed."""
        known = self._confirmed.get(heading_key([text]))
        return Reading(target=known, why="known") if known else self.topics.read(text)

    @cached_property
    def _confirmed(self) -> dict[str, str]:
        """The targets of confirmed headings, by each heading that led to them."""
        return {
            part: meaning.target
            for key, meaning in self.known.headers.items()
            if meaning.target and meaning.target in self.targets
            for part in key.split(BETWEEN)
            if part not in FIELD_WORDS
        }

    def meaning(self, key: str) -> Reading | None:
        """What the sender confirmed of a heading earlier, if that still exists."""
        known: Meaning | None = self.known.headers.get(key)
        if known is None or (known.target and known.target not in self.targets):
            return None
        return Reading(target=known.target, field=known.field, skip=known.skip, why="known")


def heading_key(texts: Sequence[str]) -> str:
    """Under which a confirmed heading is remembered; the same in a row and over a column."""
    return BETWEEN.join(loose(bare(text) or text) for text in texts)


def axes(sheet: Sheet, split: Split, reader: Reader) -> Axes:
    """By which side names more of them; of units that no side names, the sheet itself speaks."""
    body = [row for row in sheet.numbers if row > split.below][:SAMPLED_ROWS]
    headed = {c: [text for _, text in path(sheet, split, c)] for c in sheet.columns}
    naming = [c for c in sheet.columns if c in split.labels or _any(headed[c], CODE)]
    labels = {c: _label(reader, headed.get(c, []), _down(sheet, c, body)) for c in naming}
    names = [text for c in naming for text in _down(sheet, c, body)]
    over = [text for c, texts in headed.items() if c not in labels for text in texts]
    units = _side(_units(reader, names), _units(reader, over))
    targets = _side(_targets(reader, names), _targets(reader, over))
    named = any(kind in ("unit", "other") for kind in labels.values())
    if units is Axis.SHEET and targets is not Axis.ROWS and named:
        # Names that nobody knows are still names: districts, or what is spelled too oddly.
        units = Axis.ROWS
    if units is Axis.ROWS:
        labels = {c: "unit" if kind == "other" else kind for c, kind in labels.items()}
    fields = sum(reader.weighs_field(name) for name in names)
    return Axes(units, targets, row_fields=fields * 3 > len(body), labels=labels)


def _side(rows: int, columns: int) -> Axis:
    if rows or columns:
        return Axis.ROWS if rows >= columns else Axis.COLUMNS
    return Axis.SHEET


def _down(sheet: Sheet, column: int, body: Iterable[int]) -> list[str]:
    """The texts of a column, each merged one once."""
    texts = (sheet.text(at) for row in body if sheet.anchor(at := (row, column)) == at)
    return [text for text in texts if text]


def _units(reader: Reader, texts: Iterable[str]) -> int:
    found = [reader.unit(text) for text in texts]
    return sum(2 if one.certain else 1 for one in found if one.unit)


def _targets(reader: Reader, texts: Iterable[str]) -> int:
    found = [reader.topic(text) for text in texts]
    return sum(2 if one.certain else 1 for one in found if one.target)


def _any(texts: Iterable[str], words: frozenset[str]) -> bool:
    return any(heads(text, words) for text in texts)


def _label(reader: Reader, headed: Sequence[str], names: Sequence[str]) -> str:
    """What a naming column holds: unit, topic, code, ordinal, measure, or other names."""
    if _any(headed[-1:], MEASURE):
        return "measure"
    units = _units(reader, names)
    topics = _targets(reader, names) + sum(map(reader.weighs_field, names))
    if _any(headed, CODE) and topics <= units:
        return "code"
    if units or topics:
        return "unit" if units >= topics else "topic"
    for kind, words in (("ordinal", ORDINAL), ("unit", UNIT), ("topic", TOPIC)):
        if _any(headed, words):
            return kind
    numbers = sum(name.strip("().").isdecimal() for name in names)
    return "ordinal" if 2 * numbers > len(names) or not names else "other"


def column_role(sheet: Sheet, split: Split, reader: Reader, found: Axes, column: int) -> Role:
    """What a column of figures is for, by all that heads it."""
    headings = path(sheet, split, column)
    said = " / ".join(text.replace("\n", " ") for _, text in headings)
    at = headings[-1][0] if headings else (max(split.below, 1), column)
    key = heading_key([text for _, text in headings])
    reading = read_path(reader, found, [text for _, text in headings], key)
    if reading.field in ("note", "evidence", "not_applicable") and _is_lent(headings, column):
        # In a .csv a last "Ghi chú" may belong to the block beside it, or to the whole row.
        fault = suggestion(reading, dict(reader.targets), said)
        reading = reading._replace(confidence=min(reading.confidence, 0.8), doubt=fault)
    role = Role(letters(column), said, at, reading, heading=key)
    if found.units is Axis.COLUMNS:
        role.named = next((loose(bare(t)) for _, t in headings if reader.unit(t).means), "")
        role.named = role.named or (loose(bare(headings[0][1])) if headings else "")
    return legacy_doubt(sheet, role, [at for at, _ in headings])


def _is_lent(headings: Sequence[tuple[At, str]], column: int) -> bool:
    """Whether an upper heading stands in another column that is not merged with this one."""
    return any(at[1] != column for at, _ in headings[:-1]) and headings[-1][0][1] == column


def legacy_doubt(sheet: Sheet, role: Role, cells: Iterable[At]) -> Role:
    """What is read through a guessed legacy encoding is to be confirmed, whatever it says."""
    if role.reading.why == "known" or not role.reading.means:
        return role
    for at in cells:
        if (encoding := sheet.legacy.get(sheet.anchor(at))) is not None:
            cell = sheet.cell(sheet.anchor(at))
            facts = {
                "reason": "legacy_text",
                "encoding": encoding,
                "value": cell.value[:60] if cell else "",
                "expected": sheet.text(at)[:60],
            }
            fault = Fault("", "invalid", facts, sheet.text(at)[:60])
            sure = min(role.reading.confidence, 0.6)
            role.reading = role.reading._replace(confidence=sure, why="legacy", doubt=fault)
            role.at = at
    return role


def read_path(reader: Reader, found: Axes, texts: Sequence[str], key: str) -> Reading:
    """What some headings mean together: from general to particular, the last word counts."""
    if (known := reader.meaning(key)) is not None:
        return known
    if not texts:
        return UNREAD
    for text in texts:
        if heads(text, ORDINAL | MEASURE | CODE):
            return Reading(skip=True, why="label")
        if _sums_up(found, text):
            return Reading(skip=True, why="total")
    unit = UNREAD
    if found.units is Axis.COLUMNS:
        unit, texts = _unit_among(reader, texts)
        if unit.skip:
            return unit
    topic = read_topic(reader, texts) if texts else UNREAD
    return _both(unit, topic) if found.units is Axis.COLUMNS else topic


def _unit_among(reader: Reader, texts: Sequence[str]) -> tuple[Reading, list[str]]:
    """The heading that names a unit, and the others; the first one where nobody knows any."""
    read = [reader.unit(text) for text in texts]
    ranks = [(one.means or one.doubt is not None, one.confidence) for one in read]
    place = ranks.index(max(ranks))
    unit, others = read[place], [text for i, text in enumerate(texts) if i != place]
    if unit.means or unit.doubt:
        return unit, others
    strange = [text for text in texts if not reader.topics.read(text).means]
    if not strange:
        return UNREAD, list(texts)
    facts = {"reason": "unknown_name", "value": strange[0][:60]}
    doubt = Fault("", "unknown_unit", facts)
    return UNREAD._replace(doubt=doubt), [text for text in texts if text != strange[0]]


def _sums_up(found: Axes, text: str) -> bool:
    """ "Tổng số" is a denominator where figures of one unit stand, and a total among units."""
    is_field = FIELD_WORDS.get(loose(text)) == TOTAL
    return is_total(text) and not (is_field and found.units is not Axis.COLUMNS)


def _both(unit: Reading, topic: Reading) -> Reading:
    """A unit with the target or field beside it; as sure as the less sure of the two."""
    if topic.skip:
        return topic
    weaker = unit if unit.confidence <= topic.confidence or not topic.means else topic
    return weaker._replace(unit=unit.unit, target=topic.target, field=topic.field)


def read_topic(reader: Reader, texts: Sequence[str]) -> Reading:
    """Target and field out of headings one below the other."""
    read = [_of_period(reader, text) for text in texts]
    for one in read:
        if one is not None and one.skip:
            return one
    readings = [one for one in read if one is not None]
    target = _target(reader, [one for one in readings if one.target])
    field = next((one for one in reversed(readings) if one.field), UNREAD)
    if not (target.target or field.field):
        return UNREAD
    parts = [one for one in (target, field) if one.means]
    weakest = min(parts, key=lambda one: one.confidence)
    made = weakest._replace(target=target.target, field=field.field)
    if made.doubt is not None and made.doubt.code == "unknown_target":
        made = made._replace(doubt=suggestion(made, dict(reader.targets), " / ".join(texts)))
    if made.certain and made.target:
        made = made._replace(why=target.why, facts={"target": made.target})
    strange = not readings[-1].means or (made.target is None and not all(r.means for r in readings))
    if strange and made.certain:
        # Words nearest to the figures, or over a field of no target, narrow it in an unknown way.
        doubt = suggestion(made, dict(reader.targets), texts[-1])
        return made._replace(confidence=0.5, why="partly", doubt=doubt)
    return made


def _of_period(reader: Reader, text: str) -> Reading | None:
    """What a heading says; None when it only names the period that is being reported."""
    found = reader.topics.read(text)
    if found.why == "exact" and found.target:
        return found
    if reader.period is not None and (said := periods_in(text)):
        if any(one != reader.period for one in said):
            return Reading(skip=True, why="other_period", facts={"period": said[0].code})
        return found if found.means else None
    return found


def _target(reader: Reader, read: Sequence[Reading]) -> Reading:
    """The most particular target of several levels; a certain one before a guess."""
    certain = [one for one in read if one.certain]
    chosen = (certain or sorted(read, key=lambda one: one.confidence) or [UNREAD])[-1]
    parents = {chosen.target, _parent(reader, chosen.target)}
    others = [one for one in certain if one.target not in parents]
    if others:
        doubt = suggestion(chosen, dict(reader.targets), chosen.target or "")
        return chosen._replace(confidence=0.4, why="mismatch", doubt=doubt)
    return chosen


def _parent(reader: Reader, code: str | None) -> str | None:
    target = reader.targets.get(code or "")
    return target.parent if target else None


def settle(role: Role, reader: Reader, *, elsewhere: bool) -> None:
    """The field that a target's kind makes of its heading's word; `elsewhere`: the other side
    names fields too. A computed target takes no figures."""
    found = role.reading
    target = reader.targets.get(found.target or "")
    if target is None or role.corrected:
        return
    if target.value_kind is ValueKind.ALL_OF:
        facts = {"target": target.code, "parts": ", ".join(target.parts)}
        role.reading = found._replace(skip=True, confidence=1.0, why="computed", facts=facts)
    elif found.field is not None or not elsewhere:
        name, sure = field_for(target.value_kind, found.field)
        if name is None:
            return
        sure = min(sure, found.confidence)
        doubt = found.doubt
        if doubt is None or doubt.code == "unknown_target":
            doubt = suggestion(found, dict(reader.targets), role.said)
        why = found.why if sure == found.confidence else "by_kind"
        role.reading = found._replace(field=name, confidence=sure, why=why, doubt=doubt)
