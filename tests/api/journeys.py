"""Steps that many tests take, in the field's words."""

from typing import Any

from tests.conftest import As

NC, TT = "NC-2024", "CTTT-2023-2028"
PHU_THO = f"/reports/{NC}/2024/P63-25"


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
