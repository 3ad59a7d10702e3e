"""The audit's chain: each event carries the hash of the one before, so that none can be changed,
removed or put in between without every later one saying so."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.domain.periods import utc

FIRST = "0" * 64
PLAIN = (
    "id",
    "account_id",
    "token",
    "session",
    "action",
    "subject",
    "detail",
    "request_id",
    "personal_sha256",
    "previous_sha256",
)


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def content_sha256(content: Mapping[str, Any]) -> str:
    return sha256(canonical(content)).hexdigest()


def text_sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def event_sha256(event: Mapping[str, Any]) -> str:
    """Of an event with the hash of the one before; `at` as RFC 3339 in UTC."""
    at: datetime = event["at"]
    return sha256(canonical({**{name: event[name] for name in PLAIN}, "at": utc(at)})).hexdigest()


def personal_sha256(content: Mapping[str, Any], salt: str) -> str:
    """What the chain keeps of personal data: nothing can be read from it, or guessed."""
    return sha256(canonical({"content": content, "salt": salt})).hexdigest()
