"""Vietnamese from before Unicode: what is converted, what is only recognised, what is left alone.

The encoders here are written from the other side: a letter's byte in TCVN 5712 (ABC), and the mark
that follows a letter in VNI.
"""

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import nfc
from app.sheets.legacy import TCVN3, VNI, converted, decoded, looks_legacy

TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng
VOWELS = "aăâeêioôơuưy"
LETTERS = [nfc(vowel + tone) for vowel, tone in product(VOWELS, ["", *TONES])] + ["đ"]

# By vowel, the bytes of the letter alone and with each tone; TCVN 5712:1993, VN3.
ABC = {
    "a": (0x61, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9),
    "ă": (0xA8, 0xBB, 0xBC, 0xBD, 0xBE, 0xC6),
    "â": (0xA9, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB),
    "e": (0x65, 0xCC, 0xCE, 0xCF, 0xD0, 0xD1),
    "ê": (0xAA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6),
    "i": (0x69, 0xD7, 0xD8, 0xDC, 0xDD, 0xDE),
    "o": (0x6F, 0xDF, 0xE1, 0xE2, 0xE3, 0xE4),
    "ô": (0xAB, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9),
    "ơ": (0xAC, 0xEA, 0xEB, 0xEC, 0xED, 0xEE),
    "u": (0x75, 0xEF, 0xF1, 0xF2, 0xF3, 0xF4),
    "ư": (0xAD, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9),
    "y": (0x79, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE),
}
ABC_CAPITALS = {"Ă": 0xA1, "Â": 0xA2, "Ê": 0xA3, "Ô": 0xA4, "Ơ": 0xA5, "Ư": 0xA6, "Đ": 0xA7}
# VNI: base and mark of each letter, huyền hỏi ngã sắc nặng.
VNI_PLAIN = {"a": "a", "e": "e", "o": "o", "u": "u", "y": "y", "ơ": "ô", "ư": "ö"}
VNI_MARKS = {"plain": "øûõùï", "hat": "àåãáä", "breve": "èúüéë"}


def tone_of(letter: str) -> tuple[str, int]:
    """A small letter without its tone, and the tone's place in TONES from 1; 0 for none."""
    marks = unicodedata.normalize("NFD", letter)
    tones = [mark for mark in marks if mark in TONES]
    base = nfc("".join(mark for mark in marks if mark not in TONES))
    return base, TONES.index(tones[0]) + 1 if tones else 0


def abc(text: str) -> str:
    """Small letters as a .VnTime font has them."""
    made = ""
    for letter in text:
        base, tone = tone_of(letter)
        if letter == "đ":
            made += "\xae"
        elif letter in ABC_CAPITALS:
            made += chr(ABC_CAPITALS[letter])
        else:
            made += chr(ABC[base][tone]) if base in ABC else letter
    return made


def vni(text: str) -> str:
    """As a VNI font has them, capitals too."""
    return "".join(vni_letter(letter) for letter in text)


def vni_letter(letter: str) -> str:
    small = letter.lower()
    base, tone = tone_of(small)
    alone = {"í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "đ": "ñ"}
    if small in alone:
        made = alone[small]
    elif base in VNI_PLAIN:
        made = VNI_PLAIN[base] + (VNI_MARKS["plain"][tone - 1] if tone else "")
    elif base in "âêô":
        made = {"â": "a", "ê": "e", "ô": "o"}[base]
        made += VNI_MARKS["hat"][tone - 1] if tone else "â"
    elif base == "ă":
        made = "a" + (VNI_MARKS["breve"][tone - 1] if tone else "ê")
    else:
        made = small
    return made.upper() if letter.isupper() else made


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_with_every_tone_comes_back(letter: str) -> None:
    assert decoded(abc(letter), ".VnTime") == letter
    assert decoded(abc(letter), ".VnTimeH") == letter.upper()
    assert decoded(vni(letter), "VNI-Times") == letter
    assert decoded(vni(letter.upper()), "VNI-Times") == letter.upper()


@pytest.mark.parametrize("capital", list(ABC_CAPITALS))
def test_the_seven_capitals_of_a_vntime_font_come_back(capital: str) -> None:
    assert decoded(abc(capital), ".VnArial") == capital


def test_the_bytes_are_those_of_the_standard() -> None:
    """Worked by hand from the table of TCVN 5712:1993, not by the encoder above."""
    assert decoded("Liªn ®oµn Lao ®éng tØnh Hoµ B×nh", ".VnTime") == (
        "Liên đoàn Lao động tỉnh Hoà Bình"
    )
    assert decoded("Tæng céng", ".VnTime") == "Tổng cộng"
    assert decoded("tæng céng", ".VnTimeH") == "TỔNG CỘNG"
    assert decoded("Lieân ñoaøn Lao ñoäng tænh Hoøa Bình", "VNI-Times") == (
        "Liên đoàn Lao động tỉnh Hòa Bình"
    )
    assert decoded("TOÅNG COÄNG", "VNI-Helve") == "TỔNG CỘNG"
    assert decoded("Toång coäng", "vni-times") == "Tổng cộng"


SYLLABLES = ["liên", "đoàn", "lao", "động", "tỉnh", "hòa", "bình", "tổng", "cộng", "nghị", "quyết"]
SYLLABLES += ["nữ", "thưởng", "khuyến", "giỏi", "việc", "nước", "đảm", "nhà", "quỹ", "bưởi", "yên"]


@given(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=8).map(" ".join))
def test_any_phrase_survives_both_encodings(phrase: str) -> None:
    assert decoded(abc(phrase), ".VnTime") == phrase
    assert decoded(vni(phrase), "VNI-Times") == phrase


def test_a_font_changed_after_typing_does_not_spoil_unicode() -> None:
    assert decoded("Tổng cộng", ".VnTime") == "Tổng cộng"
    assert decoded("Long An", "VNI-Times") == "Long An"
    assert decoded("Tổng cộng", "Times New Roman") == "Tổng cộng"
    assert decoded("Tæng céng", None) == "Tæng céng"


@pytest.mark.parametrize(
    ("written", "encoding", "means"),
    [
        ("Liªn ®oµn Lao ®éng tØnh Hoµ B×nh", TCVN3, "Liên đoàn Lao động tỉnh Hoà Bình"),
        ("L§L§ tØnh Phó Thä", TCVN3, "LĐLĐ tỉnh Phú Thọ"),
        ("Tæng céng", TCVN3, "Tổng cộng"),
        ("Hµ Nam", TCVN3, "Hà Nam"),
        ("Lieân ñoaøn Lao ñoäng tænh Hoøa Bình", VNI, "Liên đoàn Lao động tỉnh Hòa Bình"),
        ("LÑLÑ tænh Ñaék Laék", VNI, "LĐLĐ tỉnh Đắk Lắk"),
        ("TOÅNG COÄNG", VNI, "TỔNG CỘNG"),
        ("Haø Nam", VNI, "Hà Nam"),
    ],
)
def test_without_a_font_the_spelling_tells(written: str, encoding: str, means: str) -> None:
    assert looks_legacy(written) == encoding
    assert converted(written, encoding) == means


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Liên đoàn Lao động tỉnh Hoà Bình",
            "Tổng cộng",
            "Cà Mau",
            "Hà Nam",
            "Yên Bái",
            "Gò Công",
        ),
        *("Long An", "Lào Cai", "Sóc Trăng", "Hà Tĩnh", "Thanh Hóa", "gìn", "Đà", "Trà Vinh"),
        *("Café", "naïve", "5 × 3 = 15", "± 5°", "«Giỏi»", "© 2024", "", "NC2", "São"),
    ],
)
def test_unicode_is_never_taken_for_a_legacy_encoding(text: str) -> None:
    assert looks_legacy(text) is None


def test_no_name_of_the_catalogue_looks_legacy_and_each_would_be_recognised() -> None:
    """Of names with a letter that only the encoding has; "Cà Mau" in VNI reads as such."""
    names = ["hòa bình", "đắk lắk", "bắc kạn", "quảng trị", "thừa thiên huế", "đồng tháp"]
    assert [looks_legacy(name) for name in names] == [None] * len(names)
    assert {looks_legacy(abc(name)) for name in names} == {TCVN3}
    assert {looks_legacy(vni(name)) for name in names} == {VNI}
