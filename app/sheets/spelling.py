"""How people spell names and headings: what is taken away before two spellings are compared."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.domain.text import name_key, nfc, search_key

LONGEST = 500
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_ORDINAL = re.compile(
    r"^\s*(?:[-–+•*·●]+\s*|\(?\d{1,3}\s*[.)/:–-]+\s*(?=\D)|\d{1,3}\s+(?=[^\W\d_])"
    r"|\(?[IVXivx]{1,6}\s*[.)/:–-]+\s+|\(?[^\W\d_]\s*[.)]\s+)"
)
_FOOTNOTE = re.compile(r"\s*(?:\(\s*(?:\d{1,2}|\*+)\s*\)|\*+|[¹²³])\s*$")
_MARKS = re.compile(r"[.,:;\"'“”‘’«»()\[\]_*?!–—-]+")
_PARENTHESES = re.compile(r"\s*\([^()]*\)\s*$")


def cleaned(text: str) -> str:
    """NFC, one space between words whatever kind was typed, nothing invisible; lines stay lines."""
    plain = nfc(text[: 4 * LONGEST]).translate(_INVISIBLE)
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return "\n".join(line for line in lines if line)[:LONGEST]


def bare(text: str) -> str:
    """Without the number before it and the footnote mark behind: "1. Hà Nội (*)" is "Hà Nội"."""
    return _FOOTNOTE.sub("", _ORDINAL.sub("", text, count=1)).strip(" :;,.-–")


def ordinal(text: str) -> str:
    """The number before the words: "II. Khối ngành" has "II"; "" without one."""
    match = _ORDINAL.match(text)
    return match[0].strip(" .()/:-–\t\n") if match else ""


@lru_cache(maxsize=16_384)
def loose(text: str) -> str:
    """A name_key that does not see punctuation, quotes or dashes either."""
    return name_key(_MARKS.sub(" ", text))


@lru_cache(maxsize=16_384)
def flat(text: str) -> str:
    """As `loose`, without diacritics: fit for suggestions only (rule 25)."""
    return search_key(_MARKS.sub(" ", text))


def without_remark(text: str) -> str:
    """Without what stands in parentheses at the end."""
    return _PARENTHESES.sub("", text) or text


class Slips:
    """Words indexed by what is left of them when letters are left out.

    A look-up costs the same however many words there are: nothing is compared with everything.
    """

    LONGEST_WORD = 24

    def __init__(self, words: Iterable[str]) -> None:
        self._by_rest: dict[str, set[str]] = {}
        for word in words:
            if len(word) <= self.LONGEST_WORD:
                for rest in _rests(word, _tolerance(len(word) + 1)):
                    self._by_rest.setdefault(rest, set()).add(word)

    def near(self, typed: str) -> list[tuple[int, str]]:
        """The words one or two slips away, nearest first; short words bear fewer slips."""
        most = _tolerance(len(typed))
        if len(typed) > self.LONGEST_WORD or not most:
            return []
        met = set[str]().union(*(self._by_rest.get(rest, ()) for rest in _rests(typed, most)))
        far = ((slips(typed, word), word) for word in met)
        return sorted((distance, word) for distance, word in far if distance <= most)


def _tolerance(length: int) -> int:
    return 0 if length < 4 else 1 if length < 8 else 2


def _rests(word: str, most: int) -> Iterator[str]:
    seen, frontier = {word}, [word]
    yield word
    for _ in range(most):
        fresh = {
            one[:place] + one[place + 1 :] for one in frontier for place in range(len(one))
        } - seen
        yield from fresh
        seen |= fresh
        frontier = list(fresh)


def slips(first: str, second: str) -> int:
    """How many letters were left out, put in, changed, or changed places with the next."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            swapped = i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other
            row.append(min(cost, older[j - 2] + 1) if swapped else cost)
    return row[-1]
