"""Whom a bare name or code means, and what became of units (rules 20, 21)."""

from datetime import date

import pytest

from app.domain.errors import AmbiguousUnit, NotFound
from app.domain.units import Succession, Unit, UnitKind, UnitName, lineage, resolve

DAY = date(2025, 7, 1)


def unit(code: str, name: str, gso: str, first: date | None, last: date | None) -> Unit:
    names = (UnitName(f"Liên đoàn Lao động tỉnh {name}", name, name),)
    return Unit(1, code, UnitKind.PROVINCE_FEDERATION, names, first, last, gso, (f"LĐLĐ {name}",))


OLD = unit("P63-24", "Bắc Giang", "24", None, date(2025, 6, 30))
NEW = unit("P34-24", "Bắc Ninh", "24", DAY, None)
FORMER = unit("P63-27", "Bắc Ninh", "27", None, date(2025, 6, 30))
UNITS = [OLD, NEW, FORMER]


def find(**said: object) -> str:
    wanted = {"name": None, "code": None, "on": None} | said
    return resolve(UNITS, **wanted).code  # type: ignore[arg-type]


def test_a_state_code_means_another_unit_after_the_merger() -> None:
    assert find(code="24", on=date(2024, 12, 31)) == "P63-24"
    assert find(code="24", on=DAY) == "P34-24"


def test_without_a_date_both_readings_are_named() -> None:
    with pytest.raises(AmbiguousUnit) as refused:
        find(name="Bắc Ninh")
    assert [fault.expected for fault in refused.value.faults] == [
        "P34-24 (Bắc Ninh, 2025-07-01…)",
        "P63-27 (Bắc Ninh, …2025-06-30)",
    ]


def test_our_own_code_is_never_ambiguous() -> None:
    assert find(code="P63-24") == "P63-24"


def test_a_name_without_diacritics_is_not_taken() -> None:
    with pytest.raises(NotFound):
        find(name="Bac Giang")
    assert find(name="ldlđ bắc giang".replace("ldlđ", "LĐLĐ")) == "P63-24"


def test_a_code_that_disagrees_with_the_name_means_nobody() -> None:
    with pytest.raises(NotFound):
        find(code="P34-24", name="Bắc Giang", on=DAY)


def test_lineage_goes_through_every_generation() -> None:
    first = Succession(date(2025, 7, 1), ("A", "B"), ("C",))
    second = Succession(date(2027, 1, 1), ("C", "D"), ("E",))
    found = lineage("C", [second, first])
    assert (found.predecessors, found.successors) == (("A", "B"), ("E",))
    assert found.successions == (first, second)
    assert lineage("E", [second, first]).predecessors == ("C", "D", "A", "B")
    assert lineage("Z", [second, first]).successions == ()
