"""The input cells of a template: what already stands in them, and what they take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.targets import Target, ValueKind
from app.schemas.templates import Said
from app.sheets.reading import CLEARS, NO, YES
from app.sheets.template_styles import Styles
from app.sheets.template_words import Words

# What the spreadsheet programs show at most.
MOST_TITLE, MOST_MESSAGE = 32, 255
REASONS = "ly_do_khong_ap_dung"
FIELDS: dict[ValueKind, tuple[str, ...]] = {
    ValueKind.RATIO: ("numerator", "denominator", "percent"),
    ValueKind.YES_NO: ("done",),
    ValueKind.COUNT: ("value",),
    ValueKind.NARRATIVE: ("text",),
    ValueKind.ALL_OF: (),
}
BESIDE = ("not_applicable", "note", "evidence", "estimated")
_STYLE = {
    "numerator": "count",
    "denominator": "count",
    "value": "count",
    "percent": "percent",
    "done": "choice",
    "estimated": "choice",
}


def style_of(field: str) -> str:
    return _STYLE.get(field, "words")


def takes(target: Target) -> tuple[str, ...]:
    """The fields that a target is filled in by; none for what is computed from parts."""
    own = FIELDS[target.value_kind]
    return (*own, *BESIDE) if own else ()


def written_percent(said: Said) -> str | None:
    """As it was sent, with its sign: as text it reads back with the same decimals."""
    percent = said.value.percent
    return None if percent is None else f"{str(percent).replace('.', ',')}%"


def _done(said: Said) -> str | None:
    done = said.value.done
    return None if done is None else YES if done else NO


_CONTENT: dict[str, Callable[[Said], int | str | None]] = {
    "numerator": lambda said: said.value.numerator,
    "denominator": lambda said: said.value.denominator,
    "percent": written_percent,
    "value": lambda said: said.value.value,
    "done": _done,
    "text": lambda said: said.value.text,
    "not_applicable": lambda said: said.value.not_applicable,
    "note": lambda said: said.note,
    "evidence": lambda said: said.evidence,
    "estimated": lambda said: ESTIMATED if said.value.estimated else None,
}
ESTIMATED = "Ước"


def content(field: str, said: Said | None) -> int | str | None:
    """What stands in the field's cell; None: nothing."""
    return None if said is None else _CONTENT[field](said)


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes cells of one sheet, each by its type: a text never becomes a formula or a link."""

    sheet: Worksheet
    styles: Styles
    words: Words

    def text(self, row: int, column: int, said: str, style: str) -> None:
        self.sheet.write_string(row, column, said, self.styles(style))

    def field(self, row: int, column: int, field: str, said: Said | None) -> None:
        self.put(row, column, content(field, said), self.styles(style_of(field)))

    def put(self, row: int, column: int, filled: int | str | None, style: Format) -> None:
        if filled is None:
            self.sheet.write_blank(row, column, None, style)
        elif isinstance(filled, int):
            self.sheet.write_number(row, column, filled, style)
        else:
            self.sheet.write_string(row, column, filled, style)

    def check(self, area: tuple[int, int, int, int], field: str, target: Target, at: Any) -> None:
        """What cells of the field take (first and last row and column of `area`), said before
        and after. `at` names the first of them by field ("$I10")."""
        options = _check(field, target, at, self.words)
        if options is not None:
            self.sheet.data_validation(*area, options)


def _check(field: str, target: Target, at: Any, words: Words) -> dict[str, Any] | None:
    code = {"code": target.code}
    if field in ("numerator", "denominator", "value"):
        what = _about(field, target, words)
        return _custom(
            _whole(field, target, at),
            (words(f"prompt.{field}", **code), words("prompt.whole", what=what)),
            words("stop.numerator" if _bounded(field, target) else "stop.whole"),
            words,
        )
    if field == "percent":
        p, most = at[field], "" if target.may_exceed_100 else f",{at[field]}<=100"
        written = f'OR({p}="",{p}="{CLEARS}",RIGHT(TRIM({p}))="%")'
        return _custom(
            f"=IF(ISNUMBER({p}),AND({p}>=0{most}),{written})",
            (words("prompt.percent", **code), words("prompt.percent_help")),
            words("stop.percent_any" if target.may_exceed_100 else "stop.percent"),
            words,
        )
    return _choice(field, target, words)


def _whole(field: str, target: Target, at: Any) -> str:
    """Excel works out all of an AND, so a text must not reach INT."""
    cell = at[field]
    most = f"{cell}=INT({cell})"
    if _bounded(field, target):
        below = at["denominator"]
        most += f",IF(ISNUMBER({below}),{cell}<={below},TRUE)"
    return f'=IF(ISNUMBER({cell}),AND({cell}>=0,{most}),OR({cell}="",{cell}="{CLEARS}"))'


def _bounded(field: str, target: Target) -> bool:
    return field == "numerator" and not target.may_exceed_100


def _about(field: str, target: Target, words: Words) -> str:
    about = words.own(target, "denominator" if field == "denominator" else "numerator")
    most = MOST_MESSAGE - len(words("prompt.whole", what=""))
    about = about or words.own(target, "title")
    return _cut(about if about.endswith(".") else f"{about}.", most)


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _custom(formula: str, prompt: tuple[str, str], stop: str, words: Words) -> dict[str, Any]:
    return {
        "validate": "custom",
        "value": formula,
        # The formula speaks of blanks itself: "ignore blank" would ignore the rule with them.
        "ignore_blank": False,
        "input_title": _cut(prompt[0], MOST_TITLE),
        "input_message": _cut(prompt[1], MOST_MESSAGE),
        "error_title": words("stop.title"),
        "error_message": stop,
    }


def _choice(field: str, target: Target, words: Words) -> dict[str, Any] | None:
    code = {"code": target.code}
    if field == "done":
        named = {"yes": YES, "no": NO, "clear": CLEARS}
        what = words.own(target, "numerator") or words.own(target, "title")
        most = MOST_MESSAGE - len(words("prompt.done_help", what="", **named))
        return {
            "validate": "list",
            "source": [YES, NO, CLEARS],
            "input_title": _cut(words("prompt.done", **code), MOST_TITLE),
            "input_message": words("prompt.done_help", what=_cut(f"{what}.", most), **named),
            "error_title": words("stop.title"),
            "error_message": words("stop.done", **named),
        }
    if field == "not_applicable":
        return {
            "validate": "list",
            "source": f"={REASONS}",
            "error_type": "warning",
            "input_title": _cut(words("prompt.not_applicable", **code), MOST_TITLE),
            "input_message": words("prompt.reason_help"),
            "error_title": words("stop.reason_title"),
            "error_message": words("stop.reason"),
        }
    if field == "estimated":
        return {
            "validate": "list",
            "source": [ESTIMATED],
            "input_title": words("prompt.estimated"),
            "input_message": words("prompt.estimated_help", word=ESTIMATED),
            "error_title": words("stop.title"),
            "error_message": words("stop.estimated", word=ESTIMATED),
        }
    return None
