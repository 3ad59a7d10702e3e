"""What the pages load and we did not write is what VENDOR.md says it is."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "app" / "web" / "static" / "vendor"


def test_every_vendored_file_has_the_sum_that_is_written_down() -> None:
    written = dict(
        re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (VENDOR / "VENDOR.md").read_text(), re.M)
    )
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDOR.md"
    }
    assert found == written
