"""Our workbook, ready to be filled in: a form for one unit, a wide table for several.

The same model gives the same bytes. Machines read the hidden row of keys (`ours`), people the rest.
"""

from datetime import datetime, time
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.schemas.templates import TemplateModel
from app.sheets.ours import DATA_SHEET
from app.sheets.template_guide import write_guide
from app.sheets.template_inputs import Pen
from app.sheets.template_long import write_long
from app.sheets.template_styles import FONT, Styles
from app.sheets.template_wide import write_wide
from app.sheets.template_words import Words

PROPERTY = "chitieu_template"
A4 = 9
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Locked but for the input cells, without a password. Formats stay free: in a sheet where they are
# not, Excel shows a typed 95,5% as 0,955 and a day as a number.
FREE = {"format_cells": True, "format_columns": True, "format_rows": True}


def written(model: TemplateModel, language: str) -> bytes:
    """The .xlsx file."""
    words, made = Words(language), BytesIO()
    # A copy: XlsxWriter writes into what it is given, and the next file would differ.
    with Workbook(made, {**OPTIONS, "default_format_properties": dict(FONT)}) as book:
        _describe(book, model, words)
        styles = Styles(book)
        sheet = book.add_worksheet(DATA_SHEET)
        guide = book.add_worksheet(words("guide_sheet"))
        pen = Pen(sheet, styles, words)
        (write_long if len(model.units) == 1 else write_wide)(book, pen, model)
        write_guide(book, Pen(guide, styles, words), model)
        for one in (sheet, guide):
            _set_up_page(one, model, words)
    return made.getvalue()


def _describe(book: Workbook, model: TemplateModel, words: Words) -> None:
    period = words.period(model.period.period)
    book.set_properties(
        {
            "title": f"{words.title(model.programme)} – {period}",
            "subject": model.id,
            "company": words.organisation(model),
            # Not the time of day: the same content is the same file, with the same ETag.
            "created": datetime.combine(model.period.period.starts_on, time()),
        }
    )
    book.set_custom_property(PROPERTY, model.id, "text")


def _set_up_page(sheet: Worksheet, model: TemplateModel, words: Words) -> None:
    sheet.protect("", FREE)
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.65)
    # The space keeps a name that begins with a digit apart from the size of its letters.
    name = f" {words.heading(model).replace('&', '&&')}"
    sheet.set_footer(f"&L&9{words('id', id=model.id)}&C&9{name}&R&9{words('page')} &P/&N")
