"""Delivering one event to a webhook: signed, to the address that was checked, and to no other."""

import json
import socket
import ssl
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from threading import Timer
from typing import Any

import httpx2
from standardwebhooks import Webhook as Signing

from app import __version__
from app.db.hooks import Parcel
from app.domain.receivers import PORTS, Receiver, receiver
from app.services.receivers import address_of

SECONDS = 10.0
TOO_SLOW = "no answer in time"


class Undelivered(Exception):
    """There was no answer; says why."""


def deliver(parcel: Parcel, secret: str, hosts: Collection[str], now: datetime) -> int:
    """The status that the receiver answers with. Nothing of the answer's body is read, and no
    redirect is followed; the host is looked up once, checked, and connected to by its address."""
    found = receiver(parcel.url, hosts)
    address = address_of(found) if found else None
    if found is None or address is None:
        raise Undelivered("the host is unknown, or not a public one")
    body = json.dumps(parcel.payload, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "content-type": "application/json",
        "user-agent": f"chitieu/{__version__}",
        "webhook-id": parcel.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signing(secret).sign(parcel.message_id, now, body),
        "host": _written(found.host, found),
    }
    try:
        return _status(found, address, body.encode(), headers)
    except (httpx2.TimeoutException, TimeoutError):
        raise Undelivered(TOO_SLOW) from None
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}"[:300]) from None


def _written(host: str, found: Receiver) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if found.port == PORTS[found.scheme] else f"{name}:{found.port}"


def _status(found: Receiver, address: str, body: bytes, headers: dict[str, str]) -> int:
    url = f"{found.scheme}://{_written(address, found)}{found.target}"
    deadline = _Deadline()
    extensions = {"sni_hostname": found.host, "trace": deadline.trace}
    client = httpx2.Client(
        verify=ssl.create_default_context(),
        timeout=SECONDS,
        trust_env=False,
        follow_redirects=False,
    )
    with client, deadline:
        asked = client.build_request(
            "POST", url, content=body, headers=headers, extensions=extensions
        )
        answer = client.send(asked, stream=True)
        answer.close()
    return answer.status_code


class _Deadline:
    """Ends the conversation when its time is over, however slowly the other side keeps talking: a
    time-out alone begins anew with every byte."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._over = False
        self._timer = Timer(SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._over:
            raise Undelivered(TOO_SLOW)

    def trace(self, name: str, info: dict[str, Any]) -> None:
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]
            if self._over:  # it came in between, when there was nothing to end
                raise TimeoutError

    def _end(self) -> None:
        self._over = True
        if self._stream is not None:
            with suppress(OSError):
                self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
