"""Why a figure is what it is, in words: the values behind it, and their sum."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from app.domain.numbers import number
from app.domain.targets import Target
from app.domain.text import sort_key
from app.i18n import catalogue as sentences
from app.i18n import say
from app.render.target import TargetSpeaker
from app.render.words import period_name
from app.schemas.attainment import AttainmentOut, ExcludedOut, ExplanationOut, InputOut

SHORT = 12


class InputLine(NamedTuple):
    """A value as it was told; `size` orders lines by how much they weigh, `left_out` says why it is
    not in the sum."""

    unit: str
    name: str
    period: str
    target: str
    numerator: str
    denominator: str
    percent: str
    said: str
    grade: str
    share: str
    channel: str
    source: str
    one: InputOut
    size: Fraction
    left_out: str


class Sum(NamedTuple):
    """What the inputs add up to; `agrees` with the figure that is shown."""

    text: str
    numerator: str
    denominator: str
    agrees: bool


class ExplanationSpeaker(TargetSpeaker):
    def formula(self, found: ExplanationOut) -> list[str]:
        return [say(f"formula.{key}", self.language) for key in found["formula"]]

    def input_line(self, one: InputOut, left_out: Mapping[str, str]) -> InputLine:
        when = self.programme.periods[one["period"]].period
        named = when != self.period
        said = ""
        if one["done"] is not None:
            said = self.say("done" if one["done"] else "not_done")
        elif one["value"] is not None:
            said = self.number(one["value"])
        return InputLine(
            one["unit"],
            self.defined.units[one["unit"]].name_on(when.ends_on).short_vi,
            period_name(when, self.language) if named else "",
            one["target"],
            "" if one["numerator"] is None else self.number(one["numerator"]),
            "" if one["denominator"] is None else self.number(one["denominator"]),
            "" if one["percent"] is None else self.percent(one["percent"]),
            said,
            one["grade"] or "",
            self._share(one),
            self._channel(one["channel"]),
            self._source(one),
            one,
            _size(one),
            left_out.get(one["unit"], ""),
        )

    def _share(self, one: InputOut) -> str:
        if "share" not in one:
            return ""
        share = one["share"]
        return self.drill("share_unknown") if share is None else self.drill("share", share=share)

    def _channel(self, code: str) -> str:
        return sentences(self.language).get(f"report.channel.{code}", code)

    def _source(self, one: InputOut) -> str:
        """The cell that it came from; "" where it did not come by a workbook."""
        if one["file_sha256"] is None:
            return ""
        facts = {"sheet": one["sheet"], "cell": one["cell"], "file": one["file_sha256"][:SHORT]}
        return self.drill("cell", **facts)

    def lines(self, found: ExplanationOut, sort: str | None) -> list[InputLine]:
        left_out = {one["unit"]: self.reason(one["reason"]) for one in found["excluded"]}
        lines = [self.input_line(one, left_out) for one in found["inputs"]]
        if sort == "size":
            lines.sort(key=lambda one: -one.size)
        elif sort == "name":
            lines.sort(key=lambda one: sort_key(one.name))
        return lines

    def units_with(self, given: Iterable[ExcludedOut]) -> list[str]:
        return [
            self.say("unit_reason", unit=self.unit(one["unit"]), reason=self.reason(one["reason"]))
            for one in given
        ]

    def sum(self, target: Target, found: ExplanationOut) -> Sum | None:
        """Added from the inputs, whole numbers and exact fractions; None where nothing is added: a
        single value, words, and a share of the units of another day."""
        row, inputs = found["result"], found["inputs"]
        if row["scope"] == "national" and target.unit_rule == "share_of_units":
            return None if "basis.restated" in found["formula"] else self._done(row, inputs)
        if len(inputs) < 2:
            return None
        if "value" in row:
            total = sum((_part(one) * Fraction(one["value"] or 0) for one in inputs), Fraction())
            return self._sum(target, row, total, None, row["value"])
        counted = [one for one in inputs if one["denominator"] is not None]
        if not counted or row["numerator"] is None:
            return None
        above = sum((_part(one) * Fraction(str(one["numerator"])) for one in counted), Fraction())
        below = sum((_part(one) * Fraction(str(one["denominator"])) for one in counted), Fraction())
        return self._sum(target, row, above, below, row["numerator"])

    def _sum(
        self,
        target: Target,
        row: AttainmentOut,
        above: Fraction,
        below: Fraction | None,
        printed: Any,
    ) -> Sum:
        figure, _ = self.figure(target, row)
        agrees = _same(above, printed)
        text = _plain(self, above)
        if below is not None:
            agrees = agrees and _same(below, row["denominator"])
            text = f"{text} / {_plain(self, below)} = {figure}"
        else:
            text = f"{text} = {figure}"
        return Sum(text, _plain(self, above), "" if below is None else _plain(self, below), agrees)

    def _done(self, row: AttainmentOut, inputs: list[InputOut]) -> Sum:
        """Units that have done every part of it, of all that were expected."""
        partly = set(row.get("partial", []))
        silent = {one["unit"] for one in inputs if not one["done"]} | partly
        done = len({one["unit"] for one in inputs} - silent)
        expected = row["coverage"]["units"]["expected"]
        figure = "–" if row["percent"] is None else self.percent(row["percent"])
        agrees = done == row["numerator"] and expected == row["denominator"]
        text = f"{self.number(done)} / {self.number(expected)} = {figure}"
        return Sum(text, self.number(done), self.number(expected), agrees)


def _part(one: InputOut) -> Fraction:
    """The part of its counts that is in the figure (rule 20)."""
    return Fraction(one.get("share", "1") or 0)


def _size(one: InputOut) -> Fraction:
    for count in (one["denominator"], one["value"]):
        if count is not None:
            return Fraction(str(count))
    return Fraction(one["done"] or 0)


def _plain(speaker: TargetSpeaker, exact: Fraction) -> str:
    return speaker.number(number(exact))


def _same(exact: Fraction | None, printed: Any) -> bool:
    """Whether an exact sum is what is printed."""
    return bool(number(exact) == printed)
