"""The workbook part: which sheets there are, and our list of faults put before them."""

import re
from typing import NamedTuple

from app.domain.text import nfc
from app.sheets.annotate_list import HEADER_ROW, filtered
from app.sheets.marks import ERRORS_SHEET_NAME, is_errors_sheet
from app.sheets.markup import Edits, Element, attributes, escaped, plain, prefixed, tags, tree
from app.sheets.parts import (
    RELATIONSHIPS,
    Package,
    declare,
    relate,
    relations,
    rels_of,
)

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STRING = re.compile(rb"<(\w+:)?si\s*(?:/>|>(.*?)</(?:\w+:)?si\s*>)", re.DOTALL)
_BEFORE_NAMES = ("externalReferences", "functionGroups", "sheets")


class Tab(NamedTuple):
    """A sheet in the order of the tabs; only a worksheet has cells."""

    name: str
    part: str
    worksheet: bool
    element: Element


class Book:
    """`errors` is the list of faults that we put into the file before, if it holds one."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.part = _named(package, "", "officeDocument") or "xl/workbook.xml"
        self._content = package.read(self.part) or b""
        self.root = tree(self._content)
        self._strings = _named(package, self.part, "sharedStrings")
        self._styles = _named(package, self.part, "styles")
        listed = self.root.child("sheets")
        if listed is None:
            raise ValueError("a workbook without sheets")
        self._listed = listed
        self._all = self._tabs()
        ours = (tab for tab in self._all if tab.worksheet and self._is_list(tab))
        self.errors = next(ours, None)
        self.tabs = [tab for tab in self._all if tab is not self.errors]

    def _tabs(self) -> list[Tab]:
        named = {one.id: one for one in relations(self._package, self.part)}
        found = []
        for sheet in self._listed.all("sheet"):
            relation = named.get(sheet.linked() or "")
            target = relation.target if relation else ""
            worksheet = relation is not None and relation.kind == "worksheet"
            found.append(Tab(sheet.attributes.get("name", ""), target, worksheet, sheet))
        return found

    def _is_list(self, tab: Tab) -> bool:
        """By the first cell's text, which every program keeps."""
        head = self._package.head(tab.part)
        for tag in tags(head):
            local = tag.name.rpartition(":")[2]
            if local == "c" and not tag.empty:
                told = attributes(head[tag.start : tag.end])
                ends = (one.start for one in tags(head, [tag.name], tag.end) if one.closes)
                said = plain(head[tag.end : next(ends, tag.end)])
                return told.get("r", "A1") == "A1" and is_errors_sheet(
                    self._shared(said) if told.get("t") == "s" else said
                )
            if local == "sheetData" and tag.closes:
                break
        return False

    def _shared(self, number: str) -> str:
        content = self._package.read(self._strings or "") or b""
        for place, found in enumerate(_STRING.finditer(content)):
            if str(place) == number.strip():
                return plain(found[2] or b"")
        return ""

    def styles(self) -> bytes | None:
        return self._package.read(self._styles) if self._styles else None

    def write_styles(self, content: bytes) -> None:
        if self._styles is None:
            self._styles = self._new_part("styles", "xl/styles.xml")
        self._package.write(self._styles, content)

    def _new_part(self, kind: str, part: str) -> str:
        relate(self._package, self.part, kind, part)
        declare(self._package, part, f"{_SPREADSHEET}.{kind}+xml")
        return part

    def list_name(self) -> str:
        """What the list is called: a sender's own "Lỗi" keeps its name."""
        if self.errors:
            return self.errors.name
        taken = {nfc(tab.name).casefold() for tab in self.tabs}
        name, number = ERRORS_SHEET_NAME, 2
        while name.casefold() in taken:
            name, number = f"{ERRORS_SHEET_NAME} ({number})", number + 1
        return name

    def put_first(self, listed: bytes, lines: int) -> None:
        """Make the list the first and only chosen tab; `lines` as many as it has."""
        if self.errors:
            part = self.errors.part
            relation = self.errors.element.linked() or ""
            self._package.drop(rels_of(part))
        else:
            part = self._package.free("xl/worksheets/sheet{}.xml")
            relation = relate(self._package, self.part, "worksheet", part)
            declare(self._package, part, f"{_SPREADSHEET}.worksheet+xml")
            self._tell_properties()
        self._package.write(part, listed)
        edits = Edits(self._content)
        self._list_sheet(edits, relation)
        self._name_ranges(edits, lines)
        views = self.root.child("bookViews")
        for view in views.all("workbookView") if views else ():
            edits.set(view, activeTab=None, firstSheet=None)
        self._package.write(self.part, edits.done())

    def _list_sheet(self, edits: Edits, relation: str) -> None:
        if self.errors:
            old = self.errors.element
            number = old.attributes.get("sheetId", "1")
            edits.replace(old.start, old.end, b"")
        else:
            ids = [int(tab.element.attributes.get("sheetId", 0)) for tab in self._all]
            number = str(max(ids, default=0) + 1)
        markup = (
            f'<sheet name="{escaped(self.list_name())}" sheetId="{number}"'
            f' xmlns:r="{RELATIONSHIPS}" r:id="{relation}"/>'
        )
        edits.insert(self._listed.inner, prefixed(markup, self.root.prefix))

    def _name_ranges(self, edits: Edits, lines: int) -> None:
        """Names of one sheet tell it by its place: all that stood before the list move on."""
        ours = self._all.index(self.errors) if self.errors else len(self._all)
        names = self.root.child("definedNames")
        for name in names.all("definedName") if names else ():
            local = name.attributes.get("localSheetId")
            if local is None:
                continue
            if int(local) == ours:
                edits.replace(name.start, name.end, b"")
            elif int(local) < ours:
                edits.set(name, localSheetId=str(int(local) + 1))
        sheet = "'" + self.list_name().replace("'", "''") + "'"
        made = "".join(
            f'<definedName name="_xlnm.{name}" localSheetId="0"{told}>'
            f"{escaped(sheet)}!{area}</definedName>"
            for name, told, area in (
                ("_FilterDatabase", ' hidden="1"', filtered(lines, "$")),
                ("Print_Titles", "", f"${HEADER_ROW}:${HEADER_ROW}"),
            )
        )
        if names:
            edits.append(names, prefixed(made, self.root.prefix))
        else:
            behind = next(one for name in _BEFORE_NAMES if (one := self.root.child(name)))
            opened = f"<definedNames>{made}</definedNames>"
            edits.insert(behind.end, prefixed(opened, self.root.prefix))

    def _tell_properties(self) -> None:
        """The file's properties list the tabs too, in pairs of a heading and how many follow."""
        part = _named(self._package, "", "extended-properties")
        content = self._package.read(part) if part else None
        if part is None or content is None:
            return
        root = tree(content)
        titles, pairs = _vector(root, "TitlesOfParts"), _vector(root, "HeadingPairs")
        numbers = [one for pair in pairs.children for one in pair.children if one.local == "i4"]
        if titles.empty or not numbers:
            return
        edits = Edits(content)
        sheets = plain(content[numbers[0].inner : numbers[0].stop])
        edits.replace(numbers[0].inner, numbers[0].stop, str(int(sheets) + 1).encode())
        edits.set(titles, size=str(len(titles.children) + 1))
        title = prefixed(f"<lpstr>{escaped(self.list_name())}</lpstr>", titles.prefix)
        edits.insert(titles.inner, title)
        self._package.write(part, edits.done())


def _vector(properties: Element, name: str) -> Element:
    """An empty element, when the file does not say."""
    held = properties.child(name) or properties
    found = (one for one in held.children if one.local == "vector")
    return next(found, Element("vector", "", 0, 0, {}, {}, end=0))


def _named(package: Package, part: str, kind: str) -> str | None:
    return next((one.target for one in relations(package, part) if one.kind == kind), None)
