"""Behind the fence: what stands in the cells of every form."""

from collections.abc import Iterator

import pytest

from app.sheets.cells import Cell, CellKind, Row, SheetFacts
from app.sheets.fence import Fence
from tests.sheets.corpus import A1, sheet_xml, strings, with_sheet, with_strings
from tests.sheets.forms import CSV, good_ods, good_xls, good_xlsx, ods, parts_of, zipped

NUMBER, TEXT, DATE = CellKind.NUMBER, CellKind.TEXT, CellKind.DATE
Sheets = list[tuple[SheetFacts, list[Row]]]


@pytest.fixture(scope="module")
def shared() -> Iterator[Fence]:
    fence = Fence()
    yield fence
    fence.close()


def sheets(fence: Fence, data: bytes) -> Sheets:
    with fence.reading(data) as book:
        return [(facts, list(rows)) for facts, rows in book.sheets]


def cells(fence: Fence, data: bytes) -> dict[str, str]:
    """Of the first sheet: "A1" to "n 0.9"."""
    return {
        f"{'ABCDEFGH'[column - 1]}{row.number}": f"{cell.kind.value} {cell.value}"
        for row in sheets(fence, data)[0][1]
        for column, cell in row.cells.items()
    }


def of_row(*written: str) -> bytes:
    return with_sheet(f'<row r="1">{"".join(written)}</row>')


def test_every_kind_of_cell_of_an_xlsx_is_told_apart(shared: Fence) -> None:
    with shared.reading(good_xlsx()) as book:
        assert (book.form, book.template) == ("xlsx", "NC-2024/2024@1")
        read = [(facts, list(rows)) for facts, rows in book.sheets]
    (facts, rows), (other, hidden) = read
    assert facts == SheetFacts("Báo cáo", merged=("B4:D5",))
    assert rows[0] == Row(
        1,
        {
            1: Cell(TEXT, "Hà Nội"),
            2: Cell(NUMBER, "0.9", "0.0%"),
            3: Cell(CellKind.YES_NO, "true"),
            4: Cell(DATE, "2024-12-15", "yyyy-mm-dd"),
            5: Cell(CellKind.UNCALCULATED, "=1+1"),
            6: Cell(DATE, "08:30:00", "h:mm:ss"),
            7: Cell(CellKind.ERROR, "#DIV/0!"),
            8: Cell(NUMBER, "520"),
        },
    )
    assert rows[1].hidden
    assert rows[1].cells[2] == Cell(DATE, "PT129600S", "[hh]:mm:ss")  # 36 hours
    assert rows[3].cells[1] == Cell(TEXT, "Tæng", font=".VnTime")
    assert (other.title, other.hidden) == ("Trang ẩn", True)
    assert hidden == [Row(2, {3: Cell(NUMBER, "-12.5")})]


def test_an_ods_keeps_percents_errors_fonts_and_what_is_hidden(shared: Fence) -> None:
    with shared.reading(good_ods()) as book:
        assert (book.form, book.template) == ("ods", "NC-2024/2024@1")
        read = [(facts, list(rows)) for facts, rows in book.sheets]
    (facts, rows), (other, hidden) = read
    assert facts == SheetFacts("Báo cáo", merged=("B4:D5",))
    assert rows[0].cells == {
        1: Cell(TEXT, "Hà Nội\n(thủ đô)"),
        2: Cell(NUMBER, "0.9", "0.0%"),
        3: Cell(CellKind.YES_NO, "true"),
        4: Cell(DATE, "2024-12-15"),
        5: Cell(CellKind.UNCALCULATED, "=1+1"),
        6: Cell(CellKind.ERROR, "#DIV/0!"),
        7: Cell(NUMBER, "520"),
        8: Cell(NUMBER, "520"),
    }
    assert rows[1].hidden
    assert rows[3].cells[1].font == ".VnTime"
    assert other.hidden
    assert [row.number for row in hidden] == [1, 2]


def test_an_ods_cell_takes_its_format_from_its_column(shared: Fence) -> None:
    column = '<table:table-column/><table:table-column table:default-cell-style-name="ce1"/>'
    percent = '<table:table-cell office:value-type="percentage" office:value="0.55"/>'
    data = ods(f"{column}<table:table-row>{percent * 3}</table:table-row>")
    row = sheets(shared, data)[0][1][0]
    assert [cell.format for cell in row.cells.values()] == ["0%", "0.0%", "0%"]


def test_an_xls_keeps_formats_errors_fonts_and_what_is_hidden(shared: Fence) -> None:
    with shared.reading(good_xls()) as book:
        assert (book.form, book.template) == ("xls", None)
        read = [(facts, list(rows)) for facts, rows in book.sheets]
    (facts, rows), (other, hidden) = read
    assert facts == SheetFacts("Báo cáo", merged=("B4:D5",))
    assert rows[0].cells == {
        1: Cell(TEXT, "Hà Nội"),
        2: Cell(NUMBER, "0.9", "0.0%"),
        3: Cell(CellKind.YES_NO, "true"),
        4: Cell(DATE, "2024-12-15", "m/d/yy"),
        5: Cell(CellKind.ERROR, "#DIV/0!"),
        6: Cell(NUMBER, "520"),
    }
    assert rows[1].hidden
    assert rows[3].cells[1] == Cell(TEXT, "Tæng", font=".VnTime")
    assert other.hidden
    assert hidden == [Row(2, {3: Cell(NUMBER, "-12.5")})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(
    shared: Fence, encoding: str, delimiter: str
) -> None:
    text = CSV.replace("86,7", "86.7").replace("0,5", "0.5").replace(";", delimiter)
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    with shared.reading((mark + text).encode(encoding)) as book:
        assert book.form == "csv"
        [(facts, rows)] = [(facts, list(rows)) for facts, rows in book.sheets]
    assert facts.title == "CSV"
    assert [[cell.value for cell in row.cells.values()] for row in rows] == [
        ["Đơn vị", "Tử số", "Tỷ lệ"],
        ["Hà Nội", "520", "86.7"],
        [f"Thừa Thiên{delimiter}\r\nHuế", "12", "0.5"],
    ]
    assert {cell.kind for row in rows for cell in row.cells.values()} == {TEXT}


def test_a_decimal_comma_is_no_delimiter_beside_semicolons(shared: Fence) -> None:
    assert cells(shared, b"A;1,5\nB;2,5\n") == {
        "A1": "t A",
        "B1": "t 1,5",
        "A2": "t B",
        "B2": "t 2,5",
    }


def test_the_delimiter_that_the_file_names_is_taken(shared: Fence) -> None:
    assert cells(shared, b"sep=,\r\nA,1;5\r\n") == {"A1": "t A", "B1": "t 1;5"}


def test_numbers_are_what_was_typed_and_not_what_binary_makes_of_them(shared: Fence) -> None:
    data = of_row(
        '<c r="A1"><v>0.1</v></c>',
        '<c r="B1"><v>0.90000000000000002</v></c>',
        '<c r="C1"><v>12.0</v></c>',
        '<c r="D1"><v>1E3</v></c>',
        '<c r="E1"><v>-0</v></c>',
        '<c r="F1"><v>1e20</v></c>',
        '<c r="G1"><v>NaN</v></c>',
        '<c r="H1"><v>1e999</v></c>',
    )
    assert cells(shared, data) == {
        "A1": "n 0.1",
        "B1": "n 0.9",
        "C1": "n 12",
        "D1": "n 1000",
        "E1": "n 0",
        "F1": "n 1e+20",
        "G1": "e #NUM!",
        "H1": "e #NUM!",
    }


def test_an_empty_answer_is_calculated_and_a_missing_one_is_not(shared: Fence) -> None:
    data = of_row(
        '<c r="A1" t="str"><f>IF(B9,1,"")</f><v></v></c>',
        '<c r="B1"><f>SUM(A2:A9)</f></c>',
        '<c r="C1"><f>SUM(A2:A9)</f><v/></c>',
        '<c r="D1"><f>SUM(A2:A9)</f><v>7</v></c>',
        '<c r="E1"/>',
    )
    assert cells(shared, data) == {"B1": "u =SUM(A2:A9)", "C1": "u =SUM(A2:A9)", "D1": "n 7"}


def test_every_way_to_write_a_text_is_read(shared: Fence) -> None:
    shared_texts = strings("x").replace(b"<t>x</t>", b"<r><t>L\xc3\xa0o </t></r><r><t>Cai</t></r>")
    data = with_strings(
        shared_texts,
        '<row r="1"><c r="A1" t="s"><v>0</v></c>'
        '<c r="B1" t="inlineStr"><is><r><t>Hà </t></r><r><t>Nam</t></r></is></c>'
        '<c r="C1" t="str"><f>"Hà"</f><v> Hà </v></c><c r="D1" t="d"><v>2024-12-15</v></c>'
        '<c r="E1" t="b"><v>0</v></c><c r="F1" t="inlineStr"><is><t></t></is></c></row>',
    )
    assert cells(shared, data) == {
        "A1": "t Lào Cai",
        "B1": "t Hà Nam",
        "C1": "t  Hà ",
        "D1": "d 2024-12-15",
        "E1": "b false",
    }


def test_no_row_is_lost_to_a_wrong_dimension(shared: Fence) -> None:
    rows = "".join(f'<row r="{n}"><c r="C{n}"><v>{n}</v></c></row>' for n in range(1, 41))
    read = sheets(shared, with_sheet(rows, '<dimension ref="A1:B2"/>'))[0][1]
    assert [row.number for row in read] == list(range(1, 41))


def test_merged_ranges_are_told_as_far_as_is_read(shared: Fence) -> None:
    merges = '<mergeCells><mergeCell ref="A1:XFD1"/><mergeCell ref="A900000:B900001"/></mergeCells>'
    assert sheets(shared, with_sheet(A1, after=merges))[0][0].merged == ("A1:IV1",)


def test_a_sheet_may_be_left_in_its_middle_and_the_next_one_is_whole(shared: Fence) -> None:
    parts = parts_of(good_xlsx())
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 15_001))
    parts["xl/worksheets/sheet1.xml"] = sheet_xml(rows)
    seen = []
    with shared.reading(zipped(parts)) as book:
        for facts, sheet in book.sheets:
            seen.append((facts.title, next(sheet).number))
    assert seen == [("Báo cáo", 1), ("Trang ẩn", 2)]
