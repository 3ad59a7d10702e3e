"""The press: the same words are the same bytes, it is bounded, and what is said is never markup."""

import os
import struct
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CalledProcessError

import pypdfium2  # type: ignore[import-untyped]
import pytest

from app.domain.errors import Unavailable
from app.render.press import Press, set_in_type, written
from app.render.svg import standalone
from tests.render.sheets import blank

AT = datetime(2024, 12, 10, tzinfo=UTC)
MARKUP = '#panic("x") *a* _b_ $c$ `d` <e> @f = g #image("/etc/passwd") \\ // h "i" [j]'


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)


def children() -> set[str]:
    """The processes that this one has started and not laid to rest."""
    found = set()
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if one.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(one.parent.name)
    return found


def test_the_same_words_are_the_same_bytes_and_bear_the_day_of_their_figures() -> None:
    words = written(blank()).decode()
    first = set_in_type(words, "pdf", AT)
    assert set_in_type(words, "pdf", AT) == first
    assert pypdfium2.PdfDocument(first).get_metadata_value("CreationDate").startswith("D:20241210")


def test_what_people_wrote_is_set_as_they_wrote_it() -> None:
    notes = {"kind": "notes", "heading": MARKUP, "in_picture": True}
    notes["blocks"] = [{"heading": MARKUP, "lines": [MARKUP]}]
    paper = blank(title=MARKUP, lead=MARKUP, parts=[notes])
    said = "".join(text_of(Press().printed(paper, "pdf")).split())
    assert said.count("".join(MARKUP.split())) == 5


def test_a_picture_is_as_wide_as_a_telephone_shows_it() -> None:
    made = Press().printed(blank(), "png")
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", made[16:24])
    assert (width, height > 400) == (1080, True)


def test_a_press_that_is_busy_says_so_and_gives_what_is_ready() -> None:
    press = Press(at_once=1, wait_seconds=0)
    ready = press.printed(blank(), "png")
    with press.at_work():
        assert press.printed(blank(), "png") == ready
        with pytest.raises(Unavailable):
            press.printed(blank(title="Khác"), "png")
    assert press.printed(blank(title="Khác"), "png") != ready


def test_a_paper_that_takes_too_long_is_ended_and_refused() -> None:
    press, before = Press(at_once=1, wait_seconds=0, seconds=0), children()
    with pytest.raises(Unavailable):
        press.printed(blank(), "pdf")
    assert children() == before
    with press.at_work():  # and its place is free again
        pass


def test_what_goes_wrong_in_print_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(CalledProcessError) as wrong:
        set_in_type("{", "pdf", AT)
    assert "failed to parse JSON" in caplog.text
    assert "failed to parse JSON" not in str(wrong.value)


def test_a_picture_alone_brings_its_colours_and_leads_nowhere() -> None:
    alone = standalone(
        '<svg class="tiles" viewBox="0 0 9 9"><a class="good" href="/units/P34-01">'
        '<text class="value" x="47" y="58">5/8</text></a></svg>'
    )
    assert alone.startswith('<svg class="tiles" viewBox="0 0 9 9" xmlns=')
    assert "<style>" in alone
    assert "var(" not in alone
    assert "<a " not in alone
    assert ">5/8</text></g>" in alone
