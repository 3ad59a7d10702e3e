"""Vietnamese text: one form, one order, one way of being found (rule 25)."""

import unicodedata
from functools import cache

_LETTERS = {letter: rank for rank, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", 100)}
_TONES = {tone: rank for rank, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", 1)}
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-"))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def control_character(text: str, allowed: str = "") -> str | None:
    """The first control character or lone surrogate that is not allowed, as U+0000; or None."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
            return f"U+{ord(character):04X}"
    return None


def _split(letter: str) -> tuple[str, int]:
    """A letter without its tone, and the tone's rank: "ấ" is ("â", 4)."""
    base, tone = "", 0
    for mark in unicodedata.normalize("NFD", letter):
        if mark in _TONES:
            tone = _TONES[mark]
        else:
            base += mark
    return nfc(base), tone


def search_key(text: str) -> str:
    """Lower case without any diacritic: what people type on a phone ("Đắk Lắk" -> "dak lak")."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


@cache
def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The official order: letters first (Đ after D, Ê after E), tones decide between equals.

    Tones rank none, huyền, hỏi, ngã, sắc, nặng.
    """
    parts = [_split(letter) for letter in nfc(text.lower())]
    return (
        tuple(_LETTERS.get(letter, ord(letter[0]) if letter else 0) for letter, _ in parts),
        tuple(tone for _, tone in parts),
    )


def name_key(text: str) -> str:
    """Equal for two spellings of one name: NFC, case, dashes, and where the tone is put.

    "Hoà Bình" and "Hòa Bình" agree; "Hoa Binh" does not: without diacritics a name is only a
    suggestion (rule 25).
    """
    joined = nfc(text.translate(_DASHES).casefold()).replace(" -", "-").replace("- ", "-")
    words = []
    for word in joined.split():
        parts = [_split(letter) for letter in word]
        tones = "".join(str(tone) for _, tone in parts if tone)
        words.append("".join(letter for letter, _ in parts) + tones)
    return " ".join(words)
