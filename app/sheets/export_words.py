"""The words of exported workbooks, in one language."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from app.domain.periods import VIETNAM
from app.domain.verdict import Verdict
from app.i18n import catalogue, day, say
from app.schemas.attainment import AttainmentOut
from app.schemas.catalogue import PeriodOut
from app.schemas.exports import Background
from app.schemas.targets import TargetOut

# As on the pages: a symbol and a family of colours, always beside the word.
LOOKS = {
    Verdict.MET: ("▲", "good"),
    Verdict.ON_TRACK: ("△", "good"),
    Verdict.AT_RISK: ("◆", "warn"),
    Verdict.IN_PROGRESS: ("●", "busy"),
    Verdict.OFF_TRACK: ("▽", "bad"),
    Verdict.NOT_MET: ("▼", "bad"),
    Verdict.UNDETERMINED: ("?", "warn"),
    Verdict.NO_DATA: ("–", "none"),
    Verdict.NOT_APPLICABLE: ("○", "none"),
    Verdict.POPULATION_ENDED: ("■", "none"),
    Verdict.NOT_RESTATABLE: ("◧", "none"),
    Verdict.NO_THRESHOLD: ("□", "none"),
}
ROMAN = ("", "I", "II", "III", "IV")


class Words:
    """Says codes and instants of one export. `of_values` False: its figures are no results, and
    rest on no basis."""

    def __init__(self, language: str, behind: Background, *, of_values: bool = True) -> None:
        self.language, self.behind, self.of_values = language, behind, of_values
        self.known = catalogue(language)

    def say(self, key: str, **facts: Any) -> str:
        return say(f"export.{key}", self.language, facts)

    def column(self, key: str) -> str:
        """A column's heading."""
        return self.known[f"export.column.{key}"]

    def own(self, thing: Mapping[str, object], name: str) -> str:
        """What is written in both languages, in this one; "" where it is not written."""
        return str(thing.get(f"{name}_{self.language}") or "")

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Symbol and word, by code."""
        return {
            verdict: f"{symbol} {self.known[f'verdict.{verdict}']}"
            for verdict, (symbol, _) in LOOKS.items()
        }

    @cached_property
    def yes_no(self) -> dict[bool | None, str | None]:
        return {None: None, True: self.say("yes"), False: self.say("no")}

    @cached_property
    def done(self) -> dict[bool | None, str | None]:
        return {None: None, True: self.say("done"), False: self.say("not_done")}

    def status(self, code: str | None) -> str | None:
        return None if code is None else self.known[f"status.{code}"]

    def late(self, late: bool | None) -> str | None:
        return None if late is None else self.say("late" if late else "in_time")

    def kind(self, code: str) -> str:
        return self.known.get(f"page.kind.{code}", code)

    def sign(self, comparator: str | None) -> str | None:
        return None if comparator is None else self.say(f"sign.{comparator}")

    def reason(self, code: str) -> str:
        """The words for a code of the rules; a unit's own words stay as they are."""
        known = self.known.get(f"export.reason.{code}") or self.known.get(f"verdict.{code}")
        return code if known is None else known[0].lower() + known[1:]

    def reasons(self, row: AttainmentOut, without: Collection[str] = ()) -> str | None:
        """Why fields are null: the same reason once, with all that it is the reason of."""
        by_reason: dict[str, list[str]] = {}
        for field, code in row.get("reasons", {}).items():
            if field in without:
                continue
            word = self.known.get(f"export.field.{field}", field)
            by_reason.setdefault(self.reason(code), []).append(word)
        said = [
            self.say("field_reason", field=", ".join(dict.fromkeys(fields)), reason=reason)
            for reason, fields in by_reason.items()
        ]
        return "; ".join(said) or None

    def remarks(self, row: AttainmentOut) -> str | None:
        """What a reader must know beside the figure itself, how far it is not being shown."""
        said = [self.reasons(row, without=("gap_closed", "forecast"))]
        for name in ("missing", "excluded"):
            if count := len(row[name]):
                said.append(self.say("units", what=self.say(f"outside.{name}"), count=count))
        if row.get("estimated"):
            said.append(self.say("estimated"))
        if made := row.get("decision"):
            on = self.day(made["decided_on"])
            said.append(self.say("decided", act=made["act"], day=on, reason=made["reason"]))
        if kept := row.get("last_result"):
            said.append(self.say("last_result", period=kept["period"], day=self.day(kept["on"])))
        said += [self.reason(code) for code in row.get("warnings", ())]
        return ". ".join(one[0].upper() + one[1:] for one in said if one) or None

    def questions(self, target: TargetOut | None, codes: list[str]) -> list[str]:
        """The catalogue's own words for its questions, ours for those the rules raise."""
        written = target["open_questions"] if target else []
        own = {one["code"]: self.own(one, "text") for one in written}
        return [own.get(code) or self.known.get(f"open_question.{code}", code) for code in codes]

    def day(self, iso: str | None) -> str:
        return day(iso, self.language)

    def at(self, instant: str) -> str:
        """To the minute in Viet Nam, as people write it."""
        pattern = "%H:%M %d/%m/%Y" if self.language == "vi" else "%Y-%m-%d %H:%M"
        return datetime.fromisoformat(instant).astimezone(VIETNAM).strftime(pattern)

    def unit(self, period: str, code: str) -> str:
        """A unit's name of the time; its code where that time does not know it. The names of
        provinces are their own in every language."""
        defined = self.behind.periods[period].units.get(code)
        if defined is None:
            return code
        proper = self.language == "vi" or defined.kind == "province_federation"
        return defined.short_vi if proper else defined.name_en

    def target(self, period: str, code: str) -> TargetOut | None:
        return self.behind.periods[period].targets.get(code)

    def title(self, period: str, code: str) -> str:
        target = self.target(period, code)
        return code if target is None else self.own(target, "title")

    def period(self, code: str) -> str:
        """In words: Quý III/2025."""
        found: PeriodOut = self.behind.periods[code].period
        part = code.partition("-")[2].lstrip("Q")
        number = int(part) if part.isdigit() else 0
        roman = ROMAN[number] if found["kind"] == "quarter" else ""
        facts = {"year": found["ends_on"][:4], "number": number, "roman": roman}
        return say(f"page.period_name.{found['kind']}", self.language, facts)

    def basis(self) -> str:
        include = self.say(self.behind.include)
        if self.behind.restated_on is None:
            return self.say("as_reported", include=include)
        return self.say("restated", include=include, day=self.day(self.behind.restated_on))

    def head(self) -> list[str]:
        """The lines under a title: which figures these are."""
        behind, programme = self.behind, self.behind.programme
        title = self.own(programme, "title")
        names = [
            self.say("period_named", name=self.period(code), code=code) for code in behind.periods
        ]
        facts = {"version": behind.data_version, "rules": behind.rule_version}
        return [
            self.say("programme", title=title, code=programme["code"]),
            self.say("period", names=", ".join(names)),
            *([self.basis()] if self.of_values else []),
            self.say("known", at=self.at(behind.known_at), **facts),
        ]
