from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.servers import LiveServer, Postgres, chromium


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


def connected(server: Postgres, database: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True)


def ask(server: Postgres, database: str, question: LiteralString) -> Any:
    with connected(server, database) as connection:
        (answer,) = connection.execute(question).fetchone() or (None,)
        return answer


def test_postgresql_is_the_real_one_and_speaks_utf8(postgres: Postgres) -> None:
    assert ask(postgres, "postgres", "SELECT version()").startswith("PostgreSQL ")
    assert ask(postgres, "postgres", "SHOW server_encoding") == "UTF8"


def test_a_database_is_copied_from_a_template_and_dropped_while_in_use(postgres: Postgres) -> None:
    postgres.create("original")
    with connected(postgres, "original") as connection:
        connection.execute("CREATE TABLE unit AS SELECT 'Đắk Lắk' AS name")
    postgres.create("copy", template="original")
    with connected(postgres, "copy"):
        assert ask(postgres, "copy", "SELECT name FROM unit") == "Đắk Lắk"
        postgres.drop("copy")
    assert ask(postgres, "postgres", "SELECT count(*) FROM pg_database WHERE datname = 'copy'") == 0


def test_nothing_is_left_of_a_stopped_server() -> None:
    with Postgres(durable=True) as server:
        assert ask(server, "postgres", "SHOW fsync") == "on"
        folder = Path(ask(server, "postgres", "SHOW data_directory")).parent
        assert folder.exists()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        ask(server, "postgres", "SELECT 1")


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"did not become ready:\n.*\w"):
        LiveServer({"CHITIEU_DATABASE_URL": "nonsense://"})


def test_there_is_a_browser() -> None:
    assert Path(chromium()).exists()
