"""The command that brings a workbook in, with progress, and its faults marked in a copy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.db.session import Database
from app.domain.access import Actor, Role
from app.domain.text import nfc
from app.i18n import say
from app.schemas.fields import parse_json, read
from app.schemas.imports import ImportSent, LineSent, MappingIn, Wish
from app.services import imports, tokens
from app.services.filing import Circumstances
from app.services.receipts import Signer
from app.sheets.fence import BULK, Fence
from app.sheets.intake import Asked
from app.sheets.summary import told
from app.tables import faults_table
from app.workbooks import File, annotated, read_in

console = Console(stderr=True)


class ImportOrder(NamedTuple):
    """What a user said beside the file. `marked`: where the copy with its faults goes; None:
    beside the file."""

    file: Path
    asked: Asked
    wish: Wish
    mapping: Path | None
    marked: Path | None
    language: str


def import_file(database: Database, signer: Signer, order: ImportOrder) -> dict[str, Any]:
    """Under the limits for the centre; the summary as the API gives it."""
    sent = File(nfc(order.file.name), order.file.read_bytes())
    fence = Fence(1)
    try:
        kept = _run(database, fence, order, (sent, signer))
        if kept["errors"]:
            marked = order.marked or _beside(order.file)
            marked.write_bytes(annotated(fence, sent, kept, order.language))
    finally:
        fence.close()
    summary = told(kept, order.language)
    if summary["errors"] or summary["warnings"]:
        console.print(faults_table(summary, order.language))
    if summary["errors"]:
        console.print(say("cli.marked", order.language), escape(str(marked)), soft_wrap=True)
    return summary


def _beside(file: Path) -> Path:
    """bao-cao-loi.xlsx, or bao-cao-loi-2.xlsx: a file that is there is nobody's to overwrite."""
    names = chain([""], (f"-{number}" for number in count(2)))
    places = (file.with_name(f"{file.stem}-loi{name}.xlsx") for name in names)
    return next(place for place in places if not place.exists())


def _run(
    database: Database, fence: Fence, order: ImportOrder, what: tuple[File, Signer]
) -> dict[str, Any]:
    file, signer = what
    with database.writing() as session:
        actor = _actor(tokens.system(session), order.asked.unit)
    asked = order.asked
    if order.mapping is not None:
        sent_mapping = parse_json(order.mapping.read_bytes())
        asked = asked._replace(corrections=read(MappingIn, sent_mapping, "/mapping").judged())
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*bars, TimeElapsedColumn(), console=console) as progress:
        rows = progress.add_task(say("cli.reading", order.language), total=None)

        def seen(number: int) -> None:
            progress.advance(rows, number)

        sent = read_in(database, fence, actor, file, asked, limits=BULK, progress=seen)
        units = progress.add_task(say("cli.storing", order.language), total=None)
        watched = _watched(sent, lambda: progress.advance(units))
        given = Circumstances(datetime.now(UTC), signer, channel="workbook")
        with database.writing() as session:
            return imports.take_in(session, actor, watched, order.wish, given).summary


def _actor(system: Actor, unit: str | None) -> Actor:
    """As one unit's people, or as the centre with its consolidated workbook."""
    role = Role.REPORTER if unit else Role.REVIEWER
    return Actor(system.account_id, system.name, role, unit)


def _watched(sent: ImportSent, one_more: Callable[[], None]) -> ImportSent:
    def units() -> Iterator[tuple[str, Sequence[LineSent]]]:
        for unit in sent.units:
            one_more()
            yield unit

    return replace(sent, units=units())
