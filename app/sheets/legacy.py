"""Vietnamese from before Unicode: TCVN3 (.VnTime and its family) and VNI, seen as Latin-1 text."""

import re
import unicodedata
from functools import lru_cache

from app.domain.text import nfc

TCVN3, VNI = "TCVN3", "VNI"

# TCVN 5712:1993, table 3 ("ABC"): one byte a letter. A .VnTimeH font draws small letters as
# capitals; of its own a .VnTime font has only these capitals.
_TCVN3_LETTERS = dict(
    zip(
        "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®ÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô\u00adøõö÷ùýúûüþ¡¢§£¤¥¦",
        "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ",
        strict=True,
    )
)

_TCVN3_TABLE = {ord(written): letter for written, letter in _TCVN3_LETTERS.items()}

# VNI: a base letter, then a mark that is a letter of Latin-1. The mark tells hat and tone at once.
_TONES = "\u0301\u0300\u0309\u0303\u0323"
_HAT, _BREVE = "\u0302", "\u0306"
_VNI_TONES = dict(zip("ùøûõï", _TONES, strict=True))
_VNI_HATS = {"â": _HAT} | {mark: _HAT + tone for mark, tone in zip("áàåãä", _TONES, strict=True)}
_VNI_BREVES = {"ê": _BREVE} | {
    mark: _BREVE + tone for mark, tone in zip("éèúüë", _TONES, strict=True)
}
_VNI_MARKS = {
    "a": _VNI_TONES | _VNI_HATS | _VNI_BREVES,
    "e": _VNI_TONES | _VNI_HATS,
    "o": _VNI_TONES | _VNI_HATS,
    "u": _VNI_TONES,
    "y": _VNI_TONES,
    "ô": _VNI_TONES,
    "ö": _VNI_TONES,
}
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"} | {
    "ñ": "đ"
}


def _vni_letters() -> dict[str, str]:
    """Every combination, in both cases; a mark may be typed in the other case than its letter."""
    small = dict(_VNI_ALONE)
    for base, marks in _VNI_MARKS.items():
        small |= {
            base + mark: nfc(_VNI_ALONE.get(base, base) + said) for mark, said in marks.items()
        }
    both = dict(small)
    for written, letter in small.items():
        for capital in (written.upper(), written[0].upper() + written[1:]):
            both[capital] = letter.upper()
        both[written[0] + written[1:].upper()] = letter
    return both


_VNI_LETTERS = _vni_letters()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI_LETTERS), key=len, reverse=True)))
_VNI_LATIN = frozenset(
    letter for written in _VNI_LETTERS for letter in written if not letter.isascii()
)

# A syllable is an onset, a nucleus and a coda; the tone stands anywhere on the nucleus.
_SYLLABLE = re.compile(
    r"(ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
    r"((iê|yê|oa|oă|oe|uâ|uê|uô|ươ|uyê|uy|uơ|[aăâeêioôơuưy])(ng|nh|ch|[ckmnpt])?"
    # Gliding vowels end a syllable, and their last letter bears no tone.
    r"|(?P<glide>iêu|yêu|oai|oay|oeo|uây|uôi|ươi|ươu|uya|uyu|ai|ao|au|ay|âu|ây|eo|êu|ia|iu|oi|ôi|ơi|ua|ui"
    r"|ưa|ưi|ưu))"
)
_WRONG_ONSET = re.compile(r"(c|ng)[eêi]|g[eê]|k[ơư]|(gh|ngh)[aăâoôơuưy]")
_ABBREVIATION = re.compile(r"[BCDĐGHKLMNPQRSTVX]{2,8}")


def of_font(font: str | None) -> str | None:
    """The encoding that a font of this name is drawn for: ".VnTime", "VNI-Times"; else None."""
    name = (font or "").strip().lower()
    if name.startswith(".vn"):
        return TCVN3
    return VNI if name.startswith("vni") else None


def decoded(text: str, font: str | None) -> str:
    """The text in Unicode, by the encoding that its font is drawn for; otherwise as it is."""
    encoding = of_font(font)
    if encoding is None or text.isascii() and not _capitals(font):
        return text
    if any(ord(letter) > 0xFF for letter in text):
        # A font changed after the words were typed: they are Unicode already.
        return nfc(text)
    plain = converted(text, encoding)
    return plain.upper() if _capitals(font) else plain


def _capitals(font: str | None) -> bool:
    """.VnTimeH, .VnArialH, … draw every letter as a capital."""
    return (font or "").strip().startswith(".") and (font or "").strip().endswith("H")


def converted(text: str, encoding: str) -> str:
    """Letters outside the table stay as they are."""
    if encoding == TCVN3:
        return nfc(text.translate(_TCVN3_TABLE))
    return nfc(_VNI_PATTERN.sub(lambda match: _VNI_LETTERS[match[0]], text))


@lru_cache(maxsize=4096)
def _is_vietnamese(word: str) -> bool:
    """Whether a word could be a syllable, or capitals that stand for several ("LĐLĐ")."""
    apart = unicodedata.normalize("NFD", word.lower())
    bare = nfc("".join(mark for mark in apart if mark not in _TONES))
    if sum(mark in _TONES for mark in apart) > 1:
        return False
    syllable = None if _WRONG_ONSET.match(bare) else _SYLLABLE.fullmatch(bare)
    spelled = syllable is not None and not (syllable["glide"] and apart[-1] in _TONES)
    return spelled or _ABBREVIATION.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def looks_legacy(text: str) -> str | None:
    """The encoding that a text without a font seems to be in, or None. A guess by spelling.

    Said only when words have letters that Vietnamese does not write so, and two in three of them
    become Vietnamese words by that encoding.
    """
    if text.isascii() or any(ord(letter) > 0xFF for letter in text):
        return None
    for encoding, alphabet in ((TCVN3, frozenset(_TCVN3_LETTERS)), (VNI, _VNI_LATIN)):
        strange = [word for word in _words(text, alphabet) if not _is_vietnamese(word)]
        right = sum(_is_vietnamese(converted(word, encoding)) for word in strange)
        if right and 3 * right >= 2 * len(strange):
            return encoding
    return None


def _words(text: str, alphabet: frozenset[str]) -> list[str]:
    """Words of two letters and more that are not all ASCII, as the encoding would cut them."""
    words, word = [], ""
    for letter in text + " ":
        if (letter.isascii() and letter.isalpha()) or letter in alphabet:
            word += letter
        else:
            words += [word] if len(word) > 1 and not word.isascii() else []
            word = ""
    return words
