"""The hosts of webhooks, looked up: once, so that what is checked is what is connected to."""

import socket

from app.domain.receivers import Receiver, is_public


def address_of(found: Receiver) -> str | None:
    """The address to connect to; None for an unknown name, and where any of a name's addresses
    belongs to this network, unless the operator trusts the host."""
    try:
        kin = socket.getaddrinfo(found.host, found.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    addresses = [str(one[4][0]) for one in kin]
    if not found.trusted and not all(map(is_public, addresses)):
        return None
    return addresses[0] if addresses else None
