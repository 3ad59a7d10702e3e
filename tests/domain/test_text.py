"""Vietnamese names: order, search, and what counts as the same name (rule 25)."""

import unicodedata

import pytest

from app.domain.text import control_character, name_key, search_key, sort_key


def test_names_stand_in_the_official_order() -> None:
    names = [
        "Đồng Nai",
        "Điện Biên",
        "Đắk Lắk",
        "Hà Nội",
        "Hải Dương",
        "Cần Thơ",
        "Dầu khí",
        "An Giang",
    ]
    assert sorted(names, key=sort_key) == [
        "An Giang",
        "Cần Thơ",
        "Dầu khí",
        "Đắk Lắk",
        "Điện Biên",
        "Đồng Nai",
        "Hà Nội",
        "Hải Dương",
    ]


def test_tones_decide_only_between_equal_letters() -> None:
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma"], key=sort_key) == [
        "ma",
        "mà",
        "mả",
        "mã",
        "má",
        "mạ",
    ]
    assert sorted(["Hòa Bình", "Hoa"], key=sort_key) == ["Hoa", "Hòa Bình"]


def test_what_is_no_letter_keeps_its_place() -> None:
    assert sorted(["Quận 2", "Quận 10", "Quận 1"], key=sort_key) == ["Quận 1", "Quận 10", "Quận 2"]
    assert sort_key(" \u0300") == ((32, 0), (0, 1))  # a tone that lost its letter


def test_search_needs_no_diacritics() -> None:
    assert search_key("Đắk Lắk") == "dak lak"
    assert search_key("Bà Rịa  - Vũng Tàu") == "ba ria - vung tau"


def test_a_name_is_the_same_however_its_tone_is_placed_or_encoded() -> None:
    assert name_key("Hoà Bình") == name_key("Hòa Bình") == name_key("HÒA BÌNH")
    assert name_key(unicodedata.normalize("NFD", "Hà Nội")) == name_key("Hà Nội")
    assert name_key("Bà Rịa – Vũng Tàu") == name_key("Bà Rịa-Vũng Tàu")


def test_a_name_without_diacritics_is_another_name() -> None:
    assert name_key("Ha Noi") != name_key("Hà Nội")
    assert name_key("Hà Nam") != name_key("Hà Nấm")
    assert name_key("Hòa Bình") != name_key("Hóa Bình")


def test_a_name_key_is_letters_then_tones_word_by_word() -> None:
    assert name_key("Hoà  Bình") == "hoa1 binh1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Đắk Lắk", None),
        ("", None),
        ("dòng 1\nDòng 2\x07", "U+000A"),
        ("\x00", "U+0000"),
        ("\ud800", "U+D800"),
        ("\u200b", None),
    ],
)
def test_a_control_character_is_named(text: str, found: str | None) -> None:
    assert control_character(text) == found


def test_a_line_break_may_be_allowed() -> None:
    assert control_character("dòng 1\nDòng 2", allowed="\n\t") is None
    assert control_character("dòng 1\nDòng 2\x07", allowed="\n\t") == "U+0007"
