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
from app.sheets.around import Told, Window, around
from app.sheets.fence import BULK, INTERACTIVE, Fence, Limits
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
        sent = take(book, file, defined, asked._replace(known=known), progress)
    return replace(sent, said=asked.said())


def annotated(fence: Fence, file: File, summary: dict[str, Any], language: str) -> bytes:
    """The sender's own workbook with its faults; of what is no .xlsx, a copy that is one.

    Under the limits for the centre: what is marked was read before, under its own.
    """
    argument = marking(summary, language)
    with fence.reading(file.content, BULK) as book:
        if book.form != "xlsx":
            return copied(book.sheets, argument)
    return fence.run("annotate", file.content, argument, BULK)


def seen_at(
    fence: Fence, file: File, sheet: str, at: tuple[int, int], only: Told | None = None
) -> Window | None:
    """A cell of a file that was read before, with what stands around it, or `only` what one report
    tells of that; None: no such sheet."""
    with fence.reading(file.content, BULK) as book:
        return around(book, sheet, at, only)
