"""Whom a bare name or code means, and what became of units (rules 20, 21)."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from app.domain.errors import AmbiguousUnit, NameDisagrees, NotFound
from app.domain.units import Succession, Unit, UnitKind, UnitName, lineage, resolve

DAY = date(2025, 7, 1)


def unit(code: str, name: str, gso: str, first: date | None, last: date | None) -> Unit:
    names = (UnitName(f"Liên đoàn Lao động tỉnh {name}", name, name),)
    return Unit(1, code, UnitKind.PROVINCE_FEDERATION, names, first, last, gso, (f"LĐLĐ {name}",))


OLD = unit("P63-24", "Bắc Giang", "24", None, date(2025, 6, 30))
NEW = unit("P34-24", "Bắc Ninh", "24", DAY, None)
FORMER = unit("P63-27", "Bắc Ninh", "27", None, date(2025, 6, 30))
UNITS = [OLD, NEW, FORMER]
RENAMED = date(2025, 1, 1)
HUE = replace(
    unit("P63-46", "Huế", "46", None, None),
    aliases=(),
    names=(
        UnitName("", "Thừa Thiên Huế", "", date(1989, 7, 1), RENAMED - timedelta(days=1)),
        UnitName("", "Huế", "", RENAMED),
    ),
)


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


def test_a_code_and_a_name_of_two_units_are_refused_with_both() -> None:
    with pytest.raises(NameDisagrees) as refused:
        find(code="P34-24", name="Bắc Giang", on=DAY)
    assert "P34-24" in refused.value.facts["unit"]
    assert "P63-24" in refused.value.facts["name"]


def test_a_code_and_a_name_of_one_unit_mean_it() -> None:
    assert find(code="P63-24", name="Bắc Giang") == "P63-24"
    assert find(code="24", name="Bắc Ninh") == "P34-24"


def test_a_code_or_a_name_of_nobody_disagrees_with_nothing() -> None:
    with pytest.raises(NotFound):
        find(code="99", name="Bắc Giang")
    # On that day nobody has the name any more.
    with pytest.raises(NotFound):
        resolve([HUE, NEW], name="Thừa Thiên Huế", code="24", on=DAY)


def test_who_is_meant_by_nobody_is_quoted() -> None:
    for said in ({"name": "Hà Tây"}, {"code": "99"}, {"code": "99", "name": "Hà Tây"}):
        with pytest.raises(NotFound) as refused:
            find(**said)
        assert refused.value.facts == {"what": said.get("name", "99")}
    with pytest.raises(NotFound) as refused:
        resolve([], name=None, code=None, on=None)
    assert refused.value.facts == {"what": ""}


def test_what_was_said_is_quoted_beside_its_readings() -> None:
    with pytest.raises(AmbiguousUnit) as refused:
        find(code="24")
    assert refused.value.facts["said"] == "24"


def test_our_own_code_wins_over_the_states() -> None:
    own = unit("24", "Hải quan", "", None, None)
    assert resolve([*UNITS, own], name=None, code="24", on=None) is own


def test_a_unit_lives_through_its_last_day() -> None:
    assert OLD.valid_on(date(2025, 6, 30))
    assert not OLD.valid_on(DAY)
    assert not NEW.valid_on(date(2025, 6, 30))
    assert NEW.valid_on(DAY)


def test_a_renamed_unit_answers_to_the_name_of_the_day() -> None:
    eve = date(2024, 12, 31)
    assert resolve([HUE], name="Thừa Thiên Huế", code=None, on=eve) is HUE
    assert resolve([HUE], name="Thừa Thiên Huế", code=None, on=None) is HUE
    assert resolve([HUE], name="Huế", code=None, on=RENAMED) is HUE
    for name, day in (("Thừa Thiên Huế", RENAMED), ("Huế", eve)):
        with pytest.raises(NotFound):
            resolve([HUE], name=name, code=None, on=day)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 12, 31), "Thừa Thiên Huế"),
        (RENAMED, "Huế"),
        (None, "Huế"),
        (date(1980, 1, 1), "Huế"),  # no name covers that day
    ],
)
def test_a_renamed_unit_is_called_as_on_the_day(day: date | None, name: str) -> None:
    assert HUE.name_on(day).short_vi == name
    assert OLD.name_on(day).short_vi == "Bắc Giang"


def test_lists_stand_in_the_official_order() -> None:
    centre = replace(unit("TLD", "Tổng Liên đoàn", "", None, None), kind=UnitKind.CENTRE)
    sector = replace(unit("CD1", "An ninh", "", None, None), kind=UnitKind.SECTOR_UNION)
    listed = sorted([sector, NEW, FORMER, HUE, OLD, centre], key=lambda unit: unit.order)
    assert listed == [centre, OLD, FORMER, NEW, HUE, sector]


def test_a_split_gives_each_successor_its_declared_share() -> None:
    split = Succession(DAY, ("A",), ("B", "C"), shares=(Fraction(2, 3), Fraction(1, 3)))
    assert (split.share_of("B"), split.share_of("C")) == (Fraction(2, 3), Fraction(1, 3))
    assert replace(split, shares=None).share_of("B") is None
    assert Succession(DAY, ("A", "B"), ("C",)).share_of("C") == 1


def test_a_unit_that_went_on_under_its_own_code_is_no_forebear_of_itself() -> None:
    found = lineage("A", [Succession(DAY, ("A", "B"), ("A",))])
    assert (found.predecessors, found.successors) == (("B",), ())


def test_lineage_goes_through_every_generation() -> None:
    first = Succession(date(2025, 7, 1), ("A", "B"), ("C",))
    second = Succession(date(2027, 1, 1), ("C", "D"), ("E",))
    found = lineage("C", [second, first])
    assert (found.predecessors, found.successors) == (("A", "B"), ("E",))
    assert found.successions == (first, second)
    assert lineage("E", [second, first]).predecessors == ("C", "D", "A", "B")
    third = Succession(date(2024, 1, 1), ("F",), ("D",))
    assert lineage("E", [second, first, third]).predecessors == ("C", "D", "A", "B", "F")
    assert lineage("Z", [second, first]).successions == ()


def test_a_state_code_is_that_of_the_day_when_it_disagrees_with_the_name() -> None:
    with pytest.raises(NameDisagrees) as refused:
        find(code="24", name="Bắc Giang", on=DAY)
    # On that day 24 is Bắc Ninh's; Bắc Giang has ended.
    assert refused.value.facts["unit"].startswith("P34-24")
