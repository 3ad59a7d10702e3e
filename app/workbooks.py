"""What the doors share about files: a workbook read through the fence into an import, and back."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from app.db.session import Database
from app.domain.access import Actor
from app.schemas.imports import ImportSent
from app.services import imports
from app.services.definitions import catalogue
from app.sheets.annotate import copied
from app.sheets.fence import INTERACTIVE, Fence, Limits
from app.sheets.intake import Asked, take
from app.sheets.roles import Known
from app.sheets.summary import marking


class File(NamedTuple):
    """`name` is only ever shown: what the bytes are decides how they are read."""

    name: str
    content: bytes


def _unseen(rows: int) -> None:
    """Nobody watches."""


def read_in(  # noqa: PLR0913 - which file, of whom, how, behind which fence
    database: Database,
    fence: Fence,
    actor: Actor,
    file: File,
    asked: Asked,
    *,
    limits: Limits = INTERACTIVE,
    progress: Callable[[int], None] = _unseen,
) -> ImportSent:
    """The file's lines as contracts, against the catalogue and what the sender confirmed before."""
    with database.reading() as session:
        defined = catalogue(session)
        before = imports.remembered(session, actor)
    known = reduce(Known.with_, map(Known.from_json, before), Known())
    with fence.reading(file.content, limits) as book:
        return take(book, file, defined, asked._replace(known=known), progress)


def annotated(
    fence: Fence,
    file: File,
    summary: dict[str, Any],
    language: str,
    limits: Limits = INTERACTIVE,
) -> bytes:
    """The sender's own workbook with its faults; of what is no .xlsx, a copy that is one.

    Twenty thousand faults take longer to write than to read.
    """
    argument = marking(summary, language)
    slower = replace(limits, seconds=5 * limits.seconds, cpu_seconds=5 * limits.cpu_seconds)
    with fence.reading(file.content, limits) as book:
        if book.form != "xlsx":
            return copied(book.sheets, argument)
    return fence.run("annotate", file.content, argument, slower)
