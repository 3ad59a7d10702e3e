"""What a zipped workbook may contain: every part is inflated and looked at before it is read."""

import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.domain.errors import WorkbookRejected
from app.sheets.cells import address, letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main}"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types}"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships}"
ENCRYPTION = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}encryption-data"
MANIFESTS = ("[Content_Types]", "META-INF/")

NO_MEMORY = 1  # expat's code for it
CHUNK = 1 << 16
DEEPEST = 60
LONGEST_TEXT = 33_000  # Excel's own bound is 32,767
LONGEST_TOKEN = 2 * CHUNK
WIDEST = 16_384  # XFD, Excel's last column
RATIO = 150
# Small parts of blanks compress better than any bomb needs to.
RATIO_FROM = 1_000_000
AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
# Folders of a package, by what their presence means for who reads it.
REFUSED_FOLDERS = {
    "xl/externallinks/": "external_links",
    "xl/embeddings/": "embedded",
    "xl/activex/": "embedded",
    "xl/macrosheets/": "macros",
    "basic/": "macros",
    "scripts/": "macros",
}
CASED = {"xl": "xl", "_rels": "_rels", "docprops": "docProps"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. `seconds` is wall time; a part is one file of the zip, inflated."""

    most_bytes: int
    most_rows: int
    most_columns: int
    most_cells: int
    most_parts: int
    most_sheets: int
    part_bytes: int
    total_bytes: int
    most_merges: int
    merged_area: int
    seconds: float
    cpu_seconds: int
    memory_bytes: int


MEGABYTE = 1_000_000
INTERACTIVE = Limits(
    most_bytes=10 * MEGABYTE,
    most_rows=20_000,
    most_columns=256,
    most_cells=250_000,
    most_parts=1_000,
    most_sheets=50,
    part_bytes=48 * MEGABYTE,
    total_bytes=96 * MEGABYTE,
    most_merges=5_000,
    merged_area=100_000,
    seconds=4.3,
    cpu_seconds=4,
    memory_bytes=300 * MEGABYTE,
)
BULK = Limits(
    most_bytes=100 * MEGABYTE,
    most_rows=200_000,
    most_columns=256,
    most_cells=8_000_000,
    most_parts=2_000,
    most_sheets=200,
    part_bytes=800 * MEGABYTE,
    total_bytes=1_600 * MEGABYTE,
    most_merges=50_000,
    merged_area=1_000_000,
    seconds=600,
    cpu_seconds=500,
    memory_bytes=1_000 * MEGABYTE,
)


@dataclass
class Seen:
    """What the screening learnt. `merged` is by part, clipped to the limits; a part without an
    entry there is no worksheet."""

    names: frozenset[str]
    folded: frozenset[str]
    sheets: int = 0
    merged: dict[str, list[str]] = field(default_factory=dict)


def screened(archive: ZipFile, limits: Limits, size: int) -> Seen:
    """Refuses at the first thing that a workbook for reading need not have."""
    entries = archive.infolist()
    names = frozenset(entry.filename for entry in entries)
    seen = Seen(names, frozenset(name.casefold() for name in names))
    _check_entries(entries, limits, size)
    total = 0
    # What a package says of its other parts explains them better than they can.
    for entry in sorted(entries, key=lambda entry: not entry.filename.startswith(MANIFESTS)):
        total += _part(archive, entry, limits, seen)
        if total > limits.total_bytes:
            raise WorkbookRejected(reason="inflates")
    return seen


def _check_entries(entries: list[ZipInfo], limits: Limits, size: int) -> None:
    if len(entries) > limits.most_parts:
        raise WorkbookRejected(reason="too_many_parts", most=limits.most_parts)
    folded = {entry.filename.casefold() for entry in entries}
    if len(folded) < len(entries):
        raise WorkbookRejected(reason="duplicate_parts")
    # Entries that share their bytes make a bomb of parts that are each harmless.
    if sum(entry.compress_size for entry in entries) > size:
        raise WorkbookRejected(reason="inflates")
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: ZipInfo) -> None:
    name, mode = entry.filename, entry.external_attr >> 16
    steps = name.split("/")
    if ".." in steps or name.startswith("/") or any(sign in name for sign in "\\:\0"):
        raise WorkbookRejected(reason="bad_path")
    # What a zip made on a unix says of its entries; zero elsewhere.
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise WorkbookRejected(reason="bad_path")
    if entry.flag_bits & 1:
        raise WorkbookRejected(reason="encrypted")
    if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise WorkbookRejected(reason="compression")
    folded = name.casefold()
    if folded.endswith("vbaproject.bin"):
        raise WorkbookRejected(reason="macros")
    if folded == "xl/workbook.bin":
        raise WorkbookRejected(reason="xlsb")
    for folder, reason in REFUSED_FOLDERS.items():
        if folded.startswith(folder):
            raise WorkbookRejected(**{"reason": reason})
    if CASED.get(steps[0].casefold(), steps[0]) != steps[0]:
        raise WorkbookRejected(reason="wrong_case", part=name[:100])


def _inflated(archive: ZipFile, entry: ZipInfo, limits: Limits) -> Iterator[bytes]:
    """The part in pieces, counted as they come: declared sizes lie."""
    most = min(limits.part_bytes, max(RATIO_FROM, RATIO * entry.compress_size))
    count = 0
    try:
        with archive.open(entry) as part:
            while piece := part.read(CHUNK):
                count += len(piece)
                if count > most:
                    raise WorkbookRejected(reason="inflates")
                yield piece
    except (BadZipFile, EOFError) as broken:
        raise WorkbookRejected(reason="damaged", part=entry.filename[:100]) from broken
    if count != entry.file_size:
        raise WorkbookRejected(reason="damaged", part=entry.filename[:100])


def _part(archive: ZipFile, entry: ZipInfo, limits: Limits, seen: Seen) -> int:
    """How many bytes it has; what is XML, whatever its name says, is looked through."""
    pieces = _inflated(archive, entry, limits)
    count = 0
    head = next(pieces, b"")
    scan = _Scan(entry.filename, limits, seen) if _is_markup(entry.filename, head) else None
    while head:
        count += len(head)
        if scan:
            scan.feed(head)
        head = next(pieces, b"")
    if scan:
        scan.close()
    return count


def _is_markup(name: str, head: bytes) -> bool:
    start = head[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<") and b"\0" not in start[:4]:
        return True
    if start[:2] in {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}:
        raise WorkbookRejected(reason="not_utf8", part=name[:100])
    # A part that is empty is nobody's sheet; one that must be XML is parsed, and refused as such.
    return bool(head) and name.casefold().endswith((".xml", ".rels", ".vml"))


class _Scan:
    """Looks through one XML part. Only starts, ends and the declaration are listened to: each
    callback costs as much as reading the element."""

    def __init__(self, name: str, limits: Limits, seen: Seen) -> None:
        self.name, self.limits, self.seen = name, limits, seen
        self.depth = self.fed = self.rows = self.row = self.column = 0
        self.row_text = ""
        self.far: str | None = None
        self.area = 0
        self.columns = {letters(number): number for number in range(1, limits.most_columns + 1)}
        self.sees: dict[str, Callable[[dict[str, str]], None]] = {
            TYPES + "Override": self._content_type,
            TYPES + "Default": self._content_type,
            RELATIONS + "Relationship": self._relationship,
            MAIN + "sheet": self._sheet,
            ENCRYPTION: self._encrypted,
        }
        parser = self.parser = expat.ParserCreate("utf-8", "}")
        parser.StartElementHandler = self._root
        parser.EndElementHandler = self._end
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        self._parse(piece, last=False)
        self.fed += len(piece)
        # A token that does not end is parsed again with every piece.
        if self.fed - self.parser.CurrentByteIndex > LONGEST_TOKEN:
            raise WorkbookRejected(reason="long_text")

    def close(self) -> None:
        self._parse(b"", last=True)

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as broken:
            if broken.code == NO_MEMORY:
                raise MemoryError from broken
            raise WorkbookRejected(reason="damaged", part=self.name[:100]) from broken

    def _declaration(self, _version: str, encoding: str | None, _alone: int) -> None:
        if encoding and encoding.upper() not in {"UTF-8", "UTF8", "US-ASCII", "ASCII"}:
            raise WorkbookRejected(reason="not_utf8", part=self.name[:100])

    def _doctype(self, *_: object) -> None:
        raise WorkbookRejected(reason="entities", part=self.name[:100])

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name.startswith(STRICT):
            raise WorkbookRejected(reason="strict")
        if name == MAIN + "worksheet":
            self.seen.merged[self.name] = []
            self.sees = {
                MAIN + "row": self._row,
                MAIN + "c": self._cell,
                MAIN + "v": self._content,
                MAIN + "is": self._content,
                MAIN + "f": self._content,
                MAIN + "mergeCell": self._merge,
                MAIN + "hyperlink": self._link,
            }
        self.parser.StartElementHandler = self._start
        self._start(name, attributes)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise WorkbookRejected(reason="deep", part=self.name[:100])
        see = self.sees.get(name)
        if see:
            see(attributes)

    def _end(self, _name: str) -> None:
        self.depth -= 1

    def _encrypted(self, _: dict[str, str]) -> None:
        raise WorkbookRejected(reason="encrypted")

    def _content_type(self, attributes: dict[str, str]) -> None:
        kind, part = attributes.get("ContentType", ""), attributes.get("PartName", "")[1:]
        if "macroenabled" in kind.casefold():
            raise WorkbookRejected(reason="macros")
        if "sheet.binary" in kind:
            raise WorkbookRejected(reason="xlsb")
        if part not in self.seen.names and part.casefold() in self.seen.folded:
            raise WorkbookRejected(reason="wrong_case", part=part[:100])

    def _relationship(self, attributes: dict[str, str]) -> None:
        # A hyperlink goes nowhere until somebody clicks; anything else is fetched.
        if attributes.get("TargetMode") == "External" and not attributes.get("Type", "").endswith(
            "/hyperlink"
        ):
            raise WorkbookRejected(reason="external_links")

    def _sheet(self, _: dict[str, str]) -> None:
        self.seen.sheets += 1
        if self.seen.sheets > self.limits.most_sheets:
            raise WorkbookRejected(reason="too_many_sheets", most=self.limits.most_sheets)

    def _damaged(self) -> WorkbookRejected:
        return WorkbookRejected(reason="damaged", part=self.name[:100])

    def _row(self, attributes: dict[str, str]) -> None:
        self.rows += 1
        if self.rows > self.limits.most_rows:
            raise WorkbookRejected(reason="too_many_rows", most=self.limits.most_rows)
        said = attributes.get("r", str(self.row + 1))
        if not (said.isdecimal() and said.isascii() and len(said) < 8) or int(said) <= self.row:
            raise self._damaged()
        self.row, self.row_text, self.column = int(said), said, 0

    def _cell(self, attributes: dict[str, str]) -> None:
        said = attributes.get("r")
        if said is None:
            self.column += 1
        else:
            column = said.rstrip("0123456789")
            if said[len(column) :] != self.row_text:
                raise self._damaged()
            number = self.columns.get(column) or self._far_column(column)
            if number <= self.column:
                raise self._damaged()
            self.column = number
        if self.column > WIDEST:
            raise self._damaged()
        if self.column > self.limits.most_columns or self.row > self.limits.most_rows:
            self.far = address(self.row, self.column)
        else:
            self.far = None

    def _far_column(self, column: str) -> int:
        if not (0 < len(column) <= 3 and column.isascii() and column.isupper()):
            raise self._damaged()
        return _number(column)

    def _content(self, _: dict[str, str]) -> None:
        # A format may reach to the end of the sheet; only what is filled counts.
        if self.far:
            raise WorkbookRejected(
                reason="far_cell",
                cell=self.far,
                rows=self.limits.most_rows,
                columns=letters(self.limits.most_columns),
            )

    def _area(self, said: str) -> str | None:
        """The range as far as it lies within the limits, if any does; its cells are counted."""
        match = AREA.fullmatch(said)
        if not match:
            raise self._damaged()
        left, top = _number(match[1]), int(match[2])
        right = min(_number(match[3] or match[1]), self.limits.most_columns)
        bottom = min(int(match[4] or match[2]), self.limits.most_rows)
        if right < left or bottom < top:
            return None
        self.area += (right - left + 1) * (bottom - top + 1)
        if self.area > self.limits.merged_area:
            raise WorkbookRejected(reason="merged")
        return f"{address(top, left)}:{address(bottom, right)}"

    def _merge(self, attributes: dict[str, str]) -> None:
        merged = self.seen.merged[self.name]
        area = self._area(attributes.get("ref", ""))
        if area:
            merged.append(area)
        if len(merged) > self.limits.most_merges:
            raise WorkbookRejected(reason="merged")

    def _link(self, attributes: dict[str, str]) -> None:
        self._area(attributes.get("ref", ""))


def _number(column: str) -> int:
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number
