"""What a template says of its targets, in one language."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.domain.periods import Period, PeriodKind
from app.domain.targets import (
    Comparator,
    Level,
    Programme,
    ProgrammePeriod,
    Target,
    UnitRule,
    ValueKind,
)
from app.domain.yardstick import Yardstick, assigned, yardstick
from app.i18n import catalogue as sentences
from app.i18n import day, decimal, say
from app.schemas.templates import LastFigure, TemplateModel
from app.sheets.reading import CLEARS, NO, YES

SIGNS = {Comparator.AT_LEAST: "≥", Comparator.AT_MOST: "≤", Comparator.EXACTLY: "="}
ROMAN = ("", "I", "II", "III", "IV")
NBSP = "\u00a0"


def judged_by(target: Target, period: Period, unit: str) -> Yardstick | None:
    """What one unit's own figure is held against: what was assigned to it, else the target's
    threshold. None where there is none, and where it is one for all units together."""
    held = assigned(target, period, unit)
    if held is None and target.unit_rule is not UnitRule.SUM:
        held = yardstick(target, period, unit)
    return None if held is None or held.threshold is None or held.comparator is None else held


def literal(exact: Fraction) -> str:
    """A threshold as a formula has it: 90 or 55.5."""
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


@dataclass(frozen=True, slots=True)
class Words:
    language: str

    def __call__(self, key: str, **facts: Any) -> str:
        return say(f"template.{key}", self.language, facts)

    def some(self, table: str) -> list[str]:
        """The names below a table of sentences, in the order of the file."""
        prefix = f"template.{table}."
        keys = [key for key in sentences(self.language) if key.startswith(prefix)]
        return list(dict.fromkeys(key.removeprefix(prefix).partition(".")[0] for key in keys))

    def own(self, thing: Any, name: str) -> str:
        """What is written in both languages, in this one."""
        return getattr(thing, f"{name}_{self.language}") or ""

    def number(self, figure: Decimal | int) -> str:
        return decimal(figure, self.language)

    def percent(self, figure: Decimal | int) -> str:
        return f"{self.number(figure)}{NBSP}%"

    def day(self, value: Any) -> str:
        return day(value, self.language)

    def period(self, period: Period) -> str:
        """Năm 2024, 6 tháng đầu năm 2024, Quý I/2024, Tháng 3/2024."""
        part = period.code.partition("-")[2].lstrip("Q")
        number = int(part) if part.isdigit() else 0
        roman = ROMAN[number] if period.kind is PeriodKind.QUARTER else ""
        facts = {"year": period.ends_on.year, "number": number, "roman": roman}
        return say(f"page.period_name.{period.kind}", self.language, facts)

    def due(self, period: ProgrammePeriod) -> str:
        if period.due_on is None:
            return self("no_due")
        key = "due_assumed" if period.due_status == "assumed" else "due"
        return self(key, day=self.day(period.due_on))

    def counted(self, target: Target) -> str:
        """persons as "người"; a unit of count that has no word is shown as it is called."""
        name = target.unit_of_count or ""
        return sentences(self.language).get(f"page.count_unit.{name}", name)

    def status(self, name: str) -> str:
        return sentences(self.language).get(f"page.source_status.{name}", name)

    def asked(self, target: Target) -> str:
        """≥ 90 %, with the day by which; "Phải thực hiện" for what is done or not."""
        if target.value_kind is ValueKind.NARRATIVE:
            return self("told_in_words")
        if target.comparator is None or target.height is None:
            return self("no_threshold")
        if target.value_kind in (ValueKind.YES_NO, ValueKind.ALL_OF):
            return self("done_asked")
        return self._level(target, target.threshold)

    def _level(self, target: Target, level: Level) -> str:
        sign = SIGNS.get(target.comparator, "") if target.comparator else ""
        if level.value == 100 and not target.may_exceed_100 and level.count is None:
            sign = ""  # nothing is above it
        if level.percent is not None:
            exact = self.percent(Decimal(str(level.percent)))
        else:
            exact = f"{self.number(level.count or 0)}{NBSP}{self.counted(target)}"
        return f"{sign}{NBSP}{exact}".strip()

    def asked_of(self, target: Target, period: Period, unit: str) -> str:
        """The same line by line, with what was assigned to one unit."""
        lines = [self.asked(target)]
        given = target.assigned_to(unit, period)
        if target.unit_rule is UnitRule.SUM and target.threshold.value is not None:
            lines[0] = f"{lines[0]} ({self('nationwide')})"
        if given is not None:
            lines.append(self("assigned", asked=self._level(target, given)))
        if target.comparator is not None and target.due_on is not None:
            lines.append(self("by", day=self.day(target.due_on)))
        return "\n".join(lines)

    def counting(self, target: Target) -> list[str]:
        """How it is counted: numerator, denominator, unit of count."""
        if target.value_kind is ValueKind.ALL_OF:
            return [self("made_of", parts=", ".join(target.parts))]
        numerator, denominator = self.own(target, "numerator"), self.own(target, "denominator")
        if target.value_kind is not ValueKind.RATIO:
            lines = [numerator]
        else:
            lines = [
                f"{self('numerator')}: {numerator}" if numerator else "",
                f"{self('denominator')}: {denominator}" if denominator else "",
            ]
        if target.value_kind in (ValueKind.RATIO, ValueKind.COUNT) and target.unit_of_count:
            lines.append(f"{self('counted')}: {self.counted(target)}")
        return [line for line in lines if line]

    def last(self, figure: LastFigure | None) -> str:
        """86,67 % (1.300/1.500) – 2024-H1; a dash where nothing was approved."""
        if figure is None:
            return "–"
        if figure.done is not None:
            return self("last_figure", figure=YES if figure.done else NO, period=figure.period)
        if figure.value is not None:
            return self("last_figure", figure=self.number(figure.value), period=figure.period)
        percent = "–" if figure.percent is None else self.percent(figure.percent)
        if figure.numerator is None or figure.denominator is None:
            return self("last_figure", figure=percent, period=figure.period)
        return self(
            "last_counts",
            percent=percent,
            numerator=self.number(figure.numerator),
            denominator=self.number(figure.denominator),
            period=figure.period,
        )

    def title(self, programme: Programme) -> str:
        return self.own(programme, "title")

    def organisation(self, model: TemplateModel) -> str:
        return self.own(model.organisation.name_on(model.period.period.ends_on), "name")

    def units(self, model: TemplateModel) -> str:
        """The unit's name, or how many there are."""
        if len(model.units) > 1:
            return self("units", count=len(model.units))
        return self.own(model.units[0].unit.name_on(model.period.period.ends_on), "name")

    def heading(self, model: TemplateModel) -> str:
        """For a page's foot: programme, period and unit."""
        return f"{model.programme.code} – {self.period(model.period.period)} – {self.units(model)}"

    def dates(self, model: TemplateModel) -> str:
        """The period, when it is due, and that the figures are made up where they are."""
        said = [self("period", period=self.period(model.period.period)), self.due(model.period)]
        if model.demonstration:
            said.append(say("page.demonstration", self.language).upper())
        return "   ·   ".join(said)

    def how(self) -> str:
        """How it is filled in, line by line."""
        return "\n".join(self(f"how.{name}", clear=CLEARS) for name in self.some("how"))
