"""Snapshots of the past still verify and still come to the same digits."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.services import frozen
from app.services.snapshots import verify
from tests.api.journeys import approved, ratio
from tests.api.trial import OWN, became, programme, target, units
from tests.conftest import As

GOLDEN = Path(__file__).parent.parent / "golden"
PAST = sorted(path for path in GOLDEN.glob("*.json") if ".keys" not in path.name)
PERIODS = ("2024", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2025-H1", "2025", "2026")


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("path", PAST, ids=lambda path: path.stem)
def test_a_snapshot_of_the_past_verifies_and_recomputes(path: Path) -> None:
    snapshot, keys = read(path), read(path.with_suffix(".keys.json"))
    assert len(snapshot["content"]["results"]) > 20
    assert verify(snapshot, keys, None) == {
        "valid": True,
        "digest": True,
        "chain": True,
        "signature": True,
        "figures": True,
        "differences": [],
    }


def trial_world(as_: As) -> None:
    """A bit of every rule: pace, parts, registers, quarters, a merger, an ended population."""
    ahead: dict[str, Any] = {
        "due_on": "2028-12-31",
        "baseline_percent": 20,
        "baseline_on": "2023-12-31",
    }
    milestones = [{"on": "2025-12-31", "percent": 32}]
    sexes = [{"code": one, "title_vi": one, "title_en": one} for one in ("nam", "nu")]
    by_sex = {"title_vi": "Giới", "title_en": "Sex", "categories": sexes}
    quarters: dict[str, Any] = {"periods": ["quarter"], "due_on": "2025-12-31"}
    ended: dict[str, Any] = {"population_ends_on": "2025-06-30", "periods": ["year", "half"]}
    programme(
        as_,
        target("TRACK", **ahead, milestones=milestones, threshold_percent=50, breakdown=by_sex),
        target("POOL", due_on=None),
        target("SUM", "count", **quarters, period_rule="sum"),
        target("RUN", "count", **quarters, period_rule="running_total"),
        target("ENDED", **ended),
        target("DOWN", comparator="at_most", threshold_percent=10, baseline_percent=50),
        target("ALL", "all_of"),
        target("PART1", "yes_no", parent="ALL"),
        target("PART2", "yes_no", parent="ALL"),
        periods=PERIODS,
    )
    units(as_, "A", "B", "D")
    units(as_, "C", first="2025-07-01")
    became(as_, "2025-07-01", "A B", "C")


def tell(as_: As) -> None:
    yes = [{"target": "PART1", "done": True}, {"target": "PART2", "done": True}]
    parts = {
        "nam": {"numerator": 20, "denominator": 50},
        "nu": {"numerator": 13, "denominator": 50},
    }
    for unit, counts in {"A": (300, 400), "B": (200, 250), "D": (17_999, 20_000)}.items():
        lines = [ratio("POOL", *counts), ratio("TRACK", *counts), *yes]
        approved(as_, unit, lines, f"{OWN}/2024")
        approved(as_, unit, [ratio("ENDED", *counts)], f"{OWN}/2025-H1")
    for period, value in {"2025-Q1": 10, "2025-Q2": 9}.items():
        for unit in "AB":
            lines = [{"target": code, "value": value} for code in ("SUM", "RUN")]
            approved(as_, unit, lines, f"{OWN}/{period}")
    approved(as_, "C", [{"target": "SUM", "value": 5}], f"{OWN}/2025-Q3")
    tracked = ratio("TRACK", 33, 100) | {"breakdown": parts}
    down = ratio("DOWN", 8, 100)
    approved(as_, "C", [tracked, {"target": "POOL", "percent": "61,5"}, down, *yes], f"{OWN}/2025")
    outside = {"target": "POOL", "not_applicable": "không có"}
    approved(as_, "D", [ratio("TRACK", 0, 0), outside, yes[0]], f"{OWN}/2025")
    row = {"unit": "C", "target": "POOL", "period": "2025", "denominator": 2_000}
    assert as_("admin").put("/registers", json={"rows": [row]}).status_code == 200


def frozen_now(as_: As) -> Any:
    trial_world(as_)
    tell(as_)
    made = as_("admin").post("/snapshots", json={"programme": OWN, "period": "2025"})
    assert made.status_code == 201, made.text
    return as_("viewer").get(made.json()["links"]["self"].removeprefix("/api/v1")).json()


def test_today_s_figures_of_the_same_world_are_those_of_the_past(as_: As) -> None:
    """From the reports on, through every door: not only from frozen inputs."""
    now = frozen_now(as_)["content"]
    then = read(PAST[-1])["content"]
    now["known_at"] = then["known_at"]
    then["inputs"], then["definitions"] = now["inputs"], now["definitions"]
    for row in then["results"]:
        row["known_at"] = now["known_at"]
    assert frozen.differences(now | {"results": then["results"]}) == []
