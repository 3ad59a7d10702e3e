"""Questions about reports. Each function is one question; none of them writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, or_, select
from sqlmodel import Session

from app.db.people_tables import ACCOUNT
from app.db.tables import EVENT, IN_FORCE, REPORT, REVISION, VALUE
from app.domain.workflow import AUTHORING, Action, Standing, Status, forgets_day


class Head(NamedTuple):
    """A report's head, as `report` holds it."""

    id: int
    period_id: int
    unit_id: int
    version: int
    status: Status
    revision: int
    centre_version: int | None
    centre_status: Status | None
    centre_revision: int | None
    approved_revision: int | None
    submitted_at: datetime | None
    late: bool

    @property
    def held(self) -> bool:
        """Submitted, but not yet endorsed inside the unit: the centre has no part in it."""
        return self.status is Status.SUBMITTED and self.version != self.centre_version


def no_head(period_id: int, unit_id: int, id_: int = 0) -> Head:
    """Of a report before anything was done with it."""
    return Head(
        id=id_,
        period_id=period_id,
        unit_id=unit_id,
        version=0,
        status=Status.DRAFT,
        revision=0,
        centre_version=None,
        centre_status=None,
        centre_revision=None,
        approved_revision=None,
        submitted_at=None,
        late=False,
    )


class RevisionRow(NamedTuple):
    revision: int
    at: datetime
    by: str
    channel: str
    content_sha256: str


class EventRow(NamedTuple):
    revision: int
    action: Action
    status: Status
    at: datetime
    by: str
    comment: str | None
    version: int
    held: bool


class ReceiptRow(NamedTuple):
    sha256: str
    at: datetime
    signature: str


_head = select(*[REPORT.c[name] for name in Head._fields])
_HEAD_OF = _head.where(
    REPORT.c.period_id == bindparam("period_id"), REPORT.c.unit_id == bindparam("unit_id")
)


def head_of(session: Session, period_id: int, unit_id: int) -> Head | None:
    keys = {"period_id": period_id, "unit_id": unit_id}
    row = session.connection().execute(_HEAD_OF, keys).one_or_none()
    return None if row is None else Head(*row)


class ReportFilter(NamedTuple):
    """Which reports a list shows; `unit_ids` None: every unit. A unit's own people see drafts.
    `estimated`: with estimates in the revision that is seen; False: without; None: all."""

    period_ids: Collection[int]
    unit_ids: Collection[int] | None
    statuses: Collection[Status]
    own_units: Collection[int]
    after_id: int
    limit: int
    estimated: bool | None = None


def heads(session: Session, wanted: ReportFilter) -> list[Head]:
    own = REPORT.c.unit_id.in_(wanted.own_units)
    question = _head.where(
        REPORT.c.period_id.in_(wanted.period_ids),
        REPORT.c.id > wanted.after_id,
        or_(own, REPORT.c.centre_status.is_not(None)),
    )
    if wanted.unit_ids is not None:
        question = question.where(REPORT.c.unit_id.in_(wanted.unit_ids))
    if wanted.statuses:
        question = question.where(
            or_(
                and_(own, REPORT.c.status.in_(wanted.statuses)),
                and_(~own, REPORT.c.centre_status.in_(wanted.statuses)),
            )
        )
    if wanted.estimated is not None:
        seen = case((own, REPORT.c.revision), else_=REPORT.c.centre_revision)
        estimates = exists().where(
            VALUE.c.report_id == REPORT.c.id, VALUE.c.revision == seen, VALUE.c.estimated
        )
        question = question.where(estimates if wanted.estimated else ~estimates)
    rows = session.execute(question.order_by(REPORT.c.id).limit(wanted.limit))
    return [Head(*row) for row in rows]


_HEADS_IN = _head.where(REPORT.c.period_id.in_(bindparam("period_ids", expanding=True)))


def heads_in(session: Session, period_ids: Collection[int]) -> list[Head]:
    rows = session.connection().execute(_HEADS_IN, {"period_ids": list(period_ids)})
    return [Head._make(row) for row in rows]


_STEP = ("version", "status", "revision", "action", "at", "late")
_STEPS_KNOWN = (
    select(
        EVENT.c.report_id,
        REPORT.c.period_id,
        REPORT.c.unit_id,
        *[EVENT.c[name] for name in (*_STEP, "held")],
    )
    .join(REPORT, REPORT.c.id == EVENT.c.report_id)
    .where(
        REPORT.c.period_id.in_(bindparam("period_ids", expanding=True)),
        EVENT.c.at <= bindparam("known_at"),
        EVENT.c.action != Action.DRAFT,
    )
    .order_by(EVENT.c.report_id, EVENT.c.version)
)


def heads_known(session: Session, period_ids: Collection[int], known_at: datetime) -> list[Head]:
    """The same as the centre knew them at an instant, replayed from the events (rule 19)."""
    given = {"period_ids": list(period_ids), "known_at": known_at}
    heads: dict[int, Head] = {}
    for step in session.execute(_STEPS_KNOWN, given):
        id_, period_id, unit_id, version, status, revision, action, at, late, held = step
        head = heads.get(id_) or no_head(period_id, unit_id, id_)
        if action is Action.SUBMIT:
            head = head._replace(submitted_at=head.submitted_at or at, late=bool(late))
        if forgets_day(action, head.centre_status, held=held):
            head = head._replace(submitted_at=None, late=False)
        if not held:
            head = head._replace(version=version, status=status, revision=revision)
            head = head._replace(
                centre_version=version, centre_status=status, centre_revision=revision
            )
        if action is Action.APPROVE:
            head = head._replace(approved_revision=revision)
        heads[id_] = head
    return list(heads.values())


_REVISION_SHA256 = select(REVISION.c.content_sha256).where(
    REVISION.c.report_id == bindparam("report_id"),
    REVISION.c.revision == bindparam("revision"),
)


def revision_sha256(session: Session, report_id: int, revision: int) -> str:
    keys = {"report_id": report_id, "revision": revision}
    return str(session.execute(_REVISION_SHA256, keys).scalar_one())


_VALUES = (
    select(*VALUE.c)
    .where(VALUE.c.report_id == bindparam("report_id"))
    .order_by(VALUE.c.revision, VALUE.c.target_id)
)
_VALUES_OF_REVISION = _VALUES.where(VALUE.c.revision == bindparam("revision"))


def values_of(session: Session, report_id: int, revision: int) -> list[dict[str, Any]]:
    """Columns of `report_value`, one row a target."""
    rows = session.execute(_VALUES_OF_REVISION, {"report_id": report_id, "revision": revision})
    return [dict(row) for row in rows.mappings()]


def all_values_of(session: Session, report_id: int) -> list[dict[str, Any]]:
    """The same of every revision, oldest first."""
    rows = session.execute(_VALUES, {"report_id": report_id})
    return [dict(row) for row in rows.mappings()]


def revisions_of(session: Session, report_id: int) -> list[RevisionRow]:
    """Oldest first."""
    return [
        RevisionRow(*row)
        for row in session.execute(
            select(
                REVISION.c.revision,
                REVISION.c.at,
                ACCOUNT.c.name,
                REVISION.c.channel,
                REVISION.c.content_sha256,
            )
            .join(ACCOUNT, ACCOUNT.c.id == REVISION.c.account_id)
            .where(REVISION.c.report_id == report_id)
            .order_by(REVISION.c.revision)
        )
    ]


def events_of(session: Session, report_id: int) -> list[EventRow]:
    """Oldest first."""
    return [
        EventRow(*row)
        for row in session.execute(
            select(
                EVENT.c.revision,
                EVENT.c.action,
                EVENT.c.status,
                EVENT.c.at,
                ACCOUNT.c.name,
                EVENT.c.comment,
                EVENT.c.version,
                EVENT.c.held,
            )
            .join(ACCOUNT, ACCOUNT.c.id == EVENT.c.account_id)
            .where(EVENT.c.report_id == report_id)
            .order_by(EVENT.c.version)
        )
    ]


_AUTHORED = select(
    exists().where(
        EVENT.c.report_id == bindparam("report_id"),
        EVENT.c.revision == bindparam("revision"),
        EVENT.c.account_id == bindparam("account_id"),
        EVENT.c.action.in_(AUTHORING),
    )
)


def wrote_revision(session: Session, report_id: int, revision: int, account_id: int) -> bool:
    """Whether this person drafted or submitted the revision (four eyes)."""
    keys = {"report_id": report_id, "revision": revision, "account_id": account_id}
    return bool(session.execute(_AUTHORED, keys).scalar_one())


def revisions_written_by(
    session: Session, report_ids: Collection[int], account_id: int
) -> set[tuple[int, int]]:
    """The same of many reports: report and revision of those that this person wrote."""
    rows = session.execute(
        select(EVENT.c.report_id, EVENT.c.revision).where(
            EVENT.c.report_id.in_(report_ids),
            EVENT.c.account_id == account_id,
            EVENT.c.action.in_(AUTHORING),
        )
    )
    return {(row[0], row[1]) for row in rows}


def last_receipt(session: Session, head: Head) -> ReceiptRow | None:
    """The receipt that was given when the head's revision was last handed in, up to its version."""
    row = session.execute(
        select(EVENT.c.receipt_sha256, EVENT.c.at, EVENT.c.receipt_signature)
        .where(
            EVENT.c.report_id == head.id,
            EVENT.c.revision == head.revision,
            EVENT.c.version <= head.version,
            EVENT.c.action == Action.SUBMIT,
        )
        .order_by(EVENT.c.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else ReceiptRow(*row)


def values_counted(session: Session, period_id: int) -> dict[int, tuple[int, int]]:
    """How many values each unit's handed-in report on the period holds, and how many of them are
    estimates."""
    estimates = func.sum(case((IN_FORCE.c.estimated, 1), else_=0))
    rows = session.execute(
        select(IN_FORCE.c.unit_id, func.count(), estimates)
        .where(
            IN_FORCE.c.period_id == period_id,
            IN_FORCE.c.standing == Standing.SUBMITTED,
        )
        .group_by(IN_FORCE.c.unit_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def values_in_revisions(session: Session, heads: Collection[Head]) -> dict[int, int]:
    """How many values the latest revision of each report holds, by the report's id."""
    latest = and_(VALUE.c.report_id == REPORT.c.id, VALUE.c.revision == REPORT.c.revision)
    rows = session.execute(
        select(REPORT.c.id, func.count())
        .join(VALUE, latest)
        .where(REPORT.c.id.in_([head.id for head in heads]))
        .group_by(REPORT.c.id)
    )
    return {row[0]: row[1] for row in rows}
