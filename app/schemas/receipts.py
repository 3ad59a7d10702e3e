"""Receipts, as a unit keeps them."""

from typing_extensions import TypedDict


class KeptReceipt(TypedDict):
    """`report` is the address below /api/v1, `statement` the exact text that was signed
    (`content_sha256|at|report`), `key_id` one of /.well-known/chitieu-keys.json; None: the key
    is in no ring of this service any more."""

    report: str
    content_sha256: str
    at: str
    statement: str
    algorithm: str
    key_id: str | None
    signature: str
