"""Transactions. One use case runs in one transaction; it begins and ends here and nowhere else.

Writers take their turns on both databases: on SQLite by BEGIN IMMEDIATE, on PostgreSQL by the lock
on the one row of `data_version`. So instants are stamped in commit order, and a past once read
never changes (rule 19).
"""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import sqlalchemy
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from app.db.people_tables import AUDIT, AUDIT_PERSONAL
from app.db.tables import VERSION
from app.domain.chain import event_sha256, personal_sha256
from app.domain.errors import Conflict

T = TypeVar("T")

PRAGMAS = (
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "journal_size_limit=67108864",
    "mmap_size=0",
    "cell_size_check=ON",
)
POSTGRES_TIMEOUTS = (
    "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
)
# Said once when a connection opens, not again at every transaction.
READS_ONLY = (
    f"{POSTGRES_TIMEOUTS} -c default_transaction_read_only=on "
    "-c default_transaction_isolation=repeatable\\ read"
)
_READ_VERSION = select(VERSION.c.version, VERSION.c.setup_version, VERSION.c.at)
_LOCK_VERSION = select(
    *_READ_VERSION.selected_columns, VERSION.c.audit_number, VERSION.c.audit_sha256
).with_for_update()
_SET_VERSION = update(VERSION).values(
    version=bindparam("version_"),
    setup_version=bindparam("setup_"),
    at=bindparam("at_"),
    audit_number=bindparam("number_"),
    audit_sha256=bindparam("sha256_"),
)
_ADD_EVENTS, _ADD_PERSONAL = insert(AUDIT), insert(AUDIT_PERSONAL)


class Version(NamedTuple):
    """What the database has come to: every answer is worked out for one of these."""

    data: int
    setup: int
    at: datetime


@dataclass(slots=True)
class Stamp:
    """The mark of one writing transaction, taken at its beginning.

    `at` is the instant for rows that no figure depends on. `events` go to the audit at the end,
    each with what is personal in it.
    """

    before: Version
    at: datetime
    audit_number: int
    audit_sha256: str
    writes: bool = False
    writes_setup: bool = False
    events: list[tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=list)

    def take(self, *, setup: bool = False) -> datetime:
        """The instant for rows of this transaction; taking it makes the data version grow."""
        self.writes = True
        self.writes_setup = self.writes_setup or setup
        return self.at


def stamp(session: Session) -> Stamp:
    found: Stamp = session.info["stamp"]
    return found


@dataclass(slots=True)
class Outcome:
    kept: bool = False


@contextmanager
def undone_unless_kept(session: Session) -> Iterator[Outcome]:
    """Everything within happens, and is undone again unless `kept` is set, its audit too."""
    outcome, savepoint = Outcome(), session.begin_nested()
    mark = stamp(session)
    writes, writes_setup, events = mark.writes, mark.writes_setup, len(mark.events)
    try:
        yield outcome
    finally:
        if outcome.kept:
            savepoint.commit()
        else:
            savepoint.rollback()
            mark.writes, mark.writes_setup = writes, writes_setup
            del mark.events[events:]


class Memo:
    """What was read of definitions and access, kept until a transaction changes those; and values
    of revisions, which nothing changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Any]] = {}
        # By report and revision: their values never change, so no version is asked.
        self.revisions: dict[tuple[int, int], Any] = {}

    def get(self, name: str, setup: int, load: Callable[[], T]) -> T:
        kept = self._kept.get(name)
        if kept is None or kept[0] != setup:
            kept = self._kept[name] = (setup, load())
        value: T = kept[1]
        return value


def per_setup(
    session: Session, name: str, load: Callable[[Session], T], since: int | None = None
) -> T:
    """From the memo of the session's database; read afresh by a transaction that has itself
    changed definitions or access. `since`: what it depends on, where that is less than these."""
    mark: Stamp | None = session.info.get("stamp")
    if mark is not None and mark.writes_setup:
        return load(session)
    memo: Memo = session.info["memo"]
    version: int = session.info["version"].setup if since is None else since
    return memo.get(name, version, lambda: load(session))


class Database:
    """A database, SQLite or PostgreSQL, that hands out sessions for reading or for writing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._memo = Memo()
        if self.is_sqlite:
            path = Path(make_url(url).database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.write = _sqlite(url, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
            self.read = _sqlite(url, begin="BEGIN", pool_size=4, max_overflow=4)
            self._glance = _Glance(
                lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            )
        else:
            self.write, self.read = _postgres(url, POSTGRES_TIMEOUTS), _postgres(url, READS_ONLY)
            self._glance = _Glance(lambda: _bare_postgres(url))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One unchanging view of what was committed; nothing can be written through it."""
        with Session(self.read) as session:
            session.info["memo"] = self._memo
            session.info["version"] = Version(*session.connection().execute(_READ_VERSION).one())
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commit when the block ends well, roll back when it does not.

        A constraint the database itself enforced is raised as Conflict.
        """
        try:
            with Session(self.write) as session, session.begin():
                found = session.connection().execute(_LOCK_VERSION).one()
                before = Version(*found[:3])
                now = datetime.now(UTC)
                at = max(now, before.at + timedelta(microseconds=1))
                mark = Stamp(before, at, found.audit_number, found.audit_sha256)
                session.info["memo"], session.info["version"] = self._memo, before
                session.info["stamp"] = mark
                yield session
                if mark.writes or mark.events:
                    session.flush()
                    _close(session, mark)
        except IntegrityError as error:
            raise Conflict() from error

    def version(self) -> Version:
        """The version committed last, read afresh: other processes write too."""
        return self._glance()

    def kept(self, name: str, load: Callable[[Session], T], version: Version | None = None) -> T:
        """As `per_setup`, for whoever needs no transaction as long as nothing has changed.

        `version` where it was just read.
        """

        def read() -> T:
            with self.reading() as session:
                return load(session)

        return self._memo.get(name, (version or self.version()).setup, read)

    def close(self) -> None:
        self.write.dispose()
        self.read.dispose()
        self._glance.close()


def _close(session: Session, mark: Stamp) -> None:
    """Chain the transaction's events to the audit, and let the version grow if data changed."""
    rows, personal = [], []
    for event_, content in mark.events:
        mark.audit_number += 1
        row = {**event_, "id": mark.audit_number, "previous_sha256": mark.audit_sha256}
        row["personal_sha256"] = None
        if content:
            salt = secrets.token_hex(16)
            row["personal_sha256"] = personal_sha256(content, salt)
            personal.append({"event_id": row["id"], "salt": salt, "content": content})
        row["sha256"] = mark.audit_sha256 = event_sha256(row)
        rows.append(row)
    connection = session.connection()
    if rows:
        connection.execute(_ADD_EVENTS, rows)
    if personal:
        connection.execute(_ADD_PERSONAL, personal)
    connection.execute(
        _SET_VERSION,
        {
            "version_": mark.before.data + mark.writes,
            "setup_": mark.before.setup + mark.writes_setup,
            "at_": mark.at,
            "number_": mark.audit_number,
            "sha256_": mark.audit_sha256,
        },
    )


class _Glance:
    """One bare connection that reads the version in microseconds; a pool costs ten times that.

    A connection that has broken is opened anew, once: DBAPIError's kin reach the caller then.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: Any = None

    def __call__(self) -> Version:
        with self._lock:
            try:
                row = self._read()
            except Exception:
                self._connection = None
                row = self._first_read()
        at = datetime.fromisoformat(row[2]).replace(tzinfo=UTC) if type(row[2]) is str else row[2]
        return Version(row[0], row[1], at)

    def _first_read(self) -> Any:
        try:
            return self._read()
        except Exception as error:
            raise OperationalError(_GLANCE, {}, error) from error

    def _read(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(_GLANCE).fetchone()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


_GLANCE = "SELECT version, setup_version, at FROM data_version"


def _bare_postgres(url: str) -> Any:
    import psycopg  # noqa: PLC0415 - an extra: SQLite works without it

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, options=POSTGRES_TIMEOUTS)


def _sqlite(url: str, *, begin: str, pool_size: int, max_overflow: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=sqlalchemy.QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        hide_parameters=True,  # an error reaches the log, names and secrets do not
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: sqlite3.Connection, _record: object) -> None:
        dbapi_connection.isolation_level = None
        _write_ahead(dbapi_connection)
        for pragma in PRAGMAS:
            dbapi_connection.execute(f"PRAGMA {pragma}")
        journal = dbapi_connection.execute("PRAGMA journal_mode").fetchone()[0]
        durable = dbapi_connection.execute("PRAGMA synchronous").fetchone()[0]
        if (journal, durable) != ("wal", 2):
            raise RuntimeError(
                f"SQLite keeps journal_mode={journal}, synchronous={durable} here: an acknowledged "
                "report might not survive a power cut. Use a local disk, or PostgreSQL."
            )
        if begin == "BEGIN":
            dbapi_connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        # A transaction that starts by reading cannot become a writer once another
        # writer has been ahead of it; asking for the lock at once makes it wait.
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for the lock that a new file's change to WAL takes, whatever its
    timeout: of two processes that open it at once, one would be refused."""
    until = time.monotonic() + 5
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _postgres(url: str, options: str) -> Engine:
    return create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_timeout=3,
        pool_pre_ping=True,
        hide_parameters=True,  # an error reaches the log, names and secrets do not
        connect_args={"options": options},
    )
