"""From a paper's words to its bytes: PDF/A, or one picture as wide as a telephone shows it.

What people wrote goes to the typesetter as data, never as markup. It sets each paper in a process
of its own (typesetter.py), which cannot be slow or large for longer than it lives.
"""

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any, Literal

from app.domain.errors import Unavailable

Form = Literal["pdf", "png"]
# Letters and signs that our typefaces draw; an archive's PDF must not hold any other.
UNDRAWN = re.compile(
    "[^ -~\u00a0-\u017f\u01a0\u01a1\u01af\u01b0\u0300\u0301\u0303\u0309\u0323"
    "\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u202f\u2030\u2032\u2033"
    "\u2039\u203a\u20ab\u20ac\u2122\u2190-\u2195\u21a9\u21bb\u2212\u2260\u2264\u2265"
    "\u25a0-\u25ff\u2713\u270e\n]"
)
REPLACED = "\ufffd"
AT_ONCE, WAIT_SECONDS = 2, 20
SECONDS = 30.0  # that one paper may take; the longest take one
TYPESETTER = (sys.executable, "-I", "-m", "app.render.typesetter")
# It gets none of the service's secrets, and one processor.
KEPT, ENVIRONMENT = {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT"}, {"RAYON_NUM_THREADS": "1"}
TOLD = 4000  # letters of what went wrong, for the log
KEPT_BYTES = 32_000_000
log = logging.getLogger(__name__)


def drawn(thing: Any) -> Any:
    """The same with a sign in place of every letter that our typefaces do not have."""
    if isinstance(thing, str):
        return UNDRAWN.sub(REPLACED, thing)
    if isinstance(thing, Mapping):
        return {name: drawn(one) for name, one in thing.items()}
    return [drawn(one) for one in thing] if isinstance(thing, list | tuple) else thing


def set_in_type(paper: str, form: Form, at: datetime, seconds: float = SECONDS) -> bytes:
    """`paper` as JSON; `at` is the day that the document bears: the same words, the same bytes.

    Unavailable when it takes longer than `seconds`, or more memory than a typesetter may have.
    """
    instant, most = int(at.timestamp()), ceil(seconds) + 1  # the typesetter's own limit is later
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [*TYPESETTER, form, str(instant), str(most)],
            input=paper.encode(),
            capture_output=True,
            timeout=seconds,
            cwd="/",
            env=ENVIRONMENT | {name: os.environ[name] for name in KEPT & os.environ.keys()},
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        log.error("a paper was not set within %s seconds", seconds)
        raise Unavailable(reason="printing") from late
    if done.returncode:
        why = done.stderr.decode(errors="replace")[-TOLD:]
        log.error("a paper was not set (%s): %s", done.returncode, why)
    if done.returncode < 0:  # the kernel ended it
        raise Unavailable(reason="printing")
    done.check_returncode()
    return done.stdout


@dataclass
class Press:
    """Sets what it has not set before, a few at a time. Unavailable when it is too busy, or when
    one paper takes too long."""

    at_once: int = AT_ONCE
    wait_seconds: float = WAIT_SECONDS
    seconds: float = SECONDS
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
            made = self._kept.get(key) or set_in_type(words.decode(), form, at, self.seconds)
        self._keep(key, made)
        return made

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One of the few who may work at once; Unavailable when none is done in time."""
        if not self._free.acquire(timeout=self.wait_seconds):
            raise Unavailable(reason="printing")
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
