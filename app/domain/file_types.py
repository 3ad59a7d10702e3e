"""Which files are evidence: told by their content, never by their name alone."""

import zlib
from io import BytesIO
from pathlib import PurePosixPath
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

MOST_PARTS = 5_000
MOST_BYTES = 1_000_000  # of the parts that are looked into
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."


class FileType(NamedTuple):
    media_type: str
    extensions: tuple[str, ...]


PDF = FileType("application/pdf", (".pdf",))
PNG = FileType("image/png", (".png",))
JPEG = FileType("image/jpeg", (".jpg", ".jpeg"))
WEBP = FileType("image/webp", (".webp",))
DOCX = FileType(f"{_OFFICE}wordprocessingml.document", (".docx",))
XLSX = FileType(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",))
ODT = FileType(f"{_ODF}text", (".odt",))
ODS = FileType(f"{_ODF}spreadsheet", (".ods",))
DOC = FileType("application/msword", (".doc",))
XLS = FileType("application/vnd.ms-excel", (".xls",))
ACCEPTED = (PDF, PNG, JPEG, WEBP, DOCX, XLSX, ODT, ODS, DOC, XLS)


class Unwanted(Exception):
    """`reason`: "type_not_accepted", "macros" or "name_differs"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def type_of(content: bytes, name: str) -> FileType:
    """Unwanted unless the content is of a type accepted, without macros, and called so."""
    found = _by_content(content)
    if found is None:
        raise Unwanted("type_not_accepted")
    if PurePosixPath(name.lower()).suffix not in found.extensions:
        raise Unwanted("name_differs")
    return found


def _by_content(content: bytes) -> FileType | None:
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    signatures = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
    return next((kind for start, kind in signatures.items() if content.startswith(start)), None)


def _zipped(content: bytes) -> FileType | None:
    """Office Open XML by its list of content types, OpenDocument by its first part."""
    try:
        with ZipFile(BytesIO(content)) as parts:
            names = [one.filename for one in parts.infolist()]
            plain = all(one.compress_type in (ZIP_STORED, ZIP_DEFLATED) for one in parts.infolist())
            once = len({name.lower() for name in names}) == len(names)
            if len(names) > MOST_PARTS or not plain or not once:
                return None
            return _office(parts, names) or _open_document(parts, names)
    except (BadZipFile, KeyError, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        return None


def _part(parts: ZipFile, name: str) -> bytes:
    """Counted while it is inflated: sizes that a file declares may lie. ValueError for one that
    would have to be taken on trust."""
    with parts.open(name) as part:
        content = part.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(name)
    return content


def _office(parts: ZipFile, names: list[str]) -> FileType | None:
    if "[Content_Types].xml" not in names:
        return None
    listed = _part(parts, "[Content_Types].xml").lower()
    hidden = any(word in listed for word in (b"macroenabled", b"vbaproject"))
    if hidden or any("vbaproject" in name.lower() for name in names):
        raise Unwanted("macros")
    for kind, main in ((DOCX, b"document.main+xml"), (XLSX, b"sheet.main+xml")):
        if kind.media_type.encode() in listed and main in listed:
            return kind
    return None


def _open_document(parts: ZipFile, names: list[str]) -> FileType | None:
    if names[0] != "mimetype":
        return None
    said = _part(parts, "mimetype").decode("ascii", "replace").strip()
    if any(name.startswith(("Basic/", "Scripts/")) for name in names):
        raise Unwanted("macros")
    return next((kind for kind in (ODT, ODS) if kind.media_type == said), None)


def _compound(content: bytes) -> FileType | None:
    """A Word or Excel file of before 2007, by the names in its directory (UTF-16)."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if has("_VBA_PROJECT") or has("Macros"):
        raise Unwanted("macros")
    if has("EncryptedPackage"):
        return None
    if has("WordDocument"):
        return DOC
    return XLS if has("Workbook") else None
