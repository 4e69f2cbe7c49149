"""Which network addresses belong to the open internet.

Python's own `is_global` is not enough: on 3.11 it calls 64:ff9b::/96 (NAT64), 2002::/16 (6to4) and
multicast global, and each of them can lead back inside.
"""

from __future__ import annotations

import ipaddress

# IANA special-purpose registries, RFC 6890 and its updates.
_CLOSED_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# Unicast on the open internet is 2000::/3 and nothing else; these parts of it are not.
_OPEN_6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_open(text: str) -> bool:
    """Whether the address, written as `getaddrinfo` returns it, is on the open internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    # A zone (`fe80::1%eth0`) only ever names a link of this machine.
    inside = address.scope_id is not None or address not in _OPEN_6
    return not inside and not any(address in network for network in _CLOSED_6)
