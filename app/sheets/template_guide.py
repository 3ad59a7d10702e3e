"""The second sheet: how the form is filled in, how figures are read and judged, and the source."""

from typing import Any

from xlsxwriter import Workbook

from app.domain.targets import Target
from app.schemas.templates import TemplateModel
from app.sheets.reading import CLEARS
from app.sheets.template_inputs import REASONS, Pen
from app.sheets.template_styles import height

LABEL_WIDTH, TEXT_WIDTH = 32, 92


class Guide:
    """Two columns, written from the top down."""

    def __init__(self, pen: Pen) -> None:
        self.pen, self.row = pen, 0

    def line(self, said: str, style: str = "guide_line") -> None:
        """Over both columns."""
        tall = 24 if style == "guide_title" else height(said, LABEL_WIDTH + TEXT_WIDTH)
        self.pen.sheet.set_row(self.row, tall)
        self.pen.sheet.merge_range(self.row, 0, self.row, 1, said, self.pen.styles(style))
        self.row += 1

    def head(self, said: str) -> None:
        self.row += 1
        self.pen.sheet.set_row(self.row, 20)
        style = self.pen.styles("guide_head")
        self.pen.sheet.merge_range(self.row, 0, self.row, 1, said, style)
        self.row += 1

    def pair(self, label: str, said: str, style: str = "guide_text") -> None:
        tall = max(height(label, LABEL_WIDTH), height(said, TEXT_WIDTH))
        self.pen.sheet.set_row(self.row, tall)
        self.pen.text(self.row, 0, label, "guide_label" if style == "guide_text" else style)
        self.pen.text(self.row, 1, said, style)
        self.row += 1


def write_guide(book: Workbook, pen: Pen, model: TemplateModel) -> None:
    words, guide = pen.words, Guide(pen)
    pen.sheet.set_column(0, 0, LABEL_WIDTH)
    pen.sheet.set_column(1, 1, TEXT_WIDTH)
    guide.line(words("guide.title"), "guide_title")
    guide.line(f"{words.title(model.programme)} – {words.period(model.period.period)}")
    guide.head(words("guide.how"))
    for name in words.some("how"):
        guide.line(f"• {words(f'how.{name}', clear=CLEARS)}")
    guide.head(words("guide.numbers"))
    guide.pair(words("guide.numbers_said"), words("guide.numbers_read"), "header")
    for name in words.some("number"):
        read = words(f"number.{name}.read")
        guide.pair(words(f"number.{name}.said", clear=CLEARS), read)
    guide.head(words("guide.judged"))
    for name in words.some("judge"):
        guide.line(f"• {words(f'judge.{name}')}")
    guide.head(words("guide.targets"))
    for target in model.targets:
        said = "\n".join(_about(pen, target))
        guide.pair(f"{target.code}. {words.own(target, 'title')}", said)
    _write_reasons(book, guide)
    _write_source(guide, model.programme.facts.get("document"))
    pen.sheet.set_portrait()
    pen.sheet.fit_to_pages(1, 0)


def _about(pen: Pen, target: Target) -> list[str]:
    words, source = pen.words, target.source
    lines = [*words.counting(target), words("guide.threshold", asked=words.asked(target))]
    if meaning := words.own(target, "interpretation"):
        lines.append(words("guide.meaning", text=meaning))
    lines += [words("guide.question", text=words.own(one, "text")) for one in target.open_questions]
    if source.quote:
        status = words.status(source.status)
        lines.append(words("guide.quote", quote=source.quote, status=status))
    return lines


def _write_reasons(book: Workbook, guide: Guide) -> None:
    words, sheet = guide.pen.words, guide.pen.sheet
    guide.head(words("guide.reasons"))
    first = guide.row + 1
    for name in words.some("reason"):
        guide.line(words(f"reason.{name}"))
    book.define_name(REASONS, f"='{sheet.get_name()}'!$A${first}:$A${guide.row}")


def _write_source(guide: Guide, document: Any) -> None:
    """Where the targets stand written, as far as the catalogue says."""
    if not document:
        return
    words = guide.pen.words
    guide.head(words("guide.source"))
    facts = {name: document.get(name) or "–" for name in ("title", "publisher")}
    guide.line(words("guide.source_of", **facts, day=words.day(document.get("published_on"))))
    if note := document.get(f"note_{words.language}"):
        guide.line(str(note))
    if digest := document.get("sha256"):
        guide.line(words("guide.sha256", sha256=digest))
