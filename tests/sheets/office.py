"""LibreOffice without a screen: what a sender's own program makes of a file."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 60


def converted(data: bytes, suffix: str, to: str, tmp_path: Path) -> bytes:
    """The file (`suffix` says what it is: "xlsx") as LibreOffice saves it ("xlsx", "ods", "pdf").

    A profile of its own under `tmp_path`, so that no two runs wait for each other.
    """
    program = shutil.which("soffice")
    assert program, "LibreOffice (soffice) is not on this machine: these tests need it"
    sent, saved = tmp_path / f"sent.{suffix}", tmp_path / "saved"
    sent.write_bytes(data)
    done = subprocess.run(
        [
            program,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            to,
            "--outdir",
            saved,
            sent,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    made = saved / f"sent.{to.partition(':')[0]}"
    assert made.exists(), f"LibreOffice made nothing: {done.stdout}{done.stderr}"
    return made.read_bytes()


FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "xls": "MS Excel 97"}
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has LibreOffice's bridge (python3-uno)


def filled(data: bytes, cells: Mapping[str, Any], to: str, tmp_path: Path) -> bytes:
    """The workbook after a person has typed into cells of its sheet "Báo cáo", saved as `to`."""
    program = shutil.which("soffice")
    assert program, "LibreOffice (soffice) is not on this machine: these tests need it"
    sent, saved, profile = tmp_path / "empty.xlsx", tmp_path / f"full.{to}", tmp_path / "typed"
    sent.write_bytes(data)
    profile.mkdir(exist_ok=True)
    typed = json.dumps([["Báo cáo", cell, value] for cell, value in cells.items()])
    script = Path(__file__).with_name("fill_in_office.py")
    done = subprocess.run(
        [SYSTEM_PYTHON, script, program, profile, sent, saved, FILTERS[to], typed],
        check=False,
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
    )
    assert saved.exists(), f"LibreOffice saved nothing: {done.stdout}{done.stderr}"
    return saved.read_bytes()
