"""Snapshots: a period's results frozen with all that they follow from, chained and signed.

The digest is SHA-256 over the canonical JSON of the content, which names the digest of the snapshot
before; the signature is a receipt's, over `<digest>|<instant>|snapshots/<id>`.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from sqlmodel import Session

from app.db import snapshots as memory
from app.db.session import stamp
from app.db.snapshots import Kept
from app.domain import RULE_VERSION
from app.domain.access import Actor, Right, require
from app.domain.errors import NotFound
from app.domain.periods import utc
from app.domain.targets import Catalogue, Programme, ProgrammePeriod
from app.schemas.attainment import AttainmentOut
from app.schemas.fields import Sent
from app.schemas.snapshots import SnapshotIn, SnapshotLine, SnapshotOut, Verification
from app.services import audit, webhooks
from app.services.attainment import known
from app.services.definitions import catalogue
from app.services.frozen import canonical, content_of, defined_in, differences, figures_of
from app.services.places import period_of, programme_of
from app.services.receipts import Signer, is_signed
from app.services.scene import View, look


def take_snapshot(
    session: Session, actor: Actor, sent: Sent[SnapshotIn], signer: Signer
) -> SnapshotLine:
    """Freeze a period as it is approved now."""
    require(actor, Right.SNAPSHOT_CREATE)
    wanted = sent.judged()
    period = period_of(programme_of(catalogue(session), wanted.programme), wanted.period)
    chain = memory.snapshots(session)
    previous = chain[-1].sha256 if chain else None
    seen = look(session, wanted.programme, wanted.period, View(), back=True)
    known_at = known(session, seen.view)
    content = canonical({**content_of(seen, known_at), "previous": previous})
    sha256, id_ = hashlib.sha256(content).hexdigest(), f"{len(chain) + 1:06d}"
    at = stamp(session).take()
    kept = Kept(
        id=id_,
        programme=wanted.programme,
        period=wanted.period,
        at=at,
        by=actor.name,
        rule_version=RULE_VERSION,
        sha256=sha256,
        previous_sha256=previous,
        signature=signer.sign(sha256, at, _path(id_)),
        key_id=signer.key_id,
    )
    memory.add_snapshot(
        session, kept, content.decode(), period_id=period.id, account_id=actor.account_id
    )
    detail = {"programme": wanted.programme, "period": wanted.period, "sha256": sha256}
    audit.record(session, actor, "snapshot:create", _path(id_), detail)
    line = _line(kept)
    where = {"programme": wanted.programme, "period": wanted.period, "links": line["links"]}
    webhooks.announce(session, "snapshot:create", where)
    return line


def _path(id_: str) -> str:
    return f"snapshots/{id_}"


def _line(kept: Kept) -> SnapshotLine:
    path = f"/api/v1/{_path(kept.id)}"
    return {
        "id": kept.id,
        "programme": kept.programme,
        "period": kept.period,
        "at": utc(kept.at),
        "by": kept.by,
        "rule_version": kept.rule_version,
        "sha256": kept.sha256,
        "previous": kept.previous_sha256,
        "signature": kept.signature,
        "key_id": kept.key_id,
        "links": {"self": path, "verify": f"{path}/verify"},
    }


def read_snapshots(session: Session, actor: Actor) -> list[SnapshotLine]:
    """In the order of their chain."""
    require(actor, Right.FIGURES_READ)
    return [_line(kept) for kept in memory.snapshots(session)]


def read_snapshot(session: Session, actor: Actor, id_: str) -> SnapshotOut:
    require(actor, Right.FIGURES_READ)
    kept = memory.snapshot(session, id_)
    if kept is None:
        raise NotFound(what=id_)
    return given_out(session, kept)


class Opened(NamedTuple):
    """A snapshot to be shown: its results, and what was defined when they were frozen."""

    line: SnapshotLine
    catalogue: Catalogue
    programme: Programme
    period: ProgrammePeriod
    known_at: str
    results: list[AttainmentOut]

    @property
    def centre(self) -> str:
        """The code of the unit whose national rows are roll-ups."""
        national = (row["unit"] for row in self.results if row["scope"] == "national")
        return next(national, "")


def open_snapshot(session: Session, actor: Actor, id_: str) -> Opened:
    require(actor, Right.FIGURES_READ)
    return open_to_anybody(session, id_)


def open_to_anybody(session: Session, id_: str) -> Opened:
    """For who has a public link to it."""
    kept = memory.snapshot(session, id_)
    if kept is None:
        raise NotFound(what=id_)
    content = given_out(session, kept)["content"]
    defined, programme = defined_in(content)
    when = programme.periods[content["period"]]
    results = figures_of(content["results"])
    return Opened(_line(kept), defined, programme, when, content["known_at"], results)


def given_out(session: Session, kept: Kept) -> SnapshotOut:
    """With what it froze."""
    content: dict[str, Any] = orjson.loads(memory.content_of(session, kept.id))
    return {**_line(kept), "content": content}


def verify_snapshot(session: Session, actor: Actor, id_: str, signer: Signer) -> Verification:
    """What is kept, against itself: digest, place in the chain, signature, and every figure worked
    out again from the frozen inputs."""
    snapshot = read_snapshot(session, actor, id_)
    before = [one["sha256"] for one in read_snapshots(session, actor) if one["id"] < id_]
    return verify(snapshot, signer.public_keys(), before[-1] if before else None)


def verify(
    snapshot: Mapping[str, Any], keys: Mapping[str, Any], previous: str | None
) -> Verification:
    """Needs nothing but the snapshot as it was given out, the published keys, and the digest of
    the snapshot before it (None: this one is the first).

    What is not as it was signed is not worked out again.
    """
    content = snapshot["content"]
    digest = hashlib.sha256(canonical(content)).hexdigest() == snapshot["sha256"]
    chain = content.get("previous") == snapshot["previous"] == previous
    signature = digest and _signed(snapshot, keys)
    differing = differences(content) if signature else []
    figures = signature and not differing
    return {
        "valid": digest and chain and signature and figures,
        "digest": digest,
        "chain": chain,
        "signature": signature,
        "figures": figures,
        "differences": differing,
    }


def _signed(snapshot: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    text = f"{snapshot['sha256']}|{snapshot['at']}|{_path(snapshot['id'])}"
    return any(
        key["kid"] == snapshot["key_id"]
        and is_signed(base64.urlsafe_b64decode(key["x"] + "="), text, snapshot["signature"])
        for key in keys["keys"]
    )
