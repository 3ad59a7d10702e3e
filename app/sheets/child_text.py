"""Reading CSV and its relatives, in the child: what cannot be decoded is refused, never guessed."""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from app.domain.errors import NotAWorkbook, WorkbookRejected
from app.sheets.cells import SheetFacts
from app.sheets.child_out import Line, Out
from app.sheets.screen import LONGEST_TEXT, Limits

MARKS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# In this order on equal evidence: a comma may be a decimal one.
DELIMITERS = "\t;,"
SAMPLE = 200
SAID_DELIMITER = re.compile(r"sep=([,;\t])\r?\n")
KNOWN_STARTS = {"%PDF": "pdf", "<!DOCTYPE HTML": "html", "<HTML": "html", "<": "xml"}


def read(data: bytes, limits: Limits, out: Out) -> None:
    text = _decoded(data)
    start = text.lstrip()[:20].upper()
    for known, what in KNOWN_STARTS.items():
        if start.startswith(known):
            raise NotAWorkbook(**{"reason": what})
    csv.field_size_limit(LONGEST_TEXT)
    said = SAID_DELIMITER.match(text)
    delimiter = said[1] if said else _delimiter(text)
    out.book("csv", None, [("General", None)])
    out.sheet(SheetFacts("CSV"))
    for number, fields in enumerate(_records(text[said.end() if said else 0 :], delimiter), 1):
        if number > limits.most_rows:
            raise WorkbookRejected(reason="too_many_rows", most=limits.most_rows)
        columns = [column for column, said in enumerate(fields, 1) if said]
        if columns and columns[-1] > limits.most_columns:
            raise WorkbookRejected(reason="too_many_columns", most=limits.most_columns)
        values = [said for said in fields if said]
        out.row(number, Line(columns, ["t"] * len(values), values, [0] * len(values)))


def _decoded(data: bytes) -> str:
    encoding = "utf-8"
    for mark, name in MARKS.items():
        if data.startswith(mark):
            encoding, data = name, data[len(mark) :]
    if data.startswith(b"%PDF"):
        raise NotAWorkbook(reason="pdf")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as undecodable:
        # Bytes of an old one-byte encoding have no control characters; a picture has.
        if CONTROLS.search(data.decode("latin-1")):
            raise NotAWorkbook(reason="binary") from undecodable
        raise NotAWorkbook(reason="text_encoding") from undecodable
    if CONTROLS.search(text):
        raise NotAWorkbook(reason="binary")
    if not text.strip():
        raise NotAWorkbook(reason="empty")
    return text


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    records = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from records
    except csv.Error as wrong:
        if "limit" in str(wrong):
            raise WorkbookRejected(reason="long_text") from wrong
        raise WorkbookRejected(reason="quotes", line=records.line_num) from wrong


def _delimiter(text: str) -> str:
    """The one that cuts most records into equally many fields, more than one."""

    def consistency(delimiter: str) -> float:
        try:
            records = list(islice(_records(text, delimiter), SAMPLE))
        except WorkbookRejected:
            return 0
        sizes = Counter(len(fields) for fields in records if any(fields))
        (size, count) = sizes.most_common(1)[0] if sizes else (1, 0)
        return count / sizes.total() if size > 1 else 0

    return max(DELIMITERS, key=consistency)
