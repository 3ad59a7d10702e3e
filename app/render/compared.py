"""Two periods side by side, in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.targets import Catalogue, Target
from app.i18n import say
from app.render.words import Speaker, period_name
from app.schemas.attainment import AttainmentOut
from app.schemas.comparison import Compared, TargetCompared, UnitMove

UP, DOWN, EVEN = "▲", "▼", "="


class Side(NamedTuple):
    """A target in one of the periods; `row` is what the figure was read as."""

    row: AttainmentOut
    figure: str
    counts: str
    verdict: str
    asked: str
    coverage: str


class MoveLine(NamedTuple):
    unit: str
    name: str
    said: str
    counts: str


class ComparedLine(NamedTuple):
    """`gain` is empty where there is nothing to compare, and `sign` says which way it went."""

    target: Target
    before: Side | None
    after: Side | None
    sign: str
    gain: str
    moved: list[str]
    risers: list[MoveLine]
    fallers: list[MoveLine]


class Comparer:
    """Says what changed between two periods of a programme."""

    def __init__(self, defined: Catalogue, found: Compared, language: str) -> None:
        programme = defined.programmes[found.programme]
        self.found, self.language, self.defined = found, language, defined
        self.before, self.after = (
            Speaker(defined, programme, programme.periods[code].period, language)
            for code in (found.before, found.after)
        )
        self.names = [period_name(one.period, language) for one in (self.before, self.after)]

    def lines(self) -> list[ComparedLine]:
        return [self._line(one) for one in self.found.targets]

    def _line(self, one: TargetCompared) -> ComparedLine:
        sides = [
            self._side(speaker, one.target, row)
            for speaker, row in ((self.before, one.before), (self.after, one.after))
        ]
        target, (before, after) = self._target(one.target), sides
        counts = (("rose", one.rose), ("fell", one.fell), ("stayed", one.stayed))
        return ComparedLine(
            target,
            before,
            after,
            "" if one.gain is None else _sign(one.gain),
            self._in_words(before, after)
            if one.gain is None
            else self._gain(target, one.gain, one.after),
            [self._say(name, count=count) for name, count in counts if count],
            self._moves(target, one.risers),
            self._moves(target, one.fallers),
        )

    def _say(self, key: str, **facts: Any) -> str:
        return say(f"board.compared.{key}", self.language, facts)

    def _in_words(self, before: Side | None, after: Side | None) -> str:
        """Of what was done or not; empty where there is nothing to compare."""
        if before is None or after is None or not ("done" in before.row and "done" in after.row):
            return ""
        return self._say("same" if before.figure == after.figure else "differs")

    def _target(self, code: str) -> Target:
        """As the later period has it; or as the earlier one, where only that asks for it."""
        ends = [one.period.ends_on for one in (self.after, self.before)]
        found = (self.after.programme.target(code, end) for end in ends)
        return next(one for one in found if one is not None)

    def _side(self, speaker: Speaker, code: str, row: AttainmentOut | None) -> Side | None:
        target = speaker.programme.target(code, speaker.period.ends_on)
        if row is None or target is None:
            return None
        figure, counts = speaker.figure(target, row)
        return Side(
            row,
            figure,
            counts,
            row["verdict"],
            speaker.asked(target, row),
            speaker.coverage(target, row)[0],
        )

    def _gain(self, target: Target, gain: Decimal | int, row: AttainmentOut | None) -> str:
        if not gain:
            return self._say("same")
        sign = "+" if gain > 0 else "−"
        change = f"{sign}{self.after.number(abs(gain))}"
        if row is not None and "value" in row:
            return self._say("number", change=change, unit=self.after.counted(target, abs(gain)))
        return self._say("points", change=change)

    def _moves(self, target: Target, found: Sequence[UnitMove]) -> list[MoveLine]:
        return [self._move(target, one) for one in found]

    def _move(self, target: Target, one: UnitMove) -> MoveLine:
        (before, counts), (after, counts_after) = (
            self.after.figure(target, row) for row in (one.before, one.after)
        )
        facts = {
            "before": before,
            "after": after,
            "change": self._gain(target, one.gain, one.after),
        }
        told = f"{counts} → {counts_after}" if counts and counts_after else ""
        unit = one.after["unit"]
        return MoveLine(unit, self.after.unit(unit), self._say("move", **facts), told)


def _sign(gain: Decimal | int) -> str:
    return UP if gain > 0 else DOWN if gain < 0 else EVEN
