"""From a paper's words to its bytes: PDF/A, or one picture as wide as a telephone shows it.

What people wrote goes to the typesetter as data, never as markup.
"""

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from app.domain.errors import Unavailable

Form = Literal["pdf", "png"]
FOLDER = Path(__file__).parent
WIDTH_POINTS, WIDTH_PIXELS = 400, 1080  # of a picture; the width of its page stands in paper.typ
PIXELS_PER_INCH = 72 * WIDTH_PIXELS / WIDTH_POINTS
# Letters and signs that our typefaces draw; an archive's PDF must not hold any other.
UNDRAWN = re.compile(
    "[^ -~\u00a0-\u017f\u01a0\u01a1\u01af\u01b0\u0300\u0301\u0303\u0309\u0323"
    "\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u202f\u2030\u2032\u2033"
    "\u2039\u203a\u20ab\u20ac\u2122\u2190-\u2195\u21a9\u21bb\u2212\u2260\u2264\u2265"
    "\u25a0-\u25ff\u2713\u270e\n]"
)
REPLACED = "\ufffd"
AT_ONCE, WAIT_SECONDS = 2, 20
KEPT_BYTES = 32_000_000


@cache
def _typefaces() -> typst.Fonts:
    """Ours, and for signs the one that comes with the typesetter; never the machine's."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER / "fonts")])


@cache
def _layout() -> bytes:
    return (FOLDER / "paper.typ").read_bytes()


def drawn(thing: Any) -> Any:
    """The same with a sign in place of every letter that our typefaces do not have."""
    if isinstance(thing, str):
        return UNDRAWN.sub(REPLACED, thing)
    if isinstance(thing, Mapping):
        return {name: drawn(one) for name, one in thing.items()}
    return [drawn(one) for one in thing] if isinstance(thing, list | tuple) else thing


def set_in_type(paper: str, form: Form, at: datetime) -> bytes:
    """`paper` as JSON; `at` is the day that the document bears: the same words, the same bytes."""
    compiler = typst.Compiler(_layout(), font_paths=_typefaces(), ignore_system_fonts=True)
    made = compiler.compile(
        format=form,
        ppi=PIXELS_PER_INCH if form == "png" else None,
        sys_inputs={"paper": paper, "form": form},
        # Tagged: archives keep it (ISO 19005-2 level A), and it can be read aloud (ISO 14289-1).
        pdf_standards=["a-2a", "ua-1"] if form == "pdf" else [],
        timestamp=int(at.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("a picture of more than one page")
    return made


@dataclass
class Press:
    """Sets what it has not set before, a few at a time. Unavailable when it is too busy."""

    at_once: int = AT_ONCE
    wait_seconds: float = WAIT_SECONDS
    _free: threading.Semaphore = field(init=False)
    _kept: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._free = threading.Semaphore(self.at_once)

    def printed(self, paper: Mapping[str, Any] | bytes, form: Form) -> bytes:
        words = paper if isinstance(paper, bytes) else written(paper)
        key = f"{form} {hashlib.sha256(words).hexdigest()}"
        if found := self._kept.get(key):
            return found
        with self.at_work():
            at = datetime.fromisoformat(json.loads(words)["known_at"])
            made = self._kept.get(key) or set_in_type(words.decode(), form, at)
        self._keep(key, made)
        return made

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One of the few who may work at once; Unavailable when none is done in time."""
        if not self._free.acquire(timeout=self.wait_seconds):
            raise Unavailable()
        try:
            yield
        finally:
            self._free.release()

    def _keep(self, key: str, made: bytes) -> None:
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)


def written(paper: Mapping[str, Any]) -> bytes:
    return json.dumps(drawn(paper), ensure_ascii=False).encode()
