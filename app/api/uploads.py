"""A file that comes as a form: counted while it streams, after it is known who sends it."""

import re
from collections.abc import AsyncGenerator, Mapping
from typing import NamedTuple

from fastapi import Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from app.domain.errors import Fault, Invalid, TooLarge
from app.domain.text import control_character, nfc


class Upload(NamedTuple):
    """A file with the text fields that came beside it, which nobody has read yet."""

    name: str
    content: bytes
    fields: Mapping[str, str]


async def read_upload(
    request: Request, most_bytes: int, *, field: str, most_field_bytes: int
) -> Upload:
    """The one file of a multipart form, in its field "file", and at most one `field` of text."""
    limit = most_bytes + most_field_bytes
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:18]) > limit:
        raise TooLarge(limit=most_bytes)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})])

    async def counted() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=most_bytes)
            yield chunk

    parser = MultiPartParser(
        request.headers, counted(), max_files=1, max_fields=1, max_part_size=most_field_bytes
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})]) from None
    try:
        return await _uploaded(form, most_bytes, field)
    finally:
        await form.close()


async def _uploaded(form: FormData, most_bytes: int, field: str) -> Upload:
    file, text = form.get("file"), form.get(field)
    if file is None or isinstance(file, str):
        raise Invalid([Fault("/file", "invalid", {"reason": "missing"})])
    if unknown := [name for name in form if name not in ("file", field)]:
        place = f"/{_shown(unknown[0])[:60]}"
        raise Invalid([Fault(place, "invalid", {"reason": "unknown_field"})])
    content = await file.read()
    if len(content) > most_bytes:
        raise TooLarge(limit=most_bytes)
    fields = {field: text} if isinstance(text, str) else {}
    return Upload(_plain_name(file.filename or ""), content, fields)


def _plain_name(name: str) -> str:
    """Without a path and without what cannot be shown: a name is only ever shown."""
    bare = re.split(r"[\\/]", nfc(name))[-1]
    return _shown(bare)[:255] or "file"


def _shown(text: str) -> str:
    return "".join(character for character in text if not control_character(character))
