"""Finding the target and the field that a heading means: by code, title, definition or words."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import log

from app.domain.errors import Fault
from app.domain.targets import Target, ValueKind
from app.sheets.roles import UNREAD, Reading
from app.sheets.spelling import bare, flat, loose, without_remark
from app.sheets.words import FIELD_WORDS, counts_attendances, field_for, is_plan, is_scaled

_PARTS = re.compile(r"\n|\s[-–—]\s|[:;|()\[\]]|\s*/\s*|\s*=\s*")
_LEADS = frozenset(map(loose, ("chỉ tiêu", "CT", "chỉ tiêu số", "tiêu chí", "mục", "mã")))
# Said in nearly every title of the field: alone they tell no target from another.
_COMMON = frozenset(
    flat(
        "và của các công đoàn số tỷ tỉ lệ trọng trong kỳ được đã người năm tổng chỉ tiêu thực hiện "
        "đạt toàn những cho với theo từ đến ở là một tháng quý ct tiêu chí mục mã"
    ).split()
)
_MEASURES = frozenset(
    map(loose, ("người", "đoàn viên", "lao động", "sản phẩm", "đơn vị", "cuộc", "sự kiện"))
)


class Topics:
    """The targets of some programmes by what people write over a column or beside a row."""

    MOST_TEXTS, MOST_GUESSES = 8_000, 500
    LIKELY, CLEARLY = 0.4, 0.12

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = {target.code: target for target in targets}
        self._exact: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
        self._codes = {loose(code): code for code in self.targets}
        for target in self.targets.values():
            for spelling, field in _spellings(target):
                self._exact[loose(spelling)].add((target.code, field))
        self._words = {code: _bag(target) for code, target in self.targets.items()}
        shared = Counter(word for bag in self._words.values() for word in bag)
        self._weight = {word: log(1 + len(self.targets) / n) for word, n in shared.items()}
        self._read: dict[str, Reading] = {}
        self._guesses = 0

    def read(self, text: str) -> Reading:
        """What the text says of target and field; `field` may be a word that the kind decides."""
        if text not in self._read:
            if len(self._read) >= self.MOST_TEXTS:
                return UNREAD
            self._read[text] = self._find(text)
        return self._read[text]

    def _find(self, text: str) -> Reading:
        found = self._exactly(bare(text) or text) or self._coded(text) or self._in_parts(text)
        if found is None:
            plan = Reading(skip=True, why="plan")
            return plan if is_plan(text) else self._likely(text)
        return _doubted(text, found)

    def _exactly(self, text: str) -> Reading | None:
        key = loose(text)
        if (known := self._exact.get(key)) and len({target for target, _ in known}) == 1:
            target, field = min(known, key=lambda one: one[1] is not None)
            return Reading(target=target, field=field, why="exact", facts={"target": target})
        if (field := FIELD_WORDS.get(key)) is not None:
            return Reading(field=field, why="field_word")
        words = key.split()
        for cut in range(1, min(len(words), 6)):
            # "Tỷ lệ nữ khu vực …" and "Nữ khu vực … (%)": a field's words and a whole title.
            for field_key, rest in (
                (" ".join(words[:cut]), " ".join(words[cut:])),
                (" ".join(words[-cut:]), " ".join(words[:-cut])),
            ):
                known, field = self._exact.get(rest), FIELD_WORDS.get(field_key)
                if field and known and len(known) == 1 and next(iter(known))[1] is None:
                    return Reading(target=next(iter(known))[0], field=field, why="exact")
        return None

    def _coded(self, text: str) -> Reading | None:
        """One target's code at either end; what stands beside it may name a field, and may not
        name another target."""
        words = loose(bare(text) or text).split()
        while lead := next((n for n in (2, 1) if " ".join(words[:n]) in _LEADS), 0):
            words = words[lead:]
        codes = {self._codes[word] for word in words if word in self._codes}
        if len(codes) != 1:
            return None
        code = codes.pop()
        beside = re.sub(rf"\b{re.escape(code)}\b", "|", text, flags=re.IGNORECASE)
        whole = self._exactly(bare(beside.replace("|", " ")))
        parts = [part for part in _PARTS.split(beside) if loose(part)]
        read = [whole] if whole else [self._exactly(bare(part) or part) for part in parts]
        if any(one and one.target not in (None, code) for one in read):
            return self._doubtful(code, None, text, 0.5, "mismatch")
        field = next((one.field for one in read if one and one.field), None)
        unread = [part for part, one in zip(parts, read, strict=False) if one is None]
        if any(map(is_plan, unread)):
            return Reading(skip=True, why="plan")
        if code not in (self._codes.get(words[0]), self._codes.get(words[-1])):
            return self._doubtful(code, field, text, 0.7, "code_within")
        if not self._describes(code, [part for part in unread if not _is_measure(part)]):
            return self._doubtful(code, field, text, 0.8, "partly")
        return Reading(target=code, field=field, why="code", facts={"target": code})

    def _describes(self, code: str, parts: Sequence[str]) -> bool:
        """Whether the words beside a code are of its target, or say nothing of their own."""
        words = {word for part in parts for word in flat(part).split()} - _COMMON
        own = {word for word in words if not word.isdecimal()}
        return not own or bool(own & self._words[code])

    def _in_parts(self, text: str) -> Reading | None:
        """ "Title - Tử số", or the two on two lines of one cell."""
        parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
        if len(parts) < 2:
            return None
        found = [self._exactly(part) for part in parts]
        targets = {one.target for one in found if one and one.target}
        fields = {one.field for one in found if one and one.field}
        if len(targets) > 1 or len(fields) > 1 or not (targets or fields):
            return None
        unread = [
            part
            for part, one in zip(parts, found, strict=True)
            if one is None and not _is_measure(part)
        ]
        target, field = next(iter(targets), None), next(iter(fields), None)
        if any(map(is_plan, unread)):
            return Reading(skip=True, why="plan")
        if target is None and unread:
            likely = self._likely(text)
            return self._doubtful(likely.target, field, text, likely.confidence or 0.6, "partly")
        if unread:
            return self._doubtful(target, field, text, 0.8, "partly")
        return Reading(target=target, field=field, why="exact", facts={"target": target})

    def _likely(self, text: str) -> Reading:
        """By the words that it shares with a target and with no other: a suggestion."""
        self._guesses += 1
        words = {word for word in flat(text).split() if word in self._weight}
        if self._guesses > self.MOST_GUESSES or len(words - _COMMON) < 2:
            return UNREAD
        said = [word for word in dict.fromkeys(flat(text).split()) if word not in _COMMON]
        unknown = sum(0.7 for word in said if word not in self._weight)
        scores = sorted(
            ((self._score(words, code, unknown), code) for code in self.targets), reverse=True
        )
        best, second = scores[0], scores[1] if len(scores) > 1 else (0.0, "")
        if best[0] < self.LIKELY or best[0] - second[0] < self.CLEARLY:
            return UNREAD
        field = next((FIELD_WORDS[key] for key in _first_words(text) if key in FIELD_WORDS), None)
        return self._doubtful(best[1], field, text, min(0.9, best[0]), "words")

    def _score(self, words: set[str], code: str, unknown: float) -> float:
        """How much of the text is the target's, and of the target's title the text's: 0 to 1."""
        bag = self._words[code]
        common = sum(self._weight[word] for word in words & bag)
        said = sum(self._weight[word] for word in words) + unknown
        title = sum(self._weight[word] for word in _title_words(self.targets[code]))
        titled = sum(self._weight[word] for word in words & _title_words(self.targets[code]))
        return 2 * common / said * (titled / title) / ((common / said) + (titled / title) or 1.0)

    def _doubtful(
        self, target: str | None, field: str | None, text: str, confidence: float, why: str
    ) -> Reading:
        found = Reading(target=target, field=field, confidence=confidence, why=why)
        return found._replace(doubt=suggestion(found, self.targets, text))


def suggestion(found: Reading, targets: dict[str, Target], said: str) -> Fault:
    """To be confirmed: the heading may mean this target and field."""
    expected = expected_of(found, targets)
    facts = {"reason": "suggested", "value": said[:60], "expected": expected}
    if not expected:
        facts["reason"] = "unrecognised"
    return Fault("", "unknown_target", facts, expected or None)


def expected_of(found: Reading, targets: dict[str, Target]) -> str:
    """ "NC2.numerator": as a mapping would say it."""
    target = targets.get(found.target or "")
    if target is None:
        return found.field or ""
    field = field_for(target.value_kind, found.field)[0]
    if field is None:
        return f"{target.code}.percent | {target.code}.numerator"
    return f"{target.code}.{field}"


def _doubted(text: str, found: Reading) -> Reading:
    """Attendances are no persons, and thousands of persons no persons either (rule 5)."""
    fault: Fault | None = None
    if counts_attendances(text):
        fault = Fault("", "unit_of_count", {"value": text[:60]})
    elif is_scaled(text):
        fault = Fault("", "invalid", {"reason": "scaled", "value": text[:60]})
    if fault is None or not found.means:
        return found
    return found._replace(confidence=min(found.confidence, 0.3), why="measure", doubt=fault)


def _spellings(target: Target) -> Iterator[tuple[str, str | None]]:
    """What is exactly the target, or one of its fields."""
    code, kind = target.code, target.value_kind
    yield code, None
    for title in (target.title_vi, target.title_en):
        yield title, None
    defined = "done" if kind is ValueKind.YES_NO else "numerator"
    defined = "value" if kind is ValueKind.COUNT else defined
    for text, field in (
        (target.numerator_vi, defined),
        (target.numerator_en, defined),
        (target.denominator_vi, "denominator"),
        (target.denominator_en, "denominator"),
    ):
        if text:
            for spelling in {text, without_remark(text)}:
                yield spelling, field
                yield f"{code} {spelling}", field
    for title in (target.title_vi, target.title_en):
        yield f"{code} {title}", None
    for field in ("numerator", "denominator", "percent", "done", "value", "text", "note"):
        yield f"{code} {field}", field


def _is_measure(text: str) -> bool:
    return loose(text) in _MEASURES or counts_attendances(text) or is_scaled(text)


def _title_words(target: Target) -> set[str]:
    return {word for word in flat(target.title_vi).split() if word not in _COMMON}


def _bag(target: Target) -> set[str]:
    texts = (target.title_vi, target.numerator_vi, target.denominator_vi, target.source.quote)
    words = {word for text in texts if text for word in flat(text).split()}
    return {word for word in words if word not in _COMMON and not word.isdecimal()}


def _first_words(text: str) -> Sequence[str]:
    words = loose(text).split()
    return [" ".join(words[:length]) for length in range(4, 0, -1)]
