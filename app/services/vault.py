"""Secrets that must be read again (a second factor's, a webhook's), encrypted at rest."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def _fernet(secret: str) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=b"chitieu vault").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))


class Vault:
    """Seals under a key derived from CHITIEU_SECRET_KEY: the database alone opens nothing.

    `old` secrets open what was sealed before the key was changed.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._fernet = MultiFernet([_fernet(one) for one in (secret, *old)])

    def seal(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """ValueError when it was sealed under another key, or changed since."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ValueError("sealed under another key") from None
