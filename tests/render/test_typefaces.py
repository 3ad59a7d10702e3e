"""Papers are set in typefaces of our own, which draw every letter that is let through."""

import hashlib
import re
from datetime import UTC, datetime

from app.domain.verdict import Verdict
from app.i18n import LANGUAGES, catalogue
from app.render.looks import STATUS, SYMBOL
from app.render.press import REPLACED, UNDRAWN, drawn, set_in_type, written
from app.render.typesetter import FOLDER
from tests.render.sheets import blank

FONTS = FOLDER / "fonts"
AT = datetime(2024, 12, 10, tzinfo=UTC)
OURS = "".join(chr(one) for one in range(0x20, 0x2800) if not UNDRAWN.match(chr(one)))


def test_every_vendored_file_has_the_sum_that_is_written_down() -> None:
    sums = (FONTS / "VENDOR.md").read_text()
    written_down = dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", sums, re.M))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FONTS.iterdir()
        if path.name != "VENDOR.md"
    }
    assert found == written_down


def test_every_letter_that_is_let_through_can_be_kept_in_an_archive() -> None:
    # An archive's PDF is refused by the typesetter where a letter has no shape.
    paper = blank(lead=OURS + REPLACED, facts=[OURS])
    assert set_in_type(written(paper).decode(), "pdf", AT).startswith(b"%PDF")


def test_every_sentence_of_ours_is_drawn_as_it_is_written() -> None:
    signs = [*SYMBOL.values(), *(sign for _, sign in STATUS.values())]
    assert set(SYMBOL) == set(Verdict)
    for language in LANGUAGES:
        said = [text for key, text in catalogue(language).items() if key.startswith(SPOKEN)]
        assert drawn([*said, *signs]) == [*said, *signs]


SPOKEN = ("page.", "paper.", "board.", "drill.", "chart.", "export.", "verdict.", "status.")


def test_a_letter_that_nobody_draws_is_seen_to_be_missing() -> None:
    assert drawn({"title": "Hà Nội 漢 😀", "lines": ["ok", 5, None]}) == {
        "title": "Hà Nội \ufffd \ufffd",
        "lines": ["ok", 5, None],
    }
