"""Every figure can be explained: what it rests on, and what was left out (rule 23)."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from tests.api.journeys import NC, TT, approved, figure, ratio, submit
from tests.conftest import As


def explained(as_: As, target: str, unit: str = "VGCL", place: str = f"{NC}/2024"):  # type: ignore[no-untyped-def]
    """By the very address that the figure itself gives."""
    address = figure(as_, target, unit, place)["explain"]
    answer = as_("viewer").get(address.removeprefix("/api/v1"))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def four(as_: As) -> As:
    approved(as_, "P63-01", [ratio("NC2", 45_000, 50_000)])
    approved(as_, "P63-02", [ratio("NC2", 3_000, 6_000)])
    approved(as_, "P63-04", [{"target": "NC2", "percent": "85"}])
    approved(as_, "P63-06", [{"target": "NC2", "not_applicable": "không có khối này"}])
    submit(as_, "P63-08", [ratio("NC2", 1, 1)])
    return as_


def test_the_inputs_add_up_to_the_printed_figure(four: As) -> None:
    told = explained(four, "NC2")
    counted = [one for one in told["inputs"] if one["numerator"] is not None]
    assert [(one["unit"], one["numerator"], one["denominator"]) for one in counted] == [
        ("P63-02", 3_000, 6_000),
        ("P63-01", 45_000, 50_000),
    ]
    assert sum(one["numerator"] for one in counted) == told["result"]["numerator"] == 48_000
    assert sum(one["denominator"] for one in counted) == told["result"]["denominator"] == 56_000
    assert told["excluded"] == [{"unit": "P63-04", "reason": "percent_only"}]
    assert told["not_applicable"] == [{"unit": "P63-06", "reason": "không có khối này"}]
    assert "P63-08" in told["missing"]
    assert "ΣN ÷ ΣD" in told["formula"]
    assert told["result"] == figure(four, "NC2")


def test_an_input_names_its_report_revision_person_and_door(four: As) -> None:
    hanoi = next(one for one in explained(four, "NC2")["inputs"] if one["unit"] == "P63-01")
    assert {k: hanoi[k] for k in ("report", "revision", "by", "channel", "grade", "cell")} == {
        "report": f"/api/v1/reports/{NC}/2024/P63-01",
        "revision": 1,
        "by": "reporter P63-01",
        "channel": "api",
        "grade": "A",
        "cell": None,
    }
    own = explained(four, "NC2", "P63-04")
    assert [(one["percent"], one["grade"]) for one in own["inputs"]] == [(85, "C")]


def test_a_target_of_parts_rests_on_its_parts(as_: As) -> None:
    parts = [{"target": "NC1a", "done": True}, {"target": "NC1b", "done": False}]
    approved(as_, "P63-01", parts)
    told = explained(as_, "NC1", "P63-01")
    assert [(one["target"], one["done"]) for one in told["inputs"]] == [
        ("NC1a", True),
        ("NC1b", False),
    ]
    assert told["result"]["done"] is False


def test_a_year_made_of_quarters_rests_on_the_latest(as_: As) -> None:
    for quarter, done in (("2024-Q1", False), ("2024-Q3", True)):
        approved(as_, "VGCL", [{"target": "TT2", "done": done}], f"{TT}/{quarter}")
    told = explained(as_, "TT2", place=f"{TT}/2024")
    assert [(one["period"], one["done"]) for one in told["inputs"]] == [("2024-Q3", True)]


def test_an_explanation_is_in_the_reader_s_language_and_for_one_figure(four: As) -> None:
    query = f"/attainment/explain?programme={NC}&period=2024&target=NC1&unit=VGCL"
    told = four("viewer").get(query, headers={"Accept-Language": "en"}).json()
    assert told["formula"].startswith("Units done")
    assert four("viewer").get(query.replace("NC1", "NC9")).status_code == 404
    assert four("viewer").get(query.replace("VGCL", "P63-99")).status_code == 404
    assert four("reporter", "P63-01").get(f"{query}&include=submitted").status_code == 403


UNITS = ["P63-25", "P63-17", "P63-26", "P63-01", "P63-02", "P63-04", "S-GD", "S-YT", "P63-08"]


def random_value(chance: Random) -> dict[str, Any] | None:
    denominator = chance.randint(0, 500)
    numerator = chance.randint(0, denominator)
    forms: list[dict[str, Any] | None] = [
        {"numerator": numerator, "denominator": denominator},
        {"numerator": numerator, "denominator": denominator},
        {"percent": f"{chance.randint(2, 99)},{chance.randint(0, 9)}"},
        {"not_applicable": "không có"},
        None,
    ]
    return chance.choice(forms)


def tell(as_: As, chance: Random) -> None:
    """What every unit says of NC2 and NC1a, and the populations registered, at random."""
    registered = []
    for unit in UNITS:
        values = [{"target": "NC1a", "done": chance.random() < 0.6}]
        if value := random_value(chance):
            values.append({"target": "NC2", **value})
        approved(as_, unit, values)
        if chance.random() < 0.5:
            size = chance.randint(1, 900)
            registered.append(
                {"unit": unit, "target": "NC2", "period": "2024", "denominator": size}
            )
    assert as_("admin").put("/registers", json={"rows": registered}).status_code == 200


def summed(told: Any, field: str) -> Fraction:
    """As a reader adds them up: each input by the part that is in the figure."""
    lines = [one for one in told["inputs"] if one["denominator"] is not None]
    return sum(
        (Fraction(str(one[field])) * Fraction(one.get("share", "1")) for one in lines), Fraction(0)
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_inputs_of_every_figure_add_up_to_it(as_: As, seed: int) -> None:
    tell(as_, Random(seed))  # noqa: S311 - a world that can be had again
    query = {"programme": NC, "period": "2024", "target": ["NC2", "NC1a"]}
    restated = {"basis": "restated", "on": "2025-07-01"}
    looked_at = 0
    for basis in ({}, restated):
        for row in as_("viewer").get("/attainment", params=query | basis).json()["items"]:
            if row["percent"] is None and row["verdict"] in ("no_data", "not_applicable"):
                continue
            told = as_("viewer").get(row["explain"].removeprefix("/api/v1")).json()
            assert told["result"] == row
            looked_at += 1
            if row["target"] == "NC2" and row["denominator"] is not None:
                for field in ("numerator", "denominator"):
                    assert summed(told, field) == Fraction(str(row[field])), (row["unit"], field)
            if row["target"] == "NC1a" and row["scope"] == "national" and not basis:
                assert sum(one["done"] for one in told["inputs"]) == row["numerator"]
    assert looked_at > len(UNITS)
