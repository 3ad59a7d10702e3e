"""Everything that is stored, read in portions that fit in memory, to be held against the rules."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, func, select, text
from sqlmodel import Session

from app.db.import_tables import IMPORT
from app.db.people_tables import AUDIT
from app.db.post_tables import DELIVERY, MESSAGE, PostState
from app.db.queries import Head
from app.db.tables import (
    EVENT,
    IN_FORCE,
    PERIOD,
    REGISTER,
    REPORT,
    REVISION,
    TARGET,
    UNIT,
    VALUE,
    Definition,
    DefinitionKind,
    core,
)
from app.db.work_tables import STORED_FILE

REPORTS_AT_ONCE, ROWS_AT_ONCE = 50, 200
DEFINITION = core(Definition)
Row = Mapping[str, Any]


class Place(NamedTuple):
    """A report's address, in codes."""

    programme: str
    period: str
    unit: str


class Kept(NamedTuple):
    """A report's head and where it belongs, with rows of one table that are its own."""

    head: Head
    place: Place
    rows: list[Row]


def broken_pages(session: Session) -> list[str]:
    """What SQLite itself finds wrong with its file; PostgreSQL looks after its own."""
    if session.connection().dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check(20)"))]
    return [] if found == ["ok"] else found


def broken_references(session: Session) -> list[str]:
    if session.connection().dialect.name != "sqlite":
        return []
    rows = session.execute(text("PRAGMA foreign_key_check"))
    return [f"{row[0]}/{row[1]}: {row[2]}" for row in rows.fetchmany(20)]


def reports_with_revisions(session: Session) -> Iterator[Kept]:
    return _reports_with(session, REVISION)


def reports_with_events(session: Session) -> Iterator[Kept]:
    return _reports_with(session, EVENT)


def reports_with_figures(session: Session) -> Iterator[Kept]:
    """With their rows of `value_in_force`."""
    return _reports_with(session, IN_FORCE)


def _reports_with(session: Session, table: Table) -> Iterator[Kept]:
    """Every report with its rows of a table, in the order of that table's key."""
    last = 0
    while heads := _heads(session, last):
        last = heads[-1][0].id
        own = _of_reports(session, table, [head.id for head, _ in heads])
        for head, place in heads:
            yield Kept(head, place, own[head.id])


def _heads(session: Session, after_id: int) -> list[tuple[Head, Place]]:
    question = (
        select(*[REPORT.c[name] for name in Head._fields], PERIOD.c.programme, PERIOD.c.code)
        .add_columns(UNIT.c.code)
        .outerjoin(PERIOD, PERIOD.c.id == REPORT.c.period_id)
        .outerjoin(UNIT, UNIT.c.id == REPORT.c.unit_id)
        .where(REPORT.c.id > after_id)
        .order_by(REPORT.c.id)
        .limit(REPORTS_AT_ONCE)
    )
    width = len(Head._fields)
    return [(Head(*row[:width]), Place(*row[width:])) for row in session.execute(question)]


def _of_reports(session: Session, table: Table, ids: list[int]) -> dict[int, list[Row]]:
    question = select(*table.c).where(table.c.report_id.in_(ids)).order_by(*table.primary_key)
    own: dict[int, list[Row]] = defaultdict(list)
    for row in session.execute(question).mappings():
        own[row["report_id"]].append(dict(row))
    return own


def values_of(session: Session, report_id: int) -> dict[int, list[Row]]:
    """By revision; in the order in which a report is hashed."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in _of_reports(session, VALUE, [report_id])[report_id]:
        rows[row["revision"]].append(row)
    return rows


def digests_of(session: Session, report_id: int) -> dict[int, str]:
    """The content's hash of each revision of a report."""
    own = _of_reports(session, REVISION, [report_id])[report_id]
    return {row["revision"]: row["content_sha256"] for row in own}


def audited(session: Session, subject: str) -> list[Row]:
    """What the audit has of one subject, oldest first."""
    question = select(*AUDIT.c).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id)
    return [dict(row) for row in session.execute(question).mappings()]


def audited_reports(session: Session) -> set[str]:
    """The subjects of reports that were begun, by the audit."""
    begun = AUDIT.c.action.in_(["report:draft", "report:submit"])
    return set(session.execute(select(AUDIT.c.subject).where(begun).distinct()).scalars())


def register_entries(session: Session) -> Iterator[Row]:
    """Every revision of every population, with the codes of where it belongs."""
    question = (
        select(
            PERIOD.c.programme,
            PERIOD.c.code.label("period"),
            TARGET.c.code.label("target"),
            UNIT.c.code.label("unit"),
            *[REGISTER.c[name] for name in ("revision", "denominator", "at")],
        )
        .join(PERIOD, PERIOD.c.id == REGISTER.c.period_id)
        .join(TARGET, TARGET.c.id == REGISTER.c.target_id)
        .join(UNIT, UNIT.c.id == REGISTER.c.unit_id)
        .order_by(*REGISTER.primary_key)
    )
    rows = session.execute(question, execution_options={"yield_per": ROWS_AT_ONCE})
    yield from (dict(row) for row in rows.mappings())


def definitions(session: Session) -> Iterator[Row]:
    yield from _each(session, DEFINITION)


def audited_definitions(session: Session) -> Iterator[Row]:
    """The events that tell of a definition's revision."""
    actions = [f"{kind.value}:{verb}" for kind in DefinitionKind for verb in ("create", "revise")]
    yield from _each(session, AUDIT, AUDIT.c.action.in_(actions))


def _each(session: Session, table: Table, *only: ColumnElement[bool]) -> Iterator[Row]:
    """Rows in the order of their numbers, some hundred in memory at a time."""
    last = None
    while True:
        question = select(*table.c).where(*only).order_by(table.c.id).limit(ROWS_AT_ONCE)
        more = question if last is None else question.where(table.c.id > last)
        rows = [dict(row) for row in session.execute(more).mappings()]
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        last = rows[-1]["id"]


def files(session: Session) -> Iterator[tuple[str, str, bytes]]:
    """Where each kept file is, its hash, and its bytes; one in memory at a time."""
    for table, id_, sha256, content in (
        (STORED_FILE, STORED_FILE.c.sha256, STORED_FILE.c.sha256, STORED_FILE.c.content),
        (IMPORT, IMPORT.c.id, IMPORT.c.file_sha256, IMPORT.c.content),
    ):
        for name in session.execute(select(id_).order_by(id_)).scalars().all():
            row = session.execute(select(sha256, content).where(id_ == name)).one()
            yield f"{table.name}/{name}", row[0], bytes(row[1])


def uncertain(session: Session) -> tuple[int, int]:
    """How many messages and how many deliveries may or may not have arrived."""
    counts = [
        session.execute(
            select(func.count()).where(table.c.state == PostState.UNCERTAIN)
        ).scalar_one()
        for table in (MESSAGE, DELIVERY)
    ]
    return counts[0], counts[1]
