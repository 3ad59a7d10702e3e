"""What is written: rows added to the history, and the heads that follow from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session

from app.db.figures import VALUE_FIELDS
from app.db.queries import Head
from app.db.tables import EVENT, IN_FORCE, REGISTER, REPORT, REVISION, VALUE
from app.domain.errors import PreconditionFailed
from app.domain.workflow import Standing

_ADD_REPORT = insert(REPORT).returning(REPORT.c.id)
_ADD_REVISION = insert(REVISION)
_ADD_VALUES = insert(VALUE)
_ADD_EVENT = insert(EVENT)
_ADD_ENTRIES = insert(REGISTER)
_HEAD_FIELDS = tuple(name for name in Head._fields if name not in ("id", "period_id", "unit_id"))
_MOVE_HEAD = (
    update(REPORT)
    .where(REPORT.c.id == bindparam("id_"), REPORT.c.version == bindparam("version_"))
    .values({name: bindparam(f"{name}_new") for name in _HEAD_FIELDS})
)
_DROP_IN_FORCE = delete(IN_FORCE).where(
    IN_FORCE.c.period_id == bindparam("period_id_"),
    IN_FORCE.c.standing == bindparam("standing_"),
    IN_FORCE.c.unit_id == bindparam("unit_id_"),
)
_carried = (*VALUE_FIELDS, "report_id", "revision")
_PUT_IN_FORCE = insert(IN_FORCE).from_select(
    ["period_id", "standing", "unit_id", "target_id", *_carried],
    select(
        REPORT.c.period_id,
        bindparam("standing_", type_=IN_FORCE.c.standing.type),
        REPORT.c.unit_id,
        VALUE.c.target_id,
        *[VALUE.c[name] for name in _carried],
    )
    .join(REPORT, REPORT.c.id == VALUE.c.report_id)
    .where(
        VALUE.c.report_id == bindparam("report_id_"),
        VALUE.c.revision == bindparam("revision_"),
    ),
)


def add_report(session: Session, head: Head) -> int:
    """A new report's head; its id in `head` is not looked at."""
    row = {name: getattr(head, name) for name in Head._fields if name != "id"}
    return int(session.connection().execute(_ADD_REPORT, row).scalar_one())


def move_head(session: Session, before: Head, after: Head) -> None:
    """Compare and set: PreconditionFailed when another change came first."""
    row = {f"{name}_new": getattr(after, name) for name in _HEAD_FIELDS}
    row |= {"id_": before.id, "version_": before.version}
    if session.connection().execute(_MOVE_HEAD, row).rowcount != 1:
        raise PreconditionFailed()


def add_revision(
    session: Session, revision: Mapping[str, Any], values: Sequence[Mapping[str, Any]]
) -> None:
    session.connection().execute(_ADD_REVISION, revision)
    if values:
        session.connection().execute(_ADD_VALUES, values)


def add_event(session: Session, event: Mapping[str, Any]) -> None:
    session.connection().execute(_ADD_EVENT, event)


def add_register_entries(session: Session, entries: Sequence[Mapping[str, Any]]) -> None:
    session.connection().execute(_ADD_ENTRIES, entries)


def put_in_force(
    session: Session,
    head: Head,
    standing: Standing,
    revision: int | None,
    *,
    replaces: bool = True,
) -> None:
    """Let one revision's values count for the unit's report, or none. `replaces` False: nothing
    of the report counted before."""
    if replaces:
        session.connection().execute(
            _DROP_IN_FORCE,
            {"period_id_": head.period_id, "standing_": standing, "unit_id_": head.unit_id},
        )
    if revision is not None:
        session.connection().execute(
            _PUT_IN_FORCE,
            {"report_id_": head.id, "revision_": revision, "standing_": standing},
        )
