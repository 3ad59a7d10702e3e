"""What may be recorded as a succession, and of whom a unit of today was made (rule 20)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from app.domain.errors import Fault
from app.domain.successions import Ancestry, contradicts, ended_on, faults, made_of, unmixed
from app.domain.units import Succession, Unit, UnitKind, UnitName

JULY = date(2025, 7, 1)
EVE = date(2025, 6, 30)
NEXT = date(2026, 7, 1)
NEW_YEAR = date(2027, 1, 1)
HALF, THIRD, WHOLE = Fraction(1, 2), Fraction(1, 3), Fraction(1)


def unit(code: str, first: date | None = None, last: date | None = None) -> Unit:
    names = (UnitName(code, code, code),)
    return Unit(1, code, UnitKind.PROVINCE_FEDERATION, names, first, last)


def step(
    on: date, old: str, new: str, shares: Sequence[Fraction] | None = None, done_when: str = "all"
) -> Succession:
    """`old` and `new`: one letter a unit."""
    given = None if shares is None else tuple(shares)
    return Succession(on, tuple(old), tuple(new), shares=given, yes_no=done_when)


# A and B were there before July 2025, C and D have been there since; E lives in 2026 alone.
UNITS = {
    one.code: one
    for one in (
        unit("A"),
        unit("B"),
        unit("C", JULY),
        unit("D", JULY),
        unit("E", date(2026, 1, 1), date(2026, 12, 31)),
        replace(unit("Z"), kind=UnitKind.CENTRE),
    )
}


def invalid(place: str, reason: str, value: str) -> Fault:
    return Fault(place, "invalid", {"reason": reason, "value": value})


def found(made: Succession, *known: Succession) -> list[Fault]:
    return list(faults(made, UNITS, known))


@pytest.mark.parametrize(
    "made",
    [
        step(JULY, "A", "C"),  # a new unit takes its place
        step(JULY, "AB", "C"),
        step(JULY, "B", "A"),  # one is absorbed
        step(JULY, "A", "AC", [HALF, HALF]),  # one is spun off
        step(JULY, "A", "CD", [THIRD, 2 * THIRD]),
        step(JULY, "A", "CD", [Fraction(0), WHOLE]),
        step(JULY, "A", "CD"),  # shares that nobody declared
        step(JULY, "A", ""),  # dispersed
        step(NEW_YEAR, "E", "C"),  # E's last day was the eve
        step(date(2026, 1, 2), "E", "C"),  # and here it was its first
    ],
)
def test_what_can_have_happened_is_recorded(made: Succession) -> None:
    assert found(made) == []


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (step(JULY, "AX", "C"), [Fault("/predecessors/1", "unknown_unit", {"value": "X"})]),
        (step(JULY, "A", "CX"), [Fault("/successors/1", "unknown_unit", {"value": "X"})]),
        (step(JULY, "ABA", "C"), [Fault("/predecessors/2", "duplicate_row", {"value": "A"})]),
        (step(JULY, "A", "CC"), [Fault("/successors/1", "duplicate_row", {"value": "C"})]),
    ],
)
def test_units_are_known_and_named_once(made: Succession, wanted: list[Fault]) -> None:
    assert found(made) == wanted


@pytest.mark.parametrize(
    ("made", "known", "reason"),
    [
        (step(NEXT, "BA", "C"), [step(JULY, "A", "D")], "ended_in_succession"),
        (step(JULY, "BA", "C"), [step(JULY, "A", "D")], "ended_in_succession"),
        (step(JULY, "BA", "C"), [step(NEXT, "A", "D")], "ended_in_succession"),
        (step(date(2027, 1, 2), "BE", "C"), [], "unit_ended_before"),
        (step(date(2026, 1, 1), "BE", "C"), [], "unit_begins_later"),  # E began that very day
        (step(JULY, "BA", "C"), [step(JULY, "AD", "A")], "twice_on_one_day"),
        (step(JULY, "BA", "C"), [step(JULY, "D", "A")], "twice_on_one_day"),
        (step(JULY, "BA", "C"), [step(NEXT, "D", "A")], "lives_on_later"),
        (step(JULY, "BA", "C"), [step(NEXT, "AD", "A")], "lives_on_later"),
    ],
)
def test_a_predecessor_lived_until_the_eve_and_not_beyond(
    made: Succession, known: list[Succession], reason: str
) -> None:
    assert found(made, *known) == [invalid("/predecessors/1", reason, made.predecessors[1])]


def test_a_unit_that_goes_on_may_end_later_but_not_before() -> None:
    takes_in = step(JULY, "AB", "A")
    assert found(takes_in, step(NEXT, "A", "D")) == []
    assert found(takes_in, step(NEXT, "AD", "A")) == []
    assert found(takes_in, step(date(2024, 7, 1), "AD", "A")) == []
    assert found(takes_in, step(JULY, "A", "D")) == [
        invalid("/predecessors/0", "ended_in_succession", "A"),
        invalid("/successors/0", "ended_in_succession", "A"),
    ]
    assert found(takes_in, step(JULY, "DA", "A")) == [
        invalid("/predecessors/0", "twice_on_one_day", "A")
    ]


@pytest.mark.parametrize(
    ("made", "known", "reason"),
    [
        (step(date(2025, 12, 31), "A", "BE"), [], "unit_begins_later"),
        (step(NEW_YEAR, "A", "BE"), [], "unit_ended_before"),
        (step(NEXT, "A", "BD"), [step(JULY, "D", "")], "ended_in_succession"),
        (step(JULY, "A", "BD"), [step(JULY, "D", "")], "ended_in_succession"),
        (step(NEXT, "C", "BA"), [step(JULY, "A", "C")], "cycle"),
        (step(NEW_YEAR, "D", "BA"), [step(NEXT, "C", "D"), step(JULY, "A", "C")], "cycle"),
    ],
)
def test_a_successor_lives_on_the_day_and_is_no_ended_forebear(
    made: Succession, known: list[Succession], reason: str
) -> None:
    wanted = invalid("/successors/1", reason, made.successors[1])
    assert found(made, *known) == [wanted]


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 12, 31)])
def test_a_successor_s_first_and_last_day_are_its_own(day: date) -> None:
    assert found(step(day, "A", "E")) == []


def test_a_successor_that_ends_later_is_still_there() -> None:
    assert found(step(JULY, "A", "D"), step(NEXT, "D", "")) == []


def test_a_unit_that_gives_a_part_away_on_its_last_day_has_not_ended_before() -> None:
    # E's last day is 31 December 2026; on 1 January 2027 it goes on and takes B in.
    assert found(step(NEW_YEAR, "EB", "E")) == []


def test_who_follows_itself_alone_has_not_changed() -> None:
    assert found(step(JULY, "A", "A")) == [Fault("/successors", "invalid", {"reason": "no_change"})]


@pytest.mark.parametrize(
    ("new", "shares", "wanted"),
    [
        ("C", [WHOLE], ({"reason": "shares_without_split"}, None)),
        ("", [], ({"reason": "shares_without_split"}, None)),
        ("CD", [WHOLE], ({"reason": "share_for_each_successor"}, None)),
        ("CD", [THIRD] * 3, ({"reason": "share_for_each_successor"}, None)),
        ("CD", [HALF, THIRD], ({"reason": "shares_add_to_1", "value": "5/6"}, "1")),
        ("CD", [-HALF, 3 * HALF], ({"reason": "shares_add_to_1", "value": "1"}, "1")),
    ],
)
def test_the_shares_of_a_split_are_the_whole(
    new: str, shares: list[Fraction], wanted: tuple[dict[str, str], str | None]
) -> None:
    assert found(step(JULY, "A", new, shares)) == [Fault("/shares", "invalid", *wanted)]


def test_the_centre_takes_part_in_no_succession() -> None:
    assert found(step(JULY, "AZ", "C")) == [invalid("/predecessors/1", "centre_stays", "Z")]
    assert found(step(JULY, "A", "CZ")) == [invalid("/successors/1", "centre_stays", "Z")]


def test_every_fault_is_named_at_once() -> None:
    known = step(JULY, "D", "")
    assert found(step(NEXT, "XDE", "XD", [HALF]), known) == [
        Fault("/predecessors/0", "unknown_unit", {"value": "X"}),
        Fault("/successors/0", "unknown_unit", {"value": "X"}),
        invalid("/predecessors/1", "ended_in_succession", "D"),
        invalid("/successors/1", "ended_in_succession", "D"),
        Fault("/shares", "invalid", {"reason": "share_for_each_successor"}),
    ]


def test_a_unit_ended_where_it_was_not_its_own_heir() -> None:
    known = [step(JULY, "AB", "A"), step(NEXT, "A", "C")]
    assert [ended_on(code, known) for code in "ABC"] == [NEXT, JULY, None]


ENDS, BEGINS = "ended_in_succession", "begins_in_succession"


@pytest.mark.parametrize(
    ("first", "last", "known", "reason"),
    [
        (None, EVE, step(JULY, "A", "C"), None),
        (None, EVE, step(JULY, "A", ""), None),
        (None, JULY, step(JULY, "A", "C"), ENDS),
        (None, EVE - timedelta(days=1), step(JULY, "A", "C"), ENDS),
        (None, None, step(JULY, "AB", "C"), ENDS),
        (None, None, step(JULY, "AB", "A"), None),  # it goes on
        (JULY, None, step(JULY, "B", "A"), None),
        (JULY + timedelta(days=1), None, step(JULY, "B", "A"), BEGINS),
        (None, EVE, step(JULY, "B", "A"), BEGINS),  # no longer there on the day
        (JULY, None, step(JULY, "AB", "A"), BEGINS),  # not there on the eve
        (EVE, None, step(JULY, "AB", "A"), None),
        (JULY, EVE, step(JULY, "A", "C"), BEGINS),
        (JULY, NEXT, step(JULY, "B", "C"), None),
    ],
)
def test_a_unit_s_days_agree_with_what_became_of_it(
    first: date | None, last: date | None, known: Succession, reason: str | None
) -> None:
    elsewhere = step(date(2024, 7, 1), "X", "Y")
    assert contradicts(unit("A", first, last), [elsewhere, known]) == reason
    assert contradicts(unit("A", first, last), [known, elsewhere]) == reason


def test_a_unit_without_a_past_is_itself() -> None:
    assert made_of("A", JULY, EVE, {"A"}, []) == Ancestry("A", (), "all", WHOLE)
    assert made_of("A", JULY, EVE, {"B"}, []) is None
    # What happened on the day since, or after the later day, did not happen between them.
    for day in (EVE, JULY + timedelta(days=1)):
        assert made_of("A", JULY, EVE, {"A"}, [step(day, "B", "A")]) == Ancestry("A")


def test_a_merged_unit_is_made_of_its_predecessors() -> None:
    merger = step(JULY, "AB", "C", done_when="any")
    made = made_of("C", JULY, EVE, {"A", "B"}, [merger])
    assert made == Ancestry("C", (Ancestry("A"), Ancestry("B")), "any")
    # B was not there, or nobody was.
    assert made_of("C", JULY, EVE, {"A"}, [merger]) == Ancestry("C", (Ancestry("A"),), "any")
    assert made_of("C", JULY, EVE, {"D"}, [merger]) is None


def test_a_successor_that_existed_is_one_of_its_own_parents() -> None:
    made = made_of("A", JULY, EVE, {"A", "B"}, [step(JULY, "B", "A")])
    assert made == Ancestry("A", (Ancestry("B"), Ancestry("A")))


def test_generations_stand_one_within_the_other() -> None:
    first = step(JULY, "A", "CD", [THIRD, 2 * THIRD])
    second = step(NEXT, "CB", "E")
    later = date(2026, 12, 31)
    made = made_of("E", later, EVE, {"A", "B"}, [second, first])
    inner = Ancestry("C", (Ancestry("A", share=THIRD),))
    assert made == Ancestry("E", (inner, Ancestry("B")))
    assert made is not None
    assert made.origins() == {"A": THIRD, "B": WHOLE}
    # On the day before the second one C still stood alone.
    assert made_of("C", NEXT - timedelta(days=1), EVE, {"A"}, [second, first]) == inner


def test_a_unit_may_last_for_a_day() -> None:
    steps = [step(JULY, "AB", "C"), step(JULY + timedelta(days=1), "C", "D")]
    merger = Ancestry("C", (Ancestry("A"), Ancestry("B")))
    assert made_of("D", NEXT, EVE, {"A", "B"}, steps) == Ancestry("D", (merger,))


def test_two_successions_on_one_day_make_one_unit() -> None:
    steps = [step(JULY, "A", "C", done_when="any"), step(JULY, "B", "C")]
    made = made_of("C", NEXT, EVE, {"A", "B"}, steps)
    # One of them asks for all: a yes of both is a yes.
    assert made == Ancestry("C", (Ancestry("A"), Ancestry("B")), "all")
    both = [step(JULY, "A", "C", done_when="any"), step(JULY, "B", "C", done_when="any")]
    made = made_of("C", NEXT, EVE, {"A", "B"}, both)
    assert made == Ancestry("C", (Ancestry("A"), Ancestry("B")), "any")


def test_parts_that_came_down_on_two_ways_meet_again() -> None:
    # A's half to C and half to D; D's third to E, which took C in: 1/2 + 1/2·1/3 = 2/3 of A.
    of_d = Ancestry("D", (Ancestry("A", share=HALF),), share=THIRD)
    of_c = Ancestry("C", (Ancestry("A", share=HALF),))
    assert Ancestry("E", (of_c, of_d, Ancestry("B"))).origins() == {"A": 2 * THIRD, "B": WHOLE}
    unknown = Ancestry("D", (Ancestry("A", share=None),))
    assert Ancestry("E", (of_c, unknown)).origins() == {"A": None}
    assert Ancestry("E", (unknown, of_c)).origins() == {"A": None}
    assert Ancestry("E", (Ancestry("D", (Ancestry("A"),), share=None),)).origins() == {"A": None}
    assert Ancestry("A", share=THIRD).origins() == {"A": THIRD}


def test_whole_and_alone_are_those_that_neither_merged_nor_split() -> None:
    renamed, merger = step(JULY, "A", "F"), step(JULY, "BC", "G")
    steps = [renamed, merger, step(NEXT, "D", "HI", [HALF, HALF])]
    told = unmixed("ABCDE", (EVE, NEXT), "EFGHIZ", steps)
    assert told == {"E": "E", "A": "F"}
    assert unmixed("ABCDE", (EVE, JULY), "DEFG", steps) == {"D": "D", "E": "E", "A": "F"}
