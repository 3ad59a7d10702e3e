"""Vietnamese names: order, search, and what counts as the same name (rule 25)."""

import unicodedata

from app.domain.text import name_key, search_key, sort_key


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
