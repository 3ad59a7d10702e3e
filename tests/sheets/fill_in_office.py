"""Fills cells of a workbook in LibreOffice, as a person would, and saves it.

Run by the system's own Python, which has LibreOffice's bridge:
fill_in_office.py PROGRAM PROFILE SENT SAVED FILTER CELLS, the last as JSON: [[sheet, cell, value]].
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]

DEADLINE_SECONDS = 60


def option(name: str, value: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def desktop(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            context = resolver.resolve(address)
            break
        except NoConnectException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


def main() -> None:
    program, profile, sent, saved, kind, cells = sys.argv[1:]
    pipe = f"chitieu{Path(profile).stat().st_ino}"
    accept = f"--accept=pipe,name={pipe};urp;"
    home = f"-env:UserInstallation={Path(profile).as_uri()}"
    office = subprocess.Popen([program, home, "--headless", "--norestore", accept])
    try:
        document = desktop(pipe).loadComponentFromURL(
            Path(sent).as_uri(), "_blank", 0, (option("Hidden", True),)
        )
        for sheet, cell, value in json.loads(cells):
            place = document.Sheets.getByName(sheet).getCellRangeByName(cell)
            if isinstance(value, str):
                place.setString(value)
            else:
                place.setValue(value)
        document.calculateAll()
        document.storeToURL(Path(saved).as_uri(), (option("FilterName", kind),))
        document.close(True)
    finally:
        office.terminate()
        office.wait(DEADLINE_SECONDS)


main()
