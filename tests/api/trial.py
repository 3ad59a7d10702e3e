"""A programme of a test's own, so that the sixty-three others do not disturb the arithmetic."""

from typing import Any

from tests.api.journeys import figure
from tests.conftest import As

OWN = "THU-2024"  # a programme of these tests alone


def target(code: str, kind: str = "ratio", **more: Any) -> dict[str, Any]:
    """A target of provinces, at least 70 % (a number: at least 70) by the end of 2024."""
    rule = {"ratio": "pooled", "count": "sum"}.get(kind, "share_of_units")
    return {
        "code": code,
        "group": 1,
        "title_vi": code,
        "title_en": code,
        "value_kind": kind,
        "unit_of_count": "persons",
        "reported_by": ["province_federation"],
        "unit_rule": rule,
        "periods": ["year"],
        "comparator": "at_least",
        "threshold_count" if kind == "count" else "threshold_percent": 70,
        "due_on": "2024-12-31",
    } | more


def programme(as_: As, *targets: dict[str, Any], periods: tuple[str, ...], **more: Any) -> None:
    made = {
        "code": OWN,
        "title_vi": "Thử",
        "title_en": "Trial",
        "groups": [{"number": 1, "title_vi": "Một", "title_en": "One"}],
        "targets": list(targets),
        "periods": [{"code": code} for code in periods],
    }
    answer = as_("admin").post("/programmes", json=made | more)
    assert answer.status_code == 201, answer.text


def units(as_: As, *codes: str, first: str | None = None) -> None:
    """Provincial federations, from a day on."""
    for code in codes:
        name = {"name_vi": code, "short_vi": code, "name_en": code}
        made = {"code": code, "kind": "province_federation", "names": [name], "valid_from": first}
        assert as_("admin").post("/units", json=made).status_code == 201


def become(as_: As, on: str, old: str, new: str, **more: Any) -> Any:
    """become(as_, "2025-07-01", "A B", "C") is refused or recorded."""
    made = {"effective_on": on, "predecessors": old.split(), "successors": new.split(), **more}
    return as_("admin").post("/successions", json=made)


def became(as_: As, on: str, old: str, new: str, **more: Any) -> None:
    answer = become(as_, on, old, new, **more)
    assert answer.status_code == 201, answer.text


def own(as_: As, code: str, unit: str, period: str = "2024", **more: str) -> Any:
    return figure(as_, code, unit, f"{OWN}/{period}", **more)


def restated(as_: As, code: str, unit: str, on: str = "2025-07-01", period: str = "2024") -> Any:
    return own(as_, code, unit, period, basis="restated", on=on)


def of(row: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in wanted}


def explained(as_: As, row: dict[str, Any]) -> Any:
    return as_("viewer").get(row["explain"].removeprefix("/api/v1")).json()
