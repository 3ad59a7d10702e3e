"""A fresh, seeded database for every test, on SQLite and on a real PostgreSQL; the real doors."""

import fcntl
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine

from app.db import session as db_session
from app.db import setup
from app.db.session import Database
from app.domain.targets import Catalogue
from app.main import create_app
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import schema, seed, tokens
from app.services.definitions import catalogue
from app.settings import Settings
from app.sheets.fence import Fence
from tests.servers import Postgres

# Tests start the program again and again, and each worker reads all of them: where the
# environment forbids to keep what was compiled, each would compile everything again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A worker of the suite grows to millions of objects; going through all of them again and again
# stops it for seconds, long enough for PostgreSQL to end its transactions. A test waits longer.
gc.set_threshold(50_000, 50, 100)
for _options in ("POSTGRES_TIMEOUTS", "READS_ONLY"):
    _longer = getattr(db_session, _options).replace(
        "session_timeout=10000", "session_timeout=60000"
    )
    setattr(db_session, _options, _longer)

_first: dict[str, Engine] = {}


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Engines of one kind of database translate each statement once between them: four engines a
    test, each with a memory of its own, spend a quarter of the suite on the same sentences."""

    def engine_(url: str, **given: Any) -> Engine:
        engine = make(url, **given)
        first = _first.setdefault(engine.dialect.name, engine)
        # Only once the first has met its server: until then its dialect is unsettled.
        if first is not engine and first.dialect.server_version_info:
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        return engine

    return engine_


vars(db_session)["create_engine"] = _sharing(create_engine)

SECRET = "test-only-" + "q7Zk3vXw9LrT2bNc8Hs5" + "Jd4"
NOW = datetime(2024, 12, 10, 3, 0, tzinfo=UTC)  # ten in the morning in Ha Noi
TokenFactory = Callable[..., str]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker to want it fills, for all workers of this run."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / name).exists():
            draft = factory.mktemp(name)
            make(draft)
            draft.rename(shared / name)
    return shared / name


class Clock:
    """When requests are received; a test may set it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


_seeded: dict[bool, tuple[int, Catalogue]] = {}


def prepare(url: str) -> None:
    database = Database(url)
    schema.migrate(database)
    with database.writing() as session:
        seed.load(session)
    with database.reading() as session:
        _seeded[database.is_sqlite] = setup.last_definition_id(session), catalogue(session)
    database.close()


def knowing(database: Database) -> Database:
    """A copy of a template knows the template's catalogue, until something is defined in it:
    every test would read the same again, once for itself and once for the application."""
    if database.is_sqlite in _seeded:
        last, found = _seeded[database.is_sqlite]
        database._memo.get("definitions", last, lambda: found)
    return database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        server.create("template")
        prepare(server.url("template"))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the catalogue in it and nothing else."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex[:12]}"
    server.create(name, template="template")
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = knowing(Database(url))
    yield database
    database.close()


@pytest.fixture
def settings(url: str) -> Settings:
    return Settings(database_url=url, secret_key=SECRET)


@pytest.fixture(scope="session")
def fence() -> Iterator[Fence]:
    """One for all tests: its helper process takes half a second to start."""
    fence = Fence(2)
    yield fence
    fence.close()


@pytest.fixture
def client(settings: Settings, clock: Clock, fence: Fence) -> Iterator[TestClient]:
    app = create_app(settings, clock, fence)
    knowing(app.state.service.database)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def token_in(database: Database, name: str, role: str, unit: str | None = None) -> str:
    contract = {"name": name, "role": role, "unit": unit}
    with database.writing() as session:
        sent = Sent(checked(TokenIn, contract))
        return tokens.create_token(session, tokens.system(session), sent)["token"]


@pytest.fixture
def token(database: Database) -> TokenFactory:
    """token("reporter", "P63-25") is a bearer token; holders are named by role and unit."""

    def make(role: str, unit: str | None = None, name: str | None = None) -> str:
        return token_in(database, name or f"{role} {unit or ''}".strip(), role, unit)

    return make


class Caller:
    """The API as one token's holder sees it: paths below /api/v1."""

    def __init__(self, client: TestClient, token: str | None) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, **given: Any) -> Any:
        headers = self.headers | given.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **given)

    def get(self, path: str, **given: Any) -> Any:
        return self("GET", path, **given)

    def post(self, path: str, **given: Any) -> Any:
        return self("POST", path, **given)

    def put(self, path: str, **given: Any) -> Any:
        return self("PUT", path, **given)

    def patch(self, path: str, **given: Any) -> Any:
        return self("PATCH", path, **given)

    def delete(self, path: str, **given: Any) -> Any:
        return self("DELETE", path, **given)


As = Callable[..., Caller]


@pytest.fixture
def as_(client: TestClient, token: TokenFactory) -> As:
    """as_("reviewer") calls the API as a reviewer; as_(None) without signing in."""
    known: dict[tuple[str | None, str | None, str | None], Caller] = {}

    def caller(role: str | None, unit: str | None = None, name: str | None = None) -> Caller:
        key = (role, unit, name)
        if key not in known:
            known[key] = Caller(client, token(role, unit, name) if role else None)
        return known[key]

    return caller
