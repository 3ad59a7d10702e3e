"""The demonstration's federation that works in Excel: its template comes, is filled in, goes back.

What a person does by hand is done here by openpyxl; the doors are the real ones.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from openpyxl import load_workbook

from app.answers import XLSX

MARKED = Path("var/trinh-dien-loi.xlsx")
# What goes wrong in real files: a numerator too large, a percent that reads two ways, a guess.
SLIPS: Mapping[str, Mapping[str, Any]] = {
    "NC2": {"numerator": 520, "denominator": 500},
    "NC3": {"percent": "0,95"},
    "NC1a": {"done": "gần xong"},
    "NC1b": {"done": True},
}
WORDS: Mapping[Any, str] = {True: "Đã làm", False: "Chưa làm"}


def send(
    client: httpx2.Client, path: str, values: Sequence[Mapping[str, Any]], headers: dict[str, str]
) -> None:
    """One federation's report, template out and workbook in. `path`: programme/period/unit."""
    fields = {str(value["target"]): value for value in values}
    content = _filled(_template(client, path, headers), fields)
    answer = _posted(client, content, headers, submit="true")
    answer.raise_for_status()


def send_with_slips(client: httpx2.Client, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """A workbook with faults: nothing of it is stored, and it comes back with every fault marked,
    as the file MARKED. The summary of the import."""
    content = _filled(_template(client, path, headers), SLIPS)
    answer = _posted(client, content, headers)
    summary: dict[str, Any] = answer.json()
    marked = client.get(summary["annotated"], headers=headers)
    marked.raise_for_status()
    MARKED.parent.mkdir(parents=True, exist_ok=True)
    MARKED.write_bytes(marked.content)
    return summary


def _template(client: httpx2.Client, path: str, headers: dict[str, str]) -> bytes:
    programme, period, unit = path.split("/")
    query = {"unit": unit}
    address = f"/api/v1/templates/{programme}/{period}.xlsx"
    answer = client.get(address, params=query, headers=headers)
    answer.raise_for_status()
    return answer.content


def _posted(
    client: httpx2.Client, content: bytes, headers: dict[str, str], **query: str
) -> httpx2.Response:
    file = {"file": ("trinh-dien.xlsx", content, XLSX)}
    return client.post("/api/v1/imports", files=file, params=query, headers=headers)


def _filled(template: bytes, fields: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The cells under the hidden row of keys, by target and field."""
    book = load_workbook(BytesIO(template))
    sheet = book["Báo cáo"]
    rows = sheet.iter_rows()
    keys = next(keyed for row in rows if "target" in (keyed := [cell.value for cell in row]))
    for row in rows:
        told = fields.get(str(row[keys.index("target")].value), {})
        for key, cell in zip(map(str, keys), row, strict=True):
            if key in told and key not in ("unit", "target"):
                cell.value = WORDS.get(told[key], told[key]) if key == "done" else told[key]
    out = BytesIO()
    book.save(out)
    return out.getvalue()
