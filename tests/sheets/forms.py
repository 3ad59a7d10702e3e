"""Good workbooks in every form, built here so that no binary file lies in the repository."""

import io
import struct
import warnings
import zipfile
from collections.abc import Mapping
from datetime import date, time, timedelta

from openpyxl import Workbook
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.styles import Font

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def good_xlsx() -> bytes:
    """One cell of every kind, a hidden row, merged cells, a hidden sheet, our template's mark."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Báo cáo"
    sheet.append(["Hà Nội", 0.9, True, date(2024, 12, 15), "=1+1", time(8, 30), "#DIV/0!", 520])
    sheet["B1"].number_format = "0.0%"
    sheet["A3"], sheet["B4"], sheet["A6"] = "dòng ẩn", "gộp", "Tæng"
    sheet["B3"] = timedelta(hours=36)
    sheet.row_dimensions[3].hidden = True
    sheet.merge_cells("B4:D5")
    sheet["A6"].font = Font(name=".VnTime")
    hidden = book.create_sheet("Trang ẩn")
    hidden["C2"], hidden.sheet_state = -12.5, "hidden"
    properties: CustomPropertyList[StringProperty] = getattr(book, "custom_doc_props")  # noqa: B009
    properties.append(StringProperty(name="chitieu_template", value="NC-2024/2024@1"))
    return saved(book)


def table(rows: int, columns: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Số liệu")
    for row in range(rows):
        sheet.append([f"Đơn vị {row}", *(row * column for column in range(1, columns))])
    return saved(book)


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(
    parts: Mapping[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    target = io.BytesIO()
    pairs = list(parts.items()) if isinstance(parts, Mapping) else parts
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice is what is wanted
        for name, body in pairs:
            archive.writestr(name, body)
    return target.getvalue()


# .ods and .xls, by hand: nothing that is installed writes them

ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
ODS_SPACES = " ".join(
    f'xmlns:{space}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for space, name in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "number": "datastyle",
        "meta": "meta",
    }.items()
)
ODS_STYLES = (
    '<number:percentage-style style:name="N1"><number:number number:decimal-places="1"/>'
    '</number:percentage-style><style:style style:name="ce1" style:family="table-cell"'
    ' style:data-style-name="N1"/><style:style style:name="ce2" style:family="table-cell">'
    '<style:text-properties style:font-name=".VnTime"/></style:style>'
    '<style:style style:name="ta2" style:family="table"><style:table-properties'
    ' table:display="false"/></style:style>'
)
ODS_ROWS = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>Hà<text:s/>Nội</text:p>'
    '<text:p>(thủ đô)</text:p></table:table-cell><table:table-cell table:style-name="ce1"'
    ' office:value-type="percentage" office:value="0.9"/><table:table-cell'
    ' office:value-type="boolean" office:boolean-value="true"/><table:table-cell'
    ' office:value-type="date" office:date-value="2024-12-15"/><table:table-cell'
    ' table:formula="of:=1+1"/><table:table-cell office:value-type="string"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell><table:table-cell'
    ' table:number-columns-repeated="2" office:value-type="float" office:value="520"/>'
    '<table:table-cell table:number-columns-repeated="16376"/></table:table-row>'
    '<table:table-row/><table:table-row table:visibility="collapse"><table:table-cell'
    ' office:value-type="string"><text:p>dòng ẩn</text:p></table:table-cell></table:table-row>'
    '<table:table-row><table:table-cell/><table:table-cell table:number-columns-spanned="3"'
    ' table:number-rows-spanned="2" office:value-type="string"><text:p>gộp</text:p>'
    "</table:table-cell></table:table-row><table:table-row/><table:table-row><table:table-cell"
    ' table:style-name="ce2" office:value-type="string"><text:p>Tæng</text:p></table:table-cell>'
    '</table:table-row><table:table-row table:number-rows-repeated="1048570"><table:table-cell'
    ' table:number-columns-repeated="16384"/></table:table-row>'
)


def ods(rows: str, prolog: str = "") -> bytes:
    content = (
        f"{DECLARATION}{prolog}<office:document-content {ODS_SPACES}><office:automatic-styles>"
        f"{ODS_STYLES}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="Báo cáo">{rows}</table:table><table:table table:name="Trang ẩn"'
        ' table:style-name="ta2"><table:table-row table:number-rows-repeated="2"><table:table-cell'
        ' office:value-type="float" office:value="-12.5"/></table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    meta = (
        f"{DECLARATION}<office:document-meta {ODS_SPACES}><office:meta><meta:user-defined"
        ' meta:name="chitieu_template">NC-2024/2024@1</meta:user-defined></office:meta>'
        "</office:document-meta>"
    )
    return zipped(
        {"mimetype": ODS_TYPE, "content.xml": content.encode(), "meta.xml": meta.encode()}
    )


def good_ods() -> bytes:
    return ods(ODS_ROWS)


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file: streams of at least 4,096 bytes each, and a directory, in sectors of 512."""
    bodies = [body.ljust(-(-max(len(body), 4096) // 512) * 512, b"\0") for body in streams.values()]
    sectors = b""
    chain: list[int] = []
    starts: list[int] = []
    for body in bodies:
        starts.append(len(chain))
        count = len(body) // 512
        chain += [*range(len(chain) + 1, len(chain) + count), 0xFFFFFFFE]
        sectors += body
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for place, (name, body) in enumerate(zip(streams, bodies, strict=True), 1):
        right = place + 1 if place < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, starts[place - 1], len(body), right=right))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * 512, b"\0")
    first = len(chain)
    count = len(directory) // 512
    chain += [*range(first + 1, first + count), 0xFFFFFFFE]
    tables = -(-(len(chain) + 2) // 128)
    fat_at = len(chain)
    chain += [0xFFFFFFFD] * tables
    fat = b"".join(struct.pack("<L", sector) for sector in chain).ljust(tables * 512, b"\xff")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<LLLLLLLLL", 0, tables, first, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += b"".join(struct.pack("<L", fat_at + place) for place in range(tables))
    return header.ljust(512, b"\xff") + sectors + directory + fat


def _entry(
    name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    coded = (name + "\0").encode("utf-16-le")
    return (
        coded.ljust(64, b"\0")
        + struct.pack("<HBBLLL", len(coded), kind, 1, 0xFFFFFFFF, right, child)
        + bytes(36)
        + struct.pack("<LLL", start, size, 0)
    )


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _text(text: str, width: str = "<HB") -> bytes:
    return struct.pack(width, len(text), 1) + text.encode("utf-16-le")


def _font(name: str) -> bytes:
    return _record(
        0x31, struct.pack("<HHHHHBBBx", 220, 0, 0x7FFF, 400, 0, 0, 0, 0) + _text(name, "<BB")
    )


def _style(font: int, code: int) -> bytes:
    return _record(0xE0, struct.pack("<HHH", font, code, 1) + bytes(14))


def _globals(sheets: list[tuple[str, int, int]]) -> bytes:
    """Up to and with the texts; sheets as (name, hidden, place of their stream)."""
    fonts = [_font(name) for name in ("Arial", "Arial", "Arial", "Arial", ".VnTime")]
    percent = _record(0x41E, struct.pack("<H", 164) + _text("0.0%"))
    # The styles: general, one decimal percent, date, legacy font (font 5: there is no font 4).
    styles = [_style(0, 0), _style(0, 164), _style(0, 14), _style(5, 0)]
    texts = ["Hà Nội", "dòng ẩn", "gộp", "Tæng"]
    strings = struct.pack("<LL", len(texts), len(texts)) + b"".join(map(_text, texts))
    named = [
        _record(0x85, struct.pack("<LBB", place, hidden, 0) + _text(name, "<BB"))
        for name, hidden, place in sheets
    ]
    start = _record(0x809, struct.pack("<HHHHLL", 0x600, 5, 0, 1997, 0, 6))
    return b"".join(
        [start, _record(0x42, b"\xb0\x04"), *fonts, percent, *styles, *named]
        + [_record(0xFC, strings), _record(0x0A)]
    )


def _sheet_stream(records: list[bytes]) -> bytes:
    start = _record(0x809, struct.pack("<HHHHLL", 0x600, 0x10, 0, 1997, 0, 6))
    return start + b"".join(records) + _record(0x0A)


def _number_record(row: int, column: int, style: int, value: float) -> bytes:
    return _record(0x203, struct.pack("<HHHd", row, column, style, value))


def _label(row: int, column: int, style: int, text: int) -> bytes:
    return _record(0xFD, struct.pack("<HHHL", row, column, style, text))


def biff() -> bytes:
    shown = [
        _record(0x208, struct.pack("<HHHHHHLL"[:-1], 2, 0, 1, 255, 0, 0, 0x20)),
        _label(0, 0, 0, 0),
        _number_record(0, 1, 1, 0.9),
        _record(0x205, struct.pack("<HHHBB", 0, 2, 0, 1, 0)),
        _number_record(0, 3, 2, 45641),
        _record(0x205, struct.pack("<HHHBB", 0, 4, 0, 7, 1)),
        _number_record(0, 5, 0, 520),
        _label(2, 0, 0, 1),
        _label(3, 1, 0, 2),
        _label(5, 0, 3, 3),
        _record(0xE5, struct.pack("<HHHHH", 1, 3, 4, 1, 3)),
    ]
    streams = [_sheet_stream(shown), _sheet_stream([_number_record(1, 2, 0, -12.5)])]
    size = len(_globals([("Báo cáo", 0, 0), ("Trang ẩn", 1, 0)]))
    named = [("Báo cáo", 0, size), ("Trang ẩn", 1, size + len(streams[0]))]
    return _globals(named) + b"".join(streams)


def good_xls() -> bytes:
    return ole({"Workbook": biff()})


CSV = 'Đơn vị;Tử số;Tỷ lệ\r\nHà Nội;520;86,7\r\n"Thừa Thiên;\r\nHuế";12;0,5\r\n'
