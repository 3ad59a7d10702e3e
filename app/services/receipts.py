"""Receipts: what a unit can keep as proof of what it handed in, and anyone can verify.

The signature is Ed25519 over the UTF-8 text `<content hash>|<instant>|<report's path>`.
"""

import base64
import hashlib
from datetime import datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.periods import utc


def content_sha256(content: Any) -> str:
    """Of canonical JSON: keys sorted, no spaces, percents as text; no float can be in it."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_signed(public: bytes, text: str, signature: str) -> bool:
    """Whether the key's holder signed the text (Ed25519); False also for what is no signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            base64.b64decode(signature, validate=True), text.encode()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


class Signer:
    """Signs with a key derived from CHITIEU_SECRET_KEY, so that nothing else must be kept safe."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=b"chitieu receipts").derive(
            secret.encode()
        )
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.key_id = hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, sha256: str, at: datetime, path: str) -> str:
        signature = self._key.sign(f"{sha256}|{utc(at)}|{path}".encode())
        return base64.b64encode(signature).decode()

    def public_keys(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 8037)."""
        x = base64.urlsafe_b64encode(self.public).rstrip(b"=").decode()
        return {
            "keys": [
                {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.key_id, "x": x},
            ]
        }
