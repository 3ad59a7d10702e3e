"""A target's figures in words: what is behind one result, and the units in their order."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from app.domain.numbers import shown
from app.domain.ranking import Place
from app.domain.targets import Target
from app.domain.text import sort_key
from app.i18n import catalogue as sentences
from app.i18n import day, say, titled
from app.render.bullets import bullet
from app.render.words import NBSP, Speaker
from app.schemas.attainment import AttainmentOut, PartOut

# Of a target without a day to come there is nothing to foresee, and nothing to say about that.
UNSAID = (None, "due_date_passed", "no_due_date", "no_threshold")
ORDER = (
    "met",
    "on_track",
    "at_risk",
    "in_progress",
    "undetermined",
    "off_track",
    "not_met",
    "no_threshold",
    "population_ended",
    "not_restatable",
    "not_applicable",
    "no_data",
)


class Ranked(Protocol):
    """A unit's own row with its place among the others."""

    @property
    def row(self) -> AttainmentOut: ...
    @property
    def place(self) -> Place | None: ...
    @property
    def small(self) -> bool: ...


class Fact(NamedTuple):
    name: str
    text: str


class RankLine(NamedTuple):
    """`place` is "" for a unit without a figure, and `note` then says why."""

    unit: str
    name: str
    row: AttainmentOut
    place: str
    tied: str
    figure: str
    counts: str
    needed: str
    bar: str
    note: str


class Heap(NamedTuple):
    """Units of which the same is to be said: done, not done, no result for one reason."""

    name: str
    verdict: str
    lines: list[RankLine]


class TargetSpeaker(Speaker):
    """Says what stands behind a figure."""

    def drill(self, key: str, **facts: Any) -> str:
        return say(f"drill.{key}", self.language, facts)

    def reason(self, code: str) -> str:
        """A reason's words; of what does not apply it is what the unit wrote."""
        known = sentences(self.language)
        return known.get(f"export.reason.{code}") or known.get(f"verdict.{code}") or code

    def points(self, figure: Any) -> str:
        return self.drill("points", figure=self.signed(figure))

    def signed(self, figure: Any) -> str:
        return f"{'+' if figure > 0 else ''}{self.number(figure)}".replace("-", "−")

    def height(self, target: Target, figure: Any, *, counted: bool) -> str:
        if not counted:
            return self.percent(figure)
        return f"{self.number(figure)}{NBSP}{self.counted(target, figure)}".strip()

    def details(self, target: Target, row: AttainmentOut) -> list[Fact]:
        """What the rules say of the figure besides the verdict (rules 9-11), where they apply."""
        counted = row.get("threshold_count") is not None or "value" in row

        def height(figure: Any) -> str:
            return self.height(target, figure, counted=counted)

        plain: tuple[tuple[str, Any, Callable[[Any], str]], ...] = (
            ("gap", row["gap_pp"], self.points),
            ("ratio", row["ratio_to_threshold"], self.percent),
            ("baseline", row.get("baseline"), height),
            ("gap_closed", row["gap_closed"], self.percent),
            ("expected_now", row.get("expected_now"), height),
        )
        found = [self._fact(name, said(one)) for name, one, said in plain if one is not None]
        if "assigned" in row:
            found.append(self._assigned(target, row, counted=counted))
        if "forecast" in row:
            found.append(self._forecast(target, row, counted=counted))
        elif (reason := row["reasons"].get("forecast")) not in UNSAID:
            found.append(self._fact("forecast", self.reason(str(reason))))
        if "succeeded_by" in row:
            heir = row["succeeded_by"]
            on = day(heir["decided_on"], self.language)
            found.append(self._fact("heir", self.drill("heir_of", **{**heir, "day": on})))
        return found

    def _fact(self, name: str, text: str) -> Fact:
        return Fact(self.drill(f"fact.{name}"), text)

    def _assigned(self, target: Target, row: AttainmentOut, *, counted: bool) -> Fact:
        given = row["assigned"]
        threshold = self.height(target, given["threshold"], counted=counted)
        verdict = say(f"verdict.{given['verdict']}", self.language)
        return self._fact("assigned", f"{threshold}: {verdict}")

    def _forecast(self, target: Target, row: AttainmentOut, *, counted: bool) -> Fact:
        ahead = row["forecast"]
        figure = self.height(target, ahead["value"], counted=counted)
        facts = {"figure": figure, "day": day(ahead["on"], self.language), "count": ahead["points"]}
        said = self.drill("forecast_met" if ahead["met"] else "forecast_missed", **facts)
        if not ahead["same_reporters"]:
            said = f"{said} {self.drill('forecast_others')}"
        return self._fact("forecast", said)

    def rank_line(self, target: Target, one: Ranked) -> RankLine:
        row, place = one.row, one.place
        figure, counts = self.figure(target, row)
        return RankLine(
            row["unit"],
            self.unit(row["unit"]),
            row,
            "" if place is None else str(place.number),
            self.drill("tied", count=place.tied) if place and place.tied > 1 else "",
            figure,
            counts,
            self.needed(target, row),
            bullet(row),
            self._note(target, one),
        )

    def _note(self, target: Target, one: Ranked) -> str:
        row = one.row
        if one.place is None:
            reason = row.get("not_applicable") or row["reasons"].get("percent") or row["verdict"]
            return "" if reason == row["verdict"] else self.reason(str(reason))
        notes = []
        if one.small and row["denominator"] is not None:
            size = Fraction(str(row["denominator"]))
            step = shown(100 * size.denominator, size.numerator, ())
            facts = {"unit": self.counted(target), "step": self.number(step)}
            notes.append(self.drill("small", size=self.number(row["denominator"]), **facts))
        if row["reasons"].get("numerator") == "percent_only":
            notes.append(self.reason("percent_only"))
        if row.get("estimated"):
            notes.append(self.say("estimated"))
        return " ".join(notes)

    def ranked(self, target: Target, units: Sequence[Ranked], *, by_name: bool) -> list[RankLine]:
        """Those with a place, the best first or by Vietnamese letters."""
        placed = [one for one in units if one.place is not None]
        placed.sort(key=lambda one: sort_key(self.unit(one.row["unit"])))
        if not by_name:
            placed.sort(key=lambda one: one.place.number if one.place else 0)
        return [self.rank_line(target, one) for one in placed]

    def heaps(self, target: Target, units: Sequence[Ranked], *, words: bool) -> list[Heap]:
        """Units by verdict: those without a place; with `words` (done or not) all of them."""
        chosen = [one for one in units if words or one.place is None]
        by_verdict: dict[str, list[RankLine]] = {}
        for one in sorted(chosen, key=lambda one: sort_key(self.unit(one.row["unit"]))):
            by_verdict.setdefault(one.row["verdict"], []).append(self.rank_line(target, one))
        order = [one for one in ORDER if one in by_verdict]
        if words:  # whom to ask stands first
            order.sort(key=lambda one: one == "met")
        return [Heap(self._heap(one, words=words), one, by_verdict[one]) for one in order]

    def _heap(self, verdict: str, *, words: bool) -> str:
        if words and verdict in ("met", "not_met"):
            return self.say("done" if verdict == "met" else "not_done")
        return say(f"verdict.{verdict}", self.language)

    def parts(self, target: Target, row: AttainmentOut) -> list[tuple[str, str, str]]:
        """Category, counts, share; a code that is asked no more as it is."""
        categories = target.breakdown.categories if target.breakdown else ()
        names = {one.code: titled(one, "title", self.language) or one.code for one in categories}
        told = row.get("breakdown", {})
        return [(names.get(code, code), *self._part(target, part)) for code, part in told.items()]

    def _part(self, target: Target, part: PartOut) -> tuple[str, str]:
        if "value" in part:
            return f"{self.number(part['value'])} {self.counted(target, part['value'])}", ""
        counts = f"{self.number(part['numerator'])}/{self.number(part['denominator'])}"
        percent = part.get("percent")
        counted = self.counted(target, part["denominator"])
        return f"{counts} {counted}", "" if percent is None else self.percent(percent)

    def rule(self, target: Target) -> str:
        """What a rule asks for, and by when."""
        asked: Any = {
            "comparator": target.comparator,
            "threshold_count": target.threshold.count,
            "threshold_percent": target.threshold.percent
            and Decimal(str(target.threshold.percent)),
        }
        due = self.due(target)
        return f"{self.asked(target, asked)}{f' · {due}' if due else ''}"
