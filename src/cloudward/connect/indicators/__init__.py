"""Indicators: addresses, names, URLs and hashes that somebody else has seen do harm.

They come from files (CSV, one a line, JSON lines, STIX 2.1) or from a TAXII 2.1 server.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

KINDS = ("address", "domain", "url", "hash")
PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[([0-9a-fA-F:]+)\](?::\d+)?")
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}")


def kind_of(value: str) -> str:
    """What a value is by its looks; empty when it is nothing of this."""
    for kind in ("address", "hash", "url", "domain"):
        if normal(kind, value):
            return kind
    return ""


def normal(kind: str, value: str) -> str:
    """The one way in which a value is written, so that equal ones are equal texts; empty when it is none.

    An address may be a network. `hxxp` and `[.]`, by which people keep links from being followed, are undone.
    """
    text = value.strip().replace("[.]", ".").replace("hxxp", "http", 1)
    if kind == "address":
        return _address(text)
    if kind == "hash":
        return text.lower() if HASH.fullmatch(text.lower()) else ""
    if kind == "domain":
        name = text.lower().rstrip(".").removeprefix("*.")
        return name if DOMAIN.fullmatch(name) else ""
    return _url(text)


def bare(text: str) -> str:
    """An address without the port that some logs write behind it."""
    match = PORT.fullmatch(text) if ":" in text else None
    return (match[1] or match[2]) if match else text


def _address(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    if network.prefixlen < network.max_prefixlen:
        return str(network)
    found = ip_address(network.network_address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https", "ftp") or not host:
        return ""
    place = host + (f":{port}" if (port := parts.netloc.rpartition(":")[2]).isdigit() else "")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{place}{parts.path or '/'}{query}"
