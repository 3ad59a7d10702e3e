"""What a request's body holds: counted while it streams, after it is known who sends it."""

import re
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from fastapi import Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from app.domain.errors import Fault, Invalid, TooLarge
from app.domain.text import control_character, nfc

FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data"
# The first part of a form with files, which proves that the form is our own.
PROOF = re.compile(
    rb'--[^\r\n]{1,200}\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n([0-9a-f]{64})\r\n',
    re.IGNORECASE,
)
PROOF_BYTES = 500


class Upload(NamedTuple):
    """A file with the text fields that came beside it, which nobody has read yet."""

    name: str
    content: bytes
    fields: Mapping[str, str]


async def proof_of(request: Request) -> str | None:
    """The first field of a form with files, where it is the one that proves whose form it is. No
    more is read for it: nobody's file comes in before it is known who sends it."""
    begun = bytearray()
    async for chunk in request.stream():
        begun += chunk
        if len(begun) >= PROOF_BYTES:
            break
    request.scope["begun"] = bytes(begun)
    found = PROOF.match(begun)
    return found[1].decode() if found else None


async def stream_of(request: Request) -> AsyncGenerator[bytes, None]:
    """The body from its first byte, also where its beginning was looked at before."""
    begun: bytes = request.scope.pop("begun", b"")
    if begun:
        yield begun
    if not request._stream_consumed:
        async for chunk in request.stream():
            yield chunk


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


async def read_body(request: Request, limit: int) -> bytes:
    """The body, counted while it streams, and kept; TooLarge at once when it is over the limit."""
    body: bytes | None = request.scope.get("body")
    if body is None:
        declared = request.headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared[:18]) > limit:
            raise TooLarge(limit=limit)
        chunks, size = [], 0
        async for chunk in stream_of(request):
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=limit)
            chunks.append(chunk)
        body = request.scope["body"] = b"".join(chunks)
    if len(body) > limit:
        raise TooLarge(limit=limit)
    return body


async def read_upload(
    request: Request, most_bytes: int, *, fields: Collection[str], most_field_bytes: int
) -> Upload:
    """The one file of a multipart form, in its field "file", beside at most one text for each of
    `fields`; `most_field_bytes` bounds all of these together."""
    limit = most_bytes + most_field_bytes
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:18]) > limit:
        raise TooLarge(limit=most_bytes)
    if not request.headers.get("content-type", "").lower().startswith(FILES):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})])

    async def counted() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in stream_of(request):
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit=most_bytes)
            yield chunk

    parser = MultiPartParser(
        request.headers,
        counted(),
        max_files=1,
        max_fields=len(fields),
        max_part_size=most_field_bytes,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Invalid([Fault("/file", "invalid", {"reason": "not_multipart"})]) from None
    try:
        return await _uploaded(form, most_bytes, fields)
    finally:
        await form.close()


async def _uploaded(form: FormData, most_bytes: int, fields: Collection[str]) -> Upload:
    file = form.get("file")
    if file is None or isinstance(file, str):
        raise Invalid([Fault("/file", "invalid", {"reason": "missing"})])
    if unknown := [name for name in form if name not in ("file", *fields)]:
        place = f"/{_shown(unknown[0])[:60]}"
        raise Invalid([Fault(place, "invalid", {"reason": "unknown_field"})])
    content = await file.read()
    if len(content) > most_bytes:
        raise TooLarge(limit=most_bytes)
    said = {name: text for name in fields if isinstance(text := form.get(name), str)}
    return Upload(_plain_name(file.filename or ""), content, said)


def _plain_name(name: str) -> str:
    """Without a path and without what cannot be shown: a name is only ever shown."""
    bare = re.split(r"[\\/]", nfc(name))[-1]
    return _shown(bare)[:255] or "file"


def _shown(text: str) -> str:
    return "".join(character for character in text if not control_character(character))
