"""Which files are taken as evidence: by their content, without macros, under their own name."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from app.domain.file_types import Unwanted, type_of
from tests.sheets.books import saved

OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
WORD, EXCEL = (OLE + name.encode("utf-16-le") for name in ("WordDocument", "Workbook"))
DOCX = f"{OFFICE}wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def zipped(parts: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def document(kind: str = DOCX, **more: str) -> bytes:
    return zipped({"[Content_Types].xml": f'<Override ContentType="{kind}.main+xml"/>', **more})


PDF = b"%PDF-1.7\n1 0 obj\n"
GOOD = {
    "ke-hoach.pdf": (PDF, "application/pdf"),
    "anh.PNG": (b"\x89PNG\r\n\x1a\n0000", "image/png"),
    "anh.jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
    "anh.webp": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    "cong-van.docx": (document(), DOCX),
    "bang.odt": (zipped({"mimetype": ODT, "content.xml": "<a/>"}), ODT),
    "bang.ods": (zipped({"mimetype": ODS, "content.xml": "<a/>"}), ODS),
    "cu.doc": (WORD, "application/msword"),
    "cu.xls": (EXCEL, "application/vnd.ms-excel"),
    "so-lieu.xlsx": (saved(Workbook()), f"{OFFICE}spreadsheetml.sheet"),
}
BAD = {
    "page.pdf": (b"<html><script>alert(1)</script>", "type_not_accepted"),
    "run.exe": (b"MZ\x90\x00", "type_not_accepted"),
    "bundle.zip": (zipped({"a.txt": "a"}), "type_not_accepted"),
    "broken.docx": (document()[:60], "type_not_accepted"),
    "slides.odp": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.presentation"}),
        "type_not_accepted",
    ),
    "vector.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "type_not_accepted"),
    "": (b"", "type_not_accepted"),
    "macro.docm": (document("application/vnd.ms-word.document.macroEnabled"), "macros"),
    "macro.docx": (document(**{"word/vbaProject.bin": "x"}), "macros"),
    "macro-renamed.docx": (
        document(f'{DOCX}.main+xml"/><Override ContentType="application/vnd.ms-office.vbaProject'),
        "macros",
    ),
    "endless-list.docx": (document(DOCX + " " * 1_000_000 + "macroEnabled"), "type_not_accepted"),
    "macro.doc": (WORD + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    "macro.odt": (zipped({"mimetype": ODT, "Basic/Standard/a.xml": "x"}), "macros"),
    "tailored.html": (PDF, "name_differs"),
    "image.pdf": (b"\x89PNG\r\n\x1a\n0000", "name_differs"),
    "no-extension": (PDF, "name_differs"),
}


@pytest.mark.parametrize("name", GOOD)
def test_office_files_and_images_are_evidence(name: str) -> None:
    content, media_type = GOOD[name]
    assert type_of(content, name).media_type == media_type


@pytest.mark.parametrize("name", BAD)
def test_nothing_else_is_taken_whatever_it_is_called(name: str) -> None:
    content, reason = BAD[name]
    with pytest.raises(Unwanted) as refusal:
        type_of(content, name)
    assert refusal.value.reason == reason
