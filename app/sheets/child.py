"""The process in which foreign files are read: `python -I -m app.sheets.child SOCKET`.

It stays small and single-threaded, has the readers loaded, and forks one child per job; only the
child touches the file, under limits of memory, processor and wall time that the kernel keeps. So
no file can hurt more than its own child.
"""

import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import warnings
from contextlib import suppress
from io import BytesIO
from types import FrameType
from typing import IO, Any, NoReturn
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

# The screening refuses DTDs in every part, so the fast parser is as safe as the careful one.
os.environ["OPENPYXL_DEFUSEDXML"] = os.environ["OPENPYXL_LXML"] = "False"

from app.domain.errors import NotAWorkbook, Refusal, WorkbookRejected  # noqa: E402
from app.sheets import child_ods, child_text, child_xls, child_xlsx  # noqa: E402
from app.sheets.child_out import END, HELLO, Out  # noqa: E402
from app.sheets.screen import NO_MEMORY, Limits, screened  # noqa: E402

# What else can be done to a file behind the fence: bytes and an argument in, bytes out.
JOBS = {"annotate": "app.sheets.annotate:annotated"}
ORDER_BYTES = 4096
# Made while there is memory: there may be none for it when they are needed.
RESERVE_BYTES = 4_000_000
STARVED = "workbook_rejected", {"reason": "too_much_memory"}
DAMAGED = "workbook_rejected", {"reason": "damaged", "part": ""}
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PR_SET_PDEATHSIG = 1
BROKEN = (BadZipFile, LargeZipFile, NotImplementedError)


def read(file: IO[bytes], limits: Limits, out: Out) -> None:
    """What the bytes are decides who reads them; the file's name is not even known here."""
    head = file.read(8)
    file.seek(0)
    if head.startswith(ZIP):
        _read_zip(file, limits, out)
    elif head == OLE or child_xls.is_bare(head):
        child_xls.read(file.read(), limits, out)
    else:
        child_text.read(file.read(), limits, out)


def _read_zip(file: IO[bytes], limits: Limits, out: Out) -> None:
    size = os.fstat(file.fileno()).st_size
    try:
        archive = ZipFile(file)
    except BROKEN as broken:
        raise WorkbookRejected(reason="damaged", part="") from broken
    seen = screened(archive, limits, size)
    if child_ods.is_ours(archive):
        child_ods.read(archive, limits, out)
    elif "[Content_Types].xml" in seen.names and "xl/workbook.xml" in seen.folded:
        child_xlsx.read(archive, file, seen, out)
    else:
        raise NotAWorkbook(reason="other_zip")


def work(job: str, file: IO[bytes], argument: Any, limits: Limits) -> bytes:
    data = file.read()
    if data.startswith(ZIP):
        screened(ZipFile(BytesIO(data)), limits, len(data))
    module, _, name = JOBS[job].partition(":")
    answer: bytes = getattr(importlib.import_module(module), name)(data, argument)
    return answer


def _confine(limits: Limits, written_bytes: int) -> None:
    bounds = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: written_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 32,
    }
    for bound, most in bounds.items():
        resource.setrlimit(bound, (most, most))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def _serve(order: dict[str, Any], fds: list[int]) -> None:
    """All that a forked child does. However it ends, only `end` says that all was well."""
    limits = Limits(**order["limits"])
    out = Out(fds[2], limits)
    out.frame(HELLO)
    _confine(limits, 0 if order["job"] == "read" else limits.total_bytes)
    reserve = bytearray(RESERVE_BYTES)
    refusal = _refusal(order["job"], fds, limits, out)
    del reserve
    if refusal:
        out.refusal(*refusal)
    else:
        out.frame(END)


def _refusal(
    job: str, fds: list[int], limits: Limits, out: Out
) -> tuple[str, dict[str, Any]] | None:
    """Does the job; None when it was done. Nothing is told here, where memory may be full."""
    try:
        with os.fdopen(fds[0], "rb") as file, os.fdopen(fds[1], "rb") as argument:
            if job == "read":
                read(file, limits, out)
                out.flush()
            else:
                out.bytes(work(job, file, json.load(argument), limits))
    except Refusal as refusal:
        return refusal.code, dict(refusal.facts)
    except (MemoryError, SystemError):  # the latter where there is no room for a call
        return STARVED
    except Exception as wrong:  # whatever a parser trips over is the file's fault
        starved = isinstance(wrong, ParseError) and wrong.code == NO_MEMORY
        return STARVED if starved else DAMAGED
    return None


def _child(order: dict[str, Any], fds: list[int], control: socket.socket) -> NoReturn:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        gc.disable()  # a child is short, and its memory bounded
        _serve(order, fds)
    finally:
        os._exit(0)


class Nursery:
    """Forks a child for every order, reaps it, and kills it when told to."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, int] = {}
        signal.signal(signal.SIGCHLD, self._reap)

    def _reap(self, _signal: int, _frame: FrameType | None) -> None:
        with suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) > 0:
                for number in [key for key, child in self.children.items() if child == pid]:
                    del self.children[number]

    def run(self) -> None:
        """Until the service closes its end, by will or by dying."""
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, ORDER_BYTES, 4)
            if not message:
                break
            # A child that ends between its birth and its entry would leave a stale number.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            self._obey(json.loads(message), fds)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        for pid in self.children.values():
            os.kill(pid, signal.SIGKILL)

    def _obey(self, order: dict[str, Any], fds: list[int]) -> None:
        number = order["number"]
        if order["job"] == "kill":
            if number in self.children:
                os.kill(self.children[number], signal.SIGKILL)
            return
        if order["job"] in JOBS:
            with suppress(ImportError):  # once, here, rather than in every child
                importlib.import_module(JOBS[order["job"]].partition(":")[0])
        pid = os.fork()
        if not pid:
            _child(order, fds, self.control)
        self.children[number] = pid
        for fd in fds:
            os.close(fd)


def main(control: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service decides when it is over
    warnings.simplefilter("ignore")
    gc.freeze()
    Nursery(socket.socket(fileno=control)).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
