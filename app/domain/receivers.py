"""Where webhooks may go: addresses that the whole world reaches, never this network's own."""

import re
from collections.abc import Collection
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

# RFC 6890 and its kin: this host, private, shared (CGNAT), loopback, link-local, documentation,
# benchmarks, 6to4 relays, multicast, reserved.
_NOT_PUBLIC = [
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
]
# Everything else in IPv6 is local, multicast, reserved, or wraps an IPv4 address (mapped, NAT64).
_GLOBAL_UNICAST = ip_network("2000::/3")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*")
PORTS = {"https": 443, "http": 80}


class Happening(StrEnum):
    """What a webhook can ask to be told; named as in the audit."""

    REPORT_SUBMIT = "report:submit"
    REPORT_ENDORSE = "report:endorse"
    REPORT_APPROVE = "report:approve"
    REPORT_RETURN = "report:return"
    REPORT_REOPEN = "report:reopen"
    REPORT_WITHDRAW = "report:withdraw"
    IMPORT_STORED = "import:stored"
    SNAPSHOT_CREATE = "snapshot:create"


class Receiver(NamedTuple):
    """The parts of a webhook's URL. `trusted`: the operator named the host, so that its address may
    lie in the own network."""

    scheme: str
    host: str
    port: int
    target: str
    trusted: bool


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet; False for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if found.version == 6 and found not in _GLOBAL_UNICAST:
        return False
    return not any(found in network for network in _NOT_PUBLIC)


def receiver(url: str, hosts: Collection[str]) -> Receiver | None:
    """Where `url` leads. None where it may not: only https, save for `hosts`; no name or password
    in it; port 80, 443 or one that needs no privilege."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    trusted = host in hosts
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    if parts.scheme != "https" and not (trusted and parts.scheme == "http"):
        return None
    port = PORTS[parts.scheme] if port is None else port
    if port < 1024 and port not in PORTS.values():
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Receiver(parts.scheme, host, port, target, trusted)
