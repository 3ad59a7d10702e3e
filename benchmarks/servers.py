"""The servers that are measured, each a process of its own; and a database for each of them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks import load
from benchmarks.ground import SECRET, Ground, prepare
from benchmarks.measure import cpu_seconds_of
from tests.servers import ROOT, Postgres, free_port


@dataclass(frozen=True)
class Place:
    """Where databases are made: every copy has the prepared content, and nothing else."""

    name: str
    ground: Ground
    copy: Callable[[str], str]


@contextmanager
def sqlite() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="chitieu-bench-") as folder:
        template = Path(folder) / "template.db"
        ground = prepare(f"sqlite:///{template}")

        def copy(name: str) -> str:
            shutil.copy(template, template.with_stem(name))
            return f"sqlite:///{template.with_stem(name)}"

        yield Place("SQLite", ground, copy)


@contextmanager
def postgresql() -> Iterator[Place]:
    with Postgres(durable=True) as server:
        server.create("template")
        ground = prepare(server.url("template"))

        def copy(name: str) -> str:
            server.create(name, template="template")
            return server.url(name)

        yield Place("PostgreSQL", ground, copy)


class Server:
    """`python -m module serve` on a database, ready once constructed; gone with the block."""

    def __init__(
        self, module: str, url: str, *, ready: str, env: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        own = {
            "CHITIEU_DATABASE_URL": url,
            "CHITIEU_SECRET_KEY": SECRET,
            "CHITIEU_RATE_PER_MINUTE": "0",
            **(env or {}),
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHITIEU_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "serve", "--port", str(self.port)],
            env={**inherited, **own},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        self._wait(ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu_seconds(self) -> float:
        return cpu_seconds_of(self._process.pid)

    def _wait(self, path: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                load.get(self.port, path, {})
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    raise
            time.sleep(0.05)
