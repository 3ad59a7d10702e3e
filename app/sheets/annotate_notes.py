"""Our notes among the sender's: a comments part for the words, a VML drawing for the boxes.

A note of ours begins with `NOTE_MARK`; in a note that the sender wrote, ours is what follows it.
"""

import re
from collections.abc import Callable, Mapping
from math import ceil

from app.sheets.annotate_cells import Place, Sheet
from app.sheets.cells import address
from app.sheets.marks import LAST_COLUMN, LAST_ROW, NOTE_AUTHOR, NOTE_MARK, place
from app.sheets.markup import (
    Edits,
    Element,
    encoded,
    escaped,
    plain,
    prefixed,
    tags,
    tree,
    with_attributes,
)
from app.sheets.parts import (
    Package,
    declare,
    declare_extension,
    part_header,
    relate,
    relations,
)

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# A threaded comment keeps a copy among the notes, which Excel wants as it left it.
_THREAD_AUTHOR = "tc="
_VML_SPACES = {
    "xmlns:v": "urn:schemas-microsoft-com:vml",
    "xmlns:o": "urn:schemas-microsoft-com:office:office",
    "xmlns:x": "urn:schemas-microsoft-com:office:excel",
}
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;width:{width}pt;'
    'height:{height}pt;z-index:1;visibility:hidden" fillcolor="#fff4f2" strokecolor="#b3261e"'
    ' o:insetmode="auto"><v:fill color2="#fff4f2"/><v:shadow on="t" color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
    '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note">'
    "<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_SHAPE_ID = re.compile(rb"_x0000_s([0-9]+)")
_NOTE_AT = re.compile(rb"<x:(Row|Column)>\s*([0-9]+)")
_RUN = (
    '<r><rPr>{bold}<sz val="9"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/></rPr>'
    '<t xml:space="preserve">{text}</t></r>'
)
# In pixels; a sentence of Vietnamese in Tahoma 9 takes about 6 a letter.
_WIDTH, _LETTER, _LINE, _MARGIN = 320, 6, 16, 16
_LONGEST_WALK = 200


def strip_notes(package: Package, sheet_part: str) -> None:
    """Take our notes out of a sheet, and our lines out of the sender's notes."""
    named = relations(package, sheet_part)
    comments = next((one.target for one in named if one.kind == "comments"), "")
    content = package.read(comments)
    if content is None:
        return
    edits = Edits(content)
    gone: set[Place] = set()
    listed = tree(content).child("commentList")
    for comment in listed.all("comment") if listed else ():
        at = place(comment.attributes.get("ref", ""))
        if _strip_note(edits, comment) and at:
            gone.add(at)
    stripped = edits.done()
    if stripped is not content:
        package.write(comments, stripped)
    for drawing in (one.target for one in named if one.kind == "vmlDrawing"):
        if gone and (drawn := package.read(drawing)):
            package.write(drawing, _without_shapes(drawn, gone))


def _strip_note(edits: Edits, comment: Element) -> bool:
    """Whether nothing of the note was the sender's, so that it is gone."""
    texts = _texts(comment)
    words = [plain(edits.data[text.inner : text.stop]) for _, text in texts]
    ours = "".join(words).find(NOTE_MARK)
    if ours < 0:
        return False
    if not "".join(words)[:ours].strip():
        edits.replace(comment.start, comment.end, b"")
        return True
    behind = 0
    for (run, text), said in zip(texts, words, strict=True):
        kept = said[: max(0, ours - behind)].removesuffix("\n")
        behind += len(said)
        if behind <= ours:
            continue
        if kept:
            edits.replace(text.inner, text.stop, encoded(escaped(kept)))
        else:
            edits.replace(run.start, run.end, b"")
    return False


def _texts(comment: Element) -> list[tuple[Element, Element]]:
    """A note's pieces of text in order, each with the run that it belongs to."""
    held = comment.child("text")
    pieces = [(text, text) for text in held.all("t")] if held else []
    for run in held.all("r") if held else ():
        pieces += [(run, text) for text in run.all("t")]
    return pieces


def _without_shapes(drawn: bytes, places: set[Place]) -> bytes:
    edits = Edits(drawn)
    opened = None
    for tag in tags(drawn, ["v:shape"]):
        if not tag.closes:
            opened = tag
        elif opened:
            inside = drawn[opened.start : tag.start]
            at = {name: int(number) + 1 for name, number in _NOTE_AT.findall(inside)}
            if b'"Note"' in inside and (at.get(b"Row", 0), at.get(b"Column", 0)) in places:
                edits.replace(opened.start, tag.end, b"")
    return edits.done()


def add_notes(package: Package, part: str, sheet: Sheet, notes: Mapping[Place, str]) -> None:
    """Put a note to each place; where the sender has one, ours goes below it."""
    named = {one.kind: one.target for one in relations(package, part)}
    comments = named.get("comments")
    if comments is None:
        comments = package.free("xl/comments{}.xml")
        relate(package, part, "comments", comments)
        declare(package, comments, _COMMENTS_TYPE)
    lists = "<authors></authors><commentList></commentList>"
    empty = f'<comments xmlns="{sheet.root.space}">{lists}</comments>'
    content, new = _with_notes(package.read(comments) or part_header(empty), notes)
    package.write(comments, content)
    if new:
        drawing = _drawing(package, part, sheet)
        boxes = [_box(sheet, at, notes[at]) for at in new]
        package.write(drawing, _with_shapes(package.read(drawing), boxes))


def _with_notes(content: bytes, notes: Mapping[Place, str]) -> tuple[bytes, list[Place]]:
    """The comments part with our words, and the places that had no note before."""
    root = tree(content)
    edits = Edits(content)
    authors, listed = root.child("authors"), root.child("commentList")
    if authors is None or listed is None:
        raise ValueError("a part of comments without its lists")
    names = [plain(content[one.inner : one.stop]) for one in authors.all("author")]
    if NOTE_AUTHOR not in names:
        edits.append(authors, prefixed(f"<author>{NOTE_AUTHOR}</author>", root.prefix))
        names.append(NOTE_AUTHOR)
    there = {place(one.attributes.get("ref", "")): one for one in listed.all("comment")}
    made: list[bytes] = []
    for at, said in notes.items():
        if at not in there:
            opened = f'<comment ref="{address(*at)}" authorId="{names.index(NOTE_AUTHOR)}"><text>'
            made.append(prefixed(f"{opened}{_runs(said)}</text></comment>", root.prefix))
        elif not _is_thread(there[at], names):
            _add_words(edits, there[at], said)
    edits.append(listed, b"".join(made))
    return edits.done(), [at for at in notes if at not in there]


def _is_thread(comment: Element, authors: list[str]) -> bool:
    author = int(comment.attributes.get("authorId", 0))
    return author < len(authors) and authors[author].startswith(_THREAD_AUTHOR)


def _runs(said: str, lead: str = "") -> str:
    return _RUN.format(bold="<b/>", text=f"{lead}{NOTE_MARK}\n") + _RUN.format(
        bold="", text=escaped(said)
    )


def _add_words(edits: Edits, comment: Element, said: str) -> None:
    held = comment.child("text")
    if held is None:
        return
    runs, texts = held.all("r"), held.all("t")
    if runs or not texts:
        markup = prefixed(_runs(said, lead="\n"), comment.prefix)
        if runs:
            edits.insert(runs[-1].end, markup)
        else:
            edits.append(held, markup)
    else:
        edits.append(texts[0], encoded(escaped(f"\n{NOTE_MARK}\n{said}")))


def _drawing(package: Package, part: str, sheet: Sheet) -> str:
    """The part that draws this sheet's notes; named by the sheet, when it is new."""
    legacy = sheet.root.child("legacyDrawing")
    named = {one.id: one.target for one in relations(package, part)}
    if legacy and (known := named.get(legacy.linked() or "")):
        return known
    drawing = package.free("xl/drawings/vmlDrawing{}.vml")
    declare_extension(package, "vml", _VML_TYPE)
    sheet.name_notes(relate(package, part, "vmlDrawing", drawing))
    return drawing


def _with_shapes(drawn: bytes | None, boxes: list[dict[str, object]]) -> bytes:
    if drawn is None:
        layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
        drawn = with_attributes(f"<xml>{layout}</xml>".encode(), {})
    root = next(tags(drawn))
    opened = drawn[root.start : root.end]
    missing = {name: space for name, space in _VML_SPACES.items() if name.encode() not in opened}
    kind = "" if b'id="_x0000_t202"' in drawn else _SHAPE_TYPE
    first = max([1024, *map(int, _SHAPE_ID.findall(drawn))]) + 1
    shapes = "".join(_SHAPE.format(id=first + step, **box) for step, box in enumerate(boxes))
    edits = Edits(drawn)
    edits.replace(root.start, root.end, with_attributes(opened, missing))
    # By the last end tag: these drawings are not always well formed inside.
    edits.insert(drawn.rindex(b"</"), (kind + shapes).encode())
    return edits.done()


def _box(sheet: Sheet, at: Place, said: str) -> dict[str, object]:
    """A box right of the cell, wide enough for a sentence and high enough for all of them."""
    row, column = at
    letters = _WIDTH // _LETTER
    lines = sum(max(1, ceil(len(line) / letters)) for line in f"{NOTE_MARK}\n{said}".splitlines())
    height = min(lines * _LINE + _MARGIN, 600)
    left, top = min(column, LAST_COLUMN - 10), max(min(row, LAST_ROW - 40) - 2, 0)
    right, beyond = _walk(left, _WIDTH, sheet.column_pixels)
    bottom, below = _walk(top, height, sheet.row_pixels)
    anchor = f"{left}, 12, {top}, 4, {right}, {beyond}, {bottom}, {below}"
    return {
        "width": _WIDTH * 3 // 4,
        "height": height * 3 // 4,
        "anchor": anchor,
        "row": row - 1,
        "column": column - 1,
    }


def _walk(start: int, pixels: int, size: Callable[[int], int]) -> tuple[int, int]:
    """Where so many pixels from `start` end: in which row or column (from 0), how far into it."""
    for index in range(start, start + _LONGEST_WALK):
        if pixels < size(index + 1):
            return index, pixels
        pixels -= size(index + 1)
    return start + 5, 0
