"""Figures in words of one language: what every page, picture and paper says of a result."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from app.domain.periods import Period, PeriodKind
from app.domain.targets import Catalogue, Programme, Target, UnitRule, ValueKind
from app.i18n import catalogue as sentences
from app.i18n import day, decimal, say, titled
from app.render.looks import SIGNS
from app.schemas.attainment import AttainmentOut

NBSP = "\u00a0"
ROMAN = ("", "I", "II", "III", "IV")


class Names(NamedTuple):
    """Units by name, under one heading that says how many and why."""

    heading: str
    names: list[str]


@dataclass(slots=True)
class Line:
    """One target's national result."""

    target: Target
    verdict: str
    asked: str
    due: str
    figure: str
    counts: str
    needed: str
    coverage: str
    population: str
    remarks: list[str]
    grades: list[str]
    units: list[Names]
    questions: list[str]
    source_status: str


def period_name(period: Period, language: str) -> str:
    part = period.code.partition("-")[2].lstrip("Q")
    number = int(part) if part.isdigit() else 0
    roman = ROMAN[number] if period.kind is PeriodKind.QUARTER else ""
    facts = {"year": period.ends_on.year, "number": number, "roman": roman}
    return say(f"page.period_name.{period.kind}", language, facts)


@dataclass(slots=True)
class Speaker:
    """Says in one language what was read of one period of a programme."""

    defined: Catalogue
    programme: Programme
    period: Period
    language: str

    def say(self, key: str, **facts: Any) -> str:
        return say(f"page.{key}", self.language, facts)

    def chart(self, key: str, **facts: Any) -> str:
        return say(f"chart.{key}", self.language, facts)

    def either(self, table: str, key: str) -> str:
        """A code's word where there is one, else the code itself: catalogues may add codes."""
        return sentences(self.language).get(f"page.{table}.{key}", key)

    def number(self, figure: Any) -> str:
        return decimal(figure, self.language)

    def percent(self, figure: Any) -> str:
        return f"{self.number(figure)}{NBSP if self.language == 'vi' else ''}%"

    def counted(self, target: Target, count: Any = None) -> str:
        """What is counted; in the form for `count` of it, which None leaves open."""
        table = "count_one" if str(count) == "1" else "count_unit"
        if target.unit_rule is UnitRule.SHARE_OF_UNITS:
            return self.either(table, "units")
        return self.either(table, target.unit_of_count) if target.unit_of_count else ""

    def unit(self, code: str) -> str:
        return self.defined.units[code].name_on(self.period.ends_on).short_vi

    def asked(self, target: Target, row: AttainmentOut) -> str:
        sign = SIGNS.get(row["comparator"] or "")
        count, percent = row.get("threshold_count"), row["threshold_percent"]
        if sign is None or (count is None and percent is None):
            return self.say("done_asked" if row["comparator"] == "done" else "no_threshold")
        if count is not None:
            return f"{sign}{NBSP}{self.number(count)}{NBSP}{self.counted(target, count)}".strip()
        whole = percent == 100 and not target.may_exceed_100
        return self.percent(percent) if whole else f"{sign}{NBSP}{self.percent(percent)}"

    def due(self, target: Target) -> str:
        if target.comparator is None:
            return ""
        if target.due_on is None:
            return self.say("standing")
        return self.say("by", day=day(target.due_on, self.language))

    def figure(self, target: Target, row: AttainmentOut) -> tuple[str, str]:
        """The result, and the counts that it comes from; "–" for nothing, which is not 0."""
        numerator, denominator = row["numerator"], row["denominator"]
        if "value" in row:
            return f"{self.number(row['value'])} {self.counted(target, row['value'])}", ""
        if "done" in row:
            return self.say("done" if row["done"] else "not_done"), ""
        if row["percent"] is None:
            return row.get("text", "–"), ""
        counts = ""
        if denominator is not None:
            counted = self.counted(target, denominator)
            counts = f"{self.number(numerator)}/{self.number(denominator)} {counted}"
        return self.percent(row["percent"]), counts

    def needed(self, target: Target, row: AttainmentOut) -> str:
        """Enough only where that is the verdict; by the figures known otherwise, since what is
        still to come may ask for more."""
        if row.get("excess"):
            return self._counting("excess", target, row["excess"])
        if row["needed"] is None:
            return "–"
        if row["needed"] == 0:
            return self.say("enough" if row["verdict"] == "met" else "enough_so_far")
        return self._counting("more", target, row["needed"])

    def _counting(self, key: str, target: Target, count: Any) -> str:
        return self.say(key, count=self.number(count), unit=self.counted(target, count))

    def coverage(self, target: Target, row: AttainmentOut) -> tuple[str, str]:
        units, population = row["coverage"]["units"], row["coverage"]["population"]
        if not units["expected"]:
            return self.say("no_units") if not row.get("not_applicable") else "–", ""
        said = self.say("units_of", count=units["expected"], **units)
        if population is None or target.value_kind is not ValueKind.RATIO:
            return said, ""
        return said, self.say("population", percent=self.number(population))

    def remarks(self, row: AttainmentOut) -> list[str]:
        """What a reader must know before using the figure."""
        said = []
        if row.get("estimated"):
            said.append(self.say("estimated"))
        if row["verdict"] == "undetermined" and row["met"] is not None:
            verdict = say(f"verdict.{'met' if row['met'] else 'not_met'}", self.language).lower()
            said.append(self.say("as_reported", verdict=verdict))
        low, high = row["bounds"]["low"], row["bounds"]["high"]
        if low is not None and high is not None and low != high:
            said.append(self.say("bounds", low=self.number(low), high=self.number(high)))
        elif row["reasons"].get("bounds"):
            said.append(self.say("no_bounds"))
        if "decision" in row:
            made = row["decision"]
            on = day(made["decided_on"], self.language)
            said.append(self.say("decision", act=made["act"], day=on, reason=made["reason"]))
        if row["verdict"] == "population_ended":
            ended = day(row.get("population_ends_on"), self.language)
            said.append(self.say("population_ended", day=ended))
        if "last_result" in row:
            kept = row["last_result"]
            on = day(kept["on"], self.language)
            then = self.programme.periods.get(kept["period"])
            name = period_name(then.period, self.language) if then else kept["period"]
            said.append(self.say("last_result", period=name, day=on))
        said += [self.either("caution", code) for code in row.get("warnings", [])]
        return said

    def units(self, row: AttainmentOut) -> list[Names]:
        """Who is not in the figure, by name and with the reason."""
        outside = row.get("not_applicable", [])
        reasons = {
            "excluded": row["excluded"],
            "not_applicable": outside if isinstance(outside, list) else [],
        }
        plain = {"missing": row["missing"], "partial": row.get("partial", [])}
        lists = {name: [self.unit(code) for code in codes] for name, codes in plain.items()}
        for name, given in reasons.items():
            lists[name] = [
                self.say(
                    "unit_reason",
                    unit=self.unit(one["unit"]),
                    reason=self.either("reason", one["reason"]),
                )
                for one in given
            ]
        return [
            Names(self.say(name, count=len(names)), names) for name, names in lists.items() if names
        ]

    def questions(self, target: Target, row: AttainmentOut) -> list[str]:
        """The catalogue's own words for its questions, and ours for those the rules raise."""
        own = {one.code: titled(one, "text", self.language) for one in target.open_questions}
        known = sentences(self.language)
        return [
            own.get(code) or known.get(f"open_question.{code}", code)
            for code in row.get("open_questions", [])
        ]

    def line(self, target: Target, row: AttainmentOut) -> Line:
        figure, counts = self.figure(target, row)
        coverage, population = self.coverage(target, row)
        grades = {grade: count for grade, count in row["grades"].items() if count}
        return Line(
            target=target,
            verdict=row["verdict"],
            asked=self.asked(target, row),
            due=self.due(target),
            figure=figure,
            counts=counts,
            needed=self.needed(target, row),
            coverage=coverage,
            population=population,
            remarks=self.remarks(row),
            grades=[self.say(f"grade.{one}", count=count) for one, count in grades.items()],
            units=self.units(row),
            questions=self.questions(target, row),
            source_status=self.either("source_status", target.source.status),
        )
