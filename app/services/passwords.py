"""Passwords: what may be one, and their argon2id hashes, of which two are worked out at once."""

import threading
from collections.abc import Collection
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.domain.errors import Fault, Invalid
from app.domain.text import control_character, nfc, search_key

LEAST_LENGTH, MOST_LENGTH = 12, 200
# A password is not somebody's name or e-mail with a little more behind it.
LEAST_BESIDE_NAME = 8
# 19 MiB and two passes take 50 ms; two at once keep forty sign-ins far below 300 MB.
_hasher = PasswordHash([Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)])
_two_at_once = threading.BoundedSemaphore(2)
# Of a password that was thrown away: for whom nobody knows, the same work is done.
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$tCF6pUsvfiCaEFBVcMeUxw"
    "$cwwbpXYvaU2xiQXcruO2Y/dPLjb8439yj5K0yx8QR5M"
)


def hashed(password: str) -> str:
    with _two_at_once:
        return _hasher.hash(nfc(password))


def is_right(password: str, hash_: str | None) -> bool:
    """Takes as long when there is no hash."""
    with _two_at_once:
        right = _hasher.verify(nfc(password)[:MOST_LENGTH], hash_ or _NOBODYS)
    return right and hash_ is not None


def check(password: str, names: Collection[str | None]) -> None:
    """Invalid unless it may be the password of whoever has these names and e-mails."""
    reason = _misfit(nfc(password), names)
    if reason is not None:
        facts = {"reason": reason, "least": LEAST_LENGTH, "most": MOST_LENGTH}
        raise Invalid([Fault("/password", "invalid", facts)])


def _misfit(password: str, names: Collection[str | None]) -> str | None:
    if len(password) < LEAST_LENGTH:
        return "password_short"
    if len(password) > MOST_LENGTH:
        return "password_long"
    if control_character(password):
        return "password_unprintable"
    bare = _bare(password)
    if bare in _COMMON or len(set(bare)) < 4:
        return "password_common"
    parts = {part for name in names if name for part in (name, name.partition("@")[0])}
    for own in map(_bare, parts):
        if own and own in bare and len(bare) - len(own) < LEAST_BESIDE_NAME:
            return "password_own"
    return None


def _bare(text: str) -> str:
    """As little as can be told apart: no case, no diacritic, no space."""
    return search_key(text).replace(" ", "")


_COMMON = frozenset(
    map(_bare, (Path(__file__).parent / "common_passwords.txt").read_text("utf-8").splitlines())
)
