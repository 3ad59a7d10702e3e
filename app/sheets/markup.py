"""XML mended in place: tags are found by their offsets, and what is not meant stays byte for byte.

For parts that the gate has parsed: well formed, in UTF-8, without a DTD. No parser writes a
worksheet back as it was (prefixes, mc:Ignorable, extLst), so nothing is ever written back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import NamedTuple

_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ELEMENT = re.compile(r"<(/?)(?=\w)")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_TEXT = re.compile(rb"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<[^>]*>", re.DOTALL)


class Tag(NamedTuple):
    """`closes` </a>, `empty` <a/>; `name` with its prefix."""

    name: str
    start: int
    end: int
    closes: bool
    empty: bool


class Start(NamedTuple):
    """A start tag, told by one of its attributes; `value` as it is written, "" without it."""

    start: int
    end: int
    value: str


_QUOTED = rb"(?:\"[^\"]*+\"|'[^']*+')"
_SKIPPED = rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"


def _any_of(names: tuple[str, ...]) -> bytes:
    return b"|".join(re.escape(name.encode()) for name in names)


@cache
def _starts(names: tuple[str, ...], attribute: str) -> re.Pattern[bytes]:
    wanted = re.escape(attribute.encode()) + rb"\s*=\s*"
    return re.compile(
        _SKIPPED + rb"|(<(?:" + _any_of(names) + rb")(?=[\s/>])"
        # Attributes before the wanted one, then that one, then the rest.
        rb"(?:\s++(?!" + wanted + rb")[^\s=/>]++\s*=\s*" + _QUOTED + rb")*+"
        rb"(?:\s++" + wanted + rb"(" + _QUOTED + rb"))?+(?:[^>\"']++|" + _QUOTED + rb")*+>)",
        re.DOTALL,
    )


def starts(
    data: bytes, names: Iterable[str], attribute: str, within: tuple[int, int]
) -> Iterator[Start]:
    """Start tags of these names between two offsets, in order: for where there are very many."""
    for found in _starts(tuple(names), attribute).finditer(data, *within):
        if found[1]:
            yield Start(found.start(), found.end(), (found[2] or b"  ")[1:-1].decode())


@cache
def _tags(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Comments and CDATA are matched whole, so that what they quote is never taken for a tag."""
    name = _any_of(names) or rb"[^\s/>!?]+"
    return re.compile(
        _SKIPPED + rb"|<(/?)(" + name + rb")(?=[\s/>])(?:[^>\"']++|" + _QUOTED + rb")*+>", re.DOTALL
    )


def tags(data: bytes, names: Iterable[str] = (), start: int = 0, end: int = -1) -> Iterator[Tag]:
    """Tags of these names (all, when none is given) between two offsets, in order."""
    for found in _tags(tuple(names)).finditer(data, start, len(data) if end < 0 else end):
        if name := found[2]:
            closes = bool(found[1])
            empty = not closes and data[found.end() - 2] == 0x2F
            yield Tag(name.decode(), found.start(), found.end(), closes, empty)


def attributes(tag: bytes) -> dict[str, str]:
    """Of a start tag, by name with prefix."""
    return {
        found[1].decode(): unescape(found[2][1:-1].decode()) for found in _ATTRIBUTE.finditer(tag)
    }


def escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def encoded(markup: str) -> bytes:
    """In ASCII, which a part may have declared to be all that it holds."""
    return markup.encode("ascii", "xmlcharrefreplace")


def plain(data: bytes) -> str:
    """What stands in an element, without its tags."""
    kept = _TEXT.sub(lambda found: escaped((found[1] or b"").decode()).encode(), data)
    return unescape(kept.decode())


def with_attributes(tag: bytes, changes: Mapping[str, str | None]) -> bytes:
    """The start tag with these attributes set, or dropped where None."""
    rest = dict(changes)
    made, at = [], 0
    for found in _ATTRIBUTE.finditer(tag):
        name = found[1].decode()
        if name in rest:
            made.append(tag[at : found.start()])
            made.append(_attribute(name, rest.pop(name)))
            at = found.end()
    close = len(tag) - (2 if tag.endswith(b"/>") else 1)
    made.append(tag[at:close].rstrip() if at < close else b"")
    made += [_attribute(name, value) for name, value in rest.items()]
    return b"".join(made) + tag[close:]


def _attribute(name: str, value: str | None) -> bytes:
    return b"" if value is None else encoded(f' {name}="{escaped(value)}"')


def prefixed(markup: str, prefix: str) -> bytes:
    """Markup written without prefixes, for a part whose own elements carry one."""
    return encoded(_ELEMENT.sub(rf"<\1{prefix}", markup) if prefix else markup)


@dataclass(slots=True)
class Element:
    """<a …>…</a>: `start` to `inner` is the start tag, `inner` to `stop` what it holds.

    `prefix` ends with its colon; `spaces` are the namespaces in force inside, by prefix.
    """

    local: str
    prefix: str
    start: int
    inner: int
    spaces: Mapping[str, str]
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    stop: int = -1
    end: int = -1

    @property
    def space(self) -> str:
        return self.spaces.get(self.prefix, "")

    @property
    def empty(self) -> bool:
        return self.end == self.inner

    def all(self, local: str) -> list["Element"]:
        """Children of this name in this element's own namespace."""
        return [
            child for child in self.children if child.local == local and child.space == self.space
        ]

    def child(self, local: str) -> "Element | None":
        return next(iter(self.all(local)), None)

    def prefixes(self) -> list[str]:
        """Every prefix that stands for this element's namespace here."""
        return [prefix for prefix, space in self.spaces.items() if space == self.space]

    def linked(self) -> str | None:
        """The relationship that it names (r:id)."""
        for name, value in self.attributes.items():
            prefix, colon, local = name.partition(":")
            if local == "id" and self.spaces.get(prefix + colon, "").endswith("/relationships"):
                return value
        return None


def _element(data: bytes, tag: Tag, spaces: Mapping[str, str]) -> Element:
    prefix, colon, local = tag.name.rpartition(":")
    found = attributes(data[tag.start : tag.end])
    declared = {
        f"{name[6:]}:" if name != "xmlns" else "": value
        for name, value in found.items()
        if name == "xmlns" or name.startswith("xmlns:")
    }
    inside = {**spaces, **declared} if declared else spaces
    return Element(local, prefix + colon, tag.start, tag.end, inside, found)


def tree(data: bytes, closed: str = "") -> Element:
    """The part as elements. What an element named `closed` holds is passed over unread."""
    top = Element("", "", 0, 0, {}, {})
    path = [top]
    reading = tags(data)
    while tag := next(reading, None):
        if tag.closes:
            done = path.pop()
            done.stop, done.end = tag.start, tag.end
            continue
        element = _element(data, tag, path[-1].spaces)
        path[-1].children.append(element)
        if tag.empty:
            element.stop = element.end = tag.end
            continue
        path.append(element)
        if element.local == closed:
            ends = (one.start for one in tags(data, [tag.name], tag.end) if one.closes)
            reading = tags(data, start=next(ends))
    if not top.children:
        raise ValueError("a part without a root element")
    return top.children[0]


class Edits:
    """Changes of one part, told by offsets in it as it is, made all at once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._made: list[tuple[int, int, bytes]] = []

    def replace(self, start: int, end: int, new: bytes) -> None:
        self._made.append((start, end, new))

    def insert(self, at: int, new: bytes) -> None:
        self._made.append((at, at, new))

    def append(self, element: Element, new: bytes, **changes: str | None) -> None:
        """As the last child, with changed attributes of the element itself; once an element."""
        tag = with_attributes(self.data[element.start : element.inner], changes)
        if element.empty:
            name = f"{element.prefix}{element.local}".encode()
            opened = tag[: tag.rindex(b"/")] + b">"
            self.replace(element.start, element.end, opened + new + b"</" + name + b">")
            return
        self.replace(element.start, element.inner, tag)
        self.insert(element.stop, new)

    def set(self, element: Element, **changes: str | None) -> None:
        tag = self.data[element.start : element.inner]
        self.replace(element.start, element.inner, with_attributes(tag, changes))

    def done(self) -> bytes:
        if not self._made:
            return self.data
        pieces, at = [], 0
        for start, end, new in sorted(self._made, key=lambda edit: edit[:2]):
            pieces += [self.data[at:start], new]
            at = end
        return b"".join([*pieces, self.data[at:]])
