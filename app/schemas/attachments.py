"""Evidence for a report: files, judged by their content."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from typing_extensions import TypedDict

from app.domain.errors import Fault
from app.domain.file_types import Unwanted, type_of
from app.schemas.fields import Sent


@dataclass(frozen=True)
class EvidenceSent:
    """A file of a type that is accepted. `target`: the value that it is evidence for."""

    name: str
    content: bytes
    media_type: str
    target: str | None

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_evidence(name: str, content: bytes, target: str | None) -> Sent[EvidenceSent]:
    try:
        kind = type_of(content, name)
    except Unwanted as unwanted:
        return Sent(None, [Fault("/file", "invalid", {"reason": unwanted.reason, "value": name})])
    return Sent(EvidenceSent(name, content, kind.media_type, target))


class AttachmentOut(TypedDict):
    """`revision` is the one that the report had when the file was added."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    target: str | None
    revision: int
    by: str
    at: str
    links: dict[str, str]
