"""Neighbours of good files, at random but the same in every run."""

import random
import re
from collections.abc import Callable, Iterator

from tests.sheets.forms import parts_of, zipped

TOKENS = (
    b"",
    b"0",
    b"-1",
    b"NaN",
    b"1e999",
    b"A1",
    b"<",
    b"</c>",
    b"\xff",
    b"\0",
    b"&#0;",
    b"9" * 40,
)


def mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Neighbours of a good file: of a zip, half of them with a part changed and packed well."""
    dice = random.Random(seed)
    parts = parts_of(data) if data.startswith(b"PK") else {}
    for _ in range(count):
        if parts and dice.random() < 0.6:
            name = dice.choice(sorted(parts))
            yield zipped(parts | {name: _mutant(parts[name], dice)})
        else:
            yield _mutant(data, dice)


def _mutant(data: bytes, dice: random.Random) -> bytes:
    changed_bytes = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 5, 20))):
        dice.choice(_WAYS)(changed_bytes, dice)
    return bytes(changed_bytes)


def _flip(data: bytearray, dice: random.Random) -> None:
    if data:
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _cut(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    del data[start : start + dice.choice((1, 4, 64, 1024))]


def _repeat(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    data[start:start] = data[start : start + dice.choice((1, 16, 256))]


def _insert(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    data[start:start] = dice.choice(TOKENS)


def _overwrite(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    data[start : start + 4] = dice.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"9999"))


def _redigit(data: bytearray, dice: random.Random) -> None:
    digits = [match.start() for match in re.finditer(rb"[0-9]", data[:20_000])]
    if digits:
        data[dice.choice(digits)] = dice.choice(b"0123456789")


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _cut,
    _repeat,
    _insert,
    _overwrite,
    _redigit,
)
