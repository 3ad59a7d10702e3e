"""Snapshots: what a period came to, frozen, signed, and worked out again by anyone."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.services import frozen
from tests.api.journeys import NC, TT, approved, figure, ratio
from tests.conftest import As

HOURS = {"programme": NC, "period": "2024"}


def taken(as_: As, **asked: str) -> Any:
    """A snapshot as it is given out."""
    made = as_("admin").post("/snapshots", json=HOURS | asked)
    assert made.status_code == 201, made.text
    return as_("viewer").get(f"/snapshots/{made.json()['id']}").json()


def verified(as_: As, id_: str) -> Any:
    return as_("viewer").get(f"/snapshots/{id_}/verify").json()


@pytest.fixture
def told(as_: As) -> As:
    approved(as_, "P63-01", [ratio("NC2", 45_000, 50_000), {"target": "NC1a", "done": True}])
    approved(as_, "P63-02", [ratio("NC2", 3_000, 6_000), {"target": "NC3", "percent": "61,5"}])
    approved(as_, "P63-04", [ratio("NC2", 9_500, 10_000)])
    register = {"unit": "P63-02", "target": "NC3", "period": "2024", "denominator": 200}
    assert as_("admin").put("/registers", json={"rows": [register]}).status_code == 200
    return as_


def test_a_snapshot_keeps_what_it_froze_whatever_comes_later(told: As) -> None:
    snapshot = taken(told)
    rows = {(r["target"], r["unit"], r["scope"]): r for r in snapshot["content"]["results"]}
    national = rows["NC2", "VGCL", "national"]
    # 45 000 + 3 000 + 9 500 of 50 000 + 6 000 + 10 000
    assert (national["numerator"], national["denominator"]) == (57_500, 66_000)
    assert (national["percent"], national["needed"]) == ("87.12", 1_900)
    assert rows["NC3", "P63-02", "unit"]["grades"]["B"] == 1
    approved(told, "P63-06", [ratio("NC2", 1, 2)])
    assert figure(told, "NC2")["numerator"] == 57_501
    again = told("viewer").get(f"/snapshots/{snapshot['id']}").json()
    assert again == snapshot
    assert verified(told, snapshot["id"]) == {
        "valid": True,
        "digest": True,
        "chain": True,
        "signature": True,
        "figures": True,
        "differences": [],
    }


def test_every_snapshot_names_the_one_before(told: As) -> None:
    first, second = taken(told), taken(told, programme=TT)
    assert (first["previous"], second["previous"]) == (None, first["sha256"])
    assert second["content"]["previous"] == first["sha256"]
    listed = told("auditor").get("/snapshots").json()["items"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert verified(told, second["id"])["valid"] is True


def test_any_json_tool_can_take_the_digest(told: As) -> None:
    """Sorted keys, no spaces, integers and text only: as `jq -cSj .content` writes it."""
    snapshot = taken(told)
    plain = json.dumps(
        snapshot["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert hashlib.sha256(plain.encode()).hexdigest() == snapshot["sha256"]


def test_only_an_admin_freezes_and_only_what_there_is(as_: As) -> None:
    for role in ("viewer", "auditor", "reviewer"):
        assert as_(role).post("/snapshots", json=HOURS).status_code == 403
    assert as_("reporter", "P63-01").post("/snapshots", json=HOURS).status_code == 403
    assert as_("admin").post("/snapshots", json=HOURS | {"period": "2031"}).status_code == 404
    assert as_("admin").post("/snapshots", json={"programme": NC}).status_code == 422
    assert as_("viewer").get("/snapshots/000009").status_code == 404


def offline(tmp_path: Path, keys: Any, *snapshots: Any) -> tuple[int, str]:
    """`chitieu snapshot verify` on files, without a database."""
    (tmp_path / "keys.json").write_text(json.dumps(keys), "utf-8")
    files = []
    for snapshot in snapshots:
        files.append(tmp_path / f"snapshot-{snapshot['id']}.json")
        files[-1].write_text(json.dumps(snapshot), "utf-8")
    command = ["snapshot", "verify", *map(str, files), "--keys", str(tmp_path / "keys.json")]
    done = CliRunner().invoke(cli, command, env={"CHITIEU_DATABASE_URL": "sqlite:////nowhere/x.db"})
    return done.exit_code, done.output


def test_a_snapshot_is_verified_offline_and_a_forged_one_is_not(told: As, tmp_path: Path) -> None:
    first, second = taken(told), taken(told)
    keys = told(None).client.get("/.well-known/chitieu-keys.json").json()
    code, said = offline(tmp_path, keys, first, second)
    assert (code, said.count("valid")) == (0, 2)

    def row(snapshot: Any) -> Any:
        return next(r for r in snapshot["content"]["results"] if r["target"] == "NC2")

    forged = json.loads(json.dumps(first))
    row(forged)["percent"] = "91.00"
    code, said = offline(tmp_path, keys, forged)
    assert (code, "digest" in said) == (1, True)
    # With a digest that fits, the signature does not.
    forged["sha256"] = hashlib.sha256(frozen.canonical(forged["content"])).hexdigest()
    code, said = offline(tmp_path, keys, forged)
    assert code == 1
    assert "digest" not in said
    assert "signature" in said
    # One left out of the middle breaks the chain.
    third = taken(told)
    code, said = offline(tmp_path, keys, first, third)
    assert (code, "chain" in said) == (1, True)
    assert offline(tmp_path, {"keys": []}, first)[0] == 1


def test_a_figure_that_does_not_follow_from_its_inputs_is_named(told: As) -> None:
    content = taken(told)["content"]
    row = next(r for r in content["results"] if (r["target"], r["scope"]) == ("NC2", "national"))
    row["needed"] = 0
    assert frozen.differences(content) == ["NC2/VGCL/national: needed"]
