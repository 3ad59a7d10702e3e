"""A receipt is kept by the federation, and proves what it handed in to anyone, for good."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.cli import cli
from app.main import create_app
from app.services.receipts import Signer
from app.services.vault import Vault
from app.settings import Settings
from tests.api.journeys import NC, PHU_THO, ratio, submit
from tests.conftest import SECRET, As, Caller, TokenFactory

DOCS = Path(__file__).parents[1] / "docs" / "audit.md"
OTHER_SECRET = "another-" + "Zm4Kq8Tn2Wc6Rb9Xv1Lp5Hd3" + "Ys7"
KEYS = "/.well-known/chitieu-keys.json"
VALUES = [ratio("NC2", 300, 400), {"target": "NC3", "percent": "61,50", "note": "tạm tính"}]


@pytest.fixture
def kept(as_: As, tmp_path: Path) -> Path:
    """A folder in which a unit keeps its receipt, its report as it read it, and the keys."""
    reporter = as_("reporter", "P63-25")
    submit(as_, "P63-25", VALUES)
    for name, answer in (
        ("receipt", reporter.get(f"{PHU_THO}/receipt")),
        ("report", reporter.get(PHU_THO)),
        ("keys", reporter.client.get(KEYS)),
    ):
        assert answer.status_code == 200
        (tmp_path / f"{name}.json").write_bytes(answer.content)
    return tmp_path


def verify(folder: Path, *options: str) -> tuple[int, str]:
    files = [str(folder / "receipt.json"), "--keys", str(folder / "keys.json")]
    command = ["receipt", "verify", *files, *options]
    done = CliRunner().invoke(cli, command, env={"CHITIEU_DATABASE_URL": "sqlite:////nowhere/x"})
    return done.exit_code, done.stdout


def changed(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def test_a_receipt_says_what_was_received_when_and_by_which_key(as_: As) -> None:
    sent = submit(as_, "P63-25", VALUES).json()["receipt"]
    answer = as_("reporter", "P63-25").get(f"{PHU_THO}/receipt")
    receipt = answer.json()
    assert receipt["report"] == PHU_THO.lstrip("/")
    assert receipt["statement"] == f"{sent['hash']}|{sent['at']}|{PHU_THO.lstrip('/')}"
    assert (receipt["content_sha256"], receipt["at"]) == (sent["hash"], sent["at"])
    assert (receipt["algorithm"], receipt["signature"]) == ("Ed25519", sent["signature"])
    (key,) = as_(None).client.get(KEYS).json()["keys"]
    assert receipt["key_id"] == key["kid"]
    assert answer.headers["content-disposition"] == (
        f'inline; filename="bien-nhan-reports-{NC}-2024-P63-25.json"'
    )
    again = {"If-None-Match": answer.headers["etag"]}
    assert as_("reporter", "P63-25").get(f"{PHU_THO}/receipt", headers=again).status_code == 304


def test_a_receipt_is_read_by_whoever_may_read_the_report(as_: As) -> None:
    path = f"{PHU_THO}/receipt"
    assert as_("reporter", "P63-25").get(path).status_code == 404
    draft = {"values": VALUES}
    assert as_("reporter", "P63-25").put(PHU_THO, json=draft).status_code == 201
    assert as_("reporter", "P63-25").get(path).status_code == 404
    assert as_("reporter", "P63-25").post(f"{PHU_THO}/submit").status_code == 200
    for role, unit in (("reporter", "P63-25"), ("reviewer", None), ("auditor", None)):
        assert as_(role, unit).get(path).status_code == 200
    assert as_("reporter", "P63-01").get(path).status_code == 404
    assert as_(None).get(path).status_code == 401


def test_a_kept_receipt_is_verified_without_the_service(kept: Path) -> None:
    assert verify(kept) == verify(kept, "--report", str(kept / "report.json"))
    code, said = verify(kept)
    assert code == 0
    assert said.startswith("receipt.json: valid\n")
    assert PHU_THO.lstrip("/") in said


def test_a_receipt_of_another_content_is_told(kept: Path) -> None:
    report = kept / "report.json"
    changed(report, lambda content: content["values"][0].update(numerator=301))
    assert verify(kept, "--report", str(report)) == (1, "receipt.json: wrong: content\n")
    assert verify(kept)[0] == 0


FORGERIES = [
    ("content_sha256", "f" * 64, "statement, signature"),
    ("at", "2024-12-09T03:00:00.000000Z", "statement, signature"),
    ("report", "reports/NC-2024/2024/P63-01", "statement, signature"),
    ("statement", "something else", "statement"),
    ("signature", "AAAA", "signature"),
    ("signature", "not base64", "signature"),
]


def test_a_forged_receipt_is_not_valid(kept: Path) -> None:
    receipt = kept / "receipt.json"
    good = receipt.read_bytes()
    for field, other, wrong in FORGERIES:
        receipt.write_text(json.dumps(json.loads(good) | {field: other}), "utf-8")
        assert verify(kept) == (1, f"receipt.json: wrong: {wrong}\n"), field


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": {}}', "\x00"])
def test_what_is_no_receipt_cannot_be_verified(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text('{"keys": []}', "utf-8")
    (tmp_path / "receipt.json").write_text(content, "utf-8")
    code, said = verify(tmp_path)
    assert code == 1
    assert "cannot be verified" in said


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_ten_lines_of_python_from_the_docs_verify_a_receipt(kept: Path) -> None:
    assert len(block("python").strip().splitlines()) <= 10

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", block("python")]
        return subprocess.run(command, cwd=kept, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"valid: {PHU_THO.lstrip('/')} received at 2")
    changed(kept / "receipt.json", lambda receipt: receipt.update(report="reports/x"))
    forged = run()
    assert forged.returncode == 1
    assert "InvalidSignature" in forged.stderr


def test_a_receipt_outlives_the_key_that_signed_it(
    as_: As, kept: Path, url: str, token: TokenFactory
) -> None:
    ring = kept / "old_keys"
    ring.write_text(f"{SECRET}\n", "utf-8")
    settings = Settings(database_url=url, secret_key=OTHER_SECRET, old_secret_keys_file=ring)
    with TestClient(create_app(settings)) as client:
        published = client.get(KEYS).json()["keys"]
        old = json.loads((kept / "keys.json").read_text("utf-8"))["keys"]
        assert [key["kid"] for key in published] == [Signer(OTHER_SECRET).key_id, old[0]["kid"]]
        reporter = Caller(client, token("reporter", "P63-25"))
        shown = reporter.get(f"{PHU_THO}/receipt")
        assert shown.content == (kept / "receipt.json").read_bytes()
        (kept / "keys.json").write_bytes(client.get(KEYS).content)
        assert verify(kept)[0] == 0
        # What is handed in now is signed with the key of now.
        path = f"/reports/{NC}/2024/P63-01"
        other = Caller(client, token("reporter", "P63-01"))
        assert other.put(path, json={"values": VALUES, "submit": True}).status_code == 201
        assert other.get(f"{path}/receipt").json()["key_id"] == published[0]["kid"]


def test_what_was_sealed_with_an_old_key_opens_and_new_is_sealed_with_the_new() -> None:
    sealed = Vault(SECRET).seal("bí mật")
    turned = Vault(OTHER_SECRET, (SECRET,))
    assert turned.open(sealed) == "bí mật"
    assert Vault(OTHER_SECRET).open(turned.seal("bí mật")) == "bí mật"
    with pytest.raises(ValueError, match="another key"):
        Vault(OTHER_SECRET).open(sealed)
