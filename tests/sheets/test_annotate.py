"""The sender's workbook comes back with its faults marked, and everything else as it was."""

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as Found
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill, Protection
from openpyxl.worksheet.worksheet import Worksheet

from app.i18n import catalogue
from app.sheets.annotate import annotated, copied
from app.sheets.annotate_list import MOST_NOTES
from app.sheets.annotate_styles import LINE, SHADES
from app.sheets.cells import Cell, CellKind, Row, SheetFacts, address, letters
from app.sheets.fence import Fence
from app.sheets.marks import (
    ERRORS_SHEET_MARK,
    LONGEST_TEXT,
    NOTE_AUTHOR,
    NOTE_MARK,
    is_errors_sheet,
)
from app.sheets.screen import INTERACTIVE, screened
from tests.sheets.office import converted

# What openpyxl cannot keep, it says when it opens a file: that is why it does not write ours.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "Báo cáo"
FIRST_LINE = 5


def mark(cell: str, message: str = "Sai.", sheet: str = SHEET, **told: Any) -> dict[str, Any]:
    return {"sheet": sheet, "cell": cell, "message": message, **told}


TOO_MANY = mark(
    "F17",
    "Tử số 520 lớn hơn mẫu số 500.",
    unit="P63-25",
    target="NC2",
    value="520",
    expected="≤ 500",
    code="numerator_exceeds_denominator",
)


def answer(data: bytes, *marks: Mapping[str, Any], title: str = "bao-cao.xlsx") -> bytes:
    # As through the pipe.
    argument = json.loads(json.dumps({"title": title, "marks": marks, "language": "vi"}))
    return annotated(data, argument)


def opened(data: bytes) -> Workbook:
    return load_workbook(BytesIO(data), rich_text=True)


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: Mapping[str, str | bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return out.getvalue()


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def said(cell: Found | MergedCell) -> str:
    """An array's formula is an object of its own."""
    return str(getattr(cell.value, "text", cell.value))


def links(sheet: Worksheet) -> dict[str, str | None]:
    return {
        cell.coordinate: cell.hyperlink.location
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink
    }


def colour(cell: Found | MergedCell) -> str:
    return str(cell.fill.fgColor.rgb) if cell.fill.fill_type else ""


def is_marked(cell: Found | MergedCell) -> bool:
    sides = (cell.border.left, cell.border.right, cell.border.top, cell.border.bottom)
    framed = all(side.style == "medium" and side.color.rgb == LINE for side in sides)
    return framed and colour(cell).startswith("FFFFC4")


def marked(sheet: Worksheet) -> set[str]:
    return {cell.coordinate for row in sheet.iter_rows() for cell in row if is_marked(cell)}


def notes(sheet: Worksheet) -> dict[str, str]:
    return {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def lines(book: Workbook) -> list[tuple[Any, ...]]:
    """The list's lines, column A to H."""
    listed = book.worksheets[0]
    assert is_errors_sheet(str(listed["A1"].value))
    return list(listed.iter_rows(FIRST_LINE, max_col=8, values_only=True))


def note(said: str) -> str:
    return f"{NOTE_MARK}\n{said}"


def png() -> BytesIO:
    """One red pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xc0\0\0")
    return BytesIO(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def rich_book() -> bytes:
    """What provinces' sheets hold beside figures; F17 is yellow and shown as a percent."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    yellow = book.add_format({"bg_color": "#FFFF00", "num_format": "0.0%", "locked": False})
    striped = book.add_format({"bg_color": "#DDEEFF", "italic": True})
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    first = book.add_worksheet("Hướng dẫn")
    first.write("A1", "Cách điền")
    first.insert_textbox("C3", "Điền vào ô trắng")
    sheet = book.add_worksheet(SHEET)
    sheet.activate()
    sheet.set_first_sheet()
    sheet.merge_range("A1:H1", "BÁO CÁO", bold)
    sheet.write_rich_string("A2", "Đơn vị: ", bold, "Hà ", red, "Nội")
    for row in range(2, 30):
        sheet.write_number(row, 4, row * 10)
        sheet.write_formula(row, 6, f"=E{row + 1}*2", striped, row * 20)
    sheet.write("F17", 520, yellow)
    sheet.write_array_formula("H3:H5", "{=E3:E5*2}", None, 40)
    sheet.write_comment("B2", "Ghi chú của tỉnh", {"author": "Văn phòng"})
    sheet.write_comment("F17", "Số tạm tính", {"author": "Văn phòng"})
    sheet.set_column("A:A", 31.5)
    sheet.set_column("C:D", 12, striped)
    sheet.set_row(5, 33, None, {"hidden": True})
    sheet.set_row(25, 20, striped)
    sheet.data_validation("E3:E30", {"validate": "integer", "criteria": ">=", "value": 0})
    sheet.conditional_format("E3:E30", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("G3:G30", {"type": "3_color_scale"})
    sheet.add_sparkline("I3", {"range": f"'{SHEET}'!E3:G3"})
    sheet.insert_image("J3", "chấm.png", {"image_data": png()})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{SHEET}'!$E$3:$E$30"})
    sheet.insert_chart("K5", chart)
    sheet.write_url("A28", "https://www.example.org/", string="Trang của đơn vị")
    sheet.protect("mật khẩu", {"format_cells": True})
    sheet.freeze_panes(2, 1)
    sheet.autofilter("A2:H30")
    sheet.repeat_rows(0, 1)
    sheet.print_area("A1:H30")
    sheet.set_landscape()
    sheet.set_header("&CBáo cáo &D")
    book.add_chartsheet("Biểu đồ").set_chart(_chart(book))
    hidden = book.add_worksheet("Danh mục")
    hidden.write_column("A1", ["Đã làm", "Chưa làm"])
    hidden.very_hidden()
    book.define_name("Chọn", "='Danh mục'!$A$1:$A$2")
    book.define_name(f"'{SHEET}'!Riêng", f"='{SHEET}'!$E$3")
    book.set_custom_property("chitieu_template", "NC-2024/2024@1")
    book.close()
    return out.getvalue()


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": f"='{SHEET}'!$E$3:$E$30"})
    return chart


def small_book() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    for row in range(1, 21):
        sheet.append([f"Dòng {row}", row, row * 2])
        if row % 2:
            for cell in sheet[row]:
                cell.fill = PatternFill("solid", "FFEEEEEE")
    return saved(book)


# What of the rich book a mark on its second sheet has to touch.
TOUCHED = {
    "[Content_Types].xml",
    "docProps/app.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/worksheets/sheet2.xml",
    "xl/comments1.xml",
    "xl/drawings/vmlDrawing1.vml",
}


def test_parts_without_a_mark_keep_their_very_bytes() -> None:
    sent = rich_book()
    before, after = parts(sent), parts(answer(sent, TOO_MANY, mark("E9"), mark("B40")))
    assert {name for name in before if before[name] != after[name]} == TOUCHED
    assert list(after)[: len(before)] == list(before)
    assert set(after) - set(before) == {"xl/worksheets/sheet4.xml"}


def test_untouched_parts_are_not_even_compressed_anew() -> None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(rich_book())) as archive, zipfile.ZipFile(out, "w") as stored:
        for name in archive.namelist():
            stored.writestr(name, archive.read(name))
    after = answer(out.getvalue(), TOO_MANY, mark("E9"))
    with zipfile.ZipFile(BytesIO(after)) as archive:
        kinds = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert {name for name, kind in kinds.items() if kind == zipfile.ZIP_DEFLATED} == {
        *TOUCHED,
        "xl/worksheets/sheet4.xml",
    }


def test_a_touched_sheet_is_the_same_text_but_for_the_marks() -> None:
    sent = rich_book()
    before = parts(sent)["xl/worksheets/sheet2.xml"].decode()
    after = parts(answer(sent, TOO_MANY, mark("B40"), mark("I3")))["xl/worksheets/sheet2.xml"]
    text = after.decode()
    blanks = re.compile(r'<row r="40"><c r="B40" s="\d+"/></row>|<c r="I3" s="\d+"/>')
    assert len(blanks.findall(text)) == 2
    text = re.sub(r'(<c r="F17") s="\d+"', r"\1", blanks.sub("", text))
    expected = re.sub(r'(<c r="F17") s="\d+"', r"\1", before)
    expected = re.sub(r'(<row r="3") spans="[\d:]+"', r"\1", expected)
    assert text == expected.replace('tabSelected="1"', 'tabSelected="0"')
    assert "<x14:sparkline>" in text
    assert "<x14:dataBar " in text


def test_a_marked_cell_keeps_all_of_its_format_but_fill_and_border() -> None:
    sent = rich_book()
    before, after = opened(sent)[SHEET]["F17"], opened(answer(sent, TOO_MANY))[SHEET]["F17"]
    assert is_marked(after)
    assert (after.value, after.number_format) == (520, "0.0%")
    assert repr(after.font) == repr(before.font)
    assert repr(after.protection) == repr(Protection(locked=False))


def test_every_other_cell_and_setting_reads_as_before() -> None:
    sent = rich_book()
    before, after = opened(sent), opened(answer(sent, TOO_MANY, mark("E9")))
    assert after.sheetnames == ["Lỗi", *before.sheetnames]
    old, new = before[SHEET], after[SHEET]
    assert marked(new) == {"F17", "E9"}
    for row in old.iter_rows():
        for cell in row:
            same = new[cell.coordinate]
            assert said(same) == said(cell)
            if cell.coordinate not in {"F17", "E9"}:
                assert same.style_id == cell.style_id
    assert new.column_dimensions["A"].width == old.column_dimensions["A"].width
    assert new.protection.password == old.protection.password
    assert new.print_title_rows == old.print_title_rows == "$1:$2"
    assert new.print_area == old.print_area
    assert new.freeze_panes == old.freeze_panes
    assert new.defined_names["Riêng"].value == old.defined_names["Riêng"].value
    assert after.defined_names.keys() == before.defined_names.keys()
    assert after["Danh mục"].sheet_state == "veryHidden"
    assert (
        parts(answer(sent, TOO_MANY))["docProps/custom.xml"] == parts(sent)["docProps/custom.xml"]
    )


def test_each_fault_stands_in_its_cell_and_in_the_list() -> None:
    book = opened(answer(small_book(), mark("B3", "Thiếu mẫu số."), {**TOO_MANY, "cell": "C5"}))
    sheet = book[SHEET]
    assert marked(sheet) == {"B3", "C5"}
    assert notes(sheet) == {
        "B3": note("Thiếu mẫu số."),
        "C5": note("Tử số 520 lớn hơn mẫu số 500.\nCần là: ≤ 500"),
    }
    assert sheet["B3"].comment is not None
    assert sheet["B3"].comment.author == NOTE_AUTHOR
    assert lines(book) == [
        (1, SHEET, "B3", None, None, None, None, "Thiếu mẫu số."),
        (2, SHEET, "C5", "P63-25", "NC2", "520", "≤ 500", "Tử số 520 lớn hơn mẫu số 500."),
    ]


def test_the_list_leads_to_the_cells_and_prints_on_a4() -> None:
    book = opened(answer(small_book(), mark("B3"), mark("", "Tệp thiếu một cột."), title="x.xlsx"))
    listed = book.worksheets[0]
    assert (listed["A1"].value, listed["A2"].value) == (ERRORS_SHEET_MARK, "x.xlsx")
    assert str(listed["A3"].value).startswith("2 lỗi cần sửa.")
    assert links(listed) == {"C5": f"'{SHEET}'!B3"}
    assert (listed.freeze_panes, listed.auto_filter.ref) == ("A5", "A4:H6")
    assert (listed.page_setup.paperSize, listed.page_setup.orientation) == (9, "landscape")
    assert listed.print_title_rows == "$4:$4"
    assert listed["H6"].alignment.wrap_text


def test_several_faults_of_a_cell_share_one_note() -> None:
    book = opened(answer(small_book(), mark("B3", "Một."), mark("B3", "Hai.", expected="0")))
    assert notes(book[SHEET]) == {"B3": note("• Một.\n• Hai.\nCần là: 0")}
    assert len(lines(book)) == 2


def test_the_senders_own_notes_stay_and_ours_goes_below() -> None:
    book = opened(answer(rich_book(), TOO_MANY))
    assert notes(book[SHEET]) == {
        "B2": "Ghi chú của tỉnh",
        "F17": f"Số tạm tính\n{note(TOO_MANY['message'])}\nCần là: ≤ 500",
    }
    comment = book[SHEET]["F17"].comment
    assert comment is not None
    assert comment.author == "Văn phòng"


def test_a_plain_note_of_the_sender_takes_ours_too() -> None:
    book = Workbook()
    book.worksheets[0].title = SHEET
    book[SHEET]["B2"].comment = Comment("Hỏi lại", "Văn phòng")
    sent = saved(book)
    assert b"<r>" not in parts(sent)["xl/comments/comment1.xml"]
    once = answer(sent, mark("B2"))
    assert notes(opened(once)[SHEET]) == {"B2": f"Hỏi lại\n{note('Sai.')}"}
    assert notes(opened(answer(once))[SHEET]) == {"B2": "Hỏi lại"}


def threaded_book() -> bytes:
    """A thread on B2 as Excel saves it: the conversation, and a copy among the notes."""
    book = Workbook()
    book.worksheets[0].title = SHEET
    book[SHEET]["B2"] = 5
    book[SHEET]["B2"].comment = Comment("[Threaded comment]", "tc={6A1B}")
    content = parts(saved(book))
    content["xl/threadedComments/threadedComment1.xml"] = b"<ThreadedComments/>"
    rels = content["xl/worksheets/_rels/sheet1.xml.rels"].decode()
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    thread = "/xl/threadedComments/threadedComment1.xml"
    content["xl/worksheets/_rels/sheet1.xml.rels"] = rels.replace(
        "</Relationships>",
        f'<Relationship Id="rId99" Type="{kind}" Target="{thread}"/></Relationships>',
    ).encode()
    return zipped(content)


def test_a_thread_is_left_as_excel_wrote_it() -> None:
    sent = threaded_book()
    after = answer(sent, mark("B2"), mark("B3"))
    kept = parts(sent)["xl/comments/comment1.xml"].decode()
    thread = re.search(r'<comment ref="B2".*?</comment>', kept)
    assert thread
    assert thread[0] in parts(after)["xl/comments/comment1.xml"].decode()
    book = opened(after)
    assert notes(book[SHEET]) == {"B2": "[Threaded comment]", "B3": note("Sai.")}
    assert marked(book[SHEET]) == {"B2", "B3"}
    assert "threadedComment1.xml" in parts(after)["xl/worksheets/_rels/sheet1.xml.rels"].decode()


def test_a_blank_cell_is_put_where_it_belongs_with_its_rows_or_columns_format() -> None:
    sent = rich_book()
    after = answer(sent, mark("C10"), mark("E26"), mark("B26"), mark("D50"), mark("A2"), mark("Z3"))
    text = parts(after)["xl/worksheets/sheet2.xml"].decode()
    rows = [int(number) for number in re.findall(r'<row r="(\d+)"', text)]
    assert rows == sorted(set(rows))
    for row in re.findall(r"<row .*?</row>", text):
        columns = [(len(name), name) for name in re.findall(r'<c r="([A-Z]+)', row)]
        assert columns == sorted(set(columns))
    sheet = opened(after)[SHEET]
    assert marked(sheet) == {"C10", "E26", "B26", "D50", "A2", "Z3"}
    # Columns C and D and row 26 are in italics.
    italics = {name for name in marked(sheet) if sheet[name].font.i}
    assert italics == {"C10", "B26", "E26", "D50"}


def test_a_mark_inside_a_merged_range_is_shown_in_its_first_cell() -> None:
    book = opened(answer(rich_book(), mark("C1", "Tiêu đề sai.")))
    assert marked(book[SHEET]) == {"A1"}
    assert notes(book[SHEET])["A1"] == note("Tiêu đề sai.")
    assert lines(book)[0][2] == "C1"


def hand_made(rows: str, **changes: str | None) -> bytes:
    """The least that a workbook can be, as small programs write it."""
    content: dict[str, str | None] = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.spreadsheetml.worksheet+xml"/><Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a"'
        f' Type="{DOCUMENT}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
        f'<sheet name="{SHEET}" sheetId="7" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="b"'
        f' Type="{DOCUMENT}/worksheet" Target="/xl/worksheets/one.xml"/></Relationships>',
        "xl/worksheets/one.xml": f'<worksheet xmlns="{MAIN}">{rows}</worksheet>',
    }
    content |= changes
    return zipped({name: text for name, text in content.items() if text is not None})


PREFIXED = (
    f'<?xml version="1.0" encoding="US-ASCII"?>\n<x:worksheet xmlns:x="{MAIN}" xmlns:o="urn:other">'
    '<o:mark/><x:sheetData><x:row r="2"><x:c r="B2"><x:v>5</x:v></x:c></x:row></x:sheetData>'
    '<x:extLst><x:ext uri="{1}"><o:kept o:a="1"/></x:ext></x:extLst></x:worksheet>'
)
HAND_MADE = {
    "no numbers on rows and cells": hand_made(
        "<sheetData><row/><row><c><v>1</v></c><c><v>5</v></c></row></sheetData>"
    ),
    "text in the cells": hand_made(
        '<sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>5</t></is></c></row></sheetData>'
    ),
    "single quotes and spaces": hand_made(
        "<sheetData ><row r = '2' ><c r = 'B2' ><v>5</v></c ></row ></sheetData >"
    ),
    "what looks like cells in comments and quoted text": hand_made(
        '<!-- <sheetData><row r="2"> --><sheetData><!-- <row r="2"/> --><row r="2">'
        '<c r="A2" t="inlineStr"><is><t><![CDATA[</row></sheetData><c r="B2">]]></t></is></c>'
        '<c r="B2"><v>5</v></c></row></sheetData>'
    ),
    "a prefix on every element": hand_made("", **{"xl/worksheets/one.xml": PREFIXED}),
    "two prefixes for one namespace": hand_made(
        f'<sheetData xmlns:y="{MAIN}"><y:row r="2"><c r="B2"><v>5</v></c></y:row></sheetData>'
    ),
    "styles that say nothing": hand_made(
        '<sheetData><row r="2"><c r="B2" s="4"><v>5</v></c></row></sheetData>',
        **{
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship'
            f' Id="b" Type="{DOCUMENT}/worksheet" Target="worksheets/one.xml"/><Relationship'
            f' Id="c" Type="{DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"/>',
        },
    ),
    "targets from beside": hand_made(
        '<sheetData><row r="2"><c r="B2"><v>5</v></c></row></sheetData>',
        **{
            "_rels/.rels": f'<p:Relationships xmlns:p="{RELATIONS}"><p:Relationship Id="a"'
            f' Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></p:Relationships>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship'
            f' Id="b" Type="{DOCUMENT}/worksheet" Target="./worksheets/../worksheets/one.xml"/>'
            "</Relationships>",
        },
    ),
}


@pytest.mark.parametrize("sent", HAND_MADE.values(), ids=HAND_MADE)
def test_files_of_small_programs_are_marked_like_excels(sent: bytes) -> None:
    after = answer(sent, mark("B2"), mark("A1"), mark("D2"), mark("B9"))
    book = opened(after)
    assert book.sheetnames == ["Lỗi", SHEET]
    assert marked(book[SHEET]) == {"B2", "A1", "D2", "B9"}
    assert str(book[SHEET]["B2"].value) == "5"
    assert notes(book[SHEET])["B2"] == note("Sai.")
    again = opened(answer(after, mark("D2")))
    assert marked(again[SHEET]) == {"D2"}


def test_a_sheet_without_any_row_can_be_marked() -> None:
    for rows in ("<sheetData/>", "<sheetData></sheetData>", '<sheetData><row r="3"/></sheetData>'):
        book = opened(answer(hand_made(rows), mark("B2"), mark("C2"), mark("A3"), mark("A4")))
        assert marked(book[SHEET]) == {"B2", "C2", "A3", "A4"}


def test_what_nobody_here_knows_stays_where_it_is() -> None:
    after = answer(hand_made("", **{"xl/worksheets/one.xml": PREFIXED}), mark("B2"))
    text = parts(after)["xl/worksheets/one.xml"]
    assert b'<x:extLst><x:ext uri="{1}"><o:kept o:a="1"/></x:ext></x:extLst>' in text
    assert b"<o:mark/>" in text
    assert text.isascii()
    assert re.search(rb'<x:legacyDrawing xmlns:r="[^"]+" r:id="rId\d"/><x:extLst>', text)


def test_a_sheet_of_faults_of_the_senders_own_keeps_its_name() -> None:
    book = Workbook()
    book.worksheets[0].title = "LỖI"
    book["LỖI"]["A1"] = "Các lỗi năm ngoái"
    after = opened(answer(saved(book), mark("A1", sheet="LỖI")))
    assert after.sheetnames == ["Lỗi (2)", "LỖI"]
    assert after["LỖI"]["A1"].value == "Các lỗi năm ngoái"


def test_only_the_list_is_chosen_so_that_nobody_types_into_two_sheets() -> None:
    after = parts(answer(rich_book(), TOO_MANY))
    chosen = [
        name
        for name, text in after.items()
        if name.startswith(("xl/worksheets/sheet", "xl/chartsheets/sheet"))
        and b'tabSelected="1"' in text
    ]
    assert chosen == ["xl/worksheets/sheet4.xml"]
    workbook = after["xl/workbook.xml"].decode()
    assert "activeTab" not in workbook
    assert "firstSheet" not in workbook


def test_the_tabs_in_the_files_properties_are_counted_again() -> None:
    told = parts(answer(rich_book(), TOO_MANY))["docProps/app.xml"].decode()
    size = re.search(r'<TitlesOfParts><vt:vector size="(\d+)"', told)
    assert size
    assert int(size[1]) == len(re.findall("<vt:lpstr>", told.partition("<TitlesOfParts>")[2]))
    assert "<vt:i4>4</vt:i4>" in told


@pytest.mark.parametrize("sheet", ["", "Không có", "Biểu đồ"])
def test_a_fault_without_a_cell_to_show_is_still_in_the_list(sheet: str) -> None:
    book = opened(answer(rich_book(), mark("" if not sheet else "B2", "Sai tệp.", sheet=sheet)))
    assert lines(book)[0][7] == "Sai tệp."
    assert not links(book.worksheets[0])
    assert not marked(book[SHEET])


@pytest.mark.parametrize("cell", ["XFE1", "A1048577", "A0", "1A", "A1:B2", "$A$1", "=A1", "ab"])
def test_an_address_that_is_no_cell_marks_nothing(cell: str) -> None:
    sent = small_book()
    book = opened(answer(sent, mark(cell)))
    assert len(lines(book)) == 1
    assert not marked(book[SHEET])


def test_the_last_cell_of_a_sheet_can_be_marked() -> None:
    after = answer(hand_made("<sheetData/>"), mark("XFD1048576"))
    assert b'<c r="XFD1048576" s="' in parts(after)["xl/worksheets/one.xml"]


def test_nothing_in_the_list_is_a_formula_or_breaks_the_file() -> None:
    evil = '=HYPERLINK("http://x","y")'
    wrong = "a\x00b\x1bc\ud800d\uffffe<&>'\" ]]>"
    long = "dài " * 20_000
    texts = {"unit": evil, "target": "+1", "value": wrong, "expected": "@x", "message": long}
    book = opened(answer(small_book(), {**mark("B3"), **texts}, title="=1+1"))
    listed = book.worksheets[0]
    kinds = {cell.data_type for row in listed.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n"}
    assert lines(book)[0][3:7] == (evil, "+1", "abcde<&>'\" ]]>", "@x")
    assert len(str(lines(book)[0][7])) == LONGEST_TEXT
    assert listed["A2"].value == "=1+1"
    assert listed["F5"].quotePrefix
    assert len(notes(book[SHEET])["B3"]) <= LONGEST_TEXT + len(note(""))


def test_a_mended_file_comes_back_without_the_old_marks() -> None:
    sent = rich_book()
    once = answer(sent, TOO_MANY, mark("E9"), mark("B40"))
    twice = opened(answer(once, mark("E9", "Vẫn sai.")))
    assert twice.sheetnames == opened(once).sheetnames
    assert len(lines(twice)) == 1
    assert marked(twice[SHEET]) == {"E9"}
    assert colour(twice[SHEET]["F17"]) == "FFFFFF00"
    assert notes(twice[SHEET]) == {
        "B2": "Ghi chú của tỉnh",
        "E9": note("Vẫn sai."),
        "F17": "Số tạm tính",
    }


def test_a_file_without_faults_at_last_looks_as_it_was_sent() -> None:
    sent = rich_book()
    before = parts(sent)
    mended = answer(answer(sent, TOO_MANY, mark("E9"), mark("G9")))
    after = parts(mended)
    name = "xl/worksheets/sheet2.xml"
    assert after[name] == before[name].replace(b'tabSelected="1"', b'tabSelected="0"')
    shapes = re.compile(rb"<v:shape .*?</v:shape>")
    drawing = "xl/drawings/vmlDrawing1.vml"
    assert shapes.findall(after[drawing]) == shapes.findall(before[drawing])
    book = opened(mended)
    assert book.worksheets[0]["A3"].value == "Không còn lỗi nào."
    assert lines(book) == []


def test_a_file_that_never_had_a_fault_comes_back_byte_for_byte() -> None:
    sent = rich_book()
    assert answer(sent) == sent


def test_the_same_faults_twice_make_the_same_file() -> None:
    marks = (TOO_MANY, mark("E9"), mark("B40"), mark("B2", "Hai"))
    once = answer(rich_book(), *marks)
    assert parts(answer(once, *marks)) == parts(once)


def test_a_file_mended_and_saved_by_another_program_loses_its_old_marks() -> None:
    once = answer(small_book(), mark("B3"), mark("B4"), mark("C5"), mark("B8", "Sai dòng 8."))
    book = opened(once)
    sheet = book[SHEET]
    sheet["B3"] = 33
    sheet["C5"].number_format = "0%"
    # A row put in above moves B8 to B9; who mends seldom thinks of the list.
    sheet.insert_rows(7)
    sheet["B9"].comment = None
    book.move_sheet("Lỗi", 1)
    twice = opened(answer(saved(book), mark("B9", "Sai dòng 9.")))
    assert twice.sheetnames == ["Lỗi", SHEET]
    after = twice[SHEET]
    assert marked(after) == {"B9"}
    assert {name: colour(after[name]) for name in ("B3", "B4", "C5")} == {
        "B3": "FFEEEEEE",
        "B4": "",
        "C5": "FFEEEEEE",
    }
    assert after["C5"].number_format == "0%"
    assert notes(after) == {"B9": note("Sai dòng 9.")}
    third = opened(answer(saved(twice)))
    assert colour(third[SHEET]["B9"]) == ""
    assert not marked(third[SHEET])


def test_a_file_saved_by_libreoffice_loses_its_old_marks(tmp_path: Path) -> None:
    once = answer(rich_book(), TOO_MANY, mark("E9"), mark("G9"), mark("B40"))
    theirs = converted(once, "xlsx", "xlsx", tmp_path)
    assert marked(opened(theirs)[SHEET]) == {"F17", "E9", "G9", "B40"}
    twice = opened(answer(theirs, mark("E9", "Vẫn sai.")))
    sheet = twice[SHEET]
    assert twice.sheetnames[:3] == ["Lỗi", "Hướng dẫn", SHEET]
    assert len(lines(twice)) == 1
    assert marked(sheet) == {"E9"}
    assert (colour(sheet["F17"]), sheet["F17"].number_format) == ("FFFFFF00", "0.0%")
    assert (colour(sheet["G9"]), sheet["G9"].value) == ("FFDDEEFF", "=E9*2")
    assert {name: text.strip() for name, text in notes(sheet).items()} == {
        "B2": "Ghi chú của tỉnh",
        "E9": note("Vẫn sai."),
        "F17": "Số tạm tính",
    }


def test_marks_go_even_when_the_list_was_thrown_away() -> None:
    book = opened(answer(small_book(), mark("B3"), mark("B4")))
    del book["Lỗi"]
    after = opened(answer(saved(book), mark("C4")))
    assert marked(after[SHEET]) == {"C4"}
    assert notes(after[SHEET]) == {"C4": note("Sai.")}
    assert after.sheetnames == ["Lỗi", SHEET]


def test_a_senders_own_red_is_not_taken_for_a_mark() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet["A1"].fill = PatternFill("solid", "FFFFC4C0")
    after = opened(answer(answer(saved(book), mark("A1"))))
    assert colour(after[SHEET]["A1"]) == "FFFFC4C0"


def test_more_looks_than_shades_of_red_are_still_marked_and_taken_back() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    names = [address(row, 2) for row in range(1, SHADES + 11)]
    for place, name in enumerate(names):
        sheet[name].fill = PatternFill("solid", f"FF00{place:02X}00")
    once = answer(saved(book), *map(mark, names))
    assert marked(opened(once)[SHEET]) == set(names)
    widest = opened(once).worksheets[0].max_column
    assert widest == 8 + SHADES
    after = opened(answer(once))[SHEET]
    exact = [f"FF00{place:02X}00" for place in range(SHADES - 1)]
    assert [colour(after[name]) for name in names[: SHADES - 1]] == exact
    assert not marked(after)


def test_a_sheet_full_of_faults_is_coloured_whole_with_notes_for_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sheets.annotate.MOST_NOTES", 3)
    names = ["B2", "B3", "B4", "B5"]
    book = opened(answer(small_book(), *map(mark, names)))
    assert marked(book[SHEET]) == set(names)
    assert list(notes(book[SHEET])) == names[:3]
    assert len(lines(book)) == 4
    assert f"chỉ có chú thích ở {MOST_NOTES} ô đầu tiên" in str(book.worksheets[0]["A3"].value)


def test_a_box_is_wide_enough_to_read_beside_hidden_columns() -> None:
    sent = hand_made(
        '<cols><col min="3" max="5" width="9" hidden="1"/><col min="6" max="200" width="2"/></cols>'
        '<sheetData><row r="2"><c r="B2"/></row></sheetData>'
    )
    after = parts(answer(sent, mark("B2", "Một câu rất dài. " * 20)))
    found = re.search(rb"<x:Anchor>([^<]+)", after["xl/drawings/vmlDrawing1.vml"])
    assert found
    left, _, top, _, right, _, bottom, _ = (int(number) for number in found[1].split(b","))
    # 320 pixels are 22 columns of 14; 340 letters are 7 lines of 53, and one more says who speaks.
    assert (left, right) == (2, 5 + 22)
    assert (top, bottom) == (0, 7)


def test_the_answer_passes_the_gate_that_its_next_upload_meets() -> None:
    after = answer(rich_book(), TOO_MANY, mark("E9"))
    with zipfile.ZipFile(BytesIO(after)) as archive:
        assert screened(archive, INTERACTIVE, len(after)).sheets == 5


def test_marking_works_behind_the_fence() -> None:
    sent = small_book()
    fence = Fence()
    try:
        after = fence.run("annotate", sent, {"title": "", "marks": [mark("B3")], "language": "en"})
    finally:
        fence.close()
    book = opened(after)
    assert str(book.worksheets[0]["A3"].value).startswith("1 to mend.")
    assert marked(book[SHEET]) == {"B3"}


def cells(*said: Cell) -> dict[int, Cell]:
    return dict(enumerate(said, 1))


def number(value: str, form: str = "General") -> Cell:
    return Cell(CellKind.NUMBER, value, form)


def text(value: str) -> Cell:
    return Cell(CellKind.TEXT, value)


def old_book() -> Iterator[tuple[SheetFacts, Sequence[Row]]]:
    yield (
        SheetFacts("Lỗi"),
        [Row(1, cells(text(ERRORS_SHEET_MARK))), Row(2, cells(text("cũ")))],
    )
    yield (
        SheetFacts("Quý I/2024 " + "rất dài " * 5),
        [
            Row(1, cells(text("=1+1"), text("https://www.example.org/"), text("{=A1}"))),
            Row(3, cells(number("0.875", "0.0%"), number("12"), number("1e+20")), hidden=True),
            Row(4, cells(Cell(CellKind.DATE, "2024-12-15"), Cell(CellKind.YES_NO, "true"))),
            Row(5, {3: Cell(CellKind.ERROR, "#DIV/0!"), 4: Cell(CellKind.UNCALCULATED, "=A1/0")}),
        ],
    )
    yield SheetFacts("Danh mục", hidden=True), []


def test_what_is_no_xlsx_comes_back_as_one_with_the_same_cells() -> None:
    title = "Quý I/2024 " + "rất dài " * 5
    marks = [mark("B3", sheet=title), mark("E9", sheet=title)]
    book = opened(copied(old_book(), {"title": "cũ.xls", "marks": marks, "language": "vi"}))
    assert book.sheetnames == ["Lỗi", "Quý I_2024 rất dài rất dài rất ", "Danh mục"]
    sheet = book.worksheets[1]
    assert [[cell.value for cell in row] for row in sheet["A1:D5"]] == [
        ["=1+1", "https://www.example.org/", "{=A1}", None],
        [None, None, None, None],
        [0.875, 12, 1e20, None],
        [sheet["A4"].value, True, None, None],
        [None, None, "#DIV/0!", "=A1/0"],
    ]
    assert {sheet[name].data_type for name in ("A1", "B1", "C1", "D5")} == {"s"}
    assert sheet["A4"].value.date() == date(2024, 12, 15)
    assert sheet["A3"].number_format == "0.0%"
    assert sheet.row_dimensions[3].hidden
    assert marked(sheet) == {"B3", "E9"}
    assert [line[1:3] for line in lines(book)] == [(sheet.title, "B3"), (sheet.title, "E9")]
    assert book["Danh mục"].sheet_state == "hidden"


def test_sheets_whose_names_become_alike_are_told_apart() -> None:
    named = [(SheetFacts(name), [Row(1, cells(text(name)))]) for name in ("a:b", "A/B", "", "'x'")]
    argument = {"title": "", "marks": [mark("A1", sheet="A/B")], "language": "vi"}
    book = opened(copied(named, argument))
    assert book.sheetnames == ["Lỗi", "a_b", "A_B (2)", "_", "_x_"]
    assert marked(book["A_B (2)"]) == {"A1"}


def test_a_copied_figure_is_what_was_read() -> None:
    figures = ("0.1", "87.5", "123456789012345", "0.000001", "-3", "99.999999")
    rows = [Row(1, cells(*map(number, figures)))]
    argument = {"title": "", "marks": [], "language": "vi"}
    book = opened(copied([(SheetFacts("S"), rows)], argument))
    assert [Decimal(str(cell.value)) for cell in book["S"][1]] == [Decimal(one) for one in figures]


@pytest.mark.parametrize(
    "told", ["08:30:00", "PT08H30M", "1850-01-01", "2024-12-15T08:30:00+07:00"]
)
def test_a_time_that_excel_has_no_day_for_is_copied_as_it_was_read(told: str) -> None:
    rows = [Row(1, cells(Cell(CellKind.DATE, told, "hh:mm")))]
    book = opened(copied([(SheetFacts("S"), rows)], {"title": "", "marks": [], "language": "vi"}))
    assert book["S"]["A1"].value == told


def test_the_list_is_known_by_its_first_cell_alone() -> None:
    assert is_errors_sheet(f" {ERRORS_SHEET_MARK}\n")
    assert not is_errors_sheet("Lỗi")
    assert not is_errors_sheet("")


def test_both_languages_have_the_same_words_for_marks() -> None:
    words = [
        {key for key in catalogue(language) if key.startswith("marks.")}
        for language in ("vi", "en")
    ]
    assert words[0] == words[1]
    assert len(words[0]) == 13


VALUES = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=12),
    st.booleans(),
    st.just("=A1+1"),
)
PLACES = st.tuples(st.integers(1, 12), st.integers(1, 30))


@settings(max_examples=40, deadline=None)
@given(
    grid=st.dictionaries(PLACES, VALUES, max_size=30),
    first=st.lists(PLACES, max_size=12),
    second=st.lists(PLACES, max_size=6),
)
def test_marks_change_no_value_whatever_the_grid(
    grid: dict[tuple[int, int], Any],
    first: list[tuple[int, int]],
    second: list[tuple[int, int]],
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for (row, column), value in grid.items():
        sheet.cell(row, column, value)
    data = saved(book)
    before = {at: sheet.cell(*at).value for at in grid if sheet.cell(*at).value is not None}
    for places in (first, second):
        names = {f"{letters(column)}{row}" for row, column in places}
        data = answer(data, *map(mark, sorted(names)))
        after = opened(data)[SHEET]
        assert marked(after) == names
        assert set(notes(after)) == names
        values = {
            (cell.row, cell.column): cell.value
            for row in after.iter_rows()
            for cell in row
            if cell.value is not None
        }
        assert values == {at: value for at, value in before.items() if value != ""}
