"""The live formulas of a template, and what they show before anybody has opened the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.attainment import counts_of, figure_of
from app.domain.numbers import shown
from app.domain.targets import Comparator, Target, ValueKind
from app.domain.values import Value
from app.domain.yardstick import HUNDRED, ZERO, Yardstick
from app.schemas.templates import Said
from app.sheets.reading import CLEARS, YES
from app.sheets.template_words import Words, literal

HERE = "§"  # the row's number, in the formula of a whole column
FEW, MANY = 2, 6
SHOWN = "0.00####"
COMPARED = {Comparator.AT_MOST: "<=", Comparator.EXACTLY: "="}
NOTHING = '""'


def text(words: str) -> str:
    """A text inside a formula."""
    return '"' + words.replace('"', '""') + '"'


def choose(*cases: tuple[str, str], otherwise: str) -> str:
    """What stands beside the first condition that holds, as IF(…)."""
    for condition, then in reversed(cases):
        otherwise = f"IF({condition},{then},{otherwise})"
    return otherwise


@dataclass(frozen=True, slots=True)
class Live:
    """Formulas over one line of a target. `at` is by field where the line's cell stands ("$I§");
    `inputs` are the ranges of all its input cells. `held` None: there is nothing to judge."""

    target: Target
    held: Yardstick | None
    words: Words
    at: Mapping[str, str]
    inputs: Sequence[str]

    @property
    def level(self) -> Fraction | None:
        return self.held.threshold if self.held else None

    @property
    def sign(self) -> str:
        comparator = self.held.comparator if self.held else None
        return COMPARED.get(comparator, ">=") if comparator else ">="

    def percent(self) -> str:
        """The percent of the counts, else the one written; empty where there is neither."""
        n, d, p = (self.at[name] for name in ("numerator", "denominator", "percent"))
        counted = choose((f"{d}>0", self.rounded()), otherwise=NOTHING)
        return "=" + choose(
            (f'{self.at["not_applicable"]}<>""', NOTHING),
            (f"COUNT({n},{d})=2", counted),
            (f'AND({n}="",{d}="",{p}<>"")', self._alone()),
            otherwise=NOTHING,
        )

    def result(self) -> str:
        """The same in one cell, with a word where there is no percent to show."""
        n, d, p = (self.at[name] for name in ("numerator", "denominator", "percent"))
        alone = choose((f'{p}=""', NOTHING), otherwise=self._alone())
        return "=" + choose(
            *self._before(f"COUNTA({n}:{p})"),
            (f'AND({n}="",{d}="")', alone),
            *self._wrong_counts(n, d),
            otherwise=self.rounded(),
        )

    def result_format(self) -> str:
        """A number format that says the verdict behind the percent."""
        if self.level is None:
            return SHOWN
        met, not_met = (text(f" – {self.words(f'word.{one}')}") for one in ("met", "not_met"))
        return f"[{self.sign}{literal(self.level)}]{SHOWN}{met};{SHOWN}{not_met}"

    def verdict(self, percent: str) -> str | None:
        """`percent` is where the percent formula stands. None: nothing is ever judged."""
        formulas = {
            ValueKind.RATIO: lambda: self._of_ratio(percent),
            ValueKind.YES_NO: self._of_yes_no,
            ValueKind.COUNT: self._of_count,
        }
        found = formulas.get(self.target.value_kind)
        return None if found is None else "=" + found()

    def _of_ratio(self, percent: str) -> str:
        n, d, p = (self.at[name] for name in ("numerator", "denominator", "percent"))
        judged = NOTHING
        if self.level is not None:
            met = f"{percent}{self.sign}{literal(self.level)}"
            judged = choose((met, self._say("met")), otherwise=self._say("not_met"))
        return choose(
            *self._before(f"COUNTA({n}:{p})"),
            (f'AND({n}="",{d}="")', choose((f'{percent}=""', NOTHING), otherwise=judged)),
            *self._wrong_counts(n, d),
            otherwise=self._by_how_many(n, d),
        )

    def _of_yes_no(self) -> str:
        done = self.at["done"]
        yes, no = (text(self._told(Value(done=one))) for one in (True, False))
        return choose(
            *self._before(f"COUNTA({done})"),
            (f'{done}=""', NOTHING),
            (f"{done}={text(YES)}", yes),
            otherwise=no,
        )

    def _of_count(self) -> str:
        value = self.at["value"]
        return choose(
            *self._before(f"COUNTA({value})"),
            (f'{value}=""', NOTHING),
            (f"NOT(ISNUMBER({value}))", self._say("whole")),
            (f"OR({value}<0,{value}<>INT({value}))", self._say("whole")),
            otherwise=self._by_how_many(value, None),
        )

    def _say(self, word: str) -> str:
        return text(self.words(f"word.{word}"))

    def _before(self, filled: str) -> list[tuple[str, str]]:
        """What comes before any judgement: withdrawn, or not applicable."""
        withdrawn = "+".join(f"COUNTIF({one},{text(CLEARS)})" for one in self.inputs)
        alone = (f"{withdrawn}=COUNTA({','.join(self.inputs)})", self._say("withdrawn"))
        both = (f"{filled}>0", self._say("reason_and_figure"))
        return [
            (f"{withdrawn}>0", choose(alone, otherwise=self._say("others"))),
            (
                f'{self.at["not_applicable"]}<>""',
                choose(both, otherwise=self._say("not_applicable")),
            ),
        ]

    def _wrong_counts(self, n: str, d: str) -> list[tuple[str, str]]:
        """What a report of these two counts would be refused for; 0 of 0 does not apply."""
        none = choose((f"{n}=0", self._say("not_applicable")), otherwise=self._say("zero"))
        found = [
            (f"COUNT({n},{d})<2", self._say("both")),
            (f"OR({n}<0,{d}<0,{n}<>INT({n}),{d}<>INT({d}))", self._say("whole")),
            (f"{d}=0", none),
        ]
        if not self.target.may_exceed_100:
            found.append((f"{n}>{d}", self._say("over")))
        return found

    def rounded(self) -> str:
        """Two decimals, and as many more as keep it on its side of 0, 100 and the threshold (rule
        7); MANY at most: a spreadsheet computes in doubles."""
        decimals = str(MANY)
        for fewer in range(MANY - 1, FEW - 1, -1):
            decimals = choose((self._crosses(fewer), decimals), otherwise=str(fewer))
        return f"ROUND({self._exact},{decimals})"

    @property
    def _exact(self) -> str:
        return f"100*{self.at['numerator']}/{self.at['denominator']}"

    def _crosses(self, decimals: int) -> str:
        n, d, level = self.at["numerator"], self.at["denominator"], self.level
        short = f"ROUND({self._exact},{decimals})"
        crossings = [f"({short}=0)<>({n}=0)", f"SIGN({short}-100)<>SIGN({n}-{d})"]
        if level is not None and level not in (0, 100):
            exact = f"SIGN({100 * level.denominator}*{n}-{level.numerator}*{d})"
            crossings.append(f"SIGN({short}-{literal(level)})<>{exact}")
        return f"OR({','.join(crossings)})"

    def _alone(self) -> str:
        """A percent without counts, as points: 0.615 in a percent cell, 61.5, or "61,5%"."""
        p = self.at["percent"]
        mark = f'IF(ISNUMBER(FIND(",",{p})),",",".")'
        points = f'IF(RIGHT(TRIM({p}))="%",100,1)*_xlfn.NUMBERVALUE({p},{mark}," ")'
        number = f"IF({p}<=1,100*{p},{p})"
        return f'IFERROR(ROUND(IF(ISNUMBER({p}),{number},{points}),{MANY}),"")'

    def _by_how_many(self, n: str, d: str | None) -> str:
        """Met, or by how many not: whole numbers against whole numbers (rules 8 and 9)."""
        if self.level is None:
            return NOTHING
        top, bottom = self.level.numerator, self.level.denominator * (1 if d is None else 100)
        asked, told = (str(top), n) if d is None else (f"{top}*{d}", f"{bottom}*{n}")
        short = self._distance(n, asked if d is None else f"{asked}/{bottom}")
        return choose((f"{told}{self.sign}{asked}", self._say("met")), otherwise=short)

    def _distance(self, n: str, level: str) -> str:
        """How many more are needed, or are too many; for "exactly" neither is told."""
        if self.sign == "=":
            return self._say("not_met")
        apart, word = f"ROUNDUP({level},0)-{n}", "needed"
        if self.sign == "<=":
            apart, word = f"{n}-ROUNDDOWN({level},0)", "excess"
        counted = text(f" {self.words.counted(self.target)}".rstrip())
        return f"{self._say(word)}&FIXED({apart},0)&{counted}"

    def percent_now(self, said: Said | None) -> Decimal | str:
        """What the formula makes of what is stored."""
        value = said.value if said else None
        if value is None or not value.applies or self.target.value_kind is not ValueKind.RATIO:
            return ""
        if value.numerator is not None and value.denominator:
            return self.rounded_now(value.numerator, value.denominator)
        return "" if value.percent is None else Decimal(str(value.percent))

    def result_now(self, said: Said | None) -> Decimal | str:
        if said is not None and not said.value.applies:
            return self.words("word.not_applicable")
        return self.percent_now(said)

    def verdict_now(self, said: Said | None) -> str:
        return "" if said is None else self._told(said.value)

    def rounded_now(self, n: int, d: int) -> Decimal:
        guards = [ZERO, HUNDRED]
        if self.level is not None:
            guards.append(self.level.as_integer_ratio())
        return shown(100 * n, d, tuple(guards))

    def _told(self, value: Value) -> str:
        held, kind = self.held, self.target.value_kind
        if not value.applies:
            return self.words("word.not_applicable")
        figure = figure_of(value, kind)
        if held is None or figure is None:
            return ""
        if held.met(*figure):
            return self.words("word.met")
        counts = counts_of(value, kind)
        if counts is not None and value.done is None:
            numerator, denominator = Fraction(counts[0]), counts[1]
            more, less = held.needed(numerator, denominator), held.excess(numerator, denominator)
            counted = self.words.counted(self.target)
            if more is not None:
                return f"{self.words('word.needed')}{self.words.number(more)} {counted}".rstrip()
            if less is not None:
                return f"{self.words('word.excess')}{self.words.number(less)} {counted}".rstrip()
        return self.words("word.not_met")
