"""A programme in a period, on one basis or another (rules 12, 16, 19, 20); worked by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from app.domain.attainment import Bounds, Coverage
from app.domain.breakdown import Part, Told
from app.domain.scene import Source
from app.domain.successions import Ancestry
from app.domain.targets import Breakdown, Category, ValueKind
from app.domain.units import Succession, UnitKind
from tests.domain.figures import (
    DECISION,
    NO,
    POOLED,
    SHARE,
    YES,
    against,
    counts,
    number,
    percent,
)
from tests.domain.programmes import (
    EVE,
    FOUR,
    JULY,
    MERGED,
    MERGER,
    RUNNING,
    SUM,
    TOTAL,
    A,
    evidence,
    national,
    over_quarters,
    own,
    seen,
    together,
    unit,
)

SEX = Breakdown("Giới tính", "Sex", (Category("nam", "Nam", "Men"), Category("nu", "Nữ", "Women")))
BY_SEX = replace(POOLED, breakdown=SEX)
THIRDS = (Fraction(1, 3), Fraction(2, 3))


IN_HALF = {"2025-H1": {"T": {"A": counts(300, 400), "B": counts(100, 100)}}}
HALF = evidence(IN_HALF, units=MERGED, steps=[MERGER])


def test_a_scene_has_the_units_of_its_time_or_of_the_day_restated_on() -> None:
    target = POOLED
    assert seen(HALF, "2025-H1").units(target) == ["A", "B"]
    assert seen(HALF, "2025").units(target) == ["C"]
    assert seen(HALF, "2025-H1", JULY).units(target) == ["C"]
    assert seen(HALF, "2025-H1", EVE).units(target) == ["A", "B"]
    assert seen(HALF, "2025", EVE).units(target) == ["A", "B"]
    assert seen(HALF, "2025").restate(EVE).units(target) == ["A", "B"]
    assert seen(HALF, "2025", EVE).restate(None).units(target) == ["C"]
    scene = seen(HALF, "2025-H1", JULY)
    told = [one.units(target) for one in (scene, scene.restate(EVE), scene)]
    assert told == [["C"], ["A", "B"], ["C"]]


def test_what_a_unit_is_made_of_depends_on_the_side_that_is_looked_from() -> None:
    assert seen(HALF, "2025-H1", JULY).made(POOLED) == {
        "C": Ancestry("C", (Ancestry("A"), Ancestry("B")))
    }
    assert seen(HALF, "2025-H1", EVE).made(POOLED) == {"A": Ancestry("A"), "B": Ancestry("B")}
    # A and B are no more in December; a unit that only took another's place is told by it.
    assert seen(HALF, "2025", EVE).made(POOLED) == {"A": None, "B": None}
    renamed = evidence({}, units=MERGED[::2], steps=[Succession(JULY, ("A",), ("C",))])
    assert seen(renamed, "2025", EVE).made(POOLED) == {"A": Ancestry("A", (Ancestry("C"),))}


def test_other_kinds_of_units_have_their_own_past() -> None:
    sector = unit("S", kind=UnitKind.SECTOR_UNION)
    other = replace(POOLED, id=2, code="S", reported_by=frozenset({UnitKind.SECTOR_UNION}))
    rests_on = evidence({}, POOLED, other, units=(*MERGED, sector), steps=[MERGER])
    for on, wanted in ((JULY, ["C"]), (EVE, ["A", "B"])):
        for when in ("2025-H1", "2025"):
            scene = seen(rests_on, when, on)
            # In December, A and B are no more: C is of that day.
            told = ["C"] if on == JULY else wanted
            assert (scene.units(POOLED), scene.units(other)) == (told, ["S"])


def test_a_merged_unit_s_row_adds_its_predecessors() -> None:
    row = own(seen(HALF, "2025-H1", JULY), "C")
    assert row == {
        "verdict": "not_met",
        "numerator": 400,
        "denominator": 500,
        "figure": 80,
        "met": False,
        "coverage": Coverage(2, 2, Fraction(100)),
        "bounds": Bounds(Fraction(80), Fraction(80)),
        "grades": {"A": 2},
        "restated_on": JULY,
    }
    of_a = own(seen(HALF, "2025-H1"), "A")
    assert (of_a["figure"], of_a["value"], "restated_on" in of_a) == (75, counts(300, 400), False)
    assert national(seen(HALF, "2025-H1", JULY))["restated_on"] == JULY


def test_a_unit_that_has_merged_since_or_never_was_has_no_row() -> None:
    def refused(reason: str) -> dict[str, Any]:
        return {"verdict": "not_restatable", "reasons": {"percent": reason}, "restated_on": EVE}

    assert own(seen(HALF, "2025", EVE), "A") == refused("merged_since")
    assert own(seen(HALF, "2025", EVE), "C") == refused("unit_not_there")


def test_a_decision_judges_a_restated_row_too() -> None:
    told = {"2025-H1": {"T": {"A": counts(95, 100)}}}
    judged = evidence(told, units=MERGED, steps=[MERGER], decided={"2025-H1": DECISION})
    for row in (own(seen(judged, "2025-H1", JULY), "C"), national(seen(judged, "2025-H1"))):
        assert (row["verdict"], row["decision"]) == ("met", DECISION)


SPLIT = Succession(JULY, ("A",), ("C", "D"), shares=THIRDS)
SPLIT_UNITS = (unit("A", None, EVE), unit("C", JULY), unit("D", JULY))


def test_every_row_names_the_reports_that_it_rests_on() -> None:
    registers = {"2025-H1": {"T": {"A": 90}}}
    rests_on = evidence({}, units=SPLIT_UNITS, steps=[SPLIT], registered=registers)
    half, year = (rests_on.programme.periods[when] for when in ("2025-H1", "2025"))
    then = seen(rests_on, "2025-H1")
    assert then.sources(POOLED, ["A"]) == [Source(POOLED, half, "A", 1, 90)]
    since = then.restate(JULY)
    assert since.sources(POOLED, ["D"]) == [Source(POOLED, half, "A", THIRDS[1], 90)]
    assert since.sources(POOLED, ["A"]) == []
    assert since.national_sources(POOLED) == [Source(POOLED, half, "A", 1, 90)]
    assert seen(rests_on, "2025").sources(POOLED, ["C", "D"]) == [
        Source(POOLED, year, code, 1, None) for code in "CD"
    ]


def test_a_whole_rests_on_the_reports_of_its_parts() -> None:
    whole = replace(SHARE, value_kind=ValueKind.ALL_OF, parts=("a", "b", "z"))
    parts = [replace(SHARE, id=2, code="a"), replace(SHARE, id=3, code="b")]
    rests_on = evidence({}, whole, *parts)
    year = rests_on.programme.periods["2025"]
    found = seen(rests_on, "2025").sources(whole, ["A", "B"])
    assert found == [Source(part, year, code, 1, None) for part in parts for code in "AB"]


def test_the_national_year_rests_on_dispersed_units_too() -> None:
    gone = unit("X", None, EVE)
    told = together(FOUR, over_quarters("X", number(1)))
    rests_on = evidence(told, SUM, units=(A, gone), steps=[Succession(JULY, ("X",), ())])
    found = [(one.period.code, one.unit) for one in seen(rests_on, "2025").national_sources(SUM)]
    quarters = [(f"2025-Q{place}", "A") for place in (1, 2, 3, 4)]
    assert found == [*quarters, ("2025-Q1", "X")]


def test_warnings_of_those_behind_a_row_stand_on_it() -> None:
    fell = {"2025-H1": {"T": {"A": number(9), "B": number(1)}}, "2025-9M": {"T": {"A": number(8)}}}
    of_nine = seen(evidence(fell, TOTAL), "2025-9M")
    assert own(of_nine, "A")["warnings"] == ["running_total_fell"]
    assert "warnings" not in own(of_nine, "B")
    assert national(of_nine)["warnings"] == ["running_total_fell"]
    # Restated, C rests on A and B, and the warning comes with A.
    august = date(2025, 12, 1)
    units = (unit("A", None, date(2025, 11, 30)), unit("B", None, date(2025, 11, 30)))
    rests_on = evidence(
        fell,
        TOTAL,
        units=(*units, unit("C", august)),
        steps=[Succession(august, ("A", "B"), ("C",))],
    )
    assert own(seen(rests_on, "2025-9M", august), "C")["warnings"] == ["running_total_fell"]
    both = over_quarters("A", number(9), number(8))
    row = own(seen(evidence(both, RUNNING), "2025"), "A")
    assert row["warnings"] == ["periods_missing", "running_total_fell"]


SHARES = {"2025-H1": {"T": {"A": YES, "B": NO}}}


def test_a_share_of_units_is_told_for_the_units_of_the_day() -> None:
    rests_on = evidence(SHARES, SHARE, units=(*MERGED, unit("D")), steps=[MERGER])
    assert national(seen(rests_on, "2025-H1"))["denominator"] == 3
    assert national(seen(rests_on, "2025-H1", JULY)) == {
        "verdict": "not_met",
        "numerator": 0,
        "denominator": 2,
        "figure": 0,
        "met": False,
        "coverage": Coverage(2, 3),  # of the units of the time
        "grades": {"D": 2},
        "missing": ["D"],
        "restated_on": JULY,
    }
    assert national(seen(rests_on, "2025", EVE)) == {
        "verdict": "not_restatable",
        "reasons": {"percent": "merged_since"},
        "restated_on": EVE,
    }


def test_a_decision_lets_the_silent_be_passed_over() -> None:
    told = {"2025-H1": {"T": {"A": YES}}}
    rests_on = evidence(told, SHARE, units=MERGED, steps=[MERGER])
    assert national(seen(rests_on, "2025-H1", JULY))["verdict"] == "not_met"
    judged = evidence(told, SHARE, units=MERGED, steps=[MERGER], decided={"2025-H1": DECISION})
    row = national(seen(judged, "2025-H1", JULY))
    assert (row["verdict"], row["missing"], row["decision"]) == ("met", ["B"], DECISION)


def test_a_whole_of_merged_units_is_partly_done() -> None:
    whole = replace(SHARE, value_kind=ValueKind.ALL_OF, parts=("a", "b"))
    parts = [replace(SHARE, id=2, code="a"), replace(SHARE, id=3, code="b")]
    told = {"2025-H1": {"a": {"A": YES, "B": YES}, "b": {"A": YES, "B": NO}}}
    decided = {"2025-H1": DECISION}
    rests_on = evidence(told, whole, *parts, units=MERGED, steps=[MERGER], decided=decided)
    row = national(seen(rests_on, "2025-H1", JULY))
    assert (row["verdict"], row["partial"], row["decision"]) == ("not_met", ["C"], DECISION)


def parts_told(men: Part, women: Part | None = None) -> dict[str, Part]:
    return {"nam": men} | ({"nu": women} if women else {})


def test_rows_carry_what_was_told_by_parts() -> None:
    parts = {
        "2025-H1": {
            "T": {
                "A": parts_told(Part(100, 150), Part(200, 250)),
                "B": parts_told(Part(60, 60)),
            }
        }
    }
    rests_on = evidence(IN_HALF, BY_SEX, units=MERGED, steps=[MERGER], parts=parts)
    then = seen(rests_on, "2025-H1")
    of_a, of_b = own(then, "A"), own(then, "B")
    whole = {"nam": Part(100, 150), "nu": Part(200, 250)}
    assert (of_a["told"], "warnings" in of_a) == (Told(whole, 1, complete=True), False)
    assert of_b["told"] == Told({"nam": Part(60, 60)}, 1, complete=False)
    assert of_b["warnings"] == ["breakdown_incomplete"]
    both = Told({"nam": Part(160, 210), "nu": Part(200, 250)}, 2, complete=False)
    for row in (national(then), own(then.restate(JULY), "C")):
        assert (row["told"], row["warnings"]) == (both, ["breakdown_incomplete"])
    assert "told" not in own(seen(rests_on, "2025"), "C")


def test_a_split_takes_its_share_of_the_parts() -> None:
    told = {"2025-H1": {"T": {"A": counts(300, 390)}}}
    parts = {"2025-H1": {"T": {"A": parts_told(Part(90, 150), Part(210, 240))}}}
    rests_on = evidence(told, BY_SEX, units=SPLIT_UNITS, steps=[SPLIT], parts=parts)
    row = own(seen(rests_on, "2025-H1", JULY), "C")
    assert row["told"] == Told({"nam": Part(30, 50), "nu": Part(70, 80)}, 1, complete=True)
    assert "warnings" not in row


def test_parts_of_a_percent_or_of_nothing_are_not_told() -> None:
    parts = {"2025-H1": {"T": {"A": parts_told(Part(1, 2))}}}
    alone = {"2025-H1": {"T": {"A": percent(50), "B": counts(1, 2)}}}
    row = national(seen(evidence(alone, BY_SEX, parts=parts), "2025-H1"))
    assert "told" not in row
    registers = {"2025-H1": {"T": {"A": 4}}}
    lifted = evidence(alone, BY_SEX, parts=parts, registered=registers)
    # 2 of 4 by the register; the men alone are 1 of 2: the rest may be women.
    assert own(seen(lifted, "2025-H1"), "A")["told"] == Told({"nam": Part(1, 2)}, 1, complete=False)
    # One of those that C was made of gave a percent: there is no figure to tell by parts.
    merged = {"2025-H1": {"T": {"A": counts(1, 2), "B": percent(50)}}}
    lost = evidence(merged, BY_SEX, units=MERGED, steps=[MERGER], parts=parts)
    assert "told" not in own(seen(lost, "2025-H1", JULY), "C")
    plain = evidence(IN_HALF, POOLED, parts=parts)
    assert "told" not in own(seen(plain, "2025-H1"), "A")
    quarters = {"2025": {"T": {"A": parts_told(Part(100))}}}
    summed = evidence(FOUR, replace(SUM, breakdown=SEX), parts=quarters)
    assert "told" not in own(seen(summed, "2025"), "A")


def test_numbers_by_parts_that_are_too_many_are_flagged_beside_other_warnings() -> None:
    target = replace(TOTAL, breakdown=SEX)
    told = {"2025-H1": {"T": {"A": number(9)}}, "2025-9M": {"T": {"A": number(8)}}}
    parts = {"2025-9M": {"T": {"A": parts_told(Part(5), Part(4))}}}
    row = own(seen(evidence(told, target, parts=parts), "2025-9M"), "A")
    assert row["warnings"] == ["breakdown_mismatch", "running_total_fell"]
    assert row["told"] == Told({"nam": Part(5), "nu": Part(4)}, 1, complete=True)


ENDED = against(70, population_ends_on=EVE, due_on=date(2028, 12, 31))
LAST = {"2024": {"T": {"A": counts(50, 100)}}, "2025-H1": {"T": {"A": counts(70, 100)}}}


def test_a_population_that_has_ended_keeps_its_last_result() -> None:
    rests_on = evidence(LAST, ENDED, decided={"2025-H1": DECISION})
    half = rests_on.programme.periods["2025-H1"].period
    scene = seen(rests_on, "2025")
    wanted = {
        "verdict": "population_ended",
        "numerator": 70,
        "denominator": 100,
        "figure": 70,
        "met": True,
        "grades": {"A": 1},
        "frozen_in": half,
    }
    row = own(scene, "A")
    assert row == wanted | {"value": counts(70, 100), "coverage": Coverage(1, 1)}
    # B said nothing of it, and nobody asks for it any more.
    open_ = {"bounds": "unknown_denominator", "population": "unknown_denominator"}
    beside = {"coverage": Coverage(1, 2), "decision": DECISION, "reasons": open_}
    assert national(scene) == wanted | beside
    kept = scene.national(scene.targets["T"])
    assert (kept.period, kept.target) == (scene.period.period, ENDED)
    assert (kept.needed, kept.excess) == (None, None)
    assert scene.judged_in(ENDED).period.code == "2025-H1"
    assert scene.forecast(kept) == "population_ended"


def test_a_kept_result_stands_under_the_rule_of_the_day_it_is_looked_at() -> None:
    first, since = replace(ENDED, group=1), replace(ENDED, group=2, effective_on=JULY)
    scene = seen(evidence(LAST, first, since), "2025")
    for row in (scene.unit(since, "A"), scene.national(since)):
        assert (row.target, row.figure) == (since, Fraction(70))


def test_a_kept_result_is_told_on_the_basis_asked_for() -> None:
    told = {"2025-H1": {"T": {"A": counts(70, 100), "B": counts(10, 100)}}}
    scene = seen(evidence(told, ENDED, units=MERGED, steps=[MERGER]), "2025", JULY)
    row = own(scene, "C")
    assert (row["numerator"], row["denominator"], row["restated_on"]) == (80, 200, JULY)
    assert national(scene)["restated_on"] == JULY


def test_the_last_result_is_the_latest_that_was_told_before_the_end() -> None:
    early = {"2024": LAST["2024"], "2025": {"T": {"A": counts(1, 1)}}}
    scene = seen(evidence(early, ENDED), "2025")
    assert scene.judged_in(ENDED).period.code == "2024"
    assert own(scene, "A")["figure"] == 50
    # Of another target's report nothing is kept; a silent population has no result.
    other = replace(POOLED, id=2, code="S")
    silent = seen(evidence({"2025-H1": {"S": {"A": counts(1, 2)}}}, ENDED, other), "2025")
    assert silent.judged_in(ENDED) is silent
    assert national(silent) == {
        "verdict": "population_ended",
        "reasons": {"percent": "population_ended"},
    }
    lives = seen(evidence(LAST, ENDED), "2025-H1")
    assert lives.judged_in(ENDED) is lives


def test_a_dispersed_unit_keeps_its_past_on_every_later_day() -> None:
    gone = unit("X", None, EVE)
    told = {"2025-H1": {"T": {"X": counts(1, 4)}}}
    rests_on = evidence(told, units=(A, gone), steps=[Succession(JULY, ("X",), ())])
    scene = seen(rests_on, "2025-H1", JULY)
    assert scene.units(POOLED) == ["A", "X"]
    assert own(scene, "X")["numerator"] == 1
    # Nobody says what became of X: it simply ended.
    unsaid = seen(evidence(told, units=(A, gone)), "2025-H1", JULY)
    assert unsaid.units(POOLED) == ["A", "X"]
    before = evidence({}, units=(A, unit("X", None, date(2025, 6, 29))))
    assert seen(before, "2025-H1", JULY).units(POOLED) == ["A"]
