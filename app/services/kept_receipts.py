"""A report's receipt as it is given out to be kept, and verified without this service."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from app.domain.access import Actor
from app.domain.errors import NotFound
from app.schemas.receipts import KeptReceipt
from app.services import places
from app.services.places import ReportKey
from app.services.receipts import Signer, content_sha256, signed_by, statement
from app.services.report_views import head_seen, receipt_of

ALGORITHM = "Ed25519"


def kept_receipt(session: Session, actor: Actor, key: ReportKey, signer: Signer) -> KeptReceipt:
    """Of the revision that was handed in last, for whoever may read the report."""
    place = places.to_read(session, actor, key)
    receipt = receipt_of(session, head_seen(session, actor, place))
    if receipt is None:
        raise NotFound(what=f"{key.path}/receipt")
    text = statement(receipt["hash"], receipt["at"], key.path)
    return {
        "report": key.path,
        "content_sha256": receipt["hash"],
        "at": receipt["at"],
        "statement": text,
        "algorithm": ALGORITHM,
        "key_id": signed_by(signer.public_keys(), text, receipt["signature"]),
        "signature": receipt["signature"],
    }


def faults_of(
    receipt: Mapping[str, Any], keys: Mapping[str, Any], report: Mapping[str, Any] | None = None
) -> list[str]:
    """What of a kept receipt does not hold; nothing when it is valid.

    `keys` as they were published. `report` as the API gave it, numbers with decimals as Decimal:
    `content` when it is not what was handed in.
    """
    said = statement(receipt["content_sha256"], receipt["at"], receipt["report"])
    wrong = [] if receipt["statement"] == said else ["statement"]
    if signed_by(keys, said, receipt["signature"]) is None:
        wrong.append("signature")
    if report is not None and _content_sha256_of(report) != receipt["content_sha256"]:
        wrong.append("content")
    return wrong


def _content_sha256_of(report: Mapping[str, Any]) -> str:
    """As when it was filed: what the unit said, and nothing that was worked out from it."""
    path = ReportKey(report["programme"], report["period"], report["unit"]).path
    values = [
        {
            name: f"{Decimal(said):f}" if name == "percent" else said
            for name, said in value.items()
            if name != "grade"
        }
        for value in report["values"]
    ]
    return content_sha256({"report": path, "values": values})


def file_name(receipt: KeptReceipt) -> str:
    """Of plain letters: codes hold no others, and a header must not."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"bien-nhan-{receipt['report']}.json")
