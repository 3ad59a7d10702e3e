"""What `chitieu check` is told and tells."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlmodel import Session

from app.services.receipts import Signer

Seen = Callable[[], None]


class Given(NamedTuple):
    """What verifying needs beside the database: the keys, and heads of the audit that were kept
    outside (hashes by number)."""

    signer: Signer
    shown: Mapping[int, str]


class Fault(NamedTuple):
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[Session, Given, Seen], Iterator[Fault]]
