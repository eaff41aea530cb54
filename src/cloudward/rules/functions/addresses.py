"""Addresses and ranges of the internet protocol."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias

from cloudward.rules.functions import function

Network: TypeAlias = IPv4Network | IPv6Network

REGISTRY = "https://www.iana.org/assignments/iana-ipv4-special-registry"
NOT_ROUTED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
NOT_ROUTED_V6 = tuple(
    IPv6Network(text)
    for text in ("::/127", "100::/64", "2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "ff00::/8")
)
"""What the IANA registries of special addresses say is not globally reachable."""


def network(text: str) -> Network:
    """A range, a single address, or a range whose host bits are set."""
    if not isinstance(text, str):
        raise TypeError("a range of addresses is text")
    return ip_network(text.strip(), strict=False)


@function(args=("string",), returns="boolean")
def public_address(cidr: str) -> bool:
    """True when an address, or any address of a range, can be one of the internet."""
    found = _unmapped(network(cidr))
    if isinstance(found, IPv4Network):
        return not any(found.subnet_of(private) for private in NOT_ROUTED_V4)
    return not any(found.subnet_of(private) for private in NOT_ROUTED_V6)


def _unmapped(found: Network) -> Network:
    """`::ffff:10.0.0.1` is 10.0.0.1."""
    if isinstance(found, IPv4Network) or found.prefixlen < 96 or found.network_address.ipv4_mapped is None:
        return found
    return IPv4Network((int(found.network_address.ipv4_mapped), found.prefixlen - 96))


@lru_cache(maxsize=4096)
def whole_internet(text: str) -> bool:
    """True when a range is all of IPv4 or all of IPv6, in any spelling.

    Kept, because the same few ranges stand in the rules of every estate.
    """
    return network(text).prefixlen == 0
