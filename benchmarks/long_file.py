"""The long file of a later stage: 125,000 rows in and out, in elapsed time and memory.

`python -m benchmarks.long_file SIDE FOLDER` is one side, in a process of its own: it prints seconds
and the peak megabytes of itself and the children it had.
"""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from app.db.session import Database
from app.domain.targets import Catalogue
from app.services.definitions import catalogue
from app.sheets.fence import BULK, Fence
from app.sheets.flat import Table, csv_chunks
from app.sheets.intake import Asked, take

ROUNDS, ROWS = 3, 125_000
MOST_IN, MOST_MB_IN, MOST_MB_OUT = 2.0, 150, 70
KEYS = ("unit", "target", "numerator", "denominator", "note")


class Long(NamedTuple):
    """The long file: seconds of each side, and peak megabytes of whole process trees."""

    ours: float
    fenced: float
    ratio: float
    megabytes_in: float
    megabytes_out: float

    def __str__(self) -> str:
        slow = "NO" if self.ratio > MOST_IN else "yes"
        fat = "NO" if self.megabytes_in > MOST_MB_IN else "yes"
        out = "NO" if self.megabytes_out > MOST_MB_OUT else "yes"
        return (
            f"{ROWS:,} rows in: {self.ours:.1f} s, fenced reader alone {self.fenced:.1f} s, "
            f"{self.ratio:.1f} × (≤ {MOST_IN:.0f} ×: {slow}); at most {self.megabytes_in:.0f} MB "
            f"(< {MOST_MB_IN}: {fat}); as many rows out: {self.megabytes_out:.0f} MB "
            f"(< {MOST_MB_OUT}: {out})"
        )


def long_file(url: str) -> Long:
    """125,000 rows of the long form, as grassroots unions would send them."""
    with tempfile.TemporaryDirectory(prefix="chitieu-long-") as folder:
        Path(folder, "url").write_text(url)
        _write(Path(folder, "long.xlsx"))
        seen: dict[str, list[tuple[float, float]]] = {"take": [], "read": [], "out": []}
        for _ in range(ROUNDS):
            for side, found in seen.items():
                found.append(_apart(side, folder))
    took = [[seconds for seconds, _ in seen[side]] for side in ("take", "read")]
    peak = {side: max(megabytes for _, megabytes in found) for side, found in seen.items()}
    return Long(
        min(took[0]),
        min(took[1]),
        median(ours / bare for ours, bare in zip(*took, strict=True)),
        peak["take"],
        peak["out"],
    )


def _write(path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415 - its memory is not the readers'

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_custom_property("chitieu_template", "NC-2024/2024@1")
        sheet = book.add_worksheet("Báo cáo")
        sheet.write_row(4, 0, KEYS)
        for row in range(ROWS):
            told = (f"CS-{row:06}", "NC2", row % 400, 400, "theo danh sách của công đoàn cơ sở")
            sheet.write_row(6 + row, 0, told)


def _apart(side: str, folder: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.long_file", side, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


class _Watch(threading.Thread):
    """The largest resident memory of this process and all below it, looked at often."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes, self._over = 0.0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.02):
            self.megabytes = max(self.megabytes, _tree_megabytes())

    def stop(self) -> float:
        self._over.set()
        self.join()
        return self.megabytes


def _tree_megabytes() -> float:
    """Proportional sizes: a page that parent and child share is counted once."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    waiting, kilobytes = [int(Path("/proc/self").resolve().name)], 0
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, [])
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        kilobytes += next(int(s.split()[1]) for s in rollup.splitlines() if s.startswith("Pss:"))
    return kilobytes / 1000


def _side(side: str, folder: str) -> None:
    database = Database(Path(folder, "url").read_text())
    with database.reading() as session:
        defined = catalogue(session)
    content = Path(folder, "long.xlsx").read_bytes() if side != "out" else b""
    fence, watch = Fence(1), _Watch()
    watch.start()
    work = {"read": _read, "take": _take, "out": _table_out}[side]
    before = time.perf_counter()
    work(fence, content, defined)
    seconds = time.perf_counter() - before
    megabytes = watch.stop()
    fence.close()
    print(seconds, megabytes)


def _read(fence: Fence, content: bytes, _defined: Catalogue) -> None:
    with fence.reading(content, BULK) as book:
        for _, rows in book.sheets:
            for _row in rows:
                pass


def _take(fence: Fence, content: bytes, defined: Catalogue) -> None:
    with fence.reading(content, BULK) as book:
        sent = take(book, ("long.xlsx", content), defined, Asked())
    assert sum(line.value is not None for _, lines in sent.units for line in lines) == ROWS


def _table_out(_fence: Fence, _content: bytes, _defined: Catalogue) -> None:
    rows = (
        {"unit": f"CS-{row:06}", "target": "NC2", "numerator": row % 400, "denominator": 400}
        for row in range(ROWS)
    )
    for _chunk in csv_chunks(Table(KEYS, rows)):
        pass


if __name__ == "__main__":
    _side(*sys.argv[1:])
