"""The fence itself: its gate, its limits, and what becomes of its processes."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from app.domain.errors import NotAWorkbook, Refusal, TooLarge, Unavailable, WorkbookRejected
from app.sheets import fence as fences
from app.sheets.cells import Book, Row, SheetFacts
from app.sheets.fence import BULK, INTERACTIVE, Fence
from tests.sheets.corpus import A1, strings, with_sheet, with_strings
from tests.sheets.forms import good_xlsx, table

ROWS = 20_000


@pytest.fixture
def fence() -> Iterator[Fence]:
    fence = Fence()
    yield fence
    fence.close()


@pytest.fixture(scope="module")
def long() -> bytes:
    """A file whose child is still at work while a test looks at it."""
    return table(ROWS, 8)


def read_on(book: Book) -> int:
    """How many rows there still are."""
    return sum(1 for _, rows in book.sheets for _ in rows)


def sheets(fence: Fence, data: bytes) -> list[tuple[SheetFacts, list[Row]]]:
    with fence.reading(data) as book:
        return [(facts, list(rows)) for facts, rows in book.sheets]


def test_a_file_that_is_too_large_never_reaches_a_child(fence: Fence) -> None:
    with pytest.raises(TooLarge) as refused, fence.reading(bytes(10_000_001)):
        pass
    assert refused.value.facts == {"limit": 10_000_000}
    assert fence._helper is None


def test_what_is_too_much_for_an_upload_may_be_read_in_bulk(fence: Fence) -> None:
    data = table(20_001, 2)
    with pytest.raises(WorkbookRejected) as refused:
        sheets(fence, data)
    assert refused.value.facts["reason"] == "too_many_rows"
    with fence.reading(data, BULK) as book:
        assert read_on(book) == 20_001


def helper_of(fence: Fence) -> int:
    assert fence._helper is not None
    return fence._helper.process.pid


def children_of(fence: Fence) -> list[int]:
    helper = helper_of(fence)
    said = Path(f"/proc/{helper}/task/{helper}/children").read_text()
    return [int(pid) for pid in said.split()]


def gone(fence: Fence) -> bool:
    """Whether the children end within two seconds."""
    deadline = monotonic() + 2
    while children_of(fence):
        if monotonic() > deadline:
            return False
    return True


def test_the_kernel_holds_the_child_to_its_limits(fence: Fence, long: bytes) -> None:
    with fence.reading(long):
        [child] = children_of(fence)
        limits = Path(f"/proc/{child}/limits").read_text()
    bounds = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()[1:]}
    assert bounds["Max address space"] == [str(INTERACTIVE.memory_bytes)] * 2
    assert bounds["Max cpu time"] == [str(INTERACTIVE.cpu_seconds)] * 2
    assert bounds["Max file size"] == bounds["Max core file size"] == ["0", "0"]
    assert INTERACTIVE.memory_bytes <= 300_000_000


def test_a_reading_left_early_leaves_no_process_behind(fence: Fence, long: bytes) -> None:
    with fence.reading(long) as book:
        _, rows = next(book.sheets)
        assert next(rows).number == 1
        assert len(children_of(fence)) == 1
    assert gone(fence)


def test_a_child_that_takes_too_long_is_stopped(fence: Fence, long: bytes) -> None:
    hurried = replace(INTERACTIVE, seconds=0.2)
    begun = monotonic()
    with pytest.raises(WorkbookRejected) as refused, fence.reading(long, hurried):
        pass
    assert refused.value.facts["reason"] == "too_slow"
    assert monotonic() - begun < 3
    assert gone(fence)


def test_a_child_without_memory_says_so(fence: Fence) -> None:
    many = with_strings(strings(*(f"đơn vị số {n}" for n in range(200_000))))
    poor = replace(INTERACTIVE, memory_bytes=75_000_000)
    with pytest.raises(WorkbookRejected) as refused, fence.reading(many, poor):
        pass
    assert refused.value.facts["reason"] == "too_much_memory"


def test_a_child_that_crashes_hurts_only_its_own_file(fence: Fence, long: bytes) -> None:
    with fence.reading(long, BULK) as unhurt:
        [other] = children_of(fence)
        with fence.reading(long, BULK) as book:
            [child] = set(children_of(fence)) - {other}
            os.kill(child, signal.SIGSEGV)
            with pytest.raises(WorkbookRejected) as refused:
                read_on(book)
        assert refused.value.facts["reason"] == "damaged"
        assert read_on(unhurt) == ROWS
    assert len(sheets(fence, good_xlsx())) == 2


def test_a_helper_that_was_killed_is_started_again(fence: Fence) -> None:
    sheets(fence, good_xlsx())
    first = helper_of(fence)
    os.kill(first, signal.SIGKILL)
    assert len(sheets(fence, good_xlsx())) == 2
    assert helper_of(fence) != first


def test_a_helper_that_dies_takes_its_children_along_and_the_file_is_not_blamed(
    fence: Fence, long: bytes
) -> None:
    with fence.reading(long) as book:
        [child] = children_of(fence)
        os.kill(helper_of(fence), signal.SIGKILL)
        with pytest.raises(Unavailable):
            read_on(book)
    deadline = monotonic() + 2
    while Path(f"/proc/{child}").exists() and monotonic() < deadline:
        pass
    assert not Path(f"/proc/{child}").exists()


def test_two_files_are_read_at_a_time_and_a_third_is_asked_to_come_again(
    fence: Fence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fences, "PATIENCE_SECONDS", 0.05)
    data = good_xlsx()
    with fence.reading(data) as first, fence.reading(data) as second:
        with pytest.raises(Unavailable) as refused, fence.reading(data):
            pass
        assert refused.value.facts == {"reason": "busy"}
        assert next(second.sheets)[0] == next(first.sheets)[0]
    assert len(sheets(fence, data)) == 2


def test_many_threads_share_a_fence(fence: Fence) -> None:
    found: list[int] = []
    data = table(50, 5)
    threads = [
        Thread(target=lambda: found.append(len(sheets(fence, data)[0][1]))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [50] * 12
    assert gone(fence)


def test_the_helper_knows_none_of_the_service_s_secrets_and_ends_with_it(
    fence: Fence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHITIEU_SECRET_KEY", "x" * 40)
    sheets(fence, good_xlsx())
    helper = helper_of(fence)
    assert b"CHITIEU" not in Path(f"/proc/{helper}/environ").read_bytes()
    fence.close()
    assert not Path(f"/proc/{helper}").exists()


def test_after_a_fork_each_process_has_a_helper_of_its_own(fence: Fence) -> None:
    sheets(fence, good_xlsx())
    pid = os.fork()
    if not pid:
        try:
            os._exit(len(sheets(fence, good_xlsx())))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
    assert len(sheets(fence, good_xlsx())) == 2


def test_a_job_nobody_knows_and_a_file_that_is_none_are_refused(fence: Fence) -> None:
    with pytest.raises(Refusal):
        fence.run("delete", good_xlsx())
    with pytest.raises(NotAWorkbook):
        fence.run("annotate", b"")
    with pytest.raises(WorkbookRejected):
        fence.run("annotate", with_sheet(A1, "<!DOCTYPE x>"))
