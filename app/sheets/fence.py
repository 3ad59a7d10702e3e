"""The fence: every foreign file is read behind it, in a process of its own that may cost so much
memory and time and no more. The service sees only what stands in the cells.

Linux only (fork, sealed memory files, resource limits); elsewhere every file is refused with
`Unavailable`.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import count
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any

import orjson

from app.domain.errors import NotAWorkbook, Refusal, TooLarge, Unavailable, WorkbookRejected
from app.sheets.cells import Book, Cell, CellKind, Row, SheetFacts
from app.sheets.screen import BULK, INTERACTIVE, Limits

__all__ = ["BULK", "INTERACTIVE", "Fence", "Limits"]

PATIENCE_SECONDS = 3.0
# Beyond the child's own limit: what it takes to start one, and to hear its last word.
GRACE_SECONDS = 0.3
MOST_IN_FRAME = 16_000_000
PIPE_BYTES = 1 << 18
# The helper gets none of the service's secrets.
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG")
REFUSALS: Mapping[str, type[Refusal]] = {
    one.code: one for one in (NotAWorkbook, WorkbookRejected, TooLarge)
}
Frame = tuple[bytes, bytes]


class _Lost(Exception):
    """The child ended before it began: no fault of the file's."""


class Fence:
    """Reads foreign files, `at_once` of them; threads may share it. Starts its helper process
    when it is first needed, again when it has died, and ends it on `close`."""

    def __init__(self, at_once: int = 2) -> None:
        self._places = BoundedSemaphore(at_once)
        self._lock = Lock()
        self._numbers = count(1)
        self._helper: _Helper | None = None

    @contextmanager
    def reading(self, data: bytes, limits: Limits = INTERACTIVE) -> Iterator[Book]:
        """The workbook, streaming: its rows are there while the block lasts. Leaving it early
        ends the child. A refusal may also come in the middle of the rows."""
        with self._running("read", data, None, limits) as child:
            letter, body = child.next()
            if letter != b"b":
                raise _damaged()
            form, template, styles = _told(body)
            yield Book(form, template, _sheets(child, styles))

    def run(
        self, job: str, data: bytes, argument: Any = None, limits: Limits = INTERACTIVE
    ) -> bytes:
        """Another job of the child's list, "annotate" for one, over a file that was screened."""
        with self._running(job, data, argument, limits) as child:
            pieces = []
            while (frame := child.next())[0] == b"c":
                pieces.append(frame[1])
            return b"".join(pieces)

    def close(self) -> None:
        with self._lock:
            if self._helper:
                self._helper.stop()
            self._helper = None

    @contextmanager
    def _running(self, job: str, data: bytes, argument: Any, limits: Limits) -> Iterator["_Child"]:
        _check_size(data, limits)
        if sys.platform != "linux":
            raise Unavailable(reason="no_fence")
        if not self._places.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable(reason="busy")
        try:
            order = {"job": job, "limits": asdict(limits)}
            child = self._started(order, data, argument, limits)
            try:
                yield child
            finally:
                child.stop()
        finally:
            self._places.release()

    def _started(
        self, order: dict[str, Any], data: bytes, argument: Any, limits: Limits
    ) -> "_Child":
        """A child that has said hello; the helper may have died since it was last needed."""
        for _ in range(2):
            try:
                helper = self._living()
            except OSError as wrong:
                raise Unavailable(reason="no_fence") from wrong
            child = _Child(helper, next(self._numbers), limits)
            try:
                child.begin(order, data, argument)
            except (OSError, _Lost, Refusal):
                child.stop()
                self._give_up(helper)
            else:
                return child
        raise Unavailable(reason="no_fence")

    def _give_up(self, helper: "_Helper") -> None:
        with self._lock:
            if self._helper is helper:
                helper.stop()
                self._helper = None

    def _living(self) -> "_Helper":
        with self._lock:
            # After a fork of the service, each process has a helper of its own.
            if not self._helper or not self._helper.lives():
                self._helper = _Helper()
            return self._helper


class _Helper:
    """The process that forks the children, seen from the service."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-I", "-m", "app.sheets.child", str(its.fileno())],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
                cwd="/",
                start_new_session=True,
            )

    def lives(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def order(self, order: dict[str, Any], fds: list[int]) -> None:
        socket.send_fds(self.control, [json.dumps(order).encode()], fds)

    def stop(self) -> None:
        self.control.close()
        if self.owner == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
                return
            self.process.kill()
            self.process.wait()


class _Child:
    """One job: what the child sends, until a deadline that the child itself should keep."""

    def __init__(self, helper: _Helper, number: int, limits: Limits) -> None:
        self.helper, self.number, self.limits = helper, number, limits
        self._start()
        self.heard = bytearray()
        self.ended = False
        self.fd, self.its_fd = os.pipe()

    def begin(self, order: dict[str, Any], data: bytes, argument: Any) -> None:
        fds: list[int] = []
        try:
            fds.append(_in_memory(data))
            fds.append(_in_memory(json.dumps(argument).encode()))
            self.helper.order(order | {"number": self.number}, [*fds, self.its_fd])
        finally:
            for fd in [*fds, self.its_fd]:
                os.close(fd)
        if self._take(5) != b"h\0\0\0\0":
            raise _Lost
        self._start()  # again: the first child of a helper waits for it

    def _start(self) -> None:
        self.begun = monotonic()
        self.deadline = self.begun + self.limits.seconds + GRACE_SECONDS

    def next(self) -> Frame:
        """The next frame; after the last one, the last one again."""
        if self.ended:
            return b".", b""
        head = self._take(5)
        letter, length = head[:1], int.from_bytes(head[1:], "big")
        if len(head) < 5 or length > MOST_IN_FRAME:
            raise self._broken()
        body = self._take(length)
        if len(body) < length:
            raise self._broken()
        self.ended = letter in b".x"
        if letter == b"x":
            raise _refusal(body)
        return letter, body

    def stop(self) -> None:
        """Ends the child if it has not ended; returns when it is gone."""
        if self.fd < 0:
            return
        if not self.ended:
            with suppress(OSError):
                self.helper.order({"job": "kill", "number": self.number}, [])
            self.deadline = monotonic() + GRACE_SECONDS
            with suppress(Refusal):
                while self._more():
                    self.heard.clear()
        os.close(self.fd)
        self.fd = -1

    def _take(self, length: int) -> bytes:
        while len(self.heard) < length and self._more():
            pass
        taken = bytes(self.heard[:length])
        del self.heard[:length]
        return taken

    def _more(self) -> bool:
        """Waits for more; False when the child is gone."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(max(0.0, self.deadline - monotonic()) * 1000):
            raise WorkbookRejected(reason="too_slow")
        piece = os.read(self.fd, PIPE_BYTES)
        self.heard += piece
        return bool(piece)

    def _broken(self) -> Refusal:
        """Why a child fell silent: the kernel stopped it at its time, or it crashed."""
        if not self.helper.lives():
            return Unavailable()
        if monotonic() - self.begun > 0.9 * min(self.limits.seconds, self.limits.cpu_seconds):
            return WorkbookRejected(reason="too_slow")
        return _damaged()


def _check_size(data: bytes, limits: Limits) -> None:
    if not data:
        raise NotAWorkbook(reason="empty")
    if len(data) > limits.most_bytes:
        raise TooLarge(limit=limits.most_bytes)


def _in_memory(data: bytes) -> int:
    """A file that has no name and takes no disk, at its beginning."""
    fd = os.memfd_create("sheet")
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _damaged() -> WorkbookRejected:
    return WorkbookRejected(reason="damaged", part="")


def _told(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError as wrong:
        raise _damaged() from wrong


def _refusal(body: bytes) -> Refusal:
    code, facts = _told(body)
    return REFUSALS.get(code, WorkbookRejected)(**facts)


def _sheets(child: _Child, styles: Any) -> Iterator[tuple[SheetFacts, Iterator[Row]]]:
    formats, fonts = [style[0] for style in styles], [style[1] for style in styles]
    letter, body = child.next()
    while letter == b"s":
        title, hidden, merged = _told(body)
        rows = _Rows(child, formats, fonts)
        yield SheetFacts(title, hidden, tuple(merged)), iter(rows)
        letter, body = rows.skip()
    if letter != b".":
        raise _damaged()


class _Rows:
    """The rows of one sheet; what follows them is kept for who asks for the next sheet."""

    def __init__(self, child: _Child, formats: list[str], fonts: list[str | None]) -> None:
        self.child, self.formats, self.fonts = child, formats, fonts
        self.after: Frame | None = None

    def __iter__(self) -> Iterator[Row]:
        kind, form, font = _KINDS.__getitem__, self.formats.__getitem__, self.fonts.__getitem__
        while body := self._frame():
            try:
                for number, hidden, columns, kinds, values, styles in _told(body):
                    cells = map(
                        Cell, map(kind, kinds), values, map(form, styles), map(font, styles)
                    )
                    yield Row(number, dict(zip(columns, cells, strict=True)), hidden)
            except (ValueError, TypeError, LookupError) as wrong:
                raise _damaged() from wrong

    def _frame(self) -> bytes | None:
        if self.after is None:
            letter, body = self.child.next()
            if letter == b"r":
                return body
            self.after = letter, body
        return None

    def skip(self) -> Frame:
        while self.after is None:
            self._frame()
        return self.after


_KINDS = {kind.value: kind for kind in CellKind}
