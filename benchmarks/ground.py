"""What is measured on: the real catalogue, two programmes filled with reports, a token a unit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from app.db.session import Database
from app.domain.access import Actor, Role
from app.domain.targets import Programme, Target, ValueKind
from app.domain.units import Unit
from app.domain.workflow import Action
from app.schemas.catalogue import PeriodIn, ProgrammeIn
from app.schemas.fields import Sent, checked
from app.schemas.reports import CommentIn, read_report
from app.schemas.targets import TargetIn
from app.schemas.tokens import TokenIn
from app.schemas.units import UnitIn
from app.services import schema, seed, tokens
from app.services.definitions import catalogue
from app.services.filing import Circumstances, Precondition
from app.services.places import ReportKey
from app.services.programmes import create_programme
from app.services.receipts import Signer
from app.services.reports import decide, put_report
from app.services.units import add_unit

SECRET = "bench-only-" + "q7Zk3vXw9LrT2bNc8Hs5" + "Jd4"
SUBMITTED = "BENCH-NC"
SUBMIT_YEARS = range(2009, 2025)  # the provinces' federations begin in 2008
ELEVEN = "BENCH-11", "2024", ("NC1", "NC1a", "NC1b", "NC2", "NC3", "NCT1")
ELEVEN_MORE = ("TT1", "TT3", "TT4", "TT5", "TT6")
FORTY = "BENCH-40", "2023"
FEDERATIONS = ["province_federation", "sector_union", "corporation_union"]
# Beside the 82 and the centre, for the 84 x 40 that the goals speak of.
ONE_MORE = {"code": "BENCH-84", "kind": "corporation_union", "valid_to": "2023-12-31"}
REPORT: dict[str, Any] = {
    "values": [
        {"target": "NC1a", "done": True, "evidence": "Kế hoạch 12/KH-LĐLĐ"},
        {"target": "NC1b", "done": True},
        {"target": "NC2", "numerator": 45_000, "denominator": 50_000},
        {"target": "NC3", "numerator": 3_100, "denominator": 6_000},
        {"target": "NCT1", "text": "Đã tổng hợp kiến nghị của nữ đoàn viên trong năm."},
    ],
    "submit": True,
}


@dataclass(frozen=True)
class Ground:
    """Bearer tokens by unit code, and the reviewer's; the same in every copy of the database."""

    reporters: dict[str, str] = field(default_factory=dict)
    reviewer: str = ""

    def fresh_reports(self) -> Iterator[ReportKey]:
        """Reports that nobody has sent yet."""
        for year in SUBMIT_YEARS:
            for unit in self.reporters:
                yield ReportKey(SUBMITTED, str(year), unit)


def prepare(url: str) -> Ground:
    """Migrate, load the catalogue, define the programmes, send and approve their reports."""
    database = Database(url)
    schema.migrate(database)
    with database.writing() as session:
        seed.load(session)
        actor = tokens.system(session)
        name = {"name_vi": "Đơn vị thứ 84", "short_vi": "Đơn vị 84", "name_en": "Unit 84"}
        add_unit(session, actor, checked(UnitIn, {**ONE_MORE, "names": [name]}))
        for defined in _programmes():
            create_programme(session, actor, Sent(defined))
        made = _tokens(session, actor)
    reporting = _asked_for_five(database)
    ground = Ground({code: made[code] for code in made if code in reporting}, made[""])
    for programme, period in (ELEVEN[:2], FORTY):
        _fill(database, made, programme, period)
    database.close()
    return ground


def _asked_for_five(database: Database) -> set[str]:
    """Who is expected to report every target of REPORT; corporation unions are not."""
    with database.reading() as session:
        units = catalogue(session).units.values()
        return {unit.code for unit in units if unit.kind.value in FEDERATIONS[:2]}


def _tokens(session: Session, system: Actor) -> dict[str, str]:
    """By unit code, for all units that live in 2023; the reviewer's under the empty code."""
    day = datetime(2023, 12, 31, tzinfo=UTC).date()
    codes = [unit.code for unit in catalogue(session).units.values() if unit.valid_on(day)]
    made = {}
    for code in ["", *codes]:
        role = Role.REPORTER if code else Role.REVIEWER
        asked = {"name": f"bench {role} {code}".strip(), "role": role, "unit": code or None}
        made[code] = tokens.create_token(session, system, Sent(checked(TokenIn, asked)))["token"]
    return made


def _programmes() -> Iterator[ProgrammeIn]:
    real = {one.code: one for one in seed.read_programmes(seed.SEED)}
    women, communication = real["NC-2024"], real["CTTT-2023-2028"]
    years = [PeriodIn(code=str(year)) for year in SUBMIT_YEARS]
    yield women.model_copy(update={"code": SUBMITTED, "periods": years})
    targets = [one for one in women.targets if one.code in ELEVEN[2]]
    targets += [_for_all(one) for one in communication.targets if one.code in ELEVEN_MORE]
    groups = {one.number: one for one in (*women.groups, *communication.groups)}
    yield women.model_copy(
        update={
            "code": ELEVEN[0],
            "targets": targets,
            "groups": list(groups.values()),
            "periods": [PeriodIn(code=ELEVEN[1])],
        }
    )
    pooled = next(one for one in women.targets if one.code == "NC2")
    kinds = {"reported_by": ["centre", *FEDERATIONS]}
    forty = [_changed(pooled, code=f"NC2-{number:02}", **kinds) for number in range(1, 41)]
    yield women.model_copy(
        update={"code": FORTY[0], "targets": forty, "periods": [PeriodIn(code=FORTY[1])]}
    )


def _for_all(target: TargetIn) -> TargetIn:
    return _changed(target, reported_by=FEDERATIONS)


def _changed(target: TargetIn, **changes: Any) -> TargetIn:
    return checked(TargetIn, {**target.model_dump(mode="json"), **changes})


def _fill(database: Database, made: dict[str, str], programme: str, period: str) -> None:
    """One report a unit, submitted by it and approved by the centre; one federation is silent."""
    given = Circumstances(datetime.now(UTC), Signer(SECRET))
    reviewer = tokens.authenticate(database, made[""], given.now)
    actors = {code: tokens.authenticate(database, made[code], given.now) for code in made if code}
    with database.writing() as session:
        defined = catalogue(session)
        within = defined.programmes[programme]
        for place, (code, actor) in enumerate(actors.items()):
            values = list(_values(within, period, defined.units[code], place))
            if not values or (programme == ELEVEN[0] and place == 7):
                continue
            key = ReportKey(programme, period, code)
            sent = read_report(Sent({"values": values, "submit": True}))
            put_report(session, actor, key, sent, given)
            decide(session, reviewer, key, Action.APPROVE, Sent(CommentIn()), given=given)


def change(database: Database, ground: Ground, programme: str, period: str, turn: int) -> None:
    """One report reopened, sent with other figures and approved again."""
    given = Circumstances(datetime.now(UTC), Signer(SECRET))
    unit = list(ground.reporters)[10 + turn % 50]
    reviewer = tokens.authenticate(database, ground.reviewer, given.now)
    reporter = tokens.authenticate(database, ground.reporters[unit], given.now)
    key = ReportKey(programme, period, unit)
    with database.writing() as session:
        defined = catalogue(session)
        within, named = defined.programmes[programme], defined.units[unit]
        values = list(_values(within, period, named, 100 + turn))
        sent = read_report(Sent({"values": values, "submit": True}))
        reopen = Sent(CommentIn(comment="bench"))
        decide(session, reviewer, key, Action.REOPEN, reopen, given=given)
        any_version = replace(given, precondition=Precondition(frozenset()))
        put_report(session, reporter, key, sent, any_version)
        decide(session, reviewer, key, Action.APPROVE, Sent(CommentIn()), given=given)


def _values(
    programme: Programme, period: str, unit: Unit, place: int
) -> Iterator[dict[str, object]]:
    when = programme.periods[period].period
    for number, target in enumerate(programme.targets_on(when.ends_on)):
        if target.expected(unit, when) and not target.parts:
            yield {"target": target.code, **_value(target, place * 7 + number)}


def _value(target: Target, place: int) -> dict[str, object]:
    if target.value_kind is ValueKind.YES_NO:
        return {"done": place % 13 > 0}
    if target.value_kind is ValueKind.NARRATIVE:
        return {"text": "Đã tổng hợp kiến nghị của đơn vị."}
    if place % 19 == 3:
        return {"percent": f"{70 + place % 30},5%"}
    denominator = 800 + place * 173 % 2900
    return {"numerator": denominator * (500 + place * 37 % 500) // 1000, "denominator": denominator}
