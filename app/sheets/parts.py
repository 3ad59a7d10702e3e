"""An .xlsx as a package of parts: untouched parts keep their compressed bytes."""

import io
import posixpath
import zipfile
from copy import copy
from typing import NamedTuple

from app.sheets.markup import Edits, escaped, prefixed, tree

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT_TYPES = "[Content_Types].xml"
_HEADER = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Of a local header before its name: where the two lengths stand, and how long it is.
_LENGTHS, _LOCAL = 26, 30
_HEAD = 65_536


class Relation(NamedTuple):
    """`kind` is the last step of the type's address: "worksheet", "comments"."""

    id: str
    kind: str
    target: str


def part_header(markup: str) -> bytes:
    return _HEADER + markup.encode()


class Package:
    """Parts by name, whatever the case of their letters; writes are kept until `packed`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._entries = {entry.filename.lower(): entry for entry in self._zip.infolist()}
        self._written: dict[str, tuple[str, bytes | None]] = {}

    def read(self, part: str) -> bytes | None:
        """None: there is no such part."""
        if (written := self._written.get(part.lower())) is not None:
            return written[1]
        entry = self._entries.get(part.lower())
        return self._zip.read(entry) if entry else None

    def head(self, part: str) -> bytes:
        """The beginning of a part: enough for what stands before its rows and in the first."""
        entry = self._entries.get(part.lower())
        if entry is None or part.lower() in self._written:
            return (self.read(part) or b"")[:_HEAD]
        with self._zip.open(entry) as stream:
            return stream.read(_HEAD)

    def write(self, part: str, content: bytes) -> None:
        self._written[part.lower()] = (part, content)

    def drop(self, part: str) -> None:
        if part.lower() in self._entries:
            self._written[part.lower()] = (part, None)

    def free(self, pattern: str) -> str:
        """The first name of a pattern such as "xl/comments{}.xml" that no part has."""
        taken = self._entries.keys() | self._written.keys()
        number = 1
        while pattern.format(number).lower() in taken:
            number += 1
        return pattern.format(number)

    def packed(self) -> bytes:
        """The bytes that came, when nothing was written."""
        if not self._written:
            return self._data
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for key, entry in self._entries.items():
                if key not in self._written:
                    self._copy(entry, target, packed)
                elif (content := self._written[key][1]) is not None:
                    target.writestr(_described(entry), content)
            for key, (name, content) in self._written.items():
                if key not in self._entries and content is not None:
                    target.writestr(_described(zipfile.ZipInfo(name)), content)
        return packed.getvalue()

    def _copy(self, entry: zipfile.ZipInfo, target: zipfile.ZipFile, stream: io.BytesIO) -> None:
        """One entry as it is compressed; the standard library has no call for that."""
        local = self._data[entry.header_offset : entry.header_offset + _LOCAL]
        lengths = local[_LENGTHS:_LOCAL]
        behind = int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
        start = entry.header_offset + _LOCAL + behind
        copied = copy(entry)
        # Sizes stand in the header, not behind the data; other extras belong to the old archive.
        copied.flag_bits &= ~0x08
        copied.extra = b""
        stream.seek(target.start_dir)
        copied.header_offset = stream.tell()
        stream.write(copied.FileHeader(zip64=False))
        stream.write(self._data[start : start + entry.compress_size])
        target.filelist.append(copied)
        target.NameToInfo[copied.filename] = copied
        target.start_dir = stream.tell()


def _described(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    described = zipfile.ZipInfo(entry.filename, entry.date_time)
    described.compress_type = zipfile.ZIP_DEFLATED
    described.external_attr = entry.external_attr
    return described


def rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(package: Package, part: str) -> list[Relation]:
    """What a part ("" for the package) names inside the package; links to elsewhere are left out.

    Targets are part names, whether they were written from the root or from beside the part.
    """
    content = package.read(rels_of(part))
    if content is None:
        return []
    return [
        Relation(
            one.attributes.get("Id", ""),
            one.attributes.get("Type", "").rpartition("/")[2],
            _target(part, one.attributes.get("Target", "")),
        )
        for one in tree(content).children
        if one.attributes.get("TargetMode") != "External"
    ]


def _target(part: str, written: str) -> str:
    joined = posixpath.join("/", posixpath.dirname(part), written)
    return posixpath.normpath(joined).lstrip("/")


def relate(package: Package, part: str, kind: str, target: str) -> str:
    """Let `part` name `target` (a part name); answers the relation's id."""
    rels = rels_of(part)
    empty = f'<Relationships xmlns="{_PACKAGE}/relationships"/>'
    content = package.read(rels) or part_header(empty)
    root = tree(content)
    taken = {one.attributes.get("Id") for one in root.children}
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    told = f'Id="rId{number}" Type="{RELATIONSHIPS}/{kind}" Target="/{escaped(target)}"'
    edits = Edits(content)
    edits.append(root, prefixed(f"<Relationship {told}/>", root.prefix))
    package.write(rels, edits.done())
    return f"rId{number}"


def declare(package: Package, part: str, content_type: str) -> None:
    """Say in the table of content types what a new part is."""
    _declare(package, f'<Override PartName="/{part}" ContentType="{content_type}"/>')


def declare_extension(package: Package, extension: str, content_type: str) -> None:
    """Likewise for every part with this extension, unless that is said already."""
    root = tree(package.read(_CONTENT_TYPES) or b"")
    said = {one.attributes.get("Extension", "").lower() for one in root.children}
    if extension not in said:
        _declare(package, f'<Default Extension="{extension}" ContentType="{content_type}"/>')


def _declare(package: Package, markup: str) -> None:
    content = package.read(_CONTENT_TYPES) or b""
    root = tree(content)
    edits = Edits(content)
    edits.append(root, prefixed(markup, root.prefix))
    package.write(_CONTENT_TYPES, edits.done())
