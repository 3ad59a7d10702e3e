"""Receipts: what a unit can keep as proof of what it handed in, and anyone can verify.

The signature is Ed25519 over the UTF-8 text `<content hash>|<instant>|<report's path>`.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
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
    """Signs with a key derived from CHITIEU_SECRET_KEY, so that nothing else must be kept safe.

    The keys of `old` secrets are published beside it: what they signed stays verifiable.
    """

    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        self._key = _derived(secret)
        self._public = [_public(key) for key in (self._key, *map(_derived, old))]
        self.public = self._public[0]
        self.key_id = key_id(self.public)

    def sign(self, sha256: str, at: datetime, path: str) -> str:
        signature = self._key.sign(statement(sha256, utc(at), path).encode())
        return base64.b64encode(signature).decode()

    def public_keys(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 8037); the one in use comes first."""
        return {"keys": [_as_jwk(public) for public in self._public]}


def _derived(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(SHA256(), length=32, salt=None, info=b"chitieu receipts").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(key: Ed25519PrivateKey) -> bytes:
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return key.public_key().public_bytes(*raw)


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def _as_jwk(public: bytes) -> dict[str, str]:
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": key_id(public), "x": x}


def statement(sha256: str, at: str, path: str) -> str:
    """The text that is signed."""
    return f"{sha256}|{at}|{path}"


def signed_by(keys: Mapping[str, Any], text: str, signature: str) -> str | None:
    """The id of the published key that signed the text; None when none of them did."""
    for key in keys["keys"]:
        if is_signed(base64.urlsafe_b64decode(key["x"] + "="), text, signature):
            return str(key["kid"])
    return None
