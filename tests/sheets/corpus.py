"""Hostile and messy files. A file's name begins with what is to become of it: "read", or the reason
for which it is refused."""

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from tests.sheets.forms import (
    CSV,
    DECLARATION,
    biff,
    good_ods,
    good_xls,
    good_xlsx,
    ods,
    ole,
    parts_of,
    saved,
    table,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = "xl/workbook.xml"
STRINGS = "xl/sharedStrings.xml"
TYPES = "[Content_Types].xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STRICT = 'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"'
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
XXE = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'
A1 = '<row r="1"><c r="A1"><v>1</v></c></row>'


def corpus() -> dict[str, bytes]:
    """All of them; every part of a good workbook is laughed in once."""
    files: dict[str, bytes] = {}
    for family in (_bombs, _zips, _markup, _cells, _contents, _disguises, _harmless):
        files |= family()
    return files


def _bombs() -> dict[str, bytes]:
    zeros = changed({"xl/media/image1.png": bytes(60_000_000)})
    inner = zipped({"zeros": bytes(30_000_000)})
    return {
        "inflates/a part of zeros": zeros,
        "inflates/a sheet of blanks": with_sheet(" " * 60_000_000),
        "inflates/many parts of zeros": changed(
            {f"xl/media/image{n}.png": bytes(990_000) for n in range(120)}
        ),
        "inflates/entries that share their bytes": overlapping(200),
        "too_many_rows/ten million empty ones": with_sheet("<row/>" * 10_000_000),
        "damaged/ten million empty cells in a row": with_sheet(
            "<row>" + "<c/>" * 10_000_000 + "</row>"
        ),
        "inflates/a text of 47 megabytes": with_strings(b"<sst><si><t>" + b"a" * 47_000_000),
        "read/a bomb that nobody opens": changed({"xl/media/image1.png": inner}),
    }


def _zips() -> dict[str, bytes]:
    good = good_xlsx()
    size = len(parts_of(good)[SHEET])
    pairs = list(parts_of(good).items())
    return {
        "duplicate_parts/a part twice": zipped([*pairs, (SHEET, sheet_xml(A1))]),
        "duplicate_parts/a part twice in other case": zipped([*pairs, (SHEET.upper(), b"<a/>")]),
        "bad_path/upwards": changed({"xl/../../etc/cron.d/x": b"x"}),
        "bad_path/absolute": changed({"/etc/cron.d/x": b"x"}),
        "bad_path/backslashes": changed({"..\\..\\x": b"x"}),
        "bad_path/a drive": changed({"C:x": b"x"}),
        "bad_path/a link": zipped([*pairs, (symlink("xl/link.xml"), b"/etc/passwd")]),
        "compression/bzip2": changed({}, zipfile.ZIP_BZIP2),
        "compression/lzma": changed({}, zipfile.ZIP_LZMA),
        "encrypted/flagged entries": central(good, 8, b"\1\0"),
        "damaged/sizes that say less": lying(good, SHEET, size - 7),
        "damaged/sizes that say more": lying(good, SHEET, size + 7),
        "damaged/sizes of four gigabytes": lying(good, SHEET, 0xFFFFFFFE),
        "damaged/a zip64 mark without its field": central(good, 24, b"\xff" * 4),
        "damaged/offsets beyond the end": central(good, 42, b"\xff\xff\xff\x7f"),
        "damaged/truncated": good[: len(good) // 2],
        "damaged/without its last byte": good[:-1],
        "damaged/only the signature": good[:4],
        "damaged/an end record alone, after a signature": good[:4] + good[-22:],
        "damaged/a part without its bytes": good.replace(good[60:300], bytes(240)),
        "too_many_parts/two thousand": changed({f"xl/media/{n}": b"" for n in range(2000)}),
        "binary/garbage before the zip": b"MZ\0\0garbage" * 30 + good,
        "read/garbage after the zip": good + b"\0",
        "read/stored, not deflated": changed({}, zipfile.ZIP_STORED),
    }


def _markup() -> dict[str, bytes]:
    files = {}
    for part in parts_of(good_xlsx()):
        if part.endswith((".xml", ".rels")):
            files[f"entities/laughs in {part}"] = with_prolog(part, LAUGHS)
    deep = "<c>" * 100_000 + "</c>" * 100_000
    attribute = "a" * 3_000_000
    noise = "".join(random.Random(4).choices("abcdefghijklmnop", k=3_000_000))
    sheet = parts_of(good_xlsx())[SHEET].decode()
    return files | {
        "entities/a file of the server": with_prolog(SHEET, XXE),
        "entities/a part that is called a picture": changed({"xl/a.png": f"{LAUGHS}<a/>".encode()}),
        "entities/laughs in .ods": ods("", LAUGHS),
        "deep/nested elements": with_sheet(f'<row r="1">{deep}</row>'),
        "long_text/a huge attribute": with_sheet(f'<row r="1" spans="{attribute}"/>'),
        "long_text/a huge attribute that hardly compresses": with_sheet(f'<row spans="{noise}"/>'),
        "long_text/a huge comment": with_sheet(f"<!--{noise}-->"),
        "not_utf8/a sheet in UTF-16": changed({SHEET: sheet.encode("utf-16")}),
        "not_utf8/a sheet in UTF-16 without a mark": changed({SHEET: sheet.encode("utf-16-be")}),
        "not_utf8/a sheet that says windows-1258": changed(
            {SHEET: b'<?xml version="1.0" encoding="windows-1258"?>' + sheet_xml(A1)[39:]}
        ),
        "damaged/bytes that are no UTF-8": changed({SHEET: sheet_xml(A1) + b"\xff\xfe\xfa"}),
        "damaged/a sheet cut off": changed({SHEET: sheet_xml(A1)[:-20]}),
        "damaged/a sheet that is empty": changed({SHEET: b""}),
        "strict/the other name space": changed(
            {SHEET: sheet_xml(A1).replace(MAIN.encode(), STRICT.encode())}
        ),
    }


def _cells() -> dict[str, bytes]:
    rows = "".join(f'<row r="{n}"/>' for n in range(1, 30_000))
    wide = "".join(f'<c r="{get_column_letter(n)}1"><v>1</v></c>' for n in range(1, 300))
    merges = "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 8000))
    links = '<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>'
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    long = "x" * 40_000
    many = 'table:number-rows-repeated="15000"'
    value = 'office:value-type="float" office:value="1"'
    cell = f'<table:table-cell table:number-columns-repeated="200" {value}/>'
    return {
        "far_cell/the last cell": with_sheet(A1 + corner),
        "far_cell/the last column": with_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'),
        "far_cell/a column after Z": with_sheet(f'<row r="1">{wide}</row>'),
        "far_cell/repeated cells of .ods": ods(
            f"<table:table-row><table:table-cell table:number-columns-repeated='16384' {value}/>"
            "</table:table-row>"
        ),
        "far_cell/repeated rows of .ods": ods(
            "<table:table-row table:number-rows-repeated='1048576'><table:table-cell"
            f" {value}/></table:table-row>"
        ),
        "too_many_cells/repeated within bounds": ods(
            f"<table:table-row {many}>{cell}</table:table-row>"
        ),
        "too_many_rows/thirty thousand": with_sheet(rows),
        "too_many_rows/text lines": b"a;b\n" * 30_000,
        "too_many_columns/text": b"a;" * 300 + b"b\n",
        "merged/thousands of ranges": with_sheet(A1, after=f"<mergeCells>{merges}</mergeCells>"),
        "merged/a vast range": with_sheet(
            A1, after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        ),
        "merged/a vast link": with_sheet(A1, after=links),
        "damaged/rows backwards": with_sheet('<row r="5"/><row r="4"/>'),
        "damaged/a cell of another row": with_sheet('<row r="5"><c r="A6"/></row>'),
        "damaged/a cell twice": with_sheet('<row r="1"><c r="A1"/><c r="A1"/></row>'),
        "damaged/a row without end": with_sheet(f'<row r="{"9" * 5000}"/>'),
        "damaged/a cell nowhere": with_sheet('<row r="1"><c r="É1"><v>1</v></c></row>'),
        "damaged/a text that is not there": with_sheet('<row><c t="s"><v>99</v></c></row>'),
        "long_text/in a cell": with_sheet(f'<row><c t="str"><v>{long}</v></c></row>'),
        "long_text/shared": with_strings(strings(long)),
        "long_text/one text in every cell": with_strings(
            strings("x" * 30_000), ("<row>" + '<c t="s"><v>0</v></c>' * 10 + "</row>") * 500
        ),
        "long_text/a field of .csv": b"a;b\n" + b"x" * 40_000 + b";1\n",
        "quotes/of .csv": b'a;b\n"c" d;e\n"f',
    }


def _contents() -> dict[str, bytes]:
    relation = (
        '<Relationship Id="rId99" Target="file:///server/share/x.xlsx" TargetMode="External"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
    )
    relations = parts_of(good_xlsx())[RELATIONS].decode()
    sheets = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 100))
    book = parts_of(good_xlsx())[WORKBOOK].decode()
    namespace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ods_parts = parts_of(good_ods())
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    secret = f'<m:manifest xmlns:m="{manifest}"><m:encryption-data/></m:manifest>'
    return {
        "external_links/a part": changed({"xl/externalLinks/externalLink1.xml": b"<a/>"}),
        "external_links/a picture elsewhere": changed(
            {RELATIONS: relations.replace("</Rel", f"{relation}</Rel", 1).encode()}
        ),
        "embedded/another file": changed({"xl/embeddings/oleObject1.bin": b"x"}),
        "embedded/a control": changed({"xl/activeX/activeX1.xml": b"<a/>"}),
        "macros/a project": changed({"xl/vbaProject.bin": b"x"}),
        "macros/a project in other case": changed({"XL/VBAPROJECT.BIN": b"x"}),
        "macros/a type": with_type("application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        "macros/a sheet of Excel 4": changed({"xl/macrosheets/sheet1.xml": b"<a/>"}),
        "macros/of .xls": ole({"Workbook": biff(), "_VBA_PROJECT_CUR": b"x"}),
        "xlsb/a binary workbook": changed({"xl/workbook.bin": b"x", WORKBOOK: None}),
        "xlsb/its type": with_type("application/vnd.ms-excel.sheet.binary.macroless.main"),
        "encrypted/a package in OLE": ole({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}),
        "encrypted/of .ods": zipped(
            ods_parts | {"content.xml": b"\x8a\x91x", "META-INF/manifest.xml": secret.encode()}
        ),
        "wrong_case/folder": cased("xl/", "XL/"),
        "wrong_case/sheet": cased(SHEET, "xl/worksheets/Sheet1.XML"),
        "too_many_sheets/a hundred": changed(
            {
                WORKBOOK: re.sub(
                    "<sheets>.*</sheets>",
                    f'<sheets xmlns:r="{namespace}">{sheets}</sheets>',
                    book,
                ).encode()
            }
        ),
        "damaged/a sheet that is not there": changed({SHEET: None}),
        "damaged/styles that are not there": changed({"xl/styles.xml": None}),
        "damaged/a sheet that is no sheet": changed({SHEET: b"<a/>"}),
        "damaged/no content in .ods": zipped({"mimetype": ods_parts["mimetype"]}),
    }


def _disguises() -> dict[str, bytes]:
    return {
        "empty/nothing": b"",
        "empty/blanks": b"\xef\xbb\xbf \r\n",
        "binary/one byte": b"\0",
        "binary/a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        "html/a page called .xls": b"<html><table><tr><td>1</td></tr></table></html>",
        "xml/a workbook of 2003": b'<?xml version="1.0"?><Workbook/>',
        "pdf/a document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "other_zip/a document": zipped({TYPES: b"<a/>", "word/document.xml": b"<a/>"}),
        "other_zip/an archive": zipped({"baocao.xlsx": good_xlsx()}),
        "other_ole/a document": ole({"WordDocument": b"x"}),
        "text_encoding/windows-1258": "Đơn vị;Tử số\nBến Tre;5\n".encode("cp1258", "replace"),
        "text_encoding/TCVN3": b"\xa7\xacn v\xde;T\xf6 s\xe8\nH\xe0;5\n",
        "damaged/.xls cut off": good_xls()[:3000],
        "damaged/.xls whose chain goes round": good_xls()[:-512] + bytes(512),
        "damaged/.xls of nothing": ole({"Workbook": b""}),
        "damaged/.xls with a lying count of texts": good_xls().replace(
            struct.pack("<LL", 4, 4), struct.pack("<LL", 4, 0x7FFFFFFF)
        ),
        "read/a bare stream of .xls": biff(),
        "read/CSV": CSV.encode(),
    }


def _harmless() -> dict[str, bytes]:
    """Odd, as real files are, but every cell can be read."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 3000):
        cell = sheet.cell(row, 1, row)
        cell.font = Font(size=8 + row / 1000)
    many = strings(*(f"chữ số {n}" for n in range(60_000)))
    far = '<row r="1048576" hidden="1"><c r="XFD1048576" s="1"/></row>'
    return {
        "read/a dimension that says one cell": with_sheet(A1, '<dimension ref="A1"/>'),
        "read/a dimension that says every cell": with_sheet(A1, '<dimension ref="A1:XFD1048576"/>'),
        "read/blank formats to the last cell": with_sheet(A1 + far),
        "read/thousands of styles": saved(book),
        "read/sixty thousand texts": with_strings(many),
        "read/a title merged over every column": with_sheet(
            A1, after='<mergeCells><mergeCell ref="A1:XFD1"/></mergeCells>'
        ),
        "read/rows and cells without addresses": with_sheet("<row><c><v>1</v></c></row>"),
        "read/a table": table(200, 12),
    }


def strings(*texts: str) -> bytes:
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return f"{DECLARATION}<sst {MAIN}>{items * (1 if len(texts) > 9 else 9)}</sst>".encode()


def cased(old: str, new: str) -> bytes:
    return zipped({n.replace(old, new): body for n, body in parts_of(good_xlsx()).items()})


def changed(changes: Mapping[str, bytes | None], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The good workbook with parts replaced, added, or (None) left out."""
    parts: dict[str, bytes | None] = {**parts_of(good_xlsx()), **changes}
    return zipped({name: body for name, body in parts.items() if body is not None}, method)


def sheet_xml(rows: str, before: str = "", after: str = "") -> bytes:
    data = f"<sheetData>{rows}</sheetData>"
    return f"{DECLARATION}<worksheet {MAIN}>{before}{data}{after}</worksheet>".encode()


def with_sheet(rows: str, before: str = "", after: str = "") -> bytes:
    return changed({SHEET: sheet_xml(rows, before, after)})


def with_strings(texts: bytes, rows: str = A1) -> bytes:
    """openpyxl writes its texts into the cells; Excel, into a part of their own."""
    shared = (
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats'
        '-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    types = parts_of(good_xlsx())[TYPES].decode().replace("</Types>", shared)
    return changed({STRINGS: texts, TYPES: types.encode(), SHEET: sheet_xml(rows)})


def with_prolog(part: str, prolog: str) -> bytes:
    """A DTD before the root of one part."""
    text = parts_of(good_xlsx())[part].decode()
    body = re.sub(r"^<\?xml[^>]*\?>\s*", "", text)
    return changed({part: f"{DECLARATION}{prolog}{body}".encode()})


def with_type(content_type: str) -> bytes:
    name = "[Content_Types].xml"
    types = parts_of(good_xlsx())[name].decode()
    usual = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return changed({name: types.replace(usual, content_type).encode()})


def central(data: bytes, offset: int, value: bytes) -> bytes:
    """The good workbook with bytes of every entry of its central directory overwritten."""
    patched, place = bytearray(data), -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        patched[place + offset : place + offset + len(value)] = value
    return bytes(patched)


def lying(data: bytes, part: str, declared: int) -> bytes:
    """The part's inflated size overwritten, in its own header and in the directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        real = archive.getinfo(part).file_size
    return data.replace(struct.pack("<L", real), struct.pack("<L", declared))


def symlink(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16
    return entry


def overlapping(entries: int) -> bytes:
    """A directory of many names for the bytes of one part."""
    body = bytes(900_000)
    packed = zlib.compress(body, 9)[2:-4]
    facts = struct.pack("<LLL", zlib.crc32(body), len(packed), len(body))
    start = struct.pack("<4sHHHL", b"PK\3\4", 20, 0, 8, 0x210000) + facts
    data = start + struct.pack("<HH", 6, 0) + b"zeros0" + packed
    directory = b""
    for number in range(entries):
        name = f"zeros{number}".encode()
        directory += struct.pack("<4sHHHHL", b"PK\1\2", 20, 20, 0, 8, 0x210000) + facts
        directory += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, entries, entries, len(directory), len(data), 0)
    return data + directory + end
