"""Steps that many tests take, in the field's words."""

from typing import Any

from tests.conftest import As

NC, TT = "NC-2024", "CTTT-2023-2028"
PHU_THO = f"/reports/{NC}/2024/P63-25"
RATIO = {
    "group": 1,
    "title_vi": "Chỉ tiêu để thử",
    "title_en": "A target to try",
    "value_kind": "ratio",
    "numerator_vi": "Số đạt",
    "denominator_vi": "Tổng số",
    "reported_by": ["province_federation", "sector_union"],
    "unit_rule": "pooled",
    "periods": ["year"],
    "comparator": "at_least",
    "threshold_percent": 90,
}
# Asks 63 provinces and 11 sector unions for 14 targets: 1,036 cells.
MANY: dict[str, Any] = {
    "code": "RONG",
    "title_vi": "Chương trình nhiều chỉ tiêu",
    "title_en": "A programme of many targets",
    "groups": [{"number": 1, "title_vi": "Nhóm", "title_en": "Group"}],
    "targets": [RATIO | {"code": f"R{one:02}"} for one in range(14)],
    "periods": [{"code": "2024", "due_on": "2024-12-15", "closes_on": "2025-01-31"}],
}


def ratio(target: str, numerator: int, denominator: int) -> dict[str, Any]:
    return {"target": target, "numerator": numerator, "denominator": denominator}


def submit(as_: As, unit: str, values: list[dict[str, Any]], place: str = f"{NC}/2024") -> Any:
    """The unit's reporter hands in a report that must be accepted."""
    path = f"/reports/{place}/{unit}"
    answer = as_("reporter", unit).put(path, json={"values": values, "submit": True})
    assert answer.status_code in (200, 201), answer.text
    return answer


def approved(as_: As, unit: str, values: list[dict[str, Any]], place: str = f"{NC}/2024") -> None:
    submit(as_, unit, values, place)
    answer = as_("reviewer").post(f"/reports/{place}/{unit}/approve")
    assert answer.status_code == 200, answer.text


def figure(as_: As, target: str, unit: str = "VGCL", place: str = f"{NC}/2024", **more: str) -> Any:
    """The one attainment of a target."""
    programme, period = place.split("/")
    query = {"programme": programme, "period": period, "target": target, "unit": unit, **more}
    answer = as_("viewer").get("/attainment", params=query)
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return item
